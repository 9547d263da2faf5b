"""Rules that vary their rate without being told the equilibrium: GIGA-WoLF and WPL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from gametools.dynamics.players import owners, per_player
from gametools.dynamics.rule import Array
from gametools.dynamics.strategies import StrategyView
from gametools.games.differentiable import DifferentiableGame
from gametools.validation import number

__all__ = ["WPL", "GIGAWoLF", "weighted_advantages"]


@dataclass(frozen=True)
class GIGAWoLF:
    """Gradient steps held near a slower learner of the same game, so that they shrink when winning.

    Parameters
    ----------
    step : float
        Step size, positive; the slower learner's is a third of it.

    Raises
    ------
    TypeError, ValueError
        If `step` is not a positive number.

    Notes
    -----
    Source: Bowling (2005), equations 3 to 6; the step is constant, where the source's regret
    bound lets it fall like ``1 / sqrt(t)``. Nothing else differs: the distances of equation 5 are
    Euclidean, for each player by itself. The state is the slower learner's point.

    Examples
    --------
    >>> import gametools as gt
    >>> pennies = gt.named_game("matching_pennies")
    >>> end = gt.simulate(pennies, gt.dynamics.GIGAWoLF(0.01), [0.9, 0.2], steps=3000).points[-1]
    >>> abs(end - 0.5).max() < 0.02
    np.True_
    """

    evaluations: ClassVar[int] = 1

    step: float

    def __post_init__(self) -> None:
        number("step", self.step, above=0)

    def init(self, game: DifferentiableGame, x: Array) -> Array:
        """Return the slower learner's first point, the same."""
        return np.array(x)

    def update(
        self, game: DifferentiableGame, x: Array, state: Array, rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Return the next points and the slower learner's."""
        gradient = game.gradient(x)
        fast = game.domain.project(x - self.step * gradient)
        slow = game.domain.project(state - self.step / 3 * gradient)
        moved = np.sqrt(per_player(game, (slow - state) ** 2))
        apart = np.sqrt(per_player(game, (slow - fast) ** 2))
        share = np.where(moved < apart, moved / np.where(apart > 0, apart, 1.0), 1.0)
        share = np.take(share, owners(game), axis=-1)
        return game.domain.project(fast + share * (slow - fast)), slow


def weighted_advantages(strategies: Array, advantages: Array) -> Array:
    """Return the advantages, those that raise a probability times the room above, others below."""
    return np.where(advantages > 0, 1 - strategies, strategies) * advantages


@dataclass(frozen=True)
class WPL:
    """Weighted policy learner: gradient steps that slow down towards the boundary they approach.

    Parameters
    ----------
    step : float
        Step size, positive.

    Raises
    ------
    TypeError, ValueError
        If `step` is not a positive number.

    Notes
    -----
    Source: Abdallah and Lesser (2008). In probability coordinates it is the dynamic that the
    source analyses: the gradient in p, times ``1 - p`` where it is positive and ``p`` elsewhere.
    In mixed strategies it is the source's algorithm with exact payoffs: so is each action's
    payoff over the average, and the result is projected; with two actions the two are not the
    same. The source keeps every probability above a small number; ours does not, so an action
    that is out returns only while it pays. `SampledWPL` learns from play.

    Examples
    --------
    >>> import gametools as gt
    >>> pennies = gt.named_game("matching_pennies")
    >>> end = gt.simulate(pennies, gt.dynamics.WPL(0.01), [0.9, 0.2], steps=5000).points[-1]
    >>> abs(end - 0.5).max() < 0.05
    np.True_
    """

    evaluations: ClassVar[int] = 1

    step: float

    def __post_init__(self) -> None:
        number("step", self.step, above=0)

    def init(self, game: DifferentiableGame, x: Array) -> None:
        """Return None: nothing is remembered."""
        StrategyView(game, self)

    def update(
        self, game: DifferentiableGame, x: Array, state: None, rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Return the next points."""
        view = StrategyView(game, self)
        payoffs = view.payoffs(x)
        if view.in_probabilities:
            slopes = payoffs[..., 0::2] - payoffs[..., 1::2]
        else:
            slopes = payoffs - view.sums(x * payoffs)
        return game.domain.project(x + self.step * weighted_advantages(x, slopes)), None
