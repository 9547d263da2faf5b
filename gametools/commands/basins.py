"""`gametools basins`: which start leads where."""

from __future__ import annotations

import argparse
import json

from gametools.command_line import Parser, aligned, whole_number
from gametools.commands.game_argument import any_game_from_word, point_from_word
from gametools.convergence.basins import BasinMap, basins
from gametools.dynamics import parse_rule

EPILOG = """examples:
  gametools basins stag_hunt --rule MATRL:step=0.05
  gametools basins matching_pennies --rule IGA:step=0.05 --samples 2000
  gametools basins rock_paper_scissors --rule ExtraGradient:step=0.1 --samples 500
  gametools basins my_games:my_game --rule IGA:step=0.01 --window=-2,2 --json

`gametools list rules` shows the rules. Shares of a random sample come with 95% intervals.
"""


def add_parser(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add the command to the parser of `gametools`."""
    parser = commands.add_parser(
        "basins",
        help="which start leads where",
        description="Run a learning rule from a grid or a sample of starts: which leads where?",
        epilog=EPILOG,
    )
    parser.add_argument("game", metavar="GAME", help="a name, a file, or module:function")
    parser.add_argument(
        "--rule", required=True, metavar="NAME:KEY=VALUE,...", help="a learning rule"
    )
    starts = parser.add_mutually_exclusive_group()
    starts.add_argument("--grid", metavar="N,M", help="cells along each coordinate (200,200)")
    starts.add_argument("--samples", type=whole_number, metavar="N", help="random starts instead")
    parser.add_argument(
        "--window", default="-1,1", metavar="LOW,HIGH",
        help="of starts where a game is played in the whole space (-1,1)",
    )  # fmt: skip
    parser.add_argument("--steps", type=whole_number, default=1000, metavar="N", help="(1000)")
    parser.add_argument("--tolerance", type=float, default=1e-3, metavar="X", help="(0.001)")
    parser.add_argument("--seed", type=int, default=0, help="of all that is random (0)")
    parser.add_argument("--json", action="store_true", help="print one object for scripts")
    parser.set_defaults(run=run, resume=lambda options: "")


def run(options: argparse.Namespace) -> None:
    """Run the rule from all starts and print the shares."""
    grid = None
    if options.grid is not None:
        numbers = point_from_word(options.grid, "--grid")
        if any(value != int(value) for value in numbers):
            raise ValueError(f"`--grid` must be whole numbers; got {options.grid!r}.")
        grid = [int(value) for value in numbers]
    found = basins(
        any_game_from_word(options.game),
        parse_rule(options.rule),
        grid=grid,
        samples=options.samples,
        window=point_from_word(options.window, "--window"),
        steps=options.steps,
        tolerance=options.tolerance,
        rng=options.seed,
    )
    frame = found.to_frame()
    if options.json:
        rows = json.loads(frame.to_json(orient="records"))
        shape = {"grid": list(found.grid), "starts": len(found.labels), "steps": found.steps}
        print(json.dumps({"rule": options.rule, **shape, "outcomes": rows}, indent=2))
    else:
        print(as_text(found))


def as_text(found: BasinMap) -> str:
    """A table for people."""
    rows = [["outcome", "kind", "attracts", "point", "share", "95% interval", "mean steps"]]
    words = {True: "yes", False: "no", None: ""}
    frame = found.to_frame()
    for row in frame.to_dict("records"):
        known = row["label"] >= 0
        if known and not row["starts"] and row["attracts"] is not True:
            continue
        point = found.targets.point[row["label"]] if known else []
        interval = "" if found.grid else f"[{row['share_low']:.1%}, {row['share_high']:.1%}]"
        rows.append(
            [
                row["outcome"],
                row["kind"],
                words[row["attracts"]],
                "(" + ", ".join(f"{value:.4g}" for value in point) + ")" if known else "",
                f"{row['share']:.1%}",
                interval,
                f"{row['mean_steps']:.0f}" if row["starts"] else "",
            ]
        )
    what = "x".join(map(str, found.grid)) + " grid" if found.grid else "random sample"
    return f"{aligned(rows)}\n\n{len(found.labels)} starts ({what}), at most {found.steps} steps."
