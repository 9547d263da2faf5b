"""Table 1 of the MATRL paper: published, as released, and matched.

Wen et al. (2021) report how often, and how fast, IGA, IGA-LA (IGA-PP here) and MATRL converge in
random 2x2 games. This script shows the published figures, reproduces them game by game as the
released program computes them, and repeats the comparison with what differed between the rules
made equal: step sizes, gradient evaluations, the generator, the start, and first hit or stay.
"""

from __future__ import annotations

import argparse
import json
import runpy
import shlex
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

import matrl_report as report
import matrl_studies as studies
from gametools.command_line import Parser, run_command, seed_range, whole_number
from gametools.convergence import ConvergenceTable
from gametools.convergence.checkpoint import Checkpoint
from gametools.games import NormalFormGame
from gametools.storage import manifest, require_writable_folder, whole_file, write_results

ROOT = Path(__file__).resolve().parent.parent
QUICK_GAMES, CURVE_EVERY = 100, 10
DETAILS = (("released", "paper"), ("normal", "paper"), ("normal", "uniform"))


def parser() -> Parser:
    """The command line."""
    result = Parser(
        prog="matrl_table1",
        description=__doc__,
        epilog="""examples:
  python analysis/matrl_table1.py                         everything, 1000 games a class
  python analysis/matrl_table1.py --quick                 the same with 100 games a class
  python analysis/matrl_table1.py --protocol released --seeds 0:200 --json steps.json

An interrupted run resumes when it is started again with the same options.""",
    )
    result.add_argument(
        "--protocol", choices=["published", "released", "matched", "all"], default="all"
    )
    result.add_argument(
        "--seeds", type=seed_range, metavar="A:B", help="released games A to B-1 of each class"
    )
    result.add_argument(
        "--games", type=whole_number, metavar="N",
        help="games of each class: released seeds 0 to N-1, and N unbiased ones (1000)",
    )  # fmt: skip
    result.add_argument("--quick", action="store_true", help=f"{QUICK_GAMES} games of each class")
    result.add_argument(
        "--out", type=Path, default=ROOT / "results" / "matrl_table1", metavar="DIR",
        help="folder of the results (results/matrl_table1)",
    )  # fmt: skip
    result.add_argument(
        "--json", type=Path, metavar="PATH",
        help='as-released steps of every game: records {"class", "rule", "seed", "steps"}',
    )  # fmt: skip
    return result


def run(options: argparse.Namespace) -> None:
    """Run the protocols asked for, print their tables and write the results."""
    began = time.perf_counter()
    if options.json and options.protocol not in ("released", "all"):
        raise ValueError("`--json` needs `--protocol released` or `all`.")
    games = options.games or (QUICK_GAMES if options.quick else 1000)
    seeds = options.seeds or range(games)
    if options.protocol == "published":
        print(report.published_table())
        return
    out = require_writable_folder(options.out, "--out")
    if options.json:
        require_writable_folder(options.json.parent, "--json")
    partial = out / ".partial"
    result = Result()
    if options.protocol in ("released", "all"):
        table = studies.run_released(seeds, partial)
        add_released(result, table, len(seeds))
        if options.json:
            write_steps(options.json, table, seeds)
    if options.protocol in ("matched", "all"):
        tables = studies.run_matched(seeds, games, partial)
        add_matched(result, tables, studies.matched_games(seeds, games))
    print(document(result.headline))
    about = manifest(
        command=shlex.join(["python", "analysis/matrl_table1.py", *sys.argv[1:]]),
        seeds={"released games": [seeds.start, seeds.stop], "everything else": studies.SEED},
        games=games,
        seconds=time.perf_counter() - began,
    )
    write_results(out, result.contents(), about)
    Checkpoint(partial).clear()
    print(f"\nWritten to {out} in {time.perf_counter() - began:.1f} s.", file=sys.stderr)


@dataclass
class Result:
    """What the protocols found, as it grows: texts by title, frames by file name."""

    headline: dict[str, str] = field(default_factory=dict)
    details: dict[str, str] = field(default_factory=dict)
    frames: dict[str, pd.DataFrame] = field(default_factory=dict)
    curves: list[pd.DataFrame] = field(default_factory=list)

    def contents(self) -> dict[str, str | bytes]:
        """The files to write: CSV, the summary and the picture."""
        curves = pd.concat(self.curves, ignore_index=True)
        frames = self.frames | {"curves.csv": curves}
        figure = runpy.run_path(str(ROOT / "figures" / "table1_survival.py"))
        summary = document({**self.headline, **self.details})
        return {
            **{name: csv(frame) for name, frame in frames.items()},
            "summary.md": f"# Table 1 of the MATRL paper\n\n{summary}\n",
            "survival.png": figure["png"](curves),
        }


def add_released(result: Result, table: ConvergenceTable, games: int) -> None:
    """Add what the as-released protocol shows."""
    frame, pairs = table.to_frame(), table.compare("IGA")
    result.headline[f"Published, and as released ({games} games a class)"] = report.released_table(
        frame
    )
    result.frames["released.csv"] = frame
    result.frames["released_pairs.csv"] = pairs
    result.frames["published_vs_released.csv"] = report.beside_published(frame)
    own = table.curves(CURVE_EVERY).rename(columns={"ensemble": "class"})
    result.curves.append(own[["class", "rule", "step", "share"]].assign(setting="as released"))


def add_matched(
    result: Result, tables: studies.Tables, ensembles: dict[str, NormalFormGame]
) -> None:
    """Add what the matched protocol shows."""
    cells, pairs = studies.matched_frames(tables)
    step = studies.STEP_SIZES[0]
    result.headline[f"Matched: all rules with step {step:g}"] = report.overview_table(cells, step)
    if "released_pairs.csv" in result.frames:
        result.headline["What survives (restricted means; 95% intervals, paired by game)"] = (
            report.verdict_table(result.frames["released_pairs.csv"], pairs, step)
        )
    agreement = studies.same_steps(tables, "MATRL", "extragradient")
    result.headline["MATRL and extragradient"] = (
        f"Matched MATRL needs exactly as many steps as extragradient in {100 * agreement:.2f}% of "
        "the matched runs."
    )
    for payoffs, start in DETAILS:  # the other ensembles are in the CSV
        where = f"{payoffs} games, {start} start"
        for budget in studies.BUDGETS:
            result.details[f"Rates: {where}, {budget}"] = report.rates_table(
                cells, payoffs=payoffs, start=start, budget=budget
            )
        for stay, label in ((0, "first hit"), (50, "stay 50")):
            result.details[f"Differences from IGA: {where}, {label}"] = report.paired_table(
                pairs, payoffs=payoffs, start=start, stay=stay
            )
    boundary = studies.near_boundary(ensembles)
    result.details["Mixed equilibria within 0.05 of the boundary"] = report.boundary_table(boundary)
    result.frames |= {
        "matched.csv": cells,
        "matched_pairs.csv": pairs,
        "near_boundary.csv": boundary,
    }
    result.curves += [matched_curves(tables, payoffs) for payoffs in ("released", "normal")]


def document(texts: dict[str, str]) -> str:
    """Sections with titles."""
    return "\n\n".join(f"## {title}\n\n{text}" for title, text in texts.items())


def csv(frame: pd.DataFrame) -> str:
    """A small CSV: six digits are more than the intervals allow for."""
    return frame.to_csv(index=False, float_format="%.6g")


def matched_curves(tables: studies.Tables, payoffs: str) -> pd.DataFrame:
    """First-hit curves from the paper's start at the smaller step size."""
    step = studies.STEP_SIZES[0]
    own = studies.split_ensemble(tables[step, "1000 steps"].curves(CURVE_EVERY))
    part = own[(own["payoffs"] == payoffs) & (own["start"] == "paper") & (own["stay"] == 0)]
    kind = "released" if payoffs == "released" else "unbiased"
    return part[["class", "rule", "step", "share"]].assign(
        setting=f"matched: step {step:g}, {kind} games"
    )


def write_steps(path: Path, table: ConvergenceTable, seeds: range) -> None:
    """Write the as-released steps of every game as JSON records."""
    records = [
        {
            "class": cell.ensemble,
            "rule": cell.rule,
            "seed": seed,
            "steps": int(steps) if hit else None,
        }
        for cell in table.cells
        for seed, steps, hit in zip(seeds, cell.steps, cell.converged, strict=True)
    ]
    with whole_file(path) as file:
        json.dump(records, file, indent=0)


def main() -> int:
    options = parser().parse_args()
    resume = "finished parts are kept: start it again with the same options to resume."
    return run_command("matrl_table1", lambda: run(options), resume=resume)


if __name__ == "__main__":
    sys.exit(main())
