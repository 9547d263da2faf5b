"""Figures 4a, 4b and 5b of the MATRL paper: deep learners on Checkers and Switch, compared fairly.

Every learner gets the same environment steps, and is shown against gradient steps too, since MATRL
takes more of them; independent PPO also runs with MATRL's number. The paper's settings hold for
the whole PPO family; value-based learners have their own.

Run as `python analysis/matrl_grid_worlds.py`; trains in `runs/matrl_grid_worlds` (stopped work is
continued, finished work kept) and writes `results/matrl_grid_worlds/`.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import platform
import shlex
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from gametools.command_line import Parser, run_command, whole_number
from gametools.storage import manifest, require_writable_folder, version, write_results
from matrl_grid_worlds_report import curves_frame, intervals_frame, scores_frame, summary

ROOT = Path(__file__).resolve().parent.parent
SEEDS = 5


@dataclass(frozen=True)
class Task:
    """A grid world with its budget, and the settings that fit it."""

    env: str
    steps: int
    evaluate_every: int
    suffix: str = ""


@dataclass(frozen=True)
class Contender:
    """A learner with settings: a preset, which the task may specialise, and changes."""

    learner: str
    preset: str
    changes: tuple[str, ...] = ()
    specialised: bool = True


TASKS = {
    "Checkers": Task("checkers_matrl", 400_000, 20_000),
    "Switch4, own position": Task("switch:num_agents=4", 1_000_000, 50_000, "-switch"),
    "Switch4, all positions and clock": Task(
        "switch:num_agents=4,version=3", 1_000_000, 50_000, "-switch"
    ),
}
CONTENDERS = {
    "matrl": Contender("matrl", "paper"),
    "matrl-no-br": Contender("matrl-no-br", "paper"),
    "il-la": Contender("il-la", "paper"),
    "matrl (released)": Contender("matrl", "released"),
    "il-ppo": Contender("il-ppo", "paper"),
    "il-ppo (15 gradient steps)": Contender("il-ppo", "paper", ("step.epochs=15",)),
    "vdn": Contender("vdn", "tuned", specialised=False),
    "qmix": Contender("qmix", "tuned", specialised=False),
    "qtran": Contender("qtran", "tuned", specialised=False),
}


def folder_name(task: str, contender: str) -> str:
    """Return a folder's name: letters, digits and underscores."""
    text = f"{task}__{contender}".lower()
    return "".join(c if c.isalnum() or c == "_" else "-" for c in text).replace("--", "-")


def train_one(task: str, contender: str, seed: int, runs: Path, quick: bool) -> str:
    """Train one learner on one task with one seed, or go on; return why it failed, if it did."""
    import torch

    from gametools.agents import Run, TrainingFailed, train

    torch.set_num_threads(1)
    where, who = TASKS[task], CONTENDERS[contender]
    steps = 4_000 if quick else where.steps
    run = Run(
        learner=who.learner,
        env=where.env,
        seed=seed,
        steps=steps,
        preset=who.preset + where.suffix * who.specialised,
        changes=who.changes,
        evaluate_every=min(where.evaluate_every, steps),
        checkpoint_every=60.0,
    )
    try:
        train(run, runs / folder_name(task, contender) / f"seed_{seed}")
    except TrainingFailed as error:
        return str(error)
    return ""


def train_all(
    names: list[tuple[str, str]], seeds: range, runs: Path, jobs: int, quick: bool
) -> dict[str, str]:
    """Train everything in parallel; return failures by folder."""
    failed: dict[str, str] = {}
    # Seed by seed, so that what is there after a while is fair to all.
    todo = [(task, who, seed) for seed in seeds for task, who in names]
    spawn = multiprocessing.get_context("spawn")
    with (
        ProcessPoolExecutor(jobs, mp_context=spawn) as pool,
        tqdm(total=len(todo), unit="run", disable=None) as bar,
    ):
        futures = {pool.submit(train_one, *job, runs, quick): job for job in todo}
        for future in as_completed(futures):
            task, who, seed = futures[future]
            reason = future.result()
            if reason:
                failed[f"{folder_name(task, who)}/seed_{seed}"] = reason
            bar.update()
    return failed


def run_times(repeats: int) -> pd.DataFrame:
    """Seconds for 20,000 steps and 50 gradient steps with 2 to 4 agents, in turns (Figure 5b).

    Ten updates of 2000 steps and five gradient steps each: MATRL's are two trial and three
    response steps.
    """
    import numpy as np
    import torch

    from gametools.agents import make_learner, spec_of
    from gametools.agents.collector import Collector
    from gametools.envs import RepeatedMatrixGame
    from gametools.games import random_game

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
            game = random_game("normal", (5,) * agents, rng=0)
            for name, (learner, changes) in settings.items():
                env = RepeatedMatrixGame(game, 25, num_envs=20)
                one = make_learner(
                    learner, spec_of(env), seed=repeat, preset="paper", changes=changes
                )
                collector = Collector(env, np.random.default_rng(0), one.initial_memory(20))
                start = time.perf_counter()
                for _ in range(10):
                    one.update(collector.collect(one.explore, 100))
                seconds = time.perf_counter() - start
                rows.append({"learner": name, "agents": agents, "repeat": repeat,
                             "seconds": seconds})  # fmt: skip
    return pd.DataFrame(rows)


def run(options: argparse.Namespace) -> None:
    """Train what is missing, then write tables and findings."""
    out = require_writable_folder(options.out, "--out")
    runs = require_writable_folder(options.runs, "--runs")
    start = time.perf_counter()
    names = [
        (task, who)
        for task in TASKS
        for who in CONTENDERS
        if (not options.task or task in options.task)
        and (not options.learner or who in options.learner)
    ]
    seeds = range(1 if options.quick else options.seeds)
    failed = {} if options.report else train_all(names, seeds, runs, options.jobs, options.quick)
    for where, reason in failed.items():
        print(f"failed: {where}: {reason}", file=sys.stderr)
    kept = out / "run_times.csv"
    times = (
        pd.read_csv(kept)
        if options.report and kept.exists()
        else run_times(1 if options.quick else 3)
    )
    folders = {(task, who): runs / folder_name(task, who) for task, who in names}
    curves = curves_frame(folders)
    scores = scores_frame(curves)
    spent = {
        str(path.parent.relative_to(runs)): round(
            path.stat().st_mtime - (path.parent / "run.json").stat().st_mtime
        )
        for path in sorted(runs.glob("*/seed_*/finished.json"))
    }
    about = manifest(
        seeds=list(seeds),
        command=shlex.join(["python", *sys.argv]),
        seconds=time.perf_counter() - start,
        failed=failed,
        torch=version("torch"),
        processor=platform.processor() or platform.machine(),
        wall_seconds_of_runs=spent,
    )
    files = {
        "curves.csv": curves.to_csv(index=False, float_format="%.6g"),
        "curve_intervals.csv": intervals_frame(curves).to_csv(index=False, float_format="%.6g"),
        "scores.csv": scores.to_csv(index=False, float_format="%.6g"),
        "run_times.csv": times.to_csv(index=False, float_format="%.4g"),
        "summary.md": summary(scores, times, failed, list(seeds)),
    }
    write_results(out, files, about)
    print(files["summary.md"])
    print(f"Written to {out}.")


def main() -> int:
    """Read the command line."""
    name = "matrl_grid_worlds"
    parser = Parser(prog=f"{name}.py", description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "results" / name)
    parser.add_argument("--runs", type=Path, default=ROOT / "runs" / name)
    parser.add_argument("--seeds", type=whole_number, default=SEEDS, help="seeds 0, 1, ...")
    parser.add_argument("--jobs", type=whole_number, default=os.cpu_count() or 1)
    parser.add_argument("--task", action="append", choices=list(TASKS), help="only this one")
    parser.add_argument("--learner", action="append", choices=list(CONTENDERS))
    parser.add_argument("--report", action="store_true", help="train nothing: tables only")
    parser.add_argument("--quick", action="store_true", help="a seed, a few steps: to try it")
    options = parser.parse_args()
    return run_command(f"{name}.py", lambda: run(options), resume="the same command goes on")


if __name__ == "__main__":
    sys.exit(main())
