import matplotlib.pyplot as plt
import numpy as np
import pytest

import gametools as gt
from gametools.dynamics import MATRL, ExtraGradient, GradientDescent, WoLF
from gametools.plotting.eigenvalues import plot_eigenvalues
from gametools.plotting.style import KIND_MARKERS

SPIRAL = gt.QuadraticGame([[1, 10], [-10, 1]])
PENNIES = gt.named_game("matching_pennies")
BATTLE = gt.named_game("battle_of_the_sexes")


@pytest.fixture
def ax():
    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


def values_of(collection):
    return np.sort_complex([x + 1j * y for x, y in collection.get_offsets().data])


def inside(ax, region, point):
    """Whether a point of the data lies in the shaded region, as it is seen."""
    return region.contains_point(ax.transData.transform(point))


def test_eigenvalues_of_the_game_by_hand(ax):
    _, values = plot_eigenvalues(gt.classify(SPIRAL, [0, 0]), ax)
    np.testing.assert_allclose(values_of(values), [1 - 10j, 1 + 10j])
    assert values.get_label() == "stable"


def test_eigenvalues_of_the_update_by_hand(ax):
    """Gradient descent in matching pennies: 1 +- 2 step i."""
    rule = GradientDescent(0.1)
    point = gt.classify(PENNIES, [0.5, 0.5], rule)
    _, values = plot_eigenvalues(point, ax, of="update")
    np.testing.assert_allclose(values_of(values) / 0.2, [5 - 2j, 5 + 2j], atol=1e-8)


def test_the_region_of_the_game_is_the_right_half_plane(ax):
    region, _ = plot_eigenvalues(gt.classify(BATTLE, [2 / 3, 1 / 3]), ax)
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    for y in (0.99 * bottom, 0, 0.99 * top):
        assert inside(ax, region, (0.99 * right, y))
        assert inside(ax, region, (1e-3, y))
        assert not inside(ax, region, (-1e-3, y))
        assert not inside(ax, region, (0.99 * left, y))
    assert region.get_label() == r"attracts: Re $\lambda > 0$"
    assert "losses minimised: stable is Re > 0" in ax.get_xlabel()
    assert ax.get_ylabel() == r"Im $\lambda$"


def test_the_region_of_the_update_is_the_unit_disc(ax):
    point = gt.classify(PENNIES, [0.5, 0.5], ExtraGradient(0.1))
    region, _ = plot_eigenvalues(point, ax, of="update")
    for angle in np.linspace(0, 2 * np.pi, 13):
        edge = np.array([np.cos(angle), np.sin(angle)])
        assert inside(ax, region, 0.99 * edge)
        assert not inside(ax, region, 1.01 * edge)
    assert ax.get_aspect() == 1
    assert region.get_label() == r"attracts: $|\lambda| < 1$"
    assert "update" in ax.get_xlabel()


@pytest.mark.parametrize(
    ("rule", "attracts"), [(GradientDescent(0.1), False), (ExtraGradient(0.1), True)]
)
def test_what_lies_in_the_region_attracts(ax, rule, attracts):
    point = gt.classify(PENNIES, [0.5, 0.5], rule)
    region, values = plot_eigenvalues(point, ax, of="update")
    assert point.update.is_attracting is attracts
    assert {inside(ax, region, at) for at in values.get_offsets()} == {attracts}


def test_a_batch_has_one_marker_a_kind_and_no_padding(ax):
    found = gt.classify(BATTLE, [[2 / 3, 1 / 3], [1, 1], [0, 0]])
    assert np.isnan(found.eigenvalues).any()
    _, values = plot_eigenvalues(found, ax)
    assert values.get_label() == "strict saddle"
    np.testing.assert_allclose(values_of(values), [-3, 3])


def test_kinds_come_in_the_order_and_the_look_of_the_style(ax):
    games = [gt.QuadraticGame(sign * np.eye(2)) for sign in (-1, 1)]
    for game in games:
        plot_eigenvalues(gt.classify(game, [0, 0]), ax)
    marks = ax.collections
    assert [mark.get_label() for mark in marks] == ["unstable", "stable"]
    faces = [plt.matplotlib.colors.to_hex(mark.get_facecolor()[0]) for mark in marks]
    wanted = [KIND_MARKERS[kind]["facecolor"] for kind in ("unstable", "stable")]
    assert faces == [plt.matplotlib.colors.to_hex(colour) for colour in wanted]


def test_several_spectra_share_one_region_and_all_are_in_view(ax):
    for step in (0.1, 1.0):
        point = gt.classify(SPIRAL, [0, 0], GradientDescent(step))
        plot_eigenvalues(point, ax, of="update", label=f"step {step}")
    assert len(ax.patches) == 1
    assert sorted(ax.get_legend_handles_labels()[1]) == [
        r"attracts: $|\lambda| < 1$",
        "step 0.1",
        "step 1.0",
    ]
    assert ax.get_ylim()[0] < -10
    assert ax.get_ylim()[1] > 10


@pytest.mark.parametrize("matrix", [[[1, 10], [-10, 1]], [[3, 0], [0, -2]], [[0, 1], [-1, 0]]])
def test_both_sides_of_the_boundary_are_in_view(ax, matrix):
    _, values = plot_eigenvalues(gt.classify(gt.QuadraticGame(matrix), [0, 0]), ax)
    low, high = np.transpose([ax.get_xlim(), ax.get_ylim()])
    np.testing.assert_allclose(low, -high)
    assert (np.abs(values.get_offsets()) < high).all()
    assert high.min() >= 0.3 * high.max()


def test_a_strict_vertex_has_a_region_only(ax):
    drawn = plot_eigenvalues(gt.classify(BATTLE, [1, 1]), ax)
    assert len(drawn) == 1
    assert ax.get_xlim() == ax.get_ylim() == (-1, 1)


def test_a_kinked_update_has_a_region_only(ax):
    point = gt.classify(PENNIES, [0.5, 0.5], WoLF(0.01, 0.06))
    assert not point.update.is_smooth
    assert len(plot_eigenvalues(point, ax, of="update")) == 1


def test_keywords_go_over_the_style(ax):
    region, values = plot_eigenvalues(
        gt.classify(SPIRAL, [0, 0]), ax, region_keywords={"zorder": -3}, s=9, label="mine"
    )
    assert (region.get_zorder(), values.get_sizes()[0], values.get_label()) == (-3, 9, "mine")


def test_the_current_axes_are_drawn_on_by_default(ax):
    plt.sca(ax)
    assert plot_eigenvalues(gt.classify(SPIRAL, [0, 0], MATRL(0.02)))[1].axes is ax


def test_what_cannot_be_drawn_is_refused(ax):
    point = gt.classify(SPIRAL, [0, 0])
    with pytest.raises(ValueError, match="`point` must be classified with a rule"):
        plot_eigenvalues(point, ax, of="update")
    with pytest.raises(ValueError, match="`of` must be one of game, update; got 'rule'"):
        plot_eigenvalues(point, ax, of="rule")
    assert not ax.has_data()
