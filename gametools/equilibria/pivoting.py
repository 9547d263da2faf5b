"""Tableaux for complementary pivoting, in floating point and in exact integers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gametools.equilibria.vertex import simplest_fraction

__all__ = ["ExactTableau", "FloatTableau", "PivotError", "Tableau", "positive_integers"]

Array = NDArray[np.float64]
Objects = NDArray[np.object_]

ENTRY_TOLERANCE = 1e-11
"""A tableau entry below this is no pivot; entries are of size about 1."""
RATIO_TOLERANCE = 1e-10
"""Ratios that differ by less than this tie."""


class PivotError(ArithmeticError):
    """A floating-point tableau has lost its way; exact arithmetic has not."""


class Tableau(Protocol):
    """The polytope ``{z >= 0, matrix @ z <= 1}`` at one of its vertices, the basis.

    Variables are called by their labels: `own` those of ``z``, `slack` those of the constraints.
    """

    basis: list[int]

    def enter(self, label: int) -> int:
        """Let a variable into the basis; return the label of the one that leaves."""

    def solution(self) -> list[Fraction] | list[float]:
        """Return ``z``, scaled to sum 1."""


class FloatTableau:
    """A tableau in float64, with ties within a tolerance.

    Parameters
    ----------
    matrix : array, shape ``(rows, columns)``
        Positive, entries of size about 1.
    own, slack : sequences of int
        The labels of the columns and of the rows; together 0 to ``rows + columns - 1``.

    Notes
    -----
    Ties in the minimum-ratio test are broken lexicographically: the right-hand side is thought of
    as 1 plus ever smaller perturbations, so no vertex is ever degenerate and no path returns.

    Source: von Stengel (2002), sections 2.5 and 2.6. Ours differs by tolerances on entries and
    ratios, and by computing the solution afresh from the last basis.
    """

    def __init__(self, matrix: Array, own: Sequence[int], slack: Sequence[int]) -> None:
        rows, columns = matrix.shape
        self._start = np.empty((rows, rows + columns + 1))
        self._start[:, list(own)] = matrix
        self._start[:, list(slack)] = np.eye(rows)
        self._start[:, -1] = 1.0
        self._table = self._start.copy()
        self._own, self._tie_order = list(own), [-1, *slack]
        self.basis = list(slack)

    def enter(self, label: int) -> int:
        """Let a variable into the basis; return the label of the one that leaves."""
        row = self._leaving_row(self._table[:, label])
        pivot_row = self._table[row] / self._table[row, label]
        self._table -= np.outer(self._table[:, label], pivot_row)
        self._table[row] = pivot_row
        leaving, self.basis[row] = self.basis[row], label
        return leaving

    def _leaving_row(self, column: Array) -> int:
        """Return the row with the lexicographically smallest ratio."""
        rows = np.flatnonzero(column > ENTRY_TOLERANCE)
        if not len(rows):
            raise PivotError("no variable leaves.")
        for k in self._tie_order:
            ratios = self._table[rows, k] / column[rows]
            least = float(ratios.min())
            rows = rows[ratios <= least + RATIO_TOLERANCE * max(1.0, abs(least))]
            if len(rows) == 1:
                break
        return int(rows[0])

    def solution(self) -> list[float]:
        """Return ``z``, scaled to sum 1; computed afresh, so that it depends on no path."""
        basis = sorted(self.basis)
        solved = _solved(self._start[:, basis], self._start[:, -1])
        values = dict(zip(basis, solved, strict=True))
        z = [max(float(values.get(label, 0.0)), 0.0) for label in self._own]
        total = math.fsum(z)
        if not total > 0:
            raise PivotError("back at the origin.")
        return [value / total for value in z]


def _solved(matrix: Array, right: Array) -> Array:
    try:
        return np.asarray(np.linalg.solve(matrix, right), dtype=np.float64)
    except np.linalg.LinAlgError:
        raise PivotError("the basis is singular.") from None


class ExactTableau:
    """A tableau in integers: every entry over one common denominator, the last pivot.

    Parameters
    ----------
    matrix : array of int objects, shape ``(rows, columns)``
        Positive.
    own, slack : sequences of int
        As in `FloatTableau`.

    Notes
    -----
    Integer pivoting: entries are minors of the first tableau, so that the division by the last
    pivot leaves no remainder, and they grow no longer than minors do. Ties are exact, and broken
    lexicographically, so a path never returns.

    Source: von Stengel (2002), section 2.5, and lrs (Avis 2000). Ours differs in nothing.
    """

    def __init__(self, matrix: Objects, own: Sequence[int], slack: Sequence[int]) -> None:
        rows, columns = matrix.shape
        self._table: Objects = np.full((rows, rows + columns + 1), 0, dtype=object)
        self._table[:, list(own)] = matrix
        self._table[range(rows), list(slack)] = 1
        self._table[:, -1] = 1
        self._own, self._tie_order = list(own), [-1, *slack]
        self.basis = list(slack)
        self._denominator = 1

    def enter(self, label: int) -> int:
        """Let a variable into the basis; return the label of the one that leaves."""
        row = self._leaving_row(self._table[:, label])
        pivot, pivot_row = self._table[row, label], self._table[row].copy()
        eliminated = self._table * pivot - np.outer(self._table[:, label], pivot_row)
        self._table = eliminated // self._denominator
        self._table[row] = pivot_row
        self._denominator = pivot
        leaving, self.basis[row] = self.basis[row], label
        return leaving

    def _leaving_row(self, column: Objects) -> int:
        rows = [row for row, entry in enumerate(column) if entry > 0]
        for k in self._tie_order:
            ratios = [Fraction(self._table[row, k], column[row]) for row in rows]
            least = min(ratios)
            rows = [row for row, ratio in zip(rows, ratios, strict=True) if ratio == least]
            if len(rows) == 1:
                break
        return rows[0]

    def solution(self) -> list[Fraction]:
        """Return ``z``, scaled to sum 1."""
        values = dict(zip(self.basis, self._table[:, -1], strict=True))
        z = [int(values.get(label, 0)) for label in self._own]
        return [Fraction(value, sum(z)) for value in z]


def positive_integers(payoffs: Array) -> Objects:
    """Return integers, at least 1, that are a positive multiple of the payoffs plus a constant.

    Parameters
    ----------
    payoffs : array
        Each is read as the simplest fraction that rounds to it, so 0.1 is 1/10, see
        `simplest_fraction`.

    Returns
    -------
    array of Python ints, same shape

    Notes
    -----
    Source: ours.

    Examples
    --------
    >>> import numpy as np
    >>> positive_integers(np.array([[0.1, 0.5], [-0.2, 1 / 3]])).tolist()
    [[10, 22], [1, 17]]
    """
    fractions = [simplest_fraction(float(value)) for value in payoffs.ravel()]
    common = math.lcm(*(fraction.denominator for fraction in fractions))
    whole = [int(fraction * common) for fraction in fractions]
    least = min(whole)
    result: Objects = np.empty(payoffs.shape, dtype=object)
    result.ravel()[:] = [value - least + 1 for value in whole]
    return result
