"""One equilibrium of each 2x2 game, looked up by who prefers what: MATRL's inner loop."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from gametools.equilibria.selection import SELECTIONS, select_equilibrium
from gametools.equilibria.two_by_two import SLOTS, solve_2x2
from gametools.games.normal_form import NormalFormGame
from gametools.games.taxonomy import advantages_2x2
from gametools.validation import choice

__all__ = ["choose_2x2"]

Array = NDArray[np.float64]


def choose_2x2(games: NormalFormGame, selection: str, rng: np.random.Generator) -> Array:
    """Return one equilibrium of each 2x2 game of a flat batch.

    Parameters
    ----------
    games : NormalFormGame
        Batch of shape ``(k,)``.
    selection : {"random", "pure-first", "best-total", "last-listed"}
        As of `select_equilibrium`.
    rng : numpy.random.Generator
        Used by ``"random"`` only, one draw a game.

    Returns
    -------
    array, shape ``(k, 2)``
        Each player's probability of its first action.

    Notes
    -----
    Four signs, positive, tied or negative, of what a first action earns more against each action
    of the opponent, decide which extreme equilibria a game has: 81 patterns, looked up in a
    table. The selection that compares payoffs goes through `solve_2x2`. The answers are those of
    ``select_equilibrium(solve_2x2(games), selection, rng)``, bit for bit.

    Source: the indifference conditions of any textbook; the table is ours.

    Examples
    --------
    >>> import numpy as np, gametools as gt
    >>> from gametools.equilibria.sign_patterns import choose_2x2
    >>> games = gt.random_2x2("cyclic", size=2, rng=0)
    >>> bool((choose_2x2(games, "random", np.random.default_rng(0))
    ...       == gt.solve_2x2(games).equilibria[:, 0]).all())
    True
    """
    if choice("selection", selection, SELECTIONS) == "best-total":
        return select_equilibrium(solve_2x2(games), selection, rng)
    draws = rng.random(games.size) if selection == "random" else None
    row, column, tie = advantages_2x2(games.payoffs)
    pattern = np.zeros(games.size, dtype=np.uint8)
    for advantage, small in zip((*row, *column), tie[[0, 0, 1, 1]], strict=True):
        pattern *= np.uint8(3)
        pattern += advantage >= -small
        pattern += advantage > small
    counts = np.take(_COUNTS, pattern)
    slots = SLOTS * pattern.astype(np.intp)
    if draws is not None:
        slots += (draws * counts).astype(np.intp)
    elif selection == "last-listed":
        slots += counts - 1
    rho = np.take(_FIRST, np.take(_LISTS, slots), axis=1)
    # Who mixes makes the opponent indifferent.
    for own, opponent in zip(rho, (column, row), strict=True):
        (mixes,) = np.isnan(own).nonzero()
        if len(mixes):
            first, second = opponent[:, mixes]
            own[mixes] = second / (second - first)
    return rho.T


def _equilibria(pattern: int) -> list[int]:
    """List the extreme equilibria of games with a pattern, as columns of `_FIRST`."""
    row, column = np.array([pattern // 3**k % 3 - 1 for k in (3, 2, 1, 0)]).reshape(2, 2)
    pure = [
        2 * i + j
        for i, j in itertools.product((0, 1), repeat=2)
        if row[j] * (1 - 2 * i) >= 0 and column[i] * (1 - 2 * j) >= 0
    ]
    row_mixes, column_mixes = row[0] * row[1] < 0, column[0] * column[1] < 0
    listed = pure + [4] * bool(row_mixes and column_mixes)
    for k in (0, 1):
        listed += [5 + 2 * k] * bool(row_mixes and column[k] == 0)
        listed += [6 + 2 * k] * bool(column_mixes and row[k] == 0)
    return listed


_FIRST = np.array(
    [
        [1.0, 1.0, 0.0, 0.0, np.nan, 1.0, np.nan, 0.0, np.nan],
        [1.0, 0.0, 1.0, 0.0, np.nan, np.nan, 1.0, np.nan, 0.0],
    ]
)
"""Both players' probability of their first action in nine candidates; NaN for who mixes."""
_COUNTS = np.array([len(_equilibria(pattern)) for pattern in range(81)])
_LISTS = np.array([(_equilibria(pattern) + [0] * SLOTS)[:SLOTS] for pattern in range(81)]).ravel()
