"""Has any player a profitable small deviation? By curvature, and by trial where that is 0."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gametools.games.differentiable import Box, DifferentiableGame
from gametools.stability.kinds import KIND_MARGIN, ZERO_TOLERANCE, Codes

__all__ = ["DEVIATION_RADII", "local_nash"]

Array = NDArray[np.float64]

DEVIATION_RADII = (0.1, 0.03, 0.01)
"""Lengths of the sampled deviations, relative to the width of a box, absolute elsewhere."""
NOISE = 1e-12
"""A change of loss smaller than this, relative to losses and scale, is rounding."""
RANDOM_DIRECTIONS = 32
"""Random directions tried beside the axes where a player has more than one free direction."""


def local_nash(
    game: DifferentiableGame,
    x: Array,
    basis: Array,
    own: list[NDArray[np.intp]],
    free: Array,
    weak: NDArray[np.bool_],
    residual: Array,
    scale: Array,
) -> tuple[Codes, Array]:
    """Return whether no player has a profitable small deviation, 1, 0 or -1, and a margin.

    Parameters
    ----------
    game : DifferentiableGame
        One game, or a flat batch of N.
    x : array, shape ``(N, d)``
        Fixed points that share a face.
    basis : array, shape ``(d, k)``
        Free directions of the face; those that a strict gradient bars are no deviations.
    own : list of int arrays
        Columns of `basis` that each player moves.
    free : array, shape ``(N, k, k)``
        Symmetric part of the game's Jacobian on the free directions, relative to `scale`.
    weak : bool array, shape ``(N, n)``
        Whether a player touches a bound without pressure, so that some free directions go one
        way only.
    residual, scale : arrays, shape ``(N,)``

    Notes
    -----
    A player's curvature decides where it is away from 0: positive definite, no deviation;
    negative somewhere, a deviation. Where it is 0 up to rounding, deviations of three radii
    (`DEVIATION_RADII`) are tried: along both ends of the line for a player with one free
    direction, which leaves out nothing, and along the axes and 32 random directions otherwise. A
    deviation counts as profitable if it pays at all radii. With several free directions "no"
    needs a loss that is flat in all of them; a loss that rises in all sampled directions leaves
    the answer open.
    """
    code = np.ones(len(x), dtype=np.int8)
    margin = np.full(len(x), np.inf)
    for player, columns in enumerate(own):
        if not len(columns):
            continue
        block = free[:, columns[:, None], columns]
        values, vectors = np.linalg.eigh(block)
        lowest = values[:, 0]
        mine = np.where(lowest > KIND_MARGIN, 1, -1).astype(np.int8)
        mine[(lowest < -KIND_MARGIN) & ~weak[:, player]] = 0
        bound = lowest.copy()
        ask = np.flatnonzero(
            (np.abs(lowest) <= ZERO_TOLERANCE) | ((lowest < -KIND_MARGIN) & weak[:, player])
        )
        if len(ask):
            part = game if len(ask) == len(x) else game.take(ask)
            directions = _directions(basis[:, columns], vectors[ask])
            mine[ask], bound[ask] = _try_deviations(
                part, x[ask], directions, player, residual[ask], scale[ask]
            )
        code = np.where((code == 0) | (mine == 0), 0, np.minimum(code, mine)).astype(np.int8)
        margin = np.minimum(margin, bound)
    return code, margin


def _directions(basis: Array, vectors: Array) -> Array:
    """Unit directions to try, shape ``(tries, N, d)``: all eigenvectors, and random ones."""
    axes = np.moveaxis(basis @ vectors, -1, 0)
    count = basis.shape[1]
    if count > 1:
        random = np.random.default_rng(0).normal(size=(RANDOM_DIRECTIONS, 1, count)) @ basis.T
        random /= np.linalg.norm(random, axis=-1, keepdims=True)
        axes = np.concatenate([axes, np.broadcast_to(random, (len(random), *axes.shape[1:]))])
    return np.concatenate([axes, -axes])


def _try_deviations(
    game: DifferentiableGame,
    x: Array,
    directions: Array,
    player: int,
    residual: Array,
    scale: Array,
) -> tuple[Codes, Array]:
    """Return 1 (no deviation pays), 0 (one does) or -1, and the worst change at the least radius.

    Changes of loss that rounding, or the point's own error, may explain count as none.
    """
    at = game.losses(x)[..., player]
    width = 1.0
    if isinstance(game.domain, Box):
        width = float(np.min(np.asarray(game.domain.high) - np.asarray(game.domain.low)))
    signs, worst = [], np.full(len(x), np.inf)
    for relative in DEVIATION_RADII:
        radius = relative * width
        moved = game.domain.project(x + radius * directions)
        change = np.asarray(game.losses(moved)[..., player] - at)
        noise = NOISE * (np.abs(at) + scale) + 2 * residual * radius
        signs.append(np.where(change > noise, 1, np.where(change < -noise, -1, 0)))
        unit = np.maximum(scale, np.abs(change).max(axis=0))
        worst = np.where(np.abs(change) <= noise, 0.0, change / unit).min(axis=0)
    pays = np.asarray(np.all(np.array(signs) == -1, axis=0)).any(axis=0)
    harmless = np.asarray((signs[-1] >= 0) & (signs[-2] >= 0)).all(axis=0)
    if len(directions) > 2:
        harmless &= np.asarray(np.array(signs) == 0).all(axis=(0, 1))
    return np.where(pays, 0, np.where(harmless, 1, -1)).astype(np.int8), worst
