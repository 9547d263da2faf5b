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
import sys
import time
from pathlib import Path

import pandas as pd

import matrl_report as report
import matrl_studies as studies
from gametools.command_line import Parser, run_command
from gametools.convergence import ConvergenceTable
from gametools.convergence.checkpoint import Checkpoint
from gametools.storage import manifest, require_writable_folder, whole_file, write_results

ROOT = Path(__file__).resolve().parent.parent
QUICK_GAMES, CURVE_EVERY = 100, 5


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
        "--seeds", type=_seeds, metavar="A:B", help="released games A to B-1 of each class"
    )
    result.add_argument(
        "--games", type=_positive, metavar="N",
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


def _seeds(text: str) -> range:
    low, colon, high = text.partition(":")
    if colon and low.isdecimal() and high.isdecimal() and int(low) < int(high) <= 2**32:
        return range(int(low), int(high))
    raise argparse.ArgumentTypeError(f"must be A:B with 0 <= A < B; got {text!r}")


def _positive(text: str) -> int:
    if text.isdecimal() and int(text) > 0:
        return int(text)
    raise argparse.ArgumentTypeError(f"must be a whole number of at least 1; got {text!r}")


def run(options: argparse.Namespace) -> None:
    """Run the protocols asked for, print their tables and write the results."""
    began = time.perf_counter()
    if options.json and options.protocol not in ("released", "all"):
        raise ValueError("`--json` needs `--protocol released` or `all`.")
    games = options.games or (QUICK_GAMES if options.quick else 1000)
    seeds = options.seeds or range(games)
    out = require_writable_folder(options.out, "--out")
    if options.json:
        require_writable_folder(options.json.parent, "--json")
    partial = out / ".partial"
    texts = {"Published": report.published_table()}
    files: dict[str, str | bytes] = {}
    curves: list[pd.DataFrame] = []
    if options.protocol in ("released", "all"):
        table = studies.run_released(seeds, partial)
        released(table, len(seeds), texts, files, curves)
        if options.json:
            write_steps(options.json, table, seeds)
    if options.protocol in ("matched", "all"):
        matched(studies.run_matched(seeds, games, partial), seeds, games, texts, files, curves)
    summary = "# Table 1 of the MATRL paper\n\n" + "\n\n".join(
        f"## {title}\n\n{text}" for title, text in texts.items()
    )
    print(summary)
    if options.protocol == "published":
        return
    drawn = pd.concat(curves, ignore_index=True)
    files["curves.csv"] = drawn.to_csv(index=False, float_format="%.6g")
    figure = runpy.run_path(str(ROOT / "figures" / "table1_survival.py"))
    files["survival.png"] = figure["png"](drawn)
    files["summary.md"] = summary + "\n"
    about = manifest(
        command=f"python analysis/matrl_table1.py {' '.join(sys.argv[1:])}".strip(),
        seeds={"released games": [seeds.start, seeds.stop], "everything else": studies.SEED},
        games=games,
        seconds=time.perf_counter() - began,
    )
    write_results(out, files, about)
    Checkpoint(partial).clear()
    print(f"\nWritten to {out} in {about['seconds']:.1f} s.", file=sys.stderr)


def released(
    table: ConvergenceTable,
    games: int,
    texts: dict[str, str],
    files: dict[str, str | bytes],
    curves: list[pd.DataFrame],
) -> None:
    """Add what the as-released protocol shows."""
    frame = table.to_frame()
    texts[f"As released ({games} games a class)"] = report.released_table(frame)
    files["released.csv"] = frame.to_csv(index=False, float_format="%.6g")
    files["published_vs_released.csv"] = report.beside_published(frame).to_csv(
        index=False, float_format="%.6g"
    )
    own = table.curves(CURVE_EVERY).rename(columns={"ensemble": "class"})
    curves.append(own[["class", "rule", "step", "share"]].assign(setting="as released"))


def matched(
    tables: dict[tuple[float, str], ConvergenceTable],
    seeds: range,
    games: int,
    texts: dict[str, str],
    files: dict[str, str | bytes],
    curves: list[pd.DataFrame],
) -> None:
    """Add what the matched protocol shows."""
    cells, pairs = studies.matched_frames(tables)
    boundary = studies.near_boundary(studies.matched_games(seeds, games))
    for payoffs, start in (("released", "paper"), ("normal", "paper"), ("normal", "uniform")):
        where = f"{payoffs} games, {start} start"
        for budget in ("1000 steps", "1000 evaluations"):
            texts[f"Matched: {where}, {budget}"] = report.matched_table(
                cells, payoffs=payoffs, start=start, budget=budget
            )
        texts[f"Matched: {where}, first hit, differences paired by game [95%]"] = (
            report.paired_table(pairs, payoffs=payoffs, start=start, stay=0)
        )
    texts["Mixed equilibria within 0.05 of the boundary"] = report.markdown(
        ["class", "payoffs", "share %"],
        [[r["class"], r.payoffs, f"{100 * r.share:.1f}"] for _, r in boundary.iterrows()],
    )
    files["matched.csv"] = cells.to_csv(index=False, float_format="%.6g")
    files["matched_pairs.csv"] = pairs.to_csv(index=False, float_format="%.6g")
    files["near_boundary.csv"] = boundary.to_csv(index=False, float_format="%.6g")
    curves += [matched_curves(tables, payoffs) for payoffs in ("released", "normal")]


def matched_curves(tables: dict[tuple[float, str], ConvergenceTable], payoffs: str) -> pd.DataFrame:
    """First-hit curves from the paper's start at the smaller step size."""
    step = studies.STEP_SIZES[0]
    own = studies.split_ensemble(tables[step, "1000 steps"].curves(CURVE_EVERY))
    part = own[(own["payoffs"] == payoffs) & (own["start"] == "paper") & (own["stay"] == 0)]
    kind = "released" if payoffs == "released" else f"unbiased {payoffs}"
    return part[["class", "rule", "step", "share"]].assign(
        setting=f"all rules with step {step:g}, {kind} games"
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
