"""All equilibria on one support by branch and prune: each part of a game is a game again."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gametools.equilibria.certificate import real_roots
from gametools.equilibria.continua import close_to, equilibria_near, in_first_unknowns
from gametools.equilibria.homotopy import newton
from gametools.equilibria.multilinear import change_coordinates, solve_each, split
from gametools.equilibria.support_systems import Support, Supports, mixing_players, systems_on

__all__ = ["RESOLUTION", "Explored", "explore"]

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

RESOLUTION = 1 / 32
"""Parts smaller than this that can be neither excluded nor proved to hold one solution are left."""
_FINEST = 2.0**-16  # the same for parts near which only regular solutions are found
_MOST_PARTS = 50_000
_MEMORY = 3e7  # bytes of payoffs of parts that are looked at together
_MOST_STARTS = 200  # of Newton's method at each level
_NOISE = 1e-12  # rounding errors, relative to the payoff range


@dataclass(frozen=True)
class Explored:
    """What a support holds; groups are the players that mix, those with few actions first.

    Attributes
    ----------
    roots : list of arrays, shapes ``(s_j, R)``
        Regular solutions of the indifference equations, certified; some lie outside the simplex.
    index : int array, shape ``(R,)``
        Their indices, as if all were equilibria.
    samples : list of arrays, shapes ``(s_j, Q)``
        Equilibria in the parts that are left: points of a continuum, or a degenerate equilibrium.
    spacing : float
        Samples this close belong together.
    full : list of arrays, shapes ``(s_j, s_j, F)``
        Parts in which everything is an equilibrium: their vertices, in columns.
    clear : bool
        Nothing is left or full: there is no equilibrium but among the roots.
    """

    roots: list[Floats]
    index: NDArray[np.int64]
    samples: list[Floats]
    spacing: float
    full: list[Floats]
    clear: bool


def explore(
    payoffs: Floats, support: Support, tie: Floats, stop: Callable[[], bool] = lambda: False
) -> Explored:
    """Find the equilibria on one support, borders included, by subdivision.

    Parameters
    ----------
    payoffs : array, shape ``(n, a_1, ..., a_n)``
    support : tuple of tuples of int
        The actions of each player; at least one mixes.
    tie : array, shape ``(n,)``
        Payoff differences up to this count as 0.
    stop : callable
        Says True when the time is over; what is under way then counts as left.

    Notes
    -----
    On a product of simplices a multilinear function lies between its least and its largest value
    at the vertices. A part is dropped if that shows that some indifference cannot hold in it, or
    that some action outside the support is better throughout; the same test is made on the
    combinations of equations that are closest to single probabilities. It is also dropped if it
    lies in a ball that holds a single, known solution. Otherwise it is cut at its longest edge.

    Source: branch and prune with preconditioning (Neumaier 1990, chapter 5; Van Hentenryck,
    McAllester and Kapur 1997). Ours differs in the simplices, on which the range of a multilinear
    function is exact, so that no interval arithmetic is needed; rounding is covered by a margin
    of 1e-12 of the payoff range.
    """
    search = _Branching(payoffs, support, tie, stop)
    whole = _Parts([np.eye(s)[..., None] for s in search.sizes])
    left, full = search.branch(whole, RESOLUTION)
    samples = search.samples(left)
    if len(left) and not stop():
        near = close_to(samples, left.middles(), 2 * left.longest())
        finer, more = search.branch(left.take(~near), _FINEST)
        left, full = left.take(near).join(finer), full.join(more)
        extra = search.samples(finer)
        samples = [np.concatenate(pair, axis=1) for pair in zip(samples, extra, strict=True)]
    spacing = 2.5 * float(left.longest().max(initial=RESOLUTION))
    clear = len(left) + len(full) == 0
    return Explored(search.roots, search.index, samples, spacing, full.corners, clear)


@dataclass
class _Parts:
    """Products of simplices: ``corners[j]``, ``(s_j, s_j, R)``, holds vertices in columns."""

    corners: list[Floats]

    def __len__(self) -> int:
        return int(self.corners[0].shape[-1])

    def take(self, which: Mask | slice) -> _Parts:
        return _Parts([c[..., which] for c in self.corners])

    def join(self, *others: _Parts) -> _Parts:
        columns = zip(self.corners, *(other.corners for other in others), strict=True)
        return _Parts([np.concatenate(column, axis=-1) for column in columns])

    def middles(self) -> list[Floats]:
        return [np.asarray(c.mean(axis=1)) for c in self.corners]

    def edges(self) -> list[tuple[int, int, int]]:
        """Return all edges as (group, vertex, vertex)."""
        sizes = [c.shape[1] for c in self.corners]
        return [(j, *ab) for j, s in enumerate(sizes) for ab in itertools.combinations(range(s), 2)]

    def lengths(self) -> Floats:
        """Return the lengths of all edges, the largest change of a probability, ``(edges, R)``."""
        ends = [(self.corners[j][:, a], self.corners[j][:, b]) for j, a, b in self.edges()]
        return np.array([np.abs(one - other).max(axis=0) for one, other in ends])

    def longest(self) -> Floats:
        return np.asarray(self.lengths().max(axis=0))

    def halves(self) -> _Parts:
        """Cut each part in two at its longest edge."""
        cut = self.lengths().argmax(axis=0)
        pieces = []
        for number, (j, a, b) in enumerate(self.edges()):
            part = self.take(cut == number)
            for old in (a, b) if len(part) else ():
                corner = part.corners[j].copy()
                corner[:, old] = (corner[:, a] + corner[:, b]) / 2
                pieces.append(_Parts([*part.corners[:j], corner, *part.corners[j + 1 :]]))
        return pieces[0].join(*pieces[1:]) if pieces else self


class _Branching:
    """Branch and prune on one support, and the regular solutions met on the way."""

    def __init__(
        self, payoffs: Floats, support: Support, tie: Floats, stop: Callable[[], bool]
    ) -> None:
        self.rows, self.equations = _rows(payoffs, support, tie)
        self.stop = stop
        self.sizes = self.rows.shape[:-2]
        self.roots = [np.empty((s, 0)) for s in self.sizes]
        self.alone, self.index = np.empty(0), np.empty(0, dtype=np.int64)
        chosen = Supports(tuple(np.array([a], dtype=np.intp) for a in support))
        self._systems = systems_on(payoffs, chosen, tie)
        self._square = self._systems.left_over is None and not self._systems.dependent[0]
        self._in_unknowns = in_first_unknowns(self.rows[..., : self.equations, :])

    def branch(self, parts: _Parts, resolution: float) -> tuple[_Parts, _Parts]:
        """Return the small parts that are left, and those in which all is an equilibrium."""
        nothing = parts.take(slice(0))
        left, full = [nothing], [nothing]
        width = max(1, int(_MEMORY / (8 * self.rows.size)))
        while len(parts):
            alive = [nothing]
            for at in range(0, len(parts), width):
                if self.stop() or len(parts) > _MOST_PARTS:
                    return nothing.join(*left, parts), nothing.join(*full)
                some, everywhere = self._prune(parts.take(slice(at, at + width)))
                full.append(everywhere)
                alive.append(some)
            parts = nothing.join(*alive)
            if self._square and len(parts):
                self._look_for_roots(parts.middles())
            parts = parts.take(~self._covered(parts))
            small = parts.longest() < resolution
            left.append(parts.take(small))
            parts = parts.take(~small).halves()
        return nothing.join(*left), nothing.join(*full)

    def _tensor(self, parts: _Parts) -> Floats:
        """Return the rows at the vertices, shape ``(s_1, ..., s_k, rows, R)``."""
        tensor = self.rows
        for j, corner in enumerate(parts.corners):
            tensor = change_coordinates(tensor, j, corner)
        return tensor

    def _prune(self, parts: _Parts) -> tuple[_Parts, _Parts]:
        """Return the parts that may hold solutions, and those in which all is an equilibrium."""
        axes = tuple(range(len(self.sizes)))
        tensor = self._tensor(parts)
        low, high = tensor.min(axis=axes), tensor.max(axis=axes)
        possible = (low <= _NOISE).all(axis=0) & (high[: self.equations] >= -_NOISE).all(axis=0)
        everywhere = (low[: self.equations] >= -_NOISE).all(axis=0) & (high <= _NOISE).all(axis=0)
        full = parts.take(everywhere)
        possible &= ~everywhere
        tensor = tensor[..., : self.equations, possible]
        return parts.take(possible).take(_combinations_possible(tensor)), full

    def _covered(self, parts: _Parts) -> Mask:
        """Return the parts in which a known solution is the only one."""
        covered = np.zeros(len(parts), dtype=np.bool_)
        for r, alone in enumerate(self.alone):
            inside = np.ones(len(parts), dtype=np.bool_)
            for corner, point in zip(parts.corners, self.roots, strict=True):
                away = np.abs(corner[1:] - point[1:, r, None, None])
                inside &= away.max(axis=(0, 1)) <= alone
            covered |= inside
        return covered

    def _look_for_roots(self, starts: list[Floats]) -> None:
        """Add the certified solutions that Newton's method leads to."""
        some = np.linspace(0, starts[0].shape[1] - 1, _MOST_STARTS)
        start = np.concatenate([s[1:] for s in starts])[:, np.unique(some.astype(np.intp))]
        almost = newton(self._in_unknowns, start, steps=7)
        ends = newton(self._in_unknowns, almost, steps=1)
        with np.errstate(invalid="ignore"):
            close = (np.abs(ends - almost) < 1e-6 * (1 + np.abs(ends))).all(axis=0)
        ends = np.unique(ends[:, close].round(7), axis=1)
        known = np.concatenate([p[1:] for p in self.roots])
        gaps = np.abs(ends[:, :, None] - known[:, None])
        ends = ends[:, (gaps.max(axis=0) > 1e-6).all(axis=1)]
        if not ends.shape[1]:
            return
        groups = split(ends, self.sizes)
        points = [np.concatenate([1 - g.sum(axis=0, keepdims=True), g]) for g in groups]
        repeated = self._systems.take(np.zeros(ends.shape[1], dtype=np.intp))
        found = real_roots(repeated, points)
        good = found.certificate.proved & (found.certificate.radius < 1e-8)
        pairs = zip(self.roots, found.points, strict=True)
        self.roots = [np.concatenate([old, new[:, good]], axis=1) for old, new in pairs]
        self.alone = np.concatenate([self.alone, found.certificate.alone[good]])
        self.index = np.concatenate([self.index, found.index[good]])

    def samples(self, parts: _Parts) -> list[Floats]:
        """Return equilibria in or near the parts, other than regular solutions."""
        points = equilibria_near(self.rows, self.equations, parts.corners)
        if self._square and points[0].shape[1]:
            self._look_for_roots(points)
        away = np.full(points[0].shape[1], 1e-6)
        return [p[:, ~close_to(self.roots, points, away)] for p in points]


def _rows(payoffs: Floats, support: Support, tie: Floats) -> tuple[Floats, int]:
    """Return ``(s_1, ..., s_k, rows, 1)`` in units of each player's payoff range.

    First the advantages that have to be 0, as many as the second result says, then those of
    actions outside the support, which may not be positive.
    """
    order = mixing_players([len(actions) for actions in support])
    idle = [i for i in range(len(support)) if i not in order]
    zero, negative = [], []
    for player, actions in enumerate(support):
        shown = [list(a) for a in support]
        shown[player] = list(range(payoffs.shape[player + 1]))
        table = np.moveaxis(payoffs[player][np.ix_(*shown)], player, 0)
        advantages = table - table[actions[0]]
        advantages[np.abs(advantages) <= tie[player]] = 0.0
        advantages /= np.ptp(payoffs[player]) or 1.0
        shape = (len(advantages), *(len(a) for a in support))
        wide = np.broadcast_to(np.expand_dims(advantages, player + 1), shape)
        axes = (0, *(i + 1 for i in idle), *(i + 1 for i in order))
        rows = wide.transpose(axes).reshape(len(wide), *(len(support[i]) for i in order))
        zero += [rows[a] for a in actions[1:]]
        negative += [rows[b] for b in range(len(rows)) if b not in actions]
    return np.stack([*zero, *negative], axis=-1)[..., None], len(zero)


def _combinations_possible(tensor: Floats) -> Mask:
    """Return where no combination of equations that is nearly the weight of a vertex excludes 0."""
    k, rows = tensor.ndim - 2, tensor.shape[-2]
    columns = []
    for j in range(k):
        slopes = tensor.mean(axis=tuple(i for i in range(k) if i != j))
        columns.append(slopes[1:] - slopes[:1])
    jacobian = np.concatenate(columns)  # (unknowns, rows, R)
    square = np.einsum("aep,bep->abp", jacobian, jacobian)
    small = 1e-12 * np.einsum("aap->p", square) + np.finfo(float).tiny
    solved = solve_each(square + small * np.eye(rows)[..., None], jacobian)
    weights = []
    for part in split(solved, tensor.shape[:k]):
        weights += [part, -part.sum(axis=0, keepdims=True)]
    combine = np.concatenate(weights)
    values = np.einsum("fep,...ep->...fp", combine, tensor)
    noise = _NOISE * np.abs(combine).sum(axis=1)
    axes = tuple(range(k))
    with np.errstate(invalid="ignore"):
        off = (values.min(axis=axes) > noise) | (values.max(axis=axes) < -noise)
    return np.asarray(~off.any(axis=0))
