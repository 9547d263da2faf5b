"""Figure 5b of the MATRL paper: how long training takes with 2 to 4 agents."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import torch

from gametools.agents import make_learner, spec_of
from gametools.agents.collector import Collector
from gametools.envs import Switch

__all__ = ["run_times"]


def run_times(repeats: int) -> pd.DataFrame:
    """Seconds for 20,000 steps and 50 gradient steps on Switch with 2 to 4 agents, in turns.

    Ten updates of 2000 steps and five gradient steps each: MATRL's are two trial and three
    response steps, or, where it says so, five and five. Agents see all positions and the clock.
    """
    torch.set_num_threads(1)
    settings = {
        "il-ppo": ("il-ppo", ("step.epochs=5",)),
        "matrl": ("matrl", ("step.epochs=3", "trial.epochs=2")),
        "matrl (CMA-ES)": ("matrl", ("step.epochs=3", "trial.epochs=2", "solver=cma-es")),
        "matrl (5 + 5 gradient steps)": ("matrl", ("step.epochs=5", "trial.epochs=5")),
    }
    rows = []
    for repeat in range(repeats):
        for agents in (2, 3, 4):
            for name, (learner, changes) in settings.items():
                env = Switch(num_agents=agents, num_envs=20, version=3)
                one = make_learner(
                    learner, spec_of(env), seed=repeat, preset="paper-switch", changes=changes
                )
                collector = Collector(env, np.random.default_rng(0), one.initial_memory(20))
                start = time.perf_counter()
                for _ in range(10):
                    one.update(collector.collect(one.explore, 100))
                seconds = time.perf_counter() - start
                rows.append({"learner": name, "agents": agents, "repeat": repeat,
                             "seconds": seconds})  # fmt: skip
    return pd.DataFrame(rows)
