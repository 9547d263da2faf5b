import numpy as np
import pytest
from game_strategies import payoff_tensors, points
from hypothesis import given
from hypothesis import strategies as st
from slow_references import central_difference, expected_payoffs_at

import gametools as gt
from gametools.games import DifferentiableGame, ProbabilityGame, as_differentiable

PLAYERS = (1, 2, 3, 4)


def matrix_games(players, batch=(), seed=0):
    payoffs = np.random.default_rng((seed, players)).normal(size=(*batch, players, *(2,) * players))
    return gt.NormalFormGame(payoffs, num_players=players)


@st.composite
def games_with_points(draw):
    players = draw(st.sampled_from(PLAYERS))
    payoffs = draw(payoff_tensors((players, *(2,) * players)))
    game = gt.NormalFormGame(payoffs, num_players=players)
    return game, draw(points(players)), draw(points(players))


@given(games_with_points())
def test_losses_are_minus_the_expected_payoffs(drawn):
    game, x, _ = drawn
    expected = -expected_payoffs_at(game.payoffs, x)
    np.testing.assert_allclose(ProbabilityGame(game).losses(x), expected, rtol=1e-12, atol=1e-12)


@given(games_with_points())
def test_gradient_is_the_derivative_of_the_own_loss_at_own_and_others_coordinates(drawn):
    game, x, others = drawn
    view = ProbabilityGame(game)
    gradient = view.gradient(x, others)
    for player in range(game.num_players):
        point = others.copy()
        point[player] = x[player]
        slopes = central_difference(lambda y: -expected_payoffs_at(game.payoffs, y), point)
        np.testing.assert_allclose(gradient[player], slopes[player, player], rtol=1e-6, atol=1e-7)


@given(games_with_points())
def test_gradient_takes_the_others_where_the_player_is_by_default(drawn):
    game, x, _ = drawn
    view = ProbabilityGame(game)
    np.testing.assert_array_equal(view.gradient(x), view.gradient(x, x))


@given(games_with_points())
def test_jacobians_are_the_derivatives_of_gradient_and_losses(drawn):
    game, x, _ = drawn
    view = ProbabilityGame(game)
    of_gradient, of_losses = (central_difference(f, x) for f in (view.gradient, view.losses))
    np.testing.assert_allclose(view.jacobian(x), of_gradient, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(view.loss_jacobian(x), of_losses, rtol=1e-6, atol=1e-7)


def test_jacobian_of_a_2x2_game_is_that_of_its_payoff_differences():
    (a, b), (c, d) = row = [[1.5, -2.0], [0.25, 3.0]]
    (e, g), (f, h) = column = [[0.5, 2.0], [-1.0, 4.0]]
    view = ProbabilityGame(gt.NormalFormGame.from_bimatrix(row, column))
    expected = [[0, -(a - b - c + d)], [-(e - g - f + h), 0]]
    np.testing.assert_allclose(view.jacobian([0.3, 0.9]), expected, rtol=1e-14)


@pytest.mark.parametrize("method", ["losses", "gradient", "jacobian", "loss_jacobian"])
@pytest.mark.parametrize("players", PLAYERS)
class TestBatches:
    def test_each_game_at_its_own_point(self, players, method):
        games = matrix_games(players, (3, 4))
        x = np.random.default_rng(1).random((3, 4, players))
        together = getattr(ProbabilityGame(games), method)(x)
        for index in np.ndindex(3, 4):
            alone = getattr(ProbabilityGame(games[index]), method)(x[index])
            np.testing.assert_array_equal(together[index], alone)

    def test_one_game_at_many_points(self, players, method):
        view = ProbabilityGame(matrix_games(players))
        x = np.random.default_rng(2).random((5, 2, players))
        together = getattr(view, method)(x)
        for index in np.ndindex(5, 2):
            np.testing.assert_array_equal(together[index], getattr(view, method)(x[index]))

    def test_many_games_at_one_point(self, players, method):
        games = matrix_games(players, (4,))
        x = np.random.default_rng(3).random(players)
        together = getattr(ProbabilityGame(games), method)(x)
        for k in range(4):
            alone = getattr(ProbabilityGame(games[k]), method)(x)
            np.testing.assert_array_equal(together[k], alone)

    def test_many_points_of_every_game(self, players, method):
        games = matrix_games(players, (4,))
        x = np.random.default_rng(4).random((3, 1, players))
        together = getattr(ProbabilityGame(games), method)(x)
        for i, k in np.ndindex(3, 4):
            alone = getattr(ProbabilityGame(games[k]), method)(x[i, 0])
            np.testing.assert_array_equal(together[i, k], alone)

    def test_memory_layout_is_irrelevant(self, players, method):
        games = matrix_games(players, (6,))
        fortran = gt.NormalFormGame(np.asfortranarray(games.payoffs), players)
        x = np.random.default_rng(5).random((6, players))
        np.testing.assert_array_equal(
            getattr(ProbabilityGame(games), method)(x),
            getattr(ProbabilityGame(fortran), method)(np.asfortranarray(x)),
        )

    @pytest.mark.parametrize("index", [[4, 0, 0, 2], [3], []], ids=str)
    def test_taken_games_are_those_games(self, players, method, index):
        view = ProbabilityGame(matrix_games(players, (5,)))
        x = np.random.default_rng(6).random((5, players))
        index = np.array(index, dtype=np.intp)
        part = view.take(index)
        np.testing.assert_array_equal(part.matrix_game.payoffs, view.matrix_game.payoffs[index])
        np.testing.assert_array_equal(
            getattr(part, method)(x[index]), getattr(view, method)(x)[index]
        )

    def test_a_single_game_is_taken_as_it_is(self, players, method):
        view = ProbabilityGame(matrix_games(players))
        x = np.random.default_rng(7).random((3, players))
        part = view.take(np.array([2, 0]))
        np.testing.assert_array_equal(
            getattr(part, method)(x[[2, 0]]), getattr(view, method)(x)[[2, 0]]
        )


def test_taken_games_can_be_taken_from_again():
    view = ProbabilityGame(matrix_games(2, (6,)))
    x = np.random.default_rng(8).random((6, 2))
    part = view.take(np.array([5, 3, 1, 0])).take(np.array([2, 1]))
    np.testing.assert_array_equal(part.gradient(x[[1, 3]]), view.gradient(x)[[1, 3]])


@given(games_with_points())
def test_profile_holds_the_strategies_at_a_point(drawn):
    game, x, _ = drawn
    for probability, strategy in zip(x, ProbabilityGame(game).profile(x), strict=True):
        np.testing.assert_array_equal(strategy, [probability, 1 - probability])


def test_domain_is_the_unit_box():
    view = ProbabilityGame(matrix_games(3))
    np.testing.assert_array_equal(view.domain.project(np.array([-1.0, 0.4, 7.0])), [0, 0.4, 1])
    assert view.dims == (1, 1, 1)


def test_two_action_games_are_learned_in_probabilities():
    game = matrix_games(3, (2,))
    view = as_differentiable(game)
    assert isinstance(view, ProbabilityGame)
    assert isinstance(view, DifferentiableGame)
    assert view.matrix_game is game


def test_differentiable_games_are_taken_as_they_are():
    game = gt.QuadraticGame([[1, 2], [3, 4]])
    assert as_differentiable(game) is game


def test_games_of_more_actions_are_refused():
    with pytest.raises(ValueError, match=r"`matrix_game` must have two actions .* got 2x3"):
        ProbabilityGame(gt.NormalFormGame(np.zeros((2, 2, 3))))


def test_what_is_no_game_is_refused():
    with pytest.raises(TypeError, match=r"`game` must be a NormalFormGame or a Different.*ndarray"):
        as_differentiable(np.zeros((2, 2, 2)))


@pytest.mark.parametrize("point", [0.5, [0.5], [0.1, 0.2, 0.3]], ids=str)
def test_points_of_a_wrong_shape_are_refused(point):
    view = ProbabilityGame(matrix_games(2))
    with pytest.raises(ValueError, match=r"a point must have shape \(\*batch, 2\).*got \("):
        view.gradient(point)
