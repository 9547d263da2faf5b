"""Files that are written whole or not at all, and the manifest that goes with results."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import secrets
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import IO, Any

__all__ = ["manifest", "require_writable_folder", "version", "whole_file", "write_results"]


def version(package: str = "gametools") -> str:
    """Return the installed version of a package."""
    return metadata.version(package)


@contextlib.contextmanager
def whole_file(path: str | Path, mode: str = "w") -> Iterator[IO[Any]]:
    """Open a temporary neighbour of `path` for writing; it takes the name only if all went well.

    Parameters
    ----------
    path : str or Path
        The file to write; its folder must exist.
    mode : {"w", "wb"}

    Examples
    --------
    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "table.csv"
    >>> with whole_file(target) as file:
    ...     _ = file.write("a,b")
    ...     target.exists()
    False
    >>> target.read_text()
    'a,b'
    """
    target = Path(path)
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    text = {} if "b" in mode else {"encoding": "utf-8", "newline": "\n"}
    try:
        with draft.open(mode, **text) as file:  # type: ignore[call-overload]
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def require_writable_folder(path: str | Path, name: str = "out") -> Path:
    """Return `path` as an existing folder that can be written to; make it if need be.

    Raises
    ------
    ValueError
        If it cannot be made or written to; the message names `name`, the value and the remedy.
    """
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe.{secrets.token_hex(4)}"
        with whole_file(probe):
            pass
        probe.unlink()
    except OSError as error:
        reason = error.strerror or str(error)
        raise ValueError(
            f"`{name}` must be a folder that can be written to; got {str(path)!r} ({reason}). "
            "Choose another folder."
        ) from None
    return folder


def manifest(*, seeds: Any, command: str, seconds: float, **more: Any) -> dict[str, Any]:
    """Return what is needed to make a result again: seeds, versions, command and duration.

    Parameters
    ----------
    seeds : JSON value
        Every seed that entered.
    command : str
        The one command that regenerates the result.
    seconds : float
        Wall-clock duration.
    **more : JSON values
        Settings worth recording.
    """
    packages = ("numpy", "scipy", "pandas", "matplotlib")
    return {
        "command": command,
        "seeds": seeds,
        **more,
        "seconds": round(seconds, 2),
        "versions": {
            "gametools": version(),
            "python": platform.python_version(),
            **{package: version(package) for package in packages},
        },
        "platform": f"{platform.system()} {platform.machine()}",
    }


def write_results(folder: Path, files: Mapping[str, str | bytes], about: dict[str, Any]) -> None:
    """Write a set of result files and, last of all, ``manifest.json`` with their checksums.

    An old manifest is removed first, so that a folder without one is incomplete, and whoever
    reads a manifest can tell whether the files beside it belong to it.
    """
    contents = {
        name: text.encode() if isinstance(text, str) else text for name, text in files.items()
    }
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in contents.items()}
    drafts = contextlib.ExitStack()
    with drafts:
        # All drafts are written before the first one takes its name: a full disk leaves the
        # old results as they were.
        for name, data in contents.items():
            drafts.enter_context(whole_file(folder / name, "wb")).write(data)
        (folder / "manifest.json").unlink(missing_ok=True)
    with whole_file(folder / "manifest.json") as file:
        json.dump(about | {"sha256": digests}, file, indent=2)
        file.write("\n")
