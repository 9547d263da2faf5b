"""Spectra: eigenvalues beside the region in which a point attracts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gametools.plotting.style import KIND_MARKERS, PLAYER_COLOURS, ink, kind_marker
from gametools.validation import choice

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.patches import Patch

    from gametools.stability.fixed_point import FixedPoint

__all__ = ["plot_eigenvalues"]

_REGION = {"facecolor": PLAYER_COLOURS[2] + "2E", "zorder": 0}


_GAME_LABEL = "Re $\\lambda$ of the game's Jacobian\n(losses minimised: stable is Re > 0)"


def plot_eigenvalues(
    point: FixedPoint,
    ax: Axes | None = None,
    *,
    of: str = "game",
    region_keywords: dict[str, Any] | None = None,
    **marker_keywords: Any,
) -> list[Artist]:
    """Draw the eigenvalues at fixed points in the complex plane, and where they attract.

    Parameters
    ----------
    point : FixedPoint
        One point or a batch, as of `gametools.classify`.
    ax : matplotlib Axes, optional
        Where to draw; the current Axes by default.
    of : {"game", "update"}
        The game's Jacobian, with the half-plane Re > 0 shaded: losses are minimised, so there
        gradient flow is drawn to the point. Or the linearised update of the rule that the points
        were classified with, with the unit disc shaded.
    region_keywords : dict, optional
        Passed to the shaded region, over the package's style.
    **marker_keywords
        Passed to ``Axes.scatter`` for every kind, over the package's style.

    Returns
    -------
    list of Artist
        The shaded region (drawn once, however many spectra share the Axes), then the eigenvalues:
        one ``PathCollection`` for each kind of point that has any, in the order of
        `KIND_MARKERS`. All have labels for a legend.

    Raises
    ------
    ValueError
        If `of` is unknown, or "update" is asked of points classified without a rule.

    Notes
    -----
    Source: textbook; papers that maximise shade the other half-plane. A strict vertex has no
    eigenvalues (no direction is free), a kinked update map has none either.

    Examples
    --------
    >>> import gametools as gt
    >>> from gametools.plotting.eigenvalues import plot_eigenvalues
    >>> spiral = gt.QuadraticGame([[1, 10], [-10, 1]])
    >>> point = gt.classify(spiral, [0, 0], gt.dynamics.MATRL(0.02))
    >>> region, values = plot_eigenvalues(point)
    >>> values.get_offsets().data
    array([[  1., -10.],
           [  1.,  10.]])
    """
    import matplotlib.pyplot as plt

    choice("of", of, ("game", "update"))
    if of == "update" and point.update is None:
        raise ValueError(
            "`point` must be classified with a rule to draw of='update': classify(game, x, rule)."
        )
    source = point if of == "game" or point.update is None else point.update
    axes = plt.gca() if ax is None else ax
    kinds = np.ravel(np.asarray(point.kind, dtype=object))
    values = source.eigenvalues.reshape(len(kinds), -1)
    extent = float(np.nanmax(np.abs(values), initial=0.0))
    drawn: list[Artist] = [_region(axes, of, extent, _REGION | (region_keywords or {}))]
    for rule in (axes.axhline, axes.axvline):
        rule(0, color=ink(0.5), linewidth=0.7, zorder=0.5)
    for kind in KIND_MARKERS:
        own = values[np.array([one == kind for one in kinds], dtype=np.bool_)].ravel()
        own = own[~np.isnan(own)]
        if own.size:
            look = {"s": 45, "linewidth": 1.0, "zorder": 3, "label": str(kind)}
            drawn.append(
                axes.scatter(own.real, own.imag, **kind_marker(kind) | look | marker_keywords)
            )
    _frame(axes, of)
    return drawn


def _region(axes: Axes, of: str, extent: float, look: dict[str, Any]) -> Patch:
    """Shade where eigenvalues attract, as far as any view of them goes."""
    from matplotlib.patches import Circle, Rectangle

    name = f"where eigenvalues of the {of} attract"
    known = [patch for patch in axes.patches if patch.get_gid() == name]
    if known:
        return known[0]
    patch: Patch
    if of == "update":
        disc: dict[str, Any] = {"label": r"attracts: $|\lambda| < 1$", "edgecolor": ink(0.5)}
        patch = Circle((0, 0), 1, **disc | look)
    else:
        half: dict[str, Any] = {"label": r"attracts: Re $\lambda > 0$"}
        half |= {"transform": axes.get_xaxis_transform(), "linewidth": 0}
        patch = Rectangle((0, 0), 1e3 * (1 + extent), 1, **half | look)
    patch.set_gid(name)
    axes.add_artist(patch)  # unlike a patch, it leaves the limits as they are
    return patch


def _frame(axes: Axes, of: str) -> None:
    """Labels, and limits that show both sides of the boundary around all that is drawn."""
    from matplotlib.collections import PathCollection

    drawn = [c for c in axes.collections if isinstance(c, PathCollection)]
    points = [np.zeros((1, 2)), *(np.asarray(c.get_offsets()) for c in drawn)]
    width, height = np.abs(np.concatenate(points)).max(axis=0)
    size = max(width, height)
    if of == "update":
        side = 1.15 * max(1.0, size)
        axes.set(xlim=(-side, side), ylim=(-side, side), aspect="equal")
        axes.set_xlabel(r"Re $\lambda$ of the update map")
    else:
        # A spectrum on one of the axes still shows what lies beside it.
        width, height = (1.25 * max(part, 0.4 * size) or 1.0 for part in (width, height))
        axes.set(xlim=(-width, width), ylim=(-height, height))
        axes.set_xlabel(_GAME_LABEL)
    axes.set_ylabel(r"Im $\lambda$")
