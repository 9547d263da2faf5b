"""Where parameters live: the whole space, a box, a product of simplices."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gametools.validation import count

__all__ = ["SUM_TOLERANCE", "Box", "Domain", "Euclidean", "Simplex", "as_points", "blocks"]

Array = NDArray[np.float64]

SUM_TOLERANCE = 1e-9
"""How far from 1 the entries of a player may add up to in a point of a `Simplex`."""


class Domain(Protocol):
    """Where the parameters of a game live: a closed convex set with a projection."""

    def project(self, x: Array) -> Array:
        """Return the nearest points of the set, shape as `x`."""
        ...

    def contains(self, x: Array) -> NDArray[np.bool_]:
        """Return which points lie in the set, shape ``(*batch,)``."""
        ...


@dataclass(frozen=True)
class Euclidean:
    """The whole space."""

    def project(self, x: Array) -> Array:
        """Return `x` itself."""
        return x

    def contains(self, x: Array) -> NDArray[np.bool_]:
        """Return True for every point without NaN or infinity."""
        return np.asarray(np.isfinite(x).all(axis=-1))


@dataclass(frozen=True)
class Box:
    """All points with every coordinate between `low` and `high`."""

    low: float = 0.0
    high: float = 1.0

    def project(self, x: Array) -> Array:
        """Return `x` clipped to the box (NaN stays NaN)."""
        return np.minimum(np.maximum(x, self.low), self.high)

    def contains(self, x: Array) -> NDArray[np.bool_]:
        """Return which points lie in the box, the boundary included."""
        return np.asarray(((x >= self.low) & (x <= self.high)).all(axis=-1))


@dataclass(frozen=True)
class Simplex:
    """A probability simplex for each player, side by side: mixed strategies.

    Parameters
    ----------
    sizes : iterable of int
        Number of actions of each player; a point has shape ``(*batch, sum(sizes))``.

    Raises
    ------
    TypeError, ValueError
        If a size is not a whole number of at least 1.

    Notes
    -----
    Source of the projection: Held, Wolfe and Crowder (1974), by sorting; nothing differs. Two
    actions need no sorting. `contains` takes no negative entry, and sums within `SUM_TOLERANCE`.

    Examples
    --------
    >>> import numpy as np, gametools as gt
    >>> domain = gt.games.Simplex((3, 2))
    >>> domain.project(np.array([0.9, 0.5, -0.3, 2.0, 0.0]))
    array([0.7, 0.3, 0. , 1. , 0. ])
    >>> domain.tangent.shape            # five coordinates, three directions
    (5, 3)
    """

    sizes: tuple[int, ...]

    def __init__(self, sizes: Iterable[int]) -> None:
        checked = tuple(count("sizes", size, at_least=1) for size in sizes)
        object.__setattr__(self, "sizes", checked)

    def project(self, x: Array) -> Array:
        """Return the nearest points of the simplices, shape as `x` (NaN spreads to its block)."""
        point = np.asarray(x, dtype=np.float64)
        nearest = np.empty_like(point)
        for block in blocks(self.sizes):
            nearest[..., block] = _project_block(point[..., block])
        return nearest

    def contains(self, x: Array) -> NDArray[np.bool_]:
        """Return which points lie in the simplices, the boundary included."""
        inside = np.asarray((x >= 0).all(axis=-1))
        for block in blocks(self.sizes):
            inside = inside & (np.abs(x[..., block].sum(axis=-1) - 1) <= SUM_TOLERANCE)
        return np.asarray(inside)

    @cached_property
    def tangent(self) -> Array:
        """Orthonormal directions in which every player's sum stays, shape ``(d, d - n)``.

        A derivative in them is ``gradient @ tangent``, a second one
        ``tangent.T @ jacobian @ tangent``.
        """
        d, n = sum(self.sizes), len(self.sizes)
        basis = np.zeros((d, d - n))
        for player, block in enumerate(blocks(self.sizes)):
            first, last = block.start - player, block.stop - player - 1
            basis[block, first:last] = _helmert(block.stop - block.start)
        basis.flags.writeable = False
        return basis


def blocks(sizes: Iterable[int]) -> list[slice]:
    """Where each player's coordinates lie, one slice for each."""
    edges = [0, *itertools.accumulate(sizes)]
    return [slice(low, high) for low, high in itertools.pairwise(edges)]


def as_points(x: ArrayLike, d: int) -> Array:
    """Return `x` as points of shape ``(*batch, d)``, or raise an error."""
    point = np.asarray(x, dtype=np.float64)
    if point.ndim == 0 or point.shape[-1] != d:
        raise ValueError(f"a point must have shape (*batch, {d}); got {point.shape}.")
    return point


def _project_block(v: Array) -> Array:
    """Project the last axis onto one simplex."""
    size = v.shape[-1]
    if size == 1:
        return np.where(np.isnan(v), v, 1.0)
    if size == 2:
        first = np.minimum(np.maximum((v[..., 0] - v[..., 1] + 1) / 2, 0.0), 1.0)
        return np.stack([first, 1 - first], axis=-1)
    v = v - _largest(v)[..., None]  # large entries would swallow the 1 below
    falling = -np.moveaxis(np.sort(-v, axis=-1), -1, 0)
    # The shift by which the k largest entries add up to 1, for the largest k that leaves all of
    # them positive; taken one k at a time, so that each operation runs over whole batches.
    total = np.array(falling[0])
    shift = total - 1
    for k, entry in enumerate(falling[1:], start=2):
        total = total + entry
        candidate = (total - 1) / k
        shift = np.where(entry > candidate, candidate, shift)
    return np.asarray(np.maximum(v - shift[..., None], 0.0))


def _largest(v: Array) -> Array:
    """Largest entry along the last axis; NaN where there is one."""
    largest = np.array(v[..., 0])
    for entry in np.moveaxis(v[..., 1:], -1, 0):
        largest = np.maximum(largest, entry)
    return largest


def _helmert(size: int) -> Array:
    """Orthonormal columns that each add up to 0, shape ``(size, size - 1)``."""
    basis = np.zeros((size, size - 1))
    for k in range(1, size):
        basis[:k, k - 1] = 1.0
        basis[k, k - 1] = -k
        basis[:, k - 1] /= np.sqrt(k * (k + 1))
    return basis
