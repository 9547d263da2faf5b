"""The best that any team can do on Checkers and Switch, by exhaustive search.

Learning curves on these grid worlds are read against the largest team return there is. For each
setting this finds it, with a run that earns it, and proves it: all runs that could be better are
followed, within the time limit (see `gametools.envs.optimum`).

Run as `python analysis/grid_world_optima.py`; writes `results/grid_world_optima/`.
"""

from __future__ import annotations

import json
import shlex
import sys
import time
from pathlib import Path
from typing import Any

from gametools.command_line import Parser, run_command
from gametools.envs import optimum, parse_env
from gametools.storage import manifest, require_writable_folder, write_results
from matrl_report import markdown

ROOT = Path(__file__).resolve().parent.parent

SETTINGS = {
    "Switch2": "switch:num_agents=2",
    "Switch3": "switch:num_agents=3",
    "Switch4": "switch:num_agents=4",
    "Switch4, step -1": "switch:num_agents=4,step_cost=-1",
    "Checkers, ma-gym's rewards": "checkers",
    "Checkers, MATRL's rewards": "checkers_matrl",
}


def solve(name: str) -> dict[str, Any]:
    """One setting: its optimum, the run that earns it, and what the proof took."""
    found = optimum(parse_env(SETTINGS[name]))
    return {
        "name": name,
        "env": SETTINGS[name],
        "value": round(found.value, 9),
        "finished": found.finished,
        "transitions": found.transitions,
        "actions": found.actions.tolist(),
    }


def summary(records: list[dict[str, Any]]) -> str:
    """The table and what it says."""
    rows = [
        [own["name"], f"`{own['env']}`", f"{own['value']:.6g}", str(len(own["actions"])),
         f"{own['transitions']:,}"]
        for own in records
    ]  # fmt: skip
    header = ["world", "environment", "largest team return", "steps of the run", "moves followed"]
    value = {own["name"]: own["value"] for own in records}
    checkers = value["Checkers, MATRL's rewards"]
    return (
        f"# Optima of grid worlds\n\n{markdown(header, rows)}\n\n"
        "A team return is the sum of all agents' rewards in an episode. Each value is proved: a "
        "breadth-first search follows every run that falls short of all goals reached in no time "
        "by no more than an allowance, up to the time limit; the allowance is doubled until a run "
        "ends within it. The joint actions of a best run are in `optima.json`.\n\n"
        f"With MATRL's rewards (5, -5 and 1, -1) Checkers is worth {checkers:g}: like with "
        "ma-gym's, the sensitive agent eats all nine apples and the other one eats three lemons to "
        "clear the way. With a step cost of -1, as in the appendix of the paper, no team can earn "
        f"more than {value['Switch4, step -1']:g} on Switch4; so the published 6.5 goes with -0.1, "
        f"as in its section 4, and is a sum over agents, of {value['Switch4']:g} that there are "
        f"(a mean over agents could not pass {value['Switch4'] / 4:g}).\n"
    )


def main() -> int:
    parser = Parser(
        prog="grid_world_optima",
        description=__doc__,
        epilog="example: python analysis/grid_world_optima.py",
    )
    folder = ROOT / "results" / "grid_world_optima"
    parser.add_argument("--out", type=Path, default=folder, metavar="DIR")
    options = parser.parse_args()

    def body() -> None:
        began = time.perf_counter()
        out = require_writable_folder(options.out, "--out")
        records = [solve(name) for name in SETTINGS]
        text = summary(records)
        print(text)
        about = manifest(
            command=shlex.join(["python", "analysis/grid_world_optima.py", *sys.argv[1:]]),
            seeds=[],
            seconds=time.perf_counter() - began,
        )
        lines = ",\n".join(json.dumps(own) for own in records)
        write_results(out, {"optima.json": f"[\n{lines}\n]\n", "summary.md": text}, about)

    return run_command("grid_world_optima", body)


if __name__ == "__main__":
    sys.exit(main())
