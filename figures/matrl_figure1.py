"""Figure 1 of the MATRL paper: a player's payoff after one trial step, alone and together.

    python figures/matrl_figure1.py [RESULTS_FOLDER] [--out FOLDER] [--quick] [--pdf]

reads ``fields.csv`` and ``steps.csv`` there (``results/portraits`` by default).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

import drawing
from gametools.plotting.surfaces import plot_payoff_surface, plot_policy_pairs

TITLES = {
    "stag_hunt": "stag hunt: each step pays alone,\nboth together pay more",
    "chicken": "chicken: each step pays alone,\nboth together cost",
}


def draw(folder: Path) -> Figure:
    """A surface a game: player 1's payoff, and the four joint policies of the meta-game."""
    fields, steps = pd.read_csv(folder / "fields.csv"), pd.read_csv(folder / "steps.csv")
    steps = steps[steps["picture"] == "figure 1"]
    figure = Figure(figsize=(drawing.WIDTH, 3.8))
    panels = figure.subplots(1, len(steps), subplot_kw={"projection": "3d"})
    figure.subplots_adjust(left=0.02, right=1.0, bottom=0.23, top=0.94, wspace=0.0)
    for k, ax in enumerate(panels):
        row = steps.iloc[[k]]
        game = row["game"].iloc[0]
        plot_payoff_surface(drawing.vector_field(fields, game), 0, ax, kind="surface", alpha=0.6)
        own, both, *marks = plot_policy_pairs(drawing.matrl_step(row), 0, ax, markersize=5.5)
        ax.set_title(f"({'ab'[k]}) {TITLES.get(game, drawing.spelt(game))}", y=1.0)
        ax.legend(
            handles=[own, *marks[:2], both, *marks[2:]], loc="upper center",
            bbox_to_anchor=(0.5, -0.035), ncols=2, title_fontsize=7, handlelength=2.6,
            title="policies and what they pay player 1 (own: player 1's)",
        )  # fmt: skip
        _frame(ax)
    return figure


def _frame(ax: Any) -> None:
    ax.view_init(elev=24, azim=-122)
    ax.set_xlabel("player 1's probability\nof action 1", labelpad=-1)
    ax.set_ylabel("player 2's probability\nof action 1", labelpad=3)
    ax.set_zlabel("player 1's payoff", labelpad=-4)
    ax.tick_params(pad=-2)
    ax.set(xlim=(0, 1), ylim=(0, 1), xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
    ax.set_xticklabels(["0", "0.5", "1"], ha="left")
    ax.set_yticklabels(["0", "0.5", "1"], ha="right")
    ax.set_box_aspect((1, 1, 0.75), zoom=1.0)


def main() -> int:
    return drawing.run(__file__, "portraits", draw)


if __name__ == "__main__":
    sys.exit(main())
