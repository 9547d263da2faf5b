"""Figures 4a and 4b of the MATRL paper: learning curves on Checkers and Switch.

    python figures/matrl_figure4.py [RESULTS_FOLDER] [--out FOLDER] [--quick] [--pdf]

reads ``curves.csv`` of ``results/matrl_grid_worlds``: a column of panels for each task, against
environment steps above and against gradient steps below.
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

import drawing
from gametools.plotting.learning_curves import plot_learning_curves

HEIGHT = 4.6  # inches
ROWS = {"step": "environment steps", "gradient_steps": "gradient steps"}


def draw(folder: Path) -> Figure:
    """Draw the middle of the seeds' training returns, with intervals."""
    curves = pd.read_csv(folder / "curve_intervals.csv")
    tasks = list(dict.fromkeys(curves["task"]))
    figure, axes = plt.subplots(
        len(ROWS), len(tasks), squeeze=False, sharey="col", figsize=(drawing.WIDTH, HEIGHT),
        layout="constrained",
    )  # fmt: skip
    for column, task in enumerate(tasks):
        own = curves[curves["task"] == task]
        best = own["optimum"].iloc[0]
        for ax, (x, words) in zip(axes[:, column], ROWS.items(), strict=True):
            plot_learning_curves(own, ax, x=x, optimum=None if pd.isna(best) else float(best))
            ax.set(xlabel=words, ylabel="team return in training" if column == 0 else "")
            ax.grid(alpha=0.3)
        axes[0, column].set_title(f"({'abc'[column]}) {task}")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4)
    return figure


def main(words: list[str] | None = None) -> int:
    """Read the command line, draw, write."""
    return drawing.run(__file__, "matrl_grid_worlds", draw, words)


if __name__ == "__main__":
    sys.exit(main())
