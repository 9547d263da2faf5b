"""Products with blocks of the players, which rules of second order and sequential rules share.

Sums run over the last axis of elementwise products, so that a game of a batch gets the same
result, to the last bit, as the same game by itself.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gametools.dynamics.rule import Array
from gametools.games.differentiable import DifferentiableGame

__all__ = ["apply", "apply_transposed", "inner", "off_diagonal", "owners", "per_player", "solve"]


def owners(game: DifferentiableGame) -> NDArray[np.intp]:
    """Return which player owns each parameter, shape ``(d,)``."""
    return np.repeat(np.arange(len(game.dims)), game.dims)


def per_player(game: DifferentiableGame, values: Array) -> Array:
    """Sum the entries of each player's block, ``(*batch, d)`` to ``(*batch, n)``."""
    if set(game.dims) == {1}:
        return values
    starts = np.cumsum((0, *game.dims[:-1]))
    return np.asarray(np.add.reduceat(values, starts, axis=-1))


def off_diagonal(game: DifferentiableGame, jacobian: Array) -> Array:
    """Return the game Jacobian with the players' own blocks set to zero."""
    mine = owners(game)
    return np.where(np.equal.outer(mine, mine), 0.0, jacobian)


def apply(matrix: Array, vector: Array) -> Array:
    """Return ``matrix @ vector`` for every game, shape ``(*batch, d)``."""
    return np.asarray((matrix * vector[..., None, :]).sum(axis=-1))


def apply_transposed(matrix: Array, vector: Array) -> Array:
    """Return ``matrix.T @ vector`` for every game, shape ``(*batch, d)``."""
    return apply(np.swapaxes(matrix, -1, -2), vector)


def inner(first: Array, second: Array) -> Array:
    """Return the inner product of two vectors for every game, shape ``(*batch, 1)``."""
    return np.asarray((first * second).sum(axis=-1, keepdims=True))


def solve(matrix: Array, vector: Array) -> Array:
    """Return the solution of ``matrix @ y = vector`` for every game; NaN where there is none."""
    shape = np.broadcast_shapes(matrix.shape[:-1], vector.shape)
    systems = np.broadcast_to(matrix, (*shape, shape[-1])).reshape(-1, shape[-1], shape[-1])
    sides = np.broadcast_to(vector, shape).reshape(-1, shape[-1])
    try:
        found = np.linalg.solve(systems, sides[..., None])[..., 0]
    except np.linalg.LinAlgError:
        found = np.full(sides.shape, np.nan)
        for k, (system, side) in enumerate(zip(systems, sides, strict=True)):
            try:
                found[k] = np.linalg.solve(system, side)
            except np.linalg.LinAlgError:
                continue  # a singular system stays NaN, which a simulation reports
    return np.asarray(found.reshape(shape), dtype=np.float64)
