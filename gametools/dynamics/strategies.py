"""Mixed strategies and payoffs of single actions, whatever coordinates a game is learned in.

Rules on simplices read a game through a `StrategyView`: all players' mixed strategies side by
side, shape ``(*batch, D)`` with D the number of actions of all players, whether the game's own
points are strategies (`SimplexGame`), probabilities of first actions (`ProbabilityGame`) or
logits (`SoftmaxGame`).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gametools.dynamics.rule import Array
from gametools.games.differentiable import DifferentiableGame, Simplex, losses_from_payoffs
from gametools.games.domains import blocks
from gametools.games.policy_space import ProbabilityGame
from gametools.games.softmax import SoftmaxGame

__all__ = ["StrategyView"]

TIE = 1e-12
"""Actions whose payoffs differ by less than this share of the largest one are equally good."""


class StrategyView:
    """A game as its mixed strategies and the payoffs of single actions.

    Parameters
    ----------
    game : DifferentiableGame
        A matrix game in probabilities, in mixed strategies, or in logits if `logits`; or any game
        whose domain is a `Simplex` and whose losses are linear in each player's own block.
    rule : object
        The rule that asks, for the message of the error.
    logits : bool
        Whether the rule can move in logits.

    Raises
    ------
    TypeError
        If the players of `game` do not choose mixed strategies.
    """

    def __init__(self, game: DifferentiableGame, rule: object, *, logits: bool = False) -> None:
        self.game = game
        self.in_probabilities = isinstance(game, ProbabilityGame)
        self.in_logits = logits and isinstance(game, SoftmaxGame)
        if not (self.in_probabilities or self.in_logits or isinstance(game.domain, Simplex)):
            kinds = "ProbabilityGame, SimplexGame" + (" or SoftmaxGame" if logits else "")
            raise TypeError(
                f"{type(rule).__name__} needs a game of mixed strategies ({kinds}); got {game}."
            )
        self.sizes = (2,) * len(game.dims) if self.in_probabilities else tuple(game.dims)
        self.blocks = blocks(self.sizes)

    def strategies(self, x: Array) -> Array:
        """Return the mixed strategies at points of the game, shape ``(*batch, D)``."""
        if self.in_probabilities:
            return np.stack([x, 1 - x], axis=-1).reshape(*x.shape[:-1], -1)
        if self.in_logits:
            weights = np.exp(x - self.maxima(x))
            return np.asarray(weights / self.sums(weights))
        return x

    def point(self, strategies: Array) -> Array:
        """Return the point of the game at mixed strategies, or the velocity there of velocities."""
        if self.in_probabilities:
            return strategies[..., 0::2]
        return strategies

    def payoffs(self, x: Array) -> Array:
        """Return the payoff of each action against the others, up to a constant for each player.

        One gradient of the game: in mixed strategies it is minus the payoffs less their mean, in
        the probability of a first action minus its advantage over the second, in logits that
        advantage over the average, times the probability.
        """
        gain = losses_from_payoffs(self.game.gradient(x))  # the sign back
        if self.in_probabilities:
            return np.stack([gain / 2, -gain / 2], axis=-1).reshape(*gain.shape[:-1], -1)
        if self.in_logits:
            played = self.strategies(x)
            return np.divide(gain, played, out=np.zeros_like(gain), where=played > 0)
        return gain

    def sums(self, values: Array) -> Array:
        """Return each player's sum, at every action of the player, shape as `values`.

        The sum runs action by action, in the same order whatever the batch.
        """
        return self._spread(values, np.add)

    def maxima(self, values: Array) -> Array:
        """Return each player's largest entry, at every action of the player, shape as `values`."""
        return self._spread(values, np.maximum)

    def _spread(self, values: Array, combine: Callable[[Array, Array], Array]) -> Array:
        result = np.empty_like(values)
        for block in self.blocks:
            total = values[..., block.start]
            for action in range(block.start + 1, block.stop):
                total = combine(total, values[..., action])
            result[..., block] = total[..., None]
        return result

    def best_responses(self, payoffs: Array) -> Array:
        """Return the best responses as strategies; equally good actions share evenly."""
        slack = TIE * self.maxima(np.abs(payoffs))
        best = (payoffs >= self.maxima(payoffs) - slack).astype(np.float64)
        return np.asarray(best / self.sums(best))

    def tilted(self, strategies: Array, exponents: Array) -> Array:
        """Return ``strategies * exp(exponents)``, normalised; zeros stay zero."""
        played = strategies > 0
        top = self.maxima(np.where(played, exponents, -np.inf))
        weights = strategies * np.exp(np.where(played, exponents - top, 0.0))
        return np.asarray(weights / self.sums(weights))

    def sampled(self, strategies: Array, rng: np.random.Generator) -> Array:
        """Draw an action for each player, as pure strategies: one uniform number each."""
        uniform = rng.random((*strategies.shape[:-1], len(self.sizes)))
        pure = np.zeros(strategies.shape)
        for player, block in enumerate(self.blocks):
            edges = np.cumsum(strategies[..., block], axis=-1)[..., :-1]
            action = (uniform[..., player, None] >= edges).sum(axis=-1)
            pure[..., block] = np.arange(block.stop - block.start) == action[..., None]
        return pure
