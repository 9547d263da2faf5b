"""`gametools compare`: runs of several learners side by side."""

from __future__ import annotations

import argparse
import io
import json
import shlex
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gametools.command_line import Parser, aligned, whole_number
from gametools.storage import manifest, require_writable_folder, write_results
from gametools.validation import count

if TYPE_CHECKING:
    import pandas as pd

EPILOG = """examples:
  gametools compare runs/il-ppo runs/matrl
  gametools compare runs --metric sampled --at 200000
  gametools compare runs/il-ppo runs/matrl --out results/mine

A seed's final score is its first evaluation at or after --at joint steps; on each environment the
smallest budget by default. IQM is the interquartile mean over seeds, with stratified bootstrap
intervals. P(better) is the probability that a seed scores higher than one of the first learner.
"""


def add_parser(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add the command to the parser of `gametools`."""
    parser = commands.add_parser(
        "compare",
        help="runs of several learners side by side",
        description="Compare learners by their seeds: final returns, areas, intervals, curves.",
        epilog=EPILOG,
    )
    add = parser.add_argument
    add("runs", nargs="+", metavar="RUN", help="folders of `gametools train`, or of such folders")
    add("--metric", default="greedy", metavar="NAME", help="a column of evaluation.csv (greedy)")
    add("--at", type=whole_number, metavar="N", help="joint steps at which to compare")
    add("--tail", type=whole_number, default=1, metavar="K", help="mean of K evaluations (1)")
    add("--optimum", type=float, metavar="X", help="best return (searched for where it can be)")
    add("--level", type=float, default=0.95, metavar="P", help="of intervals (0.95)")
    add("--resamples", type=whole_number, default=2000, metavar="N", help="bootstraps (2000)")
    add("--seed", type=int, default=0, help="of the bootstrap (0)")
    add("--json", action="store_true", help="print one object for scripts: table and seeds")
    add("--out", type=Path, metavar="DIR", help="also write CSVs, a picture and a manifest here")
    parser.set_defaults(run=run, resume=lambda options: "")


def run(options: argparse.Namespace) -> None:
    """Compare, print, and write if a folder was named."""
    from gametools.evaluation import (
        compare_runs,
        learning_curves,
        read_runs,
        run_folders,
        seed_scores,
    )

    began = time.perf_counter()
    runs = read_runs(run_folders(options.runs, "RUN"))
    how = {"metric": options.metric, "at": options.at, "tail": options.tail}
    seeds = seed_scores(runs, **how)
    if options.at is not None and seeds["final"].isna().all():
        raise ValueError(
            f"`--at` must be a step up to which a seed was evaluated, at most "
            f"{runs['step'].max():g}; got {options.at}."
        )
    draws = {"level": options.level, "resamples": options.resamples}
    draws["rng"] = count("--seed", options.seed)
    table = compare_runs(runs, **how, **draws, optimum=_optima(options, seeds["env"].unique()))
    out = None if options.out is None else require_writable_folder(options.out, "--out")
    if options.json:
        parts = {"table": table, "seeds": seeds}
        records = {k: json.loads(part.to_json(orient="records")) for k, part in parts.items()}
        print(json.dumps(records, indent=2))
    else:
        print(as_text(table, seeds, options.level))
    if out is not None:
        curves = learning_curves(runs, metric=options.metric, **draws)
        about = manifest(
            seeds=sorted({int(seed) for seed in seeds["seed"]}),
            command=shlex.join(["gametools", *sys.argv[1:]]),
            seconds=time.perf_counter() - began,
        )
        files: dict[str, str | bytes] = {
            "comparison.csv": table.to_csv(index=False),
            "seeds.csv": seeds.to_csv(index=False),
            "curves.csv": curves.to_csv(index=False),
            "learning_curves.png": picture(curves, table, options.metric),
        }
        write_results(out, files, about)
        print(f"Written to {out}.", file=sys.stderr)


def _optima(options: argparse.Namespace, envs: Any) -> Any:
    """Return the best value of the metric for each environment where it is known."""
    from gametools.evaluation import best_return

    if options.optimum is not None:
        return options.optimum
    if options.metric not in ("greedy", "sampled"):
        return None
    found: dict[str, float] = {}
    for env in envs:
        try:
            best = best_return(env)
        except (ImportError, ValueError):  # made by another version, or an extra is missing
            continue
        if best is not None:
            found[env] = best
    return found


def as_text(table: pd.DataFrame, seeds: pd.DataFrame, level: float) -> str:
    """A table for people; seeds without a score, or that failed later, are named below it."""
    interval = f"[{100 * level:g}%]"
    parts = []
    for env, own in table.groupby("env", sort=False):
        first, known = own["label"].iloc[0], bool(own["optimum"].notna().any())
        head = ["learner", "seeds", "final IQM", interval, "mean", "sd", "AUC IQM", interval]
        head += [f"P(better than {first})", interval] if len(own) > 1 else []
        scored = seeds[seeds["env"] == env].groupby("label")["scored"].agg(["min", "max"])
        late = bool((scored["max"] > own["at"].iloc[0]).any())
        rows = [head + ["gap to optimum"] * known + ["scored after steps"] * late]
        for row in own.to_dict("records"):
            lost = row["failed"] + row["unfinished"]
            shown = [row["label"], f"{row['seeds']} of {row['seeds'] + lost}"]
            shown += [*_shown(row, "iqm"), _number(row["mean"]), _number(row["sd"])]
            shown += _shown(row, "auc")
            shown += _shown(row, "improvement", "{:.2f}") if len(own) > 1 else []
            shown += [_number(row["gap"])] * known
            rows.append(shown + [_span(*scored.loc[row["label"]])] * late)
        best = f", optimum {own['optimum'].iloc[0]:.4g}" if known else ""
        parts.append(f"{env}, at {own['at'].iloc[0]} steps{best}\n\n{aligned(rows)}")
    lost = seeds["final"].isna()
    groups = {
        "without a score": seeds[lost],
        "failed after they were scored": seeds[~lost & (seeds["status"] == "failed")],
    }
    parts += [f"{title}:\n{_named(those)}" for title, those in groups.items() if len(those)]
    return "\n\n".join(parts + _different_seeds(seeds))


def _different_seeds(seeds: pd.DataFrame) -> list[str]:
    """Say where learners on one environment do not have the same seeds."""
    lines = []
    for env, here in seeds.groupby("env", sort=False):
        labels = here.groupby("label", sort=False)["seed"]
        own = {f"{env}, {who}": " ".join(map(str, sorted(those))) for who, those in labels}
        if len(set(own.values())) > 1:
            lines += [f"{who}: {those}" for who, those in own.items()]
    return ["\n".join(["different seeds:", *lines])] if lines else []


def _named(seeds: pd.DataFrame) -> str:
    """A line for each seed: what became of it."""
    return "\n".join(
        f"{row['env']}, {row['label']}, seed {row['seed']}: {row['status']}, "
        f"{_evaluated(row['step'])}{_because(row['reason'])}"
        for row in seeds.to_dict("records")
    )


def picture(curves: pd.DataFrame, table: pd.DataFrame, metric: str) -> bytes:
    """Draw the learning curves, a panel for each environment."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from gametools.plotting.learning_curves import plot_learning_curves
    from gametools.plotting.style import theme

    with theme("light"):
        envs = list(dict.fromkeys(table["env"]))
        figure = Figure(figsize=(4.2 * len(envs) + 1.8, 3.2), layout="constrained")
        FigureCanvasAgg(figure)
        handles: dict[str, Any] = {}
        for ax, env in zip(figure.subplots(1, len(envs), squeeze=False)[0], envs, strict=True):
            best = table.loc[table["env"] == env, "optimum"].iloc[0]
            own = curves[curves["env"] == env]
            if not len(own):
                continue
            optimum = None if np.isnan(best) else best
            lines = plot_learning_curves(own, ax, optimum=optimum, labels=curves["label"])
            handles |= {str(line.get_label()): line for line in lines}
            ax.set_title(env)
            ax.set_ylabel(f"{metric} return of an episode" if metric in _RETURNS else metric)
        figure.legend(list(handles.values()), list(handles), loc="outside right upper")
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


_RETURNS = ("greedy", "sampled")


def _shown(row: Mapping[Any, Any], name: str, form: str = "{:.4g}") -> list[str]:
    ends = [_number(row[f"{name}{end}"], form) for end in ("", "_low", "_high")]
    return [ends[0], f"[{ends[1]}, {ends[2]}]" if ends[1] else ""]


def _number(value: float, form: str = "{:.4g}") -> str:
    return "" if np.isnan(value) else form.format(value)


def _span(low: float, high: float) -> str:
    return f"{low:g}" if low == high else "" if np.isnan(low) else f"{low:g} to {high:g}"


def _evaluated(step: float) -> str:
    return "never evaluated" if np.isnan(step) else f"evaluated up to step {step:g}"


def _because(reason: str) -> str:
    return f" ({reason})" if reason else ""
