import itertools

import numpy as np
import pytest

from gametools.equilibria.path_following import follow_curve


def circle(z):
    x, y = z
    return np.array([x**2 + y**2 - 1]), np.array([[2 * x, 2 * y]])


def crossed(z):
    """Two curves that cross at the origin: the x-axis and a parabola."""
    x, y = z
    return np.array([y * (x - y**2)]), np.array([[y, x - 3 * y**2]])


def take(system, start, direction, points):
    return list(
        itertools.islice(follow_curve(system, np.array(start), np.array(direction)), points)
    )


@pytest.mark.parametrize("sense", [1.0, -1.0], ids=["anticlockwise", "clockwise"])
def test_a_circle_is_followed_all_round(sense):
    points = take(circle, [1.0, 0.0], [0.0, sense], 200)
    z = np.array([point.z for point in points])
    np.testing.assert_allclose(np.linalg.norm(z, axis=1), 1, atol=1e-9)
    angles = sense * np.unwrap(np.arctan2(z[:, 1], z[:, 0]))
    assert (np.diff(angles) > 0).all()
    assert angles[-1] > 2 * np.pi
    assert np.diff(angles).max() < 0.16  # the sharpest turn
    assert len({point.orientation for point in points}) == 1
    for point in points:
        assert np.linalg.norm(point.tangent) == pytest.approx(1)
        assert point.z @ point.tangent == pytest.approx(0, abs=1e-6)


def test_steps_grow_where_the_curve_is_straight():
    def line(z):
        return np.array([z[0] - 2 * z[1]]), np.array([[1.0, -2.0]])

    points = take(line, [0.0, 0.0], [1.0, 0.0], 30)
    assert np.linalg.norm(points[-1].z) > 1e5


def test_a_crossing_is_passed_straight_on_and_marked():
    points = take(crossed, [-1.0, 0.0], [1.0, 0.0], 60)
    z = np.array([point.z for point in points])
    assert np.abs(z[:, 1]).max() < 1e-6
    assert z[-1, 0] > 1
    at = [k for k, point in enumerate(points) if point.crossing]
    assert len(at) == 1
    assert z[at[0] - 1, 0] < 0 < z[at[0], 0]


def test_a_curve_that_nearly_meets_another_stays_itself():
    """Where the crossing opens, the branch turns sharply into what was the other one."""

    def opened(z):
        residual, jacobian = crossed(z)
        return residual - 1e-4, jacobian

    # The root of y (x - y**2) = 1e-4 near y = 0 at x = -1, made exact.
    y = -1e-4
    for _ in range(50):
        y = 1e-4 / (-1.0 - y**2)
    points = take(opened, [-1.0, y], [1.0, 0.0], 100)
    z = np.array([point.z for point in points])
    np.testing.assert_allclose(z[:, 1] * (z[:, 0] - z[:, 1] ** 2), 1e-4, atol=1e-6)
    assert not any(point.crossing for point in points)
    assert (z[:, 1] < 0).all()
    assert z[-1, 1] < -0.5  # along the parabola


def test_it_ends_when_told_to_stop():
    left = iter([False, False, True])
    curve = follow_curve(circle, np.array([1.0, 0.0]), np.array([0.0, 1.0]), lambda: next(left))
    assert len(list(curve)) == 3


def test_it_ends_where_the_curve_ends():
    """Beyond x = 1 the system is not defined."""

    def half(z):
        x, y = z
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.array([y - np.sqrt(1 - x)]), np.array([[0.5 / np.sqrt(1 - x), 1.0]])

    points = list(follow_curve(half, np.array([0.0, 1.0]), np.array([1.0, 0.0])))
    assert points[-1].z[0] <= 1
    assert points[-1].z[0] > 0.9
