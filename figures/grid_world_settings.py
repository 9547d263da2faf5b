"""What other settings make of independent PPO and of MATRL on Checkers and Switch.

    python figures/grid_world_settings.py [RESULTS_FOLDER] [--out FOLDER] [--quick] [--pdf]

reads ``curve_intervals.csv`` there (``results/matrl_grid_worlds`` by default): a panel for each
task. A colour is a change of settings, solid for independent PPO and dashed for MATRL.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

import drawing
from gametools.plotting.learning_curves import plot_learning_curves
from matrl_figure4 import panel_title

HEIGHT = 3.3  # inches
SETTINGS = {
    "": "#000000",
    "no entropy bonus": "#0072B2",
    "team reward": "#009E73",
    "tuned": "#CC79A7",
    "5 gradient steps": "#999999",
    "first six steps": "#E69F00",
    "first six steps, no entropy bonus": "#D55E00",
}
"""Colour of each change of the paper's settings; from Okabe and Ito's palette."""
DASHES = {"il-ppo": "-", "matrl": (0, (3, 1))}
LINES = {
    f"{learner} ({words})" if words else learner: {"color": colour, "linestyle": dashes}
    for words, colour in SETTINGS.items()
    for learner, dashes in DASHES.items()
}


def draw(folder: Path) -> Figure:
    """Draw the middle of the seeds' training returns, with intervals."""
    curves = pd.read_csv(folder / "curve_intervals.csv")
    curves = curves[curves["label"].isin(LINES)]
    tasks = list(dict.fromkeys(curves["task"]))
    figure = Figure(figsize=(drawing.WIDTH, HEIGHT), layout="constrained")
    handles = {}
    for column, (ax, task) in enumerate(
        zip(figure.subplots(1, len(tasks), squeeze=False)[0], tasks, strict=True)
    ):
        here = curves[curves["task"] == task]
        best = here["optimum"].iloc[0]
        optimum = None if pd.isna(best) else float(best)
        for label in (label for label in LINES if label in set(here["label"])):
            own = here[here["label"] == label]
            (line,) = plot_learning_curves(own, ax, optimum=optimum, **LINES[label])
            handles.setdefault(label, line)
            optimum = None  # is there now
        ax.set(xlabel="environment steps", ylabel="" if column else "team return in training")
        ax.set_xlim(here["step"].min(), here["step"].max())
        ax.grid(alpha=0.3)
        ax.set_title(panel_title(column, task, len(tasks)))
    figure.legend(
        handles.values(), handles, loc="outside lower center", ncols=3, title_fontsize=7,
        title="learner; line: interquartile mean over seeds, band: 95% bootstrap interval",
    )  # fmt: skip
    return figure


def main(words: list[str] | None = None) -> int:
    """Read the command line, draw, write."""
    return drawing.run(__file__, "matrl_grid_worlds", draw, words)


if __name__ == "__main__":
    sys.exit(main())
