"""Figures 4a, 4b and 5b of the MATRL paper: deep learners on Checkers and Switch, compared fairly.

Every learner gets the same environment steps, and is shown against gradient steps too, since MATRL
takes more of them; independent PPO also runs with MATRL's number, 15, and with its response's, 5,
which is MATRL whose meta-game says *current*, and with the mistake of the baseline that was
released with the paper. The paper's settings hold for the whole PPO family;
value-based learners have their own. These learn from the team's reward, and each agent of the PPO
family from its own, as in the paper: two more contenders learn from the team's, too.

Run as `python analysis/matrl_grid_worlds.py`; trains in `runs/matrl_grid_worlds`, where stopped
work is continued, and writes `results/matrl_grid_worlds/`. Each seed's curve is kept in its folder
`seeds` as soon as it has finished, and not computed again: remove the file to do so.
"""

from __future__ import annotations

import argparse
import hashlib
import json
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
import torch
from tqdm import tqdm

from gametools.agents import Run, TrainingFailed, train
from gametools.agents.run import described
from gametools.command_line import Parser, run_command, whole_number
from gametools.storage import manifest, require_writable_folder, version, whole_file, write_results
from matrl_grid_worlds_report import intervals_frame, scores_frame, seed_frame, summary
from matrl_run_times import run_times

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
    """A learner with settings: a preset, which the task specialises, and changes."""

    learner: str
    preset: str
    changes: tuple[str, ...] = ()


TASKS = {
    "Checkers": Task("checkers_matrl", 400_000, 10_000),
    "Switch4, own position": Task("switch:num_agents=4", 1_000_000, 25_000, "-switch"),
    "Switch4, all positions and clock": Task(
        "switch:num_agents=4,version=3", 1_000_000, 25_000, "-switch"
    ),
}
CONTENDERS = {
    "matrl": Contender("matrl", "paper"),
    "matrl-no-br": Contender("matrl-no-br", "paper"),
    "il-la": Contender("il-la", "paper"),
    "matrl (released)": Contender("matrl", "released"),
    "il-ppo": Contender("il-ppo", "paper"),
    "il-ppo (5 gradient steps)": Contender("il-ppo", "paper", ("step.epochs=5",)),
    "il-ppo (15 gradient steps)": Contender("il-ppo", "paper", ("step.epochs=15",)),
    "il-ppo (first six steps)": Contender(
        "matrl_released_baseline:ENTRY", "paper", ("step.epochs=5",)
    ),
    "il-ppo (team reward)": Contender("il-ppo", "paper", ("rewards=team",)),
    "matrl (team reward)": Contender("matrl", "paper", ("rewards=team",)),
    "vdn": Contender("vdn", "tuned"),
    "qmix": Contender("qmix", "tuned"),
    "qtran": Contender("qtran", "tuned"),
}


@dataclass(frozen=True)
class Job:
    """One learner on one task with one seed."""

    task: str
    contender: str
    seed: int
    quick: bool = False

    @property
    def name(self) -> str:
        """What its files are called: letters, digits, hyphens and underscores."""
        text = f"{self.task}__{self.contender}".lower()
        words = "".join(c if c.isalnum() or c == "_" else "-" for c in text).replace("--", "-")
        return f"{words}__{self.seed}"

    @property
    def run(self) -> Run:
        """What is trained."""
        where, who = TASKS[self.task], CONTENDERS[self.contender]
        steps = 4_000 if self.quick else where.steps
        return Run(
            learner=who.learner,
            env=where.env,
            seed=self.seed,
            steps=steps,
            preset=who.preset + where.suffix,
            changes=who.changes,
            evaluate_every=min(where.evaluate_every, steps),
            checkpoint_every=60.0,
        )

    @property
    def settings(self) -> str:
        """A digest of all settings, the learner's included: results of others are not reused."""
        config = json.dumps(described(self.run), sort_keys=True)
        return hashlib.sha256(config.encode()).hexdigest()[:12]


def train_one(job: Job, runs: Path) -> pd.DataFrame | str:
    """Train, or go on; return the seed's curve, or why it failed."""
    torch.set_num_threads(1)
    start = time.process_time()
    try:
        folder = train(job.run, runs / job.name)
    except TrainingFailed as error:
        return str(error)
    return seed_frame(folder).assign(
        task=job.task,
        learner=job.contender,
        seed=job.seed,
        settings=job.settings,
        cpu_seconds=round(time.process_time() - start),
    )


def kept(job: Job, folder: Path) -> pd.DataFrame | None:
    """Read the curve of a seed that has finished with these settings; None if there is none."""
    path = folder / f"{job.name}.csv"
    if not path.exists():
        return None
    curve = pd.read_csv(path, dtype={"settings": str})
    return curve if set(curve["settings"]) == {job.settings} else None


def train_all(jobs: list[Job], runs: Path, folder: Path, processes: int) -> dict[str, str]:
    """Train what `folder` does not hold yet, and put each curve there at once; return failures."""
    failed: dict[str, str] = {}
    todo = [job for job in jobs if kept(job, folder) is None]
    spawn = multiprocessing.get_context("spawn")
    with (
        ProcessPoolExecutor(processes, mp_context=spawn) as pool,
        tqdm(total=len(todo), unit="run", disable=None) as bar,
    ):
        futures = {pool.submit(train_one, job, runs): job for job in todo}
        for future in as_completed(futures):
            job, found = futures[future], future.result()
            if isinstance(found, str):
                failed[job.name] = found
            else:
                with whole_file(folder / f"{job.name}.csv") as file:
                    found.to_csv(file, index=False, float_format="%.6g", lineterminator="\n")
            bar.update()
    return failed


def run(options: argparse.Namespace) -> None:
    """Train what is missing, then write tables and findings."""
    out = require_writable_folder(options.out, "--out")
    runs = require_writable_folder(options.runs, "--runs")
    folder = require_writable_folder(out / "seeds", "--out")
    start = time.perf_counter()
    seeds = range(1 if options.quick else options.seeds)
    # Seed by seed, so that what is there after a while is fair to all.
    jobs = [
        Job(task, who, seed, options.quick)
        for seed in seeds
        for task in options.task or TASKS
        for who in options.learner or CONTENDERS
    ]
    failed = {} if options.report else train_all(jobs, runs, folder, options.jobs)
    for name, reason in failed.items():
        print(f"failed: {name}: {reason}", file=sys.stderr)
    times_path = out / "run_times.csv"
    if options.times or not times_path.exists():
        times = run_times(1 if options.quick else 3)
    else:
        times = pd.read_csv(times_path)
    everything = [
        Job(task, who, seed, options.quick)
        for task in TASKS
        for who in CONTENDERS
        for seed in seeds
    ]
    found = {job: kept(job, folder) for job in everything}
    curves = pd.concat([curve for curve in found.values() if curve is not None], ignore_index=True)
    scores = scores_frame(curves, len(seeds))
    about = manifest(
        seeds=list(seeds),
        command=shlex.join(["python", *sys.argv]),
        seconds=time.perf_counter() - start,
        failed=failed,
        missing=[job.name for job, curve in found.items() if curve is None],
        cpu_seconds_of_runs=int(
            curves.groupby(["task", "learner", "seed"])["cpu_seconds"].max().sum()
        ),
        torch=version("torch"),
        processor=platform.processor() or platform.machine(),
    )
    files = {
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
    parser.add_argument("--times", action="store_true", help="measure run times again")
    parser.add_argument("--quick", action="store_true", help="a seed, a few steps: to try it")
    options = parser.parse_args()
    return run_command(f"{name}.py", lambda: run(options), resume="the same command goes on")


if __name__ == "__main__":
    sys.exit(main())
