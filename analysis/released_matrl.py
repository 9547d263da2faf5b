"""The update that the program released with MATRL makes in its matrix games, quirks and all.

Only the reproduction of Table 1 needs it; the method as the paper's equations state it is
`gametools.dynamics.MATRL`. What the released program does differently is marked with (1) to (5).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from gametools.equilibria import select_equilibrium, solve_2x2
from gametools.games import DifferentiableGame, NormalFormGame, ProbabilityGame

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ReleasedMATRL:
    """MATRL as released for 2x2 games, in the probabilities of the first actions.

    The state is the payoff tensor, axes (game, player, action, action).
    """

    evaluations: ClassVar[int] = 2

    trial_step: float = 0.02
    response_step: float = 0.03  # (1) the other rules of the published table move with 0.02
    divergence_weight: float = 100.0

    def init(self, game: DifferentiableGame, x: Array) -> Array:
        if not isinstance(game, ProbabilityGame) or game.matrix_game.num_actions != (2, 2):
            raise TypeError(f"ReleasedMATRL needs 2x2 games; got {game}.")
        if x.ndim != 2:
            raise TypeError(f"ReleasedMATRL needs a flat batch of points; got {x.shape}.")
        return np.asfortranarray(np.broadcast_to(game.matrix_game.payoffs, (len(x), 2, 2, 2)))

    def update(
        self, game: DifferentiableGame, x: Array, state: Array, rng: np.random.Generator
    ) -> tuple[Array, Array]:
        payoffs = np.moveaxis(state, 0, -1)  # (player, action, action, game)
        point = x.T
        gradient = _payoff_gradient(payoffs, point)
        predicted = self._predict(point, gradient)
        meta = _meta_game(payoffs, point, predicted)
        # (4) Of several equilibria the last one listed is taken; the paper takes one at random.
        rho = select_equilibrium(solve_2x2(meta), "last-listed", rng).T
        # (5) A divergence is added to the mixture, which is not clipped.
        mixed = rho * point + (1 - rho) * predicted
        mixed = mixed + self.divergence_weight * _divergence(point, predicted)
        response = point + self.response_step * _payoff_gradient(payoffs, mixed)
        return np.clip(response, 0.0, 1.0).T, state

    def _predict(self, point: Array, gradient: Array) -> Array:
        """Trial step, with the divergence of a first trial step added to the gradient (2)."""
        divergence = _divergence(point, point + self.trial_step * gradient)
        trial = point + self.trial_step * (gradient + self.divergence_weight * divergence)
        # Where the first trial left [0, 1] the divergence is NaN, and clipping made it 1.
        return np.where(np.isnan(trial), 1.0, np.clip(trial, 0.0, 1.0))


def _payoff_gradient(payoffs: Array, point: Array) -> Array:
    """Own payoff gradients, summed in the released program's order."""
    (a, b), (c, d) = payoffs[0]
    (e, g), (f, h) = payoffs[1]
    return np.stack([point[1] * (a - b - c + d) + b - d, point[0] * (e - g - f + h) + f - h])


def _divergence(p: Array, q: Array) -> Array:
    """Divergence of Bernoulli(p) from Bernoulli(q): 0 where either is certain, NaN outside."""
    with np.errstate(divide="ignore", invalid="ignore"):
        value = p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q))
    certain = (p == 0) | (p == 1) | (q == 0) | (q == 1)  # as released: exact comparisons
    return np.where(certain, 0.0, value)


def _meta_game(payoffs: Array, point: Array, predicted: Array) -> NormalFormGame:
    """Advantages of the joint choices, with mixed-up policies in two of four terms (3)."""
    a, b = point
    flat = payoffs.reshape(2, 4, -1)
    weights = np.stack([a * b, a * (1 - b), (1 - a) * b, (1 - a) * (1 - b)])
    value = weights[0] * flat[:, 0] + weights[1] * flat[:, 1]
    value = value + weights[2] * flat[:, 2] + weights[3] * flat[:, 3]
    advantage = flat - value[:, None]
    # The joint choices (current, predicted), (predicted, current), (predicted, predicted).
    p = np.stack([a, predicted[0], predicted[0]])
    q = np.stack([predicted[1], b, predicted[1]])
    # Equation 3 would have p and q throughout, minus the same with a and b.
    entries = np.zeros((2, 4, len(a)))
    entries[:, 1:] = (
        (p * q - a * b) * advantage[:, 0, None]
        + (p * (1 - q) - a * (1 - q)) * advantage[:, 1, None]
        + ((1 - p) * b - (1 - a) * b) * advantage[:, 2, None]
        + ((1 - p) * (1 - q) - (1 - a) * (1 - b)) * advantage[:, 3, None]
    )
    tensor = entries.reshape(2, 2, 2, -1)
    return NormalFormGame(tensor.transpose(3, 0, 1, 2), num_players=2)
