"""Pictures of grids: coloured cells with discs, diamonds and numbers."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["AGENT_COLOURS", "FloatArray", "GridPicture"]

FloatArray: TypeAlias = NDArray[np.float64]
Colour: TypeAlias = tuple[int, int, int]

CELL = 40  # pixels
FLOOR, WALL, LINE = (250, 250, 250), (70, 70, 70), (205, 205, 205)

# Okabe and Ito's palette: told apart by colour-blind readers.
AGENT_COLOURS: tuple[Colour, ...] = (
    (0, 114, 178),
    (230, 159, 0),
    (0, 158, 115),
    (204, 121, 167),
    (86, 180, 233),
    (213, 94, 0),
)

_LUMINANCE = np.array([0.299, 0.587, 0.114])

# Rows of three pixels, as bits.
_DIGITS = (
    (7, 5, 5, 5, 7), (2, 6, 2, 2, 7), (7, 1, 7, 4, 7), (7, 1, 3, 1, 7), (5, 5, 7, 1, 1),
    (7, 4, 7, 1, 7), (7, 4, 7, 5, 7), (7, 1, 1, 2, 2), (7, 5, 7, 5, 7), (7, 5, 7, 1, 7),
)  # fmt: skip


class GridPicture:
    """A grid to draw on; `image` is the picture, shape ``(height, width, 3)``."""

    def __init__(self, rows: int, columns: int) -> None:
        self.image = np.full((rows * CELL + 1, columns * CELL + 1, 3), FLOOR, dtype=np.uint8)
        self.image[::CELL] = LINE
        self.image[:, ::CELL] = LINE
        across = np.arange(1, CELL) - CELL / 2
        self._y, self._x = across[:, None], across[None, :]

    def fill(self, row: int, column: int, colour: Colour = WALL) -> None:
        """Fill a cell."""
        self._inside(row, column)[:] = colour

    def disc(self, row: int, column: int, colour: Colour, radius: float = 0.38) -> None:
        """Draw a disc; `radius` is in cells."""
        inside = self._x**2 + self._y**2 <= (radius * CELL) ** 2
        self._inside(row, column)[inside] = colour

    def ring(self, row: int, column: int, colour: Colour, radius: float = 0.42) -> None:
        """Draw a circle."""
        away = np.sqrt(self._x**2 + self._y**2) / CELL
        self._inside(row, column)[np.abs(away - radius) <= 0.05] = colour

    def diamond(self, row: int, column: int, colour: Colour, radius: float = 0.34) -> None:
        """Draw a square on its corner."""
        inside = np.abs(self._x) + np.abs(self._y) <= radius * CELL
        self._inside(row, column)[inside] = colour

    def number(self, row: int, column: int, value: int, colour: Colour | None = None) -> None:
        """Write a number of one or two digits in a cell: by default in what stands out there."""
        if colour is None:
            dark = self._inside(row, column)[CELL // 2, CELL // 2] @ _LUMINANCE < 128
            colour = FLOOR if dark else WALL
        digits = [_DIGITS[int(digit)] for digit in str(value)[:2]]
        glyph = np.array([[[(line >> k) & 1 for k in (2, 1, 0)] for line in d] for d in digits])
        joined = np.concatenate([np.pad(d, ((0, 0), (0, 1))) for d in glyph], axis=1)[:, :-1]
        shape = np.kron(joined, np.ones((3, 3), dtype=int)).astype(bool)
        top, left = (CELL - 1 - shape.shape[0]) // 2, (CELL - 1 - shape.shape[1]) // 2
        cell = self._inside(row, column)[top:, left:]
        cell[: shape.shape[0], : shape.shape[1]][shape] = colour

    def _inside(self, row: int, column: int) -> NDArray[np.uint8]:
        y, x = row * CELL, column * CELL
        return self.image[y + 1 : y + CELL, x + 1 : x + CELL]
