"""Policy hill climbing: rules that learn from their own payoffs alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from gametools.dynamics.rule import Array
from gametools.dynamics.strategies import StrategyView
from gametools.games.differentiable import DifferentiableGame, losses_from_payoffs
from gametools.validation import number

__all__ = ["PHC", "State", "WoLFPHC", "checked_learning", "estimated", "first_state"]

State = tuple[Array, Array, Array]
"""Estimated payoffs of actions, average strategies, and number of updates."""


def first_state(game: DifferentiableGame, x: Array, rule: object) -> State:
    """Return estimates of 0, the present strategies and no updates."""
    strategies = np.array(StrategyView(game, rule).strategies(x))
    return np.zeros_like(strategies), strategies, np.zeros(x.shape[:-1])


def estimated(
    view: StrategyView,
    strategies: Array,
    estimates: Array,
    rng: np.random.Generator,
    exploration: float,
    learning_rate: float,
) -> Array:
    """Draw a joint action and move the estimates of the actions drawn towards their payoffs."""
    actions = view.sums(np.ones_like(strategies))
    drawn = view.sampled((1 - exploration) * strategies + exploration / actions, rng)
    earned = losses_from_payoffs(view.game.losses(view.point(drawn)))  # the sign back
    earned = np.repeat(earned, view.sizes, axis=-1)
    return np.asarray(estimates + learning_rate * drawn * (earned - estimates))


def _climbed(view: StrategyView, strategies: Array, estimates: Array, step: Array) -> Array:
    """Move `step` of probability to the action thought best, the first of them if several."""
    best = estimates == view.maxima(estimates)
    for block in view.blocks:
        best[..., block] &= np.cumsum(best[..., block], axis=-1) == 1
    others = np.maximum(view.sums(np.ones_like(strategies)) - 1, 1)
    taken = np.where(best, 0.0, np.minimum(strategies, step / others))
    climbed = np.where(best, strategies + view.sums(taken), strategies - taken)
    return np.minimum(climbed, 1.0)


def checked_learning(learning_rate: float, exploration: float) -> None:
    """Raise an error unless both numbers are in range."""
    number("learning_rate", learning_rate, above=0)
    number("learning_rate", learning_rate, at_most=1)
    number("exploration", exploration, at_least=0, at_most=1)


@dataclass(frozen=True)
class PHC:
    """Policy hill climbing: Q-learning of one state, and small steps to the action thought best.

    Parameters
    ----------
    step : float
        Probability moved in one update, positive.
    learning_rate : float
        Weight of a new payoff in an action's estimate, in (0, 1].
    exploration : float
        Probability of drawing any action evenly, in [0, 1].
    horizon : float, optional
        Updates after which the step is half as long, ``step / (1 + t / horizon)``; constant steps
        by default.

    Raises
    ------
    TypeError, ValueError
        If a parameter is not a number or out of range.

    Notes
    -----
    Source: Bowling and Veloso (2002), table 1, without states. Estimates start at 0, and the
    first of equally good actions counts as best. The source leaves exploration and decay open.
    An update draws one joint action and evaluates no gradient. The state: estimates, average
    strategies (which only `WoLFPHC` uses) and the number of updates.

    Examples
    --------
    >>> import gametools as gt
    >>> dilemma = gt.named_game("prisoners_dilemma")
    >>> gt.simulate(dilemma, gt.dynamics.PHC(0.01), [0.5, 0.5], steps=2000, rng=0).points[-1]
    array([0., 0.])
    """

    evaluations: ClassVar[int] = 0

    step: float
    learning_rate: float = 0.1
    exploration: float = 0.05
    horizon: float | None = None

    def __post_init__(self) -> None:
        number("step", self.step, above=0)
        checked_learning(self.learning_rate, self.exploration)
        if self.horizon is not None:
            number("horizon", self.horizon, above=0)

    def init(self, game: DifferentiableGame, x: Array) -> State:
        """Return estimates of 0, the present strategies and no updates."""
        return first_state(game, x, self)

    def update(
        self, game: DifferentiableGame, x: Array, state: State, rng: np.random.Generator
    ) -> tuple[Array, State]:
        """Return the next points and estimates."""
        view = StrategyView(game, self)
        present, (estimates, average, updates) = view.strategies(x), state
        estimates = estimated(view, present, estimates, rng, self.exploration, self.learning_rate)
        step = self.step * _faded(updates, self.horizon)
        after = _climbed(view, present, estimates, step)
        return view.point(after), (estimates, average, updates + 1)


@dataclass(frozen=True)
class WoLFPHC:
    """Policy hill climbing with short steps while winning and long ones while losing.

    A player is winning while its strategy is thought to earn more than its average strategy.

    Parameters
    ----------
    step_win, step_lose : float
        Probability moved in one update, positive, ``step_win <= step_lose``.
    learning_rate : float
        Weight of a new payoff in an action's estimate, in (0, 1].
    exploration : float
        Probability of drawing any action evenly, in [0, 1].
    horizon : float, optional
        Updates after which the steps are half as long, ``step / (1 + t / horizon)``; constant
        steps by default.

    Raises
    ------
    TypeError, ValueError
        If a parameter is not a number or out of range, or `step_win` exceeds `step_lose`.

    Notes
    -----
    Source: Bowling and Veloso (2002), table 2, without states; otherwise as `PHC`. An update
    draws one joint action and evaluates no gradient.

    Examples
    --------
    >>> import gametools as gt
    >>> pennies = gt.named_game("matching_pennies")
    >>> rule = gt.dynamics.WoLFPHC(0.002, 0.008)
    >>> path = gt.simulate(pennies, rule, [0.9, 0.2], steps=8000, rng=0).points
    >>> path[-4000:].mean(axis=0).round(1)
    array([0.5, 0.5])
    """

    evaluations: ClassVar[int] = 0

    step_win: float
    step_lose: float
    learning_rate: float = 0.1
    exploration: float = 0.05
    horizon: float | None = None

    def __post_init__(self) -> None:
        number("step_win", self.step_win, above=0)
        number("step_lose", self.step_lose, above=0)
        if self.step_win > self.step_lose:
            raise ValueError(
                "`step_win` must be at most `step_lose`; "
                f"got {self.step_win!r} and {self.step_lose!r}."
            )
        checked_learning(self.learning_rate, self.exploration)
        if self.horizon is not None:
            number("horizon", self.horizon, above=0)

    def init(self, game: DifferentiableGame, x: Array) -> State:
        """Return estimates of 0, the present strategies and no updates."""
        return first_state(game, x, self)

    def update(
        self, game: DifferentiableGame, x: Array, state: State, rng: np.random.Generator
    ) -> tuple[Array, State]:
        """Return the next points, estimates and averages."""
        view = StrategyView(game, self)
        present, (estimates, average, updates) = view.strategies(x), state
        estimates = estimated(view, present, estimates, rng, self.exploration, self.learning_rate)
        updates = updates + 1
        average = average + (present - average) / updates[..., None]
        winning = view.sums((present - average) * estimates) > 0
        step = np.where(winning, self.step_win, self.step_lose)
        after = _climbed(view, present, estimates, step * _faded(updates - 1, self.horizon))
        return view.point(after), (estimates, average, updates)


def _faded(updates: Array, horizon: float | None) -> Array:
    return (
        np.ones((*updates.shape, 1)) if horizon is None else 1 / (1 + updates[..., None] / horizon)
    )
