"""Games in files: our own `.json` and `.npz`, Gambit's `.nfg` and GameTracer's `.gam`."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from pathlib import Path

import numpy as np

from gametools.games.gam import format_gam, parse_gam
from gametools.games.nfg import format_nfg, parse_nfg
from gametools.games.normal_form import NormalFormGame
from gametools.storage import whole_file

__all__ = ["SUFFIXES", "read_game", "write_game"]

_PARSERS = {".nfg": parse_nfg, ".gam": parse_gam}
_FORMATTERS = {".nfg": format_nfg, ".gam": format_gam}
SUFFIXES = (".json", ".npz", *_PARSERS)
"""What the path of a game file may end in."""

# What the readers of JSON and of NumPy's archives raise when the content is broken.
_NO_GAME = (
    AttributeError,
    EOFError,
    KeyError,
    MemoryError,
    OverflowError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)


def read_game(path: str | Path) -> NormalFormGame:
    """Read a game, or a batch of games, from a file.

    Parameters
    ----------
    path : str or Path
        ``.json``: an object with ``players`` (a number) and ``payoffs`` (nested lists, axes
        ``(*batch, n, a_1, ..., a_n)``). ``.npz``: arrays of the same names. ``.nfg``: a game in
        Gambit's format, see `parse_nfg`. ``.gam``: one in GameTracer's, see `parse_gam`.

    Returns
    -------
    NormalFormGame
        From ``.nfg`` and ``.gam`` a single game; titles, comments and names are dropped.

    Raises
    ------
    ValueError
        If the suffix is unknown or the file does not hold a game; the message says where, in
        text files by line and column.
    OSError
        If the file cannot be read.

    Examples
    --------
    >>> import tempfile, gametools as gt
    >>> path = Path(tempfile.mkdtemp()) / "pennies.nfg"
    >>> pennies = gt.NormalFormGame.from_bimatrix([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])
    >>> gt.write_game(pennies, path)
    >>> gt.read_game(path)
    NormalFormGame(2 players, 2x2 actions)
    """
    source = Path(path)
    suffix = _suffix(source)
    if suffix in _PARSERS:
        # What is not UTF-8 may stand in names, which are dropped; elsewhere the parser refuses it.
        text = source.read_text(encoding="utf-8-sig", errors="replace")
        return _PARSERS[suffix](text, str(source))
    try:
        if suffix == ".json":
            data = json.loads(source.read_text(encoding="utf-8"))
            return NormalFormGame(data["payoffs"], int(data["players"]))
        with np.load(io.BytesIO(source.read_bytes())) as arrays:
            return NormalFormGame(arrays["payoffs"], int(arrays["players"]))
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ValueError(f"{source} is not JSON: {error.msg} at {where}.") from None
    except _NO_GAME as error:
        reason = f"it lacks {error}" if isinstance(error, KeyError) else str(error)
        raise ValueError(
            f"{source} does not hold a game: {reason} (wanted: `players` and `payoffs`)"
        ) from None


def write_game(game: NormalFormGame, path: str | Path) -> None:
    """Write a game, or a batch, to a file that `read_game` reads back exactly.

    Parameters
    ----------
    game : NormalFormGame
        A single game for ``.nfg`` and ``.gam``.
    path : str or Path
        Ends in ``.json``, ``.npz``, ``.nfg`` or ``.gam``. The file is written whole or not at all.

    Raises
    ------
    ValueError
        If the suffix is unknown, or does not go with a batch.
    OSError
        If the file cannot be written.
    """
    target = Path(path)
    suffix = _suffix(target)
    if suffix == ".npz":
        with whole_file(target, "wb") as file:
            np.savez_compressed(file, players=np.array(game.num_players), payoffs=game.payoffs)
        return
    if suffix == ".json":
        data = {"players": game.num_players, "payoffs": game.payoffs.tolist()}
        text = json.dumps(data) + "\n"
    else:
        text = _FORMATTERS[suffix](game)
    with whole_file(target) as file:
        file.write(text)


def _suffix(path: Path) -> str:
    if path.suffix not in SUFFIXES:
        raise ValueError(f"`path` must end in {' or '.join(SUFFIXES)}; got {str(path)!r}.")
    return path.suffix
