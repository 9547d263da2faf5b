"""The 2x2 generators of the code released with MATRL, bit for bit.

Kept because a published table was made with them, not because they are good: each class is drawn
from its own hand-made distribution, and 91% of the cyclic games have their equilibrium within
0.05 of the boundary. For new work use the unbiased `random_2x2`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from gametools.games.normal_form import NormalFormGame
from gametools.validation import choice, count

__all__ = ["RELEASED_CLASSES", "released_2x2"]

_Array = NDArray[np.float64]
_Entries = tuple[_Array, _Array, _Array, _Array, _Array, _Array, _Array, _Array]
_DRAWS = 9  # the longest sequence of uniforms that one game consumes


def released_2x2(game_class: str, seeds: Iterable[int]) -> NormalFormGame:
    """Return one game of a class for each seed, exactly as the released program draws it.

    Parameters
    ----------
    game_class : {"coordination", "anticoordination", "cyclic"}
    seeds : iterable of int
        Seeds of `numpy.random.RandomState`, each in 0 .. 2**32 - 1; one game a seed.

    Returns
    -------
    NormalFormGame
        Batch of shape ``(len(seeds),)``.

    Raises
    ------
    ValueError
        If the class has no released generator, a seed is out of range, or there are no seeds.

    Notes
    -----
    Source: Wen et al. (2021), appendix E, and the program released with it. Nothing differs; the
    draws are made game by game and the arithmetic on all games at once.

    Examples
    --------
    >>> from gametools.games.released import released_2x2
    >>> released_2x2("coordination", [0]).payoffs[0, 0]
    array([[2.41164943, 0.5488135 ],
           [1.86676625, 1.26400287]])
    """
    draw = RELEASED_CLASSES[choice("game_class", game_class, RELEASED_CLASSES)]
    wanted = [count("seeds", seed) for seed in seeds]
    if not wanted:
        raise ValueError("`seeds` must name at least one game; got none.")
    if max(wanted) >= 2**32:
        raise ValueError(f"`seeds` must be below 2**32; got {max(wanted)}.")
    state = np.random.RandomState()
    uniforms = np.empty((_DRAWS, len(wanted)))
    for index, seed in enumerate(wanted):
        state.seed(seed)
        uniforms[:, index] = state.random_sample(_DRAWS)
    a, b, c, d, e, f, g, h = draw(uniforms)
    tensor = np.array([[[a, b], [c, d]], [[e, g], [f, h]]])
    return NormalFormGame(np.moveaxis(tensor, -1, 0), num_players=2)


def _coordination(u: _Array) -> _Entries:
    b = u[0]
    d = b + u[1]
    c = d + u[2]
    g, f = u[4], u[6]
    return c + u[3], b, c, d, g + u[5], f, g, f + u[7]


def _anticoordination(u: _Array) -> _Entries:
    a = -u[0] - 1
    c = a + u[1]
    b_low = np.abs(a) - 0.1 * u[3]
    d_low = np.where(np.abs(c) < b_low, np.abs(c), b_low) - 0.1 * u[4]
    d_high = c + 0.1 * u[3]
    b_high = d_high + 0.1 * u[4]
    low = u[2] < 0.5
    e, h = u[5], u[7]
    return (
        a,
        np.where(low, b_low, b_high),
        c,
        np.where(low, d_low, d_high),
        e,
        h + u[8],
        e + u[6],
        h,
    )


def _cyclic(u: _Array) -> _Entries:
    large, other = 0.5 + u[5], -(0.5 + u[5]) + 0.1 * u[6]
    near = np.abs(other) - 0.1 * u[7]
    row_first = (large, near - 0.1 * u[8], other, near)
    row_second = (other, near, large, near - 0.1 * u[8])
    low, high = (u[1], u[3]), (u[1] + u[2], u[3] + u[4])
    column_first = (low[0], high[1], high[0], low[1])
    column_second = (high[0], low[1], low[0], high[1])
    first = u[0] < 0.5
    a, b, c, d, e, f, g, h = (
        np.where(first, x, y)
        for x, y in zip(row_first + column_first, row_second + column_second, strict=True)
    )
    return a, b, c, d, e, f, g, h


RELEASED_CLASSES: dict[str, Callable[[_Array], _Entries]] = {
    "coordination": _coordination,
    "anticoordination": _anticoordination,
    "cyclic": _cyclic,
}
