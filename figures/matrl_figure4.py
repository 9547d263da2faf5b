"""Figures 4a and 4b of the MATRL paper: learning curves on Checkers and Switch.

    python figures/matrl_figure4.py [RESULTS_FOLDER] [--out FOLDER] [--quick] [--pdf]

reads ``curve_intervals.csv`` there (``results/matrl_grid_worlds`` by default): a column of panels
for each task, against environment steps above and against gradient steps below. What other settings
make of the same learners is drawn by `grid_world_settings.py`.
"""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, NullFormatter

import drawing
from gametools.plotting.learning_curves import plot_learning_curves

HEIGHT = 4.9  # inches
TITLE = 64  # letters side by side over all panels
LEARNERS = (
    "matrl", "matrl-no-br", "il-la", "matrl (released)", "il-ppo", "il-ppo (15 gradient steps)",
    "vdn", "qmix", "qtran",
)  # fmt: skip
ROWS = {"step": "environment steps", "gradient_steps": "gradient steps"}


def draw(folder: Path) -> Figure:
    """Draw the middle of the seeds' training returns, with intervals."""
    curves = pd.read_csv(folder / "curve_intervals.csv")
    curves = curves[curves["label"].isin(LEARNERS)]
    tasks = list(dict.fromkeys(curves["task"]))
    figure = Figure(figsize=(drawing.WIDTH, HEIGHT), layout="constrained")
    axes = figure.subplots(len(ROWS), len(tasks), squeeze=False, sharey="col")
    handles = {}
    for column, task in enumerate(tasks):
        own = curves[curves["task"] == task]
        best = own["optimum"].iloc[0]
        for ax, (x, words) in zip(axes[:, column], ROWS.items(), strict=True):
            plot_learning_curves(
                own, ax, x=x, labels=curves["label"], optimum=None if pd.isna(best) else float(best)
            )
            ax.set(xlabel=words, ylabel="team return in training" if column == 0 else "")
            ax.grid(alpha=0.3)
            for line, label in zip(*ax.get_legend_handles_labels(), strict=True):
                handles.setdefault(label, line)
        _spread_gradient_steps(axes[1, column], own["gradient_steps"])
        axes[0, column].set_title(panel_title(column, task, len(tasks)))
    figure.legend(
        handles.values(), handles, loc="outside lower center", ncols=4, title_fontsize=7,
        title="learner; line: interquartile mean over seeds, band: 95% bootstrap interval",
    )  # fmt: skip
    return figure


def panel_title(column: int, task: str, columns: int) -> str:
    """Return the title of a panel, broken where its neighbour's begins."""
    return textwrap.fill(f"({'abcdef'[column]}) {task}", TITLE // columns)


def _spread_gradient_steps(ax: Axes, steps: pd.Series) -> None:
    """Learners take numbers of gradient steps of different orders of magnitude."""
    ax.set_xscale("log")
    ax.set_xlim(steps[steps > 0].min(), steps.max())
    ax.xaxis.set_major_formatter(EngFormatter(sep=""))
    ax.xaxis.set_minor_formatter(NullFormatter())


def main(words: list[str] | None = None) -> int:
    """Read the command line, draw, write."""
    return drawing.run(__file__, "matrl_grid_worlds", draw, words)


if __name__ == "__main__":
    sys.exit(main())
