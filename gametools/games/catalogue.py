"""Games that have a name, each with its source."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gametools.games.named_many_player import MANY_PLAYER_GAMES
from gametools.games.named_two_player import TWO_PLAYER_GAMES
from gametools.games.normal_form import NormalFormGame
from gametools.validation import choice

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["NAMED_GAMES", "catalogue_frame", "named_game"]

_GAMES = TWO_PLAYER_GAMES | MANY_PLAYER_GAMES
NAMED_GAMES = tuple(_GAMES)
"""Names that `named_game` takes."""


def named_game(name: str) -> NormalFormGame:
    """Return a game of the literature by its name.

    Parameters
    ----------
    name : str
        A name in `NAMED_GAMES`; `catalogue_frame` says more about each.

    Returns
    -------
    NormalFormGame
        A single game.

    Raises
    ------
    ValueError
        If there is no game of this name; the message suggests the nearest one.

    Notes
    -----
    Source: the column ``source`` of `catalogue_frame`. Payoffs and the order of players and
    actions are as printed there, unless the entry says otherwise.

    Examples
    --------
    >>> import gametools as gt
    >>> gt.named_game("prisoners_dilemma").payoffs[0]
    array([[3., 0.],
           [5., 1.]])
    """
    cells = _GAMES[choice("name", name, NAMED_GAMES)][0]
    actions = _actions(cells)
    values = [cell.split(",") for cell in cells.partition(":")[2].split()]
    payoffs = np.array(values, dtype=np.float64).T.reshape(len(actions), *actions)
    return NormalFormGame(np.ascontiguousarray(payoffs), len(actions))


def catalogue_frame() -> pd.DataFrame:
    """Return all named games as a frame: name, players, actions, source and what each shows.

    Examples
    --------
    >>> import gametools as gt
    >>> frame = gt.games.catalogue_frame().set_index("name")
    >>> print(frame.loc["shapley_1964", ["players", "actions", "source", "shows"]].to_string())
    players                                                    2
    actions                                                  3x3
    source       Shapley (1964), Some topics in two-person games
    shows      fictitious play cycles for ever, ever more slowly
    """
    import pandas as pd

    rows = [
        {
            "name": name,
            "players": len(_actions(cells)),
            "actions": "x".join(map(str, _actions(cells))),
            "source": source,
            "shows": shows,
        }
        for name, (cells, source, shows) in _GAMES.items()
    ]
    return pd.DataFrame(rows)


def _actions(cells: str) -> list[int]:
    return [int(number) for number in cells.partition(":")[0].split("x")]
