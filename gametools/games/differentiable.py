"""Differentiable games: what learning rules play on.

Losses are minimised and payoffs are maximised; `losses_from_payoffs` is the one place where the
sign flips. Batches of points are arrays of shape ``(*batch, d)``. Any memory layout is right;
the fast one has the batch axis last in memory (Fortran order), since every operation then runs
over contiguous games.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gametools.games.domains import Box, Domain, Euclidean, Simplex, as_points
from gametools.validation import count, finite_array

__all__ = [
    "Box",
    "DifferentiableGame",
    "Domain",
    "Euclidean",
    "QuadraticGame",
    "Simplex",
    "losses_from_payoffs",
]

Array = NDArray[np.float64]


def losses_from_payoffs(payoffs: Array) -> Array:
    """Turn payoffs, or their derivatives, into losses: the one place where the sign flips."""
    return np.negative(payoffs)


@runtime_checkable
class DifferentiableGame(Protocol):
    """What a learning rule may ask of a game.

    Attributes
    ----------
    dims : tuple of int
        Number of parameters of each player; ``d`` is their sum, and player i owns block i.
    domain : Domain
        Where the joint parameters live.
    batch_shape : tuple of int
        Shape of the batch of games; ``()`` if all points are points of one game.
    """

    @property
    def dims(self) -> tuple[int, ...]: ...  # noqa: D102

    @property
    def domain(self) -> Domain: ...  # noqa: D102

    @property
    def batch_shape(self) -> tuple[int, ...]: ...  # noqa: D102

    def losses(self, x: Array) -> Array:
        """Return every player's loss, shape ``(*batch, n)``."""
        ...

    def gradient(self, x: Array, others: Array | None = None) -> Array:
        """Return the simultaneous gradient, shape ``(*batch, d)``.

        Block i is the gradient of loss i in player i's own parameters, taken at
        ``(x_i, others_-i)``; `others` is `x` by default.
        """
        ...

    def jacobian(self, x: Array) -> Array:
        """Return the derivative of the simultaneous gradient, shape ``(*batch, d, d)``."""
        ...

    def loss_jacobian(self, x: Array) -> Array:
        """Return the gradient of every loss in all parameters, shape ``(*batch, n, d)``."""
        ...

    def take(self, index: NDArray[np.intp]) -> DifferentiableGame:
        """Return the games of a flat batch at `index`."""
        ...


@dataclass(frozen=True, eq=False, init=False, repr=False)
class QuadraticGame:
    """A game whose simultaneous gradient is linear: ``xi(x) = matrix @ x + offset``.

    Parameters
    ----------
    matrix : array_like, shape ``(d, d)``
        The game's Jacobian H. Player i's loss is ``x_i' H_ii x_i / 2 + x_i' (H_ij x_j + b_i)``,
        so the diagonal blocks must be symmetric.
    offset : array_like, shape ``(d,)``, optional
        The gradient at the origin; zero by default.
    dims : tuple of int, optional
        Number of parameters of each player; one each by default.

    Raises
    ------
    ValueError
        If the shapes do not fit or a diagonal block is not symmetric.

    Notes
    -----
    Source: the local model of any differentiable game at a fixed point (Letcher et al. 2019,
    section 2); nothing differs. Terms of loss i that do not contain x_i are zero.

    Examples
    --------
    Figure 3 of the MATRL paper: losses ``x**2/2 + 10xy`` and ``y**2/2 - 10xy``.

    >>> import gametools as gt
    >>> game = gt.QuadraticGame([[1, 10], [-10, 1]])
    >>> game.gradient([0.5, 0.5]), game.losses([0.5, 0.5])
    (array([ 5.5, -4.5]), array([ 2.625, -2.375]))
    """

    matrix: Array
    offset: Array
    dims: tuple[int, ...]

    def __init__(
        self, matrix: ArrayLike, offset: ArrayLike | None = None, dims: tuple[int, ...] = ()
    ) -> None:
        h = np.array(finite_array("matrix", matrix))
        if h.ndim != 2 or h.shape[0] != h.shape[1]:
            raise ValueError(f"`matrix` must have shape (d, d); got {h.shape}.")
        size = h.shape[0]
        b = np.zeros(size) if offset is None else np.array(finite_array("offset", offset))
        if b.shape != (size,):
            raise ValueError(f"`offset` must have shape ({size},); got {b.shape}.")
        blocks = tuple(count("dims", k, at_least=1) for k in dims) or (1,) * size
        if sum(blocks) != size:
            raise ValueError(f"`dims` must add up to {size}; got {blocks}.")
        own = _own_blocks(blocks)
        slack = 1e-12 * float(np.abs(h).max(initial=0.0))
        if not np.allclose(h[own], h.T[own], rtol=1e-9, atol=slack):
            raise ValueError("`matrix` must have symmetric diagonal blocks, one for each player.")
        for array in (h, b):
            array.flags.writeable = False
        object.__setattr__(self, "matrix", h)
        object.__setattr__(self, "offset", b)
        object.__setattr__(self, "dims", blocks)

    @property
    def domain(self) -> Euclidean:
        """The whole space."""
        return Euclidean()

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Always ``()``: one game, on which any batch of points may be evaluated."""
        return ()

    def losses(self, x: ArrayLike) -> Array:
        """Return every player's loss, shape ``(*batch, n)``."""
        point = as_points(x, sum(self.dims))
        inner = np.where(_own_blocks(self.dims), self.matrix / 2, self.matrix)
        terms = point * (point @ inner.T + self.offset)
        starts = np.cumsum((0, *self.dims[:-1]))
        return np.asarray(np.add.reduceat(terms, starts, axis=-1))

    def gradient(self, x: ArrayLike, others: ArrayLike | None = None) -> Array:
        """Return the simultaneous gradient at ``(x_i, others_-i)``, shape ``(*batch, d)``."""
        point = as_points(x, sum(self.dims))
        if others is None:
            return np.asarray(point @ self.matrix.T + self.offset)
        own = np.where(_own_blocks(self.dims), self.matrix, 0.0)
        cross = self.matrix - own
        return np.asarray(point @ own.T + as_points(others, sum(self.dims)) @ cross.T + self.offset)

    def jacobian(self, x: ArrayLike) -> Array:
        """Return `matrix` at every point, shape ``(*batch, d, d)`` (read-only)."""
        shape = as_points(x, sum(self.dims)).shape[:-1]
        return np.broadcast_to(self.matrix, (*shape, *self.matrix.shape))

    def loss_jacobian(self, x: ArrayLike) -> Array:
        """Return the gradient of every loss in all parameters, shape ``(*batch, n, d)``."""
        point = as_points(x, sum(self.dims))
        own = _own_blocks(self.dims)
        players = np.repeat(np.arange(len(self.dims)), self.dims)
        is_mine = players == np.arange(len(self.dims))[:, None]
        through_own = np.where(is_mine, self.gradient(point)[..., None, :], 0.0)
        cross = np.where(own, 0.0, self.matrix)
        through_others = np.where(is_mine, point[..., None, :], 0.0) @ cross
        return np.asarray(through_own + through_others)

    def loss_changes(self, current: ArrayLike, moved: ArrayLike) -> Array:
        """Return by how much losses change where some players go from `current` to `moved`.

        Shape ``(n, 2, ..., 2, *batch)``, player first: axis j + 1 says whether player j moves.
        Small moves keep their digits, which differences of `losses` would cancel.
        """
        size, n = sum(self.dims), len(self.dims)
        x, goal = np.broadcast_arrays(as_points(current, size), as_points(moved, size))
        own = _own_blocks(self.dims)
        cross, half = np.where(own, 0.0, self.matrix), np.where(own, self.matrix / 2, 0.0)
        players, starts = np.repeat(np.arange(n), self.dims), np.cumsum((0, *self.dims[:-1]))
        gradient = self.gradient(x)
        changes = np.empty((n, *(2,) * n, *x.shape[:-1]))
        for who in itertools.product((0, 1), repeat=n):
            step = np.where(np.array(who)[players] == 1, goal - x, 0.0)
            through = step @ cross.T
            terms = step * (gradient + step @ half.T + through) + x * through
            entry: tuple[slice | int, ...] = (slice(None), *who)
            changes[entry] = np.moveaxis(np.add.reduceat(terms, starts, axis=-1), -1, 0)
        return changes

    def take(self, index: NDArray[np.intp]) -> QuadraticGame:
        """Return the game itself: every point is a point of this one game."""
        del index
        return self

    def __repr__(self) -> str:
        return f"QuadraticGame({len(self.dims)} players, dims {self.dims})"


def _own_blocks(dims: tuple[int, ...]) -> NDArray[np.bool_]:
    """Mask of the diagonal blocks, shape ``(d, d)``."""
    players = np.repeat(np.arange(len(dims)), dims)
    return np.equal.outer(players, players)
