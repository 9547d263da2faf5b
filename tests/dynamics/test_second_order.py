"""Rules that use second derivatives, against formulas written player by player."""

import numpy as np
import pytest
from example_games import QuadraticLosses

import gametools as gt
from gametools.dynamics import LOLA, SOS, ConsensusOptimization, SymplecticGradient

DIMS = (2, 1, 2)
PLAYERS = np.repeat([0, 1, 2], DIMS)


def game_and_points(seed, scale=1.0):
    rng = np.random.default_rng(seed)
    curvatures = rng.normal(size=(3, 5, 5))
    curvatures += curvatures.swapaxes(-1, -2)
    slopes = rng.normal(size=(3, 5))
    return QuadraticLosses(curvatures, slopes, DIMS), scale * rng.normal(size=(40, 5))


def pieces(game, x):
    """The gradient, its Jacobian without own blocks, and chi, from the losses' own derivatives."""
    slopes = [game.q[i] @ x + game.b[i] for i in range(3)]
    gradient, chi, cross = np.zeros(5), np.zeros(5), np.zeros((5, 5))
    for i in range(3):
        mine = i == PLAYERS
        gradient[mine] = slopes[i][mine]
        for j in range(3):
            theirs = j == PLAYERS
            if i != j:
                cross[np.ix_(mine, theirs)] = game.q[i][np.ix_(mine, theirs)]
                # (d/d_i of player j's gradient)' times the slope of loss i in player j's block.
                chi[mine] += game.q[j][np.ix_(theirs, mine)].T @ slopes[i][theirs]
    return gradient, cross, chi


@pytest.mark.parametrize("seed", range(3))
def test_lola_of_three_players_shapes_every_other_one(seed):
    game, points = game_and_points(seed)
    for rule in (LOLA(0.1), LOLA(0.1, "sos"), LOLA(0.1, trial_step=0.3), LOLA(0.1, "sos", 0.3)):
        trial = rule.trial_step or rule.step
        after = gt.simulate(game, rule, points, steps=1).points[1]
        for x, y in zip(points, after, strict=True):
            gradient, cross, chi = pieces(game, x)
            direction = gradient - trial * chi
            if rule.form == "sos":
                direction -= trial * cross @ gradient
            np.testing.assert_allclose(y, x - rule.step * direction, atol=1e-11)


@pytest.mark.parametrize(("a", "b"), [(0.5, 0.1), (0.1, 0.9), (0.9, 0.5)])
def test_sos_takes_the_share_of_shaping_of_the_source(a, b):
    met = {"fades": 0, "full": 0, "turned back": 0}
    for seed in range(4):
        game, points = game_and_points(seed)
        rest = np.linalg.solve(game.jacobian(np.zeros(5)), -game.gradient(np.zeros(5)))
        near = rest + np.geomspace(1e-3, 0.3, len(points))[:, None] * points
        both = np.concatenate([points, near])
        step = 0.2
        after = gt.simulate(game, SOS(step, a, b), both, steps=1).points[1]
        for x, y in zip(both, after, strict=True):
            gradient, cross, chi = pieces(game, x)
            base = gradient - step * cross @ gradient
            along = -step * chi @ base
            first = 1.0 if along >= 0 else min(1.0, -a * base @ base / along)
            length = np.sqrt(gradient @ gradient)
            second = length**2 if length < b else 1.0
            share = min(first, second)
            met["fades"] += length < b
            met["full"] += share == 1
            met["turned back"] += first < 1
            np.testing.assert_allclose(y, x - step * (base - share * step * chi), atol=1e-11)
    assert min(met.values()) > 5


def test_sos_never_turns_against_look_ahead():
    game, points = game_and_points(5)
    rule = SOS(0.3)
    after = gt.simulate(game, rule, points, steps=1).points[1]
    for x, y in zip(points, after, strict=True):
        gradient, cross, _ = pieces(game, x)
        base = gradient - rule.step * cross @ gradient
        assert (x - y) @ base >= (1 - rule.a - 1e-9) * rule.step * base @ base


@pytest.mark.parametrize("gamma", [0.2, 1.0])
def test_the_sign_of_the_symplectic_adjustment_is_that_of_its_alignment(gamma):
    signs = set()
    for seed in range(4):
        game, points = game_and_points(seed, 0.3)
        h = game.jacobian(np.zeros(5))
        after = gt.simulate(game, SymplecticGradient(0.1, gamma), points, steps=1).points[1]
        plain = SymplecticGradient(0.1, gamma, align=False)
        unsigned = gt.simulate(game, plain, points, steps=1).points[1]
        for x, y, z in zip(points, after, unsigned, strict=True):
            gradient = game.gradient(x)
            adjustment = (h - h.T).T @ gradient / 2
            steepest = h.T @ gradient
            sign = np.sign(gradient @ steepest * (adjustment @ steepest) / 5 + 0.1)
            signs.add(float(sign))
            np.testing.assert_allclose(y, x - 0.1 * (gradient + gamma * sign * adjustment))
            np.testing.assert_allclose(z, x - 0.1 * (gradient + gamma * adjustment))
    assert signs == {-1.0, 1.0}


def test_a_small_product_of_alignments_counts_as_aligned():
    # On this spiral the product is negative but smaller than the source's 0.1.
    game = gt.QuadraticGame([[-1.0, 1.0], [-1.0, -1.0]])
    x = np.array([0.1, 0.05])
    h = game.matrix
    product = (x @ h.T @ h.T @ h @ x) * (((h - h.T).T @ h @ x / 2) @ (h.T @ h @ x)) / 2
    assert -0.1 < product < 0
    aligned, plain = (
        gt.simulate(game, SymplecticGradient(0.1, 1.0, align), x, steps=1).points[1]
        for align in (True, False)
    )
    np.testing.assert_array_equal(aligned, plain)


def test_consensus_descends_the_size_of_the_gradient_too():
    game, points = game_and_points(6)
    h = game.jacobian(np.zeros(5))
    after = gt.simulate(game, ConsensusOptimization(0.1, 0.4), points, steps=1).points[1]
    gradient = game.gradient(points)
    np.testing.assert_allclose(after, points - 0.1 * (gradient + 0.4 * gradient @ h), atol=1e-12)


def test_consensus_can_leave_a_strict_equilibrium_at_the_boundary():
    chicken = gt.NormalFormGame.from_bimatrix([[0, -1], [1, -9]], [[0, 1], [-1, -9]])
    stays, leaves = (
        gt.simulate(chicken, ConsensusOptimization(0.03, gamma), [0.0, 1.0], steps=25).points[-1]
        for gamma in (0.01, 0.3)
    )
    np.testing.assert_array_equal(stays, [0, 1])
    assert leaves[0] > 0.5
