import numpy as np
import pytest

import gametools as gt
from gametools.dynamics import GradientDescent


def test_one_step_on_a_2x2_game_is_that_of_the_formulas():
    (a, b), (c, d) = row = [[1.0, -2.0], [0.5, 3.0]]
    (e, g), (f, h) = column = [[0.25, 2.0], [-1.0, 4.0]]
    p, q, step = 0.4, 0.7, 0.05
    u, v = a - b - c + d, e - g - f + h
    expected = [p + step * (q * u + b - d), q + step * (p * v + f - h)]
    game = gt.NormalFormGame.from_bimatrix(row, column)
    path = gt.simulate(game, GradientDescent(step), [p, q], steps=1).points
    np.testing.assert_allclose(path[1], expected, rtol=1e-14)


@pytest.mark.parametrize("step", [0.02, 0.1])
def test_cyclic_games_are_left_at_the_rate_of_their_spectral_radius(step):
    games = gt.random_2x2("cyclic", size=200, rng=0)
    inner = gt.solve_2x2(games).boundary_distance[:, 0] > 0.1
    games = games[inner]
    inside = gt.solve_2x2(games).equilibria[:, 0]
    u, v = np.einsum("kpij,i,j->pk", games.payoffs, [1, -1], [1, -1])
    path = gt.simulate(games, GradientDescent(step), inside + 0.001, steps=40).points
    assert ((path > 0) & (path < 1)).all()
    # In this norm the linear spiral is a rotation times the spectral radius.
    off = path - inside
    squares = np.abs(v) * off[..., 0] ** 2 + np.abs(u) * off[..., 1] ** 2
    growth = (squares[-1] / squares[0]) ** (1 / 40)
    np.testing.assert_allclose(growth - 1, step**2 * np.abs(u * v), rtol=1e-6)
    assert (growth > 1).all()


@pytest.mark.parametrize("step", [0.01, 0.1, 0.9])
def test_bilinear_zero_sum_games_are_left_for_every_step(step):
    game = gt.QuadraticGame([[0, 1], [-1, 0]])
    path = gt.simulate(game, GradientDescent(step), [0.3, -0.4], steps=50).points
    squares = (path**2).sum(axis=-1)
    np.testing.assert_allclose(squares[1:] / squares[:-1], 1 + step**2, rtol=1e-10)


def test_own_curvature_is_descended_at_its_own_rate():
    game = gt.QuadraticGame(np.diag([2.0, 0.5]))
    path = gt.simulate(game, GradientDescent(0.1), [1.0, 1.0], steps=30).points
    np.testing.assert_allclose(path[-1], [0.8**30, 0.95**30], rtol=1e-12)


def test_players_with_several_parameters_descend_together():
    game = gt.QuadraticGame(
        [[2, 1, 0.5], [1, 3, -1], [0.3, 0.2, 1]], offset=[1, -1, 0.5], dims=(2, 1)
    )
    x, step = np.array([0.2, -0.4, 1.0]), 0.05
    expected = x - step * (game.matrix @ x + game.offset)
    path = gt.simulate(game, GradientDescent(step), x, steps=1).points
    np.testing.assert_allclose(path[1], expected, rtol=1e-14)


def test_dominant_actions_are_learned():
    games = gt.random_2x2("dominance-solvable", size=200, rng=1)
    found = gt.solve_2x2(games)
    both = gt.games.dominant_players(games) == 2
    end = gt.simulate(games, GradientDescent(0.1), [0.5, 0.5], steps=5000, record=0).points[-1]
    np.testing.assert_array_equal(end[both], found.equilibria[both, 0])


def test_games_of_three_players_are_learned_in_probabilities():
    rng = np.random.default_rng(2)
    game = gt.NormalFormGame(rng.normal(size=(3, 2, 2, 2)))
    x, step = np.array([0.2, 0.5, 0.7]), 0.01
    p, q, r = x
    weights = {
        0: np.einsum("i,j->ij", [q, 1 - q], [r, 1 - r]),
        1: np.einsum("i,j->ij", [p, 1 - p], [r, 1 - r]),
        2: np.einsum("i,j->ij", [p, 1 - p], [q, 1 - q]),
    }
    slopes = [
        ((game.payoffs[i].take(0, axis=i) - game.payoffs[i].take(1, axis=i)) * weights[i]).sum()
        for i in range(3)
    ]
    path = gt.simulate(game, GradientDescent(step), x, steps=1).points
    np.testing.assert_allclose(path[1], x + step * np.array(slopes), rtol=1e-13)
