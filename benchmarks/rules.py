"""What one update of every rule costs."""

from __future__ import annotations

import dataclasses
import sys

import numpy as np

import gametools as gt
from benchmarks import SEED
from benchmarks.measure import ROOT, Spread, seconds
from benchmarks.report import Row
from benchmarks.studies import START
from gametools.dynamics import UpdateRule

GAMES = 3000
HYPERPARAMETERS = {"step": 0.02, "step_win": 0.01, "step_lose": 0.06}
"""Values of the hyper-parameters that have no default, by name."""


def matrl_step(quick: bool) -> list[Row]:
    """Time of an update for each game, for every rule that plays 2x2 games."""
    games = gt.random_2x2("cyclic", size=GAMES, rng=SEED)
    updates, runs = (5, 2) if quick else (100, 7)
    rows = []
    for name, kind in rule_classes().items():
        try:
            rule = _with_values(kind)
            took = seconds(_updates(rule, games, updates), runs)
        except (TypeError, ValueError, NotImplementedError) as error:
            rows.append(Row(name, None, "ns", note=f"not measured: {error}"))
            continue
        rows.append(
            Row(f"{name}, per game and update", Spread.of(took, 1e9 / (GAMES * updates)), "ns")
        )
    return rows


def rule_classes() -> dict[str, type]:
    """Every rule of the package, and the one that reproduces the published table."""
    if str(ROOT / "analysis") not in sys.path:
        sys.path.insert(0, str(ROOT / "analysis"))
    from released_matrl import ReleasedMATRL

    public = {name: getattr(gt.dynamics, name) for name in gt.dynamics.__all__}
    rules = {
        name: value
        for name, value in public.items()
        if isinstance(value, type) and dataclasses.is_dataclass(value) and hasattr(value, "update")
    }
    return rules | {"MATRL as released": ReleasedMATRL}


def _with_values(kind: type) -> UpdateRule:
    """Make a rule; its parameters without a default are known by name."""
    needed = [
        field.name
        for field in dataclasses.fields(kind)
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    ]
    unknown = [name for name in needed if name not in HYPERPARAMETERS]
    if unknown:
        raise ValueError(f"no value for {', '.join(unknown)} in HYPERPARAMETERS.")
    rule: UpdateRule = kind(**{name: HYPERPARAMETERS[name] for name in needed})
    return rule


def _updates(rule: UpdateRule, games: gt.NormalFormGame, updates: int):  # type: ignore[no-untyped-def]
    """Return a function that makes `updates` updates, always from the same start."""
    play = gt.ProbabilityGame(games)
    start = np.array(np.broadcast_to(START, (games.size, 2)), order="F")
    first = rule.init(play, start)

    def run() -> None:
        x, state, rng = start, first, np.random.default_rng(SEED)
        for _ in range(updates):
            x, state = rule.update(play, x, state, rng)

    return run
