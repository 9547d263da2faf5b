"""Games of other libraries: to and from nashpy and pygambit, which are imported on demand."""

from __future__ import annotations

import importlib
import io
from typing import Any

from gametools.games.nfg import format_nfg, parse_nfg, require_single_game
from gametools.games.normal_form import NormalFormGame

__all__ = ["from_nashpy", "from_pygambit", "to_nashpy", "to_pygambit"]


def from_nashpy(game: Any) -> NormalFormGame:
    """Return the game that a `nashpy.Game` holds.

    Parameters
    ----------
    game : nashpy.Game
        Only its ``payoff_matrices`` are read, so nashpy itself need not be installed.

    Returns
    -------
    NormalFormGame
        Two players, a single game.

    Raises
    ------
    TypeError
        If `game` has no ``payoff_matrices``.
    ValueError
        If these are not two finite matrices of one shape.

    Notes
    -----
    Source: nashpy's class ``Game`` (tried with 0.0.43); rows are the first player's actions in
    both matrices, as here. Nothing differs.

    Examples
    --------
    >>> import nashpy
    >>> from gametools.games.adapters import from_nashpy
    >>> from_nashpy(nashpy.Game([[1, -1], [-1, 1]])).payoffs[1]
    array([[-1.,  1.],
           [ 1., -1.]])
    """
    matrices = getattr(game, "payoff_matrices", None)
    if matrices is None:
        raise TypeError(f"`game` must be a nashpy.Game; got {type(game).__qualname__}.")
    row, column = matrices
    return NormalFormGame.from_bimatrix(row, column)


def to_nashpy(game: NormalFormGame) -> Any:
    """Return a two-player game as a `nashpy.Game`.

    Parameters
    ----------
    game : NormalFormGame
        A single game of two players.

    Returns
    -------
    nashpy.Game
        Holds copies of the payoffs.

    Raises
    ------
    ValueError
        If `game` is a batch or has other than two players.
    ImportError
        If nashpy is not installed.

    Examples
    --------
    >>> import gametools as gt
    >>> from gametools.games.adapters import to_nashpy
    >>> pennies = gt.NormalFormGame.from_bimatrix([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])
    >>> bool(to_nashpy(pennies).zero_sum)
    True
    """
    require_single_game(game, "a nashpy.Game")
    if game.num_players != 2:
        raise ValueError(f"`game` must have two players for nashpy; got {game.num_players}.")
    row, column = game.payoffs.copy()
    return _package("nashpy", "to_nashpy").Game(row, column)


def from_pygambit(game: Any) -> NormalFormGame:
    """Return the normal form of a `pygambit.Game`.

    Parameters
    ----------
    game : pygambit.Game
        Strategic or extensive; of the latter the reduced normal form is taken. Only its method
        ``to_nfg`` is called (pygambit 16.3 and later; tried with 16.7 and 17.0b2).

    Returns
    -------
    NormalFormGame
        A single game. Gambit's exact payoffs become floats, each rounded once; names are dropped.

    Raises
    ------
    TypeError
        If `game` has no method ``to_nfg``.
    ValueError
        If a payoff is out of the range of floats, or the game is larger than `parse_nfg` takes.

    Notes
    -----
    Source: Gambit's own `.nfg` text, which is the same in all its versions, where the Python
    classes are not.
    """
    write = getattr(game, "to_nfg", None)
    if write is None:
        raise TypeError(
            "`game` must be a pygambit.Game with the method `to_nfg` (pygambit 16.3 or later); "
            f"got {type(game).__qualname__}."
        )
    return parse_nfg(write(), "<pygambit>")


def to_pygambit(game: NormalFormGame) -> Any:
    """Return a game as a `pygambit.Game` in strategic form.

    Parameters
    ----------
    game : NormalFormGame
        A single game.

    Returns
    -------
    pygambit.Game
        Each payoff is the exact decimal that Python prints for the float: 0.1 becomes 1/10, not
        the binary fraction nearest to it. `from_pygambit` gives the same floats back.

    Raises
    ------
    ValueError
        If `game` is a batch.
    ImportError
        If pygambit is not installed.
    """
    require_single_game(game, "a pygambit.Game")
    return _package("pygambit", "to_pygambit").read_nfg(io.StringIO(format_nfg(game)))


def _package(name: str, caller: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise ImportError(
            f"`{caller}` needs the package {name}, which is not installed: pip install {name}",
            name=name,
        ) from None
