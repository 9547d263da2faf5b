"""When does a learner count as converged?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gametools.equilibria.two_by_two import solve_2x2
from gametools.games.differentiable import DifferentiableGame
from gametools.games.policy_space import ProbabilityGame
from gametools.validation import choice, count, number

__all__ = ["ITERATES", "MEASURES", "Criterion", "Measure"]

Array = NDArray[np.float64]

ITERATES = ("last", "average")
"""Which point is measured: the last iterate, or the running average of all points so far."""


@dataclass(frozen=True)
class Criterion:
    """A learner has converged when a measure of its point is below a tolerance.

    Parameters
    ----------
    measure : {"distance", "nash-gap"}
        ``"distance"``: the largest difference of a player's probability to the nearest
        equilibrium (any one of them). ``"nash-gap"``: what a player still gains by deviating
        alone, as a share of the game's payoff range.
    tolerance : float
        The measure must be *below* this, positive.
    iterate : {"last", "average"}
        Measure the last point, or the mean of the points after each update so far.
    stay : int
        0: the first hit counts, and the step of convergence is that of the hit. k >= 1: the
        measure must be below the tolerance after each of the *last k* updates, and the step is
        the one from which on it stays there.

    Raises
    ------
    TypeError, ValueError
        If an option is unknown or a number out of range.

    Notes
    -----
    The test comes after each update; the start is not tested, so the smallest step is 1.

    Source: the first hit within 0.05 of an equilibrium is the criterion of Wen et al. (2021),
    table 1 (their released program reports the step minus one, and no hit at the first update).
    The other criteria are what is needed to say whether a hit is an arrival.

    Examples
    --------
    >>> from gametools.convergence import Criterion
    >>> Criterion().label, Criterion("nash-gap", 0.01, stay=50).label
    ('distance < 0.05, first hit', 'nash-gap < 0.01, stay 50')
    """

    measure: str = "distance"
    tolerance: float = 0.05
    iterate: str = "last"
    stay: int = 0

    def __post_init__(self) -> None:
        choice("measure", self.measure, MEASURES)
        number("tolerance", self.tolerance, above=0)
        choice("iterate", self.iterate, ITERATES)
        count("stay", self.stay)

    @property
    def label(self) -> str:
        """A short name for tables and legends."""
        of = " of average" if self.iterate == "average" else ""
        mode = f"stay {self.stay}" if self.stay else "first hit"
        return f"{self.measure}{of} < {self.tolerance:g}, {mode}"


class Measure(Protocol):
    """A measure of points, prepared for a flat batch of games."""

    def __init__(self, game: DifferentiableGame) -> None: ...

    def __call__(self, x: Array) -> Array:
        """Return the measure of points ``(games, d)``, shape ``(games,)``."""
        ...

    def take(self, index: NDArray[np.intp]) -> Measure:
        """Return the measure for the games at `index`."""
        ...


class _EquilibriumDistance:
    """Largest coordinate of the difference to the nearest equilibrium."""

    def __init__(self, game: DifferentiableGame) -> None:
        if not isinstance(game, ProbabilityGame) or len(game.dims) != 2:
            raise ValueError(
                '`measure` "distance" needs 2x2 games, whose equilibria are all known; '
                f'use "nash-gap" for {game}.'
            )
        found = solve_2x2(game.matrix_game)
        if np.any(found.degenerate):
            raise ValueError(
                '`measure` "distance" needs games without ties; '
                f"{int(np.sum(found.degenerate))} of {game.matrix_game.size} are degenerate and "
                'may have a continuum of equilibria. Use "nash-gap" for them.'
            )
        listed = found.equilibria[..., : int(np.max(found.counts)), :]
        # (slot, player, games): the padding lies infinitely far away. A single game has a last
        # axis of length 1, which serves all points.
        points = np.where(np.isnan(listed), np.inf, listed).reshape(-1, *listed.shape[-2:])
        self._points = np.ascontiguousarray(np.moveaxis(points, 0, -1))
        self._single = not game.batch_shape

    def __call__(self, x: Array) -> Array:
        off = np.abs(x.T - self._points)
        nearest: Array = np.maximum(off[0, 0], off[0, 1])
        for slot in off[1:]:
            np.minimum(nearest, np.maximum(slot[0], slot[1]), out=nearest)
        return nearest

    def take(self, index: NDArray[np.intp]) -> _EquilibriumDistance:
        if self._single:
            return self
        part = object.__new__(_EquilibriumDistance)
        part._points, part._single = np.take(self._points, index, axis=-1), False
        return part


class _NashGap:
    """Largest gain of a player that deviates alone, as a share of the payoff range."""

    def __init__(self, game: DifferentiableGame) -> None:
        if not isinstance(game, ProbabilityGame):
            raise ValueError(f'`measure` "nash-gap" needs a two-action matrix game; got {game}.')
        self._game = game
        scale = game.matrix_game.payoff_range()
        self._scale = np.where(scale > 0, scale, 1.0)

    def __call__(self, x: Array) -> Array:
        gradient = self._game.gradient(x)
        # A loss is linear in its player's own probability: the best deviation is to 0 or 1.
        gain = np.maximum(x * gradient, (x - 1) * gradient)
        worst: Array = gain.max(axis=-1) / self._scale
        return worst

    def take(self, index: NDArray[np.intp]) -> _NashGap:
        part = object.__new__(_NashGap)
        part._game = self._game.take(index)
        part._scale = self._scale[index] if self._scale.ndim else self._scale
        return part


MEASURES: dict[str, type[Measure]] = {"distance": _EquilibriumDistance, "nash-gap": _NashGap}
"""The measures by name."""
