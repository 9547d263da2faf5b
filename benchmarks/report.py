"""What a measurement is held against, and how it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from benchmarks.measure import Spread

Verdict = Literal["met", "missed", "not judged", "failed", ""]


@dataclass(frozen=True)
class Bar:
    """What a figure must be: at most, or at least, a limit in the figure's unit."""

    limit: float
    direction: Literal["at most", "at least"] = "at most"

    def met_by(self, figure: float) -> bool:
        return figure <= self.limit if self.direction == "at most" else figure >= self.limit


@dataclass(frozen=True)
class Row:
    """One figure: what was measured, in which unit, against which bar.

    A row without a spread could not be measured; its note says why and what to do.
    """

    what: str
    spread: Spread | None
    unit: str = ""
    bar: Bar | None = None
    note: str = ""
    failed: bool = False

    def verdict(self, judged: bool) -> Verdict:
        """Whether the median meets the bar; small sizes are not judged."""
        if self.failed:
            return "failed"
        if self.bar is None:
            return ""
        if self.spread is None or not judged:
            return "not judged"
        return "met" if self.bar.met_by(self.spread.median) else "missed"


def record(name: str, row: Row, judged: bool) -> dict[str, Any]:
    """A row as JSON."""
    spread, bar = row.spread, row.bar
    return {
        "name": name,
        "what": row.what,
        "median": spread and spread.median,
        "min": spread and spread.low,
        "max": spread and spread.high,
        "runs": spread.runs if spread else 0,
        "unit": row.unit,
        "bar": bar and {"direction": bar.direction, "limit": bar.limit},
        "verdict": row.verdict(judged),
        "note": row.note,
    }


def table(records: list[dict[str, Any]]) -> str:
    """The records as a Markdown table that reads well on a terminal too."""
    header = ["name", "what", "median", "min to max", "runs", "bar", "verdict"]
    lines = [header, *(_cells(own) for own in records)]
    widths = [max(len(line[k]) for line in lines) for k in range(len(header))]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(
        f"| {' | '.join(cell.ljust(w) for cell, w in zip(line, widths, strict=True))} |"
        for line in lines
    )


def _cells(own: dict[str, Any]) -> list[str]:
    what = own["what"] + (f" ({own['note']})" if own["note"] else "")
    bar = own["bar"] and f"{own['bar']['direction']} {figure(own['bar']['limit'])} {own['unit']}"
    if own["median"] is None:
        return [own["name"], what, "-", "-", "0", bar or "", own["verdict"]]
    return [
        own["name"],
        what,
        f"{figure(own['median'])} {own['unit']}".rstrip(),
        f"{figure(own['min'])} to {figure(own['max'])}",
        str(own["runs"]),
        (bar or "").rstrip(),
        own["verdict"],
    ]


def figure(value: float) -> str:
    """Three significant digits, without an exponent."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
