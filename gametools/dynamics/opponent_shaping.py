"""Rules that shape the opponents' learning: LOLA and stable opponent shaping."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from gametools.dynamics.players import (
    apply,
    inner,
    off_diagonal,
    owners,
)
from gametools.dynamics.rule import Array
from gametools.games.differentiable import DifferentiableGame
from gametools.validation import choice, number

__all__ = ["FORMS", "LOLA", "SOS", "shaping"]

FORMS = ("original", "sos")
"""Which expansion `LOLA` follows."""


def shaping(game: DifferentiableGame, x: Array, cross: Array) -> Array:
    """Return chi: how each player's loss changes through its effect on the others' gradients.

    Block i is the sum over the others j of ``(grad_i grad_j loss_j)' grad_j loss_i``; `cross` is
    the game Jacobian without its diagonal blocks.
    """
    through_others = game.loss_jacobian(x)[..., owners(game), :]  # row a: loss of a's owner
    return np.asarray((np.swapaxes(cross, -1, -2) * through_others).sum(axis=-1))


@dataclass(frozen=True)
class LOLA:
    """Learning with opponent-learning awareness: each differentiates through the others' step.

    Parameters
    ----------
    step : float
        Step size, positive.
    form : {"original", "sos"}
        ``xi - trial_step * chi``, or the same with the gradient after the others' step,
        ``(I - trial_step * H_o) xi - trial_step * chi``.
    trial_step : float, optional
        How far the others are thought to step, positive; `step` by default.

    Raises
    ------
    TypeError, ValueError
        If a step is not a positive number, or `form` is unknown.

    Notes
    -----
    Source: Foerster et al. (2018), equation 4.3 ("original"), and the expansion of the same idea
    in Letcher et al. (2019), section 2.2 ("sos"), which the reports of LOLA in the second paper
    use. With exact derivatives; nothing else differs. An update evaluates one gradient, one game
    Jacobian and one Jacobian of the losses. Its fixed points need not be those of the game.

    Examples
    --------
    On ``(xy, -xy)`` the gradient leaves the origin; both forms shrink the distance to it.

    >>> import numpy as np, gametools as gt
    >>> game = gt.QuadraticGame([[0, 1], [-1, 0]])
    >>> for form in ("original", "sos"):
    ...     path = gt.simulate(game, gt.dynamics.LOLA(0.1, form=form), [1, 0], steps=200)
    ...     print(form, round(float(np.linalg.norm(path.points[-1])), 4))
    original 0.3697
    sos 0.0496
    """

    evaluations: ClassVar[int] = 1

    step: float
    form: str = "original"
    trial_step: float | None = None

    def __post_init__(self) -> None:
        number("step", self.step, above=0)
        choice("form", self.form, FORMS)
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
        cross = off_diagonal(game, game.jacobian(x))
        direction = gradient - trial * shaping(game, x, cross)
        if self.form == "sos":
            direction = direction - trial * apply(cross, gradient)
        return game.domain.project(x - self.step * direction), None


@dataclass(frozen=True)
class SOS:
    """Stable opponent shaping: LookAhead with as much of LOLA's shaping as keeps it safe.

    The direction is ``(I - step * H_o) xi - p * step * chi`` with ``p = min(p1, p2)``: p1 keeps
    the direction from turning against LookAhead's, and p2 lets the shaping fade near fixed points.

    Parameters
    ----------
    step : float
        Step size, and how far the others are thought to step; positive.
    a : float
        How much of LookAhead's direction the shaping may undo, in (0, 1).
    b : float
        Norm of the gradient below which the shaping fades, in (0, 1).

    Raises
    ------
    TypeError, ValueError
        If a parameter is not a number or out of range.

    Notes
    -----
    Source: Letcher et al. (2019), algorithm 1; nothing differs, except that the points are
    projected onto the domain. An update evaluates one gradient, one game Jacobian and one
    Jacobian of the losses.

    Examples
    --------
    >>> import numpy as np, gametools as gt
    >>> game = gt.QuadraticGame([[0, 1], [-1, 0]])
    >>> path = gt.simulate(game, gt.dynamics.SOS(0.1), [1, 0], steps=200)
    >>> bool(np.linalg.norm(path.points[-1]) < 0.4)
    True
    """

    evaluations: ClassVar[int] = 1

    step: float
    a: float = 0.5
    b: float = 0.1

    def __post_init__(self) -> None:
        number("step", self.step, above=0)
        for name in ("a", "b"):
            value = number(name, getattr(self, name), above=0)
            if value >= 1:
                raise ValueError(f"`{name}` must be less than 1; got {value!r}.")

    def init(self, game: DifferentiableGame, x: Array) -> None:
        """Return None: nothing is remembered."""

    def update(
        self, game: DifferentiableGame, x: Array, state: None, rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Return the next points."""
        gradient = game.gradient(x)
        cross = off_diagonal(game, game.jacobian(x))
        look_ahead = gradient - self.step * apply(cross, gradient)
        shape = -self.step * shaping(game, x, cross)
        along = inner(shape, look_ahead)
        against = along < 0
        room = self.a * inner(look_ahead, look_ahead) / np.where(against, -along, 1.0)
        first = np.where(against, np.minimum(1.0, room), 1.0)
        squared = inner(gradient, gradient)
        second = np.where(squared < self.b**2, squared, 1.0)
        direction = look_ahead + np.minimum(first, second) * shape
        return game.domain.project(x - self.step * direction), None
