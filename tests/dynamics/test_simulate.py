from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

import gametools as gt
from gametools.dynamics import ExtraGradient, GradientDescent, Status
from gametools.dynamics.rule import take_state

PENNIES = gt.NormalFormGame.from_bimatrix([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])
SPIRAL = gt.QuadraticGame([[1, 10], [-10, 1]])
IGA = GradientDescent(0.02)


@dataclass(frozen=True)
class Momentum:
    """Heavy-ball steps: a rule with a memory, as a user may write one."""

    evaluations: ClassVar[int] = 1

    step: float

    def init(self, game, x):
        return np.zeros_like(x)

    def update(self, game, x, state, rng):
        velocity = 0.5 * state - self.step * game.gradient(x)
        return game.domain.project(x + velocity), velocity


@dataclass(frozen=True)
class Wander:
    """Takes a random step."""

    evaluations: ClassVar[int] = 0

    def init(self, game, x):
        return None

    def update(self, game, x, state, rng):
        return game.domain.project(x + rng.normal(0, 0.1, x.shape)), None


@pytest.mark.parametrize(
    ("steps", "record", "times"),
    [
        (4, 1, [0, 1, 2, 3, 4]),
        (6, 2, [0, 2, 4, 6]),
        (7, 3, [0, 3, 6, 7]),
        (5, 100, [0, 5]),
        (5, 0, [5]),
        (1, 1, [0, 1]),
    ],
)
def test_every_kth_point_the_start_and_the_last_are_kept(steps, record, times):
    all_points = gt.simulate(PENNIES, IGA, [0.9, 0.2], steps=steps).points
    some = gt.simulate(PENNIES, IGA, [0.9, 0.2], steps=steps, record=record)
    assert some.times.tolist() == times
    np.testing.assert_array_equal(some.points, all_points[times])
    assert some.status is Status.COMPLETED


def test_points_are_the_rules_updates_one_after_another():
    rule, view = Momentum(0.05), gt.ProbabilityGame(PENNIES)
    x = np.array([0.9, 0.2])
    state, expected = rule.init(view, x), [x]
    for _ in range(20):
        x, state = rule.update(view, x, state, None)
        expected.append(x)
    path = gt.simulate(PENNIES, rule, [0.9, 0.2], steps=20)
    np.testing.assert_array_equal(path.points, expected)


def test_one_start_serves_a_batch_and_many_starts_one_game():
    games = gt.random_2x2("cyclic", size=4, rng=0)
    starts = np.random.default_rng(1).random((3, 1, 2))
    path = gt.simulate(games, IGA, starts, steps=5).points
    assert path.shape == (6, 3, 4, 2)
    for i, k in np.ndindex(3, 4):
        alone = gt.simulate(games[k], IGA, starts[i, 0], steps=5).points
        np.testing.assert_array_equal(path[:, i, k], alone)


def test_matrix_games_are_learned_as_their_probability_view():
    plain, view = (
        gt.simulate(game, IGA, [0.9, 0.2], steps=9).points
        for game in (PENNIES, gt.ProbabilityGame(PENNIES))
    )
    np.testing.assert_array_equal(plain, view)


def test_the_start_is_left_as_it_was_and_not_shared():
    start = np.array([0.9, 0.2])
    path = gt.simulate(PENNIES, IGA, start, steps=3)
    np.testing.assert_array_equal(start, [0.9, 0.2])
    path.points[0] = 7.0
    np.testing.assert_array_equal(start, [0.9, 0.2])


def test_seeds_and_generators_are_one_stream():
    by_seed, by_generator, other = (
        gt.simulate(PENNIES, Wander(), [0.5, 0.5], steps=9, rng=rng).points
        for rng in (3, np.random.default_rng(3), 4)
    )
    np.testing.assert_array_equal(by_seed, by_generator)
    assert not np.array_equal(by_seed, other)


def beyond(path, start):
    """Whether each kept point is beyond the escape radius: from the definition."""
    radius = 1e6 * (1 + np.abs(start).max(axis=-1))
    return ~(np.abs(path.points).max(axis=-1) <= radius)


def test_divergence_is_a_status_with_the_game_and_the_time():
    starts = np.array([[0.0, 0.0], [0.5, 0.5], [1e-100, 0.0]])
    path = gt.simulate(SPIRAL, GradientDescent(50.0), starts, steps=200)
    assert path.status is Status.DIVERGED
    assert "smaller steps" in path.status
    out = beyond(path, starts)
    assert path.diverged_at[0] == path.diverged_after[0] == -1
    assert not out[:, 0].any()
    for game in (1, 2):
        at = path.diverged_at[game]
        assert not out[:at, game].any()
        assert out[at:, game].all()
        assert path.diverged_after[game] == at - 1
    assert path.diverged_at[2] > path.diverged_at[1] > 0


def test_beyond_the_safe_step_is_said_long_before_numbers_overflow():
    # The distance grows by |1 - 0.1 (1 + 10i)| an update; a coordinate is at least 1/sqrt(2) of it.
    path = gt.simulate(SPIRAL, GradientDescent(0.1), [0.5, 0.5], steps=1000)
    assert np.isfinite(path.points).all()
    assert path.status is Status.DIVERGED
    earliest = np.log(1.5e6 / np.sqrt(0.5)) / np.log(abs(1 - 0.1 * (1 + 10j)))
    latest = earliest + np.log(np.sqrt(2)) / np.log(abs(1 - 0.1 * (1 + 10j)))
    assert earliest <= path.diverged_at <= np.ceil(latest)
    short = gt.simulate(SPIRAL, GradientDescent(0.1), [0.5, 0.5], steps=path.diverged_at - 1)
    assert short.status is Status.COMPLETED


@dataclass(frozen=True)
class Surge:
    """Grows by random factors, and remembers the last one."""

    evaluations: ClassVar[int] = 0

    def init(self, game, x):
        return np.ones(x.shape)

    def update(self, game, x, state, rng):
        factor = rng.uniform(0.9, 1.2, x.shape)
        return x * factor * state, factor


@pytest.mark.parametrize("rule", [GradientDescent(0.1), Momentum(0.1), Surge()], ids=repr)
@pytest.mark.parametrize("record", [0, 1, 30, 128, 1000])
def test_divergence_is_dated_to_the_update_whatever_is_kept(rule, record):
    starts = np.random.default_rng(0).normal(size=(7, 2))
    starts[3] = 0.0
    whole = gt.simulate(SPIRAL, rule, starts, steps=700, rng=3)
    out = beyond(whole, starts)
    first = np.where(out.any(axis=0), out.argmax(axis=0), -1)
    path = gt.simulate(SPIRAL, rule, starts, steps=700, record=record, rng=3)
    np.testing.assert_array_equal(path.points, whole.points[path.times])
    np.testing.assert_array_equal(path.diverged_at, first)
    assert (first > 0).sum() == 6


def test_a_bounded_domain_has_no_far_away():
    path = gt.simulate(PENNIES, GradientDescent(1e9), [0.9, 0.2], steps=50)
    assert path.status is Status.COMPLETED
    assert path.message == ""
    far = np.array([[0.0, -3.0]])
    for domain, radius in (
        (gt.games.Euclidean(), 4e6),
        (gt.games.Box(0.0, np.inf), 4e6),
        (gt.games.Box(-1e9, 1e9), np.finfo(float).max),
        (gt.games.Simplex((2,)), np.finfo(float).max),
    ):
        assert gt.dynamics.escape_radius(domain, far).tolist() == [radius]


def test_a_run_that_comes_back_has_not_diverged():
    @dataclass(frozen=True)
    class Trip:
        evaluations: ClassVar[int] = 0

        def init(self, game, x):
            return np.zeros(x.shape)

        def update(self, game, x, state, rng):
            away = (state >= 100) & (state < 200)
            return np.where(away, 1e7, 0.5), state + 1

    for steps, status in ((150, Status.DIVERGED), (400, Status.COMPLETED)):
        path = gt.simulate(SPIRAL, Trip(), [0.5, 0.5], steps=steps)
        assert path.status is status
        assert path.diverged_at == (101 if status is Status.DIVERGED else -1)


class Cliff:
    """Both lose ``-x``; beyond 1 the game is NaN."""

    dims, domain, batch_shape = (1, 1), gt.games.Euclidean(), ()

    def losses(self, x):
        return -np.where(x > 1, np.nan, x)

    def gradient(self, x, others=None):
        return np.where(np.asarray(x) > 1, np.nan, -1.0)

    def jacobian(self, x):
        return np.zeros((*np.shape(x), 2))

    def loss_jacobian(self, x):
        return np.eye(2) * self.gradient(x)[..., None]

    def take(self, index):
        return self


@pytest.mark.parametrize("record", [0, 1, 50])
def test_a_game_that_is_nan_is_told_from_steps_that_are_too_long(record):
    starts = [[0.0, -100.0], [-0.5, 0.0], [-100.0, -100.0]]
    path = gt.simulate(Cliff(), GradientDescent(0.25), starts, steps=200, record=record)
    assert path.status is Status.NOT_FINITE
    assert "smaller steps" not in path.status
    # 0, 0.25, ..., 1.25: there it is NaN, and so the sixth point.
    assert path.diverged_at.tolist() == [6, 6, -1]
    np.testing.assert_array_equal(path.points[-1, 2], [-50, -50])  # the others go on
    assert path.message == "game 0 first of 2, between updates 5 and 6, at (1.25, -98.75)"
    assert path.message in repr(path)


def test_the_text_and_the_frame_say_where_a_game_diverged():
    starts = [[0.0, 0.0], [0.5, 0.5]]
    path = gt.simulate(SPIRAL, GradientDescent(0.1), starts, steps=100, record=50)
    at = int(path.diverged_at[1])
    last = gt.simulate(SPIRAL, GradientDescent(0.1), [0.5, 0.5], steps=at - 1).points[-1]
    where = f"game 1 first of 1, between updates {at - 1} and {at}, from ({last[0]:.6g}, "
    assert where in repr(path)
    frame = path.to_frame()
    assert frame["diverged_after"].tolist() == [-1, at - 1] * 3
    assert frame["diverged_at"].tolist() == [-1, at] * 3


def test_frame_has_a_row_for_each_time_and_game():
    games = gt.random_2x2("cyclic", size=3, rng=0)
    path = gt.simulate(games, IGA, [0.9, 0.2], steps=4, record=2)
    frame = path.to_frame()
    assert frame["time"].tolist() == [0, 0, 0, 2, 2, 2, 4, 4, 4]
    assert frame["game"].tolist() == [0, 1, 2] * 3
    np.testing.assert_array_equal(frame[["x0", "x1"]], path.points.reshape(-1, 2))


def test_frame_of_a_single_game_names_no_game():
    frame = gt.simulate(SPIRAL, IGA, [0.5, -0.5], steps=2).to_frame()
    assert list(frame.columns) == ["time", "x0", "x1"]
    assert frame.loc[0].tolist() == [0, 0.5, -0.5]


def test_repr_tells_games_steps_rule_and_status():
    games = gt.random_2x2("cyclic", size=3, rng=0)
    assert repr(gt.simulate(games, IGA, [0.9, 0.2], steps=7)) == (
        "Trajectory((3,) games, 7 steps of GradientDescent(step=0.02): all steps taken)"
    )


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"start": [0.5]}, ValueError, r"`start` must have shape \(\*batch, 2\); got \(1,\)"),
        ({"start": 0.5}, ValueError, r"`start` must have shape \(\*batch, 2\); got \(\)"),
        ({"start": [0.5, 1.5]}, ValueError, r"`start` must lie in Box.*; got \[0\.5, 1\.5\]"),
        ({"start": [[0.5, 0.5], [0.5, -1]]}, ValueError, r"`start` must lie in .*\[0\.5, -1\.0\]"),
        ({"start": [0.5, np.nan]}, ValueError, r"`start` must be finite; entry \(1,\) is nan"),
        ({"start": "uniform"}, TypeError, "`start` must be an array of numbers"),
        ({"steps": 0}, ValueError, "`steps` must be at least 1; got 0"),
        ({"steps": 10.0}, TypeError, r"`steps` must be a whole number; got 10\.0"),
        ({"record": -1}, ValueError, "`record` must be at least 0; got -1"),
        ({"rng": 1.5}, TypeError, r"`rng` must be a whole number; got 1\.5"),
        ({"rule": GradientDescent}, TypeError, "`rule` must be an update rule such as .*; got <cl"),
        ({"rule": 0.02}, TypeError, "`rule` must be an update rule .* got 0.02"),
        ({"game": [[1, 2]]}, TypeError, "`game` must be a NormalFormGame"),
    ],
    ids=lambda value: str(value)[:50] if isinstance(value, dict) else "",
)
def test_arguments_that_do_not_fit_are_refused(options, error, message):
    arguments = {"game": PENNIES, "rule": IGA, "start": [0.9, 0.2]} | options
    with pytest.raises(error, match=message):
        gt.simulate(**arguments)


def test_starts_that_do_not_match_the_batch_are_refused():
    games = gt.random_2x2("cyclic", size=3, rng=0)
    with pytest.raises(ValueError, match=r"`start` must broadcast to the games' batch \(3,\)"):
        gt.simulate(games, IGA, np.full((4, 2), 0.5))


def test_memories_are_taken_part_by_part():
    flat, tall = np.arange(5.0), np.arange(30.0).reshape(5, 3, 2)
    index = np.array([4, 1, 1])
    kept = take_state((flat, None, (tall,)), index)
    np.testing.assert_array_equal(kept[0], flat[index])
    assert kept[1] is None
    np.testing.assert_array_equal(kept[2][0], tall[index])


def test_infinite_steps_do_not_warn():
    path = gt.simulate(SPIRAL, ExtraGradient(1e9), [0.5, 0.5], steps=100, record=0)
    assert path.status is Status.DIVERGED
