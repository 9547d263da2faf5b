"""The simultaneous gradient: infinitesimal gradient ascent (IGA) on matrix games."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from gametools.dynamics.rule import Array
from gametools.games.differentiable import DifferentiableGame
from gametools.validation import number

__all__ = ["GradientDescent"]


@dataclass(frozen=True)
class GradientDescent:
    """Every player steps down its own gradient, all at once: ``x - step * xi(x)``, projected.

    On two-action games in probability coordinates this is IGA.

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
    Source: Singh, Kearns and Mansour (2000), section 3. Ours takes finite steps and projects
    onto the domain, as Zinkevich (2003) does; the source's limit is of infinitely small steps.

    Examples
    --------
    >>> import gametools as gt
    >>> pennies = gt.NormalFormGame.from_bimatrix([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])
    >>> gt.simulate(pennies, gt.dynamics.GradientDescent(step=0.1), [0.6, 0.5], steps=2).points
    array([[0.6  , 0.5  ],
           [0.6  , 0.46 ],
           [0.584, 0.42 ]])
    """

    evaluations: ClassVar[int] = 1

    step: float

    def __post_init__(self) -> None:
        number("step", self.step, above=0)

    def init(self, game: DifferentiableGame, x: Array) -> None:
        """Return None: nothing is remembered."""

    def update(
        self, game: DifferentiableGame, x: Array, state: None, rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Return the next points."""
        return game.domain.project(x - self.step * game.gradient(x)), None

    def field(self, game: DifferentiableGame, x: Array) -> Array:
        """Return the velocity of gradient flow, shape ``(*batch, d)``."""
        return np.negative(game.gradient(x))
