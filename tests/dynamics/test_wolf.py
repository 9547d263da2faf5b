import numpy as np
import pytest
from slow_references import expected_payoffs_at

import gametools as gt
from gametools.dynamics import GradientDescent, WoLF

PENNIES = gt.NormalFormGame.from_bimatrix([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])


def radii_after_each_revolution(win, lose):
    """Where the orbit crosses the half-line above the equilibrium of matching pennies."""
    revolution = 2 * np.pi / (4 * np.sqrt(win * lose))
    path = gt.simulate(PENNIES, WoLF(win, lose), [0.8, 0.5], steps=int(2.5 * revolution)).points
    p, q = (path - 0.5).T
    crosses = (p[:-1] > 0) & (np.sign(q[:-1]) >= 0) & (q[1:] < 0)
    before, after = p[:-1][crosses], p[1:][crosses]
    share = q[:-1][crosses] / (q[:-1][crosses] - q[1:][crosses])
    return before + share * (after - before)


@pytest.mark.parametrize("ratio", [1 / 2, 1 / 3, 1 / 6], ids=["half", "third", "sixth"])
def test_orbits_of_matching_pennies_shrink_by_the_square_of_the_ratio(ratio):
    lose = 4e-4
    radii = radii_after_each_revolution(ratio * lose, lose)
    assert len(radii) == 3
    np.testing.assert_allclose(radii[1:] / radii[:-1], ratio**2, rtol=5e-3)


def test_the_shrinking_approaches_its_limit_in_proportion_to_the_step():
    limit = (1 / 3) ** 2
    off = []
    for lose in (4e-3, 2e-3, 1e-3):
        radii = radii_after_each_revolution(lose / 3, lose)
        off.append(radii[1] / radii[0] / limit - 1)
    assert off[0] / off[1] == pytest.approx(2, rel=0.1)
    assert off[1] / off[2] == pytest.approx(2, rel=0.1)


def literal_step(game, x, equilibrium, win, lose):
    """Each player compares what it earns with what its equilibrium strategy would earn."""
    after = []
    for player in range(2):
        alternative = np.array(x)
        alternative[player] = equilibrium[player]
        now = expected_payoffs_at(game.payoffs, x)[player]
        there = expected_payoffs_at(game.payoffs, alternative)[player]
        better, worse = np.array(x), np.array(x)
        better[player], worse[player] = 1, 0
        slope = (
            expected_payoffs_at(game.payoffs, better)[player]
            - expected_payoffs_at(game.payoffs, worse)[player]
        )
        step = win if now > there else lose
        after.append(min(max(x[player] + step * slope, 0.0), 1.0))
    return after


@pytest.mark.parametrize("game_class", ["cyclic", "coordination", "dominance-solvable"])
def test_one_step_is_short_for_the_player_that_earns_more_than_at_equilibrium(game_class):
    rng = np.random.default_rng(0)
    games, x = gt.random_2x2(game_class, size=100, rng=rng), rng.random((100, 2))
    first = gt.solve_2x2(games).equilibria[:, 0]
    after = gt.simulate(games, WoLF(0.01, 0.06), x, steps=1).points[1]
    expected = [literal_step(games[k], x[k], first[k], 0.01, 0.06) for k in range(100)]
    np.testing.assert_allclose(after, expected, atol=1e-14)


def test_equal_steps_are_gradient_descent():
    games = gt.random_2x2("any", size=100, rng=1)
    wolf, plain = (
        gt.simulate(games, rule, [0.9, 0.2], steps=300).points
        for rule in (WoLF(0.03, 0.03), GradientDescent(0.03))
    )
    np.testing.assert_array_equal(wolf, plain)


def test_every_cyclic_game_is_learned():
    games = gt.random_2x2("cyclic", size=100, rng=2)
    inside = gt.solve_2x2(games).equilibria[:, 0]
    end = gt.simulate(games, WoLF(0.004, 0.024), [0.9, 0.2], steps=5000, record=0).points[-1]
    assert np.mean(np.abs(end - inside).max(axis=-1) < 0.01) > 0.99


def test_winning_faster_than_losing_is_refused():
    with pytest.raises(ValueError, match=r"`step_win` must be at most .*got 0\.2 and 0\.1"):
        WoLF(0.2, 0.1)


@pytest.mark.parametrize(
    "game",
    [
        gt.QuadraticGame([[0, 1], [-1, 0]]),
        gt.ProbabilityGame(gt.NormalFormGame(np.zeros((3, 2, 2, 2)))),
        *(gt.games.as_differentiable(PENNIES, view) for view in ("simplex", "sigmoid", "softmax")),
    ],
    ids=["no matrix game", "three players", "simplex", "sigmoid", "softmax"],
)
def test_games_whose_equilibria_it_does_not_know_are_refused(game):
    with pytest.raises(TypeError, match="WoLF needs a 2x2 matrix game in probability coordinates"):
        gt.simulate(game, WoLF(0.1, 0.2), np.full(sum(game.dims), 0.5))
