"""Which class is a 2x2 game in?"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from gametools.games.normal_form import NormalFormGame

__all__ = [
    "TIE_TOLERANCE",
    "GameClass",
    "advantages_2x2",
    "classify_2x2",
    "dominant_players",
    "require_2x2",
]

Array = NDArray[np.float64]

TIE_TOLERANCE = 1e-12
"""Two payoffs closer than this, relative to their player's payoff range, count as tied."""


class GameClass(StrEnum):
    """The five classes of 2x2 games, by the signs of the payoff differences.

    The names speak of *labels*, as the ensembles of Wen et al. (2021) do: a coordination game has
    its pure equilibria on the diagonal, an anticoordination game off it, a cyclic game has none.
    (That paper's appendix words the same names by payoff effects instead.)
    """

    COORDINATION = "coordination"
    ANTICOORDINATION = "anticoordination"
    CYCLIC = "cyclic"
    DOMINANCE_SOLVABLE = "dominance-solvable"
    DEGENERATE = "degenerate"


_CLASSES = np.array(list(GameClass), dtype=object)


def require_2x2(game: NormalFormGame) -> None:
    """Raise a ValueError unless the games are 2x2."""
    if game.num_actions != (2, 2):
        raise ValueError(
            f"`game` must be 2x2; got {game!r}. A batch of two-player games whose length could be "
            "read as a number of players needs `NormalFormGame(payoffs, num_players=2)`."
        )


def advantages_2x2(payoffs: Array) -> tuple[Array, Array, Array]:
    """Return what the first action earns more than the second, given the opponent's action.

    Parameters
    ----------
    payoffs : array, shape ``(*batch, 2, 2, 2)``
        Payoffs of 2x2 games.

    Returns
    -------
    row, column : arrays, shape ``(2, *batch)``
        ``row[j]`` is the row player's advantage when column plays j; ``column[i]`` the column
        player's when row plays i.
    tie : array, shape ``(2, *batch)``
        A row (column) advantage of at most ``tie[0]`` (``tie[1]``) counts as a tie:
        `TIE_TOLERANCE` times the range of that player's payoffs.

    Examples
    --------
    >>> import numpy as np
    >>> from gametools.games.taxonomy import advantages_2x2
    >>> dilemma = np.array([[[3.0, 0.0], [5.0, 1.0]], [[3.0, 5.0], [0.0, 1.0]]])
    >>> row, column, tie = advantages_2x2(dilemma)
    >>> row.tolist(), column.tolist(), tie.tolist()
    ([-2.0, -1.0], [-2.0, -1.0], [5e-12, 5e-12])
    """
    batch = range(payoffs.ndim - 3)
    p = payoffs.transpose(-3, -2, -1, *batch)
    tie = TIE_TOLERANCE * (p.max(axis=(1, 2)) - p.min(axis=(1, 2)))
    return p[0, 0] - p[0, 1], p[1, :, 0] - p[1, :, 1], tie


def _signs(game: NormalFormGame) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """Signs of the advantages, 0 where tied."""
    require_2x2(game)
    row, column, tie = advantages_2x2(game.payoffs)
    return (
        np.where(np.abs(row) > tie[0], np.sign(row), 0).astype(np.int8),
        np.where(np.abs(column) > tie[1], np.sign(column), 0).astype(np.int8),
    )


def classify_2x2(game: NormalFormGame) -> GameClass | NDArray[np.object_]:
    """Return the class of a 2x2 game, or an array of classes for a batch.

    Parameters
    ----------
    game : NormalFormGame
        One 2x2 game or a batch.

    Returns
    -------
    GameClass or object array of GameClass, shape ``(*batch,)``
        Compares equal to its string, for example ``"cyclic"``. A game in which a player is
        indifferent against some pure action (a tie within `TIE_TOLERANCE` of its payoff range)
        is ``"degenerate"``; otherwise a game in which some player has a dominant action is
        ``"dominance-solvable"`` (`dominant_players` counts them).

    Raises
    ------
    ValueError
        If the games are not 2x2.

    Notes
    -----
    Source: the four strategic types that replicator and gradient dynamics distinguish (Singh,
    Kearns and Mansour 2000, section 3). Ours names degenerate games instead of guessing.

    Examples
    --------
    >>> import gametools as gt
    >>> pennies = gt.NormalFormGame.from_bimatrix([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])
    >>> print(gt.classify_2x2(pennies))
    cyclic
    """
    row, column = _signs(game)
    dominant = (row[0] == row[1]) | (column[0] == column[1])
    tied = (row == 0).any(axis=0) | (column == 0).any(axis=0)
    codes = np.where(row[0] != column[0], 2, np.where(row[0] > 0, 0, 1))
    codes = np.where(tied, 4, np.where(dominant, 3, codes))
    return _CLASSES[codes] if game.batch_shape else list(GameClass)[int(codes)]


def dominant_players(game: NormalFormGame) -> NDArray[np.int8]:
    """Return how many players have a strictly dominant action: 0, 1 or 2 for each 2x2 game.

    Parameters
    ----------
    game : NormalFormGame
        One 2x2 game or a batch.

    Returns
    -------
    int8 array, shape ``(*batch,)``

    Raises
    ------
    ValueError
        If the games are not 2x2.

    Examples
    --------
    >>> import gametools as gt
    >>> dilemma = gt.NormalFormGame.from_bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]])
    >>> int(gt.games.dominant_players(dilemma))
    2
    """
    row, column = _signs(game)
    both = [(s[0] == s[1]) & (s[0] != 0) for s in (row, column)]
    return np.asarray(both[0].astype(np.int8) + both[1].astype(np.int8))
