import matplotlib.pyplot as plt
import numpy as np
import pytest

import gametools as gt
from gametools.dynamics.field import SimplexField, simplex_field
from gametools.plotting.simplex import (
    plot_simplex,
    plot_simplex_field,
    plot_simplex_fixed_points,
    plot_simplex_trajectory,
    simplex_to_plane,
)

RPS = gt.named_game("rock_paper_scissors")
TOP = np.sqrt(3) / 2


@pytest.fixture
def ax():
    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


def test_corners_of_the_triangle():
    np.testing.assert_allclose(simplex_to_plane(np.eye(3)), [[0, 0], [1, 0], [0.5, TOP]])


def test_distances_in_the_plane_are_those_of_the_simplex():
    one, other = np.random.default_rng(0).dirichlet([1, 1, 1], size=(2, 50))
    flat = np.linalg.norm(simplex_to_plane(one) - simplex_to_plane(other), axis=-1)
    np.testing.assert_allclose(np.sqrt(2) * flat, np.linalg.norm(one - other, axis=-1))


@pytest.mark.parametrize("values", [[0.5, 0.5], 1.0, [[1, 0, 0, 0]]])
def test_only_three_actions_have_a_triangle(values):
    with pytest.raises(ValueError, match=r"`values` must have shape \(\*batch, 3\)"):
        simplex_to_plane(values)


class TestFrame:
    def test_the_names_stand_at_their_corners(self, ax):
        triangle, *names = plot_simplex(ax, labels=("rock", "paper", "scissors"))
        np.testing.assert_allclose(
            triangle.get_xydata(), [[0, 0], [1, 0], [0.5, TOP], [0, 0]], atol=1e-15
        )
        assert [name.get_text() for name in names] == ["rock", "paper", "scissors"]
        np.testing.assert_allclose([name.xy for name in names], triangle.get_xydata()[:3])
        assert names[0].xyann[1] < 0 < names[2].xyann[1]

    def test_it_is_equilateral_and_without_a_frame(self, ax):
        plot_simplex(ax)
        assert ax.get_aspect() == 1
        assert not ax.axison

    @pytest.mark.parametrize("labels", ["RPS", ("rock", "paper"), ()])
    def test_other_numbers_of_names_are_refused(self, ax, labels):
        with pytest.raises(ValueError, match="`labels` must be three names of actions"):
            plot_simplex(ax, labels=labels)
        assert not ax.has_data()

    def test_keywords_go_over_the_style(self, ax):
        line, *names = plot_simplex(ax, text_keywords={"fontsize": 4}, linewidth=5)
        assert (line.get_linewidth(), names[1].get_fontsize()) == (5, 4)


class TestField:
    def test_arrows_start_on_the_lattice_and_point_where_the_field_does(self, ax):
        field = simplex_field(RPS, resolution=5, symmetric=True)
        arrows = plot_simplex_field(field, ax)
        np.testing.assert_allclose(arrows.XY, simplex_to_plane(field.points))
        towards = simplex_to_plane(field.directions)
        drawn = np.stack([arrows.U, arrows.V], axis=-1)
        turn = towards[:, 0] * drawn[:, 1] - towards[:, 1] * drawn[:, 0]
        np.testing.assert_allclose(turn, 0, atol=1e-12)
        assert ((towards * drawn).sum(axis=-1) > 0).all()

    def test_colour_is_the_speed_and_lengths_are_equal(self, ax):
        field = simplex_field(RPS, resolution=5, symmetric=True)
        arrows = plot_simplex_field(field, ax)
        np.testing.assert_allclose(arrows.get_array(), field.speed)
        np.testing.assert_allclose(np.hypot(arrows.U, arrows.V), 0.75 / 5)

    @pytest.mark.parametrize("steps", [10, 16, 40])
    def test_arrows_have_shafts_however_many_there_are(self, ax, steps):
        plot_simplex(ax)
        arrows = plot_simplex_field(simplex_field(RPS, resolution=steps, symmetric=True), ax)
        ax.figure.draw_without_rendering()
        # Equal aspect: pixels of a unit of data are the same along both axes.
        unit = ax.bbox.width / np.ptp(ax.get_xlim())
        head = arrows.headlength * arrows.width * ax.bbox.width
        assert head < 0.7 * np.hypot(arrows.U, arrows.V).min() * unit

    def test_without_colour_the_length_is_the_speed(self, ax):
        field = simplex_field(RPS, resolution=5, symmetric=True)
        arrows = plot_simplex_field(field, ax, colour=None)
        assert arrows.get_array() is None
        np.testing.assert_allclose(
            np.hypot(arrows.U, arrows.V), 0.75 / 5 * field.speed / field.speed.max()
        )

    @pytest.mark.parametrize("colour", ["speed", None])
    def test_no_arrow_leaves_the_triangle(self, ax, colour):
        field = simplex_field(RPS, resolution=6, symmetric=True)
        arrows = plot_simplex_field(field, ax, colour=colour)
        assert arrows.pivot == "tail"
        x, y = (arrows.XY + np.stack([arrows.U, arrows.V], axis=-1)).T
        sides = np.array([y, np.sqrt(3) * x - y, np.sqrt(3) * (1 - x) - y])
        assert sides.min() > -1e-12

    def test_rest_has_no_arrow_even_where_it_is_rest_up_to_rounding(self, ax):
        field = simplex_field(RPS, resolution=3, symmetric=True)
        centre = np.abs(field.points - 1 / 3).max(axis=-1) < 1e-9
        directions = np.where(centre[:, None], 1e-17 * np.array([1, -2, 1]), field.directions)
        noisy = SimplexField(**{**vars(field), "directions": directions})
        assert centre.sum() == 1
        assert len(plot_simplex_field(noisy, ax).U) == 9

    def test_a_field_at_rest_is_drawn_without_arrows(self, ax):
        still = simplex_field(gt.NormalFormGame(np.zeros((2, 3, 3))), resolution=3)
        for colour in ("speed", None):
            assert len(plot_simplex_field(still, ax, colour=colour).U) == 0

    def test_an_unknown_colour_is_refused(self, ax):
        with pytest.raises(ValueError, match="`colour` must be one of speed"):
            plot_simplex_field(simplex_field(RPS, resolution=3), ax, colour="player")

    def test_keywords_go_over_the_style(self, ax):
        field = simplex_field(RPS, resolution=3)
        assert plot_simplex_field(field, ax, pivot="tip").pivot == "tip"


class TestTrajectory:
    def test_line_and_ends_lie_on_the_path(self, ax):
        path = gt.simulate(RPS, gt.dynamics.Replicator(0.1), [0.6, 0.3, 0.1] * 2, steps=40)
        line, start, end = plot_simplex_trajectory(path.points[:, 3:], ax, label="replicator")
        flat = simplex_to_plane(path.points[:, 3:])
        np.testing.assert_array_equal(line.get_xydata(), flat)
        np.testing.assert_array_equal(start.get_xydata(), flat[:1])
        np.testing.assert_array_equal(end.get_xydata(), flat[-1:])
        assert ax.get_legend_handles_labels()[1] == ["replicator"]

    def test_the_start_is_open_and_the_end_filled_in_the_colour_of_the_line(self, ax):
        line, start, end = plot_simplex_trajectory(np.eye(3), ax, color="#123456")
        assert line.get_color() == start.get_markeredgecolor() == end.get_markerfacecolor()
        assert start.get_markerfacecolor() == ax.get_facecolor() != end.get_markerfacecolor()

    @pytest.mark.parametrize(
        ("points", "message"),
        [
            ([1, 0, 0], r"shape \(T, 3\); got \(3,\)"),
            (np.zeros((0, 3)), r"shape \(T, 3\); got \(0, 3\)"),
            ([[1, 0, 0, 0, 1, 0]], r"shape \(T, 3\); got \(1, 6\)"),
            ([[1, 0, 0], [0.5, 0.4, 0]], r"mixed strategies; got \[0.5, 0.4, 0.0\]"),
            ([[1, 0, 0], [1.5, -0.5, 0]], r"mixed strategies; got \[1.5, -0.5, 0.0\]"),
        ],
        ids=str,
    )
    def test_what_is_no_path_of_mixed_strategies_is_refused(self, ax, points, message):
        with pytest.raises(ValueError, match=f"`points` must (have|be) {message}"):
            plot_simplex_trajectory(points, ax)
        assert not ax.has_data()


class TestFixedPoints:
    def test_each_kind_has_its_points_and_its_name(self, ax):
        corner = [1, 0, 0, 0, 1, 0]
        found = gt.classify(RPS, [[1 / 3] * 6, corner, corner[3:] + corner[:3]])
        marks = plot_simplex_fixed_points(found, ax)
        assert [mark.get_label() for mark in marks] == ["centre", "not a fixed point"]
        np.testing.assert_allclose(marks[0].get_offsets(), [[0.5, TOP / 3]])
        np.testing.assert_allclose(marks[1].get_offsets(), [[0, 0], [1, 0]])

    def test_the_other_player_may_be_shown(self, ax):
        found = gt.classify(RPS, [1, 0, 0, 0, 0, 1])
        (mark,) = plot_simplex_fixed_points(found, ax, player=1)
        np.testing.assert_allclose(mark.get_offsets(), [[0.5, TOP]])

    def test_a_search_is_drawn_as_it_comes(self, ax):
        search = gt.find_fixed_points(RPS, rng=0)
        drawn = plot_simplex_fixed_points(search, ax)
        assert sum(len(mark.get_offsets()) for mark in drawn) == len(search.points.point)

    @pytest.mark.parametrize("player", [0, 2])
    def test_a_player_without_three_actions_is_refused(self, ax, player):
        game = gt.NormalFormGame.from_bimatrix(np.zeros((2, 3)), np.zeros((2, 3)))
        found = gt.classify(game, [0.5, 0.5, 1, 0, 0])
        with pytest.raises(ValueError, match="`player` must have three actions; got"):
            plot_simplex_fixed_points(found, ax, player=player)


def test_the_current_axes_are_drawn_on_by_default(ax):
    plt.sca(ax)
    field = simplex_field(RPS, resolution=3)
    assert plot_simplex()[0].axes is ax
    assert plot_simplex_field(field).axes is ax
    assert plot_simplex_trajectory(np.eye(3))[0].axes is ax
    assert plot_simplex_fixed_points(gt.classify(RPS, [1 / 3] * 6))[0].axes is ax
