"""Which way learners go from a point: gradient flow held inside its domain, or a rule's update."""

from __future__ import annotations

import numpy as np

from gametools.dynamics.rule import Array, UpdateRule
from gametools.dynamics.simulate import checked_rule
from gametools.games.differentiable import Box, DifferentiableGame, Euclidean, Simplex
from gametools.games.domains import Domain, blocks
from gametools.games.well_formed import require_finite, require_well_formed

__all__ = ["directions_at"]


def directions_at(
    game: DifferentiableGame, x: Array, rule: UpdateRule | None, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Return the directions at points ``(N, d)``, and those without the boundary.

    Raises
    ------
    TypeError, ValueError
        If the rule does not fit, or the game is misshapen, or NaN or infinite at a point.
    """
    require_well_formed(game, x)
    gradient = np.asarray(game.gradient(x))
    require_finite(x, game.losses(x), gradient)
    if rule is None:
        free = 0.0 - gradient
        return _allowed(game.domain, x, free), free
    state = checked_rule(rule).init(game, x)
    with np.errstate(over="ignore", invalid="ignore"):
        moved = np.asarray(rule.update(game, x, state, rng)[0]) - x
    free = moved.copy()
    if isinstance(game.domain, Box):
        bound = (x <= game.domain.low) | (x >= game.domain.high)
        free[bound & (moved == 0)] = np.nan
    return moved, free


def _allowed(domain: Domain, x: Array, v: Array) -> Array:
    """Project velocities onto the tangent cone of the domain: what leaves it is stopped."""
    if isinstance(domain, Euclidean):
        return v
    if isinstance(domain, Box):
        stopped = ((x <= domain.low) & (v < 0)) | ((x >= domain.high) & (v > 0))
        return np.where(stopped, 0.0, v)
    if not isinstance(domain, Simplex):
        raise TypeError(
            "`game.domain` must be Euclidean, Box or Simplex, whose faces are known, for gradient "
            f"flow; got {domain!r}. Give a `rule`."
        )
    allowed = np.empty_like(v)
    for block in blocks(domain.sizes):
        allowed[:, block] = _allowed_on_simplex(x[:, block], v[:, block])
    return allowed


def _allowed_on_simplex(x: Array, v: Array) -> Array:
    """The nearest velocities that add up to 0 and lower no entry of 0, one simplex, ``(N, k)``."""
    moves = np.ones(v.shape, dtype=np.bool_)
    for _ in range(v.shape[-1]):
        mean = np.where(moves, v, 0.0).sum(axis=-1) / moves.sum(axis=-1)
        # Dropping what falls at the boundary raises the mean of the rest: at most k rounds.
        drops = moves & (x <= 0) & (v < mean[:, None])
        if not drops.any():
            break
        moves &= ~drops
    return np.where(moves, v - mean[:, None], 0.0)
