"""Numerical derivatives of a rule's update, on the directions that the domain leaves open."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gametools.dynamics.rule import State, UpdateRule
from gametools.games.differentiable import DifferentiableGame
from gametools.stability.faces import open_directions, room
from gametools.stability.memory import flatten, settled_memory, unflatten

__all__ = ["RULE_ERRORS", "Linearised", "linearise"]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

RULE_ERRORS = (TypeError, ValueError)
"""What a rule that does not fit a game raises."""
FINER = 16.0
"""Derivatives are compared with those of a step this much shorter."""
MOVES = 1e-6
"""A point that an update moves further than this is no fixed point of the rule."""
AGREE = 1e-7
"""Relative difference up to which the two agree."""
DIRECTIONS = 32
"""Random directions in which a linearisation is tried."""
LATER = 64
"""Updates after which the directions of orbits are tried too."""
DRAWN = 1e-6
"""Difference of two updates, as a share of a small distance, that is random and not rounding."""
_CENTRAL = (np.array([-2.0, -1.0, 1.0, 2.0]), np.array([1.0, -8.0, 8.0, -1.0]) / 12)
_ONE_SIDED = (np.array([0.0, 1.0, 2.0, 3.0]), np.array([-11.0, 18.0, -9.0, 2.0]) / 6)


@dataclass(frozen=True, eq=False)
class Linearised:
    """The linearised update map of N points that share a face.

    Attributes
    ----------
    matrix : array, shape ``(N, k, k)``
        NaN where the map is not smooth.
    smooth : bool array, shape ``(N,)``
    rests : bool array, shape ``(N,)``
        Whether an update leaves the point where it is, up to `MOVES`. Not smooth where it does not.
    draws : bool array, shape ``(N,)``
        Whether updates near the point depend on random numbers. Not smooth where they do.
    settled : bool
        Whether the rule's memory comes to rest at the points.
    notes : tuple of str
    """

    matrix: Array
    smooth: Mask
    rests: Mask
    draws: Mask
    settled: bool
    notes: tuple[str, ...] = ()

    def eigenvalues(self) -> NDArray[np.complex128]:
        """Return the eigenvalues, by modulus; NaN where the map is not smooth."""
        values = np.full(self.matrix.shape[:-1], np.nan, dtype=np.complex128)
        if self.smooth.any() and self.matrix.shape[-1]:
            found = np.linalg.eigvals(self.matrix[self.smooth])
            order = np.argsort(-np.abs(found), axis=-1, kind="stable")
            values[self.smooth] = np.take_along_axis(found, order, axis=-1)
        return values

    def radius(self) -> Array:
        """Return the spectral radii, shape ``(N,)``; 0 without a direction, NaN at a kink."""
        sizes = np.abs(self.eigenvalues())
        largest = sizes.max(axis=-1, initial=0.0)
        return np.where(self.smooth, largest, np.nan)


def linearise(game: DifferentiableGame, rule: UpdateRule, x: Array, touches: Mask) -> Linearised:
    """Return the linearised update of `rule` at fixed points that touch the same bounds.

    Parameters
    ----------
    game : DifferentiableGame
        One game, or a flat batch of N.
    rule : UpdateRule
    x : array, shape ``(N, d)``
    touches : bool array, shape ``(d,)``
        Coordinates on the boundary.
    """
    directions, one_sided = open_directions(game, x, touches)
    count = len(directions)
    memory, settled = settled_memory(game, rule, x)
    if not settled:
        none = np.full((len(x), count, count), np.nan)
        note = "the rule's memory does not come to rest at a point; no map is linearised"
        nowhere = np.zeros(len(x), dtype=np.bool_)
        return Linearised(none, nowhere, ~nowhere, nowhere, False, (note,))
    run = _Augmented(game, rule, x, memory, directions)
    width = run.flat.shape[-1]
    sides = np.concatenate([one_sided, np.zeros(width, dtype=np.bool_)])
    longest = room(game, x, touches)
    matrix, step = _derivative(run, sides, longest)
    moved = run(np.zeros((1, len(x), count + width)))
    rests = np.abs(moved[0]).max(axis=-1, initial=0.0) <= MOVES * (1 + np.abs(x).max(axis=-1))
    draws = _draws(run, longest, sides)
    smooth = ~np.isnan(step) & rests & ~draws
    smooth[smooth] = _predicts(run, matrix, np.where(smooth, step, longest), sides, moved)[smooth]
    kept = _moving(matrix, count)
    matrix = matrix[:, kept[:, None], kept]
    matrix[~smooth] = np.nan
    return Linearised(matrix, smooth, rests, draws, True)


class _Augmented:
    """The update as a map of coordinates and memory, relative to where both rest."""

    def __init__(
        self, game: DifferentiableGame, rule: UpdateRule, x: Array, memory: State, directions: Array
    ) -> None:
        self.game, self.rule, self.x, self.memory, self.directions = (
            game, rule, x, memory, directions,
        )  # fmt: skip
        self.flat = flatten(memory, len(x))
        # Coordinates of a displacement in the directions: its least-squares solution.
        self.inverse = np.linalg.pinv(np.moveaxis(directions, 0, -1))

    def __call__(self, z: Array, seed: int = 0) -> Array:
        """Return the images of displacements ``(P, N, m + q)``, as displacements."""
        count = len(self.directions)
        points = self.x + np.einsum("pnm,mnd->pnd", z[..., :count], self.directions)
        state = unflatten(self.memory, self.flat + z[..., count:])
        moved, after = self.rule.update(
            self.game, np.asfortranarray(points), state, np.random.default_rng(seed)
        )
        offset = np.einsum("nmd,pnd->pnm", self.inverse, moved - self.x)
        tail = flatten(after, len(self.x), z.shape[0]) - self.flat
        return np.concatenate([offset, tail], axis=-1)


def _derivative(run: _Augmented, one_sided: Mask, h: Array) -> tuple[Array, Array]:
    """Return derivatives on which two steps agree, NaN where none do, and the longer step."""
    size, n = len(one_sided), len(h)
    matrix, chosen = np.full((n, size, size), np.nan), np.full(n, np.nan)
    open_ = np.ones(n, dtype=np.bool_)
    coarse = _differences(run, one_sided, h)
    for _ in range(4):
        fine = _differences(run, one_sided, h / FINER)
        largest = 1 + np.abs(fine).max(axis=(-2, -1), initial=0.0)
        gap = np.abs(coarse - fine).max(axis=(-2, -1), initial=0.0)
        good = open_ & (gap <= AGREE * largest)
        matrix[good], chosen[good] = coarse[good], h[good]
        open_ &= ~good
        if not open_.any():
            break
        h, coarse = h / FINER, fine
    return matrix, chosen


def _differences(run: _Augmented, one_sided: Mask, h: Array) -> Array:
    """Return the derivative of the map at 0, shape ``(N, k, k)``, by differences of step `h`."""
    size, n = len(one_sided), len(h)
    columns = np.zeros((n, size, size))
    if not size:
        return columns
    nodes = np.array([(_ONE_SIDED if side else _CENTRAL)[0] for side in one_sided])
    weights = np.array([(_ONE_SIDED if side else _CENTRAL)[1] for side in one_sided])
    z = np.zeros((size, 4, n, size))
    for k in range(size):
        z[k, :, :, k] = nodes[k][:, None] * h
    values = run(z.reshape(4 * size, n, size)).reshape(size, 4, n, size)
    columns = np.einsum("kp,kpni->nik", weights, values) / h[:, None, None]
    return np.asarray(columns)


def _moving(matrix: Array, count: int) -> NDArray[np.intp]:
    """Return the rows that belong to the map: all but a memory that is handed on as it is.

    Such a part has a row of the identity at every point: it is a parameter.
    """
    one = np.eye(matrix.shape[-1])
    filled = np.where(np.isnan(matrix), one, matrix)
    handed_on = np.isclose(filled, one, atol=1e-9).all(axis=(0, -1))
    return np.flatnonzero(~handed_on | (np.arange(len(one)) < count))


def _draws(run: _Augmented, h: Array, one_sided: Mask) -> Mask:
    """Return whether updates near the points depend on random numbers."""
    if not len(one_sided):
        return np.zeros(len(h), dtype=np.bool_)
    z = _random_directions(one_sided) * h[:, None]
    gap = np.abs(run(z, seed=1) - run(z, seed=2)).max(axis=(0, -1))
    return np.asarray(gap > DRAWN * h)


def _random_directions(one_sided: Mask) -> Array:
    """Return displacements of about unit length, shape ``(DIRECTIONS, 1, k)``."""
    weights = np.random.default_rng(1).normal(size=(DIRECTIONS, 1, len(one_sided)))
    return np.asarray(np.where(one_sided, np.abs(weights), weights) / np.sqrt(len(one_sided)))


def _tried(matrix: Array, one_sided: Mask) -> Array:
    """Return random directions, and those that the linearised map takes them to in the long run.

    A kink may fill a narrow cone that few random directions meet, but that orbits end in.
    """
    random = np.broadcast_to(
        _random_directions(one_sided), (DIRECTIONS, len(matrix), len(one_sided))
    )
    with np.errstate(all="ignore"):
        scaled = matrix / np.maximum(np.linalg.norm(matrix, axis=(-2, -1), keepdims=True), 1e-300)
        later = np.einsum("nij,pnj->pni", np.linalg.matrix_power(scaled, LATER), random)
        later = np.where(one_sided, np.maximum(later, 0.0), later)
        later = later / np.linalg.norm(later, axis=-1, keepdims=True)
    return np.concatenate([random, np.where(np.isfinite(later), later, random)])


def _predicts(run: _Augmented, matrix: Array, h: Array, one_sided: Mask, moved: Array) -> Mask:
    """Return whether the linearisation predicts the map in random directions, ever better.

    `moved` is the image of 0.
    """
    size = matrix.shape[-1]
    if not size:
        return np.ones(len(h), dtype=np.bool_)
    directions = _tried(matrix, one_sided)
    gaps = []
    for scale in (1.0, 1 / FINER):
        z = directions * (scale * h)[:, None]
        predicted = np.einsum("nij,pnj->pni", matrix, z)
        # The point's own error, the image of 0, is the same for all directions.
        actual = run(z) - moved
        off = np.abs(actual - predicted).max(axis=(0, -1))
        gaps.append(off / ((scale * h) * (1 + np.abs(matrix).max(axis=(-2, -1)))))
    with np.errstate(invalid="ignore"):
        return np.asarray(gaps[1] <= np.maximum(gaps[0] / 4, 1e-6))
