"""Figure 3 of the MATRL paper: who reaches the fixed point of a strongly rotational game.

    python figures/matrl_figure3.py [RESULTS_FOLDER] [--out FOLDER] [--quick] [--pdf]

reads ``curves.csv`` and ``rates.csv`` there (``results/matrl_rotational_game`` by default).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

import drawing
from gametools.plotting import plot_trajectory, rule_style
from gametools.plotting.style import policy_colours

# Name in the results: name in the legend, rule, and how many lines of that rule came before.
RULES = {
    "MATRL from current, trial 0.02": ("MATRL", "MATRL:step=0.02", 0),
    "MATRL from current, trial 0.06": ("MATRL, trial 0.06", "MATRL:step=0.02,trial_step=0.06", 1),
    "gradient descent": ("gradient descent", "GradientDescent:step=0.02", 0),
    "LookAhead, trial 0.02": ("LookAhead", "LookAhead:step=0.02", 0),
    "extragradient": ("extragradient", "ExtraGradient:step=0.02", 0),
}
# From the current policies it is the line of (b); the others have their policies' colours.
ANCHORS = {
    "current": ("#D55E00", "-"),
    "aggregated": (policy_colours()["aggregated"], "--"),
    "predicted": (policy_colours()["predicted"], ":"),
}
TRIALS = {0.02: 2.0, 0.06: 1.0}
EVERY = 20  # updates between two predicted distances


def draw(folder: Path) -> Figure:
    """The plane, distances of the rules, and distances of MATRL by anchor and trial step."""
    curves, rates = (pd.read_csv(folder / f"{name}.csv") for name in ("curves", "rates"))
    predicted, measured = (
        rates.set_index("rule")[f"{name}_rate"] for name in ("predicted", "measured")
    )
    figure = Figure(figsize=(drawing.WIDTH, 3.25), layout="constrained")
    plane, rules, anchors = figure.subplots(1, 3, subplot_kw={"box_aspect": 1})
    looks = {name: rule_style(rule, repeat) for name, (_, rule, repeat) in RULES.items()}
    _draw_plane(curves, plane, looks)
    for name, look in looks.items():
        label = f"{RULES[name][0]}: {_factor(measured[name])}"
        _draw_distance(curves, name, predicted[name], rules, label=label, **look)
    _draw_growth(curves, rules)
    for trial, width in TRIALS.items():
        for anchor, (colour, dashes) in ANCHORS.items():
            name = f"MATRL from {anchor}, trial {trial:g}"
            _draw_distance(
                curves, name, predicted[name], anchors, label=f"{anchor}, {trial:g}",
                color=colour, linestyle=dashes, linewidth=width,
            )  # fmt: skip
    for ax, title in ((rules, "(b) distances, predicted slopes"), (anchors, "(c) MATRL by anchor")):
        ax.set(title=title, yscale="log", xlabel="updates", xlim=(0, curves["update"].max()))
        ax.set_ylabel("distance from the fixed point")
        ax.grid(alpha=0.3)
    anchors.text(
        0.04, 0.96, "aggregated, 0.06: faster\nthan its slope at first", va="top", fontsize=6.5,
        transform=anchors.transAxes, color=ANCHORS["aggregated"][0],
    )  # fmt: skip
    _legends(figure, rules, anchors)
    return figure


def _factor(rate: float) -> str:
    """Three digits, or as many as it takes to tell growth from standing still."""
    return f"{rate:.3f}" if abs(rate - 1) > 0.005 else f"{rate:.4f}"


def _draw_growth(curves: pd.DataFrame, ax: Axes) -> None:
    """Gradient descent alone on a scale on which its growth shows."""
    own = curves[curves["rule"] == "gradient descent"]
    inset = ax.inset_axes((0.17, 0.1, 0.3, 0.25))
    inset.plot(own["update"], own["distance"], color="black")
    inset.set(xlim=(0, 100), ylim=(0.704, 0.725), xticks=[0, 100], yticks=[0.71, 0.72])
    inset.tick_params(labelsize=5.5, pad=1.5, length=2)
    inset.set_title("gradient descent", fontsize=6, pad=2)


def _draw_plane(curves: pd.DataFrame, ax: Axes, looks: dict[str, dict[str, Any]]) -> None:
    for name, (label, rule, _) in RULES.items():
        own = curves[curves["rule"] == name].rename(columns={"update": "time"})
        path = drawing.trajectory(own.assign(rule=rule))
        look = looks[name] | ({"linewidth": 0.6} if name == "gradient descent" else {})
        plot_trajectory(path, ax, label=label, **look)
    ax.plot(0, 0, "+", color="black", markersize=9, zorder=6)
    ax.set(title="(a) trajectories from (0.5, 0.5)", xlabel="player 1's parameter $x$")
    ax.set_ylabel("player 2's parameter $y$")
    ax.set(xlim=(-0.8, 0.8), ylim=(-0.8, 0.8), xticks=[-0.5, 0, 0.5], yticks=[-0.5, 0, 0.5])


def _draw_distance(curves: pd.DataFrame, name: str, rate: float, ax: Axes, **look: Any) -> None:
    """A measured distance as a line, the predicted slope from its start as marks."""
    own = curves[curves["rule"] == name]
    ax.plot(own["update"], own["distance"], **look)
    marks = own["update"].to_numpy()[::EVERY]
    ax.plot(
        marks, own["distance"].iloc[0] * rate**marks, "o", markersize=4, linestyle="none",
        markerfacecolor="none", markeredgewidth=0.9, color=look["color"],
        label="_predicted", clip_on=False,
    )  # fmt: skip


def _legends(figure: Figure, rules: Axes, anchors: Axes) -> None:
    handles, labels = rules.get_legend_handles_labels()
    mark = Line2D([], [], marker="o", linestyle="none", color="black", markerfacecolor="none")
    mark.set_markersize(4)
    figure.legend(
        [*handles, mark], [*labels, "predicted slope"],
        loc="outside lower left", ncols=2, title_fontsize=7, columnspacing=1.2,
        title="(a), (b)   rule, step 0.02: factor of the distance in an update",
    )  # fmt: skip
    handles, labels = anchors.get_legend_handles_labels()
    half = len(handles) // 2  # a column for each trial step
    figure.legend(
        [*handles[:half], mark, *handles[half:]],
        [*labels[:half], "predicted slope", *labels[half:]], loc="outside lower right", ncols=2,
        title="(c)   anchor, trial step", title_fontsize=7, columnspacing=1.2,
    )  # fmt: skip


def main() -> int:
    return drawing.run(__file__, "matrl_rotational_game", draw)


if __name__ == "__main__":
    sys.exit(main())
