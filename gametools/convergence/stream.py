"""Count the steps to convergence without keeping a trajectory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gametools.convergence.criteria import MEASURES, Criterion, Measure
from gametools.dynamics.rule import Array, State, UpdateRule, take_state
from gametools.games.differentiable import DifferentiableGame

__all__ = ["NEVER", "Outcome", "steps_to_convergence"]

NEVER = -1
"""Stands for the step of a game that did not converge."""
_DROP_SHARE = 0.1  # settled games are dropped when they make up this share of the batch


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a run of one rule on a batch of games gave.

    Attributes
    ----------
    steps : int32 array, shape ``(criteria, games)``
        Number of updates until convergence, `NEVER` where the budget ran out first.
    lost : bool array, shape ``(games,)``
        Whether the point was NaN or infinite when the game was left.
    """

    steps: NDArray[np.int32]
    lost: NDArray[np.bool_]


def steps_to_convergence(
    game: DifferentiableGame,
    rule: UpdateRule,
    start: Array,
    criteria: Sequence[Criterion],
    steps: int,
    rng: np.random.Generator,
) -> Outcome:
    """Run `rule` for at most `steps` updates and test every criterion after each of them.

    Parameters
    ----------
    game : DifferentiableGame
        A flat batch of games, or one game for all points.
    rule : UpdateRule
    start : array, shape ``(games, d)``
    criteria : sequence of Criterion
        Those that want a first hit let a game be dropped once all have theirs; any that wants
        its learner to stay needs the whole budget.
    steps : int
        Budget of updates.
    rng : numpy.random.Generator

    Returns
    -------
    Outcome
    """
    run = _Run(game, rule, np.asfortranarray(start), criteria, rng)
    with np.errstate(over="ignore", invalid="ignore"):
        for time in range(1, steps + 1):
            run.advance(time)
            if run.settled_share() >= _DROP_SHARE:
                run.drop_settled()
            if not len(run.games):
                break
    return run.outcome(steps)


class _Run:
    """The games still running, and what is known of all."""

    def __init__(
        self,
        game: DifferentiableGame,
        rule: UpdateRule,
        x: Array,
        criteria: Sequence[Criterion],
        rng: np.random.Generator,
    ) -> None:
        self.game, self.rule, self.x, self.rng = game, rule, x, rng
        self.criteria = criteria
        self.state: State = rule.init(game, x)
        names = dict.fromkeys(criterion.measure for criterion in criteria)
        self.measures: dict[str, Measure] = {name: MEASURES[name](game) for name in names}
        self.total = np.zeros_like(x) if any(c.iterate == "average" for c in criteria) else None
        self.games = np.arange(len(x))
        # For a first hit: the step, or NEVER. For a stay: the first step of the present stay.
        first = [1 if criterion.stay else NEVER for criterion in criteria]
        self.marks = np.repeat(np.array(first, dtype=np.int32)[:, None], len(x), axis=1)
        self.final_marks = self.marks.copy()
        self.final_lost = np.zeros(len(x), dtype=np.bool_)
        self.droppable = not any(criterion.stay for criterion in criteria)

    def advance(self, time: int) -> None:
        """Make one update and test it."""
        self.x, self.state = self.rule.update(self.game, self.x, self.state, self.rng)
        if self.total is not None:
            self.total += self.x
        values: dict[tuple[str, str], Array] = {}
        for criterion, mark in zip(self.criteria, self.marks, strict=True):
            key = (criterion.measure, criterion.iterate)
            if key not in values:
                values[key] = self.measures[criterion.measure](self._iterate(criterion, time))
            within = values[key] < criterion.tolerance
            if criterion.stay:
                np.putmask(mark, ~within, time + 1)
            else:
                np.putmask(mark, within & (mark == NEVER), time)

    def _iterate(self, criterion: Criterion, time: int) -> Array:
        if criterion.iterate == "average" and self.total is not None:
            return self.total / time
        return self.x

    def settled_share(self) -> float:
        """Share of the running games that need no more steps."""
        if not self.droppable:
            return 0.0
        open_ = np.count_nonzero((self.marks == NEVER).any(axis=0))
        return 1 - open_ / len(self.games)

    def drop_settled(self) -> None:
        """Put the settled games away and go on with the others."""
        settled = (self.marks != NEVER).all(axis=0)
        self._put_away(settled)
        index = np.flatnonzero(~settled)
        self.games, self.marks = self.games[index], self.marks[:, index]
        self.game = self.game.take(index)
        self.state = take_state(self.state, index)
        self.x = take_state(self.x, index)
        self.total = take_state(self.total, index)
        self.measures = {name: m.take(index) for name, m in self.measures.items()}

    def _put_away(self, which: NDArray[np.bool_]) -> None:
        games = self.games[which]
        self.final_marks[:, games] = self.marks[:, which]
        self.final_lost[games] = ~np.isfinite(self.x[which]).all(axis=-1)

    def outcome(self, steps: int) -> Outcome:
        """Return what is known of all games after `steps` updates."""
        self._put_away(np.ones(len(self.games), dtype=np.bool_))
        for criterion, mark in zip(self.criteria, self.final_marks, strict=True):
            if criterion.stay:
                mark[mark > steps - criterion.stay + 1] = NEVER
        return Outcome(self.final_marks, self.final_lost)
