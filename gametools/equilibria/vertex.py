"""All equilibria of two-player games, by the vertices of the best-response polytopes."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gametools.equilibria.components import connected_components, maximal_subsets
from gametools.equilibria.polytope import (
    Degenerate,
    OutOfBudget,
    Vertices,
    exact_vertices,
    float_vertices,
)
from gametools.equilibria.result import Budget, NashResult, SolveStatus, nash_result
from gametools.games.normal_form import NormalFormGame

__all__ = ["simplest_fraction", "vertex_enumeration"]

_LARGEST = 62  # actions of both players: labels are the bits of an int64


def vertex_enumeration(
    game: NormalFormGame, *, exact: bool = False, seconds: float | None = 60.0
) -> NashResult:
    """Return all extreme equilibria of a two-player game, with a proof that none is missing.

    In a game that is not degenerate these are all equilibria. In a degenerate game every
    equilibrium is a mixture of them, and the result lists which belong together (`components`)
    and which may be mixed freely (`subsets`).

    Parameters
    ----------
    game : NormalFormGame
        A single game of two players, up to 62 actions in all.
    exact : bool
        Compute in fractions. Without it floating point is used as long as every decision is
        clear by a margin, and fractions from the first one on that is not.
    seconds : float or None
        Time after which to stop, without equilibria.

    Returns
    -------
    NashResult
        `complete` unless the time was over. `exact` is filled where fractions were used; there a
        payoff stands for the simplest fraction that rounds to it (0.1 for 1/10).

    Raises
    ------
    ValueError
        If the game is too large, or has not two players.

    Notes
    -----
    Source: Mangasarian (1964); the polytopes and labels are those of von Stengel (2002), section
    2, the perturbation that of Avis, Rosenberg, Savani and von Stengel (2010). Ours walks all
    vertices of a level at once, breadth first, and falls back to integer pivoting.

    Examples
    --------
    >>> import gametools as gt
    >>> battle = gt.NormalFormGame.from_bimatrix([[3, 0], [0, 2]], [[2, 0], [0, 3]])
    >>> result = gt.solve(battle, method="vertex", exact=True)
    >>> result
    NashResult(3 equilibria by vertex (exact), exploitability at most ...; all equilibria found)
    >>> result.exact[-1]
    ((Fraction(3, 5), Fraction(2, 5)), (Fraction(2, 5), Fraction(3, 5)))
    """
    if game.num_players != 2 or game.batch_shape:
        raise ValueError(f"`game` must be a single game of two players; got {game!r}.")
    if sum(game.num_actions) > _LARGEST:
        raise ValueError(
            f"`game` must have at most {_LARGEST} actions in all for vertex enumeration; got "
            f"{game.num_actions}. Use method='lemke-howson' for one equilibrium."
        )
    budget = Budget(seconds, "vertices")
    try:
        if not exact:
            try:
                return _packed(game, _float_polytopes(game, budget), budget, "vertex")
            except Degenerate:
                pass
        return _packed(game, _exact_polytopes(game, budget), budget, "vertex (exact)")
    except OutOfBudget:
        note = "the vertices were not all seen; method='lemke-howson' finds one equilibrium."
        status = SolveStatus.BUDGET
        return nash_result(
            game, [], method="vertex", complete=False, budget=budget, status=status, note=note
        )


def _float_polytopes(game: NormalFormGame, budget: Budget) -> tuple[Vertices, Vertices]:
    """Vertices of both players' polytopes, payoffs scaled to [1, 2]."""
    rows, columns = _labels(game)
    row, column = (_scaled(own) for own in game.payoffs)
    return (
        float_vertices(np.ascontiguousarray(column.T), rows, columns, budget),
        float_vertices(row, columns, rows, budget),
    )


def _exact_polytopes(game: NormalFormGame, budget: Budget) -> tuple[Vertices, Vertices]:
    rows, columns = _labels(game)
    row, column = (_integers(own) for own in game.payoffs)
    transposed = [list(line) for line in zip(*column, strict=True)]
    return (
        exact_vertices(transposed, rows, columns, budget),
        exact_vertices(row, columns, rows, budget),
    )


def _labels(game: NormalFormGame) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    m, n = game.num_actions
    return np.arange(m, dtype=np.int8), np.arange(m, m + n, dtype=np.int8)


def _scaled(payoffs: NDArray[np.float64]) -> NDArray[np.float64]:
    low, high = float(payoffs.min()), float(payoffs.max())
    return 1 + (payoffs - low) / (high - low if high > low else 1.0)


def simplest_fraction(value: float) -> Fraction:
    """Return the simplest fraction that rounds to `value`.

    Examples
    --------
    >>> simplest_fraction(0.1), simplest_fraction(1 / 3)
    (Fraction(1, 10), Fraction(1, 3))
    """
    simple = Fraction(value).limit_denominator(10**6)
    return simple if float(simple) == value else Fraction(value)


def _integers(payoffs: NDArray[np.float64]) -> list[list[int]]:
    """Payoffs as positive integers, up to a positive affine map."""
    fractions = [[simplest_fraction(float(value)) for value in line] for line in payoffs]
    scale = lcm(*(value.denominator for line in fractions for value in line))
    low = min(value for line in fractions for value in line)
    return [[int((value - low) * scale) + 1 for value in line] for line in fractions]


def _packed(
    game: NormalFormGame, polytopes: tuple[Vertices, Vertices], budget: Budget, method: str
) -> NashResult:
    """Match the vertices of both polytopes, and say how the equilibria hang together."""
    first, second = polytopes
    pairs = _matches(first.labels, second.labels, sum(game.num_actions))
    ours = [_strategy(point) for point in first.points[pairs[:, 0]]]
    theirs = [_strategy(point) for point in second.points[pairs[:, 1]]]
    profiles = [
        (np.array(x, dtype=np.float64), np.array(y, dtype=np.float64))
        for x, y in zip(ours, theirs, strict=True)
    ]
    more: dict[str, Any] = {}
    if first.points.dtype == object:
        more["exact"] = list(zip(ours, theirs, strict=True))
    result = nash_result(game, profiles, method=method, complete=True, budget=budget, **more)
    return _connected(result)


def _matches(first: NDArray[np.int64], second: NDArray[np.int64], labels: int) -> NDArray[np.intp]:
    """Pairs of vertices that together carry every label, without the pair of origins."""
    everything = np.int64((1 << labels) - 1)
    pairs: list[NDArray[np.intp]] = []
    for start in range(0, len(first), 256):
        block = first[start : start + 256, None] | second[None]
        ours, theirs = np.nonzero(block == everything)
        pairs.append(np.stack([ours + start, theirs], axis=1))
    # The walks begin at the origins, so that (0, 0) is the artificial equilibrium.
    both = np.concatenate(pairs)
    return both[both.any(axis=1)]


def _strategy(point: NDArray[Any]) -> tuple[Any, ...]:
    """A vertex as a probability distribution."""
    total = sum(point.tolist())
    return tuple(value / total for value in point.tolist())


def _connected(result: NashResult) -> NashResult:
    """Add components and, where the game is degenerate, maximal Nash subsets."""
    if result.exact is None:
        # The walk proved the game nondegenerate: every equilibrium is isolated.
        return replace(result, components=tuple((k,) for k in range(len(result.equilibria))))
    strategies: list[list[Any]] = [[], []]
    edges: list[tuple[int, int]] = []
    for profile in result.exact:
        for known, strategy in zip(strategies, profile, strict=True):
            if strategy not in known:
                known.append(strategy)
        edges.append((strategies[0].index(profile[0]), strategies[1].index(profile[1])))
    subsets = maximal_subsets(edges)
    members = {edge: k for k, edge in enumerate(edges)}
    return replace(
        result,
        components=connected_components(edges),
        subsets=tuple(
            tuple(sorted(members[i, j] for i in ours for j in theirs)) for ours, theirs in subsets
        ),
    )
