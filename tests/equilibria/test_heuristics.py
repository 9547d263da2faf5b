import numpy as np
import pytest
from n_player_games import (
    PENNIES,
    SHAPLEY,
    SKEWED,
    mixed_zero_sum,
    normal_game,
    rescale,
    share_gap,
)
from slow_references import expected_payoffs

import gametools as gt
from gametools.equilibria.heuristics import fictitious_play, replicator
from gametools.equilibria.result import SolveStatus

STAG_HUNT = gt.NormalFormGame.from_bimatrix([[4, 0], [3, 3]], [[4, 3], [0, 3]])
both = pytest.mark.parametrize("heuristic", [replicator, fictitious_play])


def action_payoffs(game, profile, player):
    """What each action earns, literally."""
    return np.array(
        [
            expected_payoffs(
                game.payoffs,
                [np.eye(len(s))[a] if i == player else s for i, s in enumerate(profile)],
            )[player]
            for a in range(game.num_actions[player])
        ]
    )


def after(heuristic, game, steps, **options):
    """The best point of a single run from the centroid, which no tolerance ends."""
    found = heuristic(game, steps=steps, starts=1, tolerance=1e-12, **options)
    assert found.details["steps"] == steps
    return found


def test_replicator_multiplies_by_what_actions_earn():
    """Unit payoffs: the second point is the centroid times exp(step * payoff), normalised."""
    game = gt.NormalFormGame(np.random.default_rng(0).integers(0, 5, (3, 2, 3, 2)) / 4, 3)
    game.payoffs.flags.writeable = True
    game.payoffs[:, 0, 0, 0], game.payoffs[:, 1, 2, 1] = 0, 1
    centroid = [np.full(a, 1 / a) for a in game.num_actions]
    expected = []
    for player, strategy in enumerate(centroid):
        grown = strategy * np.exp(0.25 * action_payoffs(game, centroid, player))
        expected.append(grown / grown.sum())
    found = after(replicator, game, 2, step=0.25)
    better = min((centroid, expected), key=lambda profile: gt.exploitability(game, profile))
    for strategy, other in zip(found.details["best_profile"], better, strict=True):
        np.testing.assert_allclose(strategy, other, atol=1e-14)
    assert gt.exploitability(game, expected) < gt.exploitability(game, centroid)


def test_fictitious_play_averages_best_responses():
    """Against the literal recursion, in a cyclic game, from the centroid."""
    game = gt.NormalFormGame.from_bimatrix([[1, -1], [-1, 0.3]], [[-1, 1], [1, -0.7]])
    beliefs = [np.array([0.5, 0.5]), np.array([0.5, 0.5])]
    profiles = [beliefs]
    for time in range(1, 19):
        played = [
            np.eye(2)[int(action_payoffs(game, beliefs, player).argmax())] for player in (0, 1)
        ]
        beliefs = [b + (p - b) / (time + 1) for b, p in zip(beliefs, played, strict=True)]
        profiles.append(beliefs)
    for steps in (1, 2, 5, 19):
        found = after(fictitious_play, game, steps)
        gaps = [share_gap(game, profile) for profile in profiles[:steps]]
        assert found.details["best_gap"] == pytest.approx(min(gaps))
        expected = profiles[int(np.argmin(gaps))]
        for strategy, other in zip(found.details["best_profile"], expected, strict=True):
            np.testing.assert_allclose(strategy, other, atol=1e-12)


@both
def test_a_strict_equilibrium_attracts(heuristic):
    found = heuristic(STAG_HUNT, starts=1, tolerance=1e-4)
    assert found.status is SolveStatus.SOME
    assert share_gap(STAG_HUNT, found.equilibria[0]) <= 1e-4
    for strategy in found.equilibria[0]:
        assert strategy[1] > 0.999  # the centroid lies on the hare's side


@both
@pytest.mark.parametrize("shape", [(2, 2), (3, 3), (2, 2, 2), (2, 3, 1, 2), (4,)], ids=str)
def test_most_random_games_are_solved_and_the_others_honestly_not(heuristic, shape):
    rng = np.random.default_rng(sum(shape))
    solved = 0
    for _ in range(10):
        game = normal_game(rng, shape)
        found = heuristic(game, steps=1500)
        best = found.details["best_gap"]
        assert best == pytest.approx(share_gap(game, found.details["best_profile"]), abs=1e-15)
        assert (best <= 1e-3) == bool(found.equilibria)
        assert found.status is (SolveStatus.SOME if found.equilibria else SolveStatus.NONE)
        solved += bool(found.equilibria)
    assert solved >= 6


def test_averages_of_replicator_dynamics_find_the_centre_that_they_circle():
    found = replicator(SKEWED, starts=8, step=0.05, steps=20_000)
    assert found.details["averaged"]
    for strategy, other in zip(found.equilibria[0], ([1 / 2] * 2, [1 / 3, 2 / 3]), strict=True):
        np.testing.assert_allclose(strategy, other, atol=5e-3)


def test_fictitious_play_finds_the_value_of_a_zero_sum_game():
    rng = np.random.default_rng(1)
    for _ in range(5):
        own = rng.normal(size=(4, 5))
        game = gt.NormalFormGame.from_bimatrix(own, -own)
        found = fictitious_play(game, tolerance=5e-3, steps=20_000)
        assert found.status is SolveStatus.SOME


def test_fictitious_play_cycles_in_shapleys_game():
    rng = np.random.default_rng(2)
    tilted = gt.NormalFormGame(SHAPLEY.payoffs + 0.2 * rng.random((2, 3, 3)))
    found = fictitious_play(tilted, starts=1, steps=3000)
    assert found.status is SolveStatus.NONE
    assert found.details["best_gap"] > 1e-3


@both
def test_positive_affine_payoffs_give_the_same_run(heuristic):
    rng = np.random.default_rng(3)
    payoffs = rng.integers(-4, 5, (3, 2, 2, 2)).astype(float)
    payoffs[:, 0, 0, 0], payoffs[:, 1, 1, 1] = 4, -4
    game = gt.NormalFormGame(payoffs, 3)
    moved = rescale(game, [0.25, 8.0, 1024.0], [1.0, 64.0, -512.0])
    first, second = (heuristic(g, steps=200).details["best_profile"] for g in (game, moved))
    np.testing.assert_array_equal(np.concatenate(first), np.concatenate(second))


@both
def test_runs_together_equal_runs_alone(heuristic):
    """Adding starts changes nothing for the first one."""
    game = normal_game(np.random.default_rng(4), (3, 3))
    alone = after(heuristic, game, 50).details["best_gap"]
    together = heuristic(game, steps=50, starts=20, tolerance=1e-12).details["best_gap"]
    assert together <= alone * (1 + 1e-9)


@both
def test_same_seed_same_result(heuristic):
    game = normal_game(np.random.default_rng(5), (3, 3, 2))
    first, again = (heuristic(game, rng=6, steps=100).details["best_profile"] for _ in range(2))
    np.testing.assert_array_equal(np.concatenate(first), np.concatenate(again))


@both
def test_too_few_steps_and_too_little_time_are_different_failures(heuristic):
    game = mixed_zero_sum()
    steps = heuristic(game, steps=3, starts=1, tolerance=1e-12)
    assert steps.status is SolveStatus.NONE
    assert "3 steps" in steps.note
    time = heuristic(game, steps=10**9, seconds=0.02, tolerance=1e-12)
    assert time.status is SolveStatus.BUDGET
    assert time.equilibria == []
    assert time.seconds >= 0.02


@both
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 0}, "`steps` must be at least 1; got 0"),
        ({"starts": 0}, "`starts` must be at least 1; got 0"),
        ({"tolerance": 0}, "`tolerance` must be at least 1e-12; got 0"),
        ({"seconds": 0}, "`seconds` must be positive; got 0"),
    ],
    ids=str,
)
def test_options_that_make_no_sense_are_refused(heuristic, options, message):
    with pytest.raises(ValueError, match=message):
        heuristic(PENNIES, **options)


@pytest.mark.parametrize("step", [0, -1.0, 1e4])
def test_step_sizes_out_of_bounds_are_refused(step):
    with pytest.raises(ValueError, match="`step` must be"):
        replicator(PENNIES, step=step)


@both
def test_batches_are_refused(heuristic):
    with pytest.raises(ValueError, match="`game` must be a single game; got a batch"):
        heuristic(gt.random_2x2("any", size=3, rng=0))
