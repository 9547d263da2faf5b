"""The weighted policy learner from play."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from gametools.dynamics.hill_climbing import State, checked_learning, estimated, first_state
from gametools.dynamics.rule import Array
from gametools.dynamics.strategies import StrategyView
from gametools.dynamics.variable_rate import weighted_advantages
from gametools.games.differentiable import DifferentiableGame, Simplex
from gametools.validation import number

__all__ = ["SampledWPL"]


@dataclass(frozen=True)
class SampledWPL:
    """The weighted policy learner from play: advantages are estimated from payoffs received.

    Parameters
    ----------
    step : float
        Step size, positive.
    learning_rate : float
        Weight of a new payoff in an action's estimate, in (0, 1].
    exploration : float
        Probability that the strategies keep for playing any action evenly, in [0, 1].

    Raises
    ------
    TypeError, ValueError
        If a parameter is not a number or out of range.

    Notes
    -----
    Source: Abdallah and Lesser (2008), the algorithm WPL of one state: an action's advantage is
    its estimate less the strategy's average of the estimates, and the result is projected onto
    the strategies that play every action at least ``exploration / actions``. An update draws one
    joint action and evaluates no gradient. The state: estimates, the first strategies and the
    number of updates.

    Examples
    --------
    >>> import gametools as gt
    >>> pennies = gt.named_game("matching_pennies")
    >>> rule = gt.dynamics.SampledWPL(step=0.005)
    >>> path = gt.simulate(pennies, rule, [0.9, 0.2], steps=8000, rng=0).points
    >>> path[-4000:].mean(axis=0).round(1)
    array([0.5, 0.5])
    """

    evaluations: ClassVar[int] = 0

    step: float
    learning_rate: float = 0.1
    exploration: float = 0.05

    def __post_init__(self) -> None:
        number("step", self.step, above=0)
        checked_learning(self.learning_rate, self.exploration)

    def init(self, game: DifferentiableGame, x: Array) -> State:
        """Return estimates of 0, the present strategies and no updates."""
        return first_state(game, x, self)

    def update(
        self, game: DifferentiableGame, x: Array, state: State, rng: np.random.Generator
    ) -> tuple[Array, State]:
        """Return the next points and estimates."""
        view = StrategyView(game, self)
        present, (estimates, first, updates) = view.strategies(x), state
        estimates = estimated(view, present, estimates, rng, 0.0, self.learning_rate)
        advantages = estimates - view.sums(present * estimates)
        moved = present + self.step * weighted_advantages(present, advantages)
        floor = self.exploration / view.sums(np.ones_like(present))
        if self.exploration < 1:
            inside = Simplex(view.sizes).project((moved - floor) / (1 - self.exploration))
            floor = floor + (1 - self.exploration) * inside
        return view.point(floor), (estimates, first, updates + 1)
