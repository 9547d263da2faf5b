"""Table 1 of the MATRL paper as curves: share of games converged by step, a panel a class.

    python figures/table1_survival.py [RESULTS_FOLDER] [--out FOLDER] [--quick] [--pdf]

reads ``curves.csv`` there (``results/matrl_table1`` by default).
"""

from __future__ import annotations

import io
import sys
import textwrap

import pandas as pd
from matplotlib.figure import Figure

from gametools.plotting import plot_convergence_curves, theme


def draw(curves: pd.DataFrame) -> Figure:
    """Draw the curves; a row of panels for each setting, a panel for each class, a legend a row."""
    rows = list(dict.fromkeys(curves["setting"]))
    classes = list(dict.fromkeys(curves["class"]))
    figure = Figure(figsize=(7.2, 1.75 * len(rows) + 0.3), layout="constrained")
    axes = figure.subplots(len(rows), len(classes), sharex=True, sharey=True, squeeze=False)
    for i, setting in enumerate(rows):
        for j, name in enumerate(classes):
            ax = axes[i, j]
            part = curves[(curves["setting"] == setting) & (curves["class"] == name)]
            lines = plot_convergence_curves(part, ax)
            ax.grid(alpha=0.3)
            ax.label_outer()
            if i == 0:
                ax.set_title(name)
        axes[i, 0].set_ylabel(f"{textwrap.fill(setting, 22)}\n\ngames converged (%)")
        axes[i, -1].legend(handles=lines, loc="center left", bbox_to_anchor=(1.02, 0.5))
    return figure


def png(curves: pd.DataFrame) -> bytes:
    """Draw the curves into PNG bytes; for `analysis/matrl_table1.py`."""
    buffer = io.BytesIO()
    with theme("print"):
        draw(curves).savefig(buffer, format="png", dpi=220, metadata={"Software": None})
    return buffer.getvalue()


def main() -> int:
    import drawing  # not on the path of the analysis, which runs this file for `png`

    return drawing.run(
        __file__, "matrl_table1", lambda folder: draw(pd.read_csv(folder / "curves.csv"))
    )


if __name__ == "__main__":
    sys.exit(main())
