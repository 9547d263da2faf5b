"""Vector fields: which way learners go from each point of a plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gametools.dynamics.field import VectorField
from gametools.games.differentiable import Box, DifferentiableGame
from gametools.games.probability import ProbabilityGame
from gametools.games.sigmoid import SigmoidGame
from gametools.games.simplex import SimplexGame
from gametools.games.softmax import SoftmaxGame
from gametools.plotting.style import PLAYER_COLOURS, axes_or_current, ink, speed_colours
from gametools.validation import choice

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.contour import QuadContourSet
    from matplotlib.quiver import Quiver
    from matplotlib.streamplot import StreamplotSet

__all__ = ["coordinate_label", "label_plane", "plot_nullclines", "plot_vector_field"]

ARROW = 0.75
"""Length of an arrow, in cells of the grid."""
DENSE = 20
"""Arrows side by side from which on they become thinner, so that heads leave room for shafts."""
MARGIN = 0.035
"""Room around the plane, as a share of its sides, so that what lies on its border shows."""


def plot_vector_field(
    field: VectorField,
    ax: Axes | None = None,
    *,
    kind: str = "quiver",
    colour: str | None = "speed",
    **artist_keywords: Any,
) -> Quiver | StreamplotSet:
    """Draw a vector field as arrows or as stream lines.

    Parameters
    ----------
    field : VectorField
        As of `gametools.vector_field`.
    ax : matplotlib Axes, optional
        Where to draw; the current Axes by default. Its labels, limits and aspect are set.
    kind : {"quiver", "stream"}
    colour : {"speed", None}
        Whether the speed is shown by colour (arrows are then of one length, and the returned
        artist fits ``figure.colorbar``; of stream lines, its ``lines``). Otherwise everything is
        grey, and the speed is the length of the arrows or the width of the lines.
    **artist_keywords
        Passed to ``Axes.quiver`` or ``Axes.streamplot``, over the package's style.

    Returns
    -------
    Quiver or StreamplotSet

    Raises
    ------
    ValueError
        If `kind` or `colour` is unknown.

    Examples
    --------
    >>> import gametools as gt
    >>> from gametools.plotting import plot_vector_field
    >>> field = gt.vector_field(gt.named_game("matching_pennies"))
    >>> plot_vector_field(field).N          # arrows
    400
    """
    choice("kind", kind, ("quiver", "stream"))
    if colour is not None:
        choice("colour", colour, ("speed",))
    axes = axes_or_current(ax)
    frame_plane(axes, field)
    if kind == "quiver":
        return _draw_arrows(field, axes, colour, artist_keywords)
    speed = field.speed
    look: dict[str, Any] = {"linewidth": 0.9, "arrowsize": 0.8, "density": 1.1}
    if colour is not None:
        look |= {"color": speed, "cmap": speed_colours()}
    else:
        top = np.nanmax(speed, initial=0.0)
        look |= {"color": ink(0.55), "linewidth": 0.4 + 1.2 * speed / (top if top > 0 else 1.0)}
    u, v = np.ma.masked_invalid(field.u), np.ma.masked_invalid(field.v)
    return axes.streamplot(field.x, field.y, u, v, **look | artist_keywords)


def plot_nullclines(
    field: VectorField, ax: Axes | None = None, **contour_keywords: Any
) -> list[QuadContourSet]:
    """Draw where each of the two coordinates does not change, in its player's colour.

    Parameters
    ----------
    field : VectorField
    ax : matplotlib Axes, optional
        Where to draw; the current Axes by default. Its legend will name the players.
    **contour_keywords
        Passed to ``Axes.contour``, over the package's style.

    Returns
    -------
    list of QuadContourSet
        One for each coordinate that changes its direction on the plane.

    Notes
    -----
    Drawn is where the direction *before* projection vanishes, so that a coordinate held at its
    bound makes no nullcline. A rule's directions are not known there: its nullclines may end one
    cell before the border.

    Examples
    --------
    >>> import gametools as gt
    >>> from gametools.plotting import plot_nullclines
    >>> len(plot_nullclines(gt.vector_field(gt.named_game("matching_pennies"))))
    2
    >>> plot_nullclines(gt.vector_field(gt.named_game("prisoners_dilemma")))
    []
    """
    axes = axes_or_current(ax)
    drawn = []
    owner = np.repeat(np.arange(len(field.game.dims)), field.game.dims)
    for coordinate, dashes in zip(field.plane, ("-", "--"), strict=True):
        values = np.ma.masked_invalid(field.free[..., coordinate])
        if not values.count() or not values.min() < 0 < values.max():
            continue
        player = int(owner[coordinate])
        colour = PLAYER_COLOURS[player % len(PLAYER_COLOURS)]
        look: dict[str, Any] = {"colors": colour, "linestyles": dashes, "linewidths": 1.2}
        contour = axes.contour(field.x, field.y, values, levels=[0.0], **look | contour_keywords)
        drawn.append(contour)
        _name_in_legend(axes, contour, f"player {player + 1} does not move")
    return drawn


def label_plane(ax: Axes, field: VectorField) -> None:
    """Label the axes with what the two coordinates of a field are.

    Parameters
    ----------
    ax : matplotlib Axes
    field : VectorField
    """
    ax.set_xlabel(coordinate_label(field.game, field.plane[0]))
    ax.set_ylabel(coordinate_label(field.game, field.plane[1]))


def coordinate_label(game: DifferentiableGame, index: int) -> str:
    """Return what a coordinate of a game is, for an axis.

    Parameters
    ----------
    game : DifferentiableGame
    index : int
        From 0, among all players' coordinates.

    Examples
    --------
    >>> import gametools as gt
    >>> coordinate_label(gt.ProbabilityGame(gt.named_game("chicken")), 1)
    "player 2's probability of action 1"
    >>> coordinate_label(gt.QuadraticGame([[1, 10], [-10, 1]]), 0)
    "player 1's parameter"
    >>> coordinate_label(gt.named_differentiable_game("iterated_prisoners_dilemma"), 7)
    "player 2's parameter 3"
    """
    player = int(np.searchsorted(np.cumsum(game.dims), index, side="right"))
    own = index - sum(game.dims[:player])
    # Counted from 1, as players and actions are.
    parameter = "parameter" if game.dims[player] == 1 else f"parameter {own + 1}"
    what = {
        ProbabilityGame: "probability of action 1",
        SigmoidGame: "logit of action 1",
        SimplexGame: f"probability of action {own + 1}",
        SoftmaxGame: f"logit of action {own + 1}",
    }.get(type(game), parameter)
    return f"player {player + 1}'s {what}"


def frame_plane(ax: Axes, field: VectorField) -> None:
    """Set labels, limits and aspect: a probability square is drawn as a square."""
    label_plane(ax, field)
    frame_box(ax, field.game, (field.x[0], field.x[-1]), (field.y[0], field.y[-1]))


def frame_box(
    ax: Axes, game: DifferentiableGame, x: tuple[float, float], y: tuple[float, float]
) -> None:
    """Set limits a little wider than two ranges; equal units where both are probabilities."""
    wide, high = MARGIN * (x[1] - x[0]), MARGIN * (y[1] - y[0])
    ax.set_xlim(x[0] - wide, x[1] + wide)
    ax.set_ylim(y[0] - high, y[1] + high)
    shape = (y[1] - y[0]) / (x[1] - x[0])
    if np.isclose(shape, 1) or (isinstance(game.domain, Box) and 1 / 3 < shape < 3):
        ax.set_aspect("equal", adjustable="box")


def arrow_look(side: int) -> dict[str, Any]:
    """Return the look of arrows in the data's units, `side` of them along the longer side."""
    return {
        "angles": "xy",
        "scale_units": "xy",
        "scale": 1.0,
        "width": 0.0036 * min(1.0, DENSE / side),
        "headwidth": 4.5,
        "headlength": 5.0,
        "headaxislength": 4.2,
    }


def add_arrows(ax: Axes, *where: Any, **keywords: Any) -> Quiver:
    """Add a quiver that a legend shows as an arrow; otherwise as ``Axes.quiver``."""
    from gametools.plotting.arrows import NamedQuiver

    quiver = NamedQuiver(ax, *where, **keywords)
    ax.add_collection(quiver)
    ax.autoscale_view()
    return quiver


def _draw_arrows(
    field: VectorField, ax: Axes, colour: str | None, keywords: dict[str, Any]
) -> Quiver:
    """Draw arrows that point where the field points on the plane, in its own units."""
    across, up = np.diff(field.x).mean(), np.diff(field.y).mean()
    length = np.hypot(field.u / across, field.v / up)  # in cells
    longest = length if colour is not None else np.nanmax(length, initial=0.0)
    factor = ARROW / np.where(np.broadcast_to(longest, length.shape) > 0, longest, 1.0)
    u, v = factor * field.u, factor * field.v
    still = length <= 1e-9 * np.nanmax(length, initial=0.0)
    u[still], v[still] = np.nan, np.nan  # no arrow where the direction is rounding
    look = arrow_look(max(length.shape)) | {"pivot": "mid"}
    where = (field.x, field.y, np.ma.masked_invalid(u), np.ma.masked_invalid(v))
    if colour is None:
        return add_arrows(ax, *where, **{"color": ink(0.55)} | look | keywords)
    return add_arrows(ax, *where, field.speed, **{"cmap": speed_colours()} | look | keywords)


def _name_in_legend(ax: Axes, contour: QuadContourSet, label: str) -> None:
    """Add an empty line that looks like a contour, since legends know no contours."""
    colour, width = contour.get_edgecolor()[0], float(np.ravel(contour.get_linewidth())[0])
    ax.plot(
        [], [], color=colour, linewidth=width, linestyle=contour.get_linestyle()[0], label=label
    )
