"""One style: colour-blind safe, readable in print, the same colours for the same rules."""

from __future__ import annotations

from typing import Any

__all__ = ["LINE_STYLE", "line_style"]

# Okabe and Ito's palette; the dash pattern tells the lines apart where colour does not.
LINE_STYLE: dict[str, dict[str, Any]] = {
    "IGA": {"color": "#000000", "linestyle": "-"},
    "IGA-PP": {"color": "#0072B2", "linestyle": "--"},
    "extragradient": {"color": "#009E73", "linestyle": ":"},
    "MATRL": {"color": "#D55E00", "linestyle": "-", "linewidth": 2.0},
    "WoLF": {"color": "#CC79A7", "linestyle": "-."},
}
_OTHERS = ["#E69F00", "#56B4E9", "#F0E442", "#009E73", "#0072B2", "#CC79A7"]
_DASHES = ["-", "--", "-.", ":"]


def line_style(label: str, index: int = 0) -> dict[str, Any]:
    """Return the line style of a rule: by the first word of its label, or by its index.

    Examples
    --------
    >>> line_style("IGA-PP (0.01)") == line_style("IGA-PP")
    True
    """
    known = LINE_STYLE.get(label.split(" ")[0])
    if known is not None:
        return dict(known)
    return {"color": _OTHERS[index % len(_OTHERS)], "linestyle": _DASHES[index % len(_DASHES)]}
