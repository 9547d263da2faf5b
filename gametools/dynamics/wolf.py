"""WoLF-IGA: win or learn fast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from gametools.dynamics.rule import Array
from gametools.equilibria.two_by_two import solve_2x2
from gametools.games.differentiable import DifferentiableGame
from gametools.games.policy_space import ProbabilityGame
from gametools.validation import number

__all__ = ["WoLF"]


@dataclass(frozen=True)
class WoLF:
    """Gradient steps that are short while a player is winning and long while it is losing.

    A player is winning while it earns more than its equilibrium strategy would earn against the
    opponent's present strategy.

    Parameters
    ----------
    step_win, step_lose : float
        Step sizes, positive, ``step_win <= step_lose``.

    Raises
    ------
    TypeError, ValueError
        If a step is not a positive number, or `step_win` exceeds `step_lose`.

    Notes
    -----
    Source: Bowling and Veloso (2002), section 4. The equilibrium is given to the learner, as
    there; in a game with several, the *first listed* by `solve_2x2` is taken, as in the program
    released with MATRL, whereas the source leaves the choice open. Two players with two actions
    each; the state is that equilibrium.

    Examples
    --------
    >>> import numpy as np, gametools as gt
    >>> pennies = gt.NormalFormGame.from_bimatrix([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])
    >>> rule = gt.dynamics.WoLF(step_win=0.01, step_lose=0.06)
    >>> end = gt.simulate(pennies, rule, [0.9, 0.2], steps=2000, record=0).points[-1]
    >>> bool(np.abs(end - 0.5).max() < 0.01)
    True
    """

    evaluations: ClassVar[int] = 1

    step_win: float
    step_lose: float

    def __post_init__(self) -> None:
        number("step_win", self.step_win, above=0)
        number("step_lose", self.step_lose, above=0)
        if self.step_win > self.step_lose:
            raise ValueError(
                "`step_win` must be at most `step_lose`; "
                f"got {self.step_win!r} and {self.step_lose!r}."
            )

    def init(self, game: DifferentiableGame, x: Array) -> Array:
        """Return the first listed equilibrium of each game, shape as `x`."""
        if not isinstance(game, ProbabilityGame) or len(game.dims) != 2:
            raise TypeError(
                "WoLF needs a 2x2 matrix game in probability coordinates, where it knows the "
                f"equilibria; got {game}."
            )
        first = solve_2x2(game.matrix_game).equilibria[..., 0, :]
        return np.asfortranarray(np.broadcast_to(first, x.shape))

    def update(
        self, game: DifferentiableGame, x: Array, state: Array, rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Return the next points and the same equilibria."""
        gradient = game.gradient(x)
        # Losses are linear in a player's own probability: it wins if it loses less than there.
        winning = (x - state) * gradient < 0
        step = np.where(winning, self.step_win, self.step_lose)
        return game.domain.project(x - step * gradient), state
