"""The long-run rate of a rule where its update has a kink or draws at random: measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gametools.dynamics.rule import State, UpdateRule
from gametools.games.differentiable import DifferentiableGame
from gametools.stability.faces import open_directions, room
from gametools.stability.memory import (
    distance_from_rest,
    rescaled,
    settled_memory,
    spread,
    started_memory,
)

__all__ = ["DIRECTIONS", "WINDOWS", "Growth", "growth"]

Array = NDArray[np.float64]

DIRECTIONS = 16
"""Random directions that a rate is measured from."""
WINDOWS = (125, 250, 500, 1000, 2000, 4000, 8000)
"""Updates after which averages are taken. Each over the last three quarters of its window, so
that a window and the one four times as long have no update in common."""
FIRST_RATE, FIRST_SIDE = 2000, 500
"""Windows after which a measurement may end: of the rate, and of whether it is below 1."""
SETTLED = 1e-3
"""Error of the logarithm of a rate, as a share of it, that is small enough."""
CLEAR = 3.0
"""The logarithm is this many errors away from 0 where its sign is clear."""
KEPT = 0.7
"""Correlation of two disjoint windows over the starts, from which on starts differ for good."""
FAR_MEMORY = 1e4
"""A memory that does not return to where it rested is held this many distances away."""
JUMP = 100.0
"""A small distance that one update makes this many times larger is a jump, not a kink."""
SMALL = 1 / 16
"""Distances, as a share of the room that differences have."""
LEAST_ERROR = 1e-9
"""No rate is measured better than this."""
_TINY = 1e-300


@dataclass(frozen=True, eq=False)
class Growth:
    """Factors by which an update changes a small distance in the long run, and how sure they are.

    Attributes
    ----------
    rate : array, shape ``(N,)``
    error : array, shape ``(N,)``
        The last change of the rate when the measurement was prolonged; of a mean over the starts
        at least three standard errors. Never less than what rounding may do.
    """

    rate: Array
    error: Array


def growth(
    game: DifferentiableGame,
    rule: UpdateRule,
    x: Array,
    touches: NDArray[np.bool_],
    *,
    draws: bool = False,
    side_only: bool = False,
) -> Growth:
    """Measure the factor by which an update changes a small distance in the long run.

    Parameters
    ----------
    game : DifferentiableGame
        One game, or a flat batch of N.
    rule : UpdateRule
    x : array, shape ``(N, d)``
        Points where the rule rests.
    touches : bool array, shape ``(d,)``
        Coordinates on the boundary.
    draws : bool
        Whether the update depends on random numbers.
    side_only : bool
        Stop as soon as it is clear whether the rate is below 1.

    Returns
    -------
    Growth
        Of 16 random starts near the point, the largest factor where they differ for good (in
        different regimes; of those that no start leads to it says nothing), and the geometric
        mean where they do not: where orbits are chaotic, or the rule draws. The mean estimates
        ``exp`` of the largest Lyapunov exponent. Where the first update jumps away, its factor.

    Notes
    -----
    A start has the memory that the rule would begin with there. After each update the distance
    is set back to a small one and the memory's displacement in proportion, up to 10,000 distances:
    GIGA-WoLF's slow learner comes to rest beside the point, ever farther away in comparison, and
    then its place is a parameter of which the direction counts.

    Logarithms of the factors are averaged over the last three quarters of 2000 updates, with
    weights that fade smoothly at both ends (weighted Birkhoff averages, Das et al. 2017), so that
    unfinished revolutions count little; and again over 4000 and 8000 until the error is within
    0.1%. Starts differ for good if their averages over two disjoint windows correlate: the largest
    of chaotic orbits' averages would be too large, the more so the shorter they are.
    """
    directions, one_sided = open_directions(game, x, touches)
    if not len(directions):
        return Growth(np.zeros(len(x)), np.full(len(x), LEAST_ERROR))
    run = _Run(game, rule, x, room(game, x, touches) * SMALL)
    run.begin(_starts(directions, one_sided))
    factor = run.update()
    first = factor.max(axis=0)
    jumped = first > JUMP
    if jumped.all():
        return Growth(first, run.rounding())
    averages = _Averages(factor)
    for window in WINDOWS:
        while averages.count < window:
            averages.add(run.update())
        if window < (FIRST_SIDE if side_only else FIRST_RATE):
            continue
        log, error = averages.estimate(window, draws)
        enough = error <= SETTLED * np.abs(log) + LEAST_ERROR
        if side_only:
            enough |= np.abs(log) > CLEAR * error
        if np.all(enough | jumped):
            break
    rate = np.where(jumped, first, np.exp(log))
    error = np.where(jumped, 0.0, rate * error)
    return Growth(rate, np.maximum(error, run.rounding()))


class _Averages:
    """Weighted averages of the logarithms of factors over the last three quarters of windows."""

    def __init__(self, factor: Array) -> None:
        self.count = 0
        self.sums = np.zeros((len(WINDOWS), *factor.shape))
        self.weights = np.zeros(len(WINDOWS))
        self.add(factor)

    def add(self, factor: Array) -> None:
        """Count one more update's factors, shape ``(P, N)``."""
        log = np.log(factor)
        for k, window in enumerate(WINDOWS):
            weight = _bump((self.count - window / 4) / (0.75 * window))
            if weight:
                self.sums[k] += weight * log
                self.weights[k] += weight
        self.count += 1

    def over(self, window: int) -> Array:
        """Return the averages of a window that is over, shape ``(P, N)``."""
        k = WINDOWS.index(window)
        return np.asarray(self.sums[k] / self.weights[k])

    def estimate(self, window: int, draws: bool) -> tuple[Array, Array]:
        """Return the logarithm of the rate and its error, each of shape ``(N,)``."""
        logs, before = self.over(window), self.over(window // 2)
        largest = np.zeros(logs.shape[1:], dtype=np.bool_)
        if not draws:
            largest = _correlation(logs, self.over(window // 4)) > KEPT
        log = np.where(largest, logs.max(axis=0), logs.mean(axis=0))
        change = np.abs(log - np.where(largest, before.max(axis=0), before.mean(axis=0)))
        noise = 3 * logs.std(axis=0, ddof=1) / np.sqrt(DIRECTIONS)
        return log, np.where(largest, change, np.maximum(change, noise))


class _Run:
    """Copies of the points at small distances, and the memory of each."""

    def __init__(
        self, game: DifferentiableGame, rule: UpdateRule, x: Array, distance: Array
    ) -> None:
        self.game, self.rule, self.x = game, rule, x
        self.settled, _ = settled_memory(game, rule, x)
        self.reach = distance[:, None]
        # The memory may stray up to `reach`, and the point is kept far nearer than that.
        remembers = np.size(distance_from_rest(self.settled, self.settled, x.shape[:-1])) > 0
        self.distance = self.reach / FAR_MEMORY if remembers else self.reach
        self.rng = np.random.default_rng(0)
        self.rest: State = None

    def begin(self, starts: Array) -> None:
        """Go to the points displaced by the unit vectors `starts`, ``(P, N, d)``."""
        lead = starts.shape[:1] + self.x.shape[:-1]
        self.rest = spread(self.settled, lead, 1)
        self.points = self.game.domain.project(self.x + self.distance * starts)
        self.state = started_memory(self.game, self.rule, self.x, self.points, self.rest)

    def rounding(self) -> Array:
        """Return what the rounding of points may do to a factor, shape ``(N,)``."""
        last_digit = np.spacing(1 + np.abs(self.x).max(axis=-1))
        return np.asarray(np.maximum(4 * last_digit / self.distance[:, 0], LEAST_ERROR))

    def update(self) -> Array:
        """Update once, set distances back, and return the factors, shape ``(P, N)``."""
        before = np.linalg.norm(self.points - self.x, axis=-1)
        moved, state = self.rule.update(
            self.game, np.asfortranarray(self.points), self.state, self.rng
        )
        offset = moved - self.x
        size = np.maximum(np.linalg.norm(offset, axis=-1, keepdims=True), _TINY)
        shrink = self.distance / size
        self.points = self.game.domain.project(self.x + shrink * offset)
        away = distance_from_rest(state, self.rest, size.shape[:-1])
        if away.size:
            farthest = np.maximum(away.max(axis=-1, keepdims=True), _TINY)
            shrink = np.minimum(shrink, self.reach / farthest)
        self.state = rescaled(state, self.rest, shrink)
        return np.asarray(np.maximum(size[..., 0] / np.maximum(before, _TINY), _TINY))


def _starts(directions: Array, one_sided: NDArray[np.bool_]) -> Array:
    """Return random unit vectors inside the domain, shape ``(DIRECTIONS, N, d)``."""
    weights = np.random.default_rng(0).normal(size=(DIRECTIONS, len(directions)))
    weights = np.where(one_sided, np.abs(weights), weights)
    starts = np.einsum("pk,knd->pnd", weights, directions)
    return np.asarray(starts / np.linalg.norm(starts, axis=-1, keepdims=True))


def _correlation(a: Array, b: Array) -> Array:
    """Return the correlation over the first axis; 0 where one does not vary."""
    a, b = a - a.mean(axis=0), b - b.mean(axis=0)
    sizes = np.sqrt((a**2).sum(axis=0) * (b**2).sum(axis=0))
    return np.asarray((a * b).sum(axis=0) / np.maximum(sizes, _TINY))


def _bump(u: float) -> float:
    """A smooth weight on (0, 1), 0 with all its derivatives at both ends."""
    return float(np.exp(-1 / (u * (1 - u)))) if 0 < u < 1 else 0.0
