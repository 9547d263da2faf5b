"""MATRL: a trial step, a meta-game over it, and a best response to the meta-game's answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from gametools.dynamics.rule import Array
from gametools.equilibria.meta_game import solve_meta_game
from gametools.equilibria.selection import SELECTIONS
from gametools.games.differentiable import DifferentiableGame
from gametools.games.meta import current_or_predicted_game
from gametools.validation import choice, number

__all__ = ["ANCHORS", "MATRL"]

ANCHORS = ("current", "aggregated", "predicted")
"""Where the best response of `MATRL` may start."""
MOST_PLAYERS = 12
"""Players that `MATRL` takes: n of them need ``2**n`` evaluations of the losses an update."""


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
        Which equilibrium of the meta-game is taken where several are known.

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

    Any number of players up to a dozen. `selection` chooses among all equilibria of the
    meta-game up to three players, and mostly among the pure ones beyond; from four players on a
    meta-game without a pure equilibrium is solved by itself, in up to seconds:
    `gametools.equilibria.meta_game` says which set is known when.

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

    Three players, in a game where gradient descent moves away:

    >>> chain = gt.QuadraticGame([[1, 10, 0], [-10, 1, 10], [0, -10, 1]])
    >>> for rule in (gt.dynamics.GradientDescent(0.02), gt.dynamics.MATRL(0.02)):
    ...     path = gt.simulate(chain, rule, [0.5, 0.5, 0.5], steps=100, rng=0)
    ...     print(round(float(np.linalg.norm(path.points[-1])), 4))
    3.6235
    0.0938
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
        if len(game.dims) > MOST_PLAYERS:
            raise ValueError(
                f"MATRL takes up to {MOST_PLAYERS} players, for its meta-game has a payoff for "
                f"every choice of all of them; got {len(game.dims)}."
            )

    def update(
        self, game: DifferentiableGame, x: Array, state: None, rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Return the next points."""
        trial = self.step if self.trial_step is None else self.trial_step
        predicted = game.domain.project(x - trial * game.gradient(x))
        meta = current_or_predicted_game(game, x, predicted)
        rho = solve_meta_game(meta, selection=self.selection, rng=rng)
        weight = rho if set(game.dims) == {1} else np.repeat(rho, game.dims, axis=-1)
        aggregated = weight * x + (1 - weight) * predicted
        anchor = {"current": x, "aggregated": aggregated, "predicted": predicted}[self.anchor]
        return game.domain.project(anchor - self.step * game.gradient(anchor, aggregated)), None
