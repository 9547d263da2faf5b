"""Everything that a run needs to go on, in one file that is whole or not there."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import torch

from gametools.storage import whole_file

__all__ = ["check_checkpoint", "load_checkpoint", "save_checkpoint"]

FORMAT = 1
_DIGEST = 32  # bytes at the end; torch.load passes over them


def save_checkpoint(path: Path, content: dict[str, Any]) -> None:
    """Write a checkpoint; a failure leaves the last one as it was.

    Raises
    ------
    OSError
        If it cannot be written, for example on a full disk.
    """
    buffer = io.BytesIO()
    torch.save({"format": FORMAT} | content, buffer)
    with whole_file(path, "wb") as file:
        file.write(buffer.getbuffer())
        file.write(hashlib.sha256(buffer.getbuffer()).digest())


def check_checkpoint(path: Path) -> None:
    """Check that a checkpoint is whole, if there is one; nothing of it is loaded.

    Raises
    ------
    ValueError
        If the file is no checkpoint, or a damaged one; the message names it.
    """
    if path.exists():
        _whole(path)


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint.

    Raises
    ------
    ValueError
        If the file is no checkpoint, or a damaged one; the message names it.

    Notes
    -----
    A checkpoint is read by pickle: read only those that you trust.
    """
    archive = io.BytesIO(_whole(path))
    try:
        content = torch.load(archive, weights_only=False)
    except Exception as error:  # whatever unpickling objects of another version runs into
        raise ValueError(_refusal(path, f"no checkpoint that can be read ({error})")) from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(_refusal(path, "no checkpoint of this version"))
    return content


def _whole(path: Path) -> bytes:
    """Return a checkpoint's archive, whose digest is that at the end of the file.

    Torch does not check an archive's sums: a damaged number would pass for a weight.
    """
    data = path.read_bytes()
    if hashlib.sha256(data[:-_DIGEST]).digest() != data[-_DIGEST:]:
        raise ValueError(_refusal(path, "no checkpoint, or a damaged one"))
    return data[:-_DIGEST]


def _refusal(path: Path, what: str) -> str:
    return f"{path} is {what}; remove {path.parent}, and training starts again."
