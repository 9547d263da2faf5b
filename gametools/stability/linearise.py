"""Numerical derivatives of a rule's update, on the directions that the domain leaves open."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gametools.dynamics.rule import State, UpdateRule
from gametools.games.differentiable import Box, DifferentiableGame, Simplex
from gametools.stability.faces import player_of, tangent
from gametools.stability.memory import flatten, rescaled, settled_memory, spread, unflatten

__all__ = ["RULE_ERRORS", "Linearised", "growth", "linearise"]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

RULE_ERRORS = (TypeError, ValueError)
"""What a rule that does not fit a game raises."""
DIFFERENCE = 1e-3
"""Longest step of the differences."""
FINER = 16.0
"""Derivatives are compared with those of a step this much shorter."""
MOVES = 1e-6
"""A point that an update moves further than this is no fixed point of the rule."""
JUMP = 100.0
"""A small distance that one update makes this many times larger is a jump, not a kink."""
AGREE = 1e-7
"""Relative difference up to which the two agree."""
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
    settled : bool
        Whether the rule's memory comes to rest at the points.
    notes : tuple of str
    """

    matrix: Array
    smooth: Mask
    rests: Mask
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
        return Linearised(none, nowhere, ~nowhere, False, (note,))
    base = flatten(memory, len(x))
    run = _Augmented(game, rule, x, memory, directions)
    width = base.shape[-1]
    sides = np.concatenate([one_sided, np.zeros(width, dtype=np.bool_)])
    h = _room(game, x, touches)
    matrix = np.full((len(x), count + width, count + width), np.nan)
    chosen, open_ = h.copy(), np.ones(len(x), dtype=np.bool_)
    coarse = _differences(run, sides, h)
    for _ in range(4):
        fine = _differences(run, sides, h / FINER)
        size = 1 + np.abs(fine).max(axis=(-2, -1), initial=0.0)
        gap = np.abs(coarse - fine).max(axis=(-2, -1), initial=0.0)
        good = open_ & (gap <= AGREE * size)
        matrix[good], chosen[good] = coarse[good], h[good]
        open_ &= ~good
        if not open_.any():
            break
        h, coarse = h / FINER, fine
    moved = run(np.zeros((1, len(x), count + width)))[0]
    rests = np.abs(moved).max(axis=-1, initial=0.0) <= MOVES * (1 + np.abs(x).max(axis=-1))
    smooth = ~open_ & rests
    smooth[smooth] = _predicts(run, matrix, chosen, sides)[smooth]
    # A part of the memory that is handed on as it is has a row of the identity: a parameter.
    moving = np.ones(count + width, dtype=np.bool_)
    for row in range(count, count + width):
        unit = np.zeros(count + width)
        unit[row] = 1.0
        moving[row] = not np.allclose(
            np.where(np.isnan(matrix[:, row]), unit, matrix[:, row]), unit, atol=1e-9
        )
    kept = np.flatnonzero(moving)
    matrix = matrix[:, kept[:, None], kept]
    matrix[~smooth] = np.nan
    return Linearised(matrix, smooth, rests, True)


def growth(
    game: DifferentiableGame, rule: UpdateRule, x: Array, touches: Mask, updates: int = 1000
) -> Array:
    """Return the worst factor by which an update changes a small distance in the long run.

    The distance is set back to a small one after each of `updates` updates from 16 random
    directions; the geometric mean of the factors of the last three quarters is taken. Where the
    first update jumps away, its factor is taken.
    """
    directions, one_sided = open_directions(game, x, touches)
    if not len(directions):
        return np.zeros(len(x))
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(16, 1, len(directions)))
    weights = np.where(one_sided, np.abs(weights), weights)
    h = _room(game, x, touches)[:, None] / FINER
    memory, _ = settled_memory(game, rule, x)
    start = np.einsum("pnk,knd->pnd", np.broadcast_to(weights, (16, len(x), len(directions))),
                      directions)  # fmt: skip
    moved = x + h * start / np.linalg.norm(start, axis=-1, keepdims=True)
    state = spread(memory, (16, *x.shape[:-1]), 1)
    total = np.zeros((16, len(x)))
    counted = 0
    rest = spread(memory, (16, *x.shape[:-1]), 1)
    for time in range(updates):
        moved, state = rule.update(game, np.asfortranarray(moved), state, rng)
        offset = moved - x
        size = np.linalg.norm(offset, axis=-1, keepdims=True)
        factor = np.maximum(size / h, 1e-300)
        if time == 0 and factor.max() > JUMP:
            return np.asarray(factor[..., 0].max(axis=0))
        if time >= updates // 4:
            total += np.log(factor[..., 0])
            counted += 1
        alive = np.maximum(size, 1e-300)
        moved = game.domain.project(x + h * offset / alive)
        state = rescaled(state, rest, h / alive)
    return np.asarray(np.exp(total / counted).max(axis=0))


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

    def __call__(self, z: Array) -> Array:
        """Return the images of displacements ``(P, N, m + q)``, as displacements."""
        count = len(self.directions)
        points = self.x + np.einsum("pnm,mnd->pnd", z[..., :count], self.directions)
        state = unflatten(self.memory, self.flat + z[..., count:])
        moved, after = self.rule.update(
            self.game, np.asfortranarray(points), state, np.random.default_rng(0)
        )
        offset = np.einsum("nmd,pnd->pnm", self.inverse, moved - self.x)
        tail = flatten(after, len(self.x), z.shape[0]) - self.flat
        return np.concatenate([offset, tail], axis=-1)


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


def _predicts(run: _Augmented, matrix: Array, h: Array, one_sided: Mask) -> Mask:
    """Return whether the linearisation predicts the map in random directions, ever better."""
    size = matrix.shape[-1]
    if not size:
        return np.ones(len(h), dtype=np.bool_)
    weights = np.random.default_rng(1).normal(size=(8, 1, size))
    weights = np.where(one_sided, np.abs(weights), weights) / np.sqrt(size)
    gaps = []
    for scale in (1.0, 1 / FINER):
        z = weights * (scale * h)[:, None]
        predicted = np.einsum("nij,pnj->pni", matrix, z)
        # The point's own error, the image of 0, is the same for all directions.
        actual = run(z) - run(np.zeros((1, len(h), size)))
        off = np.abs(actual - predicted).max(axis=(0, -1))
        gaps.append(off / ((scale * h) * (1 + np.abs(matrix).max(axis=(-2, -1)))))
    with np.errstate(invalid="ignore"):
        return np.asarray(gaps[1] <= np.maximum(gaps[0] / 4, 1e-6))


def _room(game: DifferentiableGame, x: Array, touches: Mask) -> Array:
    """Return the longest step of differences that stays in the domain, shape ``(N,)``."""
    room = np.full(len(x), 4.0)
    if isinstance(game.domain, Box | Simplex):
        low = game.domain.low if isinstance(game.domain, Box) else 0.0
        high = game.domain.high if isinstance(game.domain, Box) else np.inf
        free = np.minimum(x - low, high - x)[:, ~touches]
        room = np.minimum(room, free.min(axis=-1, initial=4.0))
    return np.minimum(DIFFERENCE, room / 6)
