import numpy as np
import pytest
from n_player_games import PENNIES, SHAPLEY, SKEWED, normal_game, rescale, share_gap
from slow_references import central_difference

import gametools as gt
from gametools.equilibria.approximate import unit_gains
from gametools.equilibria.descent import _objective, gap_descent
from gametools.equilibria.result import SolveStatus

BATTLE = gt.NormalFormGame.from_bimatrix([[3, 0], [0, 2]], [[2, 0], [0, 3]])
SHAPES = [(2, 2), (3, 3), (2, 2, 2), (2, 3, 1, 2), (5,)]
LARGE = [pytest.param(shape, marks=pytest.mark.slow) for shape in ((2,) * 5, (6, 6))]


@pytest.mark.parametrize("shape", [*SHAPES, *LARGE], ids=str)
def test_random_games_are_solved_exactly(shape):
    rng = np.random.default_rng(sum(shape))
    for _ in range(6):
        game = normal_game(rng, shape)
        found = gap_descent(game, seconds=None)
        assert found.status is SolveStatus.SOME
        assert share_gap(game, found.equilibria[0]) < 1e-9
        assert found.exploitability[0] == gt.exploitability(game, found.equilibria[0])


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_it_descends_along_the_gradient(shape):
    rng = np.random.default_rng(sum(shape))
    gains = unit_gains(normal_game(rng, shape))
    z = rng.normal(size=gains.width)
    expected = central_difference(lambda y: _objective(gains, y)[0], z)
    np.testing.assert_allclose(_objective(gains, z)[1], expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(
    ("game", "expected"),
    [
        (PENNIES, ([0.5, 0.5], [0.5, 0.5])),
        (SKEWED, ([1 / 2, 1 / 2], [1 / 3, 2 / 3])),
        (SHAPLEY, ([1 / 3] * 3, [1 / 3] * 3)),
    ],
    ids=["pennies", "skewed", "shapley"],
)
def test_a_unique_equilibrium_is_found(game, expected):
    for strategy, other in zip(
        gap_descent(game, seconds=None).equilibria[0], expected, strict=True
    ):
        np.testing.assert_allclose(strategy, other, atol=1e-10)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (([0.9, 0.1], [0.8, 0.2]), ([1, 0], [1, 0])),
        (([0.1, 0.9], [0.05, 0.95]), ([0, 1], [0, 1])),
        (([0.58, 0.42], [0.42, 0.58]), ([0.6, 0.4], [0.4, 0.6])),
    ],
)
def test_it_begins_where_it_is_told(start, end):
    found = gap_descent(BATTLE, start=start)
    assert found.details["starts"] == 1
    for strategy, expected in zip(found.equilibria[0], end, strict=True):
        np.testing.assert_allclose(strategy, expected, atol=1e-9)


@pytest.mark.slow
def test_local_minima_are_left_by_starting_again():
    """Where it had to start again, the first descent alone reports its failure."""
    starts = [
        gap_descent(normal_game(np.random.default_rng(seed), (3, 3))).details["starts"]
        for seed in range(25)
    ]
    assert max(starts) > 1
    for seed, needed in enumerate(starts):
        if needed > 1:
            game = normal_game(np.random.default_rng(seed), (3, 3))
            stuck = gap_descent(game, restarts=0)
            assert stuck.status is SolveStatus.NONE
            assert stuck.details["best_gap"] > 1e-6
            again = share_gap(game, stuck.details["best_profile"])
            assert stuck.details["best_gap"] == pytest.approx(again)


def test_positive_affine_payoffs_have_the_same_end():
    rng = np.random.default_rng(3)
    for shape in SHAPES[:4]:
        game = normal_game(rng, shape)
        moved = rescale(game, 10.0 ** rng.integers(-6, 7, len(shape)), np.zeros(len(shape)))
        start = [rng.dirichlet(np.ones(a)) for a in shape]
        before, after = (gap_descent(g, start=start).equilibria[0] for g in (game, moved))
        np.testing.assert_allclose(np.concatenate(after), np.concatenate(before), atol=1e-8)


def test_same_seed_same_result():
    game = normal_game(np.random.default_rng(4), (4, 4))
    first, again = (np.concatenate(gap_descent(game, rng=5).equilibria[0]) for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_the_start_is_left_as_it_was():
    start = (np.array([0.9, 0.1]), np.array([0.8, 0.2]))
    gap_descent(BATTLE, start=start)
    np.testing.assert_array_equal(start, [[0.9, 0.1], [0.8, 0.2]])


def test_a_spent_budget_is_a_status():
    found = gap_descent(normal_game(np.random.default_rng(5), (30, 30)), seconds=1e-3)
    assert found.status is SolveStatus.BUDGET
    assert found.equilibria == []
    assert 0 < found.details["best_gap"] < 1
    assert "see details" in found.note


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tolerance": -1.0}, "`tolerance` must be at least 1e-12; got -1.0"),
        ({"restarts": -1}, "`restarts` must be at least 0; got -1"),
        ({"start": ([1, 0],)}, "`start` must hold 2 strategies; got 1"),
        ({"start": ([1, 0], [0.6, 0.6])}, r"`start\[1\]` must be a probability distribution"),
    ],
    ids=str,
)
def test_options_that_make_no_sense_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        gap_descent(PENNIES, **options)


def test_batches_are_refused():
    with pytest.raises(ValueError, match="`game` must be a single game; got a batch"):
        gap_descent(gt.random_2x2("any", size=3, rng=0))
