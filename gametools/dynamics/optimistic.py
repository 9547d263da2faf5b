"""The optimistic gradient: a step that expects the last change of the gradient once more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from gametools.dynamics.rule import Array
from gametools.games.differentiable import DifferentiableGame
from gametools.validation import number

__all__ = ["OptimisticGradient"]


@dataclass(frozen=True)
class OptimisticGradient:
    """Gradient steps along ``2 xi_t - xi_(t-1)``, projected.

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
    Source: Daskalakis, Ilyas, Syrgkanis and Zeng (2018), equation 3, after Popov (1980). The
    source is unconstrained; ours projects each point onto the domain. Before the first update
    the last gradient is taken to be the present one, so the first step is a gradient step; the
    state is the last gradient, which costs one evaluation more at the start of a run.

    Examples
    --------
    >>> import numpy as np, gametools as gt
    >>> game = gt.QuadraticGame([[0, 1], [-1, 0]])
    >>> path = gt.simulate(game, gt.dynamics.OptimisticGradient(step=0.5), [1, 0], steps=40)
    >>> bool(np.linalg.norm(path.points[-1]) < 1e-4)
    True
    """

    evaluations: ClassVar[int] = 1

    step: float

    def __post_init__(self) -> None:
        number("step", self.step, above=0)

    def init(self, game: DifferentiableGame, x: Array) -> Array:
        """Return the present gradient, which stands for the one before it."""
        return game.gradient(x)

    def update(
        self, game: DifferentiableGame, x: Array, state: Array, rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Return the next points and the gradient here."""
        gradient = game.gradient(x)
        return game.domain.project(x - self.step * (2 * gradient - state)), gradient
