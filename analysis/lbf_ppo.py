"""Level-based foraging, 8x8-2p-2f-coop: does PPO with shared networks get all the food?

Critics see their agent's observation (IPPO) or the state (MAPPO). The bar is a mean return of 0.9
by 300,000 steps, with every seed; EPyMARL's MAPPO took 250,000 steps to 0.94, at 879 steps a
second on two cores (one seed, measured). An episode has 50 steps; all food is worth 1.

Run as `python analysis/lbf_ppo.py`; trains in `runs/lbf_ppo` (stopped work is continued, finished
work kept) and writes `results/lbf_ppo/`.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shlex
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from gametools.command_line import Parser, run_command, whole_number
from gametools.storage import manifest, require_writable_folder, version, write_results
from matrl_grid_worlds_report import seed_frame
from matrl_report import markdown

ROOT = Path(__file__).resolve().parent.parent
NAME = "lbf_ppo"
TASK = "8x8-2p-2f-coop"
ENV = f"foraging:task={TASK}"
PRESET = "lbf"
STEPS, EVERY, EPISODES = 300_000, 25_000, 50
SEEDS = 3
BAR = 0.9
EPYMARL_STEPS_PER_SECOND = 879
CONTENDERS = {
    "shared PPO": ("critic=observation",),
    "shared PPO, state critic (MAPPO)": ("critic=state",),
}
GREEDY = (
    "Greedy play is far worse than sampled play (medians {greedy:.2f} and {sampled:.2f}). A failed "
    "loading costs nothing, so these policies load about half of the time wherever they are, and "
    "walk else: greedy agents load where there is no food, until the time limit. EPyMARL's figures "
    "are of sampled play, too."
)
LABELS = {"trained": "in training", "sampled": "sampled", "greedy": "greedy"}
SPEEDS = {"steps_per_second": "steps/s", "steps_per_cpu_second": "steps/s of CPU time"}


def folder_name(contender: str) -> str:
    """Return a folder's name."""
    return {"critic=observation": "ippo", "critic=state": "mappo"}[CONTENDERS[contender][0]]


def train_one(contender: str, seed: int, runs: Path, steps: int) -> str:
    """Train a seed, or go on; return why it failed, if it did.

    What it took is kept beside it if it was trained in one go.
    """
    import torch

    from gametools.agents import Run, TrainingFailed, train
    from gametools.agents.run import write_json

    torch.set_num_threads(1)
    folder = runs / folder_name(contender) / f"seed_{seed}"
    run = Run(
        "il-ppo", ENV, seed, steps, PRESET, CONTENDERS[contender],
        evaluate_every=EVERY, evaluation_episodes=EPISODES,
    )  # fmt: skip
    timing, fresh = folder / "timing.json", not folder.exists()
    began, cpu_began = time.perf_counter(), time.process_time()
    try:
        train(run, folder)
    except TrainingFailed as error:
        return str(error)
    if fresh:
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu_began
        write_json(timing, {"steps": steps, "seconds": seconds, "cpu_seconds": cpu})
    return ""


def train_all(names: list[str], steps: int, seeds: range, runs: Path, jobs: int) -> dict[str, str]:
    """Train everything in parallel; return failures by folder."""
    failed: dict[str, str] = {}
    todo = [(who, seed) for seed in seeds for who in names]
    spawn = multiprocessing.get_context("spawn")
    with (
        ProcessPoolExecutor(jobs, mp_context=spawn) as pool,
        tqdm(total=len(todo), unit="run", disable=None) as bar,
    ):
        futures = {pool.submit(train_one, *job, runs, steps): job for job in todo}
        for future in as_completed(futures):
            who, seed = futures[future]
            reason = future.result()
            if reason:
                failed[f"{folder_name(who)}/seed_{seed}"] = reason
            bar.update()
    return failed


def curves_frame(names: list[str], runs: Path) -> pd.DataFrame:
    """Return the curves of all seeds that have been evaluated, a row for each evaluation."""
    parts = []
    for who in names:
        for folder in sorted((runs / folder_name(who)).glob("seed_*")):
            if (folder / "evaluation.csv").exists():
                about = {
                    "task": TASK, "learner": who, "seed": int(folder.name.split("_")[1]),
                    "status": "finished" if (folder / "finished.json").exists() else "unfinished",
                }  # fmt: skip
                parts.append(seed_frame(folder).assign(**about))
    columns = ["task", "learner", "seed", "status", "step", "gradient_steps",
               "greedy", "sampled", "trained"]  # fmt: skip
    return pd.concat(parts, ignore_index=True)[columns]


def seeds_frame(curves: pd.DataFrame, runs: Path) -> pd.DataFrame:
    """Return a row for each seed: its last returns, when it reached the bar, and its speed.

    ``trained`` is the mean over the episodes that ended in the last tenth of training or so (since
    the evaluation before the last), ``reached`` the first evaluation up to which it passed the bar.
    """
    rows = []
    for (who, seed), own in curves.groupby(["learner", "seed"], sort=False):
        last = own.iloc[-1]
        above = own.loc[own["trained"] >= BAR, "step"]
        timing = runs / folder_name(str(who)) / f"seed_{seed}" / "timing.json"
        took = json.loads(timing.read_text()) if timing.exists() else {}
        rows.append(
            {
                "learner": who,
                "seed": seed,
                "status": last["status"],
                "step": last["step"],
                **{name: last[name] for name in LABELS},
                "reached": above.min() if len(above) else None,
                "steps_per_second": took["steps"] / took["seconds"] if took else None,
                "steps_per_cpu_second": took["steps"] / took["cpu_seconds"] if took else None,
            }
        )
    return pd.DataFrame(rows)


def summary(frame: pd.DataFrame, failed: dict[str, str]) -> str:
    """The table and what it says."""
    rows = [
        [
            row["learner"],
            str(row["seed"]),
            *(f"{row[name]:.3f}" for name in LABELS),
            "never" if pd.isna(row["reached"]) else f"{row['reached']:,.0f}",
            *("-" if pd.isna(row[name]) else f"{row[name]:,.0f}" for name in SPEEDS),
        ]
        for row in frame.to_dict("records")
    ]
    head = ["learner", "seed", *LABELS.values(), f"{BAR} by step", *SPEEDS.values()]
    parts = [
        f"# PPO with shared networks on level-based foraging {TASK}",
        f"Mean returns (all food is worth 1) after {frame['step'].max():,.0f} steps: of the "
        f"episodes that ended in the last {EVERY:,} steps of training, and of {EPISODES} sampled "
        "and as many greedy ones in an evaluation. Steps a second are those of a whole run, "
        "evaluations and checkpoints included, by the clock and by CPU time (of one core); the "
        "clock's are lower where others use the cores, too.",
        markdown(head, rows),
    ]
    for who, own in frame.groupby("learner", sort=False):
        met = own["trained"] >= BAR
        missed = own.loc[~met, "seed"].tolist()
        text = f"{who}: {met.sum()} of {len(own)} seeds train at {BAR} or better at the end"
        parts.append(text + (f"; missed by seeds {missed}." if missed else "."))
    speed = frame["steps_per_cpu_second"].dropna()
    if len(speed):
        ratio = speed.median() / EPYMARL_STEPS_PER_SECOND
        parts.append(
            f"Median speed {speed.median():,.0f} steps/s of CPU time, {ratio:.1f} times EPyMARL's "
            f"{EPYMARL_STEPS_PER_SECOND} (quoted, two cores)."
        )
    greedy, sampled = frame["greedy"].median(), frame["sampled"].median()
    if greedy < sampled - 0.1:
        parts.append(GREEDY.format(greedy=greedy, sampled=sampled))
    if failed:
        parts.append("## Failed seeds\n\n" + "\n".join(f"- {k}: {v}" for k, v in failed.items()))
    return "\n\n".join(parts) + "\n"


def run(options: argparse.Namespace) -> None:
    """Train what is missing, then write tables and findings."""
    out = require_writable_folder(options.out, "--out")
    runs = require_writable_folder(options.runs, "--runs")
    began = time.perf_counter()
    seeds = range(1 if options.quick else options.seeds)
    steps = 4_000 if options.quick else STEPS
    wanted = options.learner or list(map(folder_name, CONTENDERS))
    names = [who for who in CONTENDERS if folder_name(who) in wanted]
    failed = train_all(names, steps, seeds, runs, options.jobs)
    for where, reason in failed.items():
        print(f"failed: {where}: {reason}", file=sys.stderr)
    curves = curves_frame(names, runs)
    frame = seeds_frame(curves, runs)
    about = manifest(
        seeds=list(seeds),
        command=shlex.join(["python", "analysis/lbf_ppo.py", *sys.argv[1:]]),
        seconds=time.perf_counter() - began,
        failed=failed,
        torch=version("torch"),
        lbforaging=version("lbforaging"),
    )
    files = {
        "curves.csv": curves.to_csv(index=False, float_format="%.6g"),
        "seeds.csv": frame.to_csv(index=False, float_format="%.6g"),
        "summary.md": summary(frame, failed),
    }
    write_results(out, files, about)
    print(files["summary.md"])
    print(f"Written to {out}.")


def main() -> int:
    """Read the command line."""
    parser = Parser(prog=f"{NAME}.py", description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "results" / NAME)
    parser.add_argument("--runs", type=Path, default=ROOT / "runs" / NAME)
    parser.add_argument("--seeds", type=whole_number, default=SEEDS, help="seeds 0, 1, ...")
    parser.add_argument("--jobs", type=whole_number, default=os.cpu_count() or 1)
    known = [folder_name(who) for who in CONTENDERS]
    parser.add_argument("--learner", action="append", choices=known, help="only this one")
    parser.add_argument("--quick", action="store_true", help="a seed, a few steps: to try it")
    options = parser.parse_args()
    return run_command(f"{NAME}.py", lambda: run(options), resume="the same command goes on")


if __name__ == "__main__":
    sys.exit(main())
