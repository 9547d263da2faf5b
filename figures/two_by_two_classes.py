"""The four classes of 2x2 games: gradient field, fixed points by kind, ways of a few rules.

    python figures/two_by_two_classes.py [RESULTS_FOLDER] [--out FOLDER] [--quick] [--pdf]

reads ``fields.csv``, ``trajectories.csv`` and ``fixed_points.csv`` there (``results/portraits``
by default).
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

import drawing
from gametools.plotting import (
    plot_fixed_points,
    plot_nullclines,
    plot_trajectory,
    plot_vector_field,
)


def draw(folder: Path) -> Figure:
    """A panel a class, with one game of it."""
    names = ("fields", "trajectories", "fixed_points")
    fields, paths, rest = (pd.read_csv(folder / f"{name}.csv") for name in names)
    paths = paths[paths["picture"] == "classes"]
    figure = Figure(figsize=(drawing.WIDTH, 7.4), layout="constrained")
    panels = figure.subplots(2, 2).flat
    handles = {}
    for k, (game, own) in enumerate(paths.groupby("game", sort=False)):
        ax, known = panels[k], rest[rest["game"] == game]
        field = drawing.vector_field(fields, game)
        plot_vector_field(field, ax, colour=None, color="0.65", label="gradient flow")
        plot_nullclines(field, ax, linewidths=0.8)
        for rule, way in own.groupby("rule", sort=False):
            for start, path in way.groupby("start"):
                label = str(rule).split(":")[0] if start == 0 else "_nolegend_"
                plot_trajectory(drawing.trajectory(path), ax, label=label)
        plot_fixed_points(drawing.fixed_points(known), ax)
        for artist, label in zip(*ax.get_legend_handles_labels(), strict=True):
            handles.setdefault(label, artist)
        ax.set_title(f"({'abcd'[k]}) {known['class'].iloc[0]}: {drawing.spelt(str(game))}")
    figure.legend(
        handles.values(), handles, loc="outside lower center", ncols=5, title_fontsize=7,
        title=f"{drawing.DOTS}; black and white marks: kinds of rest of gradient flow",
    )  # fmt: skip
    return figure


def main() -> int:
    return drawing.run(__file__, "portraits", draw)


if __name__ == "__main__":
    sys.exit(main())
