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
from gametools.stability.linearise import RULE_ERRORS, Linearised, linearise
from gametools.stability.safe_step import (
    NEAR_BOUNDARY,
    RADIUS_TOLERANCE,
    fragile_parameters,
    measured_rates,
    safe_steps,
    verdicts,
)

__all__ = ["RADIUS_TOLERANCE", "UpdateMap", "update_map"]

Array = NDArray[np.float64]
Index = NDArray[np.intp]

MOST_SAFE_STEPS = 16
"""In batches of more points, no safe step is looked for, and no fragile one at a kink."""
NEAR_ONE = 0.1
"""Where rates are measured, a change of a parameter by 1% is tried if one is this close to 1."""
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
        Largest modulus of an eigenvalue: the asymptotic rate. NaN where the map has a kink, or
        draws at random.
    rate : float
        The factor by which one update shrinks a small distance in the long run: the spectral
        radius; where the map has a kink, measured from 16 random starts: the largest factor if
        they differ for good (a slower regime may exist that none of them met), the geometric mean
        if they do not; where it draws at random, the geometric mean (`exp` of the largest Lyapunov
        exponent). NaN where the rule does not rest at the point, or its memory never does.
    is_smooth : bool
        Whether the map has a linearisation here.
    is_attracting : bool or None
        Whether the rate is below 1; None within `RADIUS_TOLERANCE`, or a measured rate's
        `rate_error`, of 1. False where the rule does not rest at the point at all.
    largest_safe_step : float or None
        The rule's field `step` may grow up to here and the point still attracts; inf if the
        longest step tried is safe; None if no step is; NaN where it is not known (see `notes`).
        Derived from spectral radii: the upper end of the highest range of safe steps, found by a
        scan of steps from 1e-4 to 1e4 over the size of the game's Jacobian and a bisection to
        1e-9. Measured, where asked for and the map has a kink: the upper end, to 0.1%, of the
        range of safe steps around the present one (if that is not safe, of the next range below),
        found by factors of 1.25 up to 86 times the present step, or down to its 86th part.
        Beyond, steps may be safe again, and narrower ranges go unseen.
    fragile : tuple of str
        Parameters of the rule of which a change by 1% decides whether the point attracts.
        Measured at kinks, if the rate is within 0.1 of 1, in batches of at most 16 points.
    notes : tuple of str
        Warnings, of any point of a batch.
    rate_error : float
        How far a measured rate may be off: by how much it changed when the measurement was last
        prolonged, for a mean at least three standard errors. 0 for a spectral radius.
    safe_step_status : str
        ``"derived"`` or ``"measured"`` for a number; ``"none"``, ``"any tried"``, ``"unknown"``.
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
    rate_error: Any = 0.0
    safe_step_status: Any = "unknown"

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

        def flat(value: Any) -> NDArray[np.object_]:
            return np.atleast_1d(np.asarray(value, dtype=object)).ravel()

        return {
            "spectral_radius": np.ravel(self.spectral_radius),
            "rate": np.ravel(self.rate),
            "rate_error": np.ravel(self.rate_error),
            "attracts": flat(self.is_attracting),
            "largest_safe_step": flat(self.largest_safe_step),
            "safe_step_status": flat(self.safe_step_status),
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
        by = " (measured)" if self.safe_step_status == "measured" else ""
        step = "" if safe is None or np.isnan(safe) else f", safe up to step {safe:.6g}{by}"
        note = f", at a boundary in {', '.join(self.fragile)}" if self.fragile else ""
        return f"{self.rule!r} {words[self.is_attracting]}: {what} {self.rate:.6g}{step}{note}"


def update_map(
    game: DifferentiableGame,
    rule: UpdateRule,
    x: Array,
    touches: NDArray[np.bool_],
    *,
    scan: bool = True,
    measure: bool = False,
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
    measure : bool
        Whether that search may measure safe steps, where a kink hides them.

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
    only, which is measured, and so has a map that draws at random (`gametools.stability.growth`).
    """
    answers = _Answers.blank(len(x))
    parts: list[tuple[Index, Linearised]] = []
    for pattern, index in faces(touches):
        part = game if len(index) == len(x) else game.take(index)
        try:
            found = linearise(part, rule, x[index], pattern)
        except RULE_ERRORS as error:
            raise type(error)(f"`rule` does not fit here: {error}") from error
        parts.append((index, found))
        answers.fill(part, rule, x[index], pattern, index, found)
        if scan:
            answers.scan(part, rule, x[index], pattern, index, found, measure)
    if any(answers.fragile):
        share = f"{NEAR_BOUNDARY:.0%}"
        answers.note(f"a change of a parameter by {share} decides whether the point attracts")
    matrix, eigenvalues = _padded(parts, len(x))
    return UpdateMap(
        rule,
        matrix,
        eigenvalues,
        answers.radius,
        answers.rate,
        answers.smooth,
        _CODES[answers.attracting(slice(None))],
        answers.safe,
        answers.fragile,
        tuple(answers.notes),
        rate_error=answers.error,
        safe_step_status=answers.statuses,
    )


@dataclass(frozen=True, eq=False)
class _Answers:
    """What is known of each point so far, shape ``(N,)``; filled face by face."""

    radius: Array
    rate: Array
    error: Array
    smooth: NDArray[np.bool_]
    leaves: NDArray[np.bool_]
    safe: NDArray[np.object_]
    statuses: NDArray[np.object_]
    fragile: NDArray[np.object_]
    notes: dict[str, None]

    @classmethod
    def blank(cls, total: int) -> _Answers:
        fragile = np.empty(total, dtype=object)
        fragile[:] = [()] * total
        no = np.zeros(total, dtype=np.bool_)
        unknown = np.full(total, np.nan)
        safe, statuses = unknown.astype(object), np.full(total, "unknown", dtype=object)
        return cls(
            unknown, unknown.copy(), np.zeros(total), no, no.copy(), safe, statuses, fragile, {}
        )

    def note(self, *texts: str) -> None:
        self.notes.update(dict.fromkeys(texts))

    def fill(
        self,
        game: DifferentiableGame,
        rule: UpdateRule,
        x: Array,
        touches: NDArray[np.bool_],
        index: Index,
        found: Linearised,
    ) -> None:
        """Enter radius and rate of the points `x`, numbers `index`, that share a face."""
        self.note(*found.notes)
        self.radius[index], self.smooth[index] = found.radius(), found.smooth
        self.rate[index], self.error[index] = measured_rates(game, rule, x, touches, found)
        if not found.rests.all():
            self.leaves[index[~found.rests]] = True
            self.note("the rule does not rest here: one update moves the point")
        measured = ~found.smooth & found.rests
        if found.settled and (measured & ~found.draws).any():
            self.note("the update has a kink here; its rate is measured")
        if found.settled and (measured & found.draws).any():
            self.note("the rule draws at random; its rate is a mean, measured")

    def scan(
        self,
        game: DifferentiableGame,
        rule: UpdateRule,
        x: Array,
        touches: NDArray[np.bool_],
        index: Index,
        found: Linearised,
        measure: bool,
    ) -> None:
        """Enter the largest safe steps and fragile parameters of points that share a face."""
        if not (found.settled and found.rests.any()):
            return
        few = len(self.rate) <= MOST_SAFE_STEPS
        if few:
            self.safe[index], self.statuses[index], notes = safe_steps(
                game, rule, x, touches, measure=measure
            )
            self.note(*notes)
        else:
            self.note(f"largest safe step: for at most {MOST_SAFE_STEPS} points at a time")
        near = few and bool((np.abs(self.rate[index] - 1) < NEAR_ONE).any())
        names = fragile_parameters(game, rule, x, touches, self.attracting(index), measure=near)
        for at, words in zip(index, names, strict=True):
            self.fragile[at] = words

    def attracting(self, index: Index | slice) -> NDArray[np.int8]:
        """Return the `verdicts` of some points: 0 also where the rule does not rest."""
        codes = verdicts(self.rate[index], self.error[index])
        codes[self.leaves[index]] = 0
        return codes


def _padded(
    parts: list[tuple[Index, Linearised]], total: int
) -> tuple[Array, NDArray[np.complex128]]:
    """Return matrices and eigenvalues of all faces in one array each, NaN beyond their size."""
    widest = max((found.matrix.shape[-1] for _, found in parts), default=0)
    matrix = np.full((total, widest, widest), np.nan)
    eigenvalues = np.full((total, widest), np.nan, dtype=np.complex128)
    for index, found in parts:
        k = found.matrix.shape[-1]
        matrix[index, :k, :k] = found.matrix
        eigenvalues[index, :k] = found.eigenvalues()
    return matrix, eigenvalues
