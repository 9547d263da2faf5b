"""The current-or-predicted game over policies: MATRL's meta-game."""

from __future__ import annotations

import itertools

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
    expected payoffs), where the paper estimates it from samples of the current policies. Where
    losses overflow the payoff is 0: such a point is lost, and its trajectory says so.

    Examples
    --------
    >>> import numpy as np, gametools as gt
    >>> pennies = gt.NormalFormGame.from_bimatrix([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])
    >>> view = gt.ProbabilityGame(pennies)
    >>> meta = gt.games.current_or_predicted_game(view, np.array([0.6, 0.5]),
    ...                                           np.array([0.6, 0.3]))
    >>> meta.payoffs[0].round(3)
    array([[ 0.  , -0.08],
           [-0.  , -0.08]])
    """
    n = len(game.dims)
    players = np.repeat(np.arange(n), game.dims)
    start = game.losses(current)
    # Batch last in memory, as everywhere on the hot path.
    payoffs = np.zeros((n, *(2,) * n, *start.shape[:-1]))
    for choice in itertools.product((0, 1), repeat=n):
        if any(choice):
            point = np.where(np.array(choice)[players] == 0, current, predicted)
            gain = losses_from_payoffs(game.losses(point) - start)
            # Losses that overflow belong to a point that is lost, and stays so: any choice will do.
            gain = np.where(np.isfinite(gain), gain, 0.0)
            entry: tuple[slice | int, ...] = (slice(None), *choice)
            payoffs[entry] = np.moveaxis(gain, -1, 0)
    return NormalFormGame(np.moveaxis(payoffs, range(n + 1), range(-n - 1, 0)), num_players=n)
