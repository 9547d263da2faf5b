"""The current-or-predicted game over policies: MATRL's meta-game."""

from __future__ import annotations

import itertools
from typing import Protocol, runtime_checkable

import numpy as np

from gametools.games.differentiable import Array, DifferentiableGame, losses_from_payoffs
from gametools.games.normal_form import NormalFormGame

__all__ = ["current_or_predicted_game"]


def current_or_predicted_game(
    game: DifferentiableGame, current: Array, predicted: Array
) -> NormalFormGame:
    """Return the game in which each player chooses between two of its own policies.

    Parameters
    ----------
    game : DifferentiableGame
        The underlying game, n players.
    current, predicted : arrays, shape ``(*batch, d)``
        Action 0 and action 1 of every player: its block of `current` or of `predicted`.

    Returns
    -------
    NormalFormGame
        n players with two actions, batch as the points. The payoff of a joint choice is the
        expected advantage over `current`, so it is 0 where all players choose action 0.

    Notes
    -----
    Source: Wen et al. (2021), equations 3 and 5. The advantage is exact here (a difference of
    expected payoffs), where the paper estimates it from samples of the current policies. Matrix
    and quadratic games give it by their `loss_changes`, which keep the digits of small moves, so
    that the meta-game of two policies that are close has the right signs; other games by
    differences of their losses. Where
    losses overflow the payoff is 0: such a point is lost, and its trajectory says so.

    Examples
    --------
    >>> import numpy as np, gametools as gt
    >>> pennies = gt.NormalFormGame.from_bimatrix([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])
    >>> view = gt.ProbabilityGame(pennies)
    >>> meta = gt.games.current_or_predicted_game(view, np.array([0.6, 0.5]),
    ...                                           np.array([0.6, 0.3]))
    >>> meta.payoffs[0].round(3)
    array([[-0.  , -0.08],
           [-0.  , -0.08]])
    """
    if isinstance(game, _KnowsChanges):
        changes = game.loss_changes(current, predicted)
    else:
        changes = _differences(game, current, predicted)
    gains = losses_from_payoffs(changes)
    # Losses that overflow belong to a point that is lost, and stays so: any choice will do.
    if not np.isfinite(gains).all():
        gains = np.where(np.isfinite(gains), gains, 0.0)
    n = len(game.dims)
    return NormalFormGame.from_owned(np.moveaxis(gains, range(n + 1), range(-n - 1, 0)), n)


@runtime_checkable
class _KnowsChanges(Protocol):
    """A game that knows its losses' changes to more digits than their differences have."""

    def loss_changes(self, current: Array, moved: Array) -> Array:
        """Return the changes, shape ``(n, 2, ..., 2, *batch)``."""
        ...


def _differences(game: DifferentiableGame, current: Array, moved: Array) -> Array:
    """Return the losses at each joint choice minus those at `current`, batch last in memory."""
    n = len(game.dims)
    players = np.repeat(np.arange(n), game.dims)
    start = game.losses(current)
    changes = np.zeros((n, *(2,) * n, *start.shape[:-1]))
    for choice in itertools.product((0, 1), repeat=n):
        if any(choice):
            point = np.where(np.array(choice)[players] == 0, current, moved)
            entry: tuple[slice | int, ...] = (slice(None), *choice)
            changes[entry] = np.moveaxis(game.losses(point) - start, -1, 0)
    return changes
