"""Systems of multilinear equations, many at once: values, derivatives, changes of coordinates.

A *tensor* has shape ``(s_1, ..., s_k, equations, systems)``. Equation e of system p at homogeneous
points ``y_j`` of length ``s_j`` is the sum of ``tensor[b_1, ..., b_k, e, p]`` times the product of
``y_j[b_j]``. Systems come last, so that every operation runs over contiguous memory.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["change_coordinates", "contract", "evaluate", "recentre", "solve_each", "split"]

Array = NDArray[Any]
"""Real or complex, of any precision."""


def contract(tensor: Array, point: Array, axis: int) -> Array:
    """Sum over `axis`, 0 or 1, against ``(1, point)``; `point` has shape ``(s - 1, systems)``."""
    slices = tensor.swapaxes(0, axis)
    total = slices[0] + point[0] * slices[1] if len(point) else slices[0].copy()
    for weight, part in zip(point[1:], slices[2:], strict=True):
        total += weight * part
    return np.asarray(total)


def split(x: Array, sizes: Sequence[int]) -> list[Array]:
    """Cut unknowns, shape ``(N, systems)``, into groups of ``s_j - 1`` rows."""
    edges = np.cumsum([0, *(s - 1 for s in sizes)]).tolist()
    return [x[a:b] for a, b in itertools.pairwise(edges)]


def evaluate(tensor: Array, x: Array) -> tuple[Array, Array]:
    """Return values ``(equations, systems)`` and derivatives ``(N, equations, systems)`` at `x`.

    The first homogeneous coordinate of each group is 1; `x`, shape ``(N, systems)``, holds the
    others, group after group.
    """
    sizes = tensor.shape[:-2]
    groups = split(x, sizes)
    rest, rows = tensor, []
    for j, group in enumerate(groups):
        block = rest[1:]
        for later in groups[j + 1 :]:
            block = contract(block, later, axis=1)
        rows.append(block)
        rest = contract(rest, group, axis=0)
    return rest, np.concatenate(rows)


def recentre(tensor: Array, x: Array) -> Array:
    """Return the tensor in the unknowns ``x' = unknowns - x``: a Taylor expansion about `x`."""
    for j, group in enumerate(split(x, tensor.shape[:-2])):
        moved = np.moveaxis(tensor, j, 0)
        tensor = np.moveaxis(np.concatenate([contract(moved, group, 0)[None], moved[1:]]), 0, j)
    return tensor


def change_coordinates(tensor: Array, axis: int, matrix: Array) -> Array:
    """Replace ``y_axis`` by ``matrix @ y'``; `matrix` is ``(s, s)`` or ``(s, s, systems)``."""
    moved = np.moveaxis(tensor, axis, 0)
    columns = []
    for column in range(matrix.shape[1]):
        total = matrix[0, column] * moved[0]
        for row in range(1, len(matrix)):
            total = total + matrix[row, column] * moved[row]
        columns.append(total)
    return np.moveaxis(np.stack(columns), 0, axis)


def solve_each(derivatives: Array, right: Array) -> Array:
    """Solve a square linear system for each p; shapes ``(N, N, p)``, ``(N, r, p)`` -> same.

    ``derivatives[k, e]`` is the derivative of equation e by unknown k, as `evaluate` returns it.
    A singular matrix gives huge or NaN entries, no error.
    """
    matrices = np.ascontiguousarray(derivatives.transpose(2, 1, 0))
    sides = np.ascontiguousarray(right.transpose(2, 0, 1))
    try:
        found = np.linalg.solve(matrices, sides)
    except np.linalg.LinAlgError:
        singular = np.linalg.slogdet(matrices).sign == 0
        matrices[singular] = np.eye(matrices.shape[-1])
        found = np.linalg.solve(matrices, sides)
        found[singular] = np.nan
    return found.transpose(1, 2, 0)
