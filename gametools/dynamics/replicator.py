"""The replicator dynamic in discrete time, and Hedge: strategies grow with their payoffs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from gametools.dynamics.rule import Array
from gametools.dynamics.strategies import StrategyView
from gametools.games.differentiable import DifferentiableGame
from gametools.validation import choice, number

__all__ = ["Hedge", "Replicator"]


@dataclass(frozen=True)
class Replicator:
    """Every action's probability grows at the rate by which it pays more than average.

    Parameters
    ----------
    step : float
        Length of an update in the time of the replicator equation, positive.
    form : {"exponential", "euler"}
        ``s * exp(step * u)``, normalised, or ``s * (1 + step * (u - s'u))``, projected.

    Raises
    ------
    TypeError, ValueError
        If `step` is not a positive number, or `form` is unknown.

    Notes
    -----
    Source: Taylor and Jonker (1978), one population for each player (Taylor 1979); in discrete
    time, the exponential form is Hofbauer and Sigmund's (2003, section 4.3) and the other one
    Euler's. Source and ours differ in that an Euler step that leaves the simplex is projected
    back. `field` is the equation itself, for `flow`. Actions that are not played never will be.

    Examples
    --------
    >>> import gametools as gt
    >>> game = gt.SimplexGame(gt.named_game("prisoners_dilemma"))
    >>> path = gt.simulate(game, gt.dynamics.Replicator(0.1), [0.9, 0.1] * 2, steps=200)
    >>> path.points[-1].round(6)
    array([0., 1., 0., 1.])
    """

    evaluations: ClassVar[int] = 1

    step: float
    form: str = "exponential"

    def __post_init__(self) -> None:
        number("step", self.step, above=0)
        choice("form", self.form, ("exponential", "euler"))

    def init(self, game: DifferentiableGame, x: Array) -> None:
        """Return None: nothing is remembered."""
        StrategyView(game, self)

    def update(
        self, game: DifferentiableGame, x: Array, state: None, rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Return the next points."""
        if self.form == "euler":
            return game.domain.project(x + self.step * self.field(game, x)), None
        view = StrategyView(game, self)
        return view.point(view.tilted(view.strategies(x), self.step * view.payoffs(x))), None

    def field(self, game: DifferentiableGame, x: Array) -> Array:
        """Return the velocity of the replicator equation, shape ``(*batch, d)``."""
        view = StrategyView(game, self)
        played, payoffs = view.strategies(x), view.payoffs(x)
        return view.point(played * (payoffs - view.sums(played * payoffs)))


@dataclass(frozen=True)
class Hedge:
    """Multiplicative weights: strategies in proportion to ``exp(step * payoffs so far)``.

    Parameters
    ----------
    step : float
        Step size (learning rate), positive.
    decay : bool
        Whether update t uses ``step / sqrt(t)`` for all payoffs so far, which needs no horizon.

    Raises
    ------
    TypeError, ValueError
        If `step` is not a positive number.

    Notes
    -----
    Source: Freund and Schapire (1997), figure 2; Auer, Cesa-Bianchi and Gentile (2002) for the
    decaying step. Payoffs are expected ones, and the start takes the place of even weights. The
    average regret falls like ``1 / sqrt(t)`` with `decay`, or with a step chosen for a horizon;
    that of the average point, not the last one, which moves away from interior equilibria. With a
    constant step it is `Replicator` in its exponential form. The state: the start, the payoffs so
    far and the number of updates.

    Examples
    --------
    >>> import gametools as gt
    >>> pennies = gt.named_game("matching_pennies")
    >>> path = gt.simulate(pennies, gt.dynamics.Hedge(0.5, decay=True), [0.9, 0.2], steps=4000)
    >>> path.points.mean(axis=0).round(1)
    array([0.5, 0.5])
    """

    evaluations: ClassVar[int] = 1

    step: float
    decay: bool = False

    def __post_init__(self) -> None:
        number("step", self.step, above=0)

    def init(self, game: DifferentiableGame, x: Array) -> tuple[Array, Array, Array]:
        """Return the starting strategies, no payoffs and no updates yet."""
        view = StrategyView(game, self)
        start = np.array(view.strategies(x))
        return start, np.zeros_like(start), np.zeros(x.shape[:-1])

    def update(
        self,
        game: DifferentiableGame,
        x: Array,
        state: tuple[Array, Array, Array],
        rng: np.random.Generator,
    ) -> tuple[Array, tuple[Array, Array, Array]]:
        """Return the next points, and the payoffs with those of this update."""
        view = StrategyView(game, self)
        start, before, updates = state
        payoffs, time = before + view.payoffs(x), updates + 1
        step = self.step / np.sqrt(time)[..., None] if self.decay else self.step
        return view.point(view.tilted(start, step * payoffs)), (start, payoffs, time)
