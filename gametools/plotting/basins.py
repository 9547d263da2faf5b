"""Basins of attraction: which start leads where, and how soon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gametools.convergence.basins import BasinMap, Outcome
from gametools.plotting.fields import coordinate_label, frame_box
from gametools.plotting.style import OUTCOME_COLOURS, TARGET_COLOURS, axes_or_current

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

__all__ = ["plot_basins"]

PALEST = 0.72
"""How far the slowest starts are mixed with the background."""
_HATCHES = {
    Outcome.CYCLE: ("..", "#4D4D4D"),
    Outcome.REST: ("--", "#4D4D4D"),
    Outcome.MOVING: ("//", "#333333"),
    Outcome.DIVERGED: ("xx", "#858585"),
    Outcome.NOT_FINITE: ("++", "#707070"),
}
"""Pattern and colour of the areas that lead to no target, over `OUTCOME_COLOURS`."""
_WORDS = {
    Outcome.CYCLE: "limit cycle",
    Outcome.REST: "at rest elsewhere",
    Outcome.MOVING: "still moving",
    Outcome.DIVERGED: "diverged",
    Outcome.NOT_FINITE: "the game is NaN or infinite",
}


def plot_basins(map: BasinMap, ax: Axes | None = None, **image_keywords: Any) -> list[Artist]:
    """Draw a map of basins: a colour for each target, paler where it takes longer to arrive.

    Parameters
    ----------
    map : BasinMap
        On a grid of two coordinates, as of `gametools.basins`.
    ax : matplotlib Axes, optional
        Where to draw; the current Axes by default. Its labels and limits are set, and its legend
        will name targets and other outcomes, with their shares of the starts.
    **image_keywords
        Passed to ``Axes.imshow``, over the package's style.

    Returns
    -------
    list of Artist
        The image first, then a marker on each target that is reached, then the hatched area of
        each other outcome.

    Raises
    ------
    ValueError
        If the map is not a grid of two coordinates, at least two cells along each.

    Examples
    --------
    >>> import gametools as gt
    >>> from gametools.plotting import plot_basins
    >>> found = gt.basins(gt.named_game("stag_hunt"), gt.dynamics.MATRL(0.05), grid=(20, 20), rng=0)
    >>> image, *targets = plot_basins(found)
    >>> image.get_array().shape, [target.get_label() for target in targets]
    ((20, 20, 4), ['to (1, 1): ...%', 'to (0, 0): ...%'])
    """
    if len(map.grid) != 2 or min(map.grid) < 2:
        what = f"a grid {map.grid}" if map.grid else "a random sample"
        raise ValueError(
            f"`map` must be a grid over two coordinates, 2 cells each at least; got {what}."
        )
    axes = axes_or_current(ax)
    cells = map.starts.reshape(*map.grid, 2)
    across, up = cells[1, 0, 0] - cells[0, 0, 0], cells[0, 1, 1] - cells[0, 0, 1]
    (left, low), (right, high) = cells[0, 0], cells[-1, -1]
    x, y = (left - across / 2, right + across / 2), (low - up / 2, high + up / 2)
    look: dict[str, Any] = {
        "origin": "lower",
        "interpolation": "nearest",
        "aspect": "auto",
        "zorder": 0,
    }
    colours = _colours(map, axes).swapaxes(0, 1)
    artists: list[Artist] = [axes.imshow(colours, extent=(*x, *y), **look | image_keywords)]
    artists += _mark_targets(map, axes)
    for outcome in Outcome:
        if (map.labels == outcome).any():
            artists.append(_hatch(map, axes, outcome, cells))
    axes.set_xlabel(coordinate_label(map.targets.game, 0))
    axes.set_ylabel(coordinate_label(map.targets.game, 1))
    frame_box(axes, map.targets.game, x, y)
    return artists


def _colours(map: BasinMap, ax: Axes) -> NDArray[np.float64]:
    """The colour of every start, shape ``(*grid, 4)``."""
    from matplotlib.colors import to_rgba

    palette = np.array([to_rgba(colour) for colour in TARGET_COLOURS])
    arrived = map.labels >= 0
    colours = palette[np.where(arrived, map.labels, 0) % len(palette)]
    if arrived.any():
        # By orders of magnitude: the last starts beside a border take very long.
        late = np.log(np.maximum(map.times, 1).astype(np.float64))
        late -= late[arrived].min()
        late = PALEST * late / max(float(late[arrived].max()), np.log(2.0))
        paper = np.array(to_rgba(ax.get_facecolor()))
        colours = colours + late[:, None] * (paper - colours)
    for outcome, grey in OUTCOME_COLOURS.items():
        colours[map.labels == outcome] = to_rgba(grey)
    return np.asarray(colours.reshape(*map.grid, 4))


def _mark_targets(map: BasinMap, ax: Axes) -> list[Artist]:
    """Draw a marker on every target that some start leads to."""
    drawn: list[Artist] = []
    look: dict[str, Any] = {"s": 70, "edgecolor": "black", "linewidth": 1.2, "zorder": 4}
    for k, (x, y) in enumerate(map.targets.point):
        if (map.labels == k).any():
            colour = TARGET_COLOURS[k % len(TARGET_COLOURS)]
            label = f"to ({x:.3g}, {y:.3g}): {map.share(k):.1%}"
            drawn.append(ax.scatter(x, y, color=colour, label=label, **look))
    return drawn


def _hatch(map: BasinMap, ax: Axes, outcome: Outcome, cells: NDArray[np.float64]) -> Artist:
    """Hatch the starts with an outcome, and name it in the legend."""
    from matplotlib.patches import Rectangle

    inside = np.where(int(outcome) == map.image.T, 1.0, 0.0)
    grid = cells[:, 0, 0], cells[0, :, 1]
    pattern, colour = _HATCHES[outcome]
    area = ax.contourf(*grid, inside, levels=[0.5, 1.5], colors="none", hatches=[pattern], zorder=1)
    area.set_edgecolor(colour)
    # Legends know no contours: a rectangle without size looks the same there.
    sample = Rectangle(
        tuple(cells[0, 0]), 0, 0, facecolor=OUTCOME_COLOURS[outcome], hatch=pattern,
        edgecolor=colour, linewidth=0, label=f"{_WORDS[outcome]}: {map.share(outcome):.1%}",
    )  # fmt: skip
    return ax.add_patch(sample)
