"""`gametools evaluate`: what a trained run earns, and a picture of it."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gametools.command_line import Parser, aligned, whole_number
from gametools.validation import count

if TYPE_CHECKING:
    from gametools.agents.trained import Trained

EPILOG = """examples:
  gametools evaluate runs/matrl/seed_0
  gametools evaluate runs/matrl --episodes 1000 --json
  gametools evaluate runs/matrl/seed_0 --gif matrl.gif

Greedy agents take their likeliest actions, sampled ones draw them. Returns are sums over all
agents, with 95% bootstrap intervals of the mean over episodes.
"""


def add_parser(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add the command to the parser of `gametools`."""
    parser = commands.add_parser(
        "evaluate",
        help="what a trained run earns",
        description="Play episodes with the learner of a run's last checkpoint.",
        epilog=EPILOG,
    )
    parser.add_argument("folder", metavar="RUN", help="a folder of `gametools train`")
    parser.add_argument(
        "--episodes",
        type=whole_number,
        default=100,
        metavar="N",
        help="greedy ones and sampled ones (100 each)",
    )
    parser.add_argument(
        "--sampled", action="store_true", help="draw a sampled episode, not a greedy one"
    )
    parser.add_argument("--seed", type=int, default=0, help="of environments and actions (0)")
    parser.add_argument("--gif", type=Path, metavar="FILE", help="also draw an episode")
    parser.add_argument("--json", action="store_true", help="print records for scripts")
    parser.set_defaults(run=run, resume=lambda options: "")


def run(options: argparse.Namespace) -> None:
    """Play and print."""
    from gametools.evaluation import run_folders

    seed = count("--seed", options.seed)
    folders = run_folders(options.folder, "RUN")
    if options.gif is not None:
        _require_gif(options.gif, len(folders))
    try:
        from gametools.agents.trained import load_trained

        runs = [load_trained(folder) for folder in _with_checkpoint(folders)]
        rows = [row for found in runs for row in evaluated(found, options.episodes, seed)]
    except ImportError as error:  # of an extra; the message names it
        raise ValueError(str(error)) from None
    print(json.dumps(rows, indent=2) if options.json else as_text(rows))
    if options.gif is not None:
        render_gif(runs[0], options.gif, seed, greedy=not options.sampled)


def evaluated(found: Trained, episodes: int, seed: int) -> list[dict[str, Any]]:
    """Play greedy and sampled episodes; return a record of the ones and of the others."""
    from gametools.agents.play import play_episodes
    from gametools.envs.registry import parse_env
    from gametools.evaluation import best_return, bootstrap

    best = best_return(found.run.env)
    rows = []
    for kind in ("greedy", "sampled"):
        env = parse_env(found.run.env, num_envs=episodes)
        played = play_episodes(found.learner, env, seed=seed, greedy=kind == "greedy")
        mean = bootstrap(played.team, np.mean, rng=seed)
        none = episodes == 1
        rows.append(
            {
                "learner": found.run.learner, "env": found.run.env, "seed": found.run.seed,
                "steps": found.steps, "actions": kind, "episodes": episodes,
                "return": mean.estimate, "low": None if none else mean.low,
                "high": None if none else mean.high, "sd": float(played.team.std()),
                "length": float(played.lengths.mean()),
                "agents": played.returns.mean(axis=0).tolist(), "optimum": best,
            }
        )  # fmt: skip
    return rows


def as_text(rows: list[dict[str, Any]]) -> str:
    """Tables for people, one for each learner and environment."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["learner"], row["env"]), []).append(row)
    return "\n\n".join(map(_table, groups.values()))


def _table(rows: list[dict[str, Any]]) -> str:
    first = rows[0]
    table = [["seed", "steps", "actions", "return", "[95%]", "sd", "by agent", "steps an episode"]]
    known = any(row["optimum"] is not None for row in rows)
    if known:
        table[0] += ["optimum", "gap"]
    for row in rows:
        interval = "" if row["low"] is None else f"[{row['low']:.4g}, {row['high']:.4g}]"
        agents = ", ".join(f"{value:.4g}" for value in row["agents"])
        line = [str(row["seed"]), str(row["steps"]), row["actions"], f"{row['return']:.4g}"]
        line += [interval, f"{round(row['sd'], 9):.3g}", agents, f"{row['length']:.1f}"]
        if known:
            line += [f"{row['optimum']:.4g}", f"{row['optimum'] - row['return']:.4g}"]
        table.append(line)
    played = f"{first['episodes']} greedy and as many sampled episodes"
    return f"{first['learner']} on {first['env']}, {played}\n\n{aligned(table)}"


def render_gif(found: Trained, path: Path, seed: int, *, greedy: bool) -> None:
    """Write an episode as an animated picture."""
    from gametools.agents.play import play_episodes
    from gametools.envs.gif import write_gif
    from gametools.envs.registry import parse_env

    env = parse_env(found.run.env)
    frames: list[Any] = []
    try:
        play_episodes(
            found.learner, env, seed=seed, greedy=greedy, watch=lambda: frames.append(env.render())
        )
    except NotImplementedError as error:
        raise ValueError(
            f"`--gif` needs an environment that draws itself; {found.run.env} does not: {error}"
        ) from None
    write_gif(path, frames)


def _with_checkpoint(folders: list[Path]) -> list[Path]:
    """Leave out, and name, seeds that have saved nothing yet; if that is all, keep all."""
    found = [folder for folder in folders if (folder / "checkpoint.pt").exists()]
    for folder in folders if found else []:
        if folder not in found:
            print(f"left out: {folder} has no checkpoint yet", file=sys.stderr)
    return found or folders


def _require_gif(path: Path, runs: int) -> None:
    if runs > 1:
        raise ValueError(f"`--gif` draws one run; RUN holds {runs}: name one of its folders.")
    if path.suffix.lower() != ".gif":
        raise ValueError(f"`--gif` must end in .gif; got {str(path)!r}.")
    if path.is_dir() or not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise ValueError(f"`--gif` must be a file in a folder that can be written to; got {path}.")
