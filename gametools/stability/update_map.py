"""What a learning rule makes of a point: the linearisation of its update map."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gametools.dynamics.rule import UpdateRule
from gametools.games.differentiable import DifferentiableGame
from gametools.stability.faces import faces
from gametools.stability.linearise import RULE_ERRORS, Linearised, growth, linearise
from gametools.stability.safe_step import (
    NEAR_BOUNDARY,
    RADIUS_TOLERANCE,
    fragile_parameters,
    safe_steps,
)

__all__ = ["RADIUS_TOLERANCE", "UpdateMap", "update_map"]

Array = NDArray[np.float64]

MOST_SAFE_STEPS = 16
"""In batches of more points, the largest safe step is not looked for."""
_CODES = np.array([False, True, None], dtype=object)


@dataclass(frozen=True, eq=False, repr=False)
class UpdateMap:
    """The linearised update of a rule at a point, or at each point of a batch.

    Attributes
    ----------
    rule : UpdateRule
    jacobian : array, shape ``(*batch, k, k)``
        Of the update map, in the directions that stay in the domain, and in the rule's memory
        where it has one that moves. NaN-padded in a batch.
    eigenvalues : complex array, shape ``(*batch, k)``
        Of `jacobian`; NaN-padded in a batch.
    spectral_radius : float
        Largest modulus of an eigenvalue: the asymptotic rate. NaN where the map has a kink.
    rate : float
        The factor by which one update shrinks a small distance in the long run: the spectral
        radius, or where the map has a kink, the worst factor measured over 1000 updates from 16
        directions.
    is_smooth : bool
        Whether the map has a linearisation here.
    is_attracting : bool or None
        Whether the rate is below 1; None within `RADIUS_TOLERANCE` of 1. False where the rule
        does not rest at the point at all.
    largest_safe_step : float or None
        The rule's field `step` may grow up to here and the point still attracts: the upper end of
        the highest range of safe steps, found by a scan of steps from 1e-4 to 1e4 over the size
        of the game's Jacobian and a bisection to 1e-9; inf if the largest of the scan is safe;
        None if no step is. NaN where it was not looked for (see `notes`).
    fragile : tuple of str
        Parameters of the rule of which a change by 1% decides whether the point attracts.
    notes : tuple of str
        Warnings, of any point of a batch.
    """

    rule: UpdateRule
    jacobian: Array
    eigenvalues: NDArray[np.complex128]
    spectral_radius: Any
    rate: Any
    is_smooth: Any
    is_attracting: Any
    largest_safe_step: Any
    fragile: Any
    notes: tuple[str, ...]
    radius_tolerance: float = RADIUS_TOLERANCE

    def shaped(self, batch: tuple[int, ...]) -> UpdateMap:
        """Return the same with fields of shape ``(*batch,)``; plain values for ``()``."""
        changes: dict[str, Any] = {
            name: value.reshape(batch + value.shape[1:])[()]
            for name, value in vars(self).items()
            if isinstance(value, np.ndarray)
        }
        if not batch:
            values = changes["eigenvalues"]
            used = ~np.isnan(values.real)
            changes["eigenvalues"] = values[used]
            k = int(used.sum())
            changes["jacobian"] = changes["jacobian"][:k, :k]
        return dataclasses.replace(self, **changes)

    def __getitem__(self, index: int) -> UpdateMap:
        """Return one point of a batch with one axis."""
        parts: dict[str, Any] = {
            name: value[[index]]
            for name, value in vars(self).items()
            if isinstance(value, np.ndarray)
        }
        return dataclasses.replace(self, **parts).shaped(())

    def columns(self) -> dict[str, Any]:
        """Return columns for a frame of points."""
        safe = np.atleast_1d(np.asarray(self.largest_safe_step, dtype=object)).ravel()
        attracts = np.atleast_1d(np.asarray(self.is_attracting, dtype=object)).ravel()
        return {
            "spectral_radius": np.ravel(self.spectral_radius),
            "rate": np.ravel(self.rate),
            "attracts": attracts,
            "largest_safe_step": safe,
        }

    def __repr__(self) -> str:
        if np.ndim(self.rate):
            sure = sum(value is True for value in np.ravel(self.is_attracting))
            return f"{self.rule!r} attracted by {sure} of {np.size(self.rate)}"
        words = {True: "attracts", False: "does not attract", None: "undecided"}
        if np.isnan(self.rate):
            return f"{self.rule!r} {words[self.is_attracting]}: {'; '.join(self.notes)}"
        what = "spectral radius" if self.is_smooth else "measured rate"
        safe = self.largest_safe_step
        step = "" if safe is None or np.isnan(safe) else f", safe up to step {safe:.6g}"
        note = f", at a boundary in {', '.join(self.fragile)}" if self.fragile else ""
        return f"{self.rule!r} {words[self.is_attracting]}: {what} {self.rate:.6g}{step}{note}"


def update_map(
    game: DifferentiableGame,
    rule: UpdateRule,
    x: Array,
    touches: NDArray[np.bool_],
    *,
    scan: bool = True,
) -> UpdateMap:
    """Return what `rule` makes of fixed points.

    Parameters
    ----------
    game : DifferentiableGame
        One game, or a flat batch of N.
    rule : UpdateRule
    x : array, shape ``(N, d)``
    touches : bool array, shape ``(N, d)``
        Coordinates on the boundary, off which only one way leads.
    scan : bool
        Whether to look for the largest safe step and for fragile parameters.

    Notes
    -----
    Derivatives are fourth-order central differences of `rule.update` (third-order one-sided ones
    off the boundary), of step 1e-3 or less, checked against a step 16 times smaller: good to
    about 1e-11 for updates of order 1, and to rounding where the update is a polynomial of low
    degree. The rule's memory is first let settle at the point; parts of it that an update merely
    hands on are parameters and not part of the map. A multiple eigenvalue of a map that cannot be
    diagonalised is good to half as many digits.

    A map is smooth if it also predicts its own values in random directions. WoLF's steps of two
    sizes, and the meta-game's choice in MATRL, can make a map that is not: it then has a rate
    only, which is measured.
    """
    total = len(x)
    notes: dict[str, None] = {}
    radius, rate = np.full(total, np.nan), np.full(total, np.nan)
    smooth = np.zeros(total, dtype=np.bool_)
    leaves = np.zeros(total, dtype=np.bool_)
    safe = np.full(total, np.nan, dtype=object)
    fragile = np.empty(total, dtype=object)
    fragile[:] = [()] * total
    parts: list[tuple[NDArray[np.intp], Linearised]] = []
    for pattern, index in faces(touches):
        part = game if len(index) == total else game.take(index)
        points = x[index]
        try:
            found = linearise(part, rule, points, pattern)
        except RULE_ERRORS as error:
            raise type(error)(f"`rule` does not fit here: {error}") from error
        notes |= dict.fromkeys(found.notes)
        parts.append((index, found))
        radius[index], smooth[index] = found.radius(), found.smooth
        rate[index] = radius[index]
        kinked = np.flatnonzero(~found.smooth & found.rests)
        if not found.rests.all():
            leaves[index[~found.rests]] = True
            notes["the rule does not rest here: one update moves the point"] = None
        if len(kinked) and found.settled:
            some = part if len(kinked) == len(index) else part.take(kinked)
            rate[index[kinked]] = growth(some, rule, points[kinked], pattern)
            notes["the update has a kink here; its rate is measured"] = None
        if not scan:
            continue
        if total > MOST_SAFE_STEPS:
            notes[f"largest safe step: for at most {MOST_SAFE_STEPS} points at a time"] = None
        elif found.settled and found.rests.any():
            steps, note = safe_steps(part, rule, points, pattern)
            safe[index] = steps
            notes |= dict.fromkeys(note)
        if found.settled and found.rests.any():
            names = fragile_parameters(part, rule, points, pattern, rate[index])
            for at, words in zip(index, names, strict=True):
                fragile[at] = words
    widest = max(found.matrix.shape[-1] for _, found in parts) if parts else 0
    matrix = np.full((total, widest, widest), np.nan)
    eigenvalues = np.full((total, widest), np.nan, dtype=np.complex128)
    for index, found in parts:
        k = found.matrix.shape[-1]
        matrix[index, :k, :k] = found.matrix
        eigenvalues[index, :k] = found.eigenvalues()
    attracting = np.where(rate < 1 - RADIUS_TOLERANCE, 1, -1)
    attracting[(rate > 1 + RADIUS_TOLERANCE) | leaves] = 0
    if any(fragile):
        share = f"{NEAR_BOUNDARY:.0%}"
        notes[f"a change of a parameter by {share} decides whether the point attracts"] = None
    return UpdateMap(
        rule,
        matrix,
        eigenvalues,
        radius,
        rate,
        smooth,
        _CODES[attracting],
        safe,
        fragile,
        tuple(notes),
    )
