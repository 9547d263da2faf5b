"""Which start leads where: basins of attraction over a grid or a sample of starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gametools.convergence.recurrence import returns
from gametools.convergence.statistics import wilson_interval
from gametools.dynamics.divergence import Watch
from gametools.dynamics.rule import State, UpdateRule, take_state
from gametools.dynamics.simulate import checked_rule
from gametools.games.differentiable import Box, DifferentiableGame, Simplex
from gametools.games.normal_form import NormalFormGame
from gametools.games.policy_space import as_differentiable
from gametools.games.well_formed import require_well_formed
from gametools.stability.classify import classify
from gametools.stability.fixed_point import FixedPoint
from gametools.stability.search import find_fixed_points, random_points
from gametools.stability.update_map import UpdateMap, update_map
from gametools.validation import count, finite_array, generator, number

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BasinMap", "Outcome", "basins"]

Array = NDArray[np.float64]

_CHUNK = 8192  # starts at a time: their tails take up to 130 MiB
_CHECK = 10  # updates between two looks at who has settled
_REST = 1e-10  # a start that moves less than this between two looks is at rest
_DROP_SHARE = 0.05  # settled starts are dropped when they make up this share


class Outcome(IntEnum):
    """Labels of starts that no target took; other labels are indices of targets."""

    CYCLE = -1
    REST = -2
    MOVING = -3
    DIVERGED = -4
    NOT_FINITE = -5


_WORDS = {
    Outcome.CYCLE: "limit cycle",
    Outcome.REST: "at rest elsewhere",
    Outcome.MOVING: "still moving",
    Outcome.DIVERGED: "diverged",
    Outcome.NOT_FINITE: "the game is NaN or infinite",
}


@dataclass(frozen=True, eq=False, repr=False)
class BasinMap:
    """Where a rule leads from each of many starts.

    Attributes
    ----------
    targets : FixedPoint
        A batch of k fixed points, classified for the game.
    update : UpdateMap
        What the rule makes of each.
    starts : array, shape ``(N, d)``
    labels : int array, shape ``(N,)``
        Index of the target that each start leads to, or a negative `Outcome`.
    times : int array, shape ``(N,)``
        Updates after which that was known; `steps` for cycles and those still moving, and for
        those that diverged the updates after which they were too far out.
    grid : tuple of int
        Shape of the grid, ``()`` for a random sample.
    steps : int
        Budget of updates.
    tolerance : float
        A start this close to a target that attracts, in every coordinate, has arrived.
    tail : int
        Updates at the end that were searched for a limit cycle.
    """

    targets: FixedPoint
    update: UpdateMap
    starts: Array
    labels: NDArray[np.int32]
    times: NDArray[np.int32]
    grid: tuple[int, ...]
    steps: int
    tolerance: float
    tail: int

    @property
    def image(self) -> NDArray[np.int32]:
        """The labels on the grid, axis k for coordinate k; for plots."""
        if not self.grid:
            raise ValueError("a random sample has no `image`; use `grid=(200, 200)`.")
        return self.labels.reshape(self.grid)

    def share(self, label: int) -> float:
        """Return the share of the starts with a label."""
        return float(np.mean(self.labels == label))

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each target and each other outcome that occurred.

        Columns: ``label``, ``outcome``, ``kind``, ``attracts``, ``x0``, ..., ``starts``,
        ``share``, ``share_low``, ``share_high`` (Wilson's 95% interval; NaN on a grid, which is
        no sample) and ``mean_steps``.
        """
        import pandas as pd

        points = self.targets.point
        rows: list[dict[str, Any]] = []
        others = [int(label) for label in Outcome if (self.labels == label).any()]
        for label in [*range(len(points)), *others]:
            mine = self.labels == label
            known = label >= 0
            low, high = (np.nan, np.nan)
            if not self.grid:
                low, high = wilson_interval(int(mine.sum()), len(mine))
            row = {
                "label": label,
                "outcome": f"target {label}" if known else _WORDS[Outcome(label)],
                "kind": str(self.targets.kind[label]) if known else "",
                "attracts": self.update.is_attracting[label] if known else None,
            }
            row |= {f"x{k}": points[label, k] if known else np.nan for k in range(points.shape[1])}
            row |= {"starts": int(mine.sum()), "share": self.share(label)}
            row |= {"share_low": low, "share_high": high}
            row |= {"mean_steps": float(self.times[mine].mean()) if mine.any() else np.nan}
            rows.append(row)
        return pd.DataFrame(rows)

    def __repr__(self) -> str:
        words = []
        for label, point in enumerate(self.targets.point):
            if (self.labels == label).any():
                where = ", ".join(f"{value:.4g}" for value in point)
                words.append(f"{self.share(label):.1%} to ({where})")
        for other, word in _WORDS.items():
            if (self.labels == other).any():
                words.append(f"{self.share(other):.1%} {word}")
        what = "x".join(map(str, self.grid)) + " grid" if self.grid else "sample"
        return f"BasinMap({len(self.labels)} starts, {what}: {', '.join(words)})"


def basins(
    game: NormalFormGame | DifferentiableGame,
    rule: UpdateRule,
    *,
    grid: Sequence[int] | None = None,
    samples: int | None = None,
    window: ArrayLike = (-1.0, 1.0),
    steps: int = 1000,
    targets: ArrayLike | None = None,
    tolerance: float = 1e-3,
    tail: int = 512,
    rng: int | np.random.Generator | None = None,
) -> BasinMap:
    """Run a rule from many starts at once, and say where each leads.

    Parameters
    ----------
    game : NormalFormGame or DifferentiableGame
        A single game.
    rule : UpdateRule
    grid : sequence of int, optional
        Starts at the centres of so many cells along each coordinate; 200 x 200 by default where
        there are two coordinates. Not for simplices.
    samples : int, optional
        Instead, so many random starts, uniform in the domain or in the window.
    window : array_like, ``(low, high)`` or shape ``(d, 2)``
        Where starts lie if the domain is the whole space.
    steps : int
        Budget of updates, at least 2.
    targets : array_like, shape ``(k, d)``, optional
        Points to look for; by default those of `find_fixed_points`.
    tolerance : float
        A start this close to a target that attracts has arrived, positive.
    tail : int
        Updates at the end that are searched for a limit cycle; at most half the steps are.
    rng : int, numpy.random.Generator or None
        Seed or generator of starts, of the search for targets, and of rules that draw.

    Returns
    -------
    BasinMap

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit; before any work.

    Notes
    -----
    Source: none; the terms are textbook (Strogatz 1994). A start has arrived once it lies within
    `tolerance` of a target to which the *linearised update* (or, at a kink, the measured rate)
    draws it; near a saddle or a centre it goes on. A start that no longer moves is given to the
    target within `tolerance`, or is "at rest elsewhere". What still moves at the end is a limit
    cycle if in the last `tail` updates it leaves and comes back to within one update's length,
    and the two halves of the tail are equally wide to 1%: so a period of up to half the tail is
    seen, a closed orbit of a centre counts too, and a spiral that shrinks by less than 1% in half
    a tail would be taken for a cycle. A start has diverged when it is further out than
    `dynamics.escape_radius`; where the game itself is NaN or infinite, that is said instead.

    Examples
    --------
    >>> import gametools as gt
    >>> gt.basins(gt.named_game("stag_hunt"), gt.dynamics.MATRL(0.05), grid=(20, 20), rng=0)
    BasinMap(400 starts, 20x20 grid: ...% to (1, 1), ...% to (0, 0))
    >>> pennies = gt.named_game("matching_pennies")
    >>> gt.basins(pennies, gt.dynamics.GradientDescent(0.05), samples=100, rng=0)
    BasinMap(100 starts, sample: 100.0% limit cycle)
    """
    play = as_differentiable(game)
    if play.batch_shape:
        raise ValueError(f"`game` must be a single game; got a batch {play.batch_shape}.")
    total = count("steps", steps, at_least=2)
    near = number("tolerance", tolerance, above=0)
    last = min(count("tail", tail, at_least=4), total // 2)
    source = generator(rng)
    starts, shape = _starts(play, grid, samples, window, source)
    require_well_formed(play, starts)
    checked_rule(rule).init(play, starts[:1])
    found = (
        find_fixed_points(play, rng=source).points
        if targets is None
        else classify(play, np.atleast_2d(finite_array("targets", targets)))
    )
    update = update_map(play, rule, found.point, found.touches, scan=False)
    labels = np.empty(len(starts), dtype=np.int32)
    times = np.empty(len(starts), dtype=np.int32)
    edges = range(0, len(starts), _CHUNK)
    with np.errstate(over="ignore", invalid="ignore"):
        for low, child in zip(edges, source.spawn(len(edges)), strict=True):
            part = slice(low, low + _CHUNK)
            run = _Run(play, rule, starts[part], found.point, update, near, child)
            labels[part], times[part] = run.finish(total, last)
    return BasinMap(found, update, starts, labels, times, shape, total, near, last)


def _starts(
    game: DifferentiableGame,
    grid: Sequence[int] | None,
    samples: int | None,
    window: ArrayLike,
    rng: np.random.Generator,
) -> tuple[Array, tuple[int, ...]]:
    """Return the starts, and the shape of their grid."""
    d = sum(game.dims)
    if grid is not None and samples is not None:
        raise ValueError("`grid` and `samples` exclude each other; give one of them.")
    if isinstance(game.domain, Simplex):
        if samples is None:
            raise ValueError("`samples` must say how many starts; simplices have no `grid`.")
        return random_points(game, count("samples", samples, at_least=1), 1.0, rng), ()
    if isinstance(game.domain, Box):
        sides = np.stack(np.broadcast_arrays(game.domain.low, game.domain.high), axis=-1)
        sides = np.broadcast_to(sides, (d, 2))
    else:
        given = finite_array("window", window)
        if given.shape not in {(2,), (d, 2)} or not np.all(given[..., 0] < given[..., 1]):
            raise ValueError(
                f"`window` must be (low, high) or have shape ({d}, 2), low < high; "
                f"got {given.tolist()}."
            )
        sides = np.broadcast_to(given, (d, 2))
    low, width = sides[:, 0], sides[:, 1] - sides[:, 0]
    if samples is not None:
        size = count("samples", samples, at_least=1)
        return np.asfortranarray(low + width * rng.random((size, d))), ()
    if grid is None and d != 2:
        raise ValueError(f"`samples` must say how many starts; the game has {d} coordinates.")
    cells = tuple(count("grid", k, at_least=1) for k in (grid or (200, 200)))
    if len(cells) != d:
        raise ValueError(f"`grid` must have {d} numbers, one for each coordinate; got {cells}.")
    axes = [low[k] + width[k] * (np.arange(n) + 0.5) / n for k, n in enumerate(cells)]
    mesh = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    return np.asfortranarray(mesh.reshape(-1, d)), cells


class _Run:
    """The starts still on their way, and what is known of all."""

    def __init__(
        self,
        game: DifferentiableGame,
        rule: UpdateRule,
        starts: Array,
        targets: Array,
        update: UpdateMap,
        tolerance: float,
        rng: np.random.Generator,
    ) -> None:
        self.game, self.rule, self.rng = game, rule, rng
        self.x = np.asfortranarray(starts)
        self.state: State = rule.init(game, self.x)
        self.watch = Watch(game, rule, self.x, self.state, rng)
        self.targets, self.tolerance = targets, tolerance
        self.attracts = np.flatnonzero([value is True for value in update.is_attracting])
        self.index = np.arange(len(starts))
        self.labels = np.full(len(starts), int(Outcome.MOVING), dtype=np.int32)
        self.times = np.zeros(len(starts), dtype=np.int32)
        self.seen = self.x

    def finish(self, steps: int, tail: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Take all steps and return labels and times."""
        for time in range(1, steps - tail + 1):
            self._advance(time)
            if time % _CHECK == 0:
                self._drop_settled(time)
                if not len(self.index):
                    return self.labels, self.times
        path = [self.x]
        for time in range(steps - tail + 1, steps + 1):
            self._advance(time)
            path.append(self.x)
        self.watch.look(steps, self.x, self.state)
        self.seen = path[-min(_CHECK, tail) - 1]
        labels, _ = self._settled()
        moving = np.flatnonzero(labels == Outcome.MOVING)
        if len(moving):
            # Times, starts, coordinates; starts last in memory, as they come.
            orbit = np.moveaxis(np.array([points.T[:, moving] for points in path]), 1, -1)
            labels[moving[returns(orbit, self.tolerance)]] = Outcome.CYCLE
        self.labels[self.index] = labels
        self.times[self.index] = self._since(steps)
        return self.labels, self.times

    def _advance(self, time: int) -> None:
        self.x, self.state = self.rule.update(self.game, self.x, self.state, self.rng)
        if time % _CHECK == 0:
            self.watch.look(time, self.x, self.state)

    def _since(self, time: int) -> NDArray[np.int64]:
        """Return since when the outcome of every running start has been known."""
        return np.where(self.watch.diverged_at >= 0, self.watch.diverged_at, time)

    def _settled(self) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """Return the label of every running start, and whether it needs no more steps."""
        labels = np.full(len(self.x), int(Outcome.MOVING), dtype=np.int32)
        rest = np.asarray(np.abs(self.x - self.seen).max(axis=-1) <= _REST)
        labels[rest] = Outcome.REST
        for k, target in enumerate(self.targets):
            close = np.abs(self.x[:, 0] - target[0]) <= self.tolerance
            for j in range(1, len(target)):
                close &= np.abs(self.x[:, j] - target[j]) <= self.tolerance
            labels[close if k in self.attracts else close & rest] = k
        labels[self.watch.diverged_at >= 0] = Outcome.DIVERGED
        labels[self.watch.broken] = Outcome.NOT_FINITE
        return labels, labels != Outcome.MOVING

    def _drop_settled(self, time: int) -> None:
        """Put the settled starts away and go on with the others."""
        labels, settled = self._settled()
        self.seen = self.x
        if np.count_nonzero(settled) < max(1, _DROP_SHARE * len(settled)):
            return
        away = self.index[settled]
        self.labels[away], self.times[away] = labels[settled], self._since(time)[settled]
        rest = np.flatnonzero(~settled)
        self.index = self.index[rest]
        self.x, self.state = take_state(self.x, rest), take_state(self.state, rest)
        self.game, self.seen = self.game.take(rest), self.x
        self.watch.take(rest)
