"""Figure 2 of the MATRL paper: one update in each of the four cases of its meta-game.

    python figures/matrl_figure2.py [RESULTS_FOLDER] [--out FOLDER] [--quick] [--pdf]

reads ``steps.csv`` there (``results/portraits`` by default).
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import drawing
from gametools.dynamics import MetaCase
from gametools.plotting.matrl import plot_matrl_step, plot_meta_game

TITLES = {
    MetaCase.BOTH: "both still gain",
    MetaCase.FIRST: "player 1 still gains",
    MetaCase.SECOND: "player 2 still gains",
    MetaCase.NEITHER: "neither still gains",
}
KEYS = ("improvement", "stable", "current", "predicted", "aggregated", "next")


def draw(folder: Path) -> Figure:
    """A column a case: the update among joint policies, and the meta-game that decides it."""
    steps = pd.read_csv(folder / "steps.csv")
    steps = steps[steps["picture"] == "figure 2"]
    figure = Figure(figsize=(drawing.WIDTH, 4.85), layout="constrained")
    panels = figure.subplots(2, len(steps))
    for k in range(len(steps)):
        step = drawing.matrl_step(steps.iloc[[k]])
        drawn = plot_matrl_step(step, panels[0, k])
        _frame_square(panels[0, k], first=k == 0)
        panels[0, k].set_title(f"({'abcd'[k]}) {TITLES[step.case]}")
        plot_meta_game(step, panels[1, k], text_keywords={"fontsize": 6}, markersize=9)
        _frame_meta(panels[1, k], first=k == 0)
    handles = [drawn[key] for key in KEYS]
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=6,
        title="numbers: advantages over both current, player 1's and player 2's; "
        "solid arrows: who still gains",
        title_fontsize=7,
        columnspacing=1.2,
    )
    return figure


def _frame_square(ax: Axes, *, first: bool) -> None:
    ax.set(xlim=(-0.1, 1.1), ylim=(-0.1, 1.1), xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
    ax.set_aspect("equal", adjustable="box")
    ax.set_xlabel("player 1: P(action 1)")
    ax.set_ylabel("player 2: P(action 1)" if first else "")
    ax.tick_params(labelleft=first)


def _frame_meta(ax: Axes, *, first: bool) -> None:
    ax.tick_params(labelleft=first, length=2)
    ax.set_xlim(-0.55, 1.55)
    ax.set_ylim(-0.5, 1.5)
    if not first:
        ax.set_ylabel("")
    star = ax.get_legend_handles_labels()[1][0]
    ax.set_title(star)


def main() -> int:
    return drawing.run(__file__, "portraits", draw)


if __name__ == "__main__":
    sys.exit(main())
