"""Three actions: a triangle of mixed strategies, and what moves in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from gametools.games.differentiable import Array
from gametools.games.domains import SUM_TOLERANCE, blocks
from gametools.plotting.fields import ARROW, add_arrows, arrow_look
from gametools.plotting.style import KIND_MARKERS, ink, kind_marker, speed_colours
from gametools.stability.fixed_point import FixedPoint
from gametools.stability.search import FixedPointSearch
from gametools.validation import choice, count, finite_array

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from matplotlib.lines import Line2D
    from matplotlib.quiver import Quiver

    from gametools.dynamics.field import SimplexField

__all__ = [
    "plot_simplex",
    "plot_simplex_field",
    "plot_simplex_fixed_points",
    "plot_simplex_trajectory",
    "simplex_to_plane",
]

STILL = 1e-9
"""An arrow shorter than this share of the longest one is not drawn."""
_CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(3) / 2]])


def simplex_to_plane(values: ArrayLike) -> Array:
    """Return where mixed strategies, or directions between them, lie in the drawn triangle.

    Parameters
    ----------
    values : array_like, shape ``(*batch, 3)``
        Barycentric coordinates. The first action is the lower left corner (0, 0), the second the
        lower right one (1, 0), the third the top; sides have length 1.

    Returns
    -------
    array, shape ``(*batch, 2)``

    Examples
    --------
    >>> from gametools.plotting.simplex import simplex_to_plane
    >>> simplex_to_plane([1 / 3, 1 / 3, 1 / 3]).round(3)
    array([0.5  , 0.289])
    """
    barycentric = finite_array("values", values)
    if barycentric.ndim == 0 or barycentric.shape[-1] != 3:
        raise ValueError(f"`values` must have shape (*batch, 3); got {barycentric.shape}.")
    return np.asarray(barycentric @ _CORNERS)


def plot_simplex(
    ax: Axes | None = None,
    *,
    labels: Sequence[str] = ("action 1", "action 2", "action 3"),
    text_keywords: dict[str, Any] | None = None,
    **line_keywords: Any,
) -> list[Artist]:
    """Draw the triangle of mixed strategies over three actions, its corners labelled.

    Parameters
    ----------
    ax : matplotlib Axes, optional
        Where to draw; the current Axes by default. Its frame and ticks are switched off.
    labels : sequence of three str
        Names of the actions: lower left, lower right, top.
    text_keywords : dict, optional
        Passed to ``Axes.annotate`` for the names.
    **line_keywords
        Passed to ``Axes.plot`` for the sides.

    Returns
    -------
    list of Artist
        The triangle and the three names.

    Raises
    ------
    ValueError
        If there are not three labels.

    Examples
    --------
    >>> from gametools.plotting.simplex import plot_simplex
    >>> triangle, *names = plot_simplex(labels=["rock", "paper", "scissors"])
    >>> [name.get_text() for name in names]
    ['rock', 'paper', 'scissors']
    """
    if isinstance(labels, str) or len(labels) != 3:
        raise ValueError(f"`labels` must be three names of actions; got {labels!r}.")
    import matplotlib.pyplot as plt

    axes = plt.gca() if ax is None else ax
    look: dict[str, Any] = {"color": ink(), "linewidth": 1.0, "zorder": 1.5}
    closed = _CORNERS[[0, 1, 2, 0]]
    drawn: list[Artist] = list(axes.plot(*closed.T, **look | line_keywords))
    places = ((0, -5, "center", "top"), (0, -5, "center", "top"), (0, 5, "center", "bottom"))
    for name, corner, (right, up, ha, va) in zip(labels, _CORNERS, places, strict=True):
        text = {"textcoords": "offset points", "ha": ha, "va": va} | (text_keywords or {})
        drawn.append(axes.annotate(name, corner, (right, up), **text))
    axes.set_aspect("equal")
    axes.set_axis_off()
    return drawn


def plot_simplex_field(
    field: SimplexField,
    ax: Axes | None = None,
    *,
    colour: str | None = "speed",
    **quiver_keywords: Any,
) -> Quiver:
    """Draw which way a mixed strategy over three actions goes, as arrows in the triangle.

    Parameters
    ----------
    field : SimplexField
        As of `gametools.dynamics.field.simplex_field`.
    ax : matplotlib Axes, optional
        Where to draw; the current Axes by default. `plot_simplex` draws the triangle.
    colour : {"speed", None}
        "speed": arrows of one length, coloured by speed (for a colour bar, pass what is
        returned); None: arrows as long as the speed, in one colour.
    **quiver_keywords
        Passed to ``Axes.quiver``, over the package's style.

    Returns
    -------
    Quiver
        No arrow where nothing moves.

    Examples
    --------
    >>> import gametools as gt
    >>> from gametools.dynamics.field import simplex_field
    >>> from gametools.plotting.simplex import plot_simplex, plot_simplex_field
    >>> game = gt.named_game("rock_paper_scissors")
    >>> _ = plot_simplex()
    >>> len(plot_simplex_field(simplex_field(game, resolution=4, symmetric=True)).U)
    15
    """
    if colour is not None:
        choice("colour", colour, ("speed",))
    import matplotlib.pyplot as plt

    axes = plt.gca() if ax is None else ax
    # Where the speed is no more than rounding, so is the direction.
    moving = field.speed > STILL * field.speed.max(initial=0.0)
    speed = field.speed[moving]
    tail, arrow = simplex_to_plane(field.points[moving]), simplex_to_plane(field.directions[moving])
    # A side is sqrt(2) long in barycentric coordinates and 1 in the plane.
    length = (speed if colour else speed.max(initial=0.0)) / np.sqrt(2)
    cell = 2 / (np.sqrt(8 * len(field.points) + 1) - 3)  # of the lattice, on a side of length 1
    u, v = (ARROW * cell * arrow / np.expand_dims(length, -1)).T
    # From its tail an arrow stays in the triangle, being shorter than the distance to a side.
    look = arrow_look(round(1 / cell)) | {"pivot": "tail"}
    colouring: dict[str, Any] = {"cmap": speed_colours()} if colour else {"color": ink(0.55)}
    values = [speed] if colour else []
    quiver = add_arrows(axes, *tail.T, u, v, *values, **colouring | look | quiver_keywords)
    axes.set_aspect("equal")
    return quiver


def plot_simplex_trajectory(
    points: ArrayLike, ax: Axes | None = None, *, label: str | None = None, **line_keywords: Any
) -> list[Line2D]:
    """Draw a path of mixed strategies over three actions.

    Parameters
    ----------
    points : array_like, shape ``(T, 3)``
        A player's mixed strategies: of player 1, ``trajectory.points[:, :3]``.
    ax : matplotlib Axes, optional
        Where to draw; the current Axes by default. `plot_simplex` draws the triangle.
    label : str, optional
        For a legend.
    **line_keywords
        Passed to ``Axes.plot`` for the line, over the package's style; its colour is also that of
        the dots.

    Returns
    -------
    list of Line2D
        The line, an open dot at the start, a filled one at the end.

    Raises
    ------
    ValueError
        If `points` are not mixed strategies over three actions.

    Examples
    --------
    >>> import gametools as gt
    >>> from gametools.plotting.simplex import plot_simplex, plot_simplex_trajectory
    >>> path = gt.simulate(gt.named_game("rock_paper_scissors"), gt.dynamics.Replicator(0.1),
    ...                    [0.6, 0.2, 0.2, 0.6, 0.2, 0.2], steps=100)
    >>> _ = plot_simplex()
    >>> line, start, end = plot_simplex_trajectory(path.points[:, :3])
    >>> len(line.get_xdata())
    101
    """
    strategies = finite_array("points", points)
    if strategies.ndim != 2 or strategies.shape[1] != 3 or not len(strategies):
        raise ValueError(f"`points` must have shape (T, 3); got {strategies.shape}.")
    sums = strategies.sum(axis=1)
    if (strategies < 0).any() or (np.abs(sums - 1) > 10 * SUM_TOLERANCE).any():
        worst = strategies[np.argmax(np.abs(sums - 1) - strategies.min(axis=1))]
        raise ValueError(f"`points` must be mixed strategies; got {worst.tolist()}.")
    import matplotlib.pyplot as plt

    axes = plt.gca() if ax is None else ax
    path = simplex_to_plane(strategies)
    look: dict[str, Any] = {"linewidth": 1.3, "zorder": 3, "label": label} | line_keywords
    (line,) = axes.plot(*path.T, **look)
    paper, above = axes.get_facecolor(), line.get_zorder() + 1
    dot: dict[str, Any] = {"marker": "o", "linestyle": "none", "markersize": 5.0}
    dot |= {"color": line.get_color(), "zorder": above, "clip_on": False}
    (start,) = axes.plot(*path[0], markerfacecolor=paper, **dot)
    (end,) = axes.plot(*path[-1], markeredgecolor=paper, **dot)
    axes.set_aspect("equal")
    return [line, start, end]


def plot_simplex_fixed_points(
    points: FixedPoint | FixedPointSearch,
    ax: Axes | None = None,
    *,
    player: int = 0,
    **marker_keywords: Any,
) -> list[PathCollection]:
    """Draw where learning rests, one marker for each kind, in the triangle of one player.

    Parameters
    ----------
    points : FixedPoint or FixedPointSearch
        Points of a game played in mixed strategies.
    ax : matplotlib Axes, optional
        Where to draw; the current Axes by default. `plot_simplex` draws the triangle.
    player : int
        Whose strategies, from 0; has three actions.
    **marker_keywords
        Passed to ``Axes.scatter`` for every kind, over the package's style.

    Returns
    -------
    list of PathCollection
        One for each kind that occurs, labelled with it, in the order of `KIND_MARKERS`.

    Raises
    ------
    ValueError
        If the game has no such player with three actions.

    Examples
    --------
    >>> import gametools as gt
    >>> from gametools.plotting.simplex import plot_simplex, plot_simplex_fixed_points
    >>> found = gt.classify(gt.named_game("rock_paper_scissors"), [1 / 3] * 6)
    >>> _ = plot_simplex()
    >>> [marks.get_label() for marks in plot_simplex_fixed_points(found)]
    ['centre']
    """
    found = points.points if isinstance(points, FixedPointSearch) else points
    sizes = found.game.dims
    who = count("player", player)
    if who >= len(sizes) or sizes[who] != 3:
        raise ValueError(f"`player` must have three actions; got {player} of {sizes}.")
    import matplotlib.pyplot as plt

    axes = plt.gca() if ax is None else ax
    strategies = found.point.reshape(-1, found.point.shape[-1])[:, blocks(sizes)[who]]
    kinds = np.ravel(np.asarray(found.kind, dtype=object))
    drawn: list[PathCollection] = []
    for kind in KIND_MARKERS:
        mine = strategies[np.array([own == kind for own in kinds], dtype=np.bool_)]
        if len(mine):
            look: dict[str, Any] = {"s": 60, "linewidth": 1.0, "zorder": 5, "clip_on": False}
            look |= {"label": str(kind)}
            where = simplex_to_plane(mine)
            drawn.append(axes.scatter(*where.T, **kind_marker(kind) | look | marker_keywords))
    axes.set_aspect("equal")
    return drawn
