"""How long may a rule's step be, and which of its parameters sit on a boundary of stability?"""

from __future__ import annotations

import dataclasses
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gametools.dynamics.rule import UpdateRule
from gametools.games.differentiable import DifferentiableGame
from gametools.stability.linearise import RULE_ERRORS, linearise

__all__ = ["NEAR_BOUNDARY", "RADIUS_TOLERANCE", "fragile_parameters", "safe_steps"]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

RADIUS_TOLERANCE = 1e-9
"""A spectral radius this close to 1 is neither: central differences are good to 1e-10."""
NEAR_BOUNDARY = 0.01
"""A parameter is fragile if a change by this share decides whether a point attracts."""
SCAN = np.geomspace(1e-4, 1e4, 65)
"""Steps that are tried, over the size of the game's Jacobian."""
BISECTIONS = 40


def safe_steps(
    game: DifferentiableGame, rule: UpdateRule, x: Array, touches: Mask
) -> tuple[NDArray[np.object_], tuple[str, ...]]:
    """Return the largest safe step at each point, and notes.

    Returns
    -------
    steps : object array, shape ``(N,)``
        A float, inf if the longest step tried is safe, None if no step is, NaN where the rule has
        no field `step` or a kink hides its radius.
    notes : tuple of str
    """
    found = np.full(len(x), np.nan, dtype=object)
    if not _is_number(getattr(rule, "step", None)):
        return found, ("the rule has no `step` to scan",)
    if np.isnan(_radii(game, rule, x, touches)).all():
        return found, ("the update has no linearisation; no safe step is known",)
    size = np.abs(game.jacobian(x)).max(axis=(-2, -1))
    for k in range(len(x)):
        one = game.take(np.array([k])) if game.batch_shape else game
        at = x[[k]]
        unit = 1.0 / size[k] if size[k] > 0 else 1.0
        tried = SCAN * unit
        radii = np.array([_radius(one, rule, step, at, touches) for step in tried])
        safe = radii < 1 - RADIUS_TOLERANCE
        if not safe.any():
            found[k] = None if not np.isnan(radii).all() else np.nan
            continue
        last = int(np.flatnonzero(safe)[-1])
        if last == len(tried) - 1:
            found[k] = np.inf
            continue
        found[k] = _bisect(one, rule, tried[last], tried[last + 1], at, touches)
    unknown = any(step is not None and np.isnan(step) for step in found)
    note = ("beyond some step the update has a kink; the largest safe step is not known",)
    return found, note if unknown else ()


def _bisect(
    game: DifferentiableGame, rule: UpdateRule, low: float, high: float, x: Array, touches: Mask
) -> float:
    """Return where the radius reaches 1 between a safe step and one that is not; NaN at a kink."""
    if np.isnan(_radius(game, rule, high, x, touches)):
        return float("nan")
    for _ in range(BISECTIONS):
        middle = float(np.sqrt(low * high))
        radius = _radius(game, rule, middle, x, touches)
        if np.isnan(radius):
            return float("nan")
        if radius < 1 - RADIUS_TOLERANCE:
            low = middle
        else:
            high = middle
        if high - low <= 1e-9 * high:
            break
    return low


def fragile_parameters(
    game: DifferentiableGame, rule: UpdateRule, x: Array, touches: Mask, rate: Array
) -> list[tuple[str, ...]]:
    """Return, for each point, the parameters that sit on a boundary of stability there."""
    names: list[list[str]] = [[] for _ in x]
    for field in dataclasses.fields(rule):  # type: ignore[arg-type]
        value = getattr(rule, field.name)
        if not _is_number(value) or value == 0:
            continue
        sides = [rate < 1 - RADIUS_TOLERANCE]
        for factor in (1 - NEAR_BOUNDARY, 1 + NEAR_BOUNDARY):
            changed = _replaced(rule, field.name, value * factor)
            if changed is None:
                continue
            radius = _radii(game, changed, x, touches)
            sides.append(np.where(np.isnan(radius), sides[0], radius < 1 - RADIUS_TOLERANCE))
        for k in np.flatnonzero(np.any(sides, axis=0) & ~np.all(sides, axis=0)):
            names[k].append(field.name)
    return [tuple(some) for some in names]


def _radii(game: DifferentiableGame, rule: UpdateRule, x: Array, touches: Mask) -> Array:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # of steps that nobody asked for
        found = linearise(game, rule, x, touches)
        bad = ~np.isfinite(found.matrix).all(axis=(-2, -1))
        found.smooth[bad] = False
        return found.radius()


def _radius(
    game: DifferentiableGame, rule: UpdateRule, step: float, x: Array, touches: Mask
) -> float:
    """Return the spectral radius with another step; NaN at a kink or where the rule forbids it."""
    changed = _replaced(rule, "step", float(step))
    return float("nan") if changed is None else float(_radii(game, changed, x, touches)[0])


def _replaced(rule: UpdateRule, name: str, value: float) -> UpdateRule | None:
    """Return the rule with another value of a parameter; None if it does not allow it."""
    changes: dict[str, Any] = {name: value}
    try:
        return dataclasses.replace(rule, **changes)  # type: ignore[type-var]
    except RULE_ERRORS:
        return None


def _is_number(value: Any) -> bool:
    return isinstance(value, float | int) and not isinstance(value, bool)
