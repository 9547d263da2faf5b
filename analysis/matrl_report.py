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


def overview_table(cells: pd.DataFrame, step: float) -> str:
    """All rules at one step size: first hit, stay, and at equal gradient evaluations."""
    chosen = cells[cells["step_size"] == step]
    settings = [("released", "paper"), ("normal", "uniform")]
    rows = []
    for (name, rule), part in chosen.groupby(["class", "rule"], sort=False):
        row = [str(name), str(rule)]
        for payoffs, start in settings:
            own = part[(part["payoffs"] == payoffs) & (part["start"] == start)]
            own = own.set_index(["budget", "stay"])
            first, stay = own.loc[("1000 steps", 0)], own.loc[("1000 steps", 50)]
            equal = own.loc[("1000 evaluations", 0)]
            row.append(f"{100 * first.rate:.1f} / {first.mean_steps:.0f}")
            row += [f"{100 * stay.rate:.1f}", f"{100 * equal.rate:.1f}"]
        rows.append(row)
    header = ["class", "rule"]
    for label in ("released", "unbiased"):
        header += [f"{label}: % / steps", "stays %", "equal evaluations %"]
    return markdown(header, rows)


VERDICTS = [
    ("step sizes matched", "released", "paper", "1000 steps", 0),
    ("evaluations matched too", "released", "paper", "1000 evaluations", 0),
    ("unbiased games, random starts", "normal", "uniform", "1000 evaluations", 0),
    ("and must stay", "normal", "uniform", "1000 evaluations", 50),
]


def verdict_table(released: pd.DataFrame, matched: pd.DataFrame, step: float) -> str:
    """What is left of MATRL's lead over IGA as one advantage after the other is taken away."""
    rows = []
    for name in dict.fromkeys(matched["class"]):
        first = released[(released["ensemble"] == name) & (released["rule"] == "MATRL")].iloc[0]
        rows.append([str(name), "as released", *_differences(first)])
        for label, payoffs, start, budget, stay in VERDICTS:
            row = matched[
                (matched["class"] == name)
                & (matched["rule"] == "MATRL")
                & (matched["step_size"] == step)
                & (matched["payoffs"] == payoffs)
                & (matched["start"] == start)
                & (matched["budget"] == budget)
                & (matched["stay"] == stay)
            ].iloc[0]
            rows.append([str(name), label, *_differences(row)])
    header = ["class", "MATRL minus IGA", "converged, points", "steps", "gradient evaluations"]
    return markdown(header, rows)


def paired_table(pairs: pd.DataFrame, *, payoffs: str, start: str, stay: int) -> str:
    """Differences of the matched rules from IGA, paired by game."""
    chosen = pairs[
        (pairs["payoffs"] == payoffs)
        & (pairs["start"] == start)
        & (pairs["stay"] == stay)
        & (pairs["rule"] != "IGA-PP (0.01)")
    ]
    rows = [
        [r["class"], f"{r.step_size:g}", r.budget, r.rule, *_differences(r)]
        for _, r in chosen.iterrows()
    ]
    header = ["class", "step size", "budget", "rule minus IGA"]
    return markdown([*header, "converged, points", "steps", "gradient evaluations"], rows)


def rates_table(cells: pd.DataFrame, *, payoffs: str, start: str, budget: str) -> str:
    """First-hit and stay rates of all rules at all step sizes, by class."""
    chosen = cells[
        (cells["payoffs"] == payoffs) & (cells["start"] == start) & (cells["budget"] == budget)
    ]
    steps = sorted(chosen["step_size"].unique())
    rows = []
    for (name, rule), part in chosen.groupby(["class", "rule"], sort=False):
        row = [str(name), str(rule)]
        for step in steps:
            own = part[part["step_size"] == step].set_index("stay")
            row += [f"{_percent(own.loc[0])} / {own.loc[0].mean_steps:.0f}", _percent(own.loc[50])]
        rows.append(row)
    header = ["class", "rule"]
    for step in steps:
        header += [f"{step:g}: % [95%] / steps", "stays % [95%]"]
    return markdown(header, rows)


def boundary_table(boundary: pd.DataFrame) -> str:
    """Share of mixed equilibria near the boundary, by ensemble."""
    rows = [[r["class"], r.payoffs, f"{100 * r.share:.1f}"] for _, r in boundary.iterrows()]
    return markdown(["class", "payoffs", "share %"], rows)


def _differences(row: pd.Series) -> list[str]:
    # Means restricted to different numbers of steps cannot be compared.
    equal_steps = row.get("budget", "1000 steps") == "1000 steps"
    steps = _interval(row, "steps", 1) if equal_steps else "-"
    return [_interval(row, "rate", 100), steps, _interval(row, "evaluations", 1)]


def _percent(row: pd.Series) -> str:
    return f"{100 * row.rate:.1f} [{100 * row.rate_low:.1f}, {100 * row.rate_high:.1f}]"


def _interval(row: pd.Series, name: str, scale: float) -> str:
    middle, low, high = (scale * row[f"{name}_difference{end}"] for end in ("", "_low", "_high"))
    return f"{middle:+.1f} [{low:+.1f}, {high:+.1f}]"
