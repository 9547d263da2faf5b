"""Deep learners on grid worlds: many runs at once, each curve kept as soon as it is there."""

from __future__ import annotations

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
from gametools.storage import whole_file
from matrl_grid_worlds_report import seed_frame

__all__ = ["TASKS", "Contender", "Job", "Task", "kept", "train_all"]


@dataclass(frozen=True)
class Task:
    """A grid world with its budget, and the settings that fit it.

    `published` says whether it is one of the paper's.
    """

    name: str
    env: str
    steps: int
    evaluate_every: int
    suffix: str = ""
    published: bool = True


@dataclass(frozen=True)
class Contender:
    """A learner with settings: a preset, which the task specialises, and changes.

    One that `explains` a published figure is of no use elsewhere.
    """

    name: str
    learner: str
    preset: str
    changes: tuple[str, ...] = ()
    explains: bool = False


TASKS = {
    task.name: task
    for task in (
        Task("Checkers", "checkers_matrl", 400_000, 10_000),
        Task("Switch4, own position", "switch:num_agents=4", 1_000_000, 25_000, "-switch"),
        Task(
            "Switch4, all positions and clock", "switch:num_agents=4,version=3",
            1_000_000, 25_000, "-switch", published=False,
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


def train_one(job: Job, runs: Path) -> pd.DataFrame | str:
    """Train, or go on; return the seed's curve, or why it failed."""
    torch.set_num_threads(1)
    start = time.process_time()
    try:
        folder = train(job.run, runs / job.name)
    except TrainingFailed as error:
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
