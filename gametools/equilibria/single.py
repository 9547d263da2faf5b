"""What a solver of one game begins with: is it one game, and its payoffs on the unit scale."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gametools.games.normal_form import NormalFormGame

__all__ = ["single_game", "unit_payoffs"]

Array = NDArray[np.float64]


def single_game(game: NormalFormGame, *, players: int | None = None) -> NormalFormGame:
    """Return `game` if it is one game of the wanted number of players.

    Raises
    ------
    ValueError
        If it is a batch, or has another number of players; the message says what to do.
    """
    if game.batch_shape:
        raise ValueError(
            f"`game` must be a single game; got a batch of shape {game.batch_shape}. Index it: "
            "games[0]."
        )
    if players is not None and game.num_players != players:
        raise ValueError(f"`game` must have {players} players; got {game.num_players}.")
    return game


def unit_payoffs(game: NormalFormGame) -> tuple[Array, Array, Array]:
    """Return one game's payoffs moved to the unit interval, and how to move them back.

    Parameters
    ----------
    game : NormalFormGame
        A single game.

    Returns
    -------
    unit : array, shape ``(n, a_1, ..., a_n)``
        ``(payoffs - lowest) / width``, each player's from 0 to 1; 0 where a payoff never varies.
    lowest, width : arrays, shape ``(n,)``
        Each player's smallest payoff, and its largest minus its smallest.

    Notes
    -----
    Each player's payoffs may be shifted and stretched by themselves without a change of any best
    reply, so a tolerance on this scale means the same for every game.

    Source: invariance under positive affine transformations, as in any textbook; ours differs in
    nothing.

    Examples
    --------
    >>> import gametools as gt
    >>> unit, lowest, width = unit_payoffs(gt.NormalFormGame.from_bimatrix([[3, 1]], [[7, 7]]))
    >>> unit.tolist(), lowest.tolist(), width.tolist()
    ([[[1.0, 0.0]], [[0.0, 0.0]]], [1.0, 7.0], [2.0, 0.0])
    """
    own = tuple(range(1, game.num_players + 1))
    lowest = game.payoffs.min(axis=own)
    width = game.payoffs.max(axis=own) - lowest
    shape = (-1, *(1 for _ in own))
    divisor = np.where(width > 0, width, 1.0)
    return (game.payoffs - lowest.reshape(shape)) / divisor.reshape(shape), lowest, width
