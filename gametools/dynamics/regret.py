"""Regret matching: play actions in proportion to how much they are regretted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from gametools.dynamics.rule import Array
from gametools.dynamics.strategies import StrategyView
from gametools.games.differentiable import DifferentiableGame

__all__ = ["RegretMatching", "SampledRegretMatching"]


def matched(view: StrategyView, regrets: Array, present: Array) -> Array:
    """Return strategies in proportion to positive regrets; the present ones where none is."""
    positive = np.maximum(regrets, 0.0)
    totals = view.sums(positive)
    some = totals > 0
    return np.where(some, positive / np.where(some, totals, 1.0), present)


@dataclass(frozen=True)
class RegretMatching:
    """Play each action in proportion to its positive regret, with exact expected payoffs.

    Parameters
    ----------
    plus : bool
        Whether negative regrets are forgotten after every update (regret matching+).

    Notes
    -----
    Source: Hart and Mas-Colell (2000), section 4 (unconditional regrets); Tammelin (2014) for
    regret matching+, without its alternating turns and weighted averages. While nothing is
    regretted the source allows any play; ours goes on as before. The start is the first play, and
    no regret is given for it. Average regrets fall like ``1 / sqrt(t)``, so that in zero-sum games
    the *average* of the points approaches equilibrium. The state is the sum of regrets.

    Examples
    --------
    >>> import gametools as gt
    >>> pennies = gt.named_game("matching_pennies")
    >>> path = gt.simulate(pennies, gt.dynamics.RegretMatching(), [0.9, 0.2], steps=4000)
    >>> path.points.mean(axis=0).round(1)
    array([0.5, 0.5])
    """

    evaluations: ClassVar[int] = 1

    plus: bool = False

    def init(self, game: DifferentiableGame, x: Array) -> Array:
        """Return no regrets, shape ``(*batch, D)`` with D the actions of all players."""
        return np.zeros_like(StrategyView(game, self).strategies(x))

    def update(
        self, game: DifferentiableGame, x: Array, state: Array, rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Return the next points and the regrets with those of this update."""
        view = StrategyView(game, self)
        played, payoffs = view.strategies(x), view.payoffs(x)
        regrets = state + payoffs - view.sums(played * payoffs)
        if self.plus:
            regrets = np.maximum(regrets, 0.0)
        return view.point(matched(view, regrets, played)), regrets


@dataclass(frozen=True)
class SampledRegretMatching:
    """Regret matching from play: everyone draws an action and regrets what others' actions allowed.

    Parameters
    ----------
    plus : bool
        Whether negative regrets are forgotten after every update (regret matching+).

    Notes
    -----
    Source: Hart and Mas-Colell (2000), section 4 (unconditional regrets). A player sees the
    others' actions and knows its own payoffs, so the one gradient of an update is taken at the
    actions drawn. While nothing is regretted play goes on as before. The state is the sum of
    regrets.

    Examples
    --------
    >>> import gametools as gt
    >>> pennies = gt.named_game("matching_pennies")
    >>> rule = gt.dynamics.SampledRegretMatching()
    >>> gt.simulate(pennies, rule, [0.9, 0.2], steps=5000, rng=0).points.mean(axis=0).round(1)
    array([0.5, 0.5])
    """

    evaluations: ClassVar[int] = 1

    plus: bool = False

    def init(self, game: DifferentiableGame, x: Array) -> Array:
        """Return no regrets, shape ``(*batch, D)`` with D the actions of all players."""
        return np.zeros_like(StrategyView(game, self).strategies(x))

    def update(
        self, game: DifferentiableGame, x: Array, state: Array, rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Return the next points and the regrets with those of this round."""
        view = StrategyView(game, self)
        present = view.strategies(x)
        drawn = view.sampled(present, rng)
        payoffs = view.payoffs(view.point(drawn))
        regrets = state + payoffs - view.sums(drawn * payoffs)
        if self.plus:
            regrets = np.maximum(regrets, 0.0)
        return view.point(matched(view, regrets, present)), regrets
