"""A matrix game in its coordinates: what they mean to each other and to simulations."""

import numpy as np
import pytest
from differentiable_games import random_matrix_game
from slow_references import expected_payoffs

import gametools as gt
from gametools.games import COORDINATES, Simplex, as_differentiable

ROCK_PAPER_SCISSORS = gt.named_game("rock_paper_scissors")
PENNIES = gt.named_game("matching_pennies")
ALL = tuple(COORDINATES)
ANY_ACTIONS = ("simplex", "softmax")


def profiles(sizes, count, seed=0):
    rng = np.random.default_rng((seed, *sizes))
    return tuple(rng.dirichlet(np.full(size, 2.0), count) for size in sizes)


def views_and_profiles():
    for sizes in ((2, 2), (2, 2, 2)):
        for coordinates in ALL:
            yield coordinates, sizes
    for coordinates in ANY_ACTIONS:
        yield coordinates, (3, 2, 4)


both_ways = pytest.mark.parametrize(("coordinates", "sizes"), list(views_and_profiles()), ids=str)


@both_ways
def test_profiles_become_points_and_come_back(coordinates, sizes):
    view = as_differentiable(random_matrix_game(sizes), coordinates)
    profile = profiles(sizes, 7)
    x = view.point(profile)
    assert x.shape == (7, sum(view.dims))
    assert view.domain.contains(x).all()
    for back, strategy in zip(view.profile(x), profile, strict=True):
        np.testing.assert_allclose(back, strategy, rtol=1e-12)


@both_ways
def test_losses_are_minus_the_expected_payoffs_of_the_profile(coordinates, sizes):
    game = random_matrix_game(sizes)
    view = as_differentiable(game, coordinates)
    for profile in zip(*profiles(sizes, 3), strict=True):
        expected = -expected_payoffs(game.payoffs, profile)
        np.testing.assert_allclose(view.losses(view.point(profile)), expected, rtol=1e-12)


@both_ways
def test_a_constant_for_each_of_the_others_choices_changes_no_gradient(coordinates, sizes):
    """Only payoff differences between own actions count: gradient and Jacobian stay."""
    game = random_matrix_game(sizes)
    payoffs = game.payoffs.copy()
    for player in range(len(sizes)):
        others = np.delete(np.array(sizes), player)
        shift = np.random.default_rng(player).normal(size=others)
        payoffs[player] += np.expand_dims(shift, player)
    moved = as_differentiable(gt.NormalFormGame(payoffs, len(sizes)), coordinates)
    view = as_differentiable(game, coordinates)
    x = view.point(profiles(sizes, 3))
    np.testing.assert_allclose(moved.gradient(x), view.gradient(x), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(moved.jacobian(x), view.jacobian(x), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("coordinates", ALL)
def test_the_equilibrium_of_matching_pennies_is_a_fixed_point(coordinates):
    view = as_differentiable(PENNIES, coordinates)
    x = view.point([[0.5, 0.5], [0.5, 0.5]])
    np.testing.assert_allclose(view.gradient(x), 0, atol=1e-15)
    eigenvalues = np.linalg.eigvals(view.jacobian(x))
    # u = 4: +-4i in probabilities, half that in orthonormal directions of the simplex, over
    # four for a sigmoid, and over eight for two logits.
    frequency = {"probability": 4, "sigmoid": 1 / 4, "simplex": 2, "softmax": 1 / 2}[coordinates]
    assert abs(eigenvalues).max() == pytest.approx(frequency)
    np.testing.assert_allclose(eigenvalues.real, 0, atol=1e-12)


class TestSimplex:
    def test_derivatives_live_in_the_tangent_space(self):
        view = gt.SimplexGame(random_matrix_game((3, 2, 4)))
        x = view.point(profiles((3, 2, 4), 5))
        tangent = view.domain.tangent
        onto = tangent @ tangent.T
        np.testing.assert_allclose(view.gradient(x) @ onto, view.gradient(x), atol=1e-14)
        np.testing.assert_allclose(view.loss_jacobian(x) @ onto, view.loss_jacobian(x), atol=1e-14)
        jacobian = view.jacobian(x)
        np.testing.assert_allclose(onto @ jacobian @ onto, jacobian, atol=1e-14)

    def test_a_step_moves_the_first_probability_half_as_far(self):
        games = random_matrix_game((2, 2), (20,))
        simplex, probability = gt.SimplexGame(games), gt.ProbabilityGame(games)
        p = np.random.default_rng(0).uniform(0.4, 0.6, (20, 2))
        x = simplex.point(probability.profile(p))
        np.testing.assert_allclose(
            simplex.gradient(x)[..., [0, 2]], probability.gradient(p) / 2, rtol=1e-12
        )
        np.testing.assert_allclose(
            simplex.jacobian(x)[..., [[0], [2]], [0, 2]], probability.jacobian(p) / 4, rtol=1e-12
        )

    def test_off_the_simplex_the_nearest_balanced_point_counts(self):
        view = gt.SimplexGame(ROCK_PAPER_SCISSORS)
        x = view.point(profiles((3, 3), 1))
        shifted = x + np.repeat([0.3, -2.0], 3)
        for method in ("losses", "gradient", "jacobian"):
            found, wanted = (getattr(view, method)(y) for y in (shifted, x))
            np.testing.assert_allclose(found, wanted, atol=1e-14)

    def test_gradient_descent_reaches_a_dominant_action(self):
        game = gt.NormalFormGame.from_bimatrix(
            [[3, 3, 3], [1, 2, 1], [0, 0, 2]], [[1, 2, 5], [1, 2, 5], [1, 2, 5]]
        )
        path = gt.simulate(game, gt.dynamics.GradientDescent(0.1), [1 / 3] * 6, steps=100)
        np.testing.assert_array_equal(path.points[-1], [1, 0, 0, 0, 0, 1])


class TestSoftmax:
    def test_a_constant_added_to_the_logits_changes_nothing(self):
        view = gt.SoftmaxGame(random_matrix_game((3, 4)))
        x = np.random.default_rng(1).normal(size=(5, 7))
        for method in ("losses", "gradient", "jacobian"):
            moved = getattr(view, method)(x + np.repeat([5.0, -3.0], (3, 4)))
            np.testing.assert_allclose(moved, getattr(view, method)(x), atol=1e-14)
        constant = np.repeat([1.0, 0.0], (3, 4))
        np.testing.assert_allclose(view.jacobian(x) @ constant, 0, atol=1e-14)

    def test_large_logits_stay_finite(self):
        view = gt.SoftmaxGame(PENNIES)
        x = [1e4, -1e4, 700.0, 0.0]
        np.testing.assert_allclose(view.losses(x), [-1, 1], atol=1e-12)
        assert np.isfinite(view.jacobian(x)).all()

    def test_two_logits_are_the_sigmoid_of_their_difference(self):
        games = random_matrix_game((2, 2, 2))
        two, one = as_differentiable(games, "softmax"), as_differentiable(games, "sigmoid")
        x = np.random.default_rng(2).normal(size=(4, 6))
        difference = x[:, ::2] - x[:, 1::2]
        np.testing.assert_allclose(two.losses(x), one.losses(difference), rtol=1e-12)
        np.testing.assert_allclose(two.gradient(x)[:, ::2], one.gradient(difference), rtol=1e-12)


def test_auto_takes_probabilities_for_two_actions_and_simplices_beyond():
    assert isinstance(as_differentiable(PENNIES), gt.ProbabilityGame)
    view = as_differentiable(random_matrix_game((2, 3)))
    assert isinstance(view, gt.SimplexGame)
    assert view.domain == Simplex((2, 3))


def test_simulate_learns_games_of_more_actions_in_mixed_strategies():
    start = [0.5, 0.3, 0.2, 1 / 3, 1 / 3, 1 / 3]
    rule = gt.dynamics.ExtraGradient(0.1)
    path = gt.simulate(ROCK_PAPER_SCISSORS, rule, start, steps=2000)
    np.testing.assert_allclose(path.points.sum(axis=-1), 2, atol=1e-12)
    np.testing.assert_allclose(path.points[-1], 1 / 3, atol=1e-6)


def test_starts_off_the_simplex_are_refused():
    with pytest.raises(ValueError, match=r"`start` must lie in Simplex\(sizes=\(3, 3\)\); got"):
        gt.simulate(ROCK_PAPER_SCISSORS, gt.dynamics.GradientDescent(0.1), [0.5] * 6)


@pytest.mark.parametrize(
    ("game", "coordinates", "error", "message"),
    [
        (PENNIES, "simplx", ValueError, "`coordinates` must be one of auto, .*mean 'simplex'"),
        (ROCK_PAPER_SCISSORS, "probability", ValueError, "two actions for each .* got 3x3"),
        (ROCK_PAPER_SCISSORS, "sigmoid", ValueError, "two actions for each .* got 3x3"),
        (gt.ProbabilityGame(PENNIES), "simplex", ValueError, "`coordinates` are for matrix games"),
        ("pennies", "auto", TypeError, "`game` must be a NormalFormGame or a Diff"),
    ],
    ids=str,
)
def test_coordinates_that_do_not_fit_are_refused(game, coordinates, error, message):
    with pytest.raises(error, match=message):
        as_differentiable(game, coordinates)


@pytest.mark.parametrize("coordinates", ALL)
@pytest.mark.parametrize(
    ("profile", "message"),
    [
        ([[0.5, 0.5]], "`profile` must hold a strategy for each of 2 players; got 1"),
        ([[0.5, 0.5], [0.2, 0.3, 0.5]], r"`profile\[1\]` must have shape \(\*batch, 2\)"),
        ([[0.5, 0.6], [0.5, 0.5]], r"`profile\[0\]` must hold probabilities that add up to 1"),
        ([[0.5, 0.5], [1.5, -0.5]], r"`profile\[1\]` must hold probabilities that add up to 1"),
        ([[0.5, 0.5], [np.nan, 1]], r"`profile\[1\]` must hold probabilities that add up to 1"),
    ],
    ids=["too few", "too long", "too much", "negative", "nan"],
)
def test_profiles_that_are_none_are_refused(coordinates, profile, message):
    with pytest.raises(ValueError, match=message):
        as_differentiable(PENNIES, coordinates).point(profile)


@pytest.mark.parametrize("coordinates", ["sigmoid", "softmax"])
def test_pure_strategies_have_no_logits(coordinates):
    with pytest.raises(ValueError, match=r"`profile.* must .*(infinite|logits are finite)"):
        as_differentiable(PENNIES, coordinates).point([[0.5, 0.5], [1, 0]])


@pytest.mark.parametrize("coordinates", ALL)
def test_views_say_what_they_are(coordinates):
    view = as_differentiable(PENNIES, coordinates)
    assert repr(view) == f"{type(view).__name__}(NormalFormGame(2 players, 2x2 actions))"
