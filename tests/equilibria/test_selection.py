import numpy as np
import pytest
from scipy import stats
from slow_references import all_small_games

import gametools as gt
from gametools.equilibria import SELECTIONS, select_equilibrium

BATTLE = gt.NormalFormGame.from_bimatrix([[3, 0], [0, 2]], [[2, 0], [0, 4]])
NOTHING = gt.NormalFormGame.from_bimatrix([[0, 0], [0, 0]], [[0, 0], [0, 0]])


def repeated(game, times):
    return gt.NormalFormGame(np.tile(game.payoffs, (times, 1, 1, 1)))


def as_profile(points):
    return tuple(np.stack([p, 1 - p], axis=-1) for p in np.moveaxis(points, -1, 0))


@pytest.mark.parametrize("selection", SELECTIONS)
def test_what_is_selected_is_an_equilibrium(selection):
    rng = np.random.default_rng(0)
    for games in (gt.random_2x2("any", size=20_000, rng=rng), all_small_games()):
        chosen = select_equilibrium(gt.solve_2x2(games), selection, rng)
        assert np.abs(gt.exploitability(games, as_profile(chosen))).max() < 1e-13


@pytest.mark.parametrize(
    ("selection", "expected"),
    [("pure-first", (1, 1)), ("best-total", (0, 0)), ("last-listed", (4 / 6, 0.4))],
)
def test_selections_pick_what_their_name_says(selection, expected):
    chosen = select_equilibrium(gt.solve_2x2(BATTLE), selection, np.random.default_rng(0))
    np.testing.assert_allclose(chosen, expected)


def test_best_total_compares_the_sum_of_both_players_payoffs():
    rng = np.random.default_rng(1)
    games = gt.random_2x2("any", size=500, rng=rng)
    found = gt.solve_2x2(games)
    chosen = select_equilibrium(found, "best-total", rng)
    view = gt.ProbabilityGame(games)
    earned = -view.losses(chosen).sum(axis=-1)
    for k in range(500):
        own = gt.ProbabilityGame(games[k])
        totals = [-own.losses(p).sum() for p in found.equilibria[k, : found.counts[k]]]
        assert earned[k] == pytest.approx(max(totals), abs=1e-12)


def test_of_equally_good_equilibria_the_first_is_taken():
    chosen = select_equilibrium(gt.solve_2x2(NOTHING), "best-total", np.random.default_rng(0))
    np.testing.assert_array_equal(chosen, (1, 1))


@pytest.mark.parametrize(("game", "count"), [(BATTLE, 3), (NOTHING, 4)], ids=["three", "four"])
def test_random_selection_takes_every_equilibrium_equally_often(game, count):
    found = gt.solve_2x2(repeated(game, 12_000))
    chosen = select_equilibrium(found, "random", np.random.default_rng(2))
    counts = [
        (np.abs(chosen - point) < 1e-12).all(axis=-1).sum() for point in found.equilibria[0, :count]
    ]
    assert sum(counts) == 12_000
    assert stats.chisquare(counts).pvalue > 0.001


def test_random_selection_draws_games_independently():
    found = gt.solve_2x2(repeated(BATTLE, 12_000))
    chosen = select_equilibrium(found, "random", np.random.default_rng(3))[:, 0]
    pairs = np.unique(np.stack([chosen[::2], chosen[1::2]]).round(6), axis=1, return_counts=True)[1]
    assert len(pairs) == 9
    assert stats.chisquare(pairs).pvalue > 0.001


@pytest.mark.parametrize("selection", sorted(set(SELECTIONS) - {"random"}))
def test_only_random_selection_draws(selection):
    rng = np.random.default_rng(4)
    before = rng.bit_generator.state
    select_equilibrium(gt.solve_2x2(BATTLE), selection, rng)
    assert rng.bit_generator.state == before


def test_random_selection_of_a_batch_equals_that_of_its_games_in_turn():
    games = all_small_games()[::7]
    together = select_equilibrium(gt.solve_2x2(games), "random", np.random.default_rng(5))
    rng = np.random.default_rng(5)
    for k in range(games.size):
        alone = select_equilibrium(gt.solve_2x2(games[k]), "random", rng)
        np.testing.assert_array_equal(together[k], alone)


def test_an_unknown_selection_is_refused_with_the_nearest_name():
    with pytest.raises(ValueError, match=r"`selection` must be one of .* Did you mean 'random'"):
        select_equilibrium(gt.solve_2x2(BATTLE), "randon", np.random.default_rng(0))
