"""Runs to be watched: animated GIFs."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gametools.storage import whole_file
from gametools.validation import number

__all__ = ["write_gif"]


def write_gif(
    path: str | Path, frames: Iterable[NDArray[np.uint8]], *, per_second: float = 5.0
) -> None:
    """Write pictures as an animated GIF that plays for ever; the file is whole or not there.

    Parameters
    ----------
    path : str or Path
        The file to write; its folder must exist.
    frames : iterable of uint8 arrays, shape ``(height, width, 3)``
        All of one shape, at least one; for example what `Environment.render` returns.
    per_second : float
        Frames shown each second, in (0, 50]: GIFs count hundredths of a second.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit; nothing is written.

    Examples
    --------
    >>> import tempfile
    >>> from gametools.envs import Switch, write_gif
    >>> env = Switch(num_agents=4)
    >>> _ = env.reset()
    >>> path = Path(tempfile.mkdtemp()) / "start.gif"
    >>> write_gif(path, [env.render()])
    >>> path.read_bytes()[:6]
    b'GIF89a'
    """
    from PIL import Image

    number("per_second", per_second, above=0.0, at_most=50.0)
    pictures = [np.asarray(frame) for frame in frames]
    if not pictures:
        raise ValueError("`frames` must have at least one picture; got none.")
    for k, picture in enumerate(pictures):
        if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
            raise ValueError(
                "`frames` must be uint8 arrays of shape (height, width, 3); "
                f"frame {k} is {picture.dtype} {picture.shape}."
            )
        if picture.shape != pictures[0].shape:
            raise ValueError(
                f"`frames` must have one shape; frame 0 has {pictures[0].shape}, frame {k} "
                f"{picture.shape}."
            )
    first, *rest = (Image.fromarray(picture) for picture in pictures)
    buffer = io.BytesIO()
    milliseconds = round(100 / per_second) * 10
    first.save(
        buffer, format="GIF", save_all=True, append_images=rest, duration=milliseconds, loop=0
    )
    with whole_file(path, "wb") as file:
        file.write(buffer.getvalue())
