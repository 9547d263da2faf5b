import subprocess
import sys

import numpy as np
import pytest
from n_player_games import (
    PENNIES,
    SHAPLEY,
    SKEWED,
    normal_game,
    rescale,
    share_gap,
)

import gametools as gt
from gametools.equilibria.cma_es import OBJECTIVES, cma_es
from gametools.equilibria.result import SolveStatus

FALSE_MINIMUM = normal_game(np.random.default_rng(2024), (2, 2, 2), size=100)[35]
"""Its only equilibrium is far from the face where hardly any player gains anything."""
BAR = [(2, 2), (3, 3), (2, 2, 2), (2, 2, 2, 2, 2)]


def assert_found(game, found, tolerance=1e-3):
    assert found.status is SolveStatus.SOME
    assert len(found.equilibria) == 1
    assert share_gap(game, found.equilibria[0]) <= tolerance
    assert found.exploitability[0] == gt.exploitability(game, found.equilibria[0])
    assert not found.complete


@pytest.mark.parametrize("shape", [*BAR, (1, 3), (4,), (2,), (2, 1, 3)], ids=str)
def test_random_games_are_solved_to_tolerance(shape):
    rng = np.random.default_rng(sum(shape))
    for _ in range(2):
        game = normal_game(rng, shape)
        assert_found(game, cma_es(game, seconds=None))


def test_a_game_without_choices_is_solved_at_once():
    found = cma_es(gt.NormalFormGame([[7.0]], num_players=1))
    assert found.details["generations"] == 1
    np.testing.assert_array_equal(found.equilibria[0], [[1.0]])


def test_a_false_minimum_that_draws_every_wide_search_is_left_in_the_end():
    found = cma_es(FALSE_MINIMUM, seconds=60, rng=1)
    assert_found(FALSE_MINIMUM, found)
    assert found.details["starts"] > 1
    first = [strategy[0] for strategy in found.equilibria[0]]
    np.testing.assert_allclose(first, [0.122, 0.376, 0.735], atol=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("shape", BAR, ids=str)
def test_nine_in_ten_random_games_are_solved(shape):
    rng = np.random.default_rng(2024)
    games = [normal_game(rng, shape) for _ in range(100)]
    gaps = [cma_es(game, seconds=10).details["best_gap"] for game in games]
    assert np.mean(np.array(gaps) < 1e-3) >= 0.9


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_every_objective_leads_to_the_only_equilibrium(objective):
    found = cma_es(SKEWED, objective=objective, tolerance=1e-7)
    assert_found(SKEWED, found, 1e-7)
    for strategy, expected in zip(found.equilibria[0], ([1 / 2] * 2, [1 / 3, 2 / 3]), strict=True):
        np.testing.assert_allclose(strategy, expected, atol=1e-6)


@pytest.mark.parametrize("tolerance", [0.1, 1e-4, 1e-9])
def test_the_search_ends_at_the_tolerance_asked_for(tolerance):
    assert_found(SHAPLEY, cma_es(SHAPLEY, tolerance=tolerance), tolerance)


def test_a_rougher_tolerance_takes_fewer_generations():
    rough, fine = (
        cma_es(SHAPLEY, tolerance=t, restarts=None).details["generations"] for t in (1e-1, 1e-6)
    )
    assert rough < fine


def test_gaps_count_in_each_players_own_payoff_range():
    """A player with payoffs a thousand times smaller is not neglected."""
    game = rescale(SKEWED, [1.0, 1e-3], [0.0, 5.0])
    row, column = cma_es(game, tolerance=1e-4).equilibria[0]
    np.testing.assert_allclose(row, [1 / 2, 1 / 2], atol=1e-3)
    np.testing.assert_allclose(column, [1 / 3, 2 / 3], atol=1e-3)


def test_positive_affine_payoffs_give_the_same_search():
    rng = np.random.default_rng(1)
    for shape in BAR:
        # Integers and powers of 2: no rounding on the way.
        payoffs = rng.integers(-4, 5, (len(shape), *shape)).astype(float)
        payoffs[:, *np.zeros(len(shape), int)] = 4
        payoffs[:, *-np.ones(len(shape), int)] = -4
        game = gt.NormalFormGame(payoffs, len(shape))
        scales = 2.0 ** rng.integers(-9, 10, len(shape))
        moved = rescale(game, scales, 64.0 * scales)
        first, second = cma_es(game, seconds=None), cma_es(moved, seconds=None)
        for s, t in zip(first.equilibria[0], second.equilibria[0], strict=True):
            np.testing.assert_array_equal(s, t)


def test_same_seed_same_result_and_other_seeds_other_ones():
    game = normal_game(np.random.default_rng(2), (3, 3))
    first, again, other = (cma_es(game, rng=seed).equilibria[0] for seed in (3, 3, 4))
    np.testing.assert_array_equal(np.concatenate(first), np.concatenate(again))
    assert not np.array_equal(np.concatenate(first), np.concatenate(other))


def test_global_random_state_is_left_alone():
    np.random.seed(5)  # noqa: NPY002 (what is checked)
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    cma_es(SHAPLEY, seconds=None)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_payoffs_are_left_as_they_were():
    game = normal_game(np.random.default_rng(6), (2, 3))
    before = game.payoffs.copy()
    cma_es(game, seconds=None)
    np.testing.assert_array_equal(game.payoffs, before)


def test_importing_the_package_does_not_import_cma():
    code = "import gametools, gametools.equilibria.cma_es, sys; sys.exit('cma' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_search_that_does_not_arrive_says_so_and_shows_its_best():
    found = cma_es(FALSE_MINIMUM, restarts=1)
    assert found.status is SolveStatus.NONE
    assert "try another method" in found.status
    assert found.equilibria == []
    assert found.details["starts"] == 2
    best = found.details["best_gap"]
    assert 1e-3 < best < 2e-3
    assert best == pytest.approx(share_gap(FALSE_MINIMUM, found.details["best_profile"]))
    assert "2 starts" in found.note
    assert "above `tolerance` 1.0e-03" in found.note


def test_a_spent_budget_is_a_status():
    found = cma_es(FALSE_MINIMUM, seconds=0.02)
    assert found.status is SolveStatus.BUDGET
    assert "raise `seconds`" in found.status
    assert found.equilibria == []
    assert found.seconds >= 0.02


def test_a_game_that_is_too_large_stops_at_its_budget():
    found = cma_es(normal_game(np.random.default_rng(7), (30, 30)), seconds=0.05)
    assert found.status is SolveStatus.BUDGET
    assert 0 < found.details["best_gap"] < 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tolerance": 1e-13}, "`tolerance` must be at least 1e-12; got 1e-13"),
        ({"seconds": -1}, "`seconds` must be positive; got -1"),
        ({"restarts": -1}, "`restarts` must be at least 0; got -1"),
        ({"population": 1}, "`population` must be at least 2; got 1"),
        ({"objective": "gaps"}, "`objective` must be one of .* Did you mean 'gap'"),
    ],
    ids=str,
)
def test_options_that_make_no_sense_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        cma_es(PENNIES, **options)


def test_batches_are_refused():
    with pytest.raises(ValueError, match="`game` must be a single game; got a batch"):
        cma_es(gt.random_2x2("any", size=3, rng=0))
