"""Does an orbit come back to where it was?"""

from __future__ import annotations

import functools
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

__all__ = ["SAME_WIDTH", "returns"]

Array = NDArray[np.float64]

SAME_WIDTH = 0.01
"""Relative difference up to which the two halves of a cycle's tail are equally wide."""
_AWAY = 0.25  # share of the width that an orbit must leave before it can come back


def returns(orbit: Array, smallest: float) -> NDArray[np.bool_]:
    """Return which orbits recur, neither shrinking nor growing.

    Parameters
    ----------
    orbit : array, shape ``(times, N, d)``
        Consecutive points.
    smallest : float
        Orbits narrower than this are no cycles.

    Returns
    -------
    bool array, shape ``(N,)``
        True where the orbit, having been further than a quarter of its width from its last point,
        had before come as near to it as one update's length, and both halves of it are equally
        wide (within `SAME_WIDTH`).

    Examples
    --------
    >>> import numpy as np
    >>> t = np.arange(300)[:, None]
    >>> circle = np.stack([np.cos(0.1 * t), np.sin(0.1 * t)], axis=-1)
    >>> spiral = circle * 0.999 ** t[..., None]
    >>> returns(np.concatenate([circle, spiral], axis=1), 1e-3)
    array([ True, False])
    """
    half = len(orbit) // 2
    axes = np.moveaxis(orbit, -1, 0)  # coordinate by coordinate: reductions over time only
    early = _largest(np.ptp(axis[:-half], axis=0) for axis in axes)
    late = _largest(np.ptp(axis[-half:], axis=0) for axis in axes)
    wide = np.maximum(early, late)
    steady = (wide > smallest) & (np.abs(early - late) <= SAME_WIDTH * wide)
    found = np.zeros(orbit.shape[1], dtype=np.bool_)
    if steady.any():
        found[steady] = _comes_back(axes[:, :, steady], wide[steady])
    return found


def _comes_back(axes: Array, wide: Array) -> NDArray[np.bool_]:
    """Return which orbits ``(d, times, N)`` have left and come back to their last point."""
    distance = _largest(np.abs(axis - axis[-1]) for axis in axes)
    stride = _largest(np.abs(np.diff(axis, axis=0)).max(axis=0) for axis in axes)
    away = distance > _AWAY * wide
    left = len(distance) - 1 - away[::-1].argmax(axis=0)  # the last time it was away
    before = np.arange(len(distance))[:, None] < left
    nearest = np.where(before, distance, np.inf).min(axis=0)
    return np.asarray(away.any(axis=0) & (nearest <= stride))


def _largest(parts: Iterable[Array]) -> Array:
    """Return the elementwise maximum of some arrays."""
    return functools.reduce(np.maximum, parts)
