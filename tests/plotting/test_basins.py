import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgba

import gametools as gt
from gametools.convergence.basins import Outcome
from gametools.dynamics import MATRL, GradientDescent
from gametools.plotting import OUTCOME_COLOURS, plot_basins
from gametools.plotting.basins import _HATCHES
from gametools.plotting.style import TARGET_COLOURS

STAG = gt.named_game("stag_hunt")


@pytest.fixture(scope="module")
def found():
    return gt.basins(STAG, MATRL(0.05), grid=(20, 20), rng=0)


@pytest.fixture
def ax():
    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


def hue(colour):
    """Which target's colour a colour is a paler version of."""
    off = 1 - np.array(colour)[:3]
    shares = [off @ (1 - np.array(to_rgba(t))[:3]) for t in TARGET_COLOURS]
    sizes = [np.linalg.norm(1 - np.array(to_rgba(t))[:3]) for t in TARGET_COLOURS]
    return int(np.argmax(np.array(shares) / sizes))


def test_the_image_lies_where_the_starts_are_and_has_their_targets_colours(ax):
    found = gt.basins(STAG, MATRL(0.2), grid=(16, 24), steps=200, rng=0)
    image = plot_basins(found, ax)[0]
    pixels = np.asarray(image.get_array())
    assert pixels.shape == (24, 16, 4)
    assert image.get_extent() == pytest.approx([0, 1, 0, 1])
    assert image.origin == "lower"
    starts = found.starts.reshape(16, 24, 2)
    for i, j in ((0, 0), (15, 23), (12, 3), (2, 20), (15, 0)):
        x, y = starts[i, j]
        row, column = int(y * 24), int(x * 16)
        assert hue(pixels[row, column]) == found.image[i, j]


def test_later_is_paler(ax, found):
    pixels = np.asarray(plot_basins(found, ax)[0].get_array()).swapaxes(0, 1).reshape(-1, 4)
    for label in np.unique(found.labels):
        mine = found.labels == label
        order = np.argsort(found.times[mine], kind="stable")
        distance = np.abs(1 - pixels[mine][order, :3]).sum(axis=1)
        assert (np.diff(distance) <= 1e-12).all()
        assert distance[0] > distance[-1] > 0.1
    first = found.times.argmin()
    np.testing.assert_allclose(pixels[first], to_rgba(TARGET_COLOURS[found.labels[first]]))


def test_targets_are_marked_and_the_legend_says_how_many_go_there(ax, found):
    _, *marks = plot_basins(found, ax)
    handles, labels = ax.get_legend_handles_labels()
    assert handles == marks
    points = {tuple(mark.get_offsets()[0].tolist()) for mark in marks}
    assert points == {(0.0, 0.0), (1.0, 1.0)}
    for mark, label in zip(marks, labels, strict=True):
        k = int(np.argmin(np.abs(found.targets.point - mark.get_offsets()[0]).sum(axis=1)))
        x, y = found.targets.point[k]
        assert label == f"to ({x:.3g}, {y:.3g}): {found.share(k):.1%}"
        np.testing.assert_array_equal(mark.get_facecolor()[0], to_rgba(TARGET_COLOURS[k]))
    assert ax.get_ylabel() == "player 2's probability of action 1"
    assert ax.get_aspect() == 1


def test_cycles_are_grey_and_hatched(ax):
    pennies = gt.named_game("matching_pennies")
    found = gt.basins(pennies, GradientDescent(0.05), grid=(10, 10), rng=0)
    image, sample = plot_basins(found, ax)
    np.testing.assert_allclose(
        np.asarray(image.get_array()).reshape(-1, 4),
        [to_rgba(OUTCOME_COLOURS[Outcome.CYCLE])] * 100,
    )
    assert sample.get_label() == "limit cycle: 100.0%"
    hatched = [c for c in ax.collections if getattr(c, "hatches", None)]
    assert [contour.hatches for contour in hatched] == [[sample.get_hatch()]]
    np.testing.assert_allclose(hatched[0].get_edgecolor(), [sample.get_edgecolor()])


def test_every_hatch_is_seen_on_its_grey():
    assert set(_HATCHES) == set(OUTCOME_COLOURS)
    for outcome, (_, colour) in _HATCHES.items():
        here, there = (to_rgba(c)[0] for c in (colour, OUTCOME_COLOURS[outcome]))
        assert abs(here - there) > 0.15


def test_divergence_in_a_window(ax):
    game = gt.named_differentiable_game("hill")
    found = gt.basins(game, GradientDescent(9.0), grid=(6, 6), window=[(-2, 2), (0, 8)], rng=0)
    image, *_ = plot_basins(found, ax)
    assert image.get_extent() == pytest.approx([-2, 2, 0, 8])
    assert "diverged: 100.0%" in ax.get_legend_handles_labels()[1]


def test_keywords_go_over_the_style(ax, found):
    assert plot_basins(found, ax, alpha=0.5)[0].get_alpha() == 0.5


def test_samples_and_single_rows_are_refused(ax):
    sample = gt.basins(STAG, MATRL(0.2), samples=10, steps=50, rng=0)
    with pytest.raises(ValueError, match=r"`map` must be a grid .* got a random sample"):
        plot_basins(sample, ax)
    row = gt.basins(STAG, MATRL(0.2), grid=(1, 8), steps=50, rng=0)
    with pytest.raises(ValueError, match=r"2 cells each at least; got a grid \(1, 8\)"):
        plot_basins(row, ax)
    assert not ax.images
