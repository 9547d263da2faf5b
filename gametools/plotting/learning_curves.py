"""Learning curves of agents: the middle of the seeds, and how sure it is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from gametools.plotting.style import axes_or_current, ink

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

__all__ = ["LEARNER_STYLES", "plot_learning_curves"]

# Okabe and Ito's palette; dashes tell lines apart where colour does not.
LEARNER_STYLES: dict[str, dict[str, Any]] = {
    "matrl": {"color": "#D55E00", "linestyle": "-"},
    "matrl-no-br": {"color": "#D55E00", "linestyle": (0, (1, 1))},
    "il-la": {"color": "#E69F00", "linestyle": "--"},
    "il-ppo": {"color": "#000000", "linestyle": "-"},
    "ia2c": {"color": "#7F7F7F", "linestyle": "--"},
    "vdn": {"color": "#56B4E9", "linestyle": "-"},
    "qmix": {"color": "#0072B2", "linestyle": "--"},
    "qtran": {"color": "#009E73", "linestyle": "-."},
}
"""Line style of each learner; kin share a colour."""
_OTHERS = ["#CC79A7", "#009E73", "#0072B2", "#E69F00", "#56B4E9", "#8C510A", "#000000"]
_DASHES = [(0, (8, 3)), (0, (5, 1, 1, 1)), (0, (1, 1)), (0, (4, 1, 1, 1, 1, 1)), "--", (0, (2, 4))]


def plot_learning_curves(
    curves: pd.DataFrame,
    ax: Axes | None = None,
    *,
    x: str = "step",
    optimum: float | None = None,
    labels: Iterable[str] = (),
    band_keywords: dict[str, Any] | None = None,
    **line_keywords: Any,
) -> list[Line2D]:
    """Draw one line a learner, with its interval as a band.

    Parameters
    ----------
    curves : pandas.DataFrame
        Columns ``label``, `x`, ``iqm``, ``low`` and ``high``, as of
        `gametools.evaluation.learning_curves`; one environment. NaN ends draw no band.
    ax : matplotlib Axes, optional
        Where to draw; the current Axes by default.
    x : str
        Column of the horizontal axis.
    optimum : float, optional
        The best return, drawn as a thin line with its label at the right.
    labels : iterable of str, optional
        The learners of all panels of a figure, so that each looks the same in every one.
    band_keywords : dict, optional
        Passed to ``Axes.fill_between`` for every band.
    **line_keywords
        Passed to ``Axes.plot`` for every line, over the package's style.

    Returns
    -------
    list of Line2D
        The learners' lines, labelled, in order of appearance.

    Raises
    ------
    ValueError
        If a column is missing, or a learner has several rows for one step.

    Notes
    -----
    The legend is the caller's; ``figure.legend(loc="outside right upper")`` keeps it off the data.

    Examples
    --------
    >>> import pandas as pd
    >>> from gametools.plotting.learning_curves import plot_learning_curves
    >>> curves = pd.DataFrame({"label": "matrl", "step": [0, 20_000], "iqm": [-5.0, 8.0],
    ...                        "low": [-5.0, 7.0], "high": [-5.0, 8.3]})
    >>> [line.get_label() for line in plot_learning_curves(curves, optimum=8.3)]
    ['matrl']
    """
    from matplotlib.ticker import EngFormatter, MaxNLocator

    missing = {"label", x, "iqm", "low", "high"} - set(curves.columns)
    if missing:
        raise ValueError(f"`curves` must have columns label, {x}, iqm, low, high; lacks {missing}.")
    if curves.duplicated(["label", x]).any():
        raise ValueError("`curves` must hold one environment; it holds several rows for one step.")
    axes = axes_or_current(ax)
    lines: list[Line2D] = []
    styles = _styles([*map(str, labels), *map(str, curves["label"])])
    for label, own in curves.groupby("label", sort=False):
        style = styles[str(label)] | line_keywords
        lines += axes.plot(own[x], own["iqm"], label=str(label), **style)
        band = {"color": style["color"], "alpha": 0.18, "linewidth": 0} | (band_keywords or {})
        axes.fill_between(own[x], own["low"], own["high"], **band)
    if optimum is not None:
        axes.axhline(optimum, color=ink(0.6), linewidth=0.8, linestyle=(0, (4, 2)), zorder=1)
        axes.annotate(
            "optimum", (1.0, optimum), (3, 0), xycoords=("axes fraction", "data"),
            textcoords="offset points", va="center", color=ink(0.75), fontsize="small",
        )  # fmt: skip
    axes.set_xlabel("environment steps" if x == "step" else x.replace("_", " "))
    axes.set_ylabel("return of an episode")
    axes.set_xlim(float(curves[x].min()), float(curves[x].max()))
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.xaxis.set_major_locator(MaxNLocator(5))
    return lines


def _styles(labels: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Line styles of learners by label, in order of appearance."""
    styles: dict[str, dict[str, Any]] = {}
    names: list[str] = []
    for index, label in enumerate(dict.fromkeys(labels)):
        name = re.split(r"[ (]", label, maxsplit=1)[0]
        styles[label] = _style(name, names.count(name), index)
        names.append(name)
    return styles


def _style(name: str, repeat: int, index: int) -> dict[str, Any]:
    """Line style of a learner; of several settings of one learner the later ones are paler."""
    style = LEARNER_STYLES.get(name)
    if style is None:
        return {"color": _OTHERS[index % len(_OTHERS)], "linestyle": _DASHES[index % len(_DASHES)]}
    if style["color"] == "#000000" and sum(ink()) > 1.5:
        style = style | {"color": "#FFFFFF"}
    if repeat:
        return style | {"linestyle": _DASHES[(repeat - 1) % len(_DASHES)], "alpha": 0.6}
    return dict(style)
