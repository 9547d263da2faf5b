import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from slow_references import central_difference

import gametools as gt
from gametools.games import Box, DifferentiableGame, Euclidean, losses_from_payoffs

DIMS = [(1,), (1, 1), (2, 1), (1, 3, 2)]


def quadratic(dims, seed=0):
    """A random quadratic game with symmetric own blocks."""
    rng = np.random.default_rng((seed, *dims))
    size = sum(dims)
    matrix, edges = rng.normal(size=(size, size)), np.cumsum((0, *dims))
    for low, high in itertools.pairwise(edges):
        own = matrix[low:high, low:high]
        matrix[low:high, low:high] = own + own.T
    return gt.QuadraticGame(matrix, rng.normal(size=size), dims)


def literal_losses(game, x):
    """Loss i is x_i' H_ii x_i / 2 + x_i' (sum over j of H_ij x_j + b_i)."""
    edges = np.cumsum((0, *game.dims))
    blocks = [slice(low, high) for low, high in itertools.pairwise(edges)]
    losses = []
    for i in blocks:
        loss = x[i] @ game.matrix[i, i] @ x[i] / 2 + x[i] @ game.offset[i]
        loss += sum(x[i] @ game.matrix[i, j] @ x[j] for j in blocks if j != i)
        losses.append(loss)
    return np.array(losses)


@pytest.mark.parametrize("dims", DIMS, ids=str)
class TestQuadraticGame:
    def test_losses_follow_the_formula(self, dims):
        game = quadratic(dims)
        x = np.random.default_rng(1).normal(size=sum(dims))
        np.testing.assert_allclose(game.losses(x), literal_losses(game, x), rtol=1e-12)

    def test_gradient_is_the_derivative_of_the_own_loss_at_own_and_others_coordinates(self, dims):
        game = quadratic(dims)
        x, others = np.random.default_rng(2).normal(size=(2, sum(dims)))
        players = np.repeat(np.arange(len(dims)), dims)
        for player in range(len(dims)):
            mine = players == player
            slopes = central_difference(
                lambda y: literal_losses(game, y), np.where(mine, x, others)
            )
            np.testing.assert_allclose(
                game.gradient(x, others)[mine], slopes[player, mine], rtol=1e-6, atol=1e-8
            )

    def test_gradient_takes_the_others_where_the_player_is_by_default(self, dims):
        game = quadratic(dims)
        x = np.random.default_rng(3).normal(size=(4, sum(dims)))
        np.testing.assert_allclose(game.gradient(x), game.gradient(x, x), rtol=1e-12)

    def test_jacobians_are_the_derivatives_of_gradient_and_losses(self, dims):
        game = quadratic(dims)
        x = np.random.default_rng(4).normal(size=sum(dims))
        of_losses = central_difference(lambda y: literal_losses(game, y), x)
        np.testing.assert_allclose(
            game.jacobian(x), central_difference(game.gradient, x), rtol=1e-6, atol=1e-8
        )
        np.testing.assert_allclose(game.loss_jacobian(x), of_losses, rtol=1e-6, atol=1e-8)

    @pytest.mark.parametrize("method", ["losses", "gradient", "jacobian", "loss_jacobian"])
    def test_many_points_equal_one_point_at_a_time(self, dims, method):
        game = quadratic(dims)
        x = np.random.default_rng(5).normal(size=(3, 2, sum(dims)))
        together = getattr(game, method)(x)
        for index in np.ndindex(3, 2):
            np.testing.assert_allclose(
                together[index], getattr(game, method)(x[index]), rtol=1e-12, atol=1e-14
            )

    def test_taking_games_leaves_the_one_game(self, dims):
        game = quadratic(dims)
        x = np.random.default_rng(6).normal(size=(5, sum(dims)))
        index = np.array([4, 1])
        np.testing.assert_array_equal(
            game.take(index).gradient(x[index]), game.gradient(x)[index]
        )  # fmt: skip


def test_quadratic_game_keeps_read_only_copies():
    matrix, offset = np.eye(2), np.zeros(2)
    game = gt.QuadraticGame(matrix, offset)
    matrix[0, 0] = offset[0] = 9.0
    np.testing.assert_array_equal(game.gradient([1.0, 1.0]), [1, 1])
    for array in (game.matrix, game.offset, game.jacobian(np.zeros((3, 2)))):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1.0


def test_quadratic_game_is_a_differentiable_game_on_the_whole_space():
    game = gt.QuadraticGame([[1, 10], [-10, 1]])
    assert isinstance(game, DifferentiableGame)
    x = np.array([1e9, -1e9])
    np.testing.assert_array_equal(game.domain.project(x), x)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([[1, 2, 3], [4, 5, 6]],), ValueError, r"`matrix` must have shape \(d, d\); got \(2, 3\)"),
        (([[1, np.nan], [0, 1]],), ValueError, r"`matrix` must be finite; entry \(0, 1\) is nan"),
        (([[1, 2], [3, 4]], [1]), ValueError, r"`offset` must have shape \(2,\); got \(1,\)"),
        (([[1, 2], [3, 4]], [1, np.inf]), ValueError, "`offset` must be finite"),
        (([[1, 2], [3, 4]], None, (3,)), ValueError, r"`dims` must add up to 2; got \(3,\)"),
        (([[1, 2], [3, 4]], None, (2, 0)), ValueError, "`dims` must be at least 1; got 0"),
        (([[1, 2], [3, 4]], None, (2,)), ValueError, "`matrix` must have symmetric diagonal"),
        (("spiral",), TypeError, "`matrix` must be an array of numbers"),
    ],
    ids=lambda value: "" if isinstance(value, type) else str(value)[:40],
)
def test_quadratic_games_that_make_no_sense_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        gt.QuadraticGame(*arguments)


@given(
    arrays(np.float64, 3, elements=st.floats(-3, 3)),
    arrays(np.float64, 3, elements=st.floats(0, 1)),
)
def test_projection_onto_a_box_is_the_nearest_point(x, scale):
    box = Box(-1.0, 0.5)
    nearest = box.project(x)
    other = -1.0 + 1.5 * scale
    assert box.contains(nearest)
    assert np.linalg.norm(x - nearest) <= np.linalg.norm(x - other)
    np.testing.assert_array_equal(box.project(nearest), nearest)


def test_boxes_contain_their_boundary_and_nothing_beyond():
    points = np.array([[0, 1], [0.5, 0.5], [-1e-300, 0.5], [0.5, 1 + 1e-15], [np.nan, 0.5]])
    assert Box().contains(points).tolist() == [True, True, False, False, False]


def test_projection_keeps_nan_visible():
    assert np.isnan(Box().project(np.array([np.nan, 2.0])))[0]


def test_the_whole_space_contains_all_that_is_finite():
    points = np.array([[1e308, -1e308], [0, np.inf], [np.nan, 0]])
    assert Euclidean().contains(points).tolist() == [True, False, False]


def test_the_sign_flips_once():
    payoffs = np.array([[1.0, -2.0], [0.0, 3.0]])
    np.testing.assert_array_equal(losses_from_payoffs(payoffs), [[-1.0, 2.0], [0.0, -3.0]])
    np.testing.assert_array_equal(payoffs, [[1.0, -2.0], [0.0, 3.0]])
