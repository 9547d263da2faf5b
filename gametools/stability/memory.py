"""A rule's memory as numbers: where it comes to rest, and how to move it from there."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gametools.dynamics.rule import State, UpdateRule
from gametools.games.differentiable import DifferentiableGame

__all__ = [
    "distance_from_rest",
    "flatten",
    "rescaled",
    "settled_memory",
    "spread",
    "started_memory",
    "unflatten",
]

Array = NDArray[np.float64]

SETTLING = 64
"""Updates after which a memory that still changes will not settle."""


def settled_memory(game: DifferentiableGame, rule: UpdateRule, x: Array) -> tuple[State, bool]:
    """Return the rule's memory at rest at `x`, and whether it came to rest."""
    here = np.asfortranarray(x)
    state = rule.init(game, here)
    if state is None:
        return None, True
    rng = np.random.default_rng(0)
    for _ in range(SETTLING):
        _, after = rule.update(game, here, state, rng)
        try:
            old, new = flatten(state, len(x)), flatten(after, len(x))
        except (TypeError, ValueError):
            return state, False
        if old.shape == new.shape and np.allclose(old, new, rtol=0, atol=1e-13):
            return after, True
        state = after
    return state, False


def flatten(state: State, n: int, copies: int | None = None) -> Array:
    """Return a memory as one array ``(N, q)``, or ``(P, N, q)`` with `copies` of the points."""
    lead = (n,) if copies is None else (copies, n)
    if state is None:
        return np.zeros((*lead, 0))
    if isinstance(state, tuple):
        parts = [flatten(part, n, copies) for part in state]
        return np.concatenate(parts, axis=-1) if parts else np.zeros((*lead, 0))
    array = np.asarray(state, dtype=np.float64)
    if array.shape[: len(lead)] != lead:
        raise ValueError("the rule's memory must have the batch axes first.")
    return array.reshape(*lead, -1)


def unflatten(like: State, flat: Array) -> State:
    """Return a memory of the structure of `like` from the array ``(P, N, q)``."""
    if like is None:
        return None
    if isinstance(like, tuple):
        parts, at = [], 0
        for part in like:
            width = flatten(part, flat.shape[-2]).shape[-1]
            parts.append(unflatten(part, flat[..., at : at + width]))
            at += width
        return tuple(parts)
    array = np.asarray(like)
    return flat.reshape(flat.shape[:-1] + array.shape[1:]).astype(array.dtype)


def spread(state: State, lead: tuple[int, ...], axes: int) -> State:
    """Repeat a memory along new axes in front of its `axes` batch axes."""
    if state is None:
        return None
    if isinstance(state, tuple):
        return tuple(spread(part, lead, axes) for part in state)
    array = np.asarray(state)
    return np.array(np.broadcast_to(array, lead + array.shape[axes:]))


def rescaled(state: State, rest: State, factor: Array) -> State:
    """Bring a memory nearer to where it rests, as the points were brought nearer."""
    if state is None:
        return None
    if isinstance(state, tuple):
        return tuple(rescaled(a, b, factor) for a, b in zip(state, rest, strict=True))
    array, base = np.asarray(state), np.asarray(rest)
    if array.dtype.kind != "f":
        return state
    by: Any = factor.reshape(factor.shape[:-1] + (1,) * (array.ndim - factor.ndim + 1))
    return base + (array - base) * by


def started_memory(
    game: DifferentiableGame, rule: UpdateRule, x: Array, points: Array, rest: State
) -> State:
    """Return the memory at rest, moved as the rule's first memory moves from `x` to `points`."""
    return _moved(rest, rule.init(game, np.asfortranarray(points)), rule.init(game, x))


def _moved(rest: State, fresh: State, base: State) -> State:
    if rest is None:
        return None
    if isinstance(rest, tuple):
        return tuple(_moved(*parts) for parts in zip(rest, fresh, base, strict=True))
    array = np.asarray(rest)
    return array + (fresh - base) if array.dtype.kind == "f" else array


def distance_from_rest(state: State, rest: State, lead: tuple[int, ...]) -> Array:
    """Return how far each number of a memory is from where it rests, shape ``(*lead, q)``."""
    if state is None:
        return np.zeros((*lead, 0))
    if isinstance(state, tuple):
        pairs = zip(state, rest, strict=True)
        parts = [distance_from_rest(*pair, lead) for pair in pairs]
        return np.concatenate(parts, axis=-1) if parts else np.zeros((*lead, 0))
    array = np.asarray(state)
    if array.dtype.kind != "f":
        return np.zeros((*lead, 0))
    return np.asarray(np.abs(array - rest).reshape(*lead, -1))
