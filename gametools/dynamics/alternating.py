"""Players that move one after another, each against the moves made before its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from gametools.dynamics.players import owners
from gametools.dynamics.rule import Array
from gametools.games.differentiable import DifferentiableGame
from gametools.validation import choice, number

__all__ = ["AlternatingGradient", "Order", "check_order", "check_players", "turns"]

Order = str | tuple[int, ...]
"""``"fixed"``, ``"random"``, or the players in the order of their moves."""


def check_order(order: Order, *also: str) -> None:
    """Raise an error unless `order` is one of its words or names every player once."""
    if not isinstance(order, tuple):
        choice("order", order, (*also, "fixed", "random"))
    elif sorted(order) != list(range(len(order))):
        raise ValueError(f"`order` must name every player once, from 0 on; got {order!r}.")


def check_players(order: Order, game: DifferentiableGame) -> None:
    """Raise an error if `order` is a tuple for another number of players than the game's."""
    if isinstance(order, tuple) and len(order) != len(game.dims):
        raise ValueError(
            f"`order` must name the game's {len(game.dims)} players; got {len(order)}."
        )


def turns(
    order: Order, game: DifferentiableGame, x: Array, rng: np.random.Generator
) -> list[NDArray[np.bool_]]:
    """Return, for each turn, which parameters move, shape ``(d,)`` or ``(*batch, d)``.

    A random order is drawn for every game of the batch by itself.
    """
    n, mine = len(game.dims), owners(game)
    if order == "random":
        orders = np.argsort(rng.random((*x.shape[:-1], n)), axis=-1)
        return [orders[..., k, None] == mine for k in range(n)]
    players = range(n) if isinstance(order, str) else order
    return [mine == player for player in players]


@dataclass(frozen=True)
class AlternatingGradient:
    """Gradient steps one player after another: later players see what earlier ones just did.

    Parameters
    ----------
    step : float
        Step size, positive.
    order : {"fixed", "random"} or tuple of int
        Who moves first: the players as they are numbered, in an order drawn anew for every
        update (and every game of a batch), or in the order given.

    Raises
    ------
    TypeError, ValueError
        If `step` is not a positive number, or `order` is unknown or not one of the game's players.

    Notes
    -----
    Source: Gauss-Seidel descent; Zhang, Wang, Lessard and Grosse (2022) for games; the order of
    the trust-region steps of Kuba et al. (2022), algorithm 1, seen as a dynamic. One update is a
    round: each player evaluates one gradient, and a round of n players is n evaluations of the
    game's.

    Examples
    --------
    On ``(xy, -xy)`` the simultaneous gradient leaves the origin; turns keep to an ellipse.

    >>> import numpy as np, gametools as gt
    >>> game = gt.QuadraticGame([[0, 1], [-1, 0]])
    >>> for rule in (gt.dynamics.GradientDescent(0.1), gt.dynamics.AlternatingGradient(0.1)):
    ...     x, y = gt.simulate(game, rule, [1, 0], steps=500).points[-1]
    ...     print(round(float(x**2 + y**2 - 0.1 * x * y), 4))
    150.2694
    1.0
    """

    evaluations: ClassVar[int] = 1

    step: float
    order: Order = "fixed"

    def __post_init__(self) -> None:
        number("step", self.step, above=0)
        check_order(self.order)

    def init(self, game: DifferentiableGame, x: Array) -> None:
        """Return None: nothing is remembered."""
        check_players(self.order, game)

    def update(
        self, game: DifferentiableGame, x: Array, state: None, rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Return the points after every player has moved once."""
        for moves in turns(self.order, game, x, rng):
            after = game.domain.project(x - self.step * game.gradient(x))
            x = np.where(moves, after, x)
        return x, None
