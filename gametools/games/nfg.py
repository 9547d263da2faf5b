"""Gambit's `.nfg` files: games in normal form, payoff by payoff or by outcomes."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gametools.games.normal_form import NormalFormGame
from gametools.games.scanner import (
    MAX_ENTRIES,
    MAX_PLAYERS,
    Scanner,
    check_size,
    format_number,
    game_size,
)

__all__ = ["format_nfg", "parse_nfg", "require_single_game"]


def parse_nfg(text: str, name: str = "<text>") -> NormalFormGame:
    """Read a game from the text of a `.nfg` file.

    Parameters
    ----------
    text : str
        Either version of the format: payoffs in a row (players fastest, then player 1's action,
        then player 2's), or a list of outcomes and then their numbers in the same order, 0 for
        the outcome that pays nobody anything.
    name : str
        What errors call the text; usually its path.

    Returns
    -------
    NormalFormGame
        A single game. Title, comment and the names of players, actions and outcomes are dropped.

    Raises
    ------
    ValueError
        ``NAME:LINE:COLUMN:`` and what was expected there. Also for games of more than
        10 million payoffs or 63 players.

    Notes
    -----
    Source: "The strategic game (.nfg) file format", payoff version and outcome version, in
    Gambit's documentation, and what its own files hold (``D`` in place of ``R``, numbers with
    exponents). Ours differs: payoffs become floats, each rounded once; every name may be empty or
    used twice; a number may begin with ``+``.

    Examples
    --------
    >>> from gametools.games.nfg import parse_nfg
    >>> dilemma = 'NFG 1 R "dilemma" { "Row" "Column" } { 2 2 }  3 3  5 0  0 5  1 1'
    >>> parse_nfg(dilemma).payoffs[0]
    array([[3., 0.],
           [5., 1.]])
    >>> parse_nfg(dilemma.replace("5 0", "5 O"), "dilemma.nfg")
    Traceback (most recent call last):
    ValueError: dilemma.nfg:1:54: expected payoff 4 of 8 (2 players, 2x2 actions); got 'O'.
    """
    scanner = Scanner(text, name)
    _read_header(scanner)
    players = _read_names(scanner, 'the names of the players (such as { "1" "2" })', "player")
    if not 1 <= players <= MAX_PLAYERS:
        scanner.fail(f"expected 1 to {MAX_PLAYERS} players before this point; got {players}.")
    actions = _read_actions(scanner, players)
    if scanner.kind == "text":  # the comment
        scanner.advance()
    check_size(scanner, actions)
    flat = _read_outcomes(scanner, actions) if scanner.kind == "{" else scanner.numbers(actions)
    scanner.expect("end", f"the end of the file (a game of {game_size(actions)})")
    # Players fastest, then player 1's action: the column-major order of our axes.
    payoffs = flat.reshape((players, *actions), order="F")
    return NormalFormGame(np.ascontiguousarray(payoffs), players)


def format_nfg(game: NormalFormGame) -> str:
    """Return the text of a `.nfg` file (payoff version) that reads back exactly.

    Parameters
    ----------
    game : NormalFormGame
        A single game. Players are called ``1``, ``2``, ...; each action profile takes one line.

    Raises
    ------
    ValueError
        If `game` is a batch.

    Examples
    --------
    >>> import gametools as gt
    >>> from gametools.games.nfg import format_nfg
    >>> print(format_nfg(gt.NormalFormGame.from_bimatrix([[3, 0.5]], [[1, 2]])), end="")
    NFG 1 R "2 players, 1x2 actions" { "1" "2" } { 1 2 }
    <BLANKLINE>
    3 1
    0.5 2
    """
    require_single_game(game, "a .nfg file")
    names = " ".join(f'"{player}"' for player in range(1, game.num_players + 1))
    actions = " ".join(map(str, game.num_actions))
    rows = game.payoffs.reshape((game.num_players, -1), order="F").T.tolist()
    lines = [" ".join(map(format_number, row)) for row in rows]
    head = f'NFG 1 R "{game_size(game.num_actions)}" {{ {names} }} {{ {actions} }}'
    return "\n".join([head, "", *lines, ""])


def require_single_game(game: NormalFormGame, target: str) -> None:
    """Raise a ValueError unless `game` is a single game, as `target` wants it."""
    if game.batch_shape:
        raise ValueError(
            f"`game` must be a single game for {target}; got a batch of shape {game.batch_shape}. "
            "Index it; .json and .npz files hold whole batches."
        )


def _read_header(scanner: Scanner) -> None:
    scanner.expect("word", "the word NFG at the start of the file", "NFG")
    scanner.expect("word", "version 1 of the format", "1")
    data_type = "D" if scanner.text == "D" else "R"  # floats or ratios once; now the same
    scanner.expect("word", "the letter R (or D) after the version", data_type)
    scanner.expect("text", "the game's title in quotation marks")


def _read_names(scanner: Scanner, what: str, owner: str) -> int:
    """Return how many names a list in braces holds."""
    scanner.expect("{", what)
    number = 0
    while scanner.kind == "text":
        scanner.advance()
        number += 1
    scanner.expect("}", f"the quoted name of another {owner}, or a closing brace")
    return number


def _read_actions(scanner: Scanner, players: int) -> list[int]:
    """Return the number of actions of each player, given as such or as lists of names."""
    scanner.expect("{", "the numbers of actions (such as { 3 2 }) or lists of their names")
    actions = []
    for player in range(1, players + 1):
        if scanner.kind == "{":
            number = _read_names(scanner, "", f"action of player {player}")
            if number == 0:
                scanner.fail(f"expected an action of player {player} before this point; got none.")
        else:
            number = scanner.whole(
                "how many actions player %d has", player, at_least=1, at_most=MAX_ENTRIES
            )
        actions.append(number)
    scanner.expect("}", f"a closing brace after the actions of {players} player(s)")
    return actions


def _read_outcomes(scanner: Scanner, actions: Sequence[int]) -> NDArray[np.float64]:
    """Return the payoffs of a list of outcomes and the numbers of those of each profile."""
    table = _read_outcome_list(scanner, len(actions))
    profiles, last = math.prod(actions), len(table) - 1
    what = f"outcome %d of {profiles}, a number from 0 to {last} ({game_size(actions)})"
    chosen = array("q")
    for k in range(1, profiles + 1):
        chosen.append(scanner.whole(what, k, at_most=last))
    flat: NDArray[np.float64] = table[np.array(chosen)].ravel()
    return flat


def _read_outcome_list(scanner: Scanner, players: int) -> NDArray[np.float64]:
    """Return the payoffs of the outcomes, one row each, after a row of zeros for outcome 0."""
    scanner.advance()
    payoffs = array("d", [0.0] * players)
    number = 0
    while scanner.kind == "{":
        scanner.advance()
        number += 1
        scanner.expect("text", f"the name of outcome {number} in quotation marks")
        for player in range(1, players + 1):
            payoffs.append(scanner.number("the payoff of player %d in outcome %d", player, number))
            if scanner.kind == ",":
                scanner.advance()
        scanner.expect("}", f"a closing brace after the {players} payoff(s) of outcome {number}")
    scanner.expect("}", "another outcome in braces, or a closing brace")
    return np.array(payoffs).reshape(-1, players)
