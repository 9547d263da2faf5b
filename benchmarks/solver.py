"""All equilibria of 2x2 games: ours on whole batches, nashpy's game by game."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np

import gametools as gt
from benchmarks import SEED
from benchmarks.measure import Spread, rounds, seconds
from benchmarks.report import Bar, Row

SAMPLE = 200


def solve_2x2(quick: bool) -> list[Row]:
    """Equilibria with and without their exploitability, and nashpy's support enumeration."""
    large = 20_000 if quick else 1_000_000
    games = gt.random_2x2("any", size=large, rng=SEED)
    few = games[:1000]
    runs = 2 if quick else 7
    certified = [
        Row(
            f"equilibria and exploitability of {large:,} games",
            Spread.of(seconds(lambda: gt.solve_2x2(games).exploitability, runs)),
            "s",
            Bar(2.0),
        ),
        Row(
            f"equilibria and exploitability of {few.size:,} games",
            Spread.of(seconds(lambda: gt.solve_2x2(few).exploitability, 30 * runs), 1e3),
            "ms",
            Bar(5.0),
        ),
    ]
    alone = [
        Row(
            f"equilibria alone of {large:,} games",
            Spread.of(seconds(lambda: gt.solve_2x2(games), runs)),
            "s",
        ),
        Row(
            f"equilibria alone of {few.size:,} games",
            Spread.of(seconds(lambda: gt.solve_2x2(few), 30 * runs), 1e3),
            "ms",
        ),
    ]
    return certified + alone + _beside_nashpy(games, 2 if quick else 5)


def _beside_nashpy(games: gt.NormalFormGame, runs: int) -> list[Row]:
    try:
        enumerate_supports = nashpy_enumeration(games[:SAMPLE])
    except ModuleNotFoundError as error:
        if error.name != "nashpy":
            raise
        note = "nashpy is not installed: pip install gametools[bench]"
        return [Row("nashpy / ours", None, "x", note=note)]
    sample = games[:SAMPLE]
    check_equal(gt.solve_2x2(sample), enumerate_supports())
    peer, ours, batch = rounds(
        [enumerate_supports, lambda: gt.solve_2x2(sample), lambda: gt.solve_2x2(games)],
        runs,
        [1, 50, 1],
    )
    per_game = [t * sample.size / games.size for t in batch]
    return [
        Row(f"nashpy's support enumeration, {SAMPLE} games, per game",
            Spread.of(peer, 1e6 / SAMPLE), "µs"),
        Row(f"nashpy / ours, the same {SAMPLE} games", Spread.of_ratios(peer, ours), "x"),
        Row(f"nashpy / ours per game, ours in a batch of {games.size:,}",
            Spread.of_ratios(peer, per_game), "x"),
    ]  # fmt: skip


def nashpy_enumeration(games: gt.NormalFormGame) -> Callable[[], list[np.ndarray]]:
    """Return a function that lists each game's equilibria as probabilities of first actions."""
    import nashpy

    peers = [nashpy.Game(row, column) for row, column in games.payoffs]

    def enumerate_all() -> list[np.ndarray]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of an even number of equilibria
            return [
                np.array([[p[0], q[0]] for p, q in peer.support_enumeration()]) for peer in peers
            ]

    return enumerate_all


def check_equal(found: gt.equilibria.TwoByTwoEquilibria, peer: list[np.ndarray]) -> None:
    """Raise an AssertionError unless both found the same equilibria."""
    for own, count, theirs in zip(found.equilibria, found.counts, peer, strict=True):
        ours = own[:count]
        assert ours.shape == theirs.shape, (ours, theirs)
        assert np.allclose(_sorted(ours), _sorted(theirs), atol=1e-9), (ours, theirs)


def _sorted(points: np.ndarray) -> np.ndarray:
    return points[np.lexsort(points.T)]
