"""The one driver: run a rule on a game and keep the trajectory."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gametools.dynamics.rule import Array, UpdateRule
from gametools.games.differentiable import DifferentiableGame
from gametools.games.normal_form import NormalFormGame
from gametools.games.policy_space import as_differentiable
from gametools.validation import count, finite_array, generator

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Status", "Trajectory", "checked_rule", "simulate", "start_points"]


class Status(StrEnum):
    """How a simulation ended; the text carries the remedy."""

    COMPLETED = "all steps taken"
    DIVERGED = "left the finite numbers; take smaller steps (see `diverged_at`)"


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
        `Status.DIVERGED` if any game's points left the finite numbers.
    diverged_at : int array, shape ``(*batch,)``
        First kept time at which a game's point is NaN or infinite; -1 where there is none.
    rule : UpdateRule
        The rule that ran.
    """

    points: Array
    times: NDArray[np.int64]
    status: Status
    diverged_at: NDArray[np.int64]
    rule: UpdateRule

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each kept time (and game): time, [game,] x0, x1, ..."""
        import pandas as pd

        kept, *batch, d = self.points.shape
        games = int(np.prod(batch, dtype=np.int64))
        columns: dict[str, NDArray[np.generic]] = {"time": np.repeat(self.times, games)}
        if batch:
            columns["game"] = np.tile(np.arange(games), kept)
        flat = self.points.reshape(-1, d)
        return pd.DataFrame(columns | {f"x{k}": flat[:, k] for k in range(d)})

    def __repr__(self) -> str:
        batch = self.points.shape[1:-1]
        games = f"{batch} games, " if batch else ""
        return f"Trajectory({games}{self.times[-1]} steps of {self.rule!r}: {self.status})"


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
    with np.errstate(over="ignore", invalid="ignore"):
        for time in range(1, total + 1):
            x, state = rule.update(play, x, state, source)
            if time == total or (every and time % every == 0):
                kept.append(x)
                times.append(time)
    points, at = np.ascontiguousarray(kept), np.array(times)
    lost = ~np.isfinite(points).all(axis=-1)
    diverged_at = np.where(lost.any(axis=0), at[lost.argmax(axis=0)], -1)
    status = Status.DIVERGED if lost.any() else Status.COMPLETED
    return Trajectory(points, at, status, diverged_at, rule)


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
    return np.array(np.broadcast_to(x, (*batch, d)), order="F")
