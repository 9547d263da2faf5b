"""Every complex solution of the indifference equations on a support, counted and certified."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gametools.equilibria.certificate import certify
from gametools.equilibria.homotopy import (
    Structure,
    bezout_number,
    newton,
    start_system,
    track,
)
from gametools.equilibria.multilinear import split
from gametools.equilibria.support_systems import Systems, assemble

__all__ = ["MOST_PATHS", "ComplexRoots", "all_roots"]

Complex = NDArray[np.complex128]
Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Mask = NDArray[np.bool_]

MOST_PATHS = 200_000
"""A support with more paths than this is not tried."""
_CAUTION = (1.0, 5.0, 25.0)  # of one attempt after the other
_MEMORY = 48e6  # bytes of tensors under way


@dataclass(frozen=True)
class ComplexRoots:
    """Certified solutions on K supports.

    Attributes
    ----------
    proved : bool array, shape ``(K,)``
        As many different isolated solutions are certified as there can be: these are all.
    system : int array, shape ``(R,)``
        Which support each solution belongs to.
    points : list of complex arrays, shapes ``(s_j, R)``
        Solutions, each group scaled to the sum 1.
    radius : array, shape ``(R,)``
        A bound on the error of each probability.
    """

    proved: Mask
    system: Ints
    points: list[Complex]
    radius: Floats

    def near_simplex(self) -> Mask:
        """Return which solutions are not proved to be complex or to have a negative entry."""
        keep = np.isfinite(self.radius)
        for point in self.points:
            keep &= (np.abs(point.imag).max(axis=0) <= self.radius) & (
                point.real.min(axis=0) >= -self.radius
            )
        return keep


def all_roots(
    systems: Systems, rng: np.random.Generator, stop: Callable[[], bool] = lambda: False
) -> ComplexRoots:
    """Find all complex solutions of square systems, solutions at infinity included.

    Parameters
    ----------
    systems : Systems
    rng : numpy.random.Generator
        For start systems and coordinates; the outcome depends on it in unlucky cases only.
    stop : callable
        Says True when the time is over.

    Notes
    -----
    The systems are solved in random complex coordinates on each projective space, where generic
    points are finite, by as many paths as the Bezout number says. Where fewer different
    solutions than paths are certified, the support is tried again with another start and smaller
    steps; where that does not help either, it stays unproved.

    Source: McKelvey and McLennan (1997) for the number; Datta (2010), "Finding all Nash equilibria
    of a finite game using polynomial algebra", Econ. Theory 42, for the approach. Ours differs
    in the certificates and the count, which make it a proof.
    """
    proved = np.zeros(len(systems), dtype=np.bool_)
    rounds: list[tuple[Ints, list[Complex], Floats]] = []
    missing = np.arange(len(systems))
    for caution in _CAUTION:
        if not len(missing) or stop():
            break
        part = systems.take(missing)
        attempt = _attempt(part, rng, caution, stop)
        proved[missing[attempt.proved]] = True
        again = caution < _CAUTION[-1] and not systems.structure.linear
        keep = attempt.proved[attempt.system] if again else np.ones(len(attempt.system), np.bool_)
        rounds.append(
            (
                missing[attempt.system[keep]],
                [p[:, keep] for p in attempt.points],
                attempt.radius[keep],
            )
        )
        missing = missing[~attempt.proved]
        if not again:
            break
    if not rounds:
        nothing = [np.empty((s, 0), dtype=np.complex128) for s in systems.structure.sizes]
        return ComplexRoots(proved, np.empty(0, dtype=np.intp), nothing, np.empty(0))
    return ComplexRoots(
        proved,
        np.concatenate([r[0] for r in rounds]),
        [np.concatenate(p, axis=1) for p in zip(*(r[1] for r in rounds), strict=True)],
        np.concatenate([r[2] for r in rounds]),
    )


def _attempt(
    systems: Systems, rng: np.random.Generator, caution: float, stop: Callable[[], bool]
) -> ComplexRoots:
    """Follow all paths of all systems once."""
    structure = systems.structure
    count = bezout_number(structure)
    frames = [_unitary(s, rng) for s in structure.sizes]
    tensor = assemble(systems, frames)
    size = assemble(systems, frames, magnitude=True)
    start = start_system(structure, rng)
    paths = len(systems) * count
    x = np.empty((structure.unknowns, paths), dtype=np.complex128)
    radius = np.full(paths, np.inf)
    width = max(1, int(_MEMORY / (40 * tensor[..., 0].size)))
    for at in range(0, paths, width):
        if stop():
            break
        part = np.arange(at, min(at + width, paths))
        targets = tensor[..., part // count]
        if structure.linear:
            ends = newton(targets, np.zeros((len(x), len(part)), dtype=np.complex128), steps=2)
        else:
            starts = np.broadcast_to(start.tensor, targets.shape)
            went = track(starts, targets, start.points[:, part % count], caution=caution, stop=stop)
            ends = newton(targets, np.where(went.done, went.points, np.nan), steps=3)
        x[:, part] = ends
        radius[part] = certify(targets, size[..., part // count], ends).radius
    proved = _all_different(x, radius, count)
    good = np.flatnonzero(np.isfinite(radius))
    points, errors = _probabilities(structure, frames, x[:, good], radius[good])
    return ComplexRoots(proved, good // count, points, errors)


def _unitary(size: int, rng: np.random.Generator) -> Complex:
    """Return a random unitary matrix."""
    real, imaginary = rng.normal(size=(2, size, size))
    return np.asarray(np.linalg.qr(real + 1j * imaginary)[0])


def _all_different(x: Complex, radius: Floats, count: int) -> Mask:
    """Return where the balls about all `count` solutions of a system are certainly disjoint.

    Their shadows on a random line are sorted; disjoint shadows are sufficient.
    """
    weights = np.cos(1.0 + np.arange(2 * len(x)) ** 2)
    weights /= np.abs(weights).sum()
    shadow = weights @ np.concatenate([x.real, x.imag])
    middle, width = shadow.reshape(-1, count), 2 * radius.reshape(-1, count) + 1e-14
    order = np.argsort(middle, axis=1)
    middle, width = (np.take_along_axis(a, order, axis=1) for a in (middle, width))
    with np.errstate(invalid="ignore"):
        ends = np.maximum.accumulate(middle + width, axis=1)
        apart = (ends[:, :-1] < (middle - width)[:, 1:]).all(axis=1)
    return np.asarray(apart & np.isfinite(width).all(axis=1) & np.isfinite(middle).all(axis=1))


def _probabilities(
    structure: Structure, frames: list[Complex], x: Complex, radius: Floats
) -> tuple[list[Complex], Floats]:
    """Return the points scaled to the sum 1, and bounds on their errors."""
    points, errors = [], radius
    far = np.zeros(x.shape[1], dtype=np.bool_)  # entries larger than any of a distribution
    for frame, group in zip(frames, split(x, structure.sizes), strict=True):
        point = frame @ np.concatenate([np.ones_like(x[:1]), group])
        total = point.sum(axis=0)
        s = len(point)
        with np.errstate(all="ignore"):
            scaled = point / total
            largest = 1 + np.abs(scaled).max(axis=0)
            error = s * (radius + 1e-15 * np.abs(point).max(axis=0)) * (1 + s * largest)
            errors = np.maximum(errors, 2 * error / np.abs(total) + 1e-14 * largest)
        far |= np.abs(point).max(axis=0) > 2 * np.abs(total) + 4 * s * radius
        points.append(np.where(np.isfinite(scaled), scaled, -np.inf))
    return points, np.where(far, 0.0, errors)
