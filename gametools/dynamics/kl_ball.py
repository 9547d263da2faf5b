"""Trust regions in small: the best linearised payoff within a KL ball of each agent's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from gametools.dynamics.alternating import Order, check_order, check_players, turns
from gametools.dynamics.kl_geometry import DIVERGENCES, best_distribution, best_normal
from gametools.dynamics.rule import Array
from gametools.dynamics.strategies import StrategyView
from gametools.games.differentiable import DifferentiableGame, losses_from_payoffs
from gametools.games.domains import blocks
from gametools.games.gaussian import GaussianGame
from gametools.validation import choice, number

__all__ = ["KLBallStep"]

TINY = 1e-300
"""Least probability that becomes a logit."""


@dataclass(frozen=True)
class KLBallStep:
    """Each agent maximises its linearised payoff inside a KL ball around its own policy.

    Parameters
    ----------
    radius : float or tuple of float
        KL divergence that an agent may move, positive: one for all, or one for each.
    order : {"simultaneous", "fixed", "random"} or tuple of int
        All at once; or one after another, each against the policies moved before: as they are
        numbered, in an order drawn anew for every update and every game, or as given.
    divergence : {"old-new", "new-old"}
        Which policy comes first in the divergence.

    Raises
    ------
    TypeError, ValueError
        If a parameter is unknown or out of range, or does not fit the game's number of agents.

    Notes
    -----
    Source: Schulman et al. (2015), equation 11; "fixed" and "random" are the sequential scheme of
    HATRPO (Kuba et al. 2022, algorithm 1), a tuple of radii the decomposed trust region of MAMD.
    Ours differs by solving each agent's problem exactly, where the sources take a quadratic
    approximation and a line search: for normal policies of fixed deviation in closed form,
    otherwise by bisection of one number. Policies are those of ProbabilityGame, SimplexGame,
    SoftmaxGame and GaussianGame. Payoffs of mixed strategies are linear in them already; those of
    normal policies are taken to be linear in mean and log-deviation. The size of payoffs plays no
    role: an agent with any gradient at all moves by its whole radius, unless its ball holds its
    best policy.

    Examples
    --------
    Moving together, the two agents of a common payoff lose; moving in turn, they gain.

    >>> import gametools as gt
    >>> game = gt.games.GaussianGame(lambda actions: actions.prod(axis=-1), players=2)
    >>> for order in ("simultaneous", "fixed"):
    ...     rule = gt.dynamics.KLBallStep(radius=0.5, order=order)
    ...     print(gt.simulate(game, rule, [-0.25, 0.25], steps=1).points[-1])
    [ 0.75 -0.75]
    [0.75 1.25]
    """

    evaluations: ClassVar[int] = 1

    radius: float | tuple[float, ...]
    order: Order = "simultaneous"
    divergence: str = "old-new"

    def __post_init__(self) -> None:
        for radius in self.radius if isinstance(self.radius, tuple) else (self.radius,):
            number("radius", radius, above=0)
        check_order(self.order, "simultaneous")
        choice("divergence", self.divergence, DIVERGENCES)

    def init(self, game: DifferentiableGame, x: Array) -> None:
        """Return None: nothing is remembered."""
        if not isinstance(game, GaussianGame):
            StrategyView(game, self, logits=True)
        check_players(self.order, game)
        self._radii(game)

    def update(
        self, game: DifferentiableGame, x: Array, state: None, rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Return the points after every agent has moved once."""
        if self.order == "simultaneous":
            return self._moved(game, x), None
        for moves in turns(self.order, game, x, rng):
            x = np.where(moves, self._moved(game, x, moves), x)
        return x, None

    def _radii(self, game: DifferentiableGame) -> tuple[float, ...]:
        n = len(game.dims)
        radii = self.radius if isinstance(self.radius, tuple) else (self.radius,) * n
        if len(radii) != n:
            raise ValueError(f"`radius` must hold one for each of {n} agents; got {self.radius!r}.")
        return radii

    def _moved(
        self, game: DifferentiableGame, x: Array, moves: NDArray[np.bool_] | None = None
    ) -> Array:
        """Move every agent, or those with parameters in `moves`, against the present policies."""
        radii = self._radii(game)
        own = blocks(game.dims)
        acts = [moves is None or bool(moves[..., block].any()) for block in own]
        if isinstance(game, GaussianGame):
            slopes = losses_from_payoffs(game.gradient(x))  # the sign back
            std = game.policies(x)[1]
            changes = [
                best_normal(slopes[..., block], std[..., i, None], radii[i], self.divergence)
                if acts[i]
                else np.zeros_like(slopes[..., block])
                for i, block in enumerate(own)
            ]
            return np.asarray(x + np.concatenate(changes, axis=-1))
        view = StrategyView(game, self, logits=True)
        old, payoffs = view.strategies(x), view.payoffs(x)
        new = np.concatenate(
            [
                best_distribution(old[..., b], payoffs[..., b], radii[i], self.divergence)
                if acts[i]
                else old[..., b]
                for i, b in enumerate(view.blocks)
            ],
            axis=-1,
        )
        if view.in_logits:
            return np.asarray(x + np.log(np.maximum(new, TINY) / np.maximum(old, TINY)))
        return view.point(new)
