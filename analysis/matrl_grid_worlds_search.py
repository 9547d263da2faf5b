"""Settings for independent PPO and for MATRL on the grid worlds, searched with the same effort.

The paper's settings are MATRL's. So both are tried with every combination of the values below, on
seeds that the study does not use, and the best of each are told by mean training return at the end.

Run as `python analysis/matrl_grid_worlds_search.py`; trains in `runs/matrl_grid_worlds_search`,
where stopped work is continued, and writes `results/matrl_grid_worlds_search/`. Each run's curve is
kept in its folder `curves` as soon as it has finished, and not computed again.
"""

from __future__ import annotations

import argparse
import itertools
import os
import shlex
import sys
import time
from pathlib import Path

import pandas as pd

from gametools.command_line import Parser, run_command, whole_number
from gametools.storage import manifest, require_writable_folder, version, write_results
from grid_world_runs import TASKS, Contender, Job, add_folders, folders, kept, train_all
from matrl_grid_worlds_report import TAIL
from matrl_report import markdown

SEEDS = (100, 101)
SEARCHED = ("Checkers", "Switch4, own position")
VALUES = {
    "rewards": ("own", "team"),
    "lr": (0.002, 0.0005),
    "entropy": (0.05, 0.01, 0.0),
}
"""What is tried; the first of each is the paper's."""
STEPS = {"il-ppo": ("step",), "matrl": ("step", "trial")}
"""The steps of each learner, which share the weight of entropy."""


def settings() -> list[dict[str, str | float]]:
    """Return all combinations, as dictionaries."""
    return [dict(zip(VALUES, own, strict=True)) for own in itertools.product(*VALUES.values())]


def contender(learner: str, own: dict[str, str | float]) -> Contender:
    """Return a learner with a combination of values."""
    changes = [f"rewards={own['rewards']}", f"lr={own['lr']}"]
    changes += [f"{step}.entropy={own['entropy']}" for step in STEPS[learner]]
    words = " ".join(map(str, own.values()))
    return Contender(f"{learner} {words}", learner, "paper", tuple(changes))


def search_frame(folder: Path, quick: bool) -> pd.DataFrame:
    """Return the score of every combination: a row each, best first; NaN for those not finished."""
    rows = []
    for task, learner, own in itertools.product(SEARCHED, STEPS, settings()):
        found = [
            kept(Job(TASKS[task], contender(learner, own), seed, quick), folder) for seed in SEEDS
        ]
        scores = [score(curve) for curve in found if curve is not None]
        each = " ".join(f"{value:.2f}" for value in scores)
        mean = sum(scores) / len(SEEDS) if len(scores) == len(SEEDS) else float("nan")
        rows.append({"task": task, "learner": learner} | own | {"trained": mean, "each": each})
    frame = pd.DataFrame(rows)
    order = ["task", "learner", "trained"]
    return frame.sort_values(order, ascending=[True, True, False], ignore_index=True)


def score(curve: pd.DataFrame) -> float:
    """Mean training return of the last tenth, as in the study."""
    return float(curve.loc[curve["step"] > (1 - TAIL) * curve["step"].max(), "trained"].mean())


def summary(frame: pd.DataFrame) -> str:
    """Write the best five of each down."""
    parts = [
        "# Settings searched for independent PPO and MATRL",
        f"{len(settings())} combinations each, seeds {', '.join(map(str, SEEDS))}; *trained* is "
        "the mean training return of the last tenth of the budget, *each* that of the seeds.",
    ]
    missing = int(frame["trained"].isna().sum())
    if missing:
        parts.append(f"Of {missing} combinations not all seeds have finished: they stand last.")
    columns = [*VALUES, "trained", "each"]
    for (task, learner), own in frame.groupby(["task", "learner"], sort=False):
        rows = [[f"{v:.4g}" if isinstance(v, float) else str(v) for v in row]
                for row in own[columns].head(5).to_numpy(dtype=object).tolist()]  # fmt: skip
        parts += [f"## {learner} on {task}", markdown(columns, rows)]
    return "\n\n".join(parts) + "\n"


def run(options: argparse.Namespace) -> None:
    """Train what is missing, then write the table."""
    out, runs = folders("matrl_grid_worlds_search", options)
    folder = require_writable_folder(out / "curves", "--out")
    start = time.perf_counter()
    jobs = [
        Job(TASKS[task], contender(learner, own), seed, options.quick)
        for task in SEARCHED
        for seed in SEEDS
        for own in settings()
        for learner in STEPS
    ]
    failed = {} if options.report else train_all(jobs, runs, folder, options.jobs)
    for name, reason in failed.items():
        print(f"failed: {name}: {reason}", file=sys.stderr)
    frame = search_frame(folder, options.quick)
    about = manifest(
        seeds=list(SEEDS),
        command=shlex.join(["python", *sys.argv]),
        seconds=time.perf_counter() - start,
        failed=failed,
        missing=[job.name for job in jobs if kept(job, folder) is None],
        torch=version("torch"),
    )
    text = summary(frame)
    files = {"search.csv": frame.to_csv(index=False, float_format="%.6g"), "summary.md": text}
    write_results(out, files, about)
    print(text)
    print(f"Written to {out}.")


def main() -> int:
    """Read the command line."""
    name = "matrl_grid_worlds_search"
    parser = Parser(prog=f"{name}.py", description=__doc__)
    add_folders(parser)
    parser.add_argument("--jobs", type=whole_number, default=os.cpu_count() or 1)
    parser.add_argument("--report", action="store_true", help="train nothing: tables only")
    options = parser.parse_args()
    return run_command(f"{name}.py", lambda: run(options), resume="the same command goes on")


if __name__ == "__main__":
    sys.exit(main())
