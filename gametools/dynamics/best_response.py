"""Players that respond to what the others do: logit responses, fictitious play, exploiters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from gametools.dynamics.players import off_diagonal, solve
from gametools.dynamics.rule import Array
from gametools.dynamics.strategies import StrategyView
from gametools.games.differentiable import DifferentiableGame, QuadraticGame
from gametools.validation import number

__all__ = ["ExploitabilityDescent", "FictitiousPlay", "LogitBestResponse"]


@dataclass(frozen=True)
class LogitBestResponse:
    """A share of the way to the logit (smooth, quantal) best response.

    Parameters
    ----------
    step : float
        Share of the way that one update goes, in (0, 1].
    temperature : float
        Payoff difference that makes one action e times as likely as another, positive.

    Raises
    ------
    TypeError, ValueError
        If a parameter is not a number or out of range.

    Notes
    -----
    Source: Fudenberg and Levine (1998), section 4.7; nothing differs, in discrete time. It comes
    to rest at logit equilibria (quantal response), not at those of the game. `field` is the
    continuous dynamic, for `flow`.

    Examples
    --------
    >>> import gametools as gt
    >>> dilemma = gt.named_game("prisoners_dilemma")
    >>> rule = gt.dynamics.LogitBestResponse(step=0.5, temperature=1.0)
    >>> gt.simulate(dilemma, rule, [0.5, 0.5], steps=100).points[-1].round(4)
    array([0.2268, 0.2268])
    """

    evaluations: ClassVar[int] = 1

    step: float
    temperature: float

    def __post_init__(self) -> None:
        number("step", self.step, above=0)
        number("step", self.step, at_most=1)
        number("temperature", self.temperature, above=0)

    def init(self, game: DifferentiableGame, x: Array) -> None:
        """Return None: nothing is remembered."""
        StrategyView(game, self)

    def update(
        self, game: DifferentiableGame, x: Array, state: None, rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Return the next points."""
        return game.domain.project(x + self.step * self.field(game, x)), None

    def field(self, game: DifferentiableGame, x: Array) -> Array:
        """Return the way to the logit response, shape ``(*batch, d)``."""
        view = StrategyView(game, self)
        payoffs = view.payoffs(x)
        response = view.tilted(np.ones_like(payoffs), payoffs / self.temperature)
        return view.point(response) - x


@dataclass(frozen=True)
class FictitiousPlay:
    """Everyone plays a best response to the others' average play so far.

    The points are those averages.

    Parameters
    ----------
    weight : float
        How many rounds of play the start counts for, positive.

    Raises
    ------
    TypeError, ValueError
        If `weight` is not a positive number.

    Notes
    -----
    Source: Brown (1951), simultaneous moves. Where the source leaves ties open, equally good
    actions share evenly. The state is the number of rounds so far.

    Examples
    --------
    >>> import gametools as gt
    >>> pennies = gt.named_game("matching_pennies")
    >>> path = gt.simulate(pennies, gt.dynamics.FictitiousPlay(), [0.9, 0.2], steps=4000)
    >>> abs(path.points[-1] - 0.5).max() < 0.02
    np.True_
    """

    evaluations: ClassVar[int] = 1

    weight: float = 1.0

    def __post_init__(self) -> None:
        number("weight", self.weight, above=0)

    def init(self, game: DifferentiableGame, x: Array) -> Array:
        """Return the number of rounds that the start stands for, shape ``(*batch,)``."""
        StrategyView(game, self)
        return np.full(x.shape[:-1], float(self.weight))

    def update(
        self, game: DifferentiableGame, x: Array, state: Array, rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Return the next averages and one round more."""
        view = StrategyView(game, self)
        response = view.point(view.best_responses(view.payoffs(x)))
        rounds = state + 1
        return game.domain.project(x + (response - x) / rounds[..., None]), rounds


@dataclass(frozen=True)
class ExploitabilityDescent:
    """Every player steps down its gradient against opponents that best respond to the present.

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
    Source: Lockhart et al. (2019), algorithm 1, with the tabular projected step, for two players
    in zero-sum games, where it descends exploitability. Ours takes any number of players, each of
    whom responds to the present point by itself, and equally good actions share evenly. Games of
    mixed strategies, and quadratic games in which every player's own block is positive definite,
    so that a best response exists. An interior equilibrium is a kink, around which a constant
    step keeps moving.

    Examples
    --------
    >>> import gametools as gt
    >>> pennies = gt.named_game("matching_pennies")
    >>> rule = gt.dynamics.ExploitabilityDescent(step=0.005)
    >>> end = gt.simulate(pennies, rule, [0.9, 0.2], steps=500).points[-1]
    >>> abs(end - 0.5).max() < 0.02
    np.True_
    """

    evaluations: ClassVar[int] = 2

    step: float

    def __post_init__(self) -> None:
        number("step", self.step, above=0)

    def init(self, game: DifferentiableGame, x: Array) -> None:
        """Return None: nothing is remembered."""
        if not isinstance(game, QuadraticGame):
            StrategyView(game, self)
        elif np.linalg.eigvalsh(_own_part(game, game.matrix)).min() <= 0:
            raise ValueError(
                "ExploitabilityDescent needs a best response: every diagonal block of the game's "
                "`matrix` must be positive definite."
            )

    def update(
        self, game: DifferentiableGame, x: Array, state: None, rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Return the next points."""
        if isinstance(game, QuadraticGame):
            responses = x - solve(_own_part(game, game.jacobian(x)), game.gradient(x))
        else:
            view = StrategyView(game, self)
            responses = view.point(view.best_responses(view.payoffs(x)))
        return game.domain.project(x - self.step * game.gradient(x, others=responses)), None


def _own_part(game: DifferentiableGame, jacobian: Array) -> Array:
    return jacobian - off_diagonal(game, jacobian)
