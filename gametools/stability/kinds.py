"""The kinds of rest, and how the spectrum of a game's Jacobian decides between them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

__all__ = ["FLAGS", "KIND_MARGIN", "ZERO_TOLERANCE", "Kind", "Spectrum", "label", "three_valued"]

Array = NDArray[np.float64]
Codes = NDArray[np.int8]
"""1 for true, 0 for false, -1 for undecided."""

KIND_MARGIN = 1e-6
"""A quantity must be this far from 0, relative to the game's scale, to decide anything."""
ZERO_TOLERANCE = 1e-10
"""A quantity this close to 0, relative to the game's scale, is a zero up to rounding."""


class Kind(StrEnum):
    """What kind of rest a point is: the first that applies, losses being minimised.

    H is the game's Jacobian on the free directions, S its symmetric part.
    """

    NOT_FIXED = "not a fixed point"
    UNDECIDED = "undecided"
    STABLE = "stable"
    UNSTABLE = "unstable"
    STRICT_SADDLE = "strict saddle"
    ATTRACTING = "attracting"
    CENTRE = "centre"


KINDS = np.array(list(Kind), dtype=object)
FLAGS = (
    "is_stable",
    "is_unstable",
    "is_strict_saddle",
    "is_weak_stable",
    "is_attracting",
    "is_local_nash",
    "is_differential_nash",
)
"""The flags of a `FixedPoint`, each True, False or None (undecided)."""


@dataclass(frozen=True, eq=False)
class Spectrum:
    """What decides: eigenvalues of H and S on the free directions, relative to a scale.

    Attributes
    ----------
    eigenvalues : complex array, shape ``(N, d)``
        Of H, not divided by the scale; NaN past the number of free directions.
    lowest, highest : arrays, shape ``(N,)``
        Smallest and largest eigenvalue of S; inf and -inf without a free direction.
    real : array, shape ``(N,)``
        Smallest real part of an eigenvalue of H; inf without a free direction.
    size : array, shape ``(N,)``
        Smallest modulus of an eigenvalue of H; inf without a free direction.
    own : array, shape ``(N,)``
        Smallest own curvature of a player; inf without a free direction.
    """

    eigenvalues: NDArray[np.complex128]
    lowest: Array
    highest: Array
    real: Array
    size: Array
    own: Array


def three_valued(value: Array, *, at_zero: bool) -> Codes:
    """Return 1 where `value` is surely positive, 0 where surely negative, -1 between.

    A zero up to rounding counts as `at_zero`: true for a condition ``>= 0``, false for ``> 0``.

    Examples
    --------
    >>> import numpy as np
    >>> three_valued(np.array([1.0, 1e-8, 1e-12, -1e-8, -1.0]), at_zero=True)
    array([ 1, -1,  1, -1,  0], dtype=int8)
    """
    code = np.where(value > KIND_MARGIN, 1, np.where(value < -KIND_MARGIN, 0, -1))
    return np.where(np.abs(value) <= ZERO_TOLERANCE, int(at_zero), code).astype(np.int8)


def both(one: Codes, other: Codes) -> Codes:
    """Three-valued "and": false if either is false, else undecided if either is."""
    return np.where((one == 0) | (other == 0), 0, np.minimum(one, other)).astype(np.int8)


def label(spectrum: Spectrum) -> tuple[Codes, Array, dict[str, Codes], dict[str, Array]]:
    """Return the kind of every point, its margin, and the flags with theirs.

    Returns
    -------
    kind : int8 array, shape ``(N,)``
        Index into the members of `Kind`.
    margin : array, shape ``(N,)``
        The smallest distance from 0, relative to the scale, of the quantities that decided; for
        an undecided point, the distance of the one that did not.
    flags, margins : dicts of arrays, shape ``(N,)``
        Codes, and signed margins: positive where the condition holds.

    Notes
    -----
    Source: stable and unstable, Balduzzi et al. (2018), definition 3, and Letcher et al. (2019),
    section 2; strict saddle, Letcher et al. (2019), definition 5; weak stable, Wen et al. (2021),
    section 2.4, whose Jacobian is the negative of ours. Ours adds "attracting" and "centre", and
    says "undecided" where a quantity is too close to 0.
    """
    low, high, real, size = spectrum.lowest, spectrum.highest, spectrum.real, spectrum.size
    empty = ~np.isfinite(low)
    invertible = three_valued(size, at_zero=False)
    definite = three_valued(low, at_zero=False)
    negative = np.where(empty, 0, three_valued(-high, at_zero=False)).astype(np.int8)
    escapes = three_valued(-real, at_zero=False)
    pulls = three_valued(real, at_zero=False)

    steps = (  # kind, does it apply, the quantity that says so
        (Kind.STABLE, definite, low),
        (Kind.UNSTABLE, negative, high),
        (Kind.STRICT_SADDLE, escapes, real),
        (Kind.ATTRACTING, pulls, real),
    )
    kind, margin = _first_that_applies(steps, invertible, size)
    flags = {
        "is_stable": both(three_valued(low, at_zero=True), invertible),
        "is_unstable": negative,
        "is_strict_saddle": escapes,
        "is_weak_stable": np.where(empty, 1, three_valued(high, at_zero=True)).astype(np.int8),
        "is_attracting": pulls,
        "is_differential_nash": three_valued(spectrum.own, at_zero=False),
    }
    margins = {
        "is_stable": np.minimum(low, size),
        "is_unstable": -np.where(empty, np.inf, high),
        "is_strict_saddle": -real,
        "is_weak_stable": np.where(empty, np.inf, high),
        "is_attracting": real,
        "is_differential_nash": spectrum.own,
    }
    return kind, margin, flags, margins


def _first_that_applies(
    steps: tuple[tuple[Kind, Codes, Array], ...], invertible: Codes, size: Array
) -> tuple[Codes, Array]:
    """Return the first kind of `steps` that holds, a centre if none does, and the margins."""
    order = list(Kind)
    kind = np.where(invertible == 1, order.index(Kind.CENTRE), order.index(Kind.UNDECIDED))
    margin = size.copy()
    undecided = invertible != 1
    open_ = ~undecided
    for name, holds, quantity in steps:
        distance = np.abs(quantity)
        unsure = open_ & (holds == -1)
        kind[unsure], margin[unsure] = order.index(Kind.UNDECIDED), distance[unsure]
        chosen = open_ & (holds == 1)
        kind[chosen], margin[chosen] = order.index(name), np.minimum(margin, distance)[chosen]
        open_ = open_ & (holds == 0)
        # A condition that surely fails is a boundary of the kinds after it, unless it is a zero.
        near = open_ & (distance > ZERO_TOLERANCE)
        margin = np.where(near, np.minimum(margin, distance), margin)
    return kind.astype(np.int8), margin
