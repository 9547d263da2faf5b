import numpy as np
import pytest
from game_strategies import games_with_profiles, positive_scales
from hypothesis import given
from n_player_games import normal_game
from slow_references import central_difference, expected_payoffs

import gametools as gt
from gametools.equilibria.nash_gap import DeviationGains, nash_gap

SHAPES = [(3,), (2, 2), (3, 4), (2, 3, 2), (1, 2, 3), (2, 2, 2, 2), (2, 1, 3, 2, 2)]
every_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)


def literal_gains(game, profile):
    """Each player's gain from each pure action, one by one."""
    base = expected_payoffs(game.payoffs, profile)
    gains = []
    for player, strategy in enumerate(profile):
        for action in range(len(strategy)):
            pure = np.eye(len(strategy))[action]
            deviated = [pure if other == player else s for other, s in enumerate(profile)]
            gains.append(expected_payoffs(game.payoffs, deviated)[player] - base[player])
    return np.array(gains)


def random_points(rng, shape, size):
    return np.concatenate([rng.dirichlet(np.ones(a), size=size) for a in shape], axis=1)


@given(games_with_profiles())
def test_gains_are_those_of_all_pure_deviations(drawn):
    game, profile = drawn
    gains = DeviationGains(game)
    found = gains.gains(gains.join(profile)[None])[0]
    np.testing.assert_allclose(found, literal_gains(game, profile), atol=1e-12)


@given(games_with_profiles())
def test_the_largest_gain_is_the_exploitability(drawn):
    game, profile = drawn
    point = np.concatenate(profile)
    assert nash_gap(game, point) == pytest.approx(gt.exploitability(game, profile), abs=1e-12)


@given(games_with_profiles())
def test_the_total_adds_up_each_players_largest_gain(drawn):
    game, profile = drawn
    gains = np.split(literal_gains(game, profile), np.cumsum(game.num_actions)[:-1])
    expected = sum(own.max() for own in gains)
    assert nash_gap(game, np.concatenate(profile), total=True) == pytest.approx(expected, abs=1e-11)


@given(games_with_profiles(), positive_scales())
def test_gaps_scale_with_the_payoffs(drawn, scale):
    game, profile = drawn
    point = np.concatenate(profile)
    scaled = gt.NormalFormGame(scale * game.payoffs, game.num_players)
    assert nash_gap(scaled, point) == pytest.approx(
        scale * nash_gap(game, point), rel=1e-10, abs=1e-11 * scale
    )


def test_gaps_vanish_at_the_equilibria_and_only_there():
    found = gt.solve_2x2(gt.random_2x2("any", size=300, rng=0))
    for k in range(300):
        for p1, p2 in found.equilibria[k, : found.counts[k]]:
            point = np.array([p1, 1 - p1, p2, 1 - p2])
            game = found.game[k]
            gains = DeviationGains(game)
            assert abs(nash_gap(game, point)) < 1e-13
            assert gains.squared(point[None])[0][0] < 1e-25
            moved = np.abs(point - 0.01)
            assert nash_gap(game, moved / np.repeat(moved[::2] + moved[1::2], 2)) > 1e-6


@every_shape
def test_the_jacobian_is_the_derivative_of_action_payoffs(shape):
    rng = np.random.default_rng(sum(shape))
    gains = DeviationGains(normal_game(rng, shape))
    x = rng.normal(size=gains.width)  # multilinear everywhere, so off the simplices as well
    expected = central_difference(lambda y: gains.action_payoffs(y[None])[0], x)
    np.testing.assert_allclose(gains.jacobian(x[None])[0], expected, atol=1e-7)


@every_shape
def test_the_gradient_of_squared_gains_is_their_derivative(shape):
    rng = np.random.default_rng(1 + sum(shape))
    gains = DeviationGains(normal_game(rng, shape))
    x = rng.normal(size=gains.width)
    value, gradient = gains.squared(x[None])
    expected = central_difference(lambda y: gains.squared(y[None])[0][0], x)
    np.testing.assert_allclose(gradient[0], expected, rtol=1e-6, atol=1e-6)
    positive = np.maximum(gains.gains(x[None])[0], 0)
    assert value[0] == pytest.approx((positive**2).sum())


@every_shape
def test_many_points_equal_one_at_a_time(shape):
    rng = np.random.default_rng(2)
    gains = DeviationGains(normal_game(rng, shape))
    x = random_points(rng, shape, 7)
    for together, alone in [
        (gains.gains(x), [gains.gains(p[None])[0] for p in x]),
        (gains.jacobian(x), [gains.jacobian(p[None])[0] for p in x]),
        (gains.squared(x)[1], [gains.squared(p[None])[1][0] for p in x]),
        (nash_gap(gains.game, x.reshape(7, 1, -1))[:, 0], [nash_gap(gains.game, p) for p in x]),
    ]:
        np.testing.assert_allclose(together, alone, atol=1e-14)


@every_shape
def test_many_games_equal_one_at_a_time(shape):
    rng = np.random.default_rng(3)
    games = normal_game(rng, shape, size=6)
    x = random_points(rng, shape, 6)
    together = DeviationGains(games)
    for k in range(6):
        alone = DeviationGains(games[k])
        point = x[k][None]
        np.testing.assert_allclose(together.gains(x)[k], alone.gains(point)[0], atol=1e-14)
        np.testing.assert_allclose(together.jacobian(x)[k], alone.jacobian(point)[0], atol=1e-14)


def test_points_and_profiles_are_two_ways_to_write_the_same():
    gains = DeviationGains(normal_game(np.random.default_rng(4), (2, 3, 2)))
    profile = ([0.1, 0.9], [0.2, 0.3, 0.5], [1.0, 0.0])
    point = gains.join(profile)
    np.testing.assert_array_equal(point, [0.1, 0.9, 0.2, 0.3, 0.5, 1.0, 0.0])
    for strategy, again in zip(profile, gains.split(point), strict=True):
        np.testing.assert_array_equal(strategy, again)


def test_points_are_left_as_they_were():
    rng = np.random.default_rng(5)
    gains = DeviationGains(normal_game(rng, (2, 3, 2)))
    x = random_points(rng, (2, 3, 2), 4)
    before = x.copy()
    gains.squared(x)
    np.testing.assert_array_equal(x, before)


GAME = gt.NormalFormGame(np.zeros((3, 2, 2, 2)), num_players=3)


@pytest.mark.parametrize(
    ("game", "points", "message"),
    [
        (GAME, [0.5] * 5, r"`points` must have shape \(\*batch, 6\); got \(5,\)"),
        (GAME, 0.5, r"`points` must have shape \(\*batch, 6\); got \(\)"),
        (GAME, [np.nan] * 6, r"`points` must be finite; entry \(0,\) is nan"),
        (
            gt.NormalFormGame(np.zeros((4, 2, 2, 2)), num_players=2),
            [[0.5] * 4] * 3,
            "`game` must be one game or a flat batch with a point for each",
        ),
    ],
    ids=["width", "number", "nan", "batch"],
)
def test_what_does_not_fit_is_refused(game, points, message):
    with pytest.raises(ValueError, match=message):
        nash_gap(game, points)
