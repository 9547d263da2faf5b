"""How long may a rule's step be, and which of its parameters sit on a boundary of stability?"""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from gametools.dynamics.rule import UpdateRule
from gametools.games.differentiable import DifferentiableGame
from gametools.stability.growth import growth
from gametools.stability.linearise import RULE_ERRORS, Linearised, linearise

__all__ = [
    "NEAR_BOUNDARY",
    "RADIUS_TOLERANCE",
    "STATUSES",
    "fragile_parameters",
    "measured_rates",
    "safe_steps",
    "verdicts",
]

Array = NDArray[np.float64]
Codes = NDArray[np.int8]
Mask = NDArray[np.bool_]

RADIUS_TOLERANCE = 1e-9
"""A spectral radius this close to 1 is neither: central differences are good to 1e-10."""
NEAR_BOUNDARY = 0.01
"""A parameter is fragile if a change by this share decides whether a point attracts."""
SCAN = np.geomspace(1e-4, 1e4, 65)
"""Steps that are tried, over the size of the game's Jacobian."""
BISECTIONS = 40
FACTOR, FACTORS = 1.25, 20
"""Where rates are measured, each step tried is this many times the one before; so many are."""
MEASURED_TO = 1e-3
"""Relative accuracy of a measured safe step."""
STATUSES = ("derived", "measured", "none", "any tried", "unknown")
"""What is known of a largest safe step."""


def verdicts(rate: Array, error: Array | float = 0.0) -> Codes:
    """Return 1 where a rate is surely below 1, 0 where it is surely above, -1 between or NaN."""
    slack = np.maximum(error, RADIUS_TOLERANCE)
    codes = np.where(rate < 1 - slack, 1, -1)
    codes[rate > 1 + slack] = 0
    return codes.astype(np.int8)


def measured_rates(
    game: DifferentiableGame,
    rule: UpdateRule,
    x: Array,
    touches: Mask,
    found: Linearised,
    *,
    side_only: bool = False,
) -> tuple[Array, Array]:
    """Return rates and errors of points that share a face, measured where there is no radius.

    NaN where the rule does not rest at the point, or its memory never does. For `side_only` see
    `growth`.
    """
    rate, error = found.radius(), np.zeros(len(x))
    for draws in (False, True):
        some = np.flatnonzero(~found.smooth & found.rests & (found.draws == draws))
        if found.settled and len(some):
            part = game if len(some) == len(x) else game.take(some)
            grown = growth(part, rule, x[some], touches, draws=draws, side_only=side_only)
            rate[some], error[some] = grown.rate, grown.error
    return rate, error


def safe_steps(
    game: DifferentiableGame, rule: UpdateRule, x: Array, touches: Mask, *, measure: bool = False
) -> tuple[NDArray[np.object_], NDArray[np.object_], tuple[str, ...]]:
    """Return the largest safe step at each point, what is known of it, and notes.

    Parameters
    ----------
    game, rule, x, touches
        As for `linearise`.
    measure : bool
        Whether to measure it where a kink hides the radius of some step.

    Returns
    -------
    steps : object array, shape ``(N,)``
        A float, inf if the longest step tried is safe, None if no step is, NaN where it is not
        known: the rule has no field `step`, or a kink hides its radius and nothing was measured.
    statuses : object array, shape ``(N,)``
        Of `STATUSES`.
    notes : tuple of str
    """
    steps = np.full(len(x), np.nan, dtype=object)
    statuses = np.full(len(x), "unknown", dtype=object)
    if not _is_number(getattr(rule, "step", None)):
        return steps, statuses, ("the rule has no `step` to scan",)
    smooth = ~np.isnan(_radii(game, rule, x, touches))
    for k in range(len(x)):
        one = game.take(np.array([k])) if game.batch_shape else game
        if smooth[k]:
            steps[k], statuses[k] = _derived(one, rule, x[[k]], touches)
        if statuses[k] == "unknown" and measure:
            steps[k], statuses[k] = _measured(one, rule, x[[k]], touches)
    if measure or not (statuses == "unknown").any():
        return steps, statuses, ()
    why = "beyond some step the update has a kink" if smooth.all() else "no linearisation"
    return steps, statuses, (f"{why}: the largest safe step is not known unless measured",)


def _derived(
    game: DifferentiableGame, rule: UpdateRule, x: Array, touches: Mask
) -> tuple[float | None, str]:
    """Return the largest safe step by spectral radii, and its status."""
    size = np.abs(game.jacobian(x)).max()
    tried = SCAN / size if size > 0 else SCAN
    radii = np.array([_radius(game, rule, step, x, touches) for step in tried])
    safe = np.flatnonzero(radii < 1 - RADIUS_TOLERANCE)
    if not len(safe):
        return (np.nan, "unknown") if np.isnan(radii).all() else (None, "none")
    if safe[-1] == len(tried) - 1:
        return np.inf, "any tried"
    step = _bisect(game, rule, tried[safe[-1]], tried[safe[-1] + 1], x, touches)
    return step, "unknown" if np.isnan(step) else "derived"


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


def _measured(
    game: DifferentiableGame, rule: UpdateRule, x: Array, touches: Mask
) -> tuple[float | None, str]:
    """Return the end of the safe steps around the present one by measured rates, and its status.

    If the present step is not safe: of the next range below it.
    """
    present: float = rule.step  # type: ignore[attr-defined]
    with tqdm(desc="safe step", unit=" rates", delay=1, disable=None, leave=False) as bar:

        def verdict(step: float) -> int:
            bar.update()
            changed = _replaced(rule, "step", step)
            return -1 if changed is None else int(_sides(game, changed, x, touches, True)[0])

        seen = [verdict(present)]
        upwards = seen[0] == 1
        low = high = present
        for _ in range(FACTORS):
            step = high * FACTOR if upwards else low / FACTOR
            seen.append(verdict(step))
            low, high = (high, step) if upwards else (step, low)
            if (seen[-1] == 1) != upwards:
                return _narrowed(verdict, low, high), "measured"
    if upwards:
        return np.inf, "any tried"
    return (None, "none") if 0 in seen else (np.nan, "unknown")


def _narrowed(verdict: Callable[[float], int], low: float, high: float) -> float:
    """Return a safe step `MEASURED_TO` below one that is not surely safe."""
    while high > low * (1 + MEASURED_TO):
        middle = float(np.sqrt(low * high))
        if verdict(middle) == 1:
            low = middle
        else:
            high = middle
    return low


def fragile_parameters(
    game: DifferentiableGame,
    rule: UpdateRule,
    x: Array,
    touches: Mask,
    present: Codes,
    *,
    measure: bool = True,
) -> list[tuple[str, ...]]:
    """Return, for each point, the parameters that sit on a boundary of stability there.

    Parameters
    ----------
    game, rule, x, touches
        As for `linearise`.
    present : int8 array, shape ``(N,)``
        The `verdicts` with the present parameters.
    measure : bool
        Whether to measure rates of changed rules where they have no spectral radius; where not,
        such a change decides nothing.
    """
    names: list[list[str]] = [[] for _ in x]
    for field in dataclasses.fields(rule):  # type: ignore[arg-type]
        value = getattr(rule, field.name)
        if not _is_number(value) or value == 0:
            continue
        sides = [present]
        for factor in (1 - NEAR_BOUNDARY, 1 + NEAR_BOUNDARY):
            changed = _replaced(rule, field.name, value * factor)
            if changed is not None:
                sides.append(_sides(game, changed, x, touches, measure))
        for k in np.flatnonzero(np.any([s == 1 for s in sides], axis=0)):
            if any(side[k] == 0 for side in sides):
                names[k].append(field.name)
    return [tuple(some) for some in names]


def _sides(
    game: DifferentiableGame, rule: UpdateRule, x: Array, touches: Mask, measure: bool
) -> Codes:
    """Return the `verdicts` of a rule that nobody asked for, without its warnings."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        found = _linearised(game, rule, x, touches)
        if not measure:
            return verdicts(found.radius())
        codes = verdicts(*measured_rates(game, rule, x, touches, found, side_only=True))
    codes[~found.rests] = 0
    return codes


def _radii(game: DifferentiableGame, rule: UpdateRule, x: Array, touches: Mask) -> Array:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # of steps that nobody asked for
        return _linearised(game, rule, x, touches).radius()


def _linearised(game: DifferentiableGame, rule: UpdateRule, x: Array, touches: Mask) -> Linearised:
    """Return the linearisation, not smooth where a step so long that numbers overflow made NaN."""
    found = linearise(game, rule, x, touches)
    bad = ~np.isfinite(found.matrix).all(axis=(-2, -1))
    found.smooth[bad] = False
    return found


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
