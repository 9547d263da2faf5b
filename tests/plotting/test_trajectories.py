import matplotlib.pyplot as plt
import numpy as np
import pytest

import gametools as gt
from gametools.dynamics import GradientDescent, LookAhead, Replicator
from gametools.plotting import plot_trajectory

PENNIES = gt.named_game("matching_pennies")
SPIRAL = gt.QuadraticGame([[1, 10], [-10, 1]])


@pytest.fixture
def ax():
    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


def test_a_line_with_an_open_start_and_a_filled_end(ax):
    path = gt.simulate(PENNIES, LookAhead(0.1), [0.9, 0.5], steps=20)
    line, start, end = plot_trajectory(path, ax, game=PENNIES)
    np.testing.assert_array_equal(line.get_xydata(), path.points)
    np.testing.assert_array_equal(start.get_xydata(), path.points[:1])
    np.testing.assert_array_equal(end.get_xydata(), path.points[-1:])
    assert start.get_markerfacecolor() == ax.get_facecolor()
    assert end.get_markerfacecolor() == line.get_color() == "#0072B2"
    assert ax.get_legend_handles_labels()[1] == ["LookAhead"]
    assert ax.get_xlabel() == "player 1's probability of action 1"


def test_many_starts_are_many_lines_of_one_look_and_one_name(ax):
    starts = np.random.default_rng(0).random((2, 3, 2))
    path = gt.simulate(PENNIES, GradientDescent(0.1), starts, steps=5)
    artists = plot_trajectory(path, ax, label="mine", color="red")
    assert len(artists) == 18
    for k, line in enumerate(artists[::3]):
        np.testing.assert_array_equal(line.get_xydata(), path.points[:, k // 3, k % 3])
    assert {artist.get_color() for artist in artists} == {"red"}
    assert ax.get_legend_handles_labels()[1] == ["mine"]


def test_a_plane_of_a_larger_game(ax):
    game = gt.named_game("jordan_matching_pennies")
    path = gt.simulate(game, GradientDescent(0.1), [0.1, 0.2, 0.3], steps=5)
    line = plot_trajectory(path, ax, plane=(2, 0), game=game)[0]
    np.testing.assert_array_equal(line.get_xydata(), path.points[:, [2, 0]])
    assert ax.get_xlabel() == "player 3's probability of action 1"
    with pytest.raises(ValueError, match="`plane` must be two different coordinates below 3"):
        plot_trajectory(path, ax, plane=(0, 3))


def test_colour_by_time(ax):
    path = gt.simulate(SPIRAL, LookAhead(0.02), [0.5, 0.5], steps=40, record=10)
    collection, *_ = plot_trajectory(path, ax, time=True, linewidth=4)
    assert collection in ax.collections
    segments = np.array(collection.get_segments())
    np.testing.assert_array_equal(segments[:, 0], path.points[:-1])
    np.testing.assert_array_equal(segments[:, 1], path.points[1:])
    np.testing.assert_array_equal(collection.get_array(), [10, 20, 30, 40])
    assert collection.get_linewidth()[0] == 4
    assert ax.viewLim.contains(*path.points[0])


def test_what_diverged_ends_at_its_last_finite_point(ax):
    path = gt.simulate(SPIRAL, GradientDescent(1e150), [1.0, 1.0], steps=5)
    assert not np.isfinite(path.points).all()
    line, _, end = plot_trajectory(path, ax)
    assert not np.isinf(line.get_xydata()).any()
    finite = np.isfinite(path.points).all(axis=1)
    np.testing.assert_array_equal(end.get_xydata()[0], path.points[finite][-1])


def test_a_trajectory_of_which_only_the_end_was_kept(ax):
    path = gt.simulate(PENNIES, GradientDescent(0.1), [0.9, 0.5], steps=5, record=0)
    assert len(plot_trajectory(path, ax)) == 3


def test_a_flow(ax):
    path = gt.dynamics.flow(PENNIES, Replicator(1), [0.8, 0.5], np.linspace(0, 3, 7))
    line, *_ = plot_trajectory(path, ax)
    np.testing.assert_array_equal(line.get_xydata(), path.points)
    assert line.get_label() == "flow"
    timed, *_ = plot_trajectory(path, ax, time=True)
    np.testing.assert_array_equal(timed.get_array(), path.times[1:])


def test_the_current_axes_are_drawn_on_by_default(ax):
    plt.sca(ax)
    plot_trajectory(gt.simulate(PENNIES, GradientDescent(0.1), [0.9, 0.5], steps=5))
    assert len(ax.get_lines()) == 3
