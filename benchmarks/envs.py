"""Sequential games with random actions: joint steps (of all agents at once) a second of one core.

ma-gym 0.0.14 needs an old gym and cannot be installed beside current packages; its figures were
measured with random actions on two cores and are quoted, not measured here.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from benchmarks import SEED
from benchmarks.measure import Spread
from benchmarks.report import Bar, Row
from gametools.envs import Checkers, Discrete, Environment, Foraging, RepeatedMatrixGame, Switch

COPIES = 1024
MA_GYM = {"Checkers": 48_000, "Switch4": 77_000}
WORLDS: dict[str, Callable[[int], Environment]] = {
    "Checkers": Checkers,
    "Switch4": lambda copies: Switch(4, copies),
    "Switch4, version 3": lambda copies: Switch(4, copies, version=3),
    "climbing game": RepeatedMatrixGame.climbing,
}


def stepping(quick: bool) -> list[Row]:
    """Our grid worlds and matrix games on one core; LBF through its package."""
    rows = []
    for name, make in WORLDS.items():
        for copies in (COPIES, 1):
            steps = 20 if quick else 1000
            rate = Spread.of(rates(make(copies), steps, 2 if quick else 7, cpu=True), 1e-6)
            bar = Bar(1.5, "at least") if copies == COPIES and name in MA_GYM else None
            note = f"ma-gym, quoted: {MA_GYM[name] / 1e6:.3f}" if bar else ""
            what = f"{name}, {copies:,} environment{'s' * (copies > 1)}"
            rows.append(Row(what, rate, "M joint steps/s", bar, note))
    return rows + foraging(quick)


def foraging(quick: bool) -> list[Row]:
    """Level-based foraging, in this process and in two others."""
    rows = []
    for workers in (0, 2):
        what = f"LBF 8x8-2p-2f-coop, 64 environments, {workers or 'no'} workers"
        try:
            env = Foraging(num_envs=64, workers=workers)
        except ImportError as error:
            rows.append(Row(what, None, "steps/s", note=str(error)))
            continue
        with env:
            rate = Spread.of(rates(env, 10 if quick else 100, 2 if quick else 5))
            rows.append(Row(what, rate, "steps/s"))
    return rows


def rates(env: Environment, steps: int, runs: int, *, cpu: bool = False) -> list[float]:
    """Joint steps a second in each of some runs, after one that does not count.

    By wall clock, or by CPU time: what a core to itself gives where there is one process.
    """
    now = time.process_time if cpu else time.perf_counter
    sizes = [space.size for space in env.action_spaces if isinstance(space, Discrete)]
    rng = np.random.default_rng(SEED)
    actions = rng.integers(0, sizes, (steps, env.num_envs, len(env.agents)))
    env.reset(SEED)
    found = []
    for _ in range(runs + 1):
        began = now()
        for joint in actions:
            env.step(joint)
        found.append(steps * env.num_envs / (now() - began))
    return found[1:]
