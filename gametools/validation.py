"""Checks of arguments at the public edge: one line that names argument, value and remedy."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["choice", "count", "finite_array", "generator", "number"]


def number(
    name: str,
    value: Any,
    *,
    above: float | None = None,
    at_least: float | None = None,
    at_most: float | None = None,
) -> float:
    """Return `value` as a finite float within bounds.

    Raises
    ------
    TypeError
        If `value` is not a real number.
    ValueError
        If it is not finite or out of bounds; the message names `name`, bound and value.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(f"`{name}` must be a number; got {value!r}.")
    result = float(value)
    if not math.isfinite(result):
        raise ValueError(f"`{name}` must be finite; got {value!r}.")
    if above is not None and not result > above:
        wanted = "positive" if above == 0 else f"greater than {above:g}"
        raise ValueError(f"`{name}` must be {wanted}; got {value!r}.")
    if at_least is not None and not result >= at_least:
        raise ValueError(f"`{name}` must be at least {at_least:g}; got {value!r}.")
    if at_most is not None and not result <= at_most:
        raise ValueError(f"`{name}` must be at most {at_most:g}; got {value!r}.")
    return result


def count(name: str, value: Any, *, at_least: int = 0, at_most: int | None = None) -> int:
    """Return `value` as an int within bounds; raise an error that names it otherwise."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"`{name}` must be a whole number; got {value!r}.")
    if value < at_least:
        raise ValueError(f"`{name}` must be at least {at_least}; got {value!r}.")
    if at_most is not None and value > at_most:
        raise ValueError(f"`{name}` must be at most {at_most}; got {value!r}.")
    return int(value)


def choice(name: str, value: Any, options: Iterable[str]) -> str:
    """Return `value` if it is one of `options`; suggest the nearest one otherwise."""
    known = [str(option) for option in options]
    if isinstance(value, str) and value in known:
        return value
    near = difflib.get_close_matches(str(value), known, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise ValueError(f"`{name}` must be one of {', '.join(known)}; got {value!r}.{hint}")


def finite_array(name: str, value: ArrayLike) -> NDArray[np.float64]:
    """Return `value` as a float64 array without NaN or infinity (no copy where none is needed)."""
    try:
        raw = np.asarray(value)
        if raw.dtype.kind in "USmMV" or (
            raw.dtype.kind == "O" and any(v is None for v in raw.flat)
        ):
            raise TypeError
        array = raw.astype(np.float64, copy=False)
    except (TypeError, ValueError) as error:
        raise TypeError(f"`{name}` must be an array of numbers; got {type(value)}.") from error
    finite = np.isfinite(array)
    if not finite.all():
        where = tuple(int(i) for i in np.argwhere(~finite)[0])
        raise ValueError(f"`{name}` must be finite; entry {where} is {array[where]}.")
    return array


def generator(rng: int | np.random.Generator | None) -> np.random.Generator:
    """Return the generator that `rng` stands for: itself, one seeded by an int, or a fresh one."""
    if isinstance(rng, np.random.Generator):
        return rng
    if rng is None:
        return np.random.default_rng()
    return np.random.default_rng(count("rng", rng))
