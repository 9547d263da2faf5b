"""All complex solutions of multilinear systems, by paths from a system that is solved by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from gametools.equilibria.multilinear import Array, evaluate, solve_each

__all__ = ["Start", "Structure", "Tracked", "bezout_number", "newton", "start_system", "track"]

Complex = NDArray[np.complex128]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Structure:
    """Which unknowns a square multilinear system has, and which of them each equation involves.

    Attributes
    ----------
    sizes : tuple of int
        Lengths of the homogeneous points, one group a player; a group has ``size - 1`` unknowns.
    owners : tuple of int
        For each equation the one group that it does *not* involve (a player's payoffs do not
        depend on its own mixture once it is indifferent); -1 if it involves all groups.
    """

    sizes: tuple[int, ...]
    owners: tuple[int, ...]

    @property
    def unknowns(self) -> int:
        """Number of unknowns."""
        return sum(self.sizes) - len(self.sizes)

    @property
    def linear(self) -> bool:
        """Whether no equation involves more than one group."""
        k = len(self.sizes)
        return k == 1 or (k == 2 and -1 not in self.owners)


@lru_cache(maxsize=1024)
def bezout_number(structure: Structure) -> int:
    """Return how many isolated solutions a system of this structure can have, and generic ones do.

    The multihomogeneous Bezout number: in how many ways each equation can be given to a group
    that it involves so that every group gets as many equations as it has unknowns.

    Notes
    -----
    Source: McKelvey and McLennan (1997), "The maximal number of regular totally mixed Nash
    equilibria", J. Econ. Theory 72, where the count is by block derangements. Ours differs in
    nothing but the evaluation, one equation at a time.

    Examples
    --------
    >>> from gametools.equilibria.homotopy import Structure, bezout_number
    >>> bezout_number(Structure((3, 3, 3), (0, 0, 1, 1, 2, 2)))
    10
    """
    ways = {tuple(s - 1 for s in structure.sizes): 1}
    for owner in structure.owners:
        after: dict[tuple[int, ...], int] = {}
        for room, count in ways.items():
            for j, left in enumerate(room):
                if j != owner and left:
                    key = (*room[:j], left - 1, *room[j + 1 :])
                    after[key] = after.get(key, 0) + count
        ways = after
    return sum(ways.values())


def _assignments(structure: Structure) -> Iterator[tuple[int, ...]]:
    """Yield, for each way of `bezout_number`, the group that each equation goes to."""
    owners = structure.owners

    def extend(chosen: list[int], room: list[int]) -> Iterator[tuple[int, ...]]:
        if len(chosen) == len(owners):
            yield tuple(chosen)
            return
        owner = owners[len(chosen)]
        rest = len(owners) - len(chosen)
        for j, left in enumerate(room):
            if j != owner and left:
                room[j] -= 1
                chosen.append(j)
                if max(room) < rest:
                    yield from extend(chosen, room)
                chosen.pop()
                room[j] += 1

    return extend([], [s - 1 for s in structure.sizes])


@lru_cache(maxsize=64)
def _all_assignments(structure: Structure) -> NDArray[np.int8]:
    return np.array(list(_assignments(structure)), dtype=np.int8)


@dataclass(frozen=True)
class Start:
    """A product of linear forms for each equation, and all its solutions.

    Attributes
    ----------
    tensor : array, shape ``(s_1, ..., s_k, N, 1)``
    points : array, shape ``(N, bezout_number)``
    """

    tensor: Complex
    points: Complex


def start_system(structure: Structure, rng: np.random.Generator) -> Start:
    """Return a random system of the same structure whose solutions can be written down.

    Equation e is the product, over the groups j that it involves, of a random complex linear form
    in ``y_j``; it vanishes where one of them does, so each way of `bezout_number` gives a solution.

    Notes
    -----
    Source: linear-product start systems, Verschelde and Haegemans (1993), SIAM J. Numer. Anal. 30.
    Ours differs in nothing.
    """
    sizes, total = structure.sizes, structure.unknowns
    k = len(sizes)
    tensor = np.ones((*[1] * k, total, 1), dtype=np.complex128)
    forms = []
    for j, s in enumerate(sizes):
        rows = rng.normal(size=(2, s, total)).T @ np.array([1, 1j])
        rows = rows.T / np.linalg.norm(rows, axis=1)
        for e, owner in enumerate(structure.owners):
            if owner == j:
                rows[:, e] = np.eye(s)[0]
        forms.append(rows)
        tensor = tensor * rows.reshape(*(s if i == j else 1 for i in range(k)), total, 1)
    given = _all_assignments(structure)
    points = np.empty((total, len(given)), dtype=np.complex128)
    row = 0
    for j, s in enumerate(sizes):
        subset, place = np.unique(given == j, axis=0, return_inverse=True)
        chosen = np.array([forms[j][:, mask].T for mask in subset])  # (subsets, s - 1, s)
        roots = np.linalg.solve(chosen[:, :, 1:], -chosen[:, :, :1])[..., 0]
        points[row : row + s - 1] = roots[place.reshape(-1)].T
        row += s - 1
    phases = np.exp(2j * np.pi * rng.random(total))
    return Start(tensor * phases[:, None], points)


@dataclass(frozen=True)
class Tracked:
    """Where the paths ended: `points` ``(N, P)``, `done` and `reached` (the last t) ``(P,)``."""

    points: Complex
    done: Mask
    reached: NDArray[np.float64]


_MOST_STEPS = 400
_SMALLEST_STEP = 1e-6
_CORRECTED = 1e-3  # relative size of the last correction of a step


def track(
    start: Complex,
    target: Complex,
    points: Complex,
    *,
    caution: float = 1.0,
    stop: Callable[[], bool] = lambda: False,
) -> Tracked:
    """Follow the solutions of ``(1 - t) start + t target = 0`` from t = 0 to t = 1.

    Parameters
    ----------
    start, target : arrays, shape ``(s_1, ..., s_k, N, P)``
        A pair of systems for each of the P paths.
    points : array, shape ``(N, P)``
        A solution of each start system.
    caution : float
        1 is quick; 10 asks ten times as much of every step, and takes about twice as many.
    stop : callable
        Asked once a step; the paths under way are left where they are if it says True.

    Notes
    -----
    Source: predictor-corrector tracking (Allgower and Georg 1990; Sommese and Wampler 2005,
    chapter 2) with cubic Hermite extrapolation as predictor, two Newton steps as corrector, and
    a step size for each path from the contraction between the two. Path jumping is not
    excluded here; whoever asks counts the distinct certified solutions.
    """
    systems = np.concatenate([start, target], axis=-2)
    paths = points.shape[1]
    end = Tracked(points.copy(), np.zeros(paths, dtype=np.bool_), np.zeros(paths))
    alive = np.arange(paths)
    walk = _Walk(systems, points, caution)
    for _ in range(_MOST_STEPS):
        if not len(alive) or stop():
            break
        walk.step()
        over = (walk.t >= 1) | (walk.h < _SMALLEST_STEP)
        if over.any():
            gone = alive[over]
            end.points[:, gone], end.reached[gone] = walk.x[:, over], walk.t[over]
            end.done[gone] = walk.t[over] >= 1
            alive = alive[~over]
            walk.keep(~over)
    end.points[:, alive], end.reached[alive] = walk.x, walk.t
    return end


class _Walk:
    """The paths under way."""

    def __init__(self, systems: Complex, x: Complex, caution: float) -> None:
        self.systems, self.x, self.caution = systems, x, caution
        paths = x.shape[1]
        self.t, self.h, self.last = np.zeros(paths), np.full(paths, 0.05), np.zeros(paths)
        self.slope = self._newton(x, self.t)[1]
        self.before, self.slope_before = x, self.slope

    def keep(self, mask: Mask) -> None:
        """Drop the paths that are over; their systems stay in memory until half are dropped."""
        self.systems = self.systems[..., mask]
        for name in ("x", "slope", "before", "slope_before"):
            setattr(self, name, getattr(self, name)[:, mask])
        for name in ("t", "h", "last"):
            setattr(self, name, getattr(self, name)[mask])

    def _newton(self, x: Complex, t: NDArray[np.float64]) -> tuple[Complex, Complex]:
        """Return the Newton step and the derivative of the solution by t."""
        total = len(x)
        value, derivative = evaluate(self.systems, x)
        rate = value[total:] - value[:total]
        matrix = derivative[:, :total] + t * (derivative[:, total:] - derivative[:, :total])
        right = np.stack([value[:total] + t * rate, rate], axis=1)
        found = -solve_each(matrix, right)
        return found[:, 0], found[:, 1]

    def _predict(self, h: NDArray[np.float64]) -> Complex:
        """Extrapolate the cubic through the last two points and slopes; Euler at first."""
        back = np.where(self.last > 0, self.last, 1.0)
        mean = (self.x - self.before) / back
        ratio = np.where(self.last > 0, h / back, 0.0)
        square = (2 * self.slope + self.slope_before - 3 * mean) * ratio
        cube = (self.slope + self.slope_before - 2 * mean) * ratio**2
        return np.asarray(self.x + h * (self.slope + square + cube))

    def step(self) -> None:
        """Try one step on every path; accept it where Newton's method contracts."""
        with np.errstate(all="ignore"):
            h = np.minimum(self.h, 1 - self.t)
            t = np.where(h >= 1 - self.t, 1.0, self.t + h)
            guess = self._predict(h)
            first, _ = self._newton(guess, t)
            middle = guess + first
            second, slope = self._newton(middle, t)
            size = 1 + np.abs(middle).max(axis=0)
            error = np.abs(first).max(axis=0) / size
            rest = np.abs(second).max(axis=0) / size
            ratio = rest / np.maximum(error, 1e-9)
            limit = _CORRECTED / self.caution**2
            good = (error < 0.3 / self.caution) & (ratio < 0.3 / self.caution) & (rest < limit)
            wanted = np.minimum(0.1 / self.caution / ratio, (0.1 * limit / rest) ** 0.5)
            factor = np.clip(np.nan_to_num(wanted, nan=0.0) ** 0.25, 0.25, 2.5)
            factor = np.where(good, factor, np.minimum(factor, 0.5))
        for name, new in (("before", self.x), ("x", middle + second)):
            setattr(self, name, np.where(good, new, getattr(self, name)))
        self.slope_before = np.where(good, self.slope, self.slope_before)
        self.slope = np.where(good, slope, self.slope)
        self.last, self.t = np.where(good, h, self.last), np.where(good, t, self.t)
        self.h = h * factor


def newton(tensor: Array, x: Array, *, steps: int) -> Array:
    """Return `x` after so many Newton steps on its own system, ``(s_1, ..., s_k, N, P)``."""
    for _ in range(steps):
        with np.errstate(all="ignore"):
            value, derivative = evaluate(tensor, x)
            x = x - solve_each(derivative, value[:, None])[:, 0]
    return x
