"""Trajectories: where learners went, over a plane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gametools.dynamics.field import checked_plane
from gametools.dynamics.flow import Flow
from gametools.dynamics.simulate import Trajectory
from gametools.games.differentiable import DifferentiableGame
from gametools.games.normal_form import NormalFormGame
from gametools.games.policy_space import as_differentiable
from gametools.plotting.fields import coordinate_label
from gametools.plotting.style import axes_or_current, ink, rule_style, speed_colours

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

__all__ = ["plot_trajectory"]


def plot_trajectory(
    trajectory: Trajectory | Flow,
    ax: Axes | None = None,
    *,
    plane: Sequence[int] = (0, 1),
    game: NormalFormGame | DifferentiableGame | None = None,
    label: str | None = None,
    time: bool = False,
    **line_keywords: Any,
) -> list[Artist]:
    """Draw a trajectory: an open dot at its start, a filled one at its end.

    Parameters
    ----------
    trajectory : Trajectory or Flow
        Of one start or of a batch, which becomes as many lines of one look.
    ax : matplotlib Axes, optional
        Where to draw; the current Axes by default.
    plane : sequence of int, ``(i, j)``
        The two coordinates that are shown.
    game : NormalFormGame or DifferentiableGame, optional
        Labels the axes with what its coordinates are.
    label : str, optional
        For the legend, on the first line only; the rule's name by default.
    time : bool
        Whether colour shows the time; the line is then a ``LineCollection``, which fits
        ``figure.colorbar``.
    **line_keywords
        Passed to ``Axes.plot`` or ``LineCollection``, over the style of the rule.

    Returns
    -------
    list of Artist
        For each start: its line, the dot at its start and the one at its end.

    Raises
    ------
    ValueError
        If `plane` does not name two coordinates.

    Examples
    --------
    >>> import gametools as gt
    >>> from gametools.plotting import plot_trajectory
    >>> path = gt.simulate(gt.named_game("chicken"), gt.dynamics.MATRL(0.05), [0.9, 0.7], steps=50)
    >>> line, start, end = plot_trajectory(path)
    >>> line.get_label(), start.get_xydata()[0], end.get_xydata()[0].round(6)
    ('MATRL', array([0.9, 0.7]), array([1., 0.]))
    """
    kept, d = trajectory.points.shape[0], trajectory.points.shape[-1]
    i, j = checked_plane(plane, d)
    axes = axes_or_current(ax)
    rule = getattr(trajectory, "rule", None)
    name = type(rule).__name__ if rule is not None else "flow"
    style = {"color": ink()} if rule is None else rule_style(name)
    paths = trajectory.points.reshape(kept, -1, d)[..., [i, j]].swapaxes(0, 1)
    artists: list[Artist] = []
    for path in paths:
        shown = label if label is not None else name
        if artists:
            shown = "_nolegend_"
        artists += _draw(axes, path, trajectory.times, shown, style, time, line_keywords)
    if game is not None:
        play = as_differentiable(game)
        axes.set_xlabel(coordinate_label(play, i))
        axes.set_ylabel(coordinate_label(play, j))
    return artists


def _draw(
    ax: Axes,
    path: Any,
    times: Any,
    label: str,
    style: dict[str, Any],
    timed: bool,
    keywords: dict[str, Any],
) -> list[Artist]:
    """Draw one path and its ends; what is not finite is left out."""
    finite = np.isfinite(path).all(axis=-1)
    points = np.where(finite[:, None], path, np.nan)
    line: Any
    if timed:
        from matplotlib.collections import LineCollection

        segments = np.stack([points[:-1], points[1:]], axis=1)
        look: dict[str, Any] = {"linewidth": 2.0, "cmap": speed_colours()} | keywords
        line = LineCollection(list(segments), label=label, **look)
        line.set_array(times[1:])
        ax.add_collection(line)
        colour: Any = ink()
    else:
        (line,) = ax.plot(*points.T, label=label, **style | keywords)
        colour = line.get_color()
    known = points[finite]
    first, last = (known[0], known[-1]) if len(known) else (np.full(2, np.nan),) * 2
    dot = {"marker": "o", "linestyle": "none", "color": colour}
    size, above = 5.0, line.get_zorder() + 1
    paper = ax.get_facecolor()
    start = ax.plot(*first, markersize=size, markerfacecolor=paper, zorder=above, **dot)
    end = ax.plot(*last, markersize=size, markeredgecolor=paper, zorder=above, **dot)
    if timed:
        ax.autoscale_view()
    return [line, *start, *end]
