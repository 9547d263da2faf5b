"""The one driver: run a rule on a game and keep the trajectory."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gametools.dynamics.divergence import Watch
from gametools.dynamics.rule import Array, UpdateRule
from gametools.games.differentiable import DifferentiableGame
from gametools.games.normal_form import NormalFormGame
from gametools.games.policy_space import as_differentiable
from gametools.games.well_formed import require_well_formed
from gametools.validation import count, finite_array, generator

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Status", "Trajectory", "checked_rule", "simulate", "start_points"]


class Status(StrEnum):
    """How a simulation ended; the text carries the remedy."""

    COMPLETED = "all steps taken"
    DIVERGED = "diverged; take smaller steps"
    NOT_FINITE = "the game returned NaN or infinity; mend it there or keep play in a `domain`"


@dataclass(frozen=True, eq=False, repr=False)
class Trajectory:
    """Where a rule went.

    Attributes
    ----------
    points : array, shape ``(kept, *batch, d)``
        The kept points; the start is the first unless only the last was kept.
    times : int array, shape ``(kept,)``
        Number of updates before each kept point.
    status : Status
        `Status.NOT_FINITE` if a game of the batch was left where the game itself is NaN or
        infinite, otherwise `Status.DIVERGED` if one got beyond `dynamics.escape_radius`, NaN
        included. The other games go on.
    diverged_at : int array, shape ``(*batch,)``
        Number of updates after which a game was beyond that radius for the first time, whatever
        was kept; -1 where it was inside at the end.
    rule : UpdateRule
        The rule that ran.
    message : str
        What became of the first game that diverged, when and where; empty without one.
    """

    points: Array
    times: NDArray[np.int64]
    status: Status
    diverged_at: NDArray[np.int64]
    rule: UpdateRule
    message: str = ""

    @property
    def diverged_after(self) -> NDArray[np.int64]:
        """Number of updates after which a game was inside for the last time; -1 at the end."""
        return np.where(self.diverged_at < 0, -1, self.diverged_at - 1)

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each kept time (and game): time, [game,] x0, x1, ...

        If a game diverged there are columns `diverged_after` and `diverged_at` besides.
        """
        import pandas as pd

        kept, *batch, d = self.points.shape
        games = int(np.prod(batch, dtype=np.int64))
        columns: dict[str, NDArray[np.generic]] = {"time": np.repeat(self.times, games)}
        if batch:
            columns["game"] = np.tile(np.arange(games), kept)
        flat = self.points.reshape(-1, d)
        columns |= {f"x{k}": flat[:, k] for k in range(d)}
        if self.status is not Status.COMPLETED:
            for name in ("diverged_after", "diverged_at"):
                columns[name] = np.tile(getattr(self, name).ravel(), kept)
        return pd.DataFrame(columns)

    def __repr__(self) -> str:
        batch = self.points.shape[1:-1]
        games = f"{batch} games, " if batch else ""
        what = f"{self.status} ({self.message})" if self.message else self.status
        return f"Trajectory({games}{self.times[-1]} steps of {self.rule!r}: {what})"


def simulate(
    game: NormalFormGame | DifferentiableGame,
    rule: UpdateRule,
    start: ArrayLike,
    *,
    steps: int = 1000,
    record: int = 1,
    rng: int | np.random.Generator | None = None,
) -> Trajectory:
    """Run `rule` on `game` from `start` and return the trajectory.

    Parameters
    ----------
    game : NormalFormGame or DifferentiableGame
        One game or a batch. A two-action matrix game is learned in probability coordinates:
        points hold each player's probability of its first action. One with more actions is
        learned on simplices: points hold all mixed strategies, one after the other. Other
        coordinates: `gametools.games.as_differentiable`.
    rule : UpdateRule
        Any value with `init` and `update`, see `gametools.dynamics`.
    start : array_like, shape ``(*batch, d)``
        First points, inside the domain; broadcast against the batch of games.
    steps : int
        Number of updates, at least 1.
    record : int
        Keep every `record`-th point, the start and the last; 0 keeps the last only.
    rng : int, numpy.random.Generator or None
        Seed or generator of rules that draw.

    Returns
    -------
    Trajectory

    Raises
    ------
    TypeError, ValueError
        If `start` has a wrong shape or lies outside the domain, the rule does not fit the game,
        or a number is out of range; before any work.

    Examples
    --------
    >>> import gametools as gt
    >>> dilemma = gt.NormalFormGame.from_bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]])
    >>> path = gt.simulate(dilemma, gt.dynamics.GradientDescent(0.1), [0.9, 0.9], steps=20)
    >>> path
    Trajectory(20 steps of GradientDescent(step=0.1): all steps taken)
    >>> path.points[-1]
    array([0., 0.])
    """
    play = as_differentiable(game)
    x = start_points(play, start)
    total = count("steps", steps, at_least=1)
    every = count("record", record)
    source = generator(rng)
    state = checked_rule(rule).init(play, x)
    kept, times = ([np.array(x)], [0]) if every else ([], [])
    watch = Watch(play, rule, x, state, source)
    with np.errstate(over="ignore", invalid="ignore"):
        for time in range(1, total + 1):
            x, state = rule.update(play, x, state, source)
            if time == total or (every and time % every == 0):
                kept.append(x)
                times.append(time)
            if time == total or time % Watch.EVERY == 0:
                watch.look(time, x, state)
    points, status = np.ascontiguousarray(kept), _status(watch)
    return Trajectory(points, np.array(times), status, watch.diverged_at, rule, _message(watch))


def _status(watch: Watch) -> Status:
    if watch.broken.any():
        return Status.NOT_FINITE
    return Status.DIVERGED if (watch.diverged_at >= 0).any() else Status.COMPLETED


def _message(watch: Watch) -> str:
    """Say what became of the first game that diverged: of the broken ones if there are any."""
    at = watch.diverged_at.ravel()
    some = np.flatnonzero(watch.broken if watch.broken.any() else at >= 0)
    if not len(some):
        return ""
    first = some[at[some].argmin()]
    last = watch.left_from.reshape(at.size, -1)[first]
    where = ", ".join(f"{value:.6g}" for value in last)
    which = f"game {first} first of {len(some)}, " if at.size > 1 else ""
    word = "at" if watch.broken.any() else "from"
    return f"{which}between updates {at[first] - 1} and {at[first]}, {word} ({where})"


def checked_rule(rule: UpdateRule) -> UpdateRule:
    """Return `rule`, or raise a TypeError that says what a rule needs."""
    if isinstance(rule, type) or not isinstance(rule, UpdateRule):
        raise TypeError(
            "`rule` must be an update rule such as GradientDescent(step=0.02), with `evaluations`, "
            f"`init` and `update`; got {rule!r}."
        )
    return rule


def start_points(game: DifferentiableGame, start: ArrayLike, name: str = "start") -> Array:
    """Return `start` broadcast to the game's batch, batch last in memory; or raise an error."""
    x = finite_array(name, start)
    d = sum(game.dims)
    if x.ndim == 0 or x.shape[-1] != d:
        raise ValueError(f"`{name}` must have shape (*batch, {d}); got {x.shape}.")
    try:
        batch = np.broadcast_shapes(x.shape[:-1], game.batch_shape)
    except ValueError:
        raise ValueError(
            f"`{name}` must broadcast to the games' batch {game.batch_shape}; got {x.shape}."
        ) from None
    inside = game.domain.contains(x)
    if not inside.all():
        where = x[~inside][0]
        raise ValueError(f"`{name}` must lie in {game.domain}; got {where.tolist()}.")
    require_well_formed(game, x)
    return np.array(np.broadcast_to(x, (*batch, d)), order="F")
