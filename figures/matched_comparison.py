"""What is left of MATRL's lead over IGA as one advantage after the other is taken away.

    python figures/matched_comparison.py [RESULTS_FOLDER] [--out FOLDER] [--quick] [--pdf]

reads ``released_pairs.csv`` and ``matched_pairs.csv`` there (``results/matrl_table1`` by default).
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import drawing

STEP = 0.02
# Label: payoffs, start, budget, updates to stay; each stage keeps what the one above matched.
STAGES = {
    "same step size, 0.02": ("released", "paper", "1000 steps", 0),
    "+ same gradient evaluations": ("released", "paper", "1000 evaluations", 0),
    "+ unbiased games": ("normal", "paper", "1000 evaluations", 0),
    "+ random starts": ("normal", "uniform", "1000 evaluations", 0),
    "+ must stay 50 updates": ("normal", "uniform", "1000 evaluations", 50),
}
LOOKS = {
    "coordination": ("#0072B2", "o"),
    "anticoordination": ("#E69F00", "s"),
    "cyclic": ("#000000", "^"),
}
MEASURES = {
    "rate": (100, "games converged, MATRL minus IGA\n(percentage points)", "IGA", "MATRL"),
    "evaluations": (1, "gradient evaluations to convergence,\nMATRL minus IGA", "MATRL", "IGA"),
}


def stages(folder: Path) -> pd.DataFrame:
    """MATRL's rows of both tables, with the name of the stage, in order."""
    released = pd.read_csv(folder / "released_pairs.csv").rename(columns={"ensemble": "class"})
    matched = pd.read_csv(folder / "matched_pairs.csv")
    frames = [released.assign(stage="as released:\nstep 0.03 against 0.02")]
    for name, (payoffs, start, budget, stay) in STAGES.items():
        chosen = (matched["payoffs"] == payoffs) & (matched["start"] == start)
        chosen &= (matched["budget"] == budget) & (matched["stay"] == stay)
        frames.append(matched[chosen & (matched["step_size"] == STEP)].assign(stage=name))
    both = pd.concat(frames, ignore_index=True)
    return both[both["rule"] == "MATRL"]


def draw(folder: Path) -> Figure:
    """Dots with 95% intervals: a row a stage, a panel a measure."""
    frame = stages(folder)
    figure = Figure(figsize=(drawing.WIDTH, 3.6), layout="constrained")
    panels = figure.subplots(1, len(MEASURES), sharey=True)
    for k, (ax, measure) in enumerate(zip(panels, MEASURES, strict=True)):
        _draw_measure(frame, measure, ax)
        ax.set_title(f"({'ab'[k]})", loc="left")
    names = list(dict.fromkeys(frame["stage"]))
    panels[0].set_yticks(range(len(names)), names)
    panels[0].set_ylim(len(names) - 0.5, -0.5)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside lower center", ncols=3, title_fontsize=7,
        title="class of games; bars: 95% intervals, paired by game",
    )  # fmt: skip
    return figure


def _draw_measure(frame: pd.DataFrame, measure: str, ax: Axes) -> None:
    scale, label, left, right = MEASURES[measure]
    order = {name: i for i, name in enumerate(dict.fromkeys(frame["stage"]))}
    for k, (name, own) in enumerate(frame.groupby("class", sort=False)):
        middle, low, high = (
            scale * own[f"{measure}_difference{end}"] for end in ("", "_low", "_high")
        )
        colour, marker = LOOKS[str(name)]
        ax.errorbar(
            middle, own["stage"].map(order) + 0.22 * (k - 1), xerr=[middle - low, high - middle],
            fmt=marker, color=colour, markersize=4.5, elinewidth=1.2, capsize=2, label=str(name),
        )  # fmt: skip
    ax.axvline(0, color="0.3", linewidth=0.8, zorder=0)
    for row in range(1, len(order)):
        ax.axhline(row - 0.5, color="0.85", linewidth=0.6, zorder=0)
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel(label)
    ax.set_title(f"← {left} better      {right} better →", fontsize=7)


def main() -> int:
    return drawing.run(__file__, "matrl_table1", draw)


if __name__ == "__main__":
    sys.exit(main())
