"""Table 1 of the MATRL paper as curves: share of games converged by step, a panel a class.

    python figures/table1_survival.py [RESULTS_FOLDER]

reads ``curves.csv`` there (``results/matrl_table1`` by default) and draws ``survival.png``.
"""

from __future__ import annotations

import io
import sys
import textwrap
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from gametools.plotting import plot_convergence_curves
from gametools.storage import whole_file


def draw(curves: pd.DataFrame) -> Figure:
    """Draw the curves; a row of panels for each setting, a panel for each class, a legend a row."""
    rows = list(dict.fromkeys(curves["setting"]))
    classes = list(dict.fromkeys(curves["class"]))
    figure, axes = plt.subplots(
        len(rows), len(classes), sharex=True, sharey=True, squeeze=False,
        figsize=(3.1 * len(classes) + 2.2, 2.5 * len(rows) + 0.4), layout="constrained",
    )  # fmt: skip
    for i, setting in enumerate(rows):
        for j, name in enumerate(classes):
            ax = axes[i, j]
            part = curves[(curves["setting"] == setting) & (curves["class"] == name)]
            lines = plot_convergence_curves(part, ax)
            ax.grid(alpha=0.3)
            ax.label_outer()
            if i == 0:
                ax.set_title(name)
        axes[i, 0].set_ylabel(f"{textwrap.fill(setting, 20)}\n\ngames converged (%)")
        axes[i, -1].legend(
            handles=lines, loc="center left", bbox_to_anchor=(1.02, 0.5), frameon=False, fontsize=9
        )
    figure.get_layout_engine().set(wspace=0.05)
    return figure


def png(curves: pd.DataFrame) -> bytes:
    """Draw the curves into PNG bytes."""
    buffer = io.BytesIO()
    figure = draw(curves)
    figure.savefig(buffer, format="png", dpi=150, metadata={"Software": None})
    plt.close(figure)
    return buffer.getvalue()


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "results/matrl_table1")
    with whole_file(folder / "survival.png", "wb") as file:
        file.write(png(pd.read_csv(folder / "curves.csv")))
    print(folder / "survival.png")


if __name__ == "__main__":
    main()
