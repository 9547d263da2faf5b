"""Every rule on every game: how runs end, and measured rates beside predicted ones.

    python figures/tournament.py [RESULTS_FOLDER] [--out FOLDER] [--quick] [--pdf]

reads ``catalogue.csv`` and ``classes_2x2.csv`` there (``results/rule_tournament`` by default).
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

import drawing

# Kind of end: letter, colour, colour of the number; lightness tells them apart in print too.
ENDS = {
    "fixed point": ("", "#08519C", "white"),
    "at rest elsewhere": ("r", "#6BAED6", "black"),
    "limit cycle": ("c", "#FDBF6F", "black"),
    "undecided": ("u", "#EDEDED", "black"),
    "diverged": ("d", "#D55E00", "black"),
}
SETS = {"catalogue": ("#0072B2", "o"), "2x2 classes": ("#D55E00", "^")}
CLOSE = 0.01
"""Relative difference of rates up to which the analysis calls them alike."""
INSTANT = 1e-6
"""Rates below are those of points that are reached in finitely many updates."""


def ends(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """The most common end of every rule in every game, with its share of the runs."""
    shares = frame.groupby([column, "rule", "outcome"], sort=False)["share"].sum().reset_index()
    top = shares.groupby([column, "rule"], sort=False)["share"].idxmax()
    return shares.loc[top].rename(columns={column: "game"}).reset_index(drop=True)


def rates(folder: Path) -> pd.DataFrame:
    """Measured and predicted rates of both sets."""
    columns = ["game", "rule", "measured_rate", "predicted_rate"]
    frames = [
        pd.read_csv(folder / f"{name}.csv").rename(columns={"class": "game"})[columns].assign(
            set=label
        )
        for label, name in zip(SETS, ("catalogue", "classes_2x2"), strict=True)
    ]  # fmt: skip
    both = pd.concat(frames, ignore_index=True).dropna()
    return both[both["predicted_rate"] > INSTANT].reset_index(drop=True)


def draw(folder: Path) -> Figure:
    """The matrix of ends above, the rates below."""
    catalogue = ends(pd.read_csv(folder / "catalogue.csv"), "game")
    classes = ends(pd.read_csv(folder / "classes_2x2.csv"), "class")
    figure = Figure(figsize=(drawing.WIDTH, 8.4), layout="constrained")
    grid = figure.add_gridspec(2, 2, height_ratios=[3.1, 1])
    _draw_matrix([catalogue, classes], figure.add_subplot(grid[0, :]))
    found = rates(folder)
    ax = figure.add_subplot(grid[1, 0])
    _draw_rates(found, ax)
    _draw_differences(found, figure.add_subplot(grid[1, 1]))
    figure.legend(
        *ax.get_legend_handles_labels(), loc="outside lower center", ncols=2, title_fontsize=7,
        title="(b), (c)   games",
    )  # fmt: skip
    return figure


def _draw_matrix(frames: list[pd.DataFrame], ax: Axes) -> None:
    """A cell for each pair, coloured by its most common end; a gap between the sets."""
    rules = list(dict.fromkeys(pd.concat(reversed(frames))["rule"]))
    place, across = {}, 0.0
    for frame in frames:
        for game in dict.fromkeys(frame["game"]):
            place[game] = across
            across += 1
        across += 0.4
    for row in pd.concat(frames).itertuples():
        letter, colour, ink = ENDS[row.outcome]
        x, y = place[row.game], rules.index(row.rule)
        ax.add_patch(Rectangle((x, y), 1, 1, facecolor=colour, edgecolor="white", linewidth=0.8))
        text = f"{letter} {100 * row.share:.0f}".strip()
        ax.text(x + 0.5, y + 0.5, text, ha="center", va="center", color=ink, fontsize=5.5)
    ax.set(xlim=(0, across - 0.4), ylim=(len(rules), 0))
    ax.set_yticks([y + 0.5 for y in range(len(rules))], rules)
    names = [drawing.spelt(game) for game in place]
    ax.set_xticks([x + 0.5 for x in place.values()], names, rotation=40, ha="left")
    ax.tick_params(length=0, top=False, bottom=False, labeltop=True, labelbottom=False, pad=1)
    ax.spines[:].set_visible(False)
    handles = [
        Patch(facecolor=colour, edgecolor="0.6", label=f"{letter}  {name}".strip())
        for name, (letter, colour, _) in ENDS.items()
    ]
    ax.legend(
        handles=handles, loc="upper center", bbox_to_anchor=(0.42, -0.005), ncols=len(ENDS),
        title="most common end of the runs, and its share in percent; blank: the rule does not fit",
        title_fontsize=7, columnspacing=1.4,
    )  # fmt: skip
    ax.text(-0.2, 1.01, "(a)", transform=ax.transAxes, fontsize=8)


def _draw_rates(found: pd.DataFrame, ax: Axes) -> None:
    ends = found[["measured_rate", "predicted_rate"]]
    span = [ends.min().min() - 0.02, ends.max().max() + 0.02]
    ax.plot(span, span, color="0.5", linewidth=0.8, zorder=0)
    _scatter(found, found["measured_rate"], ax)
    ax.set(
        xlabel="predicted rate (factor per update)",
        ylabel="measured rate\n(factor per update)",
        title="(b) distance from the fixed point; line: equal",
    )
    _name_outliers(found, found["measured_rate"], ax, over=5 * CLOSE)


def _draw_differences(found: pd.DataFrame, ax: Axes) -> None:
    ax.axhspan(-CLOSE, CLOSE, color="0.88", zorder=0)
    differences = found["measured_rate"] / found["predicted_rate"] - 1
    _scatter(found, differences, ax)
    _name_outliers(found, differences, ax, over=CLOSE)
    ax.set_yscale("symlog", linthresh=1e-4)
    ax.margins(y=0.12)  # room for names
    ax.set(xlabel="predicted rate (factor per update)")
    ax.set_title(f"(c) shaded: within {CLOSE:.0%}")
    ax.set_ylabel("measured / predicted $-$ 1")


def _name_outliers(found: pd.DataFrame, values: pd.Series, ax: Axes, over: float) -> None:
    """Name the rules whose rates differ by more; a rule at one place once."""
    far = found[(found["measured_rate"] / found["predicted_rate"] - 1).abs() > over]
    for (rule, x), own in far.groupby(["rule", "predicted_rate"], sort=False):
        games = (
            drawing.spelt(own["game"].iloc[0])
            if len(own) == 1
            else f"{len(own)} of the {own['set'].iloc[0]}"
        )
        ax.annotate(
            f"{rule}\n({games})", (x, values[own.index].mean()), (-6, 0), va="center",
            ha="right", textcoords="offset points", fontsize=5.5,
        )  # fmt: skip


def _scatter(found: pd.DataFrame, values: pd.Series, ax: Axes) -> None:
    for name, (colour, marker) in SETS.items():
        own = found["set"] == name
        look = {"facecolor": "none", "edgecolor": colour, "linewidth": 0.9, "s": 18}
        ax.scatter(found["predicted_rate"][own], values[own], marker=marker, label=name, **look)
    ax.grid(alpha=0.3)


def main() -> int:
    return drawing.run(__file__, "rule_tournament", draw)


if __name__ == "__main__":
    sys.exit(main())
