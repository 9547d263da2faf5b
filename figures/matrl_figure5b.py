"""Figure 5b of the MATRL paper: how long MATRL and independent PPO take with 2 to 4 agents.

    python figures/matrl_figure5b.py [RESULTS_FOLDER] [--out FOLDER] [--quick] [--pdf]

reads ``run_times.csv`` of ``results/matrl_grid_worlds``: the best of the repeats as a line, each of
them as a dot, and where the paper's MATRL lies for this independent PPO.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

import drawing
from gametools.plotting.learning_curves import LEARNER_STYLES

HEIGHT = 2.6  # inches
PUBLISHED = (1.1, 1.2)
"""MATRL's run time over that of independent learners, in the paper."""
DASHES = {"matrl (CMA-ES)": "--", "matrl (5 + 5 gradient steps)": ":"}


def draw(folder: Path) -> Figure:
    """Draw seconds against agents."""
    times = pd.read_csv(folder / "run_times.csv")
    best = times.groupby(["learner", "agents"], sort=False)["seconds"].min().unstack()
    figure, ax = plt.subplots(figsize=(drawing.WIDTH, HEIGHT), layout="constrained")
    base = best.loc["il-ppo"]
    low, high = PUBLISHED
    ax.fill_between(
        base.index, low * base, high * base, color="#D55E00", alpha=0.2, linewidth=0,
        label=f"{low} to {high} times il-ppo: the paper's MATRL",
    )  # fmt: skip
    for learner, seconds in best.iterrows():
        own = times[times["learner"] == learner]
        kin = re.split(r"[ (]", str(learner), maxsplit=1)[0]
        style = LEARNER_STYLES[kin] | {"linestyle": DASHES.get(str(learner), "-")}
        ax.plot(seconds.index, seconds, label=str(learner), **style)
        ax.plot(own["agents"], own["seconds"], ".", color=style["color"], alpha=0.5, markersize=4)
    ax.set(xlabel="agents on Switch", ylabel="seconds for 20,000 steps\nand 50 gradient steps")
    ax.set_xticks(list(best.columns))
    ax.set_ylim(bottom=0)
    figure.legend(loc="outside right center", title="best of the repeats; dots: each")
    return figure


def main(words: list[str] | None = None) -> int:
    """Read the command line, draw, write."""
    return drawing.run(__file__, "matrl_grid_worlds", draw, words)


if __name__ == "__main__":
    sys.exit(main())
