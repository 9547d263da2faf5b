"""Convergence studies: whole commands, one large study, and how the cost grows with the games."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable

import gametools as gt
from benchmarks import SEED
from benchmarks.measure import ROOT, Spread, process, rounds, timed
from benchmarks.report import Bar, Row

START = (0.9, 0.2)
STEPS = 1000
STEP_SIZE = 0.02

# The original program, measured on two cores: 200 games of each class, as released.
ORIGINAL_SECONDS = 87.0
ORIGINAL_CPU_SECONDS = 48.0

MILLION = """
import gametools as gt
games = gt.random_2x2("cyclic", size={games}, rng={seed})
gt.convergence_study(games, gt.dynamics.GradientDescent({step}), start={start}, steps={steps},
                     rng={seed}, progress=False)
"""


def iga_study(games: gt.NormalFormGame) -> gt.convergence.ConvergenceTable:
    """The first-hit study of IGA that several entries measure."""
    rule = gt.dynamics.GradientDescent(STEP_SIZE)
    return gt.run_study(games, rule, start=START, steps=STEPS, rng=SEED, progress=False)


def table1_all(quick: bool) -> list[Row]:
    """Every protocol of Table 1, as a command."""
    games = 20 if quick else 1000
    return [_table1(f"all protocols, {games} games a class", games, [], Bar(60.0), quick, 3)]


def table1_released(quick: bool) -> list[Row]:
    """The as-released protocol of Table 1, as a command."""
    games = 20 if quick else 1000
    what = f"as released, 3 classes x {games} games x 4 rules x {STEPS} updates"
    return [_table1(what, games, ["--protocol", "released"], Bar(8.0), quick, 5)]


def _table1(what: str, games: int, options: list[str], bar: Bar, quick: bool, runs: int) -> Row:
    took = []
    for _ in range(1 if quick else runs):
        with tempfile.TemporaryDirectory() as out:
            script = ["analysis/matrl_table1.py", "--games", str(games), "--out", out]
            took.append(process([*script, *options]).seconds)
    return Row(f"whole process: {what}", Spread.of(took), "s", bar)


def released_200(quick: bool) -> list[Row]:
    """The as-released study beside the original program's time."""
    games = 10 if quick else 200
    study = _released_study(games)
    study()
    took = [timed(study) for _ in range(2 if quick else 9)]
    wall, cpu = [t.seconds for t in took], [t.cpu_seconds for t in took]
    peer = "the original program, measured on two cores"
    rows = [Row(f"as-released study, 3 classes x {games} games x 4 rules", Spread.of(wall), "s")]
    for name, original, own, bar in (
        ("wall clock", ORIGINAL_SECONDS, wall, Bar(100.0, "at least")),
        ("CPU time", ORIGINAL_CPU_SECONDS, cpu, None),
    ):
        times = Spread.of([original / t for t in own])
        note = f"{peer}: {original:g} s" + (" with 200 games" if quick else "")
        rows.append(Row(f"times faster than the original, {name}", times, "x", bar, note))
    return rows


def _released_study(games: int) -> Callable[[], object]:
    if str(ROOT / "analysis") not in sys.path:
        sys.path.insert(0, str(ROOT / "analysis"))
    import matrl_studies

    return lambda: matrl_studies.run_released(range(games), None)


def iga_million(quick: bool) -> list[Row]:
    """A million games in a fresh process."""
    games = 10_000 if quick else 1_000_000
    code = MILLION.format(games=games, seed=SEED, step=STEP_SIZE, start=START, steps=STEPS)
    took = [process(["-c", code]) for _ in range(1 if quick else 3)]
    what = f"whole process: IGA, first hit, {games:,} cyclic games x {STEPS} updates"
    return [
        Row(what, Spread.of([t.seconds for t in took]), "s", Bar(20.0)),
        Row("its peak memory", Spread.of([t.peak_bytes for t in took], 1e-6), "MB", Bar(1000.0)),
    ]


def scaling(quick: bool) -> list[Row]:
    """CPU time of a game in small and large studies, taken in turns.

    A large study takes seconds: in wall-clock time the ratios would tell who else was busy then.
    """
    sizes = [1_000, 3_000, 10_000] if quick else [1_000, 10_000, 100_000, 1_000_000]
    studies = [_study_of(size) for size in sizes]
    inner = [max(1, 20_000 // size) for size in sizes]
    measured = rounds(studies, 2 if quick else 5, inner, cpu=True)
    costs = [[t / size for t in own] for own, size in zip(measured, sizes, strict=True)]
    rows = [
        Row(f"IGA study of {size:,} games, CPU time per game", Spread.of(own, 1e6), "µs")
        for size, own in zip(sizes, costs, strict=True)
    ]
    large = list(zip(*costs[1:], strict=True))
    least, most = [min(own) for own in large], [max(own) for own in large]
    between = f"{sizes[1]:,} to {sizes[-1]:,} games"
    rows += [
        Row(f"most / least per game, {between}", Spread.of_ratios(most, least), "x", Bar(1.2)),
        Row(
            f"{sizes[0]:,} games / least per game, {between}",
            Spread.of_ratios(costs[0], least),
            "x",
            Bar(3.0),
        ),
    ]
    return rows


def _study_of(size: int) -> Callable[[], object]:
    games = gt.random_2x2("cyclic", size=size, rng=SEED)
    return lambda: iga_study(games)
