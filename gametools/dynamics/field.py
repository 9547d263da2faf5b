"""Which way learners go: directions on a plane through the space of points, or on a simplex."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from gametools.dynamics.directions import directions_at
from gametools.dynamics.rule import Array, UpdateRule
from gametools.games.differentiable import Box, DifferentiableGame, Simplex
from gametools.games.domains import Domain, blocks
from gametools.games.normal_form import NormalFormGame
from gametools.games.policy_space import as_differentiable
from gametools.validation import count, finite_array, generator

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "SimplexField",
    "VectorField",
    "checked_plane",
    "is_symmetric_play",
    "simplex_field",
    "vector_field",
]

_ALIKE = 1e-9
"""Symmetric players' gradients differ by no more than this share of the largest one."""


@dataclass(frozen=True, eq=False, repr=False)
class VectorField:
    """Directions on a grid over a plane.

    Attributes
    ----------
    points : array, shape ``(rows, cols, d)``
        Rows go up coordinate `j`, columns along coordinate `i`; the others stay.
    directions : array, shape ``(rows, cols, d)``
        Minus the gradient, as far as the domain allows; or a rule's displacement.
    losses : array, shape ``(rows, cols, n)``
        Every player's loss.
    plane : tuple of int
        The two coordinates ``(i, j)``.
    x, y : arrays, shapes ``(cols,)`` and ``(rows,)``
        Their values.
    rule : UpdateRule or None
    game : DifferentiableGame
    free : array, shape ``(rows, cols, d)``
        `directions` as they would be if the domain had no boundary; NaN where that is not known:
        where a rule does not move a coordinate off its bound. What nullclines are drawn from.
    """

    points: Array
    directions: Array
    losses: Array
    plane: tuple[int, int]
    x: Array
    y: Array
    rule: UpdateRule | None
    game: DifferentiableGame
    free: Array

    @property
    def u(self) -> Array:
        """Component along the columns' coordinate, shape ``(rows, cols)``."""
        return self.directions[..., self.plane[0]]

    @property
    def v(self) -> Array:
        """Component along the rows' coordinate, shape ``(rows, cols)``."""
        return self.directions[..., self.plane[1]]

    @property
    def speed(self) -> Array:
        """Length of the component in the plane, shape ``(rows, cols)``."""
        return np.hypot(self.u, self.v)

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each point: x0, ..., direction0, ..., loss0, ..., speed."""
        import pandas as pd

        columns = {
            f"{name}{k}": values[..., k].ravel()
            for name, values in (
                ("x", self.points),
                ("direction", self.directions),
                ("loss", self.losses),
            )
            for k in range(values.shape[-1])
        }
        return pd.DataFrame(columns | {"speed": self.speed.ravel()})

    def __repr__(self) -> str:
        rows, cols = self.speed.shape
        what = "gradient flow" if self.rule is None else repr(self.rule)
        i, j = self.plane
        return f"VectorField({rows}x{cols} points over x{i}, x{j}: {what} on {self.game!r})"


@dataclass(frozen=True, eq=False, repr=False)
class SimplexField:
    """Directions on a triangular lattice over one player's mixed strategies.

    Attributes
    ----------
    points : array, shape ``(N, 3)``
        Mixed strategies (barycentric coordinates), the vertices included.
    directions : array, shape ``(N, 3)``
        How the strategy changes; entries add up to 0.
    losses : array, shape ``(N, n)``
        Every player's loss.
    player : int
    symmetric : bool
        Whether all players play the same strategy: the view of one population.
    at : array, shape ``(d,)``, or None
        What the others play; None if they play the same.
    rule : UpdateRule or None
    game : DifferentiableGame
    """

    points: Array
    directions: Array
    losses: Array
    player: int
    symmetric: bool
    at: Array | None
    rule: UpdateRule | None
    game: DifferentiableGame

    @property
    def speed(self) -> Array:
        """Length of the directions, shape ``(N,)``."""
        return np.asarray(np.linalg.norm(self.directions, axis=-1))

    def __repr__(self) -> str:
        who = "one population" if self.symmetric else f"player {self.player + 1}"
        what = "gradient flow" if self.rule is None else repr(self.rule)
        return f"SimplexField({len(self.points)} points, {who}: {what} on {self.game!r})"


def vector_field(
    game: NormalFormGame | DifferentiableGame,
    rule: UpdateRule | None = None,
    *,
    shape: Sequence[int] = (20, 20),
    plane: Sequence[int] | None = None,
    bounds: ArrayLike | None = None,
    at: ArrayLike | None = None,
    rng: int | np.random.Generator | None = None,
) -> VectorField:
    """Return which way learners go from each point of a grid.

    Parameters
    ----------
    game : NormalFormGame or DifferentiableGame
        A single game, played in a box or in the whole space.
    rule : UpdateRule, optional
        Directions are the displacement ``next - x`` of its first update, not divided by anything.
        Without a rule they are those of gradient flow.
    shape : sequence of int, ``(rows, cols)``
        Points along the second and the first coordinate of the plane, at least 2 each.
    plane : sequence of int, ``(i, j)``, optional
        The two coordinates that vary; the first two by default.
    bounds : array_like, shape ``(2, 2)``, optional
        ``((low_i, high_i), (low_j, high_j))``; by default the sides of a box, and (-1, 1) in the
        whole space.
    at : array_like, shape ``(d,)``, optional
        Where the other coordinates stay; by default in the middle of a box, at 0 in the whole
        space. Entries i and j do not matter.
    rng : int, numpy.random.Generator or None
        Seed or generator of rules that draw.

    Returns
    -------
    VectorField

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit, or the game is NaN or infinite at a point.

    Notes
    -----
    Gradient flow is minus the simultaneous gradient, what players with infinitesimal steps
    follow. At the boundary it is projected onto the tangent cone of the domain (Nagurney and
    Zhang 1996, chapter 2; nothing differs): a coordinate at its bound that would leave stays.

    Examples
    --------
    Matching pennies goes round its equilibrium:

    >>> import gametools as gt
    >>> field = gt.vector_field(gt.named_game("matching_pennies"), shape=(3, 3))
    >>> field.u                       # player 1 imitates: up with q above one half
    array([[ 0., -2., -2.],
           [ 0.,  0.,  0.],
           [ 2.,  2.,  0.]])
    >>> field.v                       # player 2 does the opposite
    array([[ 2.,  0.,  0.],
           [ 2.,  0., -2.],
           [ 0.,  0., -2.]])
    """
    play = _single(game)
    if isinstance(play.domain, Simplex):
        raise ValueError(
            "`game` must be played in a box or in the whole space; got mixed strategies of "
            f"{play.dims} actions: use `simplex_field`."
        )
    i, j = checked_plane((0, 1) if plane is None else plane, sum(play.dims))
    rows, cols = (count("shape", size, at_least=2) for size in _pair("shape", shape))
    (left, right), (low, high) = _window(play.domain, (i, j), sum(play.dims), bounds)
    x, y = np.linspace(left, right, cols), np.linspace(low, high, rows)
    points = np.empty((rows, cols, sum(play.dims)))
    points[...] = _base(play, at, (i, j))
    points[..., i], points[..., j] = x, y[:, None]
    flat = np.asfortranarray(points.reshape(-1, points.shape[-1]))
    found = directions_at(play, flat, rule, generator(rng))
    directions, free = (array.reshape(points.shape) for array in found)
    losses = np.asarray(play.losses(flat)).reshape(rows, cols, -1)
    return VectorField(points, directions, losses, (i, j), x, y, rule, play, free)


def simplex_field(
    game: NormalFormGame | DifferentiableGame,
    player: int = 0,
    *,
    resolution: int = 20,
    at: ArrayLike | None = None,
    symmetric: bool = False,
    rule: UpdateRule | None = None,
    rng: int | np.random.Generator | None = None,
) -> SimplexField:
    """Return which way a player with three actions goes from a lattice of mixed strategies.

    Parameters
    ----------
    game : NormalFormGame or DifferentiableGame
        A single game played in mixed strategies.
    player : int
        Who moves, from 0; has three actions.
    resolution : int
        Steps along a side, at least 1: the lattice has ``(resolution + 1)(resolution + 2) / 2``
        points.
    at : array_like, shape ``(d,)``, optional
        What the others play: all mixed strategies side by side, of which the player's own does
        not matter. Evenly mixed by default.
    symmetric : bool
        Instead, all players play the same strategy, as in one population; the game must be
        symmetric.
    rule : UpdateRule, optional
        As in `vector_field`.
    rng : int, numpy.random.Generator or None
        Seed or generator of rules that draw.

    Returns
    -------
    SimplexField

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit, players of a `symmetric` view are not alike, or the game is
        NaN or infinite at a point.

    Notes
    -----
    Without a rule this is the projection dynamic (Sandholm 2010, section 6.3), on the boundary
    too; nothing differs. For the replicator's field give `Replicator` with a small step.

    Examples
    --------
    Where only rock and paper are played, and alike, paper gains what rock loses:

    >>> import gametools as gt
    >>> game = gt.named_game("rock_paper_scissors")
    >>> field = gt.simplex_field(game, resolution=2, symmetric=True)
    >>> field.points[4], field.directions[4]
    (array([0.5, 0.5, 0. ]), array([-0.5,  0.5,  0. ]))
    """
    play = _single(game)
    if not isinstance(play.domain, Simplex):
        raise ValueError(f"`game` must be played in mixed strategies; got {play!r}.")
    who = count("player", player)
    if who >= len(play.dims) or play.dims[who] != 3:
        raise ValueError(f"`player` must have three actions; got {player} of {play.dims}.")
    lattice = _lattice(count("resolution", resolution, at_least=1))
    if symmetric and at is not None:
        raise ValueError("`at` and `symmetric` exclude each other; give one of them.")
    base: Array | None = None
    if symmetric:
        if not is_symmetric_play(play):
            raise ValueError("`symmetric` needs players who are alike; these are not.")
        flat = np.tile(lattice, len(play.dims))
    else:
        base = _base(play, at, range(*blocks(play.dims)[who].indices(sum(play.dims))))
        flat = np.tile(base, (len(lattice), 1))
        flat[:, blocks(play.dims)[who]] = lattice
    flat = np.asfortranarray(flat)
    directions = directions_at(play, flat, rule, generator(rng))[0][:, blocks(play.dims)[who]]
    losses = np.asarray(play.losses(flat))
    return SimplexField(lattice, directions, losses, who, bool(symmetric), base, rule, play)


def is_symmetric_play(game: NormalFormGame | DifferentiableGame) -> bool:
    """Return whether players with three actions who play the same strategy learn the same.

    True for a symmetric game played in mixed strategies; the test looks at all gradients over a
    lattice of strategies.
    """
    play = _single(game)
    if not isinstance(play.domain, Simplex) or set(play.dims) != {3}:
        return False
    lattice = _lattice(max(6, len(play.dims)))
    slopes = np.asarray(play.gradient(np.asfortranarray(np.tile(lattice, len(play.dims)))))
    slopes = slopes.reshape(len(lattice), len(play.dims), 3)
    largest = np.abs(slopes).max()
    return bool((np.abs(slopes - slopes[:, :1]) <= _ALIKE * largest).all())


def checked_plane(plane: Sequence[int], d: int) -> tuple[int, int]:
    """Return two different coordinates out of d, or raise an error."""
    i, j = (count("plane", k) for k in _pair("plane", plane))
    if i == j or max(i, j) >= d:
        raise ValueError(f"`plane` must be two different coordinates below {d}; got {(i, j)}.")
    return i, j


def _pair(name: str, value: Sequence[int]) -> Sequence[int]:
    if np.shape(value) != (2,):
        raise ValueError(f"`{name}` must be two whole numbers; got {value!r}.")
    return value


def _single(game: NormalFormGame | DifferentiableGame) -> DifferentiableGame:
    play = as_differentiable(game)
    if play.batch_shape:
        raise ValueError(f"`game` must be a single game; got a batch {play.batch_shape}.")
    return play


def _lattice(resolution: int) -> Array:
    """All points of the simplex whose entries are multiples of ``1 / resolution``."""
    first, second = np.divmod(np.arange((resolution + 1) ** 2), resolution + 1)
    inside = first + second <= resolution
    first, second = first[inside], second[inside]
    return np.stack([first, second, resolution - first - second], axis=-1) / resolution


def _window(domain: Domain, plane: tuple[int, int], d: int, bounds: ArrayLike | None) -> Array:
    """Return the ranges of the two coordinates, shape ``(2, 2)``."""
    sides = np.tile([-np.inf, np.inf], (2, 1))
    if isinstance(domain, Box):
        both = (np.broadcast_to(domain.low, d), np.broadcast_to(domain.high, d))
        sides = np.stack(both, axis=-1)[list(plane)]
    if bounds is None:
        found = sides if isinstance(domain, Box) else np.tile([-1.0, 1.0], (2, 1))
        if not np.isfinite(found).all():
            raise ValueError("`bounds` must be given: the domain of the game has no end.")
        return found
    found = finite_array("bounds", bounds)
    if found.shape != (2, 2) or not (found[:, 0] < found[:, 1]).all():
        raise ValueError(
            f"`bounds` must be ((low, high), (low, high)), low < high; got {found.tolist()}."
        )
    if (found[:, 0] < sides[:, 0]).any() or (found[:, 1] > sides[:, 1]).any():
        raise ValueError(f"`bounds` must lie in {domain}; got {found.tolist()}.")
    return found


def _base(game: DifferentiableGame, at: ArrayLike | None, moving: Sequence[int]) -> Array:
    """Return the point through which the plane goes, by default the middle of the domain."""
    d, domain = sum(game.dims), game.domain
    if isinstance(domain, Simplex):
        middle = np.concatenate([np.full(k, 1 / k) for k in game.dims])
    else:
        middle = np.zeros(d)
        if isinstance(domain, Box):
            low, high = np.broadcast_to(domain.low, d), np.broadcast_to(domain.high, d)
            ends = np.isfinite(low) & np.isfinite(high)
            middle[ends] = (low[ends] + high[ends]) / 2
        middle = np.asarray(domain.project(middle))
    if at is None:
        return middle
    point = np.array(finite_array("at", at))
    if point.shape != (d,):
        raise ValueError(f"`at` must have shape ({d},); got {point.shape}.")
    point[list(moving)] = middle[list(moving)]
    if not domain.contains(point):
        raise ValueError(f"`at` must lie in {domain}; got {np.asarray(at).tolist()}.")
    return point
