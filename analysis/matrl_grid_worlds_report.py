"""Tables and findings of `matrl_grid_worlds.py`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from gametools.evaluation import best_return, bootstrap, iqm, probability_of_improvement
from matrl_report import markdown

__all__ = ["intervals_frame", "scores_frame", "seed_frame", "summary"]

TAIL = 0.1
"""Share of a run, at its end, whose mean return is its score."""
PUBLISHED = {("Checkers", "matrl"): 18.0, ("Checkers", "il-ppo"): -2.0,
             ("Switch4, own position", "matrl"): 6.5}  # fmt: skip
"""Total rewards read off Figures 4a and 4b of the paper."""
REFERENCE = "il-ppo"


def seed_frame(folder: Path) -> pd.DataFrame:
    """Return evaluations and training returns of a finished run: a row for each evaluation.

    Columns: step, gradient_steps, greedy, sampled (mean team returns of 20 episodes each), trained
    (of the episodes that ended in training since the last row), and all_predicted: the share of all
    updates whose meta-game sent every agent to its prediction; NaN where there is no meta-game.
    """
    own = pd.read_csv(folder / "evaluation.csv")
    progress = pd.read_csv(folder / "progress.csv")
    trained, updates = _between(progress, own["step"].to_numpy())
    rho = progress.filter(regex="^rho/")
    return own[["step", "greedy", "sampled"]].assign(
        gradient_steps=updates * _per_update(folder),
        trained=trained,
        all_predicted=(rho == 0).all(axis=1).mean() if rho.shape[1] else np.nan,
    )


def _between(progress: pd.DataFrame, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean return of the episodes between evaluations, and updates before each."""
    mean, updates, last = [], [], 0.0
    for step in steps:
        part = progress[(progress["step"] > last) & (progress["step"] <= step)]
        part = part[part["episodes"] > 0]
        weight = part["episodes"].sum()
        mean.append((part["return"] * part["episodes"]).sum() / weight if weight else np.nan)
        updates.append(int((progress["step"] <= step).sum()))
        last = step
    return np.array(mean), np.array(updates)


def _per_update(folder: Path) -> int:
    """Gradient steps of each network's update, from the run's own settings."""
    config = json.loads((folder / "run.json").read_text())["config"]
    if "step" in config:  # the PPO family
        trial = config.get("trial", {}).get("epochs", 0)
        response = config["step"]["epochs"] * config.get("best_response", True)
        return int((trial + response) * config["step"]["minibatches"])
    return int(config["updates"])


def intervals_frame(curves: pd.DataFrame) -> pd.DataFrame:
    """Return the middle of the seeds' training returns at each step, with intervals: for plots."""
    rows = []
    known = curves.dropna(subset=["trained"])
    for (task, learner), own in known.groupby(["task", "learner"], sort=False):
        best = best_return(_env(str(task)))
        for step, here in own.groupby("step"):
            found = bootstrap(here["trained"].to_numpy(), iqm, resamples=500, rng=0)
            rows.append(
                {
                    "task": task,
                    "label": learner,
                    "step": step,
                    "gradient_steps": here["gradient_steps"].max(),
                    "iqm": found.estimate,
                    "low": found.low,
                    "high": found.high,
                    "seeds": len(here),
                    "optimum": best,
                }
            )
    return pd.DataFrame(rows)


def scores_frame(curves: pd.DataFrame, wanted: int) -> pd.DataFrame:
    """Return each learner's final returns on each task, with intervals over seeds.

    `wanted` is the number of seeds that each should have; those it lacks are counted as missing.

    A seed's score is the mean of its last tenth: of training episodes (``trained``, what the paper
    plots), of greedy and of sampled evaluations.
    ``each`` lists the seeds' training scores.
    """
    rows = []
    for task, here in curves.groupby("task", sort=False):
        late = here[here["step"] > (1 - TAIL) * here["step"].max()]
        each = late.groupby(["learner", "seed"], sort=False)[["trained", "greedy", "sampled"]]
        means = each.mean().reset_index()
        base = means.loc[means["learner"] == REFERENCE, "trained"].to_numpy()
        for learner, own in here.groupby("learner", sort=False):
            done = means[means["learner"] == learner]
            row = {"task": task, "learner": learner, "seeds": len(done),
                   "missing": wanted - len(done)}  # fmt: skip
            for name in ("trained", "greedy", "sampled"):
                found = bootstrap(done[name].to_numpy(), iqm, rng=0)
                row |= {name: found.estimate, f"{name}_low": found.low,
                        f"{name}_high": found.high}  # fmt: skip
            if len(base) and learner != REFERENCE:
                better = probability_of_improvement(done["trained"].to_numpy(), base, rng=0)
                row["better_than_il_ppo"] = better.estimate
            row["each"] = " ".join(f"{value:.1f}" for value in sorted(done["trained"]))
            row["all_predicted"] = own.groupby("seed")["all_predicted"].first().mean()
            row["gradient_steps"] = own["gradient_steps"].max()
            row["published"] = PUBLISHED.get((str(task), str(learner)), np.nan)
            rows.append(row)
    return pd.DataFrame(rows)


def summary(
    scores: pd.DataFrame, times: pd.DataFrame, failed: dict[str, str], seeds: list[int]
) -> str:
    """Write the tables down."""
    parts = [
        "# Deep learners on grid worlds: Figures 4a, 4b and 5b of the MATRL paper",
        f"Seeds {seeds[0]} to {seeds[-1]}. Team returns (the sum over agents) of the last tenth of "
        "each run, interquartile mean over seeds [95% bootstrap interval]; *trained* are the "
        "episodes of training, which the paper plots, *greedy* and *sampled* evaluations of 20 "
        "episodes each (greedy ones are the same episode 20 times: worlds and policies are "
        "deterministic), *each* the seeds' training scores. P: the probability that a seed trains "
        "higher than one of il-ppo. *predicted*: the share of updates whose meta-game sent every "
        "agent to its prediction. The PPO family runs with the paper's settings, except where "
        "a name says more; value-based learners with tuned ones.",
    ]
    for task, here in scores.groupby("task", sort=False):
        best = best_return(_env(str(task)))
        parts.append(f"## {task}")
        if best is not None:
            parts.append(f"The exact optimum is {best:.2f}.")
        parts.append(_table(here))
    parts += [
        "## Run time (Figure 5b)",
        "Seconds for 20,000 steps and 50 gradient steps on Switch, on one core, best of the "
        "repeats, and the ratio to il-ppo; the paper has MATRL at 1.1 to 1.2. MATRL's 50 are 20 of "
        "the trial, which leaves critics alone, and 30 of the response.",
        _times(times),
    ]
    if failed:
        parts.append("## Failed seeds\n\n" + "\n".join(f"- {k}: {v}" for k, v in failed.items()))
    return "\n\n".join(parts) + "\n"


def _env(task: str) -> str:
    """The environment whose optimum a task shares: observations do not change it."""
    return "checkers_matrl" if task == "Checkers" else "switch:num_agents=4"


def _table(scores: pd.DataFrame) -> str:
    rows = []
    for row in scores.to_dict("records"):
        cells = [_interval(row, name) for name in ("trained", "greedy", "sampled")]
        better = row.get("better_than_il_ppo", np.nan)
        rows.append(
            [
                row["learner"],
                *cells,
                row["each"],
                "-" if np.isnan(better) else f"{better:.2f}",
                "-" if np.isnan(row["all_predicted"]) else f"{row['all_predicted']:.0%}",
                f"{row['gradient_steps']:,.0f}",
                "-" if np.isnan(row["published"]) else f"{row['published']:g}",
                f"{row['seeds']}" + f" (+{row['missing']} not finished)" * bool(row["missing"]),
            ]
        )
    head = [
        "learner", "trained", "greedy", "sampled", "each", "P", "predicted", "gradient steps",
        "published", "seeds",
    ]  # fmt: skip
    return markdown(head, rows)


def _interval(row: dict[str, float], name: str) -> str:
    value = row.get(name, np.nan)
    if np.isnan(value):
        return "-"
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return f"{value:.2f}" if np.isnan(low) else f"{value:.2f} [{low:.2f}, {high:.2f}]"


def _times(times: pd.DataFrame) -> str:
    best = times.groupby(["learner", "agents"], sort=False)["seconds"].min().unstack()
    rows = []
    for learner, row in best.iterrows():
        cells = [f"{row[n]:.2f} ({row[n] / best.loc['il-ppo', n]:.2f})" for n in best.columns]
        rows.append([str(learner), *cells])
    return markdown(["learner", *(f"{n} agents" for n in best.columns)], rows)
