"""One style: colour-blind safe, readable in print, the same colours for the same rules."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["RULE_STYLES", "rule_style"]

# Okabe and Ito's palette; the dash pattern tells the lines apart where colour does not.
RULE_STYLES: dict[str, dict[str, Any]] = {
    "IGA": {"color": "#000000", "linestyle": "-"},
    "IGA-PP": {"color": "#0072B2", "linestyle": "--"},
    "MATRL": {"color": "#D55E00", "linestyle": "-", "linewidth": 2.2},
    "ExtraGradient": {"color": "#009E73", "linestyle": ":", "linewidth": 2.2, "zorder": 3},
    "WoLF": {"color": "#CC79A7", "linestyle": "-."},
}
"""Line style of each rule, whatever its parameters."""
_ALSO = {"GradientDescent": "IGA", "LookAhead": "IGA-PP", "extragradient": "ExtraGradient"}
_OTHERS = ["#E69F00", "#56B4E9", "#7F7F7F", "#8C510A"]
_DASHES = ["-", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)), (0, (8, 3))]


def rule_style(label: str, repeat: int = 0, index: int = 0) -> dict[str, Any]:
    """Return the line style of a rule.

    Parameters
    ----------
    label : str
        Begins with the rule's name: ``"IGA-PP (0.01)"``, ``"WoLF:step_win=0.01"``.
    repeat : int
        How many lines of the same rule came before: these are paler, with another dash.
    index : int
        Place among the lines, which decides the colour of an unknown rule.

    Examples
    --------
    >>> rule_style("IGA-PP (0.01)") == rule_style("LookAhead(step=0.02)")
    True
    """
    name = rule_name(label)
    style = RULE_STYLES.get(name)
    if style is None:
        return {"color": _OTHERS[index % len(_OTHERS)], "linestyle": _DASHES[index % len(_DASHES)]}
    if repeat:
        return style | {"linestyle": _DASHES[repeat % len(_DASHES)], "alpha": 0.55}
    return dict(style)


def rule_name(label: str) -> str:
    """Return the name in `RULE_STYLES` that a label begins with, or its first word."""
    word = re.split(r"[ :(]", label, maxsplit=1)[0]
    return _ALSO.get(word, word)
