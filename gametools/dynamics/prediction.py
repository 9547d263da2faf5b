"""Rules that step against a prediction: LookAhead (IGA-PP) and extragradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from gametools.dynamics.rule import Array
from gametools.games.differentiable import DifferentiableGame
from gametools.validation import number

__all__ = ["ExtraGradient", "LookAhead"]


@dataclass(frozen=True)
class LookAhead:
    """Every player steps against where the *others'* gradients are about to take them.

    ``x_i - step * xi_i(x_i, x_-i - trial_step * xi_-i(x))``, projected. On two-action games in
    probability coordinates this is IGA-PP, which the MATRL paper calls IGA-LA.

    Parameters
    ----------
    step : float
        Step size, positive.
    trial_step : float, optional
        How far ahead the others are predicted (gamma), positive; `step` by default.
    project_prediction : bool
        Whether the prediction is projected onto the domain; False in the source and by default.

    Raises
    ------
    TypeError, ValueError
        If a step is not a positive number.

    Notes
    -----
    Source: Zhang and Lesser (2010), equation 4; the finite prediction, not its first-order
    expansion. Nothing differs while `project_prediction` is False.

    Examples
    --------
    >>> import numpy as np, gametools as gt
    >>> spiral = gt.QuadraticGame([[1, 10], [-10, 1]])
    >>> path = gt.simulate(spiral, gt.dynamics.LookAhead(step=0.02), [0.5, 0.5], steps=100)
    >>> round(float(np.linalg.norm(path.points[-1])), 4)
    0.0122
    """

    evaluations: ClassVar[int] = 2

    step: float
    trial_step: float | None = None
    project_prediction: bool = False

    def __post_init__(self) -> None:
        number("step", self.step, above=0)
        if self.trial_step is not None:
            number("trial_step", self.trial_step, above=0)

    def init(self, game: DifferentiableGame, x: Array) -> None:
        """Return None: nothing is remembered."""

    def update(
        self, game: DifferentiableGame, x: Array, state: None, rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Return the next points."""
        trial = self.step if self.trial_step is None else self.trial_step
        predicted = x - trial * game.gradient(x)
        if self.project_prediction:
            predicted = game.domain.project(predicted)
        return game.domain.project(x - self.step * game.gradient(x, others=predicted)), None


@dataclass(frozen=True)
class ExtraGradient:
    """Step from here with the gradient found at a trial point: ``x - step * xi(trial)``.

    The trial point is ``x - step * xi(x)``; both are projected.

    Parameters
    ----------
    step : float
        Step size of the trial and of the step itself, positive.

    Raises
    ------
    TypeError, ValueError
        If `step` is not a positive number.

    Notes
    -----
    Source: Korpelevich (1976); nothing differs.

    Examples
    --------
    >>> import numpy as np, gametools as gt
    >>> spiral = gt.QuadraticGame([[1, 10], [-10, 1]])
    >>> path = gt.simulate(spiral, gt.dynamics.ExtraGradient(step=0.02), [0.5, 0.5], steps=100)
    >>> round(float(np.linalg.norm(path.points[-1])), 4)
    0.0117
    """

    evaluations: ClassVar[int] = 2

    step: float

    def __post_init__(self) -> None:
        number("step", self.step, above=0)

    def init(self, game: DifferentiableGame, x: Array) -> None:
        """Return None: nothing is remembered."""

    def update(
        self, game: DifferentiableGame, x: Array, state: None, rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Return the next points."""
        trial = game.domain.project(x - self.step * game.gradient(x))
        return game.domain.project(x - self.step * game.gradient(trial)), None
