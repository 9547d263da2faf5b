"""Gradients adjusted by the game Jacobian: consensus optimisation and the symplectic gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from gametools.dynamics.players import apply_transposed, inner
from gametools.dynamics.rule import Array
from gametools.games.differentiable import DifferentiableGame
from gametools.validation import number

__all__ = ["ConsensusOptimization", "SymplecticGradient"]

ALIGNMENT = 0.1
"""What Balduzzi et al. add to the product of alignments, so that it is not zero by chance."""


@dataclass(frozen=True)
class ConsensusOptimization:
    """Gradient descent that also shrinks the gradient itself: ``xi + gamma * H' xi``.

    Parameters
    ----------
    step : float
        Step size, positive.
    gamma : float
        Weight of the second term, the gradient of ``|xi|^2 / 2``; positive.

    Raises
    ------
    TypeError, ValueError
        If a parameter is not a positive number.

    Notes
    -----
    Source: Mescheder, Nowozin and Geiger (2017), algorithm 2; ours projects the points onto the
    domain. It is drawn to every place where the gradient vanishes, strict saddles and maxima
    included, and on a bounded domain it can leave a strict equilibrium at the boundary, where the
    gradient does not vanish, for such a place. An update
    evaluates one gradient and one game Jacobian.

    Examples
    --------
    >>> import gametools as gt
    >>> game = gt.QuadraticGame([[0, 1], [-1, 0]])
    >>> rule = gt.dynamics.ConsensusOptimization(step=0.1, gamma=1)
    >>> path = gt.simulate(game, rule, [1, 0], steps=200)
    >>> bool(abs(path.points[-1]).max() < 1e-8)
    True
    """

    evaluations: ClassVar[int] = 1

    step: float
    gamma: float

    def __post_init__(self) -> None:
        number("step", self.step, above=0)
        number("gamma", self.gamma, above=0)

    def init(self, game: DifferentiableGame, x: Array) -> None:
        """Return None: nothing is remembered."""

    def update(
        self, game: DifferentiableGame, x: Array, state: None, rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Return the next points."""
        return game.domain.project(x + self.step * self.field(game, x)), None

    def field(self, game: DifferentiableGame, x: Array) -> Array:
        """Return the velocity of the rule's continuous limit, shape ``(*batch, d)``."""
        gradient = game.gradient(x)
        return -(gradient + self.gamma * apply_transposed(game.jacobian(x), gradient))


@dataclass(frozen=True)
class SymplecticGradient:
    """Symplectic gradient adjustment (SGA): ``xi + lambda * A' xi``, A the antisymmetric part of H.

    Parameters
    ----------
    step : float
        Step size, positive.
    gamma : float
        Size of lambda, positive.
    align : bool
        Whether lambda's sign follows the alignment of the adjustment with the gradient of
        ``|xi|^2``, as in the source; otherwise lambda is `gamma`.

    Raises
    ------
    TypeError, ValueError
        If a parameter is not a positive number.

    Notes
    -----
    Source: Balduzzi et al. (2018), algorithm 1: with alignment, lambda has the sign of
    ``<xi, H' xi> <A' xi, H' xi> / d + 0.1``. Ours projects the points onto the domain. The 0.1
    has the scale of payoffs: with alignment the rule is not the same after a change of units.
    An update evaluates one gradient and one game Jacobian.

    Examples
    --------
    >>> import gametools as gt
    >>> game = gt.QuadraticGame([[0, 1], [-1, 0]])
    >>> path = gt.simulate(game, gt.dynamics.SymplecticGradient(step=0.1), [1, 0], steps=200)
    >>> bool(abs(path.points[-1]).max() < 1e-8)
    True
    """

    evaluations: ClassVar[int] = 1

    step: float
    gamma: float = 1.0
    align: bool = True

    def __post_init__(self) -> None:
        number("step", self.step, above=0)
        number("gamma", self.gamma, above=0)

    def init(self, game: DifferentiableGame, x: Array) -> None:
        """Return None: nothing is remembered."""

    def update(
        self, game: DifferentiableGame, x: Array, state: None, rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Return the next points."""
        return game.domain.project(x + self.step * self.field(game, x)), None

    def field(self, game: DifferentiableGame, x: Array) -> Array:
        """Return the velocity of the rule's continuous limit, shape ``(*batch, d)``."""
        gradient, jacobian = game.gradient(x), game.jacobian(x)
        antisymmetric = (jacobian - np.swapaxes(jacobian, -1, -2)) / 2
        adjustment = apply_transposed(antisymmetric, gradient)
        if not self.align:
            return -(gradient + self.gamma * adjustment)
        steepest = apply_transposed(jacobian, gradient)
        agree = inner(gradient, steepest) * inner(adjustment, steepest) / x.shape[-1] + ALIGNMENT
        return np.asarray(-(gradient + self.gamma * np.sign(agree) * adjustment))
