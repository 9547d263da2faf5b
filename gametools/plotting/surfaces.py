"""A player's payoff over a plane of joint policies."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from gametools.games.differentiable import Array, losses_from_payoffs
from gametools.plotting.fields import label_plane
from gametools.plotting.style import PLAYER_COLOURS
from gametools.validation import choice, count

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.collections import PolyCollection
    from matplotlib.contour import QuadContourSet

    from gametools.dynamics.field import VectorField
    from gametools.dynamics.matrl_stages import MATRLStep

__all__ = ["plot_payoff_surface", "plot_policy_pairs"]


def plot_payoff_surface(
    field: VectorField,
    player: int = 0,
    ax: Axes | None = None,
    *,
    kind: str = "contour",
    **artist_keywords: Any,
) -> QuadContourSet | PolyCollection:
    """Draw a player's payoff over the plane of a vector field.

    Parameters
    ----------
    field : VectorField
        As of `gametools.dynamics.field.vector_field`; its `losses` are drawn with the sign turned.
    player : int
        Whose payoff, from 0.
    ax : matplotlib Axes, optional
        Where to draw; the current Axes by default. A surface needs ``projection="3d"``.
    kind : {"contour", "surface"}
        Filled contours, or a surface above the plane.
    **artist_keywords
        Passed to ``Axes.contourf`` or ``Axes3D.plot_surface``, over the package's style.

    Returns
    -------
    QuadContourSet or PolyCollection
        For a colour bar: ``figure.colorbar(drawn, ax=ax, label="payoff")``.

    Raises
    ------
    TypeError, ValueError
        If there is no such player, `kind` is unknown, or a surface is asked of flat Axes.

    Notes
    -----
    Source: Wen et al. (2021), figure 1, whose surface is a sketch; ours is the payoff.

    Examples
    --------
    >>> import gametools as gt
    >>> from gametools.dynamics.field import vector_field
    >>> from gametools.plotting.surfaces import plot_payoff_surface
    >>> field = vector_field(gt.named_game("matching_pennies"), shape=(11, 11))
    >>> drawn = plot_payoff_surface(field, player=1, levels=[-1, 0, 1])
    >>> drawn.axes.get_title()
    "player 2's payoff"
    """
    import matplotlib.pyplot as plt

    choice("kind", kind, ("contour", "surface"))
    who = count("player", player)
    if who >= field.losses.shape[-1]:
        raise ValueError(f"`player` must be below {field.losses.shape[-1]}; got {player}.")
    payoffs = losses_from_payoffs(field.losses[..., who])
    name = f"player {who + 1}'s payoff"
    if kind == "contour":
        axes = plt.gca() if ax is None else ax
        filled = axes.contourf(field.x, field.y, payoffs, **{"cmap": "cividis"} | artist_keywords)
        axes.contour(filled, colors="white", linewidths=0.4, linestyles="-")
        label_plane(axes, field)
        axes.set_title(name)
        return filled
    solid: Any = _solid(ax)
    look = {"cmap": "cividis", "linewidth": 0, "antialiased": False}
    surface: PolyCollection = solid.plot_surface(
        *np.meshgrid(field.x, field.y), payoffs, **look | artist_keywords
    )
    label_plane(solid, field)
    solid.set_zlabel(name)
    # Layouts do not count labels in three dimensions: short lines, few ticks and room for them.
    for axis in (solid.xaxis, solid.yaxis):
        axis.set_label_text(textwrap.fill(axis.get_label_text(), 22))
        axis.labelpad = plt.rcParams["font.size"]
    solid.locator_params(nbins=5)
    solid.set_box_aspect(None, zoom=0.8)
    return surface


def plot_policy_pairs(
    step: MATRLStep, player: int = 0, ax: Axes | None = None, **marker_keywords: Any
) -> list[Artist]:
    """Mark the joint policies of MATRL's meta-game, with one player's payoff at each.

    Parameters
    ----------
    step : MATRLStep
        A single update of two players with one parameter each.
    player : int
        Whose payoff is written in the labels, 0 or 1.
    ax : matplotlib Axes, optional
        Where to draw; the current Axes by default. In three dimensions the marks lie at the
        height of the payoff.
    **marker_keywords
        Passed to ``Axes.plot`` for the marks, over the package's style.

    Returns
    -------
    list of Line2D
        The player's own move against the other's current policy; the move of both; then the marks
        of both current, own predicted, other predicted, both predicted. All have labels for a
        legend.

    Raises
    ------
    ValueError
        If `step` is a batch or not of two players with one parameter each.

    Notes
    -----
    Source: Wen et al. (2021), figure 1. Where the trial step is short, the own move pays; that of
    both may pay or not.

    Examples
    --------
    >>> import gametools as gt
    >>> from gametools.plotting.surfaces import plot_policy_pairs
    >>> rule = gt.dynamics.MATRL(0.2, trial_step=0.5)
    >>> step = gt.dynamics.matrl_step(gt.named_game("chicken"), [0.9, 0.9], rule, rng=0)
    >>> for mark in plot_policy_pairs(step)[2:]:
    ...     print(mark.get_label())
    both current: 5.67
    own predicted: 5.92
    other predicted: 4.16
    both predicted: 4.04
    """
    who = count("player", player)
    if step.batch_shape or step.game.dims != (1, 1) or who > 1:
        raise ValueError(
            "`step` must be a single update of two players with one parameter each, and `player` "
            f"0 or 1; got batch {step.batch_shape}, players with {step.game.dims}, {player}."
        )
    import matplotlib.pyplot as plt
    from matplotlib.patheffects import withStroke

    axes: Any = plt.gca() if ax is None else ax
    policies = np.stack([step.current, step.predicted])
    payoffs = losses_from_payoffs(step.losses[who]) + step.meta.payoffs[who]

    def at(pairs: list[tuple[int, int]]) -> list[Array]:
        """Where joint choices lie; on flat Axes without the payoff."""
        first, second = np.array(pairs).T
        where = [policies[first, 0], policies[second, 1], payoffs[first, second]]
        return where if axes.name == "3d" else where[:2]

    own = (1, 0) if who == 0 else (0, 1)
    colour = PLAYER_COLOURS[who]
    drawn: list[Artist] = []
    look: dict[str, Any]
    halo = {"path_effects": [withStroke(linewidth=4.5, foreground="white")]}
    for name, pair, dashes in (("own trial step", own, "-"), ("both trial steps", (1, 1), "--")):
        look = {"color": colour, "linestyle": dashes, "linewidth": 2.0, "zorder": 5, "label": name}
        drawn += axes.plot(*at([(0, 0), pair]), **look | halo)
    marks = {
        "both current": ((0, 0), "o", colour),
        "own predicted": (own, "D", colour),
        "other predicted": (own[::-1], "s", "white"),
        "both predicted": ((1, 1), "^", "white"),
    }
    for name, (pair, marker, face) in marks.items():
        look = {"marker": marker, "markerfacecolor": face, "markeredgecolor": colour} | halo
        look |= {"markeredgewidth": 1.5, "markersize": 8, "linestyle": "none", "zorder": 6}
        look |= {"label": f"{name}: {payoffs[pair]:.3g}"}
        drawn += axes.plot(*at([pair]), **look | marker_keywords)
    return drawn


def _solid(ax: Axes | None) -> Axes:
    """Return Axes of three dimensions, new ones only in a figure without any."""
    import matplotlib.pyplot as plt

    if ax is None:
        ax = plt.gca() if plt.gcf().axes else plt.gcf().add_subplot(projection="3d")
    if ax.name != "3d":
        raise ValueError('`ax` must be made with projection="3d" for a surface; it is flat.')
    return ax
