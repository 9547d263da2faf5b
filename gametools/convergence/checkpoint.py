"""Finished parts of a study, kept so that an interrupted one resumes."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import numpy as np

from gametools.convergence.stream import Outcome
from gametools.storage import require_writable_folder, version, whole_file

__all__ = ["Checkpoint"]


class Checkpoint:
    """A folder of finished parts, or nothing at all.

    Parameters
    ----------
    folder : str, Path or None
        Where parts are kept; made if need be. None keeps nothing.

    Raises
    ------
    ValueError
        If the folder cannot be written to.
    """

    def __init__(self, folder: str | Path | None) -> None:
        self._folder = None if folder is None else require_writable_folder(folder, "checkpoint")

    def key(self, *identity: bytes | str) -> str:
        """Return a name for the part that these settings and this version define."""
        if self._folder is None:
            return ""
        digest = hashlib.sha256(version().encode())
        for item in identity:
            data = item.encode() if isinstance(item, str) else item
            digest.update(len(data).to_bytes(8, "little") + data)
        return digest.hexdigest()[:32]

    def load(self, key: str) -> Outcome | None:
        """Return a part that is kept under `key`; None if there is none, or it is damaged."""
        if self._folder is None:
            return None
        try:
            # NumPy leaves a damaged file open if it opened it itself.
            with (self._folder / f"{key}.npz").open("rb") as file, np.load(file) as part:
                return Outcome(part["steps"], part["lost"])
        except Exception:  # a damaged file raises anything: zlib.error, EOFError, TokenError, ...
            return None

    def save(self, key: str, outcome: Outcome) -> None:
        """Keep a part."""
        if self._folder is not None:
            with whole_file(self._folder / f"{key}.npz", "wb") as file:
                np.savez_compressed(file, steps=outcome.steps, lost=outcome.lost)

    def clear(self) -> None:
        """Remove the parts, and the folder if nothing else is in it."""
        if self._folder is None:
            return
        for part in self._folder.glob("*.npz"):
            if re.fullmatch("[0-9a-f]{32}", part.stem):
                part.unlink()
        if not any(self._folder.iterdir()):
            self._folder.rmdir()
