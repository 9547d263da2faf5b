import numpy as np
import pytest
from slow_references import central_difference

import gametools as gt
from gametools.games import GaussianGame

PRODUCT = GaussianGame(lambda actions: actions.prod(axis=-1), 2)


class TestFigure1OfHATRPO:
    """Means (-0.25, 0.25), unit variances, KL radius 1/2 each; the payoff is a1 a2 for both."""

    START = np.array([-0.25, 0.25])

    def payoff(self, x):
        payoffs = -PRODUCT.losses(x)
        np.testing.assert_allclose(payoffs[0], payoffs[1], rtol=1e-14)
        return payoffs[0]

    def test_a_radius_of_one_half_moves_a_mean_by_one(self):
        moved = self.START + np.array([1.0, -1.0])
        np.testing.assert_allclose(PRODUCT.divergence(self.START, moved), 0.5, rtol=1e-14)

    def test_the_start_pays_minus_a_sixteenth(self):
        assert self.payoff(self.START) == pytest.approx(-0.0625, abs=1e-14)

    def test_moving_at_once_makes_it_worse(self):
        moved = self.START - np.sign(PRODUCT.gradient(self.START))
        np.testing.assert_array_equal(moved, [0.75, -0.75])
        assert self.payoff(moved) == pytest.approx(-0.5625, abs=1e-14)

    @pytest.mark.parametrize(
        ("order", "end"), [((0, 1), (0.75, 1.25)), ((1, 0), (-1.25, -0.75))], ids=str
    )
    def test_moving_one_after_the_other_makes_it_better(self, order, end):
        x = self.START.copy()
        for agent in order:
            x[agent] -= np.sign(PRODUCT.gradient(x)[agent])
        np.testing.assert_array_equal(x, end)
        assert self.payoff(x) == pytest.approx(0.9375, abs=1e-14)

    def test_the_second_agents_gradient_has_turned(self):
        assert -PRODUCT.gradient([0.75, 0.25])[1] == pytest.approx(0.75, abs=1e-14)


@pytest.mark.parametrize("std", [1.0, 0.3, None])
@pytest.mark.parametrize("nodes", [4, 7])
def test_polynomials_up_to_the_promised_degree_are_exact(std, nodes):
    """A payoff a**k, whose moments obey E a**k = mean E a**(k-1) + (k-1) var E a**(k-2)."""
    degree = 2 * nodes - 5
    rng = np.random.default_rng(nodes)

    def moment(mean, deviation, k):
        low, high = 1.0, mean
        for j in range(2, k + 1):
            low, high = high, mean * high + (j - 1) * deviation**2 * low
        return high

    game = GaussianGame(lambda a: a[..., 0] ** degree, 1, std=std, nodes=nodes)
    for x in rng.normal(size=(3, 1 if std else 2)):

        def closed(y):
            return -moment(y[0], std or np.exp(y[1]), degree)

        np.testing.assert_allclose(game.losses(x)[0], closed(x), rtol=1e-11)
        slopes = central_difference(closed, x, width=1e-5)
        np.testing.assert_allclose(game.gradient(x), slopes, rtol=1e-6)
        curvature = central_difference(lambda y: game.gradient(y), x, width=1e-5)
        np.testing.assert_allclose(
            game.jacobian(x), curvature, rtol=1e-6, atol=1e-6 * abs(curvature).max()
        )


def test_smooth_payoffs_converge_with_the_nodes():
    """E cos(a) = cos(mean) exp(-var/2)."""
    x, exact = np.array([0.4]), np.cos(0.4) * np.exp(-0.5)
    errors = []
    for nodes in (4, 8, 16):
        game = GaussianGame(lambda a: np.cos(a[..., 0]), 1, nodes=nodes)
        errors.append(abs(-game.losses(x)[0] - exact))
        slope = np.sin(0.4) * np.exp(-0.5)
        assert abs(game.gradient(x)[0] - slope) < 30 * errors[-1] + 1e-14
    assert errors[0] > 10 * errors[1]
    assert errors[2] < 1e-14


def test_expectations_equal_sampled_ones():
    game = GaussianGame(
        lambda a: np.stack([a[..., 0] * a[..., 1] ** 2, -a[..., 1]], -1), 2, std=0.5
    )
    x = np.array([0.3, -0.8])
    actions = np.random.default_rng(0).normal(x, 0.5, (400_000, 2))
    sampled = [(actions[:, 0] * actions[:, 1] ** 2), -actions[:, 1]]
    for loss, values in zip(game.losses(x), sampled, strict=True):
        assert abs(-loss - values.mean()) < 4 * values.std() / np.sqrt(len(values))


def test_deviations_are_learned_as_logarithms():
    game = GaussianGame(lambda a: -(a**2), 2, std=None)
    x = np.array([0.0, np.log(2.0), 1.0, np.log(3.0)])
    np.testing.assert_allclose(game.losses(x), [4, 1 + 9], rtol=1e-12)
    np.testing.assert_allclose(game.gradient(x), [0, 2 * 4, 2, 2 * 9], atol=1e-12)
    means, deviations = game.policies(x)
    np.testing.assert_allclose(means, [0, 1])
    np.testing.assert_allclose(deviations, [2, 3])


def test_divergence_is_that_of_the_densities():
    game = GaussianGame(lambda a: a, 2, std=None)
    x, y = np.array([0.3, 0.1, 0.0, 0.0]), np.array([-0.2, -0.3, 0.0, 0.0])
    a = np.linspace(-12, 12, 200_001)
    densities = [
        np.exp(-(((a - mean) / np.exp(log)) ** 2) / 2 - log) / np.sqrt(2 * np.pi)
        for mean, log in (x[:2], y[:2])
    ]
    integral = np.trapezoid(densities[0] * np.log(densities[0] / densities[1]), a)
    np.testing.assert_allclose(game.divergence(x, y), [integral, 0], atol=1e-9)


def test_a_common_payoff_is_everybodys():
    alone = GaussianGame(lambda a: a.sum(axis=-1) ** 2, 3, nodes=4)
    each = GaussianGame(lambda a: np.repeat(a.sum(axis=-1, keepdims=True) ** 2, 3, -1), 3, nodes=4)
    x = np.random.default_rng(1).normal(size=(4, 3))
    np.testing.assert_array_equal(alone.losses(x), each.losses(x))
    np.testing.assert_array_equal(alone.jacobian(x), each.jacobian(x))


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((5, 2), {}, TypeError, "`payoffs` must be a function of actions; got 5"),
        ((np.sin, 0), {}, ValueError, "`players` must be at least 1; got 0"),
        ((np.sin, 2), {"std": 0}, ValueError, "`std` must be positive; got 0"),
        ((np.sin, 2), {"nodes": 2}, ValueError, "`nodes` must be at least 3; got 2"),
    ],
    ids=str,
)
def test_games_that_make_no_sense_are_refused(arguments, options, error, message):
    with pytest.raises(error, match=message):
        GaussianGame(*arguments, **options)


def test_payoffs_of_a_wrong_shape_are_refused():
    game = GaussianGame(lambda actions: actions[..., :2], 3, nodes=3)
    with pytest.raises(
        ValueError, match=r"`payoffs` must return shape \(27, 3\) or \(27,\).*, 2\)"
    ):
        game.losses(np.zeros(3))


def test_games_say_what_they_are():
    assert repr(PRODUCT) == "GaussianGame(2 players, std 1.0, 12 nodes)"
    assert "std learned" in repr(GaussianGame(np.sin, 1, std=None))
    assert isinstance(PRODUCT, gt.games.DifferentiableGame)
