"""The best that a team can do in a small deterministic grid world, by exhaustive search."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gametools.envs.grid import MOVES, Codes, GridWorld
from gametools.envs.pictures import FloatArray
from gametools.validation import count

__all__ = ["Optimum", "optimum"]

_TINY = 1e-9  # sums of rewards are equal to within this
_BUDGET = 1.0  # loss that the first search allows


@dataclass(frozen=True, eq=False, repr=False)
class Optimum:
    """The largest sum of all agents' rewards in an episode, and a run that earns it.

    Attributes
    ----------
    value : float
    actions : int array, shape ``(T, n)``
        The joint actions of the run, from the start.
    finished : bool
        Whether the run ends by itself; False if the time limit cuts it.
    transitions : int
        Moves of single agents that were followed; all runs that could be better are among them.
    """

    value: float
    actions: NDArray[np.int64]
    finished: bool
    transitions: int

    def __repr__(self) -> str:
        end = "finished" if self.finished else "cut by the time limit"
        return (
            f"Optimum({self.value:.6g} in {len(self.actions)} steps, {end}; "
            f"{self.transitions:,} transitions)"
        )


def optimum(world: GridWorld, *, max_transitions: int = 200_000_000) -> Optimum:
    """Find the largest team return of an episode, exactly, and a run that earns it.

    Parameters
    ----------
    world : GridWorld
        `Checkers` or `Switch`; its episode begins at its fixed start and ends at its limit.
    max_transitions : int
        Moves to follow before giving up.

    Returns
    -------
    Optimum

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit, or a step can pay more than it costs.
    RuntimeError
        If `max_transitions` did not suffice; nothing is returned that is not proved.

    Notes
    -----
    Source: breadth-first branch and bound, as in any textbook, here with agents that move in turn.
    A run's *loss* is what it falls short of the world's bound (all goals reached, or all food
    eaten by whom it is worth most, in no time); it never shrinks along a run. All runs with a loss
    of at most 1 are followed, then 2, 4, ...: step by step, agent by agent, keeping of those that
    meet in one situation at one time the best. The first allowance under which a run ends, by
    itself or by the limit, holds every better run too: the best one found is the optimum.

    Examples
    --------
    >>> from gametools.envs import Switch, optimum
    >>> optimum(Switch(num_agents=2))
    Optimum(8.3 in 12 steps, finished; ... transitions)
    """
    if not isinstance(world, GridWorld):
        raise TypeError(f"`world` must be Checkers or Switch; got {world!r}.")
    count("max_transitions", max_transitions, at_least=1)
    best = float(world.bound(np.array([world.start]))[0])
    budget, spent = _BUDGET, 0
    while True:
        search = _Search(world, budget, max_transitions - spent)
        search.run()
        spent += search.transitions
        if search.end is not None:
            return Optimum(best - search.loss, search.actions(), search.finished, spent)
        budget *= 2


class _Search:
    """All runs whose loss is at most a budget."""

    def __init__(self, world: GridWorld, budget: float, max_transitions: int) -> None:
        self.world, self.loss, self.left = world, budget, max_transitions
        self.transitions = 0
        self.end: tuple[int, int] | None = None  # step and place of the best run's end
        self.finished = False
        # For each agent's move: which situation it was made in, and the action.
        self.links: list[tuple[NDArray[np.int32], NDArray[np.int8]]] = []

    def run(self) -> None:
        """Follow all runs to their ends."""
        codes, losses = np.array([self.world.start]), np.zeros(1)
        for step in range(1, self.world.max_steps + 1):
            for agent in range(len(self.world.agents)):
                codes, losses = self._expand(codes, losses, agent)
            over = self.world.terminated(codes).all(axis=1)
            self._note(step, np.where(over, losses, np.inf), finished=True)
            losses = np.where(over, np.inf, losses)  # nothing goes on from there
            if not np.isfinite(losses).any():
                return
        self._note(step, losses + self.world.bound(codes), finished=False)

    def _expand(self, codes: Codes, losses: FloatArray, agent: int) -> tuple[Codes, FloatArray]:
        """Follow every action of one agent; keep the best way into each situation."""
        size, a = len(codes), len(MOVES)
        after, rewards = self.world.move(np.repeat(codes, a), agent, np.tile(np.arange(a), size))
        lost = np.repeat(self.world.bound(codes), a) - rewards - self.world.bound(after)
        if lost.min(initial=0.0) < -_TINY:
            raise ValueError("`world` must not pay for a step: the search needs costs, or 0.")
        total = np.repeat(losses, a) + np.maximum(lost, 0.0)
        self.transitions += size * a
        if self.transitions > self.left:
            raise RuntimeError("the search was given up; raise `max_transitions`.")
        kept = np.flatnonzero(total <= self.loss + _TINY)
        order = kept[np.lexsort((total[kept], after[kept]))]
        first = np.ones(len(order), dtype=np.bool_)
        first[1:] = after[order[1:]] != after[order[:-1]]
        chosen = order[first]
        self.links.append(((chosen // a).astype(np.int32), (chosen % a).astype(np.int8)))
        return after[chosen], total[chosen]

    def _note(self, step: int, losses: FloatArray, *, finished: bool) -> None:
        """Remember the best of the runs that end here, if it is the best so far."""
        if len(losses) and losses.min() <= self.loss + (_TINY if self.end is None else -_TINY):
            self.end = (step, int(losses.argmin()))
            self.loss, self.finished = float(losses.min()), finished

    def actions(self) -> NDArray[np.int64]:
        """Return the joint actions of the best run."""
        assert self.end is not None
        n = len(self.world.agents)
        step, place = self.end
        taken = []
        for origin, action in reversed(self.links[: step * n]):
            taken.append(int(action[place]))
            place = int(origin[place])
        return np.array(taken[::-1], dtype=np.int64).reshape(step, n)
