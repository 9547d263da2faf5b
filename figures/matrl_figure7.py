"""Figure 7 of the MATRL paper: its way through matching pennies, chicken, prisoner's dilemma.

    python figures/matrl_figure7.py [RESULTS_FOLDER] [--out FOLDER] [--quick] [--pdf]

reads ``fields.csv``, ``trajectories.csv``, ``steps.csv`` and ``fixed_points.csv`` there
(``results/portraits`` by default).
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

import drawing
from gametools.dynamics import MetaCase
from gametools.plotting import plot_fixed_points, plot_trajectory, plot_vector_field
from gametools.plotting.matrl import plot_trust_regions

EVERY, LAST = 2, 30
"""Updates between two trust regions that are drawn, and the last one."""


def draw(folder: Path) -> Figure:
    """A panel a game: gradient field, MATRL's trajectory, trust regions on the way."""
    names = ("fields", "trajectories", "steps", "fixed_points")
    fields, paths, steps, rest = (pd.read_csv(folder / f"{name}.csv") for name in names)
    paths, steps = (frame[frame["picture"] == "figure 7"] for frame in (paths, steps))
    games = list(dict.fromkeys(paths["game"]))
    figure = Figure(figsize=(drawing.WIDTH, 3.2), layout="constrained")
    panels = figure.subplots(1, len(games))
    handles = {}
    for k, (ax, game) in enumerate(zip(panels, games, strict=True)):
        look = {"color": "0.65", "label": "gradient flow"}
        plot_vector_field(drawing.vector_field(fields, game), ax, colour=None, **look)
        own = steps[(steps["game"] == game) & (steps["update"] <= LAST)]
        own = own[own["update"] % EVERY == 0]
        own = own[own["case"] != MetaCase.NO_IMPROVEMENT]  # at the bounds: no room, no region
        plot_trust_regions(drawing.matrl_steps(own), ax)
        plot_trajectory(drawing.trajectory(paths[paths["game"] == game]), ax)
        plot_fixed_points(drawing.fixed_points(rest[rest["game"] == game]), ax)
        for artist, label in zip(*ax.get_legend_handles_labels(), strict=True):
            handles.setdefault(label, artist)
        ax.set_title(f"({'abc'[k]}) {drawing.spelt(game)}")
        ax.set(xlim=(-0.04, 1.04), ylim=(-0.04, 1.04))
        ax.set(xticks=[0, 0.5, 1], yticks=[0, 0.5, 1], xlabel="player 1: P(action 1)")
        ax.set_ylabel("player 2: P(action 1)" if k == 0 else "")
    figure.legend(
        handles.values(), handles, loc="outside lower center", ncols=4, title_fontsize=7,
        title=f"{drawing.DOTS}; black and white marks: kinds of rest of gradient flow",
    )  # fmt: skip
    return figure


def main() -> int:
    return drawing.run(__file__, "portraits", draw)


if __name__ == "__main__":
    sys.exit(main())
