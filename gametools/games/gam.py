"""GameTracer's `.gam` files: nothing but numbers."""

from __future__ import annotations

import numpy as np

from gametools.games.nfg import require_single_game
from gametools.games.normal_form import NormalFormGame
from gametools.games.scanner import MAX_ENTRIES, MAX_PLAYERS, Scanner, check_size, format_number

__all__ = ["format_gam", "parse_gam"]


def parse_gam(text: str, name: str = "<text>") -> NormalFormGame:
    """Read a game from the text of a `.gam` file.

    Parameters
    ----------
    text : str
        The number of players, the number of actions of each, then all payoffs of player 1
        (player 1's action fastest, then player 2's), all of player 2 in the same order, ...
    name : str
        What errors call the text; usually its path.

    Returns
    -------
    NormalFormGame
        A single game.

    Raises
    ------
    ValueError
        ``NAME:LINE:COLUMN:`` and what was expected there. Also for games of more than
        10 million payoffs or 63 players.

    Notes
    -----
    Source: section 4a, "Input format", of the README of GameTracer (Blum and Shelton 2002). Ours
    differs: ratios such as ``5/2`` are numbers too, and ``#`` begins a comment that lasts to the
    end of its line.

    Examples
    --------
    >>> from gametools.games.gam import parse_gam
    >>> parse_gam("2  3 2  3 2 0 3 5 6  3 2 3 2 6 1").payoffs[0]
    array([[3., 3.],
           [2., 5.],
           [0., 6.]])
    >>> parse_gam("2  3 2  3 2 0 3 5 6", "cut.gam")
    Traceback (most recent call last):
    ValueError: cut.gam:1:20: expected payoff 7 of 12 (2 players, 3x2 actions); got the end of the file.
    """  # noqa: E501
    scanner = Scanner(text, name, comments=True)
    players = scanner.whole(
        "the number of players (1 to %d)", MAX_PLAYERS, at_least=1, at_most=MAX_PLAYERS
    )
    actions = [
        scanner.whole("how many actions player %d has", k, at_least=1, at_most=MAX_ENTRIES)
        for k in range(1, players + 1)
    ]
    check_size(scanner, actions)
    flat = scanner.numbers(actions)
    scanner.expect("end", f"the end of the file after {len(flat)} payoffs")
    # Column-major with the players slowest.
    payoffs = np.moveaxis(flat.reshape((*actions, players), order="F"), -1, 0)
    return NormalFormGame(np.ascontiguousarray(payoffs), players)


def format_gam(game: NormalFormGame) -> str:
    """Return the text of a `.gam` file that reads back exactly.

    Parameters
    ----------
    game : NormalFormGame
        A single game. The payoffs of each player take one line.

    Raises
    ------
    ValueError
        If `game` is a batch.

    Examples
    --------
    >>> import gametools as gt
    >>> from gametools.games.gam import format_gam
    >>> print(format_gam(gt.NormalFormGame.from_bimatrix([[3, 0.5]], [[1, 2]])), end="")
    2
    1 2
    <BLANKLINE>
    3 0.5
    1 2
    """
    require_single_game(game, "a .gam file")
    rows = (payoffs.ravel(order="F").tolist() for payoffs in game.payoffs)
    lines = [" ".join(map(format_number, row)) for row in rows]
    actions = " ".join(map(str, game.num_actions))
    return "\n".join([str(game.num_players), actions, "", *lines, ""])
