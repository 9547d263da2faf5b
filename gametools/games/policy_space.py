"""A matrix game seen as a differentiable game, in coordinates by name."""

from __future__ import annotations

from collections.abc import Callable

from gametools.games.differentiable import DifferentiableGame
from gametools.games.normal_form import NormalFormGame
from gametools.games.probability import ProbabilityGame
from gametools.games.sigmoid import SigmoidGame
from gametools.games.simplex import SimplexGame
from gametools.games.softmax import SoftmaxGame
from gametools.validation import choice

__all__ = ["COORDINATES", "ProbabilityGame", "as_differentiable"]

COORDINATES: dict[str, Callable[[NormalFormGame], DifferentiableGame]] = {
    "probability": ProbabilityGame,
    "sigmoid": SigmoidGame,
    "simplex": SimplexGame,
    "softmax": SoftmaxGame,
}
"""The coordinates in which a matrix game may be learned."""


def as_differentiable(
    game: NormalFormGame | DifferentiableGame, coordinates: str = "auto"
) -> DifferentiableGame:
    """Return `game` as a differentiable game; a matrix game is learned in some coordinates.

    Parameters
    ----------
    game : NormalFormGame or DifferentiableGame
        A differentiable game is returned as it is.
    coordinates : {"auto", "probability", "sigmoid", "simplex", "softmax"}
        What a point of a matrix game holds: the probabilities of first actions, or their logits
        (two actions each); whole mixed strategies, or their logits (any number). "auto" takes
        probabilities where every player has two actions, and mixed strategies elsewhere.

    Raises
    ------
    TypeError
        If `game` is neither a `NormalFormGame` nor a `DifferentiableGame`.
    ValueError
        If `coordinates` are unknown, need two actions where there are more, or are asked of a
        game that is differentiable already.

    Notes
    -----
    The same step size means different steps in different coordinates: a projected step moves a
    two-action player's probability half as far in "simplex" as in "probability" coordinates.

    Examples
    --------
    >>> import gametools as gt
    >>> pennies = gt.named_game("matching_pennies")
    >>> for coordinates in ("probability", "simplex"):
    ...     view = gt.games.as_differentiable(pennies, coordinates)
    ...     x = view.point([[0.5, 0.5], [0.75, 0.25]])
    ...     end = gt.simulate(view, gt.dynamics.GradientDescent(0.1), x, steps=1).points[-1]
    ...     print(coordinates, view.profile(end)[0])
    probability [0.6 0.4]
    simplex [0.55 0.45]
    """
    choice("coordinates", coordinates, ("auto", *COORDINATES))
    if isinstance(game, NormalFormGame):
        two_actions = set(game.num_actions) == {2}
        view = COORDINATES["probability" if two_actions else "simplex"]
        return COORDINATES.get(coordinates, view)(game)
    if not isinstance(game, DifferentiableGame):
        raise TypeError(
            f"`game` must be a NormalFormGame or a DifferentiableGame; got {type(game)}."
        )
    if coordinates != "auto":
        raise ValueError(f"`coordinates` are for matrix games; {game!r} has its own: leave 'auto'.")
    return game
