"""Games in files: our own `.json` and `.npz`."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np

from gametools.games.normal_form import NormalFormGame
from gametools.storage import whole_file

__all__ = ["read_game", "write_game"]

SUFFIXES = (".json", ".npz")


def read_game(path: str | Path) -> NormalFormGame:
    """Read a game, or a batch of games, from a file.

    Parameters
    ----------
    path : str or Path
        ``.json``: an object with ``players`` (a number) and ``payoffs`` (nested lists, axes
        ``(*batch, n, a_1, ..., a_n)``). ``.npz``: arrays of the same names.

    Returns
    -------
    NormalFormGame

    Raises
    ------
    ValueError
        If the suffix is unknown or the file does not hold a game; the message says where.
    OSError
        If the file cannot be read.

    Examples
    --------
    >>> import tempfile, gametools as gt
    >>> path = Path(tempfile.mkdtemp()) / "pennies.json"
    >>> pennies = gt.NormalFormGame.from_bimatrix([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])
    >>> gt.write_game(pennies, path)
    >>> gt.read_game(path)
    NormalFormGame(2 players, 2x2 actions)
    """
    source = Path(path)
    suffix = _suffix(source)
    try:
        if suffix == ".json":
            data = json.loads(source.read_text(encoding="utf-8"))
            return NormalFormGame(data["payoffs"], int(data["players"]))
        with np.load(source) as arrays:
            return NormalFormGame(arrays["payoffs"], int(arrays["players"]))
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ValueError(f"{source} is not JSON: {error.msg} at {where}.") from None
    except (KeyError, TypeError, ValueError, EOFError, zipfile.BadZipFile) as error:
        reason = f"it lacks {error}" if isinstance(error, KeyError) else str(error)
        raise ValueError(
            f"{source} does not hold a game: {reason} (wanted: `players` and `payoffs`)"
        ) from None


def write_game(game: NormalFormGame, path: str | Path) -> None:
    """Write a game, or a batch, to a file that `read_game` reads back exactly.

    Parameters
    ----------
    game : NormalFormGame
    path : str or Path
        Ends in ``.json`` or ``.npz``. The file is written whole or not at all.

    Raises
    ------
    ValueError
        If the suffix is unknown.
    OSError
        If the file cannot be written.
    """
    target = Path(path)
    if _suffix(target) == ".json":
        text = json.dumps({"players": game.num_players, "payoffs": game.payoffs.tolist()})
        with whole_file(target) as file:
            file.write(text + "\n")
        return
    with whole_file(target, "wb") as file:
        np.savez_compressed(file, players=np.array(game.num_players), payoffs=game.payoffs)


def _suffix(path: Path) -> str:
    if path.suffix not in SUFFIXES:
        raise ValueError(f"`path` must end in {' or '.join(SUFFIXES)}; got {str(path)!r}.")
    return path.suffix
