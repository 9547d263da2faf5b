"""A row of panels over the whole width of a figure, and the legend below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["fit_panels"]

PAD = 0.05
"""Room at the edges, in inches."""
GAP = 0.12
"""Room between panels, and above the legend, in inches."""
CLOSE = 0.005
"""How exactly panels fill the width, in inches."""
SMALLEST = 0.5
"""Least width of a panel, in inches."""


def fit_panels(figure: Figure, panels: Sequence[Axes]) -> None:
    """Make panels as large as the width of a figure allows, and the figure as high as they need.

    Parameters
    ----------
    figure : matplotlib Figure
        Its width stays. Its legend, if it has one, comes below the panels.
    panels : sequence of matplotlib Axes
        From left to right, all of one width; inset axes count as parts of their panel.

    Raises
    ------
    ValueError
        If labels leave a panel less than half an inch.

    Notes
    -----
    Unlike matplotlib's constrained layout, this keeps the aspect of the panels and sets the
    height: a picture has exactly the width that a page wants, and no empty bands.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> figure = Figure(figsize=(3, 9))
    >>> axes = figure.add_subplot(aspect="equal")
    >>> fit_panels(figure, [axes])
    >>> float(figure.get_figwidth()), bool(figure.get_figheight() < 3.1)
    (3.0, True)
    """
    width, many = float(figure.get_figwidth()), len(panels)
    side = 0.7 * width / many
    fits, too_wide = 0.0, np.inf
    for _ in range(8):
        borders = _place(figure, panels, side)
        room = float(width - 2 * PAD - GAP * (many - 1) - borders[:, :2].sum()) / many
        if room < SMALLEST:
            raise ValueError(
                f"a panel must have {SMALLEST} inches beside its labels; got {room:.2f} of "
                f"{width / many:.2f}: make the figure wider."
            )
        if abs(room - side) < CLOSE:
            return
        # Ticks may come and go with the size, and the room with them: search between.
        fits, too_wide = (side, too_wide) if side < room else (fits, side)
        side = room if fits < room < too_wide else (fits + min(too_wide, room)) / 2
    _place(figure, panels, max(fits, SMALLEST))


def _place(figure: Figure, panels: Sequence[Axes], side: float) -> NDArray[np.float64]:
    """Put panels of a width in a row, and set the figure's height.

    Returns
    -------
    array, shape ``(panels, 4)``
        Inches that stick out to the left, to the right, below and above each panel, measured
        once they have their size.
    """
    width, shapes = figure.get_figwidth(), [_shape(axes) for axes in panels]
    for axes, shape in zip(panels, shapes, strict=True):
        axes.set_position((0, 0, side / width, side * shape / figure.get_figheight()))
    # Boxes place labels and titles by themselves; drawing the data too would take most of the time.
    borders = np.array([_borders(axes, figure.dpi) for axes in panels])
    legend = figure.legends[0] if figure.legends else None
    below = PAD + borders[:, 2].max()
    if legend is not None:
        below += legend.get_window_extent().height / figure.dpi + GAP
    height = float(below + side * max(shapes) + borders[:, 3].max() + PAD)
    figure.set_figheight(height)
    right = PAD
    for axes, shape, border in zip(panels, shapes, borders, strict=True):
        left = right + border[0]
        axes.set_position((left / width, below / height, side / width, side * shape / height))
        right = left + side + border[1] + GAP
    if legend is not None:
        legend.set_loc("lower center")
        legend.set_bbox_to_anchor((0.5, PAD / height), transform=figure.transFigure)
    return borders


def _borders(ax: Axes, dpi: float) -> tuple[float, ...]:
    """What sticks out of a panel, in inches: left, right, below, above."""
    box, whole = ax.get_window_extent(), ax.get_tightbbox()
    assert whole is not None
    out = (box.x0 - whole.x0, whole.x1 - box.x1, box.y0 - whole.y0, whole.y1 - box.y1)
    return tuple(max(float(length), 0.0) / dpi for length in out)


def _shape(ax: Axes) -> float:
    """Height of a panel over its width."""
    if ax.get_aspect() == "auto":
        return float(ax.get_box_aspect() or 1.0)
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    return float(ax.get_aspect()) * (high - low) / (right - left)
