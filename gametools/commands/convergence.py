"""`gametools convergence`: a convergence study from the shell."""

from __future__ import annotations

import argparse
import io
import json
import shlex
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from gametools.command_line import Parser, seed_range, whole_number
from gametools.convergence import ConvergenceTable, Criterion, run_study
from gametools.convergence.checkpoint import Checkpoint
from gametools.convergence.criteria import ITERATES, MEASURES
from gametools.dynamics import parse_rule
from gametools.games import ENSEMBLES_2X2, NormalFormGame, random_2x2, read_game
from gametools.storage import manifest, require_writable_folder, write_results
from gametools.validation import finite_array

if TYPE_CHECKING:
    import pandas as pd

PARTIAL = ".partial"
"""Folder in the output folder where finished parts wait until all are done."""
EPILOG = """examples:
  gametools convergence cyclic --rule IGA:step=0.02 --rule LookAhead:step=0.02
  gametools convergence coordination cyclic --payoffs released --seeds 0:200 \\
      --rule IGA:step=0.02 --start 0.9,0.2
  gametools convergence cyclic --rule IGA:step=0.02 --iterate average --steps 10000
  gametools convergence my_game.json --rule MATRL:step=0.05 --starts 500 --measure nash-gap
  gametools convergence cyclic --rule IGA:step=0.02 --rule WoLF:step_win=0.01,step_lose=0.02 \\
      --evaluations 1000 --stay 50 --out results/mine

`gametools list rules` shows the rules and their parameters. With --out, an interrupted study
resumes when it is started again with the same arguments.
"""


def add_parser(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add the command to the parser of `gametools`."""
    parser = commands.add_parser(
        "convergence",
        help="how often and how fast do rules converge",
        description="How often, and how fast, do update rules converge in an ensemble of games?",
        epilog=EPILOG,
    )
    parser.set_defaults(run=run, resume=resume)
    games = parser.add_argument_group("games")
    games.add_argument(
        "games", nargs="+", metavar="GAMES",
        help=f"a class of random 2x2 games ({', '.join(ENSEMBLES_2X2)}) or a file (.json, .npz)",
    )  # fmt: skip
    games.add_argument("--size", type=whole_number, metavar="N", help="games of each class (1000)")
    games.add_argument("--payoffs", default="normal", choices=["normal", "uniform", "released"])
    games.add_argument("--seeds", type=seed_range, metavar="A:B", help="of released games")
    learners = parser.add_argument_group("learners")
    learners.add_argument(
        "--rule", action="append", required=True, dest="rules", metavar="NAME:KEY=VALUE,...",
        help="an update rule; may be repeated",
    )  # fmt: skip
    learners.add_argument(
        "--start", default="uniform", metavar="P,Q|uniform",
        help="probabilities of the first actions, or a random point for each game (uniform)",
    )  # fmt: skip
    learners.add_argument(
        "--starts", type=whole_number, metavar="N", help="N random points on a single game"
    )
    budget = learners.add_mutually_exclusive_group()
    budget.add_argument("--steps", type=whole_number, metavar="N", help="updates at most (1000)")
    budget.add_argument(
        "--evaluations", type=whole_number, metavar="N", help="gradients of a player at most"
    )
    learners.add_argument("--seed", type=int, default=0, help="of all that is random (0)")
    _add_criterion(parser.add_argument_group("criterion"))
    output = parser.add_argument_group("output")
    output.add_argument(
        "--baseline", metavar="RULE", help="also print differences from this rule, paired by game"
    )
    output.add_argument(
        "--json", action="store_true", help="print one object for scripts: table and pairs"
    )
    output.add_argument(
        "--out", type=Path, metavar="DIR", help="also write CSV, a picture and a manifest here"
    )


def _add_criterion(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--measure", default="distance", choices=list(MEASURES))
    group.add_argument("--tolerance", type=float, default=0.05, metavar="X", help="(0.05)")
    group.add_argument("--iterate", default="last", choices=ITERATES)
    group.add_argument(
        "--stay", type=int, default=0, metavar="K",
        help="stay within the tolerance for the last K updates; 0: a first hit counts (0)",
    )  # fmt: skip


def resume(options: argparse.Namespace) -> str:
    """Say what becomes of an interrupted study."""
    if options.out is None:
        return "nothing was kept; with --out DIR an interrupted study resumes."
    return f"finished parts are kept in {options.out}; start it again as before to resume."


def run(options: argparse.Namespace) -> None:
    """Run the study, print its table, and write it if a folder was named."""
    began = time.perf_counter()
    rules = {text: parse_rule(text) for text in options.rules}
    criterion = Criterion(options.measure, options.tolerance, options.iterate, options.stay)
    if options.baseline is not None and options.baseline not in rules:
        raise ValueError(f"`--baseline` must repeat one --rule; got {options.baseline!r}.")
    ensembles = {name: _games(name, options) for name in options.games}
    start = _start(options, ensembles)
    out = None if options.out is None else require_writable_folder(options.out, "--out")
    table = run_study(
        ensembles,
        rules,
        criterion,
        start=start,
        steps=options.steps,
        evaluations=options.evaluations,
        rng=options.seed,
        checkpoint=None if out is None else out / PARTIAL,
    )
    frame = table.to_frame()
    pairs = None if options.baseline is None else table.compare(options.baseline)
    if options.json:
        print(_as_json(frame, pairs))
    else:
        print(_readable(frame) + ("" if pairs is None else _paired(pairs)))
    if out is not None:
        _write(out, table, options, time.perf_counter() - began)
        Checkpoint(out / PARTIAL).clear()


def _games(name: str, options: argparse.Namespace) -> NormalFormGame:
    """Return the ensemble that a class or a file name stands for."""
    if name not in ENSEMBLES_2X2:
        if not Path(name).exists():
            known = ", ".join(ENSEMBLES_2X2)
            raise ValueError(f"`GAMES` must be a class ({known}) or a file; got {name!r}.")
        return read_game(name)
    if options.payoffs == "released":
        if options.seeds is None or options.size is not None:
            raise ValueError("`--payoffs released` takes `--seeds A:B`, and no `--size`.")
        return random_2x2(name, payoffs="released", seeds=options.seeds)
    if options.seeds is not None:
        raise ValueError("`--seeds` belongs to `--payoffs released`; use `--size` and `--seed`.")
    stream = np.random.default_rng((options.seed, *name.encode()))
    return random_2x2(name, size=options.size or 1000, payoffs=options.payoffs, rng=stream)


def _start(options: argparse.Namespace, ensembles: dict[str, NormalFormGame]) -> ArrayLike:
    if options.starts is not None:
        if options.start != "uniform" or any(batch.batch_shape for batch in ensembles.values()):
            raise ValueError("`--starts` needs files of a single game, and no `--start`.")
        players = {batch.num_players for batch in ensembles.values()}
        if len(players) > 1:
            raise ValueError("`--starts` needs games with the same number of players.")
        return np.random.default_rng(options.seed).random((options.starts, players.pop()))
    if options.start == "uniform":
        return "uniform"
    try:
        return finite_array("--start", [float(p) for p in options.start.split(",")])
    except ValueError:
        raise ValueError(
            f"`--start` must be `uniform` or probabilities such as 0.9,0.2; got {options.start!r}."
        ) from None


def _as_json(frame: pd.DataFrame, pairs: pd.DataFrame | None) -> str:
    """One object for scripts: the cells of the table, and the paired differences."""
    parts = {"table": frame, "pairs": frame[:0] if pairs is None else pairs}
    return json.dumps(
        {name: json.loads(part.to_json(orient="records")) for name, part in parts.items()}, indent=2
    )


def _readable(frame: pd.DataFrame) -> str:
    """A table for people; all columns are in the CSV and the JSON."""
    import pandas as pd

    percent = (100 * frame[["rate", "rate_low", "rate_high"]]).map("{:.1f}".format)
    shown = pd.DataFrame(
        {
            "games": frame["ensemble"],
            "rule": frame["rule"],
            "n": frame["games"],
            "converged %": percent["rate"],
            "[95%]": "[" + percent["rate_low"] + ", " + percent["rate_high"] + "]",
            "mean steps": frame["mean_steps"].map("{:.1f}".format),
            "sd": frame["sd_steps"].map("{:.1f}".format),
            "median": frame["median_steps"].map("{:.0f}".format),
            "restricted mean": frame["restricted_mean_steps"].map("{:.1f}".format),
            "evaluations": frame["restricted_mean_evaluations"].map("{:.1f}".format),
        }
    )
    if (frame["lost"] > 0).any():
        shown["lost"] = frame["lost"]
    return shown.to_string(index=False)


def _paired(pairs: pd.DataFrame) -> str:
    """Differences from the baseline, with intervals."""
    import pandas as pd

    columns = {name: pairs[name].tolist() for name in ("ensemble", "rule", "baseline")}
    for name, scale in (("rate", 100.0), ("steps", 1.0), ("evaluations", 1.0)):
        ends = [scale * pairs[f"{name}_difference{end}"] for end in ("", "_low", "_high")]
        label = "rate, points" if name == "rate" else name
        columns[label] = [
            "{:+.1f} [{:+.1f}, {:+.1f}]".format(*row) for row in zip(*ends, strict=True)
        ]
    return "\n\nDifferences, paired by game [95%]\n" + pd.DataFrame(columns).to_string(index=False)


def _write(
    out: Path,
    table: ConvergenceTable,
    options: argparse.Namespace,
    seconds: float,
) -> None:
    """Write table, curves, picture and manifest."""
    import matplotlib as mpl
    import matplotlib.pyplot as plt

    from gametools.plotting import plot_convergence_curves

    mpl.use("Agg")
    curves = table.curves(every=max(1, max(cell.budget for cell in table.cells) // 200))
    names = list(dict.fromkeys(curves["ensemble"]))
    figure, axes = plt.subplots(
        1, len(names), squeeze=False, sharey=True, layout="constrained",
        figsize=(3.6 * len(names) + 2.0, 3.0),
    )  # fmt: skip
    for ax, name in zip(axes[0], names, strict=True):
        lines = plot_convergence_curves(curves[curves["ensemble"] == name], ax)
        ax.set_title(name)
        ax.label_outer()
    figure.legend(handles=lines, loc="outside lower center", frameon=False)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=150)
    plt.close(figure)
    files: dict[str, str | bytes] = {
        "table.csv": table.to_frame().to_csv(index=False, float_format="%.6g"),
        "curves.csv": curves.to_csv(index=False, float_format="%.6g"),
        "curves.png": picture.getvalue(),
    }
    if options.baseline is not None:
        pairs = table.compare(options.baseline)
        files["pairs.csv"] = pairs.to_csv(index=False, float_format="%.6g")
    about = manifest(
        command=shlex.join(["gametools", *sys.argv[1:]]), seeds=options.seed, seconds=seconds
    )
    write_results(out, files, about)
    print(f"Written to {out}.", file=sys.stderr)
