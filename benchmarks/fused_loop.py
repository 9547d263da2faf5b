"""The first-hit study of IGA as a fused loop: one compiled loop, one game after the other.

What the batched study is held against. It does the same arithmetic in the same order, so its hit
steps are equal, not just close. Needs numba, which nothing else does.
"""

from __future__ import annotations

import numba
import numpy as np

import gametools as gt
from benchmarks import SEED
from benchmarks.measure import Spread, rounds, timed
from benchmarks.report import Row
from benchmarks.studies import START, STEP_SIZE, STEPS, iga_study

CORES = 2
TOLERANCE = gt.Criterion().tolerance
NEVER = gt.convergence.NEVER


def fused_loop(quick: bool) -> list[Row]:
    """Our study and the fused loops, taken in turns on the same games."""
    size = 2_000 if quick else 100_000
    games = gt.random_2x2("cyclic", size=size, rng=SEED)
    payoffs = np.ascontiguousarray(games.payoffs)  # game by game: the loop's best layout
    steps = iga_study(games).cells[0].steps
    cores = min(CORES, numba.get_num_threads())
    numba.set_num_threads(cores)
    for loop in (first_hits, first_hits_parallel):
        hits = loop(payoffs, *START, STEP_SIZE, TOLERANCE, STEPS)
        assert np.array_equal(hits, steps), "the fused loop and the study disagree"
    used: list[float] = []

    def run_parallel() -> None:
        took = timed(lambda: first_hits_parallel(payoffs, *START, STEP_SIZE, TOLERANCE, STEPS))
        used.append(took.cpu_seconds / took.seconds)

    ours, serial, parallel = rounds(
        [
            lambda: iga_study(games),
            lambda: first_hits(payoffs, *START, STEP_SIZE, TOLERANCE, STEPS),
            run_parallel,
        ],
        2 if quick else 7,
    )
    per_game, got = 1e6 / size, Spread.of(used[1:])
    return [
        Row(f"our IGA study of {size:,} games, per game", Spread.of(ours, per_game), "µs"),
        Row("the fused loop, per game", Spread.of(serial, per_game), "µs"),
        Row("ours / fused loop", Spread.of_ratios(ours, serial), "x", note="equal hit steps"),
        Row(
            f"ours on one core / fused loop on {cores} cores",
            Spread.of_ratios(ours, parallel),
            "x",
            note="equal hit steps" if got.median > 0.9 * cores else "it did not get all its cores",
        ),
        Row("cores that the parallel loop got", got, "cores"),
    ]


@numba.njit
def first_hits(payoffs, p, q, step, tolerance, budget):  # type: ignore[no-untyped-def]
    """First step at which each game's learners are near an equilibrium, or -1."""
    hits = np.empty(len(payoffs), np.int32)
    for k in range(len(payoffs)):
        hits[k] = _first_hit(payoffs[k, 0], payoffs[k, 1], p, q, step, tolerance, budget)
    return hits


@numba.njit(parallel=True)
def first_hits_parallel(payoffs, p, q, step, tolerance, budget):  # type: ignore[no-untyped-def]
    """The same, with the games divided among the cores."""
    hits = np.empty(len(payoffs), np.int32)
    for k in numba.prange(len(payoffs)):
        hits[k] = _first_hit(payoffs[k, 0], payoffs[k, 1], p, q, step, tolerance, budget)
    return hits


@numba.njit
def _first_hit(row, column, p, q, step, tolerance, budget):  # type: ignore[no-untyped-def]
    rests, count = _equilibria(row, column)
    # Losses are minimised: the coefficients are those of minus the payoffs.
    row_constant = -(row[0, 1] - row[1, 1])
    row_slope = -((row[0, 0] - row[1, 0]) - (row[0, 1] - row[1, 1]))
    column_constant = -(column[1, 0] - column[1, 1])
    column_slope = -((column[0, 0] - column[1, 0]) - (column[0, 1] - column[1, 1]))
    for time in range(1, budget + 1):
        p_gradient = row_slope * q + row_constant
        q_gradient = column_slope * p + column_constant
        p = min(max(p - step * p_gradient, 0.0), 1.0)
        q = min(max(q - step * q_gradient, 0.0), 1.0)
        for k in range(count):
            if max(abs(p - rests[k, 0]), abs(q - rests[k, 1])) < tolerance:
                return time
    return NEVER


@numba.njit
def _equilibria(row, column):  # type: ignore[no-untyped-def]
    """All equilibria of a game that is not degenerate: at most two pure ones and a mixed one."""
    found, count = np.empty((3, 2)), 0
    for i in range(2):
        for j in range(2):
            if row[i, j] > row[1 - i, j] and column[i, j] > column[i, 1 - j]:
                found[count, 0], found[count, 1] = 1.0 - i, 1.0 - j
                count += 1
    row_first, row_second = row[0, 0] - row[1, 0], row[0, 1] - row[1, 1]
    column_first, column_second = column[0, 0] - column[0, 1], column[1, 0] - column[1, 1]
    if row_first * row_second < 0 and column_first * column_second < 0:
        found[count, 0] = column_second / (column_second - column_first)
        found[count, 1] = row_second / (row_second - row_first)
        count += 1
    return found, count
