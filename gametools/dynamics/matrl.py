"""MATRL: a trial step, a meta-game over it, and a best response to the meta-game's answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from gametools.dynamics.rule import Array
from gametools.equilibria.selection import SELECTIONS, select_equilibrium
from gametools.equilibria.two_by_two import solve_2x2
from gametools.games.differentiable import DifferentiableGame
from gametools.games.meta import current_or_predicted_game
from gametools.validation import choice, number

__all__ = ["ANCHORS", "MATRL"]

ANCHORS = ("current", "aggregated", "predicted")
"""Where the best response of `MATRL` may start."""


@dataclass(frozen=True)
class MATRL:
    """Multi-agent trust region learning, with exact gradients and an exact meta-game.

    Each update (1) predicts every player's next policy by a gradient step of `trial_step`,
    (2) solves the game in which each player chooses between its current and its predicted
    policy, (3) mixes the two by that equilibrium, and (4) steps, from the `anchor`, down the
    gradient against the others' mixed policies.

    Parameters
    ----------
    step : float
        Step size of the response, positive.
    trial_step : float, optional
        Step size of the trial, positive; `step` by default.
    anchor : {"current", "aggregated", "predicted"}
        Where the response starts.
    selection : {"random", "pure-first", "best-total", "last-listed"}
        Which equilibrium of the meta-game is taken where it has several.

    Raises
    ------
    TypeError, ValueError
        If a step is not a positive number, or an option is unknown.

    Notes
    -----
    Source: Wen et al. (2021), algorithm 1 and equations 2 to 6. Like equation 6, the response
    starts from the *current* policies by default; appendix A, line 15, reads as if from the
    predicted ones. The trust region of equation 2 is a gradient step of fixed size, as in the
    paper's matrix games. The program released with the paper moves with a response step of 0.03
    after a trial step of 0.02 and adds divergences to gradients; none of that is here.

    Two players, until meta-games of more are solved.

    Examples
    --------
    >>> import numpy as np, gametools as gt
    >>> spiral = gt.QuadraticGame([[1, 10], [-10, 1]])
    >>> for anchor in gt.dynamics.ANCHORS:
    ...     rule = gt.dynamics.MATRL(step=0.02, anchor=anchor)
    ...     path = gt.simulate(spiral, rule, [0.5, 0.5], steps=100, rng=0)
    ...     print(anchor, round(float(np.linalg.norm(path.points[-1])), 4))
    current 0.0122
    aggregated 0.5627
    predicted 0.7293
    """

    evaluations: ClassVar[int] = 2

    step: float
    trial_step: float | None = None
    anchor: str = "current"
    selection: str = "random"

    def __post_init__(self) -> None:
        number("step", self.step, above=0)
        if self.trial_step is not None:
            number("trial_step", self.trial_step, above=0)
        choice("anchor", self.anchor, ANCHORS)
        choice("selection", self.selection, SELECTIONS)

    def init(self, game: DifferentiableGame, x: Array) -> None:
        """Return None: nothing is remembered."""
        if len(game.dims) != 2:
            raise ValueError(f"MATRL needs a game of two players; got {len(game.dims)}.")

    def update(
        self, game: DifferentiableGame, x: Array, state: None, rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Return the next points."""
        trial = self.step if self.trial_step is None else self.trial_step
        predicted = game.domain.project(x - trial * game.gradient(x))
        meta = current_or_predicted_game(game, x, predicted)
        rho = select_equilibrium(solve_2x2(meta), self.selection, rng)
        weight = rho if game.dims == (1, 1) else np.repeat(rho, game.dims, axis=-1)
        aggregated = weight * x + (1 - weight) * predicted
        anchor = {"current": x, "aggregated": aggregated, "predicted": predicted}[self.anchor]
        return game.domain.project(anchor - self.step * game.gradient(anchor, aggregated)), None
