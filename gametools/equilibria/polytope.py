"""The vertices of best-response polytopes, in floating point and exactly.

A best-response polytope is ``{z >= 0, M z <= 1}`` with a positive matrix M of shape (k, d). Its
d + k inequalities are numbered: d for the variables, k for the rows. A *dictionary* expresses k
basic variables by d cobasic ones (which are 0); walking from dictionary to dictionary by pivots
visits every vertex.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from gametools.equilibria.result import Budget

__all__ = [
    "DEGENERACY",
    "Degenerate",
    "OutOfBudget",
    "Vertices",
    "exact_vertices",
    "float_vertices",
]

Array = NDArray[np.float64]
Masks = NDArray[np.int64]

DEGENERACY = 1e-9
"""A slack below this (entries of M lie in [1, 2]) is too close to 0 to tell it from 0."""
_BLOCK = 2048  # dictionaries at a time between two looks at the clock
_LEVEL_BYTES = 2**30  # the most memory that the dictionaries of one level may take


class Degenerate(Exception):
    """Some vertex may lie on more inequalities than it needs; floating point cannot tell."""


class OutOfBudget(Exception):
    """Time, or memory, was over before all vertices were seen."""


@dataclass(frozen=True, eq=False)
class Vertices:
    """All vertices of a polytope.

    Attributes
    ----------
    labels : int64 array, shape ``(v,)``
        Bit i is set if inequality i is tight.
    points : array, shape ``(v, d)``
        Float64, or Fraction objects.
    """

    labels: Masks
    points: NDArray[np.generic]


@dataclass(frozen=True, eq=False)
class _Level:
    """The dictionaries at one distance from the origin, all of them at once."""

    masks: Masks  # (f,): the cobasic variables as bits
    table: Array  # (f, k, d)
    value: Array  # (f, k): of the basic variables
    basic: NDArray[np.int8]  # (f, k)
    cobasic: NDArray[np.int8]  # (f, d)


def float_vertices(
    matrix: Array, variables: NDArray[np.int8], rows: NDArray[np.int8], budget: Budget
) -> Vertices:
    """Return all vertices of a nondegenerate polytope, breadth first, a level at a time.

    Parameters
    ----------
    matrix : array, shape ``(k, d)``
        M, with entries in [1, 2]; then no variable and no slack exceeds 1.
    variables, rows : int8 arrays, shapes ``(d,)`` and ``(k,)``
        The numbers (bits) of the inequalities.
    budget : Budget

    Raises
    ------
    Degenerate
        If a slack or variable that is not 0 comes closer to it than `DEGENERACY`. If none does,
        every ratio test was decided by that margin and the walk is a proof.
    OutOfBudget
        If the time is over.
    """
    level = _Level(
        np.array([np.bitwise_or.reduce(_bits(variables))]),
        matrix[None].astype(np.float64),
        np.ones((1, len(matrix))),
        rows[None],
        variables[None],
    )
    masks, points = [level.masks], [_points(level, variables)]
    before = np.empty(0, dtype=np.int64)
    while len(level.masks):
        move = _neighbours(level, before, budget)
        before = level.masks
        level = _pivot(level, *move, budget)
        if level.value.min(initial=1.0) < DEGENERACY:
            raise Degenerate
        masks.append(level.masks)
        points.append(_points(level, variables))
    return Vertices(np.concatenate(masks), np.concatenate(points))


def _blocks(total: int, budget: Budget) -> Iterator[slice]:
    """Cut a level into blocks, and look at the clock before each."""
    for start in range(0, total, _BLOCK):
        if budget.spent():
            raise OutOfBudget
        yield slice(start, start + _BLOCK)


def _bits(numbers: NDArray[np.int8]) -> Masks:
    return np.left_shift(np.int64(1), numbers.astype(np.int64))


def _neighbours(
    level: _Level, before: Masks, budget: Budget
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp], Masks]:
    """Find the unseen neighbours of a level: parent, entering column, leaving row, mask.

    Neighbours of a level lie in it, in the level before, or in the next one.
    """
    rows, masks = [], []
    for part in _blocks(len(level.masks), budget):
        table = level.table[part]
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = level.value[part, :, None] / table
        # The row that limits the entering variable has an entry of at least its own value.
        ratio[table <= DEGENERACY / 2] = np.inf
        rows.append(ratio.argmin(axis=1))
        gone = np.take_along_axis(level.basic[part], rows[-1], axis=1)
        masks.append((level.masks[part, None] ^ _bits(level.cobasic[part])) | _bits(gone))
    leaving, reached = np.concatenate(rows), np.concatenate(masks)
    new, first = np.unique(reached, return_index=True)
    unseen = ~np.isin(new, np.concatenate([before, level.masks]))
    parent, entering = np.divmod(first[unseen], reached.shape[1])
    return parent, entering, leaving[parent, entering], new[unseen]


def _pivot(
    level: _Level,
    parent: NDArray[np.intp],
    entering: NDArray[np.intp],
    leaving: NDArray[np.intp],
    new: Masks,
    budget: Budget,
) -> _Level:
    """Make the dictionaries of the new vertices from those of their parents."""
    if len(new) * level.table[0].nbytes > _LEVEL_BYTES:
        raise OutOfBudget
    table, value = level.table[parent], level.value[parent]
    basic, cobasic = level.basic[parent], level.cobasic[parent]
    for part in _blocks(len(new), budget):
        row_of, column_of = leaving[part], entering[part]
        some, rhs = table[part], value[part]
        f = np.arange(len(some))
        element = some[f, row_of, column_of]
        column = some[f, :, column_of].copy()
        row = some[f, row_of] / element[:, None]
        step = rhs[f, row_of] / element
        row[f, column_of] = 1 / element
        some[f, :, column_of] = 0.0
        some -= column[:, :, None] * row[:, None, :]
        rhs -= column * step[:, None]
        some[f, row_of], rhs[f, row_of] = row, step
    f = np.arange(len(new))
    basic[f, leaving], cobasic[f, entering] = cobasic[f, entering], basic[f, leaving]
    return _Level(new, table, value, basic, cobasic)


def _points(level: _Level, variables: NDArray[np.int8]) -> Array:
    """Values of the d variables at each vertex: 0 where cobasic."""
    slots = np.zeros((len(level.masks), 64))
    np.put_along_axis(slots, level.basic.astype(np.intp), level.value, axis=1)
    return slots[:, variables]


def exact_vertices(
    matrix: list[list[int]], variables: NDArray[np.int8], rows: NDArray[np.int8], budget: Budget
) -> Vertices:
    """Return all vertices of any such polytope, degenerate ones too, in exact arithmetic.

    The right-hand side 1 is perturbed symbolically, ``1 + eps**(i + 1)`` in row i: the perturbed
    polytope is not degenerate, its vertices include one near each vertex of the polytope itself,
    and a lexicographic ratio test walks it without numbers for eps.

    Parameters
    ----------
    matrix : list of lists of int, shape ``(k, d)``
        M times a common denominator ``scale``; the polytope is ``{z >= 0, matrix z <= 1}``, so
        its points are `scale` times smaller, which normalising removes.
    variables, rows, budget
        As for `float_vertices`.
    """
    k, d = len(rows), len(variables)
    names = [*variables.tolist(), *rows.tolist()]
    start = np.zeros((k, d + k + 1), dtype=object)
    start[:, :d], start[:, -1] = np.array(matrix, dtype=object), 1
    start[np.arange(k), d + np.arange(k)] = 1
    basis = tuple(range(d, d + k))
    seen = {frozenset(basis)}
    queue: list[tuple[NDArray[np.object_], tuple[int, ...], int]] = [(start, basis, 1)]
    found: dict[tuple[Fraction, ...], int] = {}
    for table, basis, unit in queue:
        if budget.spent():
            raise OutOfBudget
        point, labels = _exact_point(table, basis, unit, names, d)
        found[point] = labels
        for entering in set(range(d + k)).difference(basis):
            leaving = _lexicographic_row(table, entering, d)
            after = (*basis[:leaving], entering, *basis[leaving + 1 :])
            if frozenset(after) not in seen:
                seen.add(frozenset(after))
                queue.append((_integer_pivot(table, leaving, entering, unit), after,
                              table[leaving, entering]))  # fmt: skip
    points = np.empty((len(found), d), dtype=object)
    points[:] = list(found)
    return Vertices(np.array(list(found.values()), dtype=np.int64), points)


def _exact_point(
    table: NDArray[np.object_], basis: tuple[int, ...], unit: int, names: list[int], d: int
) -> tuple[tuple[Fraction, ...], int]:
    """The vertex of a basis, and the bits of all inequalities that are tight there."""
    value = dict(zip(basis, table[:, -1], strict=True))
    labels = 0
    for variable, name in enumerate(names):
        if value.get(variable, 0) == 0:
            labels |= 1 << name
    return tuple(Fraction(value.get(v, 0), unit) for v in range(d)), labels


def _lexicographic_row(table: NDArray[np.object_], entering: int, d: int) -> int:
    """Row of the smallest ratio; ties go to the smallest next column of the perturbation."""
    rows = [i for i in range(len(table)) if table[i, entering] > 0]
    for column in (-1, *range(d, table.shape[1] - 1)):
        if len(rows) == 1:
            break
        ratios = [Fraction(table[i, column], table[i, entering]) for i in rows]
        least = min(ratios)
        rows = [i for i, ratio in zip(rows, ratios, strict=True) if ratio == least]
    return rows[0]


def _integer_pivot(
    table: NDArray[np.object_], leaving: int, entering: int, unit: int
) -> NDArray[np.object_]:
    """Pivot in integers: all entries share the denominator `unit` before, the pivot after."""
    element = table[leaving, entering]
    after = (table * element - np.outer(table[:, entering], table[leaving])) // unit
    after[leaving] = table[leaving]
    return np.asarray(after)
