"""Fixed points, a marker for each kind of rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gametools.dynamics.field import checked_plane
from gametools.plotting.style import KIND_MARKERS, axes_or_current, kind_marker
from gametools.stability.fixed_point import FixedPoint
from gametools.stability.search import FixedPointSearch

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection

__all__ = ["plot_fixed_points"]


def plot_fixed_points(
    points: FixedPoint | FixedPointSearch,
    ax: Axes | None = None,
    *,
    plane: Sequence[int] = (0, 1),
    **marker_keywords: Any,
) -> list[PathCollection]:
    """Draw fixed points, one marker for each kind; filled ones are where play comes to rest.

    Parameters
    ----------
    points : FixedPoint or FixedPointSearch
        A point, a batch of points, or what `find_fixed_points` found.
    ax : matplotlib Axes, optional
        Where to draw; the current Axes by default. Its legend will name the kinds.
    plane : sequence of int, ``(i, j)``
        The two coordinates that are shown.
    **marker_keywords
        Passed to ``Axes.scatter`` for every kind, over the package's style.

    Returns
    -------
    list of PathCollection
        One for each kind that occurs, labelled with it, in the order of `Kind`.

    Raises
    ------
    ValueError
        If `plane` does not name two coordinates.

    Examples
    --------
    >>> import gametools as gt
    >>> from gametools.plotting import plot_fixed_points
    >>> found = gt.find_fixed_points(gt.named_game("battle_of_the_sexes"), rng=0)
    >>> [(kind.get_label(), len(kind.get_offsets())) for kind in plot_fixed_points(found)]
    [('stable', 2), ('strict saddle', 1)]
    """
    batch = points.points if isinstance(points, FixedPointSearch) else points
    where = batch.point.reshape(-1, batch.point.shape[-1])
    i, j = checked_plane(plane, where.shape[-1])
    kinds = np.ravel(np.asarray(batch.kind, dtype=object))
    axes = axes_or_current(ax)
    drawn = []
    for kind in KIND_MARKERS:
        mine = where[np.array([own == kind for own in kinds], dtype=np.bool_)]
        if len(mine):
            look = {"s": 60, "linewidth": 1.0, "zorder": 5, "label": str(kind)}
            keywords = kind_marker(kind) | look | marker_keywords
            drawn.append(axes.scatter(mine[:, i], mine[:, j], **keywords))
    return drawn
