import numpy as np
import pytest
from matplotlib.figure import Figure

from gametools.plotting.layout import GAP, PAD, fit_panels


def extents(figure, artists):
    """Left, low, right and high end of each, in inches."""
    figure.draw_without_rendering()
    boxes = [a.get_tightbbox().extents for a in artists]
    return np.array(boxes) / figure.dpi


def made(many, *, legend=True, bar=False, aspect="equal", size=7.0, ticks=(0, 1)):
    figure = Figure(figsize=(size, 4))
    panels = figure.subplots(1, many, squeeze=False)[0]
    for k, axes in enumerate(panels):
        lines = axes.plot([0, 1], [0, 0.5 + k], label="a line")
        axes.set_xlim(0, 2)
        axes.set_ylim(0, 1)
        axes.set_aspect(aspect)
        axes.set_xlabel("x")
        axes.set_ylabel("a tall\nlabel" * (k + 1))
        if bar:
            axes.inset_axes((1.04, 0.1, 0.1, 0.8)).set_ylabel("bar")
        for part in (axes, *axes.child_axes):
            if ticks is not None:
                part.set_xticks(ticks)
                part.set_yticks(ticks)
    if legend:
        figure.legend(handles=lines, loc="lower center", borderaxespad=0)
    return figure, panels


@pytest.mark.parametrize("many", [1, 2, 3])
@pytest.mark.parametrize("bar", [False, True])
def test_panels_fill_the_width_and_nothing_overlaps(many, bar):
    figure, panels = made(many, bar=bar)
    fit_panels(figure, panels)
    assert figure.get_figwidth() == 7
    left, low, right, high = extents(figure, panels).T
    assert left[0] == pytest.approx(PAD, abs=0.02)
    assert right[-1] == pytest.approx(7 - PAD, abs=0.02)
    np.testing.assert_allclose(left[1:] - right[:-1], GAP, atol=0.02)
    assert high.max() == pytest.approx(figure.get_figheight() - PAD, abs=0.02)
    (legend,) = extents(figure, figure.legends)
    assert legend[1] == pytest.approx(PAD, abs=0.02)
    assert low.min() == pytest.approx(legend[3] + GAP, abs=0.02)
    assert (legend[0] + legend[2]) / 2 == pytest.approx(3.5, abs=0.02)


@pytest.mark.parametrize("many", [1, 2, 3])
@pytest.mark.parametrize("bar", [False, True])
def test_ticks_that_come_and_go_with_the_size_stay_inside(many, bar):
    figure, panels = made(many, bar=bar, ticks=None)
    fit_panels(figure, panels)
    left, _, right, _ = extents(figure, panels).T
    assert left[0] > 0
    assert 7 - 0.15 * many - PAD < right[-1] < 7
    assert (left[1:] > right[:-1]).all()


def test_the_aspect_is_kept_and_all_widths_are_one():
    figure, panels = made(3, legend=False)
    fit_panels(figure, panels)
    figure.draw_without_rendering()
    boxes = [axes.get_window_extent() for axes in panels]
    np.testing.assert_allclose([box.width / box.height for box in boxes], 2)
    np.testing.assert_allclose([box.width for box in boxes], boxes[0].width)
    _, low, _, high = extents(figure, panels).T
    assert low.min() == pytest.approx(PAD, abs=0.02)
    assert high.max() == pytest.approx(figure.get_figheight() - PAD, abs=0.02)


def test_a_free_aspect_makes_a_square():
    figure, panels = made(1, aspect="auto")
    fit_panels(figure, panels)
    figure.draw_without_rendering()
    box = panels[0].get_window_extent()
    assert box.width == pytest.approx(box.height)


def test_too_narrow_a_figure_is_refused():
    figure, panels = made(3, size=1.5)
    with pytest.raises(ValueError, match="make the figure wider"):
        fit_panels(figure, panels)
