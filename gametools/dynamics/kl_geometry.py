"""The best linear payoff inside a ball of KL divergence: distributions and normal policies."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from gametools.dynamics.rule import Array

__all__ = ["DIVERGENCES", "best_distribution", "best_normal"]

DIVERGENCES = ("old-new", "new-old")
"""Which policy comes first in the divergence."""
HALVINGS = 64
"""Bisections of a range of logarithms of at most a thousand: to the last bit."""
LEAST = 1e-200
"""Probability that counts as none where the new policy may play what the old one did not."""
GRID = 513
"""Log-deviations among which the best one is bracketed."""


def best_distribution(old: Array, payoffs: Array, radius: float, divergence: str) -> Array:
    """Maximise ``new @ payoffs`` over distributions within `radius` of `old`, on the last axis.

    With KL(old, new) the solution is ``old * lambda / (mu - payoffs)``, and mass may go to an
    action of probability 0 that pays best; with KL(new, old) it is ``old * exp(beta * payoffs)``,
    normalised. The one number left is found by bisection of its logarithm.
    """
    top = _reduce(np.maximum, payoffs)
    spread = top + _reduce(np.maximum, -payoffs)
    flat = ~(spread > 0)
    below = np.where(flat, 0.0, payoffs - top) / np.where(flat, 1.0, spread)  # within [-1, 0]
    solve = _forward if divergence == "old-new" else _tilted
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        new = solve(old, below, radius)
    return np.where(flat, old, new / _reduce(np.add, new))


def _forward(old: Array, v: Array, radius: float) -> Array:
    """Solve with KL(old, new); `v` is at most 0, and 0 for the best action."""
    played = old > LEAST
    top = _reduce(np.maximum, np.where(played, v, -np.inf))
    below = top - v

    def weights(gap: Array) -> Array:
        return np.where(played, old / (gap + below), 0.0)

    def distance(gap: Array) -> Array:
        behind = gap + below
        logs = np.where(played, old * np.log(np.where(played, behind, 1.0)), 0.0)
        weights = np.where(played, old / behind, 0.0)
        return _reduce(np.add, logs) + np.log(_reduce(np.add, weights))

    # mu = top + gap must reach the best payoff of all, played or not.
    least = np.maximum(-top, 1e-300)
    inside = distance(least) > radius
    gap = _bisect(
        lambda g: np.greater(distance(g), radius), np.log(least), np.full(top.shape, 30.0)
    )
    within = weights(gap)
    within = within / _reduce(np.add, within)
    # What the ball has left over at mu = 0 goes to the best actions that are not played.
    logs = np.where(played, old * np.log(np.where(played, least + below, 1.0)), 0.0)
    kept = np.exp(_reduce(np.add, logs) - radius) * weights(least)
    fresh = ((v == 0) & ~played).astype(np.float64)
    left = np.maximum(1 - _reduce(np.add, kept), 0.0)
    share = np.where(top < 0, fresh / np.maximum(_reduce(np.add, fresh), 1.0) * left, 0.0)
    beyond = np.where(top < 0, kept + share, weights(least) / _reduce(np.add, weights(least)))
    return np.where(inside, within, beyond)


def _tilted(old: Array, v: Array, radius: float) -> Array:
    """Solve with KL(new, old)."""
    played = old > 0
    top = _reduce(np.maximum, np.where(played, v, -np.inf))
    best = played & (v == top)
    limit = np.where(best, old, 0.0)
    mass = _reduce(np.add, limit)

    def tilt(beta: Array) -> Array:
        weights = np.where(played, old * np.exp(beta * np.minimum(v - top, 0.0)), 0.0)
        return np.asarray(weights / _reduce(np.add, weights))

    def distance(beta: Array) -> Array:
        new = tilt(beta)
        ratio = np.where(new > 0, new / np.where(played, old, 1.0), 1.0)
        return _reduce(np.add, new * np.log(ratio))

    start = np.full(top.shape, 40.0)
    beta = _bisect(lambda b: np.greater(distance(b), radius), start, -start)
    return np.where(-np.log(mass) <= radius, limit, tilt(beta))


def _bisect(too_far: Callable[[Array], NDArray[np.bool_]], far: Array, near: Array) -> Array:
    """Bisect between logarithms at which the distance is too large and small enough."""
    for _ in range(HALVINGS):
        middle = (far + near) / 2
        out = too_far(np.exp(middle))
        far, near = np.where(out, middle, far), np.where(out, near, middle)
    return np.asarray(np.exp(near))


def _reduce(combine: Callable[[Array, Array], Array], values: Array) -> Array:
    """Combine the last axis entry by entry, in the same order whatever the batch; keep the axis."""
    total = values[..., :1]
    for k in range(1, values.shape[-1]):
        total = combine(total, values[..., k : k + 1])
    return np.asarray(total)


def best_normal(slopes: Array, std: Array, radius: float, divergence: str) -> Array:
    """Return the best change of normal policies: of the mean, or of (mean, log-deviation).

    Parameters
    ----------
    slopes : array, shape ``(*batch, 1)`` or ``(*batch, 2)``
        Derivatives of the payoff in the mean, and in the log-deviation if that is learned.
    std : array, shape ``(*batch, 1)``
        Present standard deviations.
    radius : float
        Largest KL divergence.
    divergence : {"old-new", "new-old"}
        Which policy comes first.
    """
    if slopes.shape[-1] == 1:
        return np.asarray(np.sign(slopes) * std * np.sqrt(2 * radius))
    forward = divergence == "old-new"

    def room(r: Array | float) -> Array:
        """Largest squared shift of the mean, in deviations, beside a change r of their log."""
        grown = np.exp(2 * np.asarray(r))
        if forward:
            return np.asarray(grown * (1 + 2 * radius - 2 * r) - 1)
        return np.asarray(1 + 2 * (radius + r) - grown)

    def tilt(r: Array) -> Array:
        """Derivative of `room`."""
        return np.asarray(4 * np.exp(2 * r) * (radius - r) if forward else 2 - 2 * np.exp(2 * r))

    pull = np.abs(slopes[..., :1]) * std
    push = slopes[..., 1:]
    far = 2.0 + 2 * radius
    from scipy.optimize import brentq  # a heavy import: only when it is used

    low = brentq(lambda r: float(room(r)), -far, 0.0, xtol=1e-15)
    high = brentq(lambda r: float(room(r)), 0.0, far, xtol=1e-15)
    grid = np.linspace(low, high, GRID)
    value = pull * np.sqrt(np.maximum(room(grid), 0.0)) + push * grid
    best = np.argmax(value, axis=-1)[..., None]
    left, right = grid[np.maximum(best - 1, 0)], grid[np.minimum(best + 1, GRID - 1)]
    for _ in range(HALVINGS):
        middle = (left + right) / 2
        rising = pull * tilt(middle) + 2 * push * np.sqrt(np.maximum(room(middle), 0.0)) > 0
        left, right = np.where(rising, middle, left), np.where(rising, right, middle)
    change = (left + right) / 2
    shift = np.sign(slopes[..., :1]) * std * np.sqrt(np.maximum(room(change), 0.0))
    moved = np.concatenate([shift, change], axis=-1)
    return np.where((slopes != 0).any(axis=-1, keepdims=True), moved, 0.0)
