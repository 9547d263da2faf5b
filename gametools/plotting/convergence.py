"""Survival curves: which share of games has converged by each step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gametools.plotting.style import rule_name, rule_style

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

__all__ = ["plot_convergence_curves"]


def plot_convergence_curves(
    curves: pd.DataFrame, ax: Axes | None = None, **line_keywords: Any
) -> list[Line2D]:
    """Draw the share of games converged by each step, one line a rule.

    Parameters
    ----------
    curves : pandas.DataFrame
        Columns ``rule``, ``step`` and ``share`` (in [0, 1]), as of `ConvergenceTable.curves`;
        one ensemble, start and criterion.
    ax : matplotlib Axes, optional
        Where to draw; the current Axes by default.
    **line_keywords
        Passed to ``Axes.plot`` for every line, over the package's style.

    Returns
    -------
    list of Line2D
        The lines, labelled by rule, in order of appearance.

    Raises
    ------
    ValueError
        If a column is missing, or a rule has several rows for one step.

    Examples
    --------
    >>> import gametools as gt
    >>> from gametools.plotting import plot_convergence_curves
    >>> table = gt.run_study(gt.random_2x2("cyclic", size=50, rng=0),
    ...                      {"IGA": gt.dynamics.GradientDescent(0.02)}, rng=0)
    >>> [line.get_label() for line in plot_convergence_curves(table.curves(every=10))]
    ['IGA']
    """
    import matplotlib.pyplot as plt

    missing = {"rule", "step", "share"} - set(curves.columns)
    if missing:
        raise ValueError(f"`curves` must have columns rule, step, share; it lacks {missing}.")
    if curves.duplicated(["rule", "step"]).any():
        raise ValueError("`curves` must hold one ensemble, start and criterion; it holds several.")
    axes = plt.gca() if ax is None else ax
    lines: list[Line2D] = []
    names: list[str] = []
    for index, (rule, own) in enumerate(curves.groupby("rule", sort=False)):
        names.append(rule_name(str(rule)))
        style = rule_style(str(rule), names[:-1].count(names[-1]), index) | line_keywords
        lines += axes.plot(own["step"], 100 * own["share"], label=str(rule), **style)
    axes.set_xlabel("updates")
    axes.set_ylabel("games converged (%)")
    axes.set_xlim(0, float(curves["step"].max()))
    axes.set_ylim(0, 102)
    return lines
