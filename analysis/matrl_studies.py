"""The studies behind Table 1 of the MATRL paper: as released, and matched."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

import gametools as gt
from gametools.convergence import NEVER, Cell, ConvergenceTable, Criterion
from gametools.dynamics import MATRL, ExtraGradient, GradientDescent, LookAhead, UpdateRule, WoLF
from released_matrl import ReleasedMATRL

CLASSES = ("coordination", "anticoordination", "cyclic")
PAPER_START = (0.9, 0.2)
STEPS = 1000
FIRST_HIT, STAY = Criterion(), Criterion(stay=50)
STEP_SIZES = (0.02, 0.03)
BUDGETS = ("1000 steps", "1000 evaluations")
STARTS = {"paper": PAPER_START, "uniform": "uniform"}
SEED = 0  # of the unbiased games, the uniform starts and the random choice of equilibria

Tables = dict[tuple[float, str], ConvergenceTable]
"""The matched studies by step size and budget."""

RELEASED_RULES: dict[str, UpdateRule] = {
    "IGA": GradientDescent(0.02),
    "IGA-PP": LookAhead(0.02, trial_step=0.01),
    "MATRL": ReleasedMATRL(),
    "WoLF": WoLF(0.01, 0.06),
}


def matched_rules(step: float) -> dict[str, UpdateRule]:
    """All rules at one step size; WoLF's cannot be matched, its longer one is."""
    return {
        "IGA": GradientDescent(step),
        "IGA-PP (0.01)": LookAhead(step, trial_step=0.01),
        "IGA-PP (step)": LookAhead(step, trial_step=step),
        "MATRL": MATRL(step, trial_step=step),
        "extragradient": ExtraGradient(step),
        "WoLF (step/6, step)": WoLF(step / 6, step),
    }


def released_games(seeds: Sequence[int]) -> dict[str, gt.NormalFormGame]:
    """The released ensembles by class."""
    return {name: gt.random_2x2(name, payoffs="released", seeds=seeds) for name in CLASSES}


def matched_games(seeds: Sequence[int], games: int) -> dict[str, gt.NormalFormGame]:
    """The released ensembles and unbiased ones, named "class, payoffs"."""
    named = {f"{name}, released": batch for name, batch in released_games(seeds).items()}
    for payoffs in ("normal", "uniform"):
        for name in CLASSES:
            stream = np.random.default_rng((SEED, *map(ord, name + payoffs)))
            batch = gt.random_2x2(name, size=games, payoffs=payoffs, rng=stream)
            named[f"{name}, {payoffs}"] = batch
    return named


def run_released(seeds: Sequence[int], checkpoint: Path | None) -> ConvergenceTable:
    """The study as released, its steps counted as the released program counts them."""
    ensembles = released_games(seeds)
    for name, batch in ensembles.items():
        if (gt.solve_2x2(batch).counts % 2 == 0).any():
            # The released program skips such games; its generators never draw one.
            raise ValueError(f"`seeds`: a {name} game has an even number of equilibria.")
    table = gt.run_study(
        ensembles, RELEASED_RULES, start=PAPER_START, steps=STEPS, rng=SEED, checkpoint=checkpoint
    )
    return dataclasses.replace(table, cells=tuple(map(_as_reported, table.cells)))


def _as_reported(cell: Cell) -> Cell:
    """Steps minus one, and no hit where that gives 0: how the released program reports them."""
    reported = np.where(cell.steps > 1, cell.steps - 1, NEVER).astype(np.int32)
    return dataclasses.replace(cell, steps=reported)


def run_matched(seeds: Sequence[int], games: int, checkpoint: Path | None) -> Tables:
    """The matched studies."""
    ensembles = matched_games(seeds, games)
    tables: Tables = {}
    for step, budget in itertools.product(STEP_SIZES, BUDGETS):
        tables[step, budget] = gt.run_study(
            ensembles,
            matched_rules(step),
            (FIRST_HIT, STAY),
            start=STARTS,
            steps=STEPS if budget == "1000 steps" else None,
            evaluations=STEPS if budget == "1000 evaluations" else None,
            rng=SEED,
            checkpoint=checkpoint,
        )
    return tables


def same_steps(tables: Tables, rule: str, other: str) -> float:
    """Share of matched first-hit runs in which two rules need the same number of steps."""
    same = []
    for table in tables.values():
        own = {(c.ensemble, c.start, c.rule): c.steps for c in table.cells if not c.criterion.stay}
        for (ensemble, start, name), steps in own.items():
            if name == rule:
                same.append(steps == own[ensemble, start, other])
    return float(np.mean(np.concatenate(same)))


def matched_frames(tables: Tables) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The matched cells, and the differences from IGA paired by game."""
    cells, pairs = [], []
    for (step, budget), table in tables.items():
        extra = {"step_size": step, "budget": budget}
        cells.append(split_ensemble(table.to_frame().assign(**extra)))
        pairs.append(split_ensemble(table.compare("IGA").assign(**extra)))
    return pd.concat(cells, ignore_index=True), pd.concat(pairs, ignore_index=True)


def split_ensemble(frame: pd.DataFrame) -> pd.DataFrame:
    parts = frame.pop("ensemble").str.split(", ", expand=True)
    frame.insert(0, "class", parts[0])
    frame.insert(1, "payoffs", parts[1])
    return frame


def near_boundary(games: dict[str, gt.NormalFormGame], within: float = 0.05) -> pd.DataFrame:
    """Share of mixed equilibria within a distance of the boundary, by ensemble."""
    rows = []
    for name, batch in games.items():
        distance = gt.solve_2x2(batch).boundary_distance
        mixed = distance[distance > 0]
        rows.append(
            {"ensemble": name, "mixed": len(mixed), "share": float((mixed < within).mean())}
        )
    return split_ensemble(pd.DataFrame(rows))
