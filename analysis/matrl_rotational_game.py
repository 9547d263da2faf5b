"""Figure 3 of the MATRL paper: who reaches the fixed point of a strongly rotational game?

Two players with losses ``x**2/2 + 10xy`` and ``y**2/2 - 10xy``, from (0.5, 0.5), response step
0.02, 100 updates. The paper compares gradient descent, extragradient, LookAhead and MATRL at one
trial step; here MATRL runs with every anchor of its best response and several trial steps, and
each measured rate stands beside the one that the linearised update predicts.
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
from gametools.dynamics import (
    ANCHORS,
    MATRL,
    ExtraGradient,
    GradientDescent,
    LookAhead,
    UpdateRule,
)
from gametools.storage import manifest, require_writable_folder, write_results
from matrl_report import markdown

ROOT = Path(__file__).resolve().parent.parent
GAME = gt.QuadraticGame([[1, 10], [-10, 1]])
START, STEP, UPDATES, SEED = (0.5, 0.5), 0.02, 100, 0
TRIAL_STEPS = (0.01, 0.02, 0.04, 0.06)
TAIL = 50  # updates over which a rate is measured


def rules() -> dict[str, UpdateRule]:
    """The rules of the figure, and MATRL's variants."""
    named: dict[str, UpdateRule] = {
        "gradient descent": GradientDescent(STEP),
        "extragradient": ExtraGradient(STEP),
    }
    for trial in TRIAL_STEPS:
        named[f"LookAhead, trial {trial:g}"] = LookAhead(STEP, trial_step=trial)
    for anchor in ANCHORS:
        for trial in TRIAL_STEPS:
            rule = MATRL(STEP, trial_step=trial, anchor=anchor)
            named[f"MATRL from {anchor}, trial {trial:g}"] = rule
    return named


def curves() -> pd.DataFrame:
    """Points and distances of every rule, by update."""
    parts = []
    for name, rule in rules().items():
        path = gt.simulate(GAME, rule, START, steps=UPDATES, rng=SEED)
        points = {f"x{k}": path.points[:, k] for k in (0, 1)}
        distance = np.linalg.norm(path.points, axis=-1)
        columns = {"rule": name, "update": path.times, "distance": distance}
        parts.append(pd.DataFrame(columns | points))
    return pd.concat(parts, ignore_index=True)


def rates(paths: pd.DataFrame) -> pd.DataFrame:
    """One row a rule: where its curve ends, measured and predicted rate."""
    rows = []
    for name, rule in rules().items():
        distance = paths.loc[paths["rule"] == name, "distance"].to_numpy()
        predicted = gt.classify(GAME, [0.0, 0.0], rule=rule).update
        rows.append(
            {
                "rule": name,
                "distance": distance[-1],
                "measured_rate": (distance[-1] / distance[-1 - TAIL]) ** (1 / TAIL),
                "predicted_rate": predicted.rate,
                "smooth": not np.isnan(predicted.spectral_radius),
                "gradients": rule.evaluations * UPDATES,
            }
        )
    return pd.DataFrame(rows)


def summary(frame: pd.DataFrame) -> str:
    """The table and what it says."""
    rows = [
        [
            r.rule,
            f"{r.distance:.3g}",
            f"{r.measured_rate:.4f}",
            f"{r.predicted_rate:.4f}" + " *" * (not r.smooth),
            str(r.gradients),
        ]
        for r in frame.itertuples()
    ]
    header = ["rule", "distance after 100 updates", "measured rate", "predicted", "gradients"]
    end = frame.set_index("rule")["distance"]
    kinked = int((~frame["smooth"]).sum())
    return (
        "# A strongly rotational game\n\n"
        "![Trajectories of gradient descent, extragradient, LookAhead and MATRL, their distances "
        "from the fixed point with predicted slopes, and MATRL by anchor]"
        "(../figures/matrl_figure3.png)\n\n"
        f"{markdown(header, rows)}\n\n"
        f"With equal trial and response steps of {STEP:g}, MATRL from the current policies ends at "
        f"{end['MATRL from current, trial 0.02']:.4f}, LookAhead at "
        f"{end['LookAhead, trial 0.02']:.4f} and extragradient at {end['extragradient']:.4f}: the "
        "meta-game changes nothing here. From the aggregated policies MATRL ends at "
        f"{end['MATRL from aggregated, trial 0.02']:.3f}, from the predicted ones at "
        f"{end['MATRL from predicted, trial 0.02']:.3f}, where gradient descent ends at "
        f"{end['gradient descent']:.3f}. A trial step of 0.06 brings MATRL to "
        f"{end['MATRL from current, trial 0.06']:.1e} and LookAhead to "
        f"{end['LookAhead, trial 0.06']:.1e}: the longer look ahead is what is fast.\n\n"
        f"Rates are distances' ratios over the last {TAIL} updates; predicted ones are those of "
        "`classify`: spectral radii of the linearised update, or, marked *, what small distances "
        f"do in the long run at a kink. In {kinked} settings the meta-game's equilibrium changes "
        "with the direction in which one approaches, and the update has a kink at the fixed point "
        "instead of a linearisation.\n"
    )


def main() -> int:
    parser = Parser(
        prog="matrl_rotational_game",
        description=__doc__,
        epilog="example: python analysis/matrl_rotational_game.py",
    )
    folder = ROOT / "results" / "matrl_rotational_game"
    parser.add_argument("--out", type=Path, default=folder, metavar="DIR")
    options = parser.parse_args()

    def body() -> None:
        began = time.perf_counter()
        out = require_writable_folder(options.out, "--out")
        paths = curves()
        frame = rates(paths)
        text = summary(frame)
        print(text)
        about = manifest(
            command=shlex.join(["python", "analysis/matrl_rotational_game.py", *sys.argv[1:]]),
            seeds=SEED,
            seconds=time.perf_counter() - began,
        )
        files = {
            "rates.csv": frame.to_csv(index=False, float_format="%.6g"),
            "curves.csv": paths.to_csv(index=False, float_format="%.6g"),
            "summary.md": text,
        }
        write_results(out, files, about)

    return run_command("matrl_rotational_game", body)


if __name__ == "__main__":
    sys.exit(main())
