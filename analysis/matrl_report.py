"""Tables of the Table 1 study, as Markdown that reads well on a terminal too."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

PUBLISHED = Path(__file__).parent / "published" / "matrl_table1.csv"
PUBLISHED_GAMES = 1000
LABELS = {"IGA-PP": "IGA-PP (the paper's IGA-LA)"}


def published() -> pd.DataFrame:
    """The nine published cells."""
    return pd.read_csv(PUBLISHED)


def beside_published(released: pd.DataFrame) -> pd.DataFrame:
    """Our nine cells beside the paper's, with a z-score for each.

    The z of a rate is that of two binomial samples, the z of a mean number of steps that of two
    samples with their own standard deviations (the paper's "+-" is read as one over games).
    """
    ours = released.rename(columns={"ensemble": "class"})
    columns = ["class", "rule", "games", "rate", "rate_low", "rate_high", "mean_steps", "sd_steps"]
    both = published().merge(ours[columns], on=["class", "rule"], suffixes=("_published", ""))
    n, m = both["games"], PUBLISHED_GAMES
    pooled = (both["rate"] * n + both["rate_published"] * m) / (n + m)
    both["rate_z"] = (both["rate"] - both["rate_published"]) / np.sqrt(
        pooled * (1 - pooled) * (1 / n + 1 / m)
    )
    both["steps_z"] = (both["mean_steps"] - both["mean_steps_published"]) / np.sqrt(
        both["sd_steps"] ** 2 / (both["rate"] * n)
        + both["sd_steps_published"] ** 2 / (both["rate_published"] * m)
    )
    return both


def markdown(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table with aligned columns."""
    widths = [max(len(row[k]) for row in [header, *rows]) for k in range(len(header))]
    lines = [header, ["-" * width for width in widths], *rows]
    padded = (
        [cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines
    )
    return "\n".join(f"| {' | '.join(line)} |" for line in padded)


def published_table() -> str:
    """Table 1 as it stands in the paper."""
    rows = [
        [r["class"], LABELS.get(r.rule, r.rule), f"{100 * r.rate:.1f}", f"{r.mean_steps:.2f}"]
        for _, r in published().iterrows()
    ]
    return markdown(["class", "rule", "converged %", "mean steps"], rows)


def released_table(frame: pd.DataFrame) -> str:
    """Ours beside the published cells; rules the paper does not list follow."""
    rows = []
    for _, r in beside_published(frame).iterrows():
        rows.append(
            [
                r["class"],
                LABELS.get(r.rule, r.rule),
                f"{100 * r.rate_published:.1f} / {r.mean_steps_published:.1f}",
                f"{_percent(r)} / {r.mean_steps:.1f}",
                f"{r.rate_z:+.1f} / {r.steps_z:+.1f}",
            ]
        )
    for _, r in frame[frame["rule"] == "WoLF"].iterrows():
        rows.append([r["ensemble"], r.rule, "-", f"{_percent(r)} / {r.mean_steps:.1f}", "-"])
    header = ["class", "rule", "published: % / steps", "ours: % [95%] / steps", "z: % / steps"]
    return markdown(header, rows)


def matched_table(cells: pd.DataFrame, *, payoffs: str, start: str, budget: str) -> str:
    """First-hit and stay rates of all rules at both step sizes, by class."""
    chosen = cells[
        (cells["payoffs"] == payoffs) & (cells["start"] == start) & (cells["budget"] == budget)
    ]
    rows = []
    for (name, rule), part in chosen.groupby(["class", "rule"], sort=False):
        row = [str(name), str(rule)]
        for step in sorted(part["step_size"].unique()):
            own = part[part["step_size"] == step].set_index("stay")
            first, stay = own.loc[0], own.loc[50]
            row += [f"{100 * first.rate:.1f} / {first.mean_steps:.0f}", f"{100 * stay.rate:.1f}"]
        rows.append(row)
    header = ["class", "rule"]
    for step in sorted(chosen["step_size"].unique()):
        header += [f"{step:g}: % / steps", "stay %"]
    return markdown(header, rows)


def paired_table(pairs: pd.DataFrame, *, payoffs: str, start: str, stay: int) -> str:
    """MATRL minus IGA, paired by game: rate and restricted mean of gradient evaluations."""
    chosen = pairs[
        (pairs["payoffs"] == payoffs)
        & (pairs["start"] == start)
        & (pairs["stay"] == stay)
        & (pairs["rule"].isin(["MATRL", "IGA-PP (step)", "extragradient"]))
    ]
    rows = [
        [
            r["class"],
            f"{r.step_size:g}",
            r.budget,
            r.rule,
            _interval(r, "rate", 100),
            _interval(r, "steps", 1),
            _interval(r, "evaluations", 1),
        ]
        for _, r in chosen.iterrows()
    ]
    header = ["class", "step size", "budget", "rule minus IGA"]
    return markdown([*header, "rate, points", "steps", "gradient evaluations"], rows)


def _percent(row: pd.Series) -> str:
    return f"{100 * row.rate:.1f} [{100 * row.rate_low:.1f}, {100 * row.rate_high:.1f}]"


def _interval(row: pd.Series, name: str, scale: float) -> str:
    middle, low, high = (scale * row[f"{name}_difference{end}"] for end in ("", "_low", "_high"))
    return f"{middle:+.1f} [{low:+.1f}, {high:+.1f}]"
