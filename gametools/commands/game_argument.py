"""A game named on the command line: by the catalogue's name, or by a file."""

from __future__ import annotations

import difflib
from pathlib import Path

from gametools.games import NAMED_GAMES, NormalFormGame, named_game, read_game

__all__ = ["game_from_word"]


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
