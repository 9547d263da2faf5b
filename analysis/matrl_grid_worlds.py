"""Figures 4a, 4b and 5b of the MATRL paper: deep learners on Checkers and Switch, compared fairly.

Every learner gets the same environment steps, and is shown against gradient steps too, since MATRL
takes more of them; independent PPO also runs with MATRL's number, 15, and with its response's, 5,
which is MATRL whose meta-game says *current*, and with the mistake of the baseline that was
released with the paper.

The paper's settings hold for the whole PPO family, but MATRL's released variant gets exact
equilibria, too: its meta-games are noise, over which evolution takes five times as long as all the
rest. Value-based learners have settings tuned for these worlds; so have independent PPO and MATRL
beside the paper's, found by `matrl_grid_worlds_search.py`: on Checkers those called tuned, on
Switch those without entropy bonus. Value-based learners learn from the team's reward, and each
agent of the PPO family from its own, as in the paper: two more contenders learn from the team's.

Run as `python analysis/matrl_grid_worlds.py`; trains in `runs/matrl_grid_worlds`, where stopped
work is continued, and writes `results/matrl_grid_worlds/`. Each seed's curve is kept in its folder
`seeds` as soon as it has finished, and not computed again: remove the file to do so.
"""

from __future__ import annotations

import argparse
import os
import platform
import shlex
import sys
import time
from collections.abc import Iterable

import pandas as pd

from gametools.command_line import Parser, run_command, whole_number
from gametools.storage import manifest, require_writable_folder, version, write_results
from grid_world_runs import TASKS, Contender, Job, add_folders, folders, kept, train_all
from matrl_grid_worlds_report import intervals_frame, scores_frame, summary
from matrl_run_times import run_times

SEEDS = 5
_PUBLISHED = ("Checkers", "Switch4, own position")  # what explains figures that are published
_NO_ENTROPY = ("step.entropy=0.0",)
_BASELINE = "matrl_released_baseline:ENTRY"
CONTENDERS = {
    who.name: who
    for who in (
        Contender("matrl", "matrl", "paper"),
        Contender("matrl-no-br", "matrl-no-br", "paper"),
        Contender("il-la", "il-la", "paper"),
        Contender("matrl (released)", "matrl", "released", ("solver=exact",)),
        Contender(
            "matrl (released, no entropy bonus)", "matrl", "released",
            ("solver=exact", *_NO_ENTROPY, "trial.entropy=0.0"), only=_PUBLISHED,
        ),
        Contender(
            "matrl (no entropy bonus)", "matrl", "paper", (*_NO_ENTROPY, "trial.entropy=0.0")
        ),
        Contender("matrl (team reward)", "matrl", "paper", ("rewards=team",)),
        Contender("matrl (tuned)", "matrl", "tuned", only=("Checkers",)),
        Contender("il-ppo", "il-ppo", "paper"),
        Contender("il-ppo (15 gradient steps)", "il-ppo", "paper", ("step.epochs=15",)),
        Contender(
            "il-ppo (5 gradient steps)", "il-ppo", "paper", ("step.epochs=5",), only=_PUBLISHED
        ),
        Contender("il-ppo (first six steps)", _BASELINE, "released", only=_PUBLISHED),
        Contender(
            "il-ppo (first six steps, no entropy bonus)", _BASELINE, "released", _NO_ENTROPY,
            only=_PUBLISHED,
        ),
        Contender("il-ppo (no entropy bonus)", "il-ppo", "paper", _NO_ENTROPY),
        Contender("il-ppo (team reward)", "il-ppo", "paper", ("rewards=team",)),
        Contender("il-ppo (tuned)", "il-ppo", "tuned", only=("Checkers",)),
        Contender("vdn", "vdn", "tuned"),
        Contender("qmix", "qmix", "tuned"),
        Contender("qtran", "qtran", "tuned"),
    )
}  # fmt: skip


def jobs_of(
    tasks: Iterable[str], contenders: Iterable[str], seeds: Iterable[int], quick: bool
) -> list[Job]:
    """Seed by seed, so that what is there after a while is fair to all."""
    return [
        Job(TASKS[task], CONTENDERS[who], seed, quick)
        for seed in seeds
        for task in tasks
        for who in contenders
        if task in (CONTENDERS[who].only or TASKS)
    ]


def run(options: argparse.Namespace) -> None:
    """Train what is missing, then write tables and findings."""
    out, runs = folders("matrl_grid_worlds", options)
    folder = require_writable_folder(out / "seeds", "--out")
    start = time.perf_counter()
    seeds = range(1 if options.quick else options.seeds)
    jobs = jobs_of(options.task or TASKS, options.learner or CONTENDERS, seeds, options.quick)
    failed = {} if options.report else train_all(jobs, runs, folder, options.jobs)
    for name, reason in failed.items():
        print(f"failed: {name}: {reason}", file=sys.stderr)
    times_path = out / "run_times.csv"
    if options.times or not times_path.exists():
        times = run_times(1 if options.quick else 3)
    else:
        times = pd.read_csv(times_path)
    everything = jobs_of(TASKS, CONTENDERS, seeds, options.quick)
    order = list(CONTENDERS)  # of the tables
    everything.sort(key=lambda job: order.index(job.contender.name))
    found = {job: kept(job, folder) for job in everything}
    if all(curve is None for curve in found.values()):
        raise ValueError(
            f"`--out` holds no finished seed to report on: {folder}. Train some first."
        )
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
    add_folders(parser)
    parser.add_argument("--seeds", type=whole_number, default=SEEDS, help="seeds 0, 1, ...")
    parser.add_argument("--jobs", type=whole_number, default=os.cpu_count() or 1)
    parser.add_argument("--task", action="append", choices=list(TASKS), help="only this one")
    parser.add_argument("--learner", action="append", choices=list(CONTENDERS))
    parser.add_argument("--report", action="store_true", help="train nothing: tables only")
    parser.add_argument("--times", action="store_true", help="measure run times again")
    options = parser.parse_args()
    return run_command(f"{name}.py", lambda: run(options), resume="the same command goes on")


if __name__ == "__main__":
    sys.exit(main())
