"""Learners compared: the same number of steps, every seed accounted for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from gametools.evaluation.runs import seeds_frame
from gametools.evaluation.statistics import (
    Interval,
    area_under_curve,
    bootstrap,
    iqm,
    probability_of_improvement,
)
from gametools.validation import choice, count, generator

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["compare_runs", "learning_curves", "seed_scores"]

_NOT_METRICS = {"label", "learner", "env", "preset", "changes", "seed", "folder", "budget"}
_NOT_METRICS |= {"status", "reason", "step"}


def seed_scores(
    runs: pd.DataFrame, *, metric: str = "greedy", at: int | None = None, tail: int = 1
) -> pd.DataFrame:
    """Return how each seed scores, for all seeds.

    Parameters
    ----------
    runs : pandas.DataFrame
        Of `read_runs`.
    metric : str
        A column of the evaluations.
    at : int, optional
        Joint steps at which learners are compared; on each environment the smallest budget of its
        runs by default. A seed is scored at its first evaluation from there on; where learners
        were evaluated at other steps, ``scored`` tells who has how much more experience.
    tail : int
        Evaluations whose mean is the score: the first one at or after `at`, and those before it.

    Returns
    -------
    pandas.DataFrame
        As `seeds_frame`, with ``at``, ``scored`` (joint steps after which the seed was scored),
        ``final`` (the score) and ``auc`` (mean height of the curve up to there); NaN where a seed
        was not evaluated at `at` or after.

    Raises
    ------
    ValueError
        If there is no such metric.
    """
    _require_metric(runs, metric)
    count("tail", tail, at_least=1)
    if at is not None:
        count("at", at, at_least=1)
    seeds = seeds_frame(runs)
    seeds["at"] = seeds.groupby("env")["budget"].transform("min") if at is None else at
    curves = dict(iter(runs.dropna(subset=["step", metric]).groupby("folder", sort=False)))
    rows = []
    for folder, end in zip(seeds["folder"], seeds["at"], strict=True):
        own = curves.get(folder)
        if own is None or not (own["step"] >= end).any():
            rows.append((np.nan, np.nan, np.nan))
            continue
        last = int((own["step"] >= end).to_numpy().argmax()) + 1
        own = own.iloc[:last]
        area = area_under_curve(own["step"], own[metric])
        rows.append((own["step"].iloc[-1], own[metric].iloc[-tail:].mean(), area))
    seeds[["scored", "final", "auc"]] = rows
    return seeds


def compare_runs(
    runs: pd.DataFrame,
    *,
    metric: str = "greedy",
    at: int | None = None,
    tail: int = 1,
    optimum: float | Mapping[str, float] | None = None,
    level: float = 0.95,
    resamples: int = 2000,
    rng: int | np.random.Generator | None = 0,
) -> pd.DataFrame:
    """Compare learners, environment by environment.

    Parameters
    ----------
    runs : pandas.DataFrame
        Of `read_runs`.
    metric, at, tail
        As of `seed_scores`.
    optimum : float or mapping of environment to float, optional
        The best value of the metric, where it is known.
    level, resamples : float, int
        Of the intervals, see `bootstrap`.
    rng : int, numpy.random.Generator or None
        Streams are derived from environment and label: a row does not change when others are
        added.

    Returns
    -------
    pandas.DataFrame
        A row for each environment and label: ``env``, ``label``, ``at``, ``seeds`` (that reached
        `at`, and make the figures), ``failed``, ``unfinished`` (that did not); ``iqm`` with
        ``iqm_low``, ``iqm_high``, ``mean`` and ``sd`` of the final scores; ``auc`` (interquartile
        mean, too) with ends; ``improvement`` over the environment's first label with ends, NaN for
        that one; ``optimum`` and ``gap``, the optimum less the interquartile mean.

    Notes
    -----
    Seeds that failed have no score: where there are any, the figures are of the others, and too
    good. `seed_scores` names them.
    """
    seeds = seed_scores(runs, metric=metric, at=at, tail=tail)
    root = int(generator(rng).integers(2**63)) if not isinstance(rng, int) else count("rng", rng)
    how: dict[str, Any] = {"level": level, "resamples": resamples}
    best = optimum if isinstance(optimum, Mapping) else dict.fromkeys(seeds["env"], optimum)
    rows = []
    for env, here in seeds.groupby("env", sort=False):
        first: Any = None
        for label, own in here.groupby("label", sort=False):
            stream = np.random.default_rng([root, *f"{env}\n{label}".encode()])
            row = _summary(own, how, stream)
            final = own["final"].dropna().to_numpy()
            versus = Interval(np.nan, np.nan, np.nan, level)
            if first is None:
                first = final
            elif len(final) and len(first):
                versus = probability_of_improvement(final, first, **how, rng=stream)
            row |= _ends("improvement", versus)
            value = best.get(str(env))
            row["optimum"] = np.nan if value is None else float(value)
            row["gap"] = row["optimum"] - row["iqm"]
            rows.append({"env": env, "label": label, "at": own["at"].iloc[0]} | row)
    return _frame(rows)


def learning_curves(
    runs: pd.DataFrame,
    *,
    metric: str = "greedy",
    level: float = 0.95,
    resamples: int = 1000,
    rng: int | np.random.Generator | None = 0,
) -> pd.DataFrame:
    """Return interquartile means over seeds by step, with intervals point by point.

    Parameters
    ----------
    runs, metric, level, resamples, rng
        As of `compare_runs`.

    Returns
    -------
    pandas.DataFrame
        A row for each environment, label and step: ``env``, ``label``, ``step``, ``iqm``, ``low``,
        ``high``, ``seeds``. Where a seed ended early, fewer seeds make the rest of the curve.
    """
    _require_metric(runs, metric)
    root = int(generator(rng).integers(2**63)) if not isinstance(rng, int) else count("rng", rng)
    known = runs.dropna(subset=["step", metric])
    rows = []
    for (env, label), own in known.groupby(["env", "label"], sort=False):
        stream = np.random.default_rng([root, *f"{env}\n{label}".encode()])
        table = own.pivot_table(index="seed", columns="step", values=metric)
        # Steps that the same seeds have reached are resampled together.
        for _, steps in table.columns.to_frame().groupby(_who(table), sort=False):
            part = table[steps.index].dropna()
            found = bootstrap(
                part.to_numpy()[:, None], iqm, level=level, resamples=resamples, rng=stream
            )
            ends = zip(steps.index, found.estimate, found.low, found.high, strict=True)
            names = ("step", "iqm", "low", "high")
            common = {"env": env, "label": label, "seeds": len(part)}
            rows += [common | dict(zip(names, values, strict=True)) for values in ends]
    order = ["env", "label", "step", "iqm", "low", "high", "seeds"]
    return _frame(rows, order).sort_values("step", kind="stable", ignore_index=True)


def _require_metric(runs: pd.DataFrame, metric: str) -> None:
    known = [name for name in runs.columns if name not in _NOT_METRICS]
    if not known:
        raise ValueError("`runs` must hold one that has been evaluated; none has been yet.")
    choice("metric", metric, known)


def _summary(own: pd.DataFrame, how: dict[str, Any], rng: np.random.Generator) -> dict[str, float]:
    """Counts, final scores and areas of one learner."""
    there = own["final"].notna()
    lost = own.loc[~there, "status"]
    row: dict[str, Any] = {
        "seeds": int(there.sum()),
        "failed": int((lost == "failed").sum()),
        "unfinished": int((lost != "failed").sum()),
    }
    nothing = Interval(np.nan, np.nan, np.nan, how["level"])
    final, area = own.loc[there, "final"].to_numpy(), own.loc[there, "auc"].to_numpy()
    row |= _ends("iqm", bootstrap(final, **how, rng=rng) if len(final) else nothing)
    row["mean"] = float(final.mean()) if len(final) else np.nan
    row["sd"] = float(final.std(ddof=1)) if len(final) > 1 else np.nan
    return row | _ends("auc", bootstrap(area, **how, rng=rng) if len(area) else nothing)


def _ends(name: str, interval: Interval) -> dict[str, float]:
    ends = (interval.estimate, interval.low, interval.high)
    return dict(zip((name, f"{name}_low", f"{name}_high"), ends, strict=True))


def _who(table: pd.DataFrame) -> Any:
    """For each column, which seeds have a value there, as a word."""
    return ["".join("01"[there] for there in table[step].notna()) for step in table.columns]


def _frame(rows: list[dict[str, Any]], columns: list[str] | None = None) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(rows, columns=columns)
