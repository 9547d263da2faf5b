"""Portraits of 2x2 games: what figures 1, 2 and 7 of the MATRL paper and the four classes show.

Figure 1: a player's payoff when it alone, or both, take a trial step. Figure 2: the four cases of
MATRL's meta-game, each with its update. Figure 7: MATRL in matching pennies, chicken and the
prisoner's dilemma, with the stable trust regions on the way. Classes: fields, fixed points and
trajectories of a few rules in one game of each class. Everything is drawn by `figures/`.
"""

from __future__ import annotations

import shlex
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

import gametools as gt
from gametools.command_line import Parser, run_command
from gametools.dynamics import MATRLStep, matrl_step, parse_rule
from gametools.storage import manifest, require_writable_folder, write_results
from matrl_report import markdown

ROOT = Path(__file__).resolve().parent.parent
SEED = 0
PAIRS = {"stag_hunt": (0.7, 0.65), "chicken": (0.9, 0.9)}
PAIRS_RULE = "MATRL:step=0.25,trial_step=0.5,selection=last-listed"
CASES_GAME, CASES_RULE = "chicken", "MATRL:step=0.25,trial_step=0.5,selection=last-listed"
CASES = ((0.75, 0.45), (0.7, 0.9), (0.9, 0.7), (0.9, 0.9))
PATHS = {"matching_pennies": (0.9, 0.2), "chicken": (0.9, 0.75), "prisoners_dilemma": (0.9, 0.6)}
PATHS_RULE = "MATRL:step=0.05,trial_step=0.1,selection=last-listed"
CLASSES = ("stag_hunt", "chicken", "matching_pennies", "prisoners_dilemma")
CLASS_STARTS = {
    "stag_hunt": ((0.9, 0.35), (0.55, 0.3), (0.15, 0.6)),
    "chicken": ((0.95, 0.8), (0.3, 0.15), (0.6, 0.85)),
    "matching_pennies": ((0.7, 0.5),),
    "prisoners_dilemma": ((0.95, 0.9), (0.8, 0.3), (0.25, 0.95)),
}
CLASS_RULES = ("MATRL:step=0.05", "IGA:step=0.05", "WoLF:step_win=0.01,step_lose=0.05")
UPDATES, QUICK_UPDATES = 200, 40
GRID, QUICK_GRID = 17, 5
SETTLED = 1e-6  # a path is kept until it is this near its end for good


def fields(grid: int) -> pd.DataFrame:
    """Gradient flow and losses on a grid over every game's square of probabilities."""
    frames = []
    for name in dict.fromkeys([*PAIRS, *PATHS, *CLASSES]):
        field = gt.vector_field(gt.named_game(name), shape=(grid, grid))
        frame = field.to_frame().drop(columns="speed")
        frame[["free0", "free1"]] = field.free.reshape(-1, 2)
        frame.insert(0, "game", name)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def trajectories(updates: int) -> pd.DataFrame:
    """Every rule's way from every start of a picture."""
    wanted = [("figure 7", name, PATHS_RULE, (start,)) for name, start in PATHS.items()]
    for name in CLASSES:
        wanted += [("classes", name, rule, CLASS_STARTS[name]) for rule in CLASS_RULES]
    frames = []
    for picture, name, rule, starts in wanted:
        for k, start in enumerate(starts):
            path = gt.simulate(
                gt.named_game(name), parse_rule(rule), start, steps=updates, rng=SEED
            )
            away = np.abs(path.points - path.points[-1]).max(axis=-1) > SETTLED
            last = int(np.flatnonzero(away)[-1]) + 2 if away.any() else 1
            frame = path.to_frame()[:last]
            for column, value in enumerate((picture, name, rule, k)):
                frame.insert(column, ("picture", "game", "rule", "start")[column], value)
            frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def steps(paths: pd.DataFrame) -> pd.DataFrame:
    """Every MATRL update that is taken apart in a picture, one a row."""
    wanted = [("figure 1", name, PAIRS_RULE, 0, at) for name, at in PAIRS.items()]
    wanted += [("figure 2", CASES_GAME, CASES_RULE, 0, at) for at in CASES]
    for row in paths[paths["picture"] == "figure 7"].itertuples():
        wanted.append(("figure 7", row.game, row.rule, row.time, (row.x0, row.x1)))
    rows = []
    for picture, name, rule, update, at in wanted:
        step = matrl_step(gt.named_game(name), at, parse_rule(rule), rng=SEED)
        about = {"picture": picture, "game": name, "rule": rule, "update": update}
        rows.append(about | {"case": str(step.case)} | _numbers(step))
    return pd.DataFrame(rows)


def _numbers(step: MATRLStep) -> dict[str, float]:
    """The arrays of an update, an entry a column."""
    names = (
        "current", "losses", "gradient", "predicted", "rho", "aggregated", "anchor",
        "response_gradient", "next",
    )  # fmt: skip
    columns = {f"{name}{k}": getattr(step, name)[k] for name in names for k in (0, 1)}
    for i, a, b in np.ndindex(2, 2, 2):
        columns[f"meta{i}_{a}{b}"] = step.meta.payoffs[i, a, b]
    return columns


def fixed_points() -> pd.DataFrame:
    """The fixed points of every game, classified."""
    frames = []
    for name in dict.fromkeys([*PATHS, *CLASSES]):
        game = gt.named_game(name)
        frame = gt.find_fixed_points(game, rng=SEED).to_frame()[["x0", "x1", "kind"]]
        frame.insert(0, "class", str(gt.classify_2x2(game)))
        frame.insert(0, "game", name)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def ends(paths: pd.DataFrame, rest: pd.DataFrame) -> pd.DataFrame:
    """Where every trajectory ends: exploitability, and the nearest fixed point."""
    rows = []
    for (picture, name, rule, start), path in paths.groupby(
        ["picture", "game", "rule", "start"], sort=False
    ):
        first, last = path[["x0", "x1"]].to_numpy()[[0, -1]]
        known = rest[rest["game"] == name]
        far = np.hypot(known["x0"] - last[0], known["x1"] - last[1])
        gain = gt.exploitability(gt.named_game(name), [[p, 1 - p] for p in last])
        rows.append(
            {
                "picture": picture, "game": name, "rule": rule, "start": start,
                "start0": first[0], "start1": first[1], "end0": last[0], "end1": last[1],
                "updates": path["time"].iloc[-1], "exploitability": float(gain),
                "nearest": known["kind"].iloc[int(far.argmin())], "distance": far.min(),
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def summary(taken: pd.DataFrame, last: pd.DataFrame) -> str:
    """What the pictures show, in numbers."""
    parts = [
        "# Portraits of 2x2 games",
        "Points are both players' probabilities of their first action; matching pennies, the stag "
        "hunt, chicken and the prisoner's dilemma with the payoffs of the catalogue.",
        "## Figure 1: one trial step, alone and together",
        _picture(
            "matrl_figure1",
            "Player 1's payoff over the square of joint policies, with the "
            "trial step of player 1 and of both, in the stag hunt and in chicken",
        ),
        _pairs_table(taken[taken["picture"] == "figure 1"]),
        "The own trial step pays in both games while the other player stays. Once both take "
        "theirs, the stag hunt pays both players more, chicken pays both less than before.",
        "## Figure 2: the four cases of the meta-game",
        _picture(
            "matrl_figure2",
            "Four updates of MATRL among joint policies, and below each its "
            "meta-game: both players still gain, one of them, neither",
        ),
        f"Chicken, `{CASES_RULE}`; who still gains by its own trial step once the other has "
        "taken its own.",
        _cases_table(taken[taken["picture"] == "figure 2"]),
        "Where neither still gains, the mixed equilibrium makes both indifferent between current "
        "and predicted, so that the response has no gradient to follow: the update stays where it "
        "is, though (0.9, 0.9) is no fixed point of the game. The two pure equilibria of the same "
        "meta-game move on; `selection` decides.",
        "## Figure 7: MATRL's way, and its meta-games",
        _picture(
            "matrl_figure7",
            "MATRL's way through matching pennies, chicken and the "
            "prisoner's dilemma, with its stable trust regions",
        ),
        _ways_table(last, "figure 7"),
        _shares(taken[taken["picture"] == "figure 7"]),
        "## Classes: where rules go",
        _picture(
            "two_by_two_classes",
            "Vector fields of the four classes of 2x2 games with the "
            "ways of IGA, WoLF and MATRL and fixed points by kind",
        ),
        _ways_table(last, "classes"),
    ]
    return "\n\n".join(parts) + "\n"


def _picture(name: str, words: str) -> str:
    """Show what `figures/` draws from these results."""
    return f"![{words}](../figures/{name}.png)"


def _pairs_table(taken: pd.DataFrame) -> str:
    rows = []
    for r in taken.itertuples():
        before = [-r.losses0, -r.losses1]
        own = [before[0] + r.meta0_10, before[1] + r.meta1_01]
        both = [before[0] + r.meta0_11, before[1] + r.meta1_11]
        for i in range(2):
            shown = [f"{value[i]:.3f}" for value in (before, own, both)]
            rows.append([r.game, str(i + 1), _point(r.current0, r.current1), *shown])
    return markdown(["game", "player", "current", "payoff", "own step", "both steps"], rows)


def _cases_table(taken: pd.DataFrame) -> str:
    rows = []
    for r in taken.itertuples():
        places = [(r.current0, r.current1), (r.predicted0, r.predicted1), (r.rho0, r.rho1)]
        places += [(r.aggregated0, r.aggregated1), (r.next0, r.next1)]
        rows.append([r.case, *(_point(*place) for place in places)])
    return markdown(["who still gains", "current", "predicted", "rho", "aggregated", "next"], rows)


def _ways_table(last: pd.DataFrame, picture: str) -> str:
    rows = [
        [
            r.game, f"`{r.rule}`", _point(r.start0, r.start1), _point(r.end0, r.end1),
            str(r.updates), f"{r.exploitability:.2g}", f"{r.nearest}, {r.distance:.2g} away",
        ]
        for r in last[last["picture"] == picture].itertuples()
    ]  # fmt: skip
    header = ["game", "rule", "start", "end", "updates", "exploitability", "nearest fixed point"]
    return markdown(header, rows)


def _shares(taken: pd.DataFrame) -> str:
    parts = []
    for name, own in taken.groupby("game", sort=False):
        tally = ", ".join(f"{case} {count}" for case, count in own["case"].value_counts().items())
        parts.append(f"{name}: {tally}")
    return "Who still gains in the meta-games on the way, in updates. " + "; ".join(parts) + "."


def _point(*values: float) -> str:
    return f"({', '.join(f'{value + 0.0:.3g}' for value in values)})"


def main() -> int:
    parser = Parser(
        prog="portraits", description=__doc__, epilog="example: python analysis/portraits.py"
    )
    folder = ROOT / "results" / "portraits"
    parser.add_argument("--out", type=Path, default=folder, metavar="DIR")
    parser.add_argument("--quick", action="store_true", help="coarse grids and short paths")
    options = parser.parse_args()

    def body() -> None:
        began = time.perf_counter()
        out = require_writable_folder(options.out, "--out")
        grid, updates = (QUICK_GRID, QUICK_UPDATES) if options.quick else (GRID, UPDATES)
        paths, rest = trajectories(updates), fixed_points()
        taken, last = steps(paths), ends(paths, rest)
        text = summary(taken, last)
        print(text)
        frames = {"fields": fields(grid), "trajectories": paths, "steps": taken}
        frames |= {"fixed_points": rest, "ends": last}
        about = manifest(
            command=shlex.join(["python", "analysis/portraits.py", *sys.argv[1:]]),
            seeds=SEED,
            seconds=time.perf_counter() - began,
        )
        files = {
            f"{name}.csv": frame.to_csv(index=False, float_format="%.6g")
            for name, frame in frames.items()
        }
        write_results(out, files | {"summary.md": text}, about)

    return run_command("portraits", body)


if __name__ == "__main__":
    sys.exit(main())
