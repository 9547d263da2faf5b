"""`gametools train`: a learner on an environment, many seeds in parallel."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from gametools.command_line import Parser, seed_range, whole_number

if TYPE_CHECKING:
    from gametools.agents.seeds import SeedReport

EPILOG = """examples:
  gametools train il-ppo switch --steps 400000 --out runs/il-ppo
  gametools train matrl switch:num_agents=4 --preset paper-switch --seeds 0:5 --jobs 2 \\
      --steps 1000000 --out runs/matrl
  gametools train il-ppo checkers --set lr=0.001 --set network.hidden=(64,64) \\
      --steps 400000 --out runs/small

`gametools list learners` and `gametools list envs` show what there is. Each seed has a folder
seed_N in DIR. Interrupted seeds go on when the same command is given again, with the same result
as if they had not been interrupted; finished ones are skipped. The exit code is 1 where a seed
failed.
"""


def add_parser(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add the command to the parser of `gametools`."""
    parser = commands.add_parser(
        "train",
        help="train a learner on an environment",
        description="Train a learner on an environment, many seeds in parallel processes.",
        epilog=EPILOG,
    )
    parser.set_defaults(run=run, resume=resume)
    parser.add_argument("learner", metavar="LEARNER", help="a name, or module:NAME")
    parser.add_argument("env", metavar="ENV", help="NAME or NAME:KEY=VALUE,...; or module:NAME")
    parser.add_argument(
        "--steps", type=whole_number, required=True, metavar="N", help="joint steps of each seed"
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="where each seed gets a folder"
    )
    parser.add_argument(
        "--seeds", type=seed_range, default=range(1), metavar="A:B", help="A to B - 1 (0:1)"
    )
    parser.add_argument("--preset", default="default", metavar="P", help="settings (default)")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", dest="changes",
        help="change a setting of the preset; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--jobs", type=whole_number, metavar="N", help="seeds at a time (as many as cores)"
    )
    evaluation = parser.add_argument_group("evaluation")
    evaluation.add_argument(
        "--evaluate-every", type=whole_number, default=20_000, metavar="N",
        help="joint steps between evaluations (20000)",
    )  # fmt: skip
    evaluation.add_argument(
        "--episodes",
        type=whole_number,
        default=20,
        metavar="N",
        help="greedy ones and sampled ones (20 each)",
    )
    parser.add_argument(
        "--tensorboard", action="store_true", help="also write event files for TensorBoard"
    )


def resume(options: argparse.Namespace) -> str:
    """Say what becomes of interrupted seeds."""
    return f"{options.out} holds the seeds that had begun; start it again as before to resume."


def run(options: argparse.Namespace) -> int:
    """Train all seeds; return 1 if one failed."""
    try:
        from gametools.agents.run import Run
        from gametools.agents.seeds import train_seeds

        wanted = Run(
            learner=options.learner,
            env=options.env,
            seed=options.seeds[0],
            steps=options.steps,
            preset=options.preset,
            changes=tuple(options.changes),
            evaluate_every=options.evaluate_every,
            evaluation_episodes=options.episodes,
        )
        reports = train_seeds(
            wanted, options.seeds, options.out, jobs=options.jobs, tensorboard=options.tensorboard
        )
    except ImportError as error:  # of an extra; the message names it
        raise ValueError(str(error)) from None
    for report in reports:
        print(as_line(report), file=sys.stderr if report.failed else sys.stdout)
    failed = sum(report.failed for report in reports)
    if failed:
        print(f"{failed} of {len(reports)} seeds did not finish.", file=sys.stderr)
    return int(failed > 0)


def as_line(report: SeedReport) -> str:
    """One line for people."""
    if report.failed:
        return f"seed {report.seed}: failed: {report.reason}"
    last = json.loads((report.folder / "finished.json").read_text())["evaluation"]
    before = " (had finished before)" if report.skipped else ""
    returns = f"greedy {last['greedy']:.4g}, sampled {last['sampled']:.4g}"
    return f"seed {report.seed}: {returns} after {int(last['step'])} steps{before}"
