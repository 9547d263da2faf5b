"""Random ensembles of games, by class."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from gametools.games.normal_form import NormalFormGame
from gametools.games.released import released_2x2
from gametools.games.taxonomy import GameClass
from gametools.validation import choice, count, generator

__all__ = ["ENSEMBLES_2X2", "random_2x2"]

# Signs of the four payoff differences (row against column's first and second action, column
# against row's first and second): + where the first action is better.
_PATTERNS = {
    GameClass.COORDINATION: ["+-+-"],
    GameClass.ANTICOORDINATION: ["-+-+"],
    GameClass.CYCLIC: ["+--+", "-++-"],
    GameClass.DOMINANCE_SOLVABLE: [
        row + column
        for row in ("++", "+-", "-+", "--")
        for column in ("++", "+-", "-+", "--")
        if row[0] == row[1] or column[0] == column[1]
    ],
}
ENSEMBLES_2X2 = ("any", *(str(name) for name in _PATTERNS))
"""Names that `random_2x2` takes; ``"any"`` is not conditioned on a class."""


def random_2x2(
    game_class: str,
    size: int | None = None,
    *,
    payoffs: str = "normal",
    seeds: Iterable[int] | None = None,
    rng: int | np.random.Generator | None = None,
) -> NormalFormGame:
    """Return a batch of random 2x2 games of one class.

    Parameters
    ----------
    game_class : {"coordination", "anticoordination", "cyclic", "dominance-solvable", "any"}
        The class to condition on; ``"any"`` draws unconditionally.
    size : int
        Number of games, at least 1. Not with ``payoffs="released"``.
    payoffs : {"normal", "uniform", "released"}
        Independent standard normal payoffs; independent uniform ones on [0, 1); or the biased
        generator released with MATRL, one game for each of `seeds`.
    seeds : iterable of int
        Only with ``payoffs="released"``, and then instead of `size` and `rng`.
    rng : int, numpy.random.Generator or None
        Seed or generator.

    Returns
    -------
    NormalFormGame
        Batch of shape ``(size,)``.

    Raises
    ------
    ValueError
        If the class or the distribution is unknown, or `size`, `seeds` and `rng` do not fit it.

    Notes
    -----
    A class is a pattern of signs of four differences between payoffs that are independent and
    identically distributed, so exchanging the two payoffs of a difference leaves the
    distribution as it is: putting each pair in the order that a (uniformly drawn) pattern asks
    for samples the *exact* conditional distribution, without rejection.

    Source: the unbiased ensembles are ours; the released one is that of Wen et al. (2021), see
    `gametools.games.released`.

    Examples
    --------
    >>> import gametools as gt
    >>> games = gt.random_2x2("cyclic", size=1000, rng=0)
    >>> games
    NormalFormGame(2 players, 2x2 actions, batch (1000,))
    >>> set(map(str, gt.classify_2x2(games)))
    {'cyclic'}
    >>> gt.random_2x2("cyclic", payoffs="released", seeds=range(200)).batch_shape
    (200,)
    """
    choice("game_class", game_class, ENSEMBLES_2X2)
    choice("payoffs", payoffs, ("normal", "uniform", "released"))
    if payoffs == "released":
        if seeds is None or size is not None or rng is not None:
            raise ValueError('`payoffs="released"` takes `seeds`, and neither `size` nor `rng`.')
        return released_2x2(game_class, seeds)
    if seeds is not None or size is None:
        raise ValueError(f'`payoffs="{payoffs}"` takes `size` and `rng`, and no `seeds`.')
    source = generator(rng)
    shape = (2, 2, 2, count("size", size, at_least=1))
    drawn = source.standard_normal(shape) if payoffs == "normal" else source.random(shape)
    if game_class != "any":
        _condition(drawn, _PATTERNS[GameClass(game_class)], source)
    return NormalFormGame(np.moveaxis(drawn, -1, 0), num_players=2)


def _condition(
    payoffs: NDArray[np.float64], patterns: list[str], source: np.random.Generator
) -> None:
    """Order each pair of payoffs, in place, by a pattern drawn for each game."""
    signs = np.array([[sign == "+" for sign in pattern] for pattern in patterns])
    wanted = signs[source.integers(len(patterns), size=payoffs.shape[-1])].T
    pairs = [payoffs[0, :, 0], payoffs[0, :, 1], payoffs[1, 0], payoffs[1, 1]]
    for pair, first_better in zip(pairs, wanted, strict=True):
        swap = (pair[0] > pair[1]) != first_better
        pair[:, swap] = pair[::-1, swap]
