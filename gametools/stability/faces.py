"""Where a point touches the boundary of its domain, and which directions that leaves free."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gametools.games.differentiable import Box, DifferentiableGame, Euclidean, Simplex
from gametools.games.domains import Domain, blocks
from gametools.games.well_formed import require_well_formed
from gametools.stability.kinds import KIND_MARGIN
from gametools.validation import finite_array

__all__ = [
    "TOUCH",
    "Contact",
    "contact",
    "faces",
    "inside",
    "open_directions",
    "player_of",
    "require_known",
    "room",
    "tangent",
]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

TOUCH = 1e-9
"""A coordinate this close to its bound, relative to the width, lies on it."""
DIFFERENCE = 1e-3
"""Longest step of numerical differences."""


@dataclass(frozen=True, eq=False)
class Contact:
    """How points touch the boundary.

    Attributes
    ----------
    touches : bool array, shape ``(N, d)``
        Coordinates at a bound.
    strict : bool array, shape ``(N, d)``
        Those that the gradient presses against it, by more than `KIND_MARGIN` of the scale.
    residual : array, shape ``(N,)``
        Largest entry of the projected gradient: 0 at a fixed point.
    pressure : array, shape ``(N,)``
        Smallest push of a coordinate that is strict; inf without one.
    """

    touches: Mask
    strict: Mask
    residual: Array
    pressure: Array


def require_known(domain: Domain) -> None:
    """Raise a TypeError unless the faces of `domain` are known."""
    if not isinstance(domain, Euclidean | Box | Simplex):
        raise TypeError(
            "`game.domain` must be Euclidean, Box or Simplex, whose faces are known; "
            f"got {domain!r}."
        )


def player_of(game: DifferentiableGame) -> NDArray[np.intp]:
    """Return the player that owns each coordinate, shape ``(d,)``."""
    return np.repeat(np.arange(len(game.dims)), game.dims)


def inside(game: DifferentiableGame, x: ArrayLike, name: str) -> Array:
    """Return points with what lies within `TOUCH` of the domain moved into it, or raise an error.

    Raises
    ------
    TypeError, ValueError
        If the points are not finite, have another number of coordinates, or lie outside; or a
        method of the game returns a wrong shape.
    """
    point = finite_array(name, x)
    d = sum(game.dims)
    if point.ndim == 0 or point.shape[-1] != d:
        raise ValueError(f"`{name}` must have shape (*batch, {d}); got {point.shape}.")
    near = game.domain.project(np.array(point))
    off = np.abs(near - point).max(axis=-1, initial=0.0)
    outside = off > TOUCH * (1 + np.abs(point).max(axis=-1, initial=0.0))
    if outside.any():
        where = point[outside][0] if point.ndim > 1 else point
        raise ValueError(f"`{name}` must lie in {game.domain}; got {where.tolist()}.")
    # The points are about to be a flat batch, whatever shape they have here.
    require_well_formed(game, near.reshape(-1, d))
    return near


def contact(game: DifferentiableGame, x: Array, xi: Array, scale: Array) -> Contact:
    """Return how points touch the boundary, and how the gradient presses them there.

    Parameters
    ----------
    game : DifferentiableGame
    x, xi : arrays, shape ``(N, d)``
        Points and their simultaneous gradients.
    scale : array, shape ``(N,)``
        Size of the game's gradients.
    """
    require_known(game.domain)
    push = np.zeros_like(x)
    touches = np.zeros(x.shape, dtype=np.bool_)
    level = np.zeros_like(x)
    if isinstance(game.domain, Box):
        width = np.asarray(game.domain.high) - np.asarray(game.domain.low)
        low = x - game.domain.low <= TOUCH * width
        high = game.domain.high - x <= TOUCH * width
        touches = low | high
        push = np.where(low, xi, np.where(high, -xi, 0.0))
    elif isinstance(game.domain, Simplex):
        touches = x <= TOUCH
        for block in blocks(game.dims):
            used = ~touches[:, block]
            mean = (xi[:, block] * used).sum(axis=-1) / np.maximum(used.sum(axis=-1), 1)
            level[:, block] = mean[:, None]
        push = xi - level
    free = np.where(touches, 0.0, np.abs(xi - level))
    residual = np.maximum(free, np.where(touches, np.maximum(-push, 0.0), 0.0)).max(axis=-1)
    strict = touches & (push > KIND_MARGIN * scale[:, None])
    pressure = np.where(strict, push, np.inf).min(axis=-1)
    return Contact(touches, strict, residual, pressure)


def faces(pattern: Mask) -> Iterator[tuple[Mask, NDArray[np.intp]]]:
    """Yield each different row of `pattern` with the indices of the points that have it."""
    if not len(pattern):
        return
    if (pattern == pattern[0]).all():
        yield pattern[0], np.arange(len(pattern))
        return
    rows, group = np.unique(pattern, axis=0, return_inverse=True)
    for k, row in enumerate(rows):
        yield row, np.flatnonzero(group.ravel() == k)


def tangent(game: DifferentiableGame, removed: Mask) -> tuple[Array, NDArray[np.intp]]:
    """Return an orthonormal basis of the directions that keep the `removed` coordinates.

    Returns
    -------
    basis : array, shape ``(d, k)``
        One direction a column, each moving one player.
    player : int array, shape ``(k,)``
        The player that each column moves.
    """
    d = len(removed)
    if not isinstance(game.domain, Simplex):
        return np.eye(d)[:, ~removed], player_of(game)[~removed]
    columns, players = [], []
    for i, block in enumerate(blocks(game.dims)):
        kept = block.start + np.flatnonzero(~removed[block])
        for k in range(1, len(kept)):  # Helmert's contrasts: orthonormal, each sums to 0
            column = np.zeros(d)
            column[kept[:k]], column[kept[k]] = 1.0, -float(k)
            columns.append(column / np.sqrt(k * (k + 1.0)))
            players.append(i)
    basis = np.array(columns).reshape(-1, d).T
    return basis, np.array(players, dtype=np.intp)


def open_directions(game: DifferentiableGame, x: Array, touches: Mask) -> tuple[Array, Mask]:
    """Return directions that span the domain at `x`, and which of them go one way only.

    Returns
    -------
    directions : array, shape ``(m, N, d)``
        First those along the face, then one off each bound, inwards.
    one_sided : bool array, shape ``(m,)``
    """
    n, d = x.shape
    basis, _ = tangent(game, touches)
    inwards = []
    owner = player_of(game)
    for k in np.flatnonzero(touches):
        direction = np.zeros((n, d))
        direction[:, k] = 1.0
        if isinstance(game.domain, Simplex):
            used = np.flatnonzero((owner == owner[k]) & ~touches)
            direction[np.arange(n), used[x[:, used].argmax(axis=-1)]] = -1.0
        elif isinstance(game.domain, Box):
            low, high = (
                np.broadcast_to(game.domain.low, d)[k],
                np.broadcast_to(game.domain.high, d)[k],
            )
            direction[:, k] = np.where(x[:, k] > (low + high) / 2, -1.0, 1.0)
        inwards.append(direction)
    along = np.broadcast_to(basis.T[:, None, :], (basis.shape[1], n, d))
    directions = np.concatenate([along, np.array(inwards).reshape(-1, n, d)])
    one_sided = np.arange(len(directions)) >= basis.shape[1]
    return directions, one_sided


def room(game: DifferentiableGame, x: Array, touches: Mask) -> Array:
    """Return the longest step of differences that stays in the domain, shape ``(N,)``."""
    room = np.full(len(x), 4.0)
    if isinstance(game.domain, Box | Simplex):
        low = game.domain.low if isinstance(game.domain, Box) else 0.0
        high = game.domain.high if isinstance(game.domain, Box) else np.inf
        free = np.minimum(x - low, high - x)[:, ~touches]
        room = np.minimum(room, free.min(axis=-1, initial=4.0))
    return np.minimum(DIFFERENCE, room / 6)
