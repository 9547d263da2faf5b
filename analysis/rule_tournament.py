"""Every rule on every game: converges to what, from what share of starts, and how fast?

Each rule of the package, with the hyper-parameters of one table and one step size, plays each
game of the differentiable catalogue from many normally drawn starts, and random 2x2 games of each
class from one uniformly drawn start each. Every run is given to the fixed point where it came to
rest, with its kind, or is a limit cycle, diverged or undecided. The rate at which the distance to
the fixed point shrank is set beside the one that the linearised update predicts.

Run as `python analysis/rule_tournament.py`; writes `results/rule_tournament/`.
"""

from __future__ import annotations

import argparse
import functools
import shlex
import sys
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

import gametools as gt
from gametools.command_line import Parser, run_command, whole_number
from gametools.convergence.recurrence import returns
from gametools.convergence.statistics import wilson_interval
from gametools.storage import manifest, require_writable_folder, write_results
from gametools.validation import choice
from rule_tournament_report import agree, log_ratio, same_time, summary

ROOT = Path(__file__).resolve().parent.parent
SEED = 0
# One step size for all. Rules that see only sampled payoffs take a tenth of it, for noise; the
# radius of a KL ball is that of a step of this length, step**2 / 2.
SETTINGS = {
    "GradientDescent": "step=0.1",
    "AlternatingGradient": "step=0.1",
    "LookAhead": "step=0.1",
    "FirstOrderLookAhead": "step=0.1",
    "ExtraGradient": "step=0.1",
    "OptimisticGradient": "step=0.1",
    "WoLF": "step_win=0.05,step_lose=0.1",
    "GIGAWoLF": "step=0.1",
    "WPL": "step=0.1",
    "LOLA": "step=0.1",
    "SOS": "step=0.1",
    "ConsensusOptimization": "step=0.1,gamma=0.1",
    "SymplecticGradient": "step=0.1",
    "CompetitiveGradient": "step=0.1",
    "ProximalPoint": "step=0.1",
    "MATRL": "step=0.1",
    "KLBallStep": "radius=0.005",
    "ExploitabilityDescent": "step=0.1",
    "Replicator": "step=0.1",
    "LogitBestResponse": "step=0.1,temperature=0.1",
    "FictitiousPlay": "",
    "Hedge": "step=0.1",
    "RegretMatching": "",
    "PHC": "step=0.01",
    "WoLFPHC": "step_win=0.005,step_lose=0.01",
    "SampledRegretMatching": "",
    "SampledWPL": "step=0.01",
}
CATALOGUE_COLUMNS = [
    *("game", "rule", "outcome", "target", "kind", "runs", "share", "share_low", "share_high"),
    *("measured", "measured_rate", "measured_low", "measured_high"),
    *("predicted_radius", "predicted_rate", "log_ratio", "attracts", "mean_loss"),
]
CLASS_COLUMNS = [
    *("class", "rule", "outcome", "kind", "runs", "share", "share_low", "share_high"),
    *("compared", "measured_rate", "predicted_rate", "predicted_radius"),
    *("agree", "log_ratio", "agree_in_log", "largest_difference"),
]
CLASSES = ("coordination", "anticoordination", "cyclic", "dominance-solvable")
NEAR = 1e-3  # of a fixed point, in every coordinate, throughout the last REST updates
REST, STILL = 100, 1e-6  # a run at rest elsewhere moves less than this in them
TAIL = 512  # updates that are searched for a limit cycle; at most half of all
FLOOR, CEILING = 1e-9, 1e-2  # distances between which a rate is measured
FEWEST = 8  # points of a fit
CYCLE, ELSEWHERE, UNDECIDED, DIVERGED = -1, -2, -3, -4
WORDS = {
    CYCLE: "limit cycle",
    ELSEWHERE: "at rest elsewhere",
    UNDECIDED: "undecided",
    DIVERGED: "diverged",
}

Array = NDArray[np.float64]
Row = dict[str, Any]


@dataclass(frozen=True)
class Size:
    """How much is run."""

    starts: int
    games: int
    steps: int


def rule_text(name: str) -> str:
    """A rule with its hyper-parameters."""
    return f"{name}:{SETTINGS[name]}" if SETTINGS[name] else name


def outcomes(path: Array, lost: NDArray[np.bool_], targets: Array) -> NDArray[np.int64]:
    """Label every run of `path`, shape (times, N, d), by a target (k, N, d) or by `WORDS`."""
    labels = np.where(lost, DIVERGED, UNDECIDED)
    last = path[-min(REST, len(path) // 2) :]
    with np.errstate(invalid="ignore"):
        rest = ~lost & (np.ptp(last, axis=0).max(axis=-1) < STILL)
        labels[rest] = ELSEWHERE
        for k, target in enumerate(targets):
            labels[np.abs(last - target).max(axis=(0, -1)) <= NEAR] = k
    open_ = np.flatnonzero(labels == UNDECIDED)
    if len(open_):
        tail = path[-min(TAIL, len(path) // 2) :, open_]
        labels[open_[returns(tail, NEAR)]] = CYCLE
    return labels


def measured_rate(distance: Array) -> float:
    """Factor a step by which a distance shrinks at the end; 0 if it vanishes, NaN if unclear.

    The slope of a line through the logarithms, over the second half of the time that the distance
    spends between `FLOOR` and `CEILING`.
    """
    below = np.flatnonzero(distance <= FLOOR)
    end = int(below[0]) if len(below) else len(distance)
    above = np.flatnonzero(distance[:end] > CEILING)
    begin = int(above[-1]) + 1 if len(above) else 0
    begin += (end - begin) // 2
    if end - begin < FEWEST:
        return 0.0 if len(below) and distance[end] == 0 else np.nan
    times = np.arange(begin, end)
    return float(np.exp(np.polyfit(times, np.log(distance[begin:end]), 1)[0]))


def spiral_rate(distance: Array) -> float:
    """Factor a step over the second half of an undecided run; NaN where it touches the target."""
    half = distance[len(distance) // 2 :]
    if not (np.isfinite(half).all() and (half > 0).all()):
        return np.nan
    return float(np.exp(np.polyfit(np.arange(len(half)), np.log(half), 1)[0]))


@functools.cache
def catalogue_targets(name: str) -> gt.stability.FixedPoint | None:
    """The known fixed points of a named game, and isolated ones that a search adds."""
    game = gt.named_differentiable_game(name)
    points = [np.array(rest.point) for rest in gt.games.known_fixed_points(name)]
    found = gt.find_fixed_points(game, rng=SEED).points
    for point, kind in zip(found.point, found.kind, strict=True):
        isolated = kind not in (gt.stability.Kind.UNDECIDED, gt.stability.Kind.NOT_FIXED)
        if isolated and all(np.abs(point - other).max() > NEAR for other in points):
            points.append(point)
    return gt.classify(game, np.array(points)) if points else None


def predicted(game: Any, points: Array, rule: Any) -> tuple[Array, Array, list[object]]:
    """Spectral radius, asymptotic rate and whether it attracts, at each of some fixed points."""
    nan = np.full(len(points), np.nan)
    try:
        update = gt.classify(game, points, rule).update
    except (TypeError, ValueError):  # a rule whose update has no derivative here
        return nan, nan, [None] * len(points)
    return update.spectral_radius, update.rate, list(update.is_attracting)


def shares(count: int, total: int) -> Row:
    """A share with its interval."""
    low, high = wilson_interval(count, total)
    return {"runs": count, "share": count / total, "share_low": low, "share_high": high}


def play_catalogue(rule_name: str, name: str, size: Size) -> tuple[list[Row], str]:
    """Rows of one rule on one game of the catalogue, or the reason why it does not fit."""
    game, rule = gt.named_differentiable_game(name), gt.dynamics.parse_rule(rule_text(rule_name))
    known = gt.games.known_fixed_points(name)
    d = sum(game.dims)
    rng = np.random.default_rng((SEED, *name.encode()))
    centre = np.array(known[0].point) if known else np.zeros(d)
    starts = centre + rng.standard_normal((size.starts, d))
    try:
        run = gt.simulate(game, rule, starts, steps=size.steps, rng=SEED)
    except (TypeError, ValueError) as error:
        return [], str(error)
    found = catalogue_targets(name)
    points = np.empty((0, d)) if found is None else found.point
    path = run.points
    labels = outcomes(path, run.diverged_at >= 0, points[:, None])
    radius, rate, attracts = predicted(game, points, rule) if len(points) else ([], [], [])
    rows = []
    for label in [*range(len(points)), *WORDS]:
        mine = np.flatnonzero(labels == label)
        if not len(mine):
            continue
        row: Row = {"game": name, "rule": rule_name, "outcome": WORDS.get(label, "fixed point")}
        target = label if label >= 0 else 0 if len(points) == 1 else None
        if target is not None:
            row["target"] = " ".join(f"{v:.6g}" for v in points[target])
            row["kind"] = str(found.kind[target])
        elif label == ELSEWHERE:
            row["kind"] = kinds_at(game, path[-1, mine])
        row |= shares(len(mine), size.starts)
        if target is not None:
            distance = np.linalg.norm(path[:, mine] - points[target], axis=-1).T
            fit = measured_rate if label >= 0 else spiral_rate
            if label >= 0 or label == UNDECIDED:
                row |= spread([fit(one) for one in distance])
            row |= {"predicted_radius": radius[target], "predicted_rate": rate[target]}
            row["log_ratio"] = float(log_ratio(row.get("measured_rate", np.nan), rate[target]))
            row["attracts"] = attracts[target]
        if label != DIVERGED:
            row["mean_loss"] = float(game.losses(path[-1, mine]).mean())
        rows.append(row)
    return rows, ""


def kinds_at(game: Any, points: Array) -> str:
    """The kinds of points where runs came to rest."""
    kinds = [str(kind) for kind in gt.classify(game, points, tolerance=1e-5).kind]
    return ", ".join(f"{kind} ({kinds.count(kind)})" for kind in sorted(set(kinds)))


def spread(rates: list[float]) -> Row:
    """Median, lowest and highest of rates that could be measured."""
    known = [rate for rate in rates if not np.isnan(rate)]
    if not known:
        return {"measured": 0}
    return {
        "measured": len(known),
        "measured_rate": float(np.median(known)),
        "measured_low": min(known),
        "measured_high": max(known),
    }


def candidates(games: gt.NormalFormGame) -> Array:
    """The four vertices and the mixed equilibrium of 2x2 games, (5, N, 2); NaN if there is none."""
    row, column = games.payoffs[:, 0], games.payoffs[:, 1]
    total_row = row[:, 0, 0] - row[:, 1, 0] - row[:, 0, 1] + row[:, 1, 1]
    total_column = column[:, 0, 0] - column[:, 0, 1] - column[:, 1, 0] + column[:, 1, 1]
    mixed = np.stack(
        [
            (column[:, 1, 1] - column[:, 1, 0]) / total_column,
            (row[:, 1, 1] - row[:, 0, 1]) / total_row,
        ],
        axis=-1,
    )
    mixed[~((mixed > 0) & (mixed < 1)).all(axis=-1)] = np.nan
    corners = [np.broadcast_to(corner, mixed.shape) for corner in np.ndindex(2, 2)]
    return np.stack([*corners, mixed])


def play_class(rule_name: str, game_class: str, size: Size) -> tuple[list[Row], str]:
    """Rows of one rule on one class of 2x2 games, or the reason why it does not fit."""
    rng = np.random.default_rng((SEED, *game_class.encode()))
    games = gt.games.random_2x2(game_class, size.games, rng=rng)
    starts = rng.random((size.games, 2))
    rule = gt.dynamics.parse_rule(rule_text(rule_name))
    try:
        run = gt.simulate(games, rule, starts, steps=size.steps, rng=SEED)
    except (TypeError, ValueError) as error:
        return [], str(error)
    path, targets = run.points, candidates(games)
    labels = outcomes(path, run.diverged_at >= 0, targets)
    frame = pd.DataFrame({"outcome": [WORDS.get(k, "fixed point") for k in labels], "kind": ""})
    frame[["measured", "predicted", "radius"]] = np.nan
    at = np.flatnonzero(labels >= 0)
    if len(at):
        play = gt.games.as_differentiable(games).take(at)
        points = targets[labels[at], at]
        where = np.where(labels[at] == 4, "mixed", "pure")
        kinds = gt.classify(play, points).kind
        frame.loc[at, "kind"] = [f"{w}, {k}" for w, k in zip(where, kinds, strict=True)]
        frame.loc[at, "radius"], frame.loc[at, "predicted"], _ = predicted(play, points, rule)
        distance = np.linalg.norm(path[:, at] - points, axis=-1).T
        frame.loc[at, "measured"] = [measured_rate(one) for one in distance]
        # Some rules rest at vertices that are no fixed points of gradient play.
        frame.loc[at[kinds == gt.stability.Kind.NOT_FIXED], "outcome"] = WORDS[ELSEWHERE]
    rows = []
    for (outcome, kind), part in frame.groupby(["outcome", "kind"]):
        row: Row = {"class": game_class, "rule": rule_name, "outcome": outcome, "kind": kind}
        row |= shares(len(part), size.games)
        both = part.dropna(subset=["measured", "predicted"])
        row["compared"] = len(both)
        if len(both):
            row["measured_rate"] = both["measured"].median()
            row["predicted_rate"] = both["predicted"].median()
            row["predicted_radius"] = both["radius"].median()
            row["agree"] = int(agree(both["measured"], both["predicted"]).sum())
            ratios = log_ratio(both["measured"], both["predicted"])
            row["log_ratio"] = float(np.nanmedian(ratios)) if np.isfinite(ratios).any() else np.nan
            row["agree_in_log"] = int(same_time(ratios).sum())
            row["largest_difference"] = np.abs(both["measured"] - both["predicted"]).max()
        rows.append(row)
    return rows, ""


def _job(job: tuple[str, str, str, Size]) -> tuple[tuple[str, str, str], list[Row], str]:
    what, rule, name, size = job
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # diverging runs are labelled
        play = play_catalogue if what == "catalogue" else play_class
        rows, reason = play(rule, name, size)
    return (what, rule, name), rows, reason


def run_all(
    rules: list[str], names: list[str], size: Size, workers: int
) -> Iterator[tuple[tuple[str, str, str], list[Row], str]]:
    """Play everything, in order."""
    jobs = [("catalogue", rule, name, size) for name in names for rule in rules]
    jobs += [("2x2", rule, name, size) for name in CLASSES for rule in rules]
    if workers == 1:
        yield from map(_job, tqdm(jobs, delay=1, disable=None))
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from tqdm(pool.map(_job, jobs), total=len(jobs), delay=1, disable=None)


def opening(size: Size) -> str:
    """What was played, for the summary."""
    return f"""\
{size.starts} normal starts around the first known fixed point (the origin if none is known) of
each game of the catalogue, {size.games} random 2x2 games a class with standard normal payoffs and
one uniform start each; {size.steps} updates; seed {SEED}.

Rates are fitted at distances between {CEILING:g} and {FLOOR:g}."""


def parser() -> Parser:
    """The command line."""
    result = Parser(
        prog="rule_tournament",
        description=__doc__,
        epilog="example: python analysis/rule_tournament.py --quick",
    )
    result.add_argument(
        "--games", type=whole_number, metavar="N", help="2x2 games of each class (200)"
    )
    result.add_argument(
        "--starts", type=whole_number, metavar="N", help="starts of each catalogue game (100)"
    )
    result.add_argument("--steps", type=whole_number, metavar="N", help="updates (1000)")
    result.add_argument(
        "--quick", action="store_true", help="20 starts, 40 games a class, 200 updates"
    )
    result.add_argument(
        "--rules", type=lambda text: text.split(","), metavar="A,B", help="only these rules"
    )
    result.add_argument(
        "--on", type=lambda text: text.split(","), metavar="A,B", help="only these catalogue games"
    )
    result.add_argument(
        "--workers", type=whole_number, default=2, metavar="N", help="processes (2)"
    )
    result.add_argument(
        "--out", type=Path, default=ROOT / "results" / "rule_tournament", metavar="DIR",
        help="folder of the results (results/rule_tournament)",
    )  # fmt: skip
    return result


def run(options: argparse.Namespace) -> None:
    """Play all, print the summary and write the results."""
    began = time.perf_counter()
    full = Size(20, 40, 200) if options.quick else Size(100, 200, 1000)
    size = Size(
        options.starts or full.starts, options.games or full.games, options.steps or full.steps
    )
    if size.steps < 2 * FEWEST:
        raise ValueError(f"`--steps` must be at least {2 * FEWEST}; got {size.steps}.")
    out = require_writable_folder(options.out, "--out")
    names = [
        choice("--on", name, gt.games.NAMED_DIFFERENTIABLE_GAMES)
        for name in options.on or gt.games.NAMED_DIFFERENTIABLE_GAMES
    ]
    rules = [choice("--rules", rule, tuple(SETTINGS)) for rule in options.rules or SETTINGS]
    rows: dict[str, list[Row]] = {"catalogue": [], "2x2": []}
    unfit = []
    for (what, rule, name), some, reason in run_all(rules, names, size, options.workers):
        rows[what] += some
        if reason:
            unfit.append({"rule": rule, "set": what, "game": name, "reason": reason})
    catalogue = pd.DataFrame(rows["catalogue"]).reindex(columns=CATALOGUE_COLUMNS)
    classes = pd.DataFrame(rows["2x2"]).reindex(columns=CLASS_COLUMNS)
    not_fitting = pd.DataFrame(unfit, columns=["rule", "set", "game", "reason"])
    settings = {rule: SETTINGS[rule] for rule in rules}
    text = summary(catalogue, classes, not_fitting, settings, names, list(CLASSES), opening(size))
    print(text)
    about = manifest(
        command=shlex.join(["python", "analysis/rule_tournament.py", *sys.argv[1:]]),
        seeds=SEED,
        seconds=time.perf_counter() - began,
        starts=size.starts,
        games=size.games,
        steps=size.steps,
        rules={rule: rule_text(rule) for rule in SETTINGS},
    )
    files = {
        "catalogue.csv": catalogue.to_csv(index=False, float_format="%.6g"),
        "classes_2x2.csv": classes.to_csv(index=False, float_format="%.6g"),
        "not_fitting.csv": not_fitting.to_csv(index=False),
        "summary.md": text,
    }
    write_results(out, files, about)


def main() -> int:
    options = parser().parse_args()
    return run_command("rule_tournament", lambda: run(options))


if __name__ == "__main__":
    sys.exit(main())
