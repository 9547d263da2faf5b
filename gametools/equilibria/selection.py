"""Which equilibrium of a meta-game is played?"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from gametools.equilibria.two_by_two import TwoByTwoEquilibria
from gametools.validation import choice

__all__ = ["SELECTIONS", "select_equilibrium"]

Array = NDArray[np.float64]


def select_equilibrium(
    found: TwoByTwoEquilibria, selection: str, rng: np.random.Generator
) -> Array:
    """Return one equilibrium of each game.

    Parameters
    ----------
    found : TwoByTwoEquilibria
        All equilibria of a batch of games.
    selection : {"random", "pure-first", "best-total", "last-listed"}
        One uniformly at random; the first listed, which is pure where a pure one exists; the one
        with the largest sum of payoffs (the first of several); the last listed.
    rng : numpy.random.Generator
        Used by ``"random"`` only, one draw a game.

    Returns
    -------
    array, shape ``(*batch, 2)``
        Each player's probability of its first action.

    Raises
    ------
    ValueError
        If `selection` is unknown.

    Notes
    -----
    Source: ``"random"`` is Wen et al. (2021), section 2.2; ``"last-listed"`` is what the program
    released with it does. The other two are ours.

    Examples
    --------
    >>> import numpy as np, gametools as gt
    >>> from gametools.equilibria import select_equilibrium
    >>> stag_hunt = gt.NormalFormGame.from_bimatrix([[4, 0], [3, 3]], [[4, 3], [0, 3]])
    >>> select_equilibrium(gt.solve_2x2(stag_hunt), "last-listed", np.random.default_rng(0))
    array([0.75, 0.75])
    """
    slots = SELECTIONS[choice("selection", selection, SELECTIONS)](found, rng)
    rows = np.moveaxis(found.equilibria, (-1, -2), (0, 1))
    return np.moveaxis(np.take_along_axis(rows, slots[None, None], axis=1)[:, 0], 0, -1)


def _random(found: TwoByTwoEquilibria, rng: np.random.Generator) -> NDArray[np.intp]:
    drawn = rng.random(found.counts.shape) * found.counts
    return np.asarray(drawn.astype(np.intp))


def _pure_first(found: TwoByTwoEquilibria, rng: np.random.Generator) -> NDArray[np.intp]:
    del rng
    return np.zeros(found.counts.shape, dtype=np.intp)


def _last_listed(found: TwoByTwoEquilibria, rng: np.random.Generator) -> NDArray[np.intp]:
    del rng
    return np.asarray(found.counts - 1)


def _best_total(found: TwoByTwoEquilibria, rng: np.random.Generator) -> NDArray[np.intp]:
    del rng
    p1, p2 = np.moveaxis(found.equilibria, -1, 0)
    total = np.moveaxis(found.game.payoffs.sum(axis=-3), (-2, -1), (0, 1))[..., None]
    value = p1 * (p2 * total[0, 0] + (1 - p2) * total[0, 1])
    value += (1 - p1) * (p2 * total[1, 0] + (1 - p2) * total[1, 1])
    return np.asarray(np.nanargmax(value, axis=-1))


SELECTIONS: dict[str, Callable[[TwoByTwoEquilibria, np.random.Generator], NDArray[np.intp]]] = {
    "random": _random,
    "pure-first": _pure_first,
    "best-total": _best_total,
    "last-listed": _last_listed,
}
"""Ways of choosing that `select_equilibrium` knows."""
