"""Trust regions: against a general optimiser, and the example of HATRPO's first figure."""

import numpy as np
import pytest
from scipy.optimize import minimize

import gametools as gt
from gametools.dynamics import KLBallStep
from gametools.dynamics.kl_geometry import best_distribution, best_normal

PRODUCT = gt.games.GaussianGame(lambda actions: actions.prod(axis=-1), players=2)


def divergence(p, q):
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(p > 0, p * np.log(p / q), 0.0).sum(axis=-1)


def distance(old, new, kind):
    return divergence(old, new) if kind == "old-new" else divergence(new, old)


@pytest.mark.parametrize(
    ("order", "means", "value"),
    [
        ("simultaneous", [0.75, -0.75], -0.5625),
        ("fixed", [0.75, 1.25], 0.9375),
        ((0, 1), [0.75, 1.25], 0.9375),
        ((1, 0), [-1.25, -0.75], 0.9375),
    ],
)
def test_figure_1_of_hatrpo(order, means, value):
    path = gt.simulate(PRODUCT, KLBallStep(0.5, order), [-0.25, 0.25], steps=1).points
    np.testing.assert_allclose(path[1], means, atol=1e-12)
    assert -PRODUCT.losses(path[0])[0] == pytest.approx(-0.0625)
    assert -PRODUCT.losses(path[1])[0] == pytest.approx(value)
    if order == "simultaneous":
        np.testing.assert_allclose(PRODUCT.divergence(*path), 0.5, atol=1e-12)


def test_a_random_order_takes_both_orders_equally_often():
    starts = np.tile([-0.25, 0.25], (4000, 1))
    after = gt.simulate(PRODUCT, KLBallStep(0.5, "random"), starts, steps=1, rng=0).points[1]
    first = np.abs(after - [0.75, 1.25]).max(axis=-1) < 1e-9
    second = np.abs(after - [-1.25, -0.75]).max(axis=-1) < 1e-9
    assert (first | second).all()
    assert abs(first.mean() - 0.5) < 0.03


def test_each_agent_has_its_own_radius():
    after = gt.simulate(PRODUCT, KLBallStep((0.5, 0.02)), [-0.25, 0.25], steps=1).points[1]
    np.testing.assert_allclose(after, [0.75, 0.25 - 0.2], atol=1e-12)


@pytest.mark.parametrize("kind", ["old-new", "new-old"])
@pytest.mark.parametrize("radius", [1e-6, 0.01, 0.3, 2.0])
def test_distributions_are_the_best_of_their_ball(kind, radius):
    rng = np.random.default_rng(0)
    for actions in (2, 3, 5):
        old, payoffs = rng.dirichlet(np.ones(actions), 40), rng.normal(size=(40, actions))
        new = best_distribution(old, payoffs, radius, kind)
        assert (new >= 0).all()
        np.testing.assert_allclose(new.sum(axis=-1), 1, atol=1e-12)
        moved = distance(old, new, kind)
        vertex = new.max(axis=-1) > 1 - 1e-12
        np.testing.assert_allclose(moved[~vertex], radius, rtol=1e-6, atol=1e-13)
        assert (moved <= radius * (1 + 1e-6) + 1e-12).all()
        gain = (new * payoffs).sum(axis=-1)
        # No mixture of it with any other distribution that stays in the ball is better.
        for _ in range(50):
            other = rng.dirichlet(np.ones(actions) * rng.choice([0.2, 1, 5]), 40)
            for share in (1e-3, 0.03, 0.5):
                trial = (1 - share) * new + share * other
                inside = distance(old, trial, kind) <= radius
                assert ((trial * payoffs).sum(axis=-1)[inside] <= gain[inside] + 1e-12).all()


@pytest.mark.parametrize("kind", ["old-new", "new-old"])
def test_distributions_agree_with_a_general_optimiser(kind):
    rng = np.random.default_rng(1)
    for _ in range(5):
        old, payoffs = rng.dirichlet(np.ones(3)), rng.normal(size=3)
        found = minimize(
            lambda q, u=payoffs: -q @ u,
            old,
            bounds=[(1e-9, 1)] * 3,
            constraints=[
                {"type": "eq", "fun": lambda q: q.sum() - 1},
                {"type": "ineq", "fun": lambda q, p=old: 0.05 - distance(p, q, kind)},
            ],
            options={"ftol": 1e-14, "maxiter": 500},
        )
        ours = best_distribution(old, payoffs, 0.05, kind)
        np.testing.assert_allclose(ours, found.x, atol=1e-5)


def test_an_action_of_probability_zero_comes_back_where_the_ball_allows_it():
    old, payoffs = np.array([0.0, 0.6, 0.4]), np.array([1.0, 0.0, -0.5])
    new = best_distribution(old, payoffs, 0.1, "old-new")
    assert new[0] > 0.05
    assert distance(old, new, "old-new") == pytest.approx(0.1)
    stays = best_distribution(old, payoffs, 0.1, "new-old")
    assert stays[0] == 0
    assert distance(old, stays, "new-old") == pytest.approx(0.1)


def test_equal_payoffs_move_nothing_and_a_wide_ball_holds_the_best_action():
    old = np.array([0.2, 0.3, 0.5])
    for kind in ("old-new", "new-old"):
        np.testing.assert_array_equal(best_distribution(old, np.ones(3), 0.1, kind), old)
    best = best_distribution(old, np.array([1.0, 0, 0]), 2.0, "new-old")
    np.testing.assert_allclose(best, [1, 0, 0], atol=1e-12)


@pytest.mark.parametrize("kind", ["old-new", "new-old"])
@pytest.mark.parametrize("radius", [0.01, 0.5, 3.0])
def test_normal_policies_with_learned_deviations_are_the_best_of_their_ball(kind, radius):
    rng = np.random.default_rng(2)
    slopes, std = rng.normal(size=(200, 2)), rng.uniform(0.5, 2, (200, 1))
    shift, grow = np.moveaxis(best_normal(slopes, std, radius, kind), -1, 0)

    def spent(shift, grow):
        ratio = np.exp(-grow if kind == "old-new" else grow)
        scaled = shift / std[:, 0] * (ratio if kind == "old-new" else 1)
        return (ratio**2 + scaled**2 - 1) / 2 - np.log(ratio)

    np.testing.assert_allclose(spent(shift, grow), radius, rtol=1e-6)
    gain = slopes[:, 0] * shift + slopes[:, 1] * grow
    for _ in range(300):
        m, r = shift * rng.normal(1, 0.3, 200), grow + rng.normal(0, 0.1, 200)
        inside = spent(m, r) <= radius
        assert (slopes[:, 0] * m + slopes[:, 1] * r <= gain + 1e-9)[inside].all()


def test_learned_deviations_move_in_the_game():
    game = gt.games.GaussianGame(lambda a: -((a - 1) ** 2).sum(axis=-1), players=2, std=None)
    path = gt.simulate(game, KLBallStep(0.01), [0.0, 0.0, 2.0, 0.5], steps=30).points
    spent = game.divergence(path[:-1], path[1:])
    np.testing.assert_allclose(spent, 0.01, rtol=1e-5)
    assert -game.losses(path[-1])[0] > -game.losses(path[0])[0]


@pytest.mark.parametrize("kind", ["old-new", "new-old"])
def test_logits_move_as_the_strategies_do(kind):
    rng = np.random.default_rng(3)
    game = gt.NormalFormGame(rng.normal(size=(3, 2, 3, 2)))
    simplex, softmax = gt.SimplexGame(game), gt.SoftmaxGame(game)
    profile = [rng.dirichlet(np.ones(a)) for a in (2, 3, 2)]
    for order in ("simultaneous", "fixed", (2, 0, 1)):
        rule = KLBallStep((0.01, 0.02, 0.03), order, kind)
        ends = []
        for view in (simplex, softmax):
            end = gt.simulate(view, rule, view.point(profile), steps=5).points[-1]
            ends.append(np.concatenate(view.profile(end)))
        np.testing.assert_allclose(*ends, atol=1e-9)


def test_sequential_steps_never_lower_a_common_payoff():
    rng = np.random.default_rng(4)
    common = rng.normal(size=(5, 1, 3, 3))
    view = gt.SimplexGame(gt.NormalFormGame(common.repeat(2, axis=1), num_players=2))
    starts = rng.dirichlet(np.ones(3), (5, 2)).reshape(5, 6)
    path = gt.simulate(view, KLBallStep(0.05, "random"), starts, steps=60, rng=5).points
    payoffs = -view.losses(path)[..., 0]
    assert (np.diff(payoffs, axis=0) > -1e-12).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"radius": (0.1, -0.1)}, "`radius` must be positive"),
        ({"radius": 0.1, "order": "sideways"}, "`order` must be one of simultaneous, fixed"),
        ({"radius": 0.1, "order": (0, 2)}, "`order` must name every player once"),
        ({"radius": 0.1, "divergence": "both"}, "`divergence` must be one of old-new, new-old"),
        ({"radius": (0.1,) * 3}, "`radius` must hold one for each of 2 agents"),
        ({"radius": 0.1, "order": (2, 1, 0)}, "`order` must name the game's 2 players; got 3"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        gt.simulate(PRODUCT, KLBallStep(**arguments), [0.1, 0.2], steps=1)
