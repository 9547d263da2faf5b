"""A game named on the command line: by the catalogue's name, or by a file."""

from __future__ import annotations

import difflib
from fractions import Fraction
from pathlib import Path

from gametools.games import (
    NAMED_DIFFERENTIABLE_GAMES,
    NAMED_GAMES,
    DifferentiableGame,
    NormalFormGame,
    named_differentiable_game,
    named_game,
    read_game,
)
from gametools.own_code import own_object

__all__ = ["any_game_from_word", "game_from_word", "point_from_word"]


def game_from_word(word: str) -> NormalFormGame:
    """Return the game that a word of the command line stands for.

    Parameters
    ----------
    word : str
        A name in `NAMED_GAMES`, or the path of a file that `read_game` reads.

    Raises
    ------
    ValueError
        If it is neither; the message suggests a similar name.
    """
    if word in NAMED_GAMES:
        return named_game(word)
    if Path(word).exists():
        return read_game(word)
    near = difflib.get_close_matches(word, NAMED_GAMES, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else " See `gametools list games`."
    raise ValueError(f"`GAME` must be a file or the name of a game; got {word!r}.{hint}")


def any_game_from_word(word: str) -> NormalFormGame | DifferentiableGame:
    """Return the game, of any kind, that a word of the command line stands for.

    Parameters
    ----------
    word : str
        What `game_from_word` takes, a name in `NAMED_DIFFERENTIABLE_GAMES`, or
        ``module:function``: a function without arguments that returns a game. The module is
        looked for in the current folder too.

    Raises
    ------
    ValueError
        If it is nothing of these, or the function does not return a game; the message says which.
    """
    if word in NAMED_DIFFERENTIABLE_GAMES:
        return named_differentiable_game(word)
    if ":" in word and not Path(word).exists():
        return _made_by(word)
    try:
        return game_from_word(word)
    except ValueError:
        if word in NAMED_GAMES or Path(word).exists():
            raise
    names = (*NAMED_GAMES, *NAMED_DIFFERENTIABLE_GAMES)
    near = difflib.get_close_matches(word, names, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else " See `gametools list games`."
    raise ValueError(
        f"`GAME` must be a file, the name of a game or module:function; got {word!r}.{hint}"
    )


def point_from_word(word: str, option: str) -> list[float]:
    """Return the numbers of ``P,Q,...``; a fraction such as 1/3 is a number.

    Raises
    ------
    ValueError
        If an entry is no number; the message names `option`.
    """
    try:
        return [float(Fraction(entry.strip())) for entry in word.split(",")]
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"`{option}` must be numbers such as 0.5,1/3; got {word!r}.") from None


def _made_by(word: str) -> NormalFormGame | DifferentiableGame:
    with own_object(word, "GAME") as function:
        if not callable(function):
            raise ValueError(f"`GAME` {word!r} must be a function; got {function!r}.")
        game = function()  # it too may import what lies beside its module
    if not isinstance(game, NormalFormGame | DifferentiableGame):
        raise ValueError(f"`GAME` {word!r} must return a game; got {type(game).__qualname__}.")
    return game
