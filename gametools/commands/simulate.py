"""`gametools simulate`: run a rule on a game from a start."""

from __future__ import annotations

import argparse
import json
from typing import Any

import numpy as np

from gametools.command_line import Parser, aligned, whole_number
from gametools.commands.game_argument import any_game_from_word, point_from_word
from gametools.dynamics import parse_rule, simulate
from gametools.games.policy_space import as_differentiable

EPILOG = """examples:
  gametools simulate matching_pennies --rule IGA:step=0.05 --start 0.9,0.2
  gametools simulate rock_paper_scissors --rule ExtraGradient:step=0.1 --start .5,.3,.2,.2,.3,.5
  gametools simulate my_games:my_game --rule MATRL:step=0.02 --start 1,1 --steps 500 --json

Points are as in `gametools classify`; `gametools list rules` shows the rules.
"""


def add_parser(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add the command to the parser of `gametools`."""
    parser = commands.add_parser(
        "simulate",
        help="run a learning rule from a start",
        description="Run a learning rule on a game from a start and print where it goes.",
        epilog=EPILOG,
    )
    parser.add_argument("game", metavar="GAME", help="a name, a file, or module:function")
    parser.add_argument(
        "--rule", required=True, metavar="NAME:KEY=VALUE,...", help="a learning rule"
    )
    parser.add_argument("--start", required=True, metavar="P,Q,...", help="the first point")
    parser.add_argument("--steps", type=whole_number, default=1000, metavar="N", help="(1000)")
    parser.add_argument(
        "--record", type=whole_number, metavar="K", help="print every K-th point (20 in all)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of rules that draw (0)")
    parser.add_argument("--json", action="store_true", help="print one object for scripts")
    parser.set_defaults(run=run, resume=lambda options: "")


def run(options: argparse.Namespace) -> None:
    """Run the rule and print its points."""
    rule = parse_rule(options.rule)
    game = as_differentiable(any_game_from_word(options.game))
    start = point_from_word(options.start, "--start")
    every = options.record or max(1, options.steps // 20)
    path = simulate(game, rule, start, steps=options.steps, record=every, rng=options.seed)
    finite = np.isfinite(path.points).all(axis=-1)
    gradient = np.full_like(path.points, np.nan)
    with np.errstate(over="ignore", invalid="ignore"):  # far out, after a divergence
        gradient[finite] = game.gradient(path.points[finite])
    if options.json:
        record: dict[str, Any] = {
            "game": repr(game),
            "rule": repr(rule),
            "status": path.status.value,
            "message": path.message,
            "diverged_after": int(path.diverged_after),
            "diverged_at": int(path.diverged_at),
            "times": path.times.tolist(),
            "points": [_finite(point) for point in path.points],
        }
        print(json.dumps(record, indent=2))
        return
    names = [f"x{k}" for k in range(path.points.shape[-1])]
    rows = [["step", *names, "gradient"]]
    for time, point, slope in zip(path.times, path.points, gradient, strict=True):
        size = f"{np.abs(slope).max():.1e}"
        rows.append([str(time), *(f"{value:.6g}" for value in point), size])
    what = f"{path.status} ({path.message})" if path.message else path.status
    print(f"{aligned(rows)}\n\n{rule!r}: {what}.")


def _finite(point: np.ndarray[Any, Any]) -> list[float | None]:
    """The numbers, null where JSON has none."""
    return [float(value) if np.isfinite(value) else None for value in point]
