"""Follow a curve of solutions: Euler steps along it, Newton steps back to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["CurvePoint", "follow_curve"]

Array = NDArray[np.float64]
System = Callable[[Array], tuple[Array, Array]]
"""Residuals ``(d,)`` and their derivative ``(d, d + 1)`` at a point ``(d + 1,)``."""

ACCURACY = 1e-10
"""Size of the last correction; it grows with the point, as rounding errors do."""
NOISE = 1e3
"""How many times larger it may be from the third on: next to a crossing, errors are amplified."""
FIRST_STEP = 0.05
SHORTEST_STEP = 1e-7
CROSSING_STEP = 1e-4
"""Where so short a step changes the orientation, another branch is taken to cross. Both lengths
are shares of the point's size."""
LONGEST_CORRECTION = 0.3
"""How far a predicted point may lie off the curve."""
WORST_CONTRACTION = 0.3
"""How much of a correction may be left for the next one."""
SHARPEST_TURN = 0.15
"""Largest angle between the tangents at two points in a row, in radians."""
CORRECTIONS = 6


@dataclass(frozen=True, eq=False)
class CurvePoint:
    """A point of the curve.

    Attributes
    ----------
    z : array, shape ``(d + 1,)``
    tangent : array, shape ``(d + 1,)``
        Unit vector in the direction of travel.
    orientation : float
        Sign of the determinant of derivative and tangent: the same all along a regular curve.
    crossing : bool
        The sign changed on the way here, within `CROSSING_STEP`: another curve crosses
        in between (or passes so closely that it looks like it).
    """

    z: Array
    tangent: Array
    orientation: float
    crossing: bool = False


def follow_curve(
    system: System,
    start: Array,
    direction: Array,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[CurvePoint]:
    """Yield points along the curve through `start`, as far apart as its bends allow.

    Parameters
    ----------
    system : callable
        Residuals and their derivative.
    start : array, shape ``(d + 1,)``
        A point where all residuals are 0.
    direction : array, shape ``(d + 1,)``
        The curve is followed so that its tangent at `start` makes an acute angle with this.
    stop : callable
        Asked before every step, taken or tried.

    Yields
    ------
    CurvePoint
        `start` first. The iterator ends when `stop` says True, and where the curve cannot be
        followed because the shortest step is still too long.

    Notes
    -----
    A step is taken again with half the length if the predicted point is too far off, Newton's
    steps shrink too slowly, the curve turns too sharply, or its orientation changes, which it
    does after a jump to another branch and after a crossing with one. A crossing (games with
    symmetries have them) is passed straight on.

    Source: Allgower and Georg (1990), algorithm 6.1.10, as in Turocy (2005), section 3. Here the
    corrections are orthogonal to the last tangent (Keller 1977), the angle is tested as well, and
    a changed orientation is a reason to try again.
    """
    here = _point(start, system(start)[1], direction)
    if here is None:
        return
    yield here
    step = FIRST_STEP
    while not stop():
        found, trouble = _advance(system, here, step)
        flipped = found is not None and found.orientation != here.orientation
        size = 1 + float(np.abs(here.z).max())
        again = found is None or trouble >= 1 or (flipped and step > CROSSING_STEP * size)
        if again and step > SHORTEST_STEP * size:
            step /= 2
            continue
        if found is None:
            return
        here = CurvePoint(found.z, found.tangent, found.orientation, flipped)
        yield here
        step *= float(np.clip(0.7 / np.sqrt(trouble + 1e-12), 0.5, 2.0))


def _advance(system: System, here: CurvePoint, step: float) -> tuple[CurvePoint | None, float]:
    """Take one step; return the point, None if Newton fails, and how bad it was (1 is too bad)."""
    z = here.z + step * here.tangent
    accuracy = ACCURACY * (1 + float(np.abs(z).max()) / 100)
    last = trouble = 0.0
    for k in range(CORRECTIONS):
        residual, jacobian = system(z)
        move = _solve(jacobian, here.tangent, np.append(-residual, 0.0))
        if move is None:
            break
        size = float(np.sqrt(move @ move))
        if k == 0:
            trouble = size / LONGEST_CORRECTION
        elif last > 100 * accuracy:  # below it, rounding errors hide the contraction
            trouble = max(trouble, size / last / WORST_CONTRACTION)
        if not trouble < 2:
            break
        z = z + move
        last = size
        if size <= accuracy or (k > 1 and size <= NOISE * accuracy):
            found = _point(z, jacobian, here.tangent)
            if found is None:
                break
            turn = float(np.arccos(np.clip(found.tangent @ here.tangent, -1, 1)))
            return found, max(trouble, turn / SHARPEST_TURN)
    return None, np.inf


def _point(z: Array, jacobian: Array, along: Array) -> CurvePoint | None:
    """Return the point with its tangent: the null vector of the derivative, not against `along`."""
    tangent = _solve(jacobian, along, np.eye(len(z))[-1])
    if tangent is None:
        return None
    sign = np.linalg.slogdet(np.vstack([jacobian, along]))[0]
    return CurvePoint(z, tangent / np.sqrt(tangent @ tangent), float(sign))


def _solve(jacobian: Array, along: Array, right: Array) -> Array | None:
    """Solve the derivative bordered by a row `along`; None if it is singular."""
    try:
        found: Array = np.linalg.solve(np.vstack([jacobian, along]), right).astype(np.float64)
    except np.linalg.LinAlgError:
        return None
    return found if np.isfinite(found).all() else None
