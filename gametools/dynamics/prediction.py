"""Rules that step against a prediction: LookAhead (IGA-PP), exact and linear, extragradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from gametools.dynamics.players import apply, off_diagonal
from gametools.dynamics.rule import Array
from gametools.games.differentiable import DifferentiableGame
from gametools.validation import number

__all__ = ["ExtraGradient", "FirstOrderLookAhead", "LookAhead"]


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
class FirstOrderLookAhead:
    """LookAhead with the effect of the others' step taken to first order.

    The direction is ``(I - trial_step * H_o) xi``.

    Parameters
    ----------
    step : float
        Step size, positive.
    trial_step : float, optional
        How far ahead the others are predicted (gamma), positive; `step` by default.

    Raises
    ------
    TypeError, ValueError
        If a step is not a positive number.

    Notes
    -----
    Source: Letcher et al. (2019), section 2.2, who call it LookAhead; ours projects the points
    onto the domain. The same as `LookAhead` where each gradient is linear in the others'
    parameters, as in two-player matrix games, and not elsewhere: on the iterated prisoner's dilemma
    (step 1, 100 updates from normal starts) the mean loss published there for LookAhead, 1.93, is
    that of this form, and `LookAhead` ends at 1.98. An update evaluates one gradient and one game
    Jacobian.

    Examples
    --------
    >>> import numpy as np, gametools as gt
    >>> spiral = gt.QuadraticGame([[1, 10], [-10, 1]])
    >>> path = gt.simulate(spiral, gt.dynamics.FirstOrderLookAhead(0.02), [0.5, 0.5], steps=100)
    >>> round(float(np.linalg.norm(path.points[-1])), 4)
    0.0122
    """

    evaluations: ClassVar[int] = 1

    step: float
    trial_step: float | None = None

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
        gradient = game.gradient(x)
        ahead = gradient - trial * apply(off_diagonal(game, game.jacobian(x)), gradient)
        return game.domain.project(x - self.step * ahead), None


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
