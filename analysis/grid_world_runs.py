"""Deep learners on grid worlds: many runs at once, each curve kept as soon as it is there."""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import torch
from tqdm import tqdm

from gametools.agents import Run, TrainingFailed, train
from gametools.agents.run import described
from gametools.command_line import Parser
from gametools.storage import require_writable_folder, whole_file
from matrl_grid_worlds_report import seed_frame

__all__ = ["TASKS", "Contender", "Job", "Task", "add_folders", "folders", "kept", "train_all"]

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Task:
    """A grid world with its budget, and the settings that fit it."""

    name: str
    env: str
    steps: int
    evaluate_every: int
    suffix: str = ""


@dataclass(frozen=True)
class Contender:
    """A learner with settings: a preset, which the task specialises, and changes.

    It runs on all tasks, or `only` on some.
    """

    name: str
    learner: str
    preset: str
    changes: tuple[str, ...] = ()
    only: tuple[str, ...] = ()


TASKS = {
    task.name: task
    for task in (
        Task("Checkers", "checkers_matrl", 400_000, 10_000),
        Task("Switch4, own position", "switch:num_agents=4", 1_000_000, 25_000, "-switch"),
        Task(
            "Switch4, all positions and clock", "switch:num_agents=4,version=3",
            1_000_000, 25_000, "-switch",
        ),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Job:
    """One contender on one task with one seed."""

    task: Task
    contender: Contender
    seed: int
    quick: bool = False

    @property
    def name(self) -> str:
        """What its files are called: letters, digits, hyphens and underscores."""
        text = f"{self.task.name}__{self.contender.name}".lower()
        words = "".join(c if c.isalnum() or c == "_" else "-" for c in text).replace("--", "-")
        return f"{words}__{self.seed}"

    @property
    def run(self) -> Run:
        """What is trained."""
        where, who = self.task, self.contender
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


def add_folders(parser: Parser) -> None:
    """Add ``--out``, ``--runs`` and ``--quick``."""
    parser.add_argument("--out", type=Path, help="of tables (results/NAME)")
    parser.add_argument("--runs", type=Path, help="of what is being trained (runs/NAME)")
    parser.add_argument(
        "--quick", action="store_true", help="a few steps, all in runs/NAME_quick: to try it"
    )


def folders(name: str, options: argparse.Namespace) -> tuple[Path, Path]:
    """Return where the tables and the runs of a study go."""
    quick = ROOT / "runs" / f"{name}_quick"
    out = options.out or (quick if options.quick else ROOT / "results" / name)
    runs = options.runs or (quick if options.quick else ROOT / "runs" / name)
    return require_writable_folder(out, "--out"), require_writable_folder(runs, "--runs")


def train_one(job: Job, runs: Path) -> pd.DataFrame | str:
    """Train, or go on; return the seed's curve, or why it failed.

    ``cpu_seconds`` are those of this process: of a run that went on, those since.
    """
    torch.set_num_threads(1)
    start = time.process_time()
    try:
        folder = train(job.run, runs / f"{job.name}__{job.settings}")
    except (TrainingFailed, ValueError, OSError) as error:
        return str(error)
    return seed_frame(folder).assign(
        task=job.task.name,
        learner=job.contender.name,
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


def train_all(jobs: Iterable[Job], runs: Path, folder: Path, processes: int) -> dict[str, str]:
    """Train what `folder` does not hold yet, and put each curve there at once; return failures.

    Interrupted, it begins no more runs; those under way go on from their checkpoints next time.
    """
    failed: dict[str, str] = {}
    todo = [job for job in jobs if kept(job, folder) is None]
    spawn = multiprocessing.get_context("spawn")
    with (
        ProcessPoolExecutor(processes, mp_context=spawn) as pool,
        tqdm(total=len(todo), unit="run", disable=None) as bar,
    ):
        futures = {pool.submit(train_one, job, runs): job for job in todo}
        try:
            for future in as_completed(futures):
                job, found = futures[future], future.result()
                if isinstance(found, str):
                    failed[job.name] = found
                else:
                    with whole_file(folder / f"{job.name}.csv") as file:
                        found.to_csv(file, index=False, float_format="%.6g", lineterminator="\n")
                bar.update()
        except BaseException:
            _stop(pool)
            raise
    return failed


def _stop(pool: ProcessPoolExecutor) -> None:
    """Begin no more, and end what is under way."""
    workers = list(pool._processes.values())
    pool.shutdown(wait=False, cancel_futures=True)
    for worker in workers:
        worker.terminate()
