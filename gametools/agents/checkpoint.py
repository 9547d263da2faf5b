"""Everything that a run needs to go on, in one file that is whole or not there."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import torch

from gametools.storage import whole_file

__all__ = ["load_checkpoint", "save_checkpoint"]

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
    data = path.read_bytes()
    try:
        # Torch does not check an archive's sums: a damaged number would pass for a weight.
        if hashlib.sha256(data[:-_DIGEST]).digest() != data[-_DIGEST:]:
            raise ValueError
        content = torch.load(io.BytesIO(data[:-_DIGEST]), weights_only=False)
    except Exception as error:
        raise ValueError(
            f"{path} is no checkpoint, or a damaged one ({type(error).__name__}); remove it, and "
            "training starts again."
        ) from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(
            f"{path} is no checkpoint of this version; remove it, and training starts again."
        )
    return content
