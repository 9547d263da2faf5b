"""One style: colour-blind safe, readable in print, the same colours for the same rules."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from gametools.convergence.basins import Outcome
from gametools.dynamics.registry import ALIASES
from gametools.stability.kinds import Kind
from gametools.validation import choice

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import ListedColormap

__all__ = [
    "KIND_MARKERS",
    "OUTCOME_COLOURS",
    "PLAYER_COLOURS",
    "RULE_STYLES",
    "TARGET_COLOURS",
    "THEMES",
    "kind_marker",
    "policy_colours",
    "rule_style",
    "speed_colours",
    "theme",
]

# Okabe and Ito's palette; the dash pattern tells the lines apart where colour does not.
_BLACK, _BLUE, _VERMILLION, _GREEN = "#000000", "#0072B2", "#D55E00", "#009E73"
_PURPLE, _ORANGE, _SKY, _GREY, _BROWN = "#CC79A7", "#E69F00", "#56B4E9", "#7F7F7F", "#8C510A"
_LONG, _DOTS, _DASH_DOTS = (0, (8, 3)), (0, (1, 1)), (0, (5, 1, 1, 1, 1, 1))


def _look(colour: str, dashes: Any, width: float | None = None, **more: Any) -> dict[str, Any]:
    wide = {} if width is None else {"linewidth": width}
    return {"color": colour, "linestyle": dashes, **wide, **more}


RULE_STYLES: dict[str, dict[str, Any]] = {
    "IGA": _look(_BLACK, "-"),
    "AlternatingGradient": _look(_GREY, "-"),
    "IGA-PP": _look(_BLUE, "--"),
    "FirstOrderLookAhead": _look(_SKY, "--"),
    "ExtraGradient": _look(_GREEN, ":", 2.2, zorder=3),
    "OptimisticGradient": _look(_GREEN, "-"),
    "WoLF": _look(_PURPLE, "-."),
    "GIGAWoLF": _look(_PURPLE, "-"),
    "WPL": _look(_PURPLE, "--"),
    "LOLA": _look(_ORANGE, "-"),
    "SOS": _look(_ORANGE, "--"),
    "ConsensusOptimization": _look(_BROWN, "-"),
    "SymplecticGradient": _look(_BROWN, "--"),
    "CompetitiveGradient": _look(_BLUE, "-"),
    "ProximalPoint": _look(_BLUE, "-."),
    "MATRL": _look(_VERMILLION, "-", 2.2),
    "KLBallStep": _look(_VERMILLION, "--"),
    "ExploitabilityDescent": _look(_GREY, "--"),
    "Replicator": _look(_SKY, "-"),
    "LogitBestResponse": _look(_SKY, "-."),
    "FictitiousPlay": _look(_SKY, _DOTS, 2.0),
    "Hedge": _look(_SKY, _LONG),
    "RegretMatching": _look(_BROWN, "-."),
    "PHC": _look(_GREY, "-."),
    "WoLFPHC": _look(_PURPLE, _DOTS, 2.0),
    "SampledRegretMatching": _look(_BROWN, _DOTS, 2.0),
    "SampledWPL": _look(_PURPLE, _LONG),
}
"""Line style of each rule, whatever its parameters; kin share a colour."""
_ALSO = {alias: name for alias, name in ALIASES.items() if alias not in RULE_STYLES}
_ALSO |= {"GradientDescent": "IGA", "LookAhead": "IGA-PP", "extragradient": "ExtraGradient"}
_OTHERS = [_ORANGE, _SKY, _GREY, _BROWN]
_DASHES = ["-", _DASH_DOTS, _DOTS, _LONG]

PLAYER_COLOURS = (_BLUE, _VERMILLION, _GREEN, _SKY, _ORANGE, _PURPLE, _BROWN, _GREY)
"""Colour of each player; more players than colours begin anew."""

KIND_MARKERS: dict[Kind, dict[str, Any]] = {
    Kind.STABLE: {"marker": "o", "facecolor": _BLACK, "edgecolor": "white"},
    Kind.ATTRACTING: {"marker": "D", "facecolor": _BLACK, "edgecolor": "white"},
    Kind.UNSTABLE: {"marker": "o", "facecolor": "white", "edgecolor": _BLACK},
    Kind.STRICT_SADDLE: {"marker": "X", "facecolor": "white", "edgecolor": _BLACK},
    Kind.CENTRE: {"marker": "s", "facecolor": "white", "edgecolor": _BLACK},
    Kind.UNDECIDED: {"marker": "^", "facecolor": "#BDBDBD", "edgecolor": _BLACK},
    Kind.NOT_FIXED: {"marker": "*", "facecolor": "#BDBDBD", "edgecolor": _BLACK},
}
"""Marker of each kind of rest: filled where play comes to rest, open where it does not."""

TARGET_COLOURS = (_BLUE, _ORANGE, _GREEN, "#F0E442", _SKY, _PURPLE, _VERMILLION, _BROWN)
"""Colour of the basin of each target; more targets than colours begin anew."""

OUTCOME_COLOURS: dict[Outcome, str] = {
    Outcome.CYCLE: "#D9D9D9",
    Outcome.REST: "#BDBDBD",
    Outcome.MOVING: "#969696",
    Outcome.DIVERGED: "#525252",
    Outcome.NOT_FINITE: "#2B2B2B",
}
"""Grey of starts that lead to no target; each has a hatch besides, see `plot_basins`."""

_PLAIN: dict[str, Any] = {
    "font.family": "sans-serif",
    "mathtext.fontset": "dejavusans",
    "axes.axisbelow": True,
    "axes.spines.top": True,
    "axes.spines.right": True,
    "image.cmap": "viridis",
    "legend.frameon": False,
    # Text stays text: editable, searchable, and what journals ask for.
    "pdf.fonttype": 42,
    "ps.fonttype": 42,
    "svg.fonttype": "none",
    "svg.hashsalt": "gametools",
    "savefig.dpi": 200,
}
_SIZES: dict[str, Any] = {
    "font.size": 10,
    "axes.labelsize": 10,
    "axes.titlesize": 11,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "legend.fontsize": 9,
    "lines.linewidth": 1.6,
}
_SMALL: dict[str, Any] = {
    "font.size": 8,
    "axes.labelsize": 8,
    "axes.titlesize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "lines.linewidth": 1.2,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "hatch.linewidth": 0.6,
    "savefig.dpi": 300,
}


def _coloured(ink: str, paper: str) -> dict[str, Any]:
    inked = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")
    return dict.fromkeys(inked, ink) | dict.fromkeys(
        ("figure.facecolor", "axes.facecolor", "savefig.facecolor"), paper
    )


THEMES: dict[str, dict[str, Any]] = {
    "light": _PLAIN | _SIZES | _coloured("#262626", "white"),
    "dark": _PLAIN | _SIZES | _coloured("#E6E6E6", "#1B1B1F"),
    "print": _PLAIN | _SMALL | _coloured("black", "white"),
}
"""Settings of matplotlib in each theme; "print" is for panels of about 3.3 inches."""


@contextlib.contextmanager
def theme(name: str = "light") -> Iterator[None]:
    """Draw in a theme; afterwards matplotlib's settings are as they were.

    Parameters
    ----------
    name : {"light", "dark", "print"}

    Raises
    ------
    ValueError
        If there is no such theme.

    Examples
    --------
    >>> import matplotlib as mpl
    >>> before = dict(mpl.rcParams)
    >>> with theme("print"):
    ...     mpl.rcParams["font.size"]
    8.0
    >>> dict(mpl.rcParams) == before
    True
    """
    settings: dict[Any, Any] = THEMES[choice("name", name, THEMES)]
    import matplotlib as mpl

    with mpl.rc_context(settings):
        yield


def axes_or_current(ax: Axes | None) -> Axes:
    """Return `ax`, or pyplot's current Axes; pyplot is loaded only where it is needed."""
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.gca()


def ink(strength: float = 1.0) -> tuple[float, float, float]:
    """Return the colour of text, mixed with the background for a `strength` below 1."""
    import matplotlib as mpl
    from matplotlib.colors import to_rgb

    text, paper = to_rgb(mpl.rcParams["text.color"]), to_rgb(mpl.rcParams["axes.facecolor"])
    red, green, blue = (strength * t + (1 - strength) * p for t, p in zip(text, paper, strict=True))
    return red, green, blue


def kind_marker(kind: Kind) -> dict[str, Any]:
    """Return the marker of a kind; on a dark background light and dark change places.

    Filled means filled with the colour of text, whatever that is.
    """
    if sum(ink()) <= 1.5:
        return dict(KIND_MARKERS[kind])
    turned = {_BLACK: "white", "white": _BLACK}
    return {key: turned.get(value, value) for key, value in KIND_MARKERS[kind].items()}


def policy_colours() -> dict[str, str]:
    """Return the colours of MATRL's predicted and aggregated policies.

    Also told apart from players 1 and 2 by the colour-blind.
    """
    return {"predicted": "#E6A0C4" if sum(ink()) > 1.5 else "#882255", "aggregated": _GREEN}


def speed_colours() -> ListedColormap:
    """Return viridis without the end that the background swallows: its dark or its light one."""
    import matplotlib as mpl
    from matplotlib.colors import ListedColormap

    low, high = (0.3, 1.0) if sum(ink()) > 1.5 else (0.0, 0.92)
    return ListedColormap(mpl.colormaps["viridis"](np.linspace(low, high, 256)), "speed")


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
    import matplotlib as mpl

    style = dict(style)
    if style["color"] == _BLACK and sum(ink()) > 1.5:
        style["color"] = "#FFFFFF"
    if "linewidth" in style:
        style["linewidth"] *= mpl.rcParams["lines.linewidth"] / 1.5
    if repeat:
        return style | {"linestyle": _DASHES[repeat % len(_DASHES)], "alpha": 0.55}
    return style


def rule_name(label: str) -> str:
    """Return the name in `RULE_STYLES` that a label begins with, or its first word."""
    word = re.split(r"[ :(]", label, maxsplit=1)[0]
    return _ALSO.get(word, word)
