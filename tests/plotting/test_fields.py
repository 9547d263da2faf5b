import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.patches import FancyArrowPatch

import gametools as gt
from gametools.dynamics import GradientDescent
from gametools.plotting import label_plane, plot_nullclines, plot_vector_field
from gametools.plotting.fields import ARROW, coordinate_label
from gametools.plotting.style import PLAYER_COLOURS, ink

PENNIES = gt.named_game("matching_pennies")


@pytest.fixture
def ax():
    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


def test_arrows_point_where_the_field_does_one_length_coloured_by_speed(ax):
    field = gt.vector_field(PENNIES, shape=(6, 8))
    quiver = plot_vector_field(field, ax)
    assert quiver in ax.collections
    x, y = np.meshgrid(field.x, field.y)
    np.testing.assert_array_equal(quiver.get_offsets(), np.column_stack([x.ravel(), y.ravel()]))
    np.testing.assert_allclose(quiver.get_array(), field.speed.ravel())
    u, v = quiver.U, quiver.V
    np.testing.assert_allclose(u * field.v.ravel() - v * field.u.ravel(), 0, atol=1e-12)
    assert (u * field.u.ravel() + v * field.v.ravel() > 0).all()
    np.testing.assert_allclose(np.hypot(u * 7, v * 5), ARROW)
    assert (quiver.angles, quiver.scale_units, quiver.scale) == ("xy", "xy", 1)


def test_without_colour_the_length_is_the_speed(ax):
    field = gt.vector_field(PENNIES, shape=(5, 5))
    quiver = plot_vector_field(field, ax, colour=None)
    moving = field.speed.ravel() > 0
    length = np.hypot(quiver.U, quiver.V)[moving]
    ratio = length / field.speed.ravel()[moving]
    np.testing.assert_allclose(ratio, ratio[0])
    assert length.max() == pytest.approx(ARROW / 4)
    np.testing.assert_allclose(quiver.get_facecolor()[0, :3], ink(0.55))


@pytest.mark.parametrize("shape", [(8, 8), (20, 20), (40, 40), (3, 80)])
def test_arrows_have_shafts_however_many_there_are(ax, shape):
    quiver = plot_vector_field(gt.vector_field(PENNIES, shape=shape), ax)
    ax.figure.draw_without_rendering()
    pixels = ax.transData.transform(quiver.XY)
    tips = ax.transData.transform(quiver.XY + np.stack([quiver.U, quiver.V], axis=-1))
    length = np.nanmin(np.linalg.norm(tips - pixels, axis=1))
    head = quiver.headlength * quiver.width * ax.bbox.width
    assert head < 0.6 * length


def test_a_legend_shows_the_field_as_an_arrow(ax):
    plot_vector_field(gt.vector_field(PENNIES), ax, colour=None, label="gradient flow")
    assert ax.legend().findobj(FancyArrowPatch)


def test_no_arrow_where_there_is_no_direction(ax):
    field = gt.vector_field(gt.named_game("prisoners_dilemma"), shape=(4, 4))
    quiver = plot_vector_field(field, ax)
    assert quiver.Umask.sum() == 1  # mutual defection
    assert quiver.Umask[0]
    plot_vector_field(gt.vector_field(gt.named_game("zero_2x2"), shape=(3, 3)), ax, colour=None)


def test_the_probability_square_is_a_square_with_a_margin_and_labels(ax):
    plot_vector_field(gt.vector_field(PENNIES), ax)
    assert ax.get_aspect() == 1
    for low, high in (ax.get_xlim(), ax.get_ylim()):
        assert -0.1 < low < 0
        assert 1 < high < 1.1
    assert ax.get_xlabel() == "player 1's probability of action 1"
    assert ax.get_ylabel() == "player 2's probability of action 1"


def test_other_planes_fill_their_axes(ax):
    field = gt.vector_field(gt.QuadraticGame(np.eye(2)), bounds=[(0, 1), (-50, 50)])
    plot_vector_field(field, ax)
    assert ax.get_aspect() == "auto"
    assert ax.get_xlabel() == "player 1's parameter"


def test_stream_lines_follow_the_field(ax):
    field = gt.vector_field(gt.named_differentiable_game("rotational"), shape=(15, 15))
    stream = plot_vector_field(field, ax, kind="stream")
    segments = np.array(stream.lines.get_segments())
    middle, along = segments.mean(axis=1), np.diff(segments, axis=1)[:, 0]
    wanted = -field.game.gradient(middle)
    size = np.linalg.norm(along, axis=1) * np.linalg.norm(wanted, axis=1)
    cosine = (along * wanted).sum(axis=1)[size > 0] / size[size > 0]
    assert np.median(cosine) > 0.99
    assert np.all(stream.lines.get_array() > 0)
    plain = plot_vector_field(field, ax, kind="stream", colour=None)
    assert np.ptp(plain.lines.get_linewidth()) > 0


def test_keywords_go_over_the_style(ax):
    field = gt.vector_field(PENNIES, shape=(3, 3))
    assert plot_vector_field(field, ax, pivot="tail", cmap="cividis").pivot == "tail"
    assert plot_vector_field(field, ax, colour=None, color="red").get_facecolor()[0, 0] == 1
    assert plot_vector_field(field, ax, kind="stream", linewidth=3).lines.get_linewidth()[0] == 3


def test_the_current_axes_are_drawn_on_by_default(ax):
    plt.sca(ax)
    plot_vector_field(gt.vector_field(PENNIES))
    plot_nullclines(gt.vector_field(PENNIES))
    assert len(ax.collections) == 3


@pytest.mark.parametrize("keywords", [{"kind": "arrows"}, {"colour": "angle"}])
def test_unknown_looks_are_refused(ax, keywords):
    with pytest.raises(ValueError, match="must be one of"):
        plot_vector_field(gt.vector_field(PENNIES), ax, **keywords)
    assert not ax.collections


def lines_of(contour):
    return np.concatenate([path.vertices for path in contour.get_paths()])


def test_nullclines_lie_where_a_player_does_not_move_up_to_the_border(ax):
    first, second = plot_nullclines(gt.vector_field(gt.named_game("battle_of_the_sexes")), ax)
    np.testing.assert_allclose(lines_of(first)[:, 1], 1 / 3, atol=1e-12)
    np.testing.assert_allclose(lines_of(second)[:, 0], 2 / 3, atol=1e-12)
    for contour, column in ((first, 0), (second, 1)):
        assert lines_of(contour)[:, column].min() == 0
        assert lines_of(contour)[:, column].max() == 1
    handles, labels = ax.get_legend_handles_labels()
    assert labels == ["player 1 does not move", "player 2 does not move"]
    wanted = [plt.matplotlib.colors.to_rgb(colour) for colour in PLAYER_COLOURS[:2]]
    np.testing.assert_allclose([handle.get_color()[:3] for handle in handles], wanted)


def test_the_border_itself_is_no_nullcline(ax):
    dilemma = gt.named_game("prisoners_dilemma")
    assert plot_nullclines(gt.vector_field(dilemma), ax) == []
    assert plot_nullclines(gt.vector_field(dilemma, GradientDescent(0.1)), ax) == []
    assert plot_nullclines(gt.vector_field(gt.named_game("zero_2x2")), ax) == []
    assert not ax.collections


def test_nullclines_of_one_player_have_one_colour(ax):
    game = gt.QuadraticGame([[1, 2], [2, 0.5]], dims=(2,))
    contours = plot_nullclines(gt.vector_field(game), ax, linewidths=3)
    colours = [tuple(contour.get_edgecolor()[0]) for contour in contours]
    assert colours[0] == colours[1]
    assert [float(np.ravel(contour.get_linewidth())[0]) for contour in contours] == [3, 3]


def test_labels_say_what_each_coordinate_is(ax):
    matrix = gt.named_game("shapley_1964")
    assert coordinate_label(gt.SimplexGame(matrix), 4) == "player 2's probability of action 2"
    assert coordinate_label(gt.SoftmaxGame(matrix), 2) == "player 1's logit of action 3"
    sigmoid = gt.named_differentiable_game("sigmoid_matching_pennies")
    assert coordinate_label(sigmoid, 1) == "player 2's logit of action 1"
    repeated = gt.named_differentiable_game("iterated_prisoners_dilemma")
    assert coordinate_label(repeated, 7) == "player 2's parameter 3"
    label_plane(ax, gt.vector_field(repeated, plane=(7, 2), shape=(2, 2)))
    assert ax.get_xlabel() == "player 2's parameter 3"
    assert ax.get_ylabel() == "player 1's parameter 3"
