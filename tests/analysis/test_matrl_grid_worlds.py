"""The grid-world study: its settings exist, and its tables are what its runs say."""

import json

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("torch")

import matrl_grid_worlds as study
import matrl_grid_worlds_report as report
from gametools.agents import make_learner, spec_of
from gametools.envs import parse_env


def write_run(folder, seed, returns, *, config=None, finished=True):
    """A run of 100 steps: updates of 10 steps, evaluations every 50."""
    folder = folder / f"seed_{seed}"
    folder.mkdir(parents=True)
    about = {
        "learner": "il-ppo", "env": "switch", "preset": "paper", "changes": [], "seed": seed,
        "steps": 100, "config": config or {"step": {"epochs": 3, "minibatches": 2}},
    }  # fmt: skip
    (folder / "run.json").write_text(json.dumps(about))
    steps = np.arange(10, 101, 10)
    pd.DataFrame({"step": steps, "episodes": 2, "return": returns}).to_csv(
        folder / "progress.csv", index=False
    )
    pd.DataFrame({"step": [0, 50, 100], "greedy": [0.0, 1.0, 2.0], "sampled": 0.5}).to_csv(
        folder / "evaluation.csv", index=False
    )
    (folder / "checkpoint.pt").touch()
    if finished:
        (folder / "finished.json").write_text("{}")


@pytest.fixture
def folders(tmp_path):
    base = tmp_path / "base"
    for seed in range(4):
        write_run(base, seed, np.arange(10.0) + seed)
    other = tmp_path / "other"
    for seed in range(3):
        write_run(
            other, seed, np.arange(10.0) + 10 * (seed + 1), finished=seed < 2,
            config={"step": {"epochs": 5, "minibatches": 1}, "trial": {"epochs": 10}},
        )  # fmt: skip
    return {("Checkers", "il-ppo"): base, ("Checkers", "matrl"): other}


def test_every_contender_can_be_made_for_every_task():
    for task in study.TASKS.values():
        spec = spec_of(parse_env(task.env))
        for who in study.CONTENDERS.values():
            preset = who.preset + task.suffix * who.specialised
            make_learner(who.learner, spec, seed=0, preset=preset, changes=who.changes)


def test_folders_have_names_of_their_own():
    names = [study.folder_name(task, who) for task in study.TASKS for who in study.CONTENDERS]
    assert len(set(names)) == len(names)
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-") for name in names)


def test_training_returns_are_means_between_evaluations(folders):
    curves = report.curves_frame(folders)
    own = curves[(curves["learner"] == "il-ppo") & (curves["seed"] == 1)]
    assert own["step"].tolist() == [0, 50, 100]
    assert np.isnan(own["trained"].iloc[0])
    assert own["trained"].iloc[1:].tolist() == [3.0, 8.0]  # 1 + mean of 0..4, of 5..9
    assert own["gradient_steps"].tolist() == [0, 30, 60]
    matrl = curves[(curves["learner"] == "matrl") & (curves["seed"] == 0)]
    assert matrl["gradient_steps"].tolist() == [0, 75, 150]


def test_scores_are_of_finished_seeds_and_the_others_are_counted(folders):
    scores = report.scores_frame(report.curves_frame(folders)).set_index("learner")
    assert scores.loc["il-ppo", "trained"] == pytest.approx(np.mean([8.0, 9.0]))  # middle half
    assert scores.loc["matrl", "trained"] == pytest.approx(np.mean([17.0, 27.0]))
    assert scores.loc["matrl", ["seeds", "missing"]].tolist() == [2, 1]
    assert scores.loc["matrl", "better_than_il_ppo"] == 1.0
    assert scores.loc["matrl", "published"] == 18.0


def test_the_summary_names_the_optimum_and_failed_seeds(folders):
    scores = report.scores_frame(report.curves_frame(folders))
    times = pd.DataFrame({"learner": ["il-ppo", "matrl"], "agents": 2, "seconds": [2.0, 3.0]})
    text = report.summary(scores, times, {"x/seed_9": "lr too large"}, [0, 1, 2, 3])
    assert "optimum is 41.26" in text
    assert "3.00 (1.50)" in text
    assert "x/seed_9: lr too large" in text
    assert "(+1 not finished)" in text


def test_curves_for_plots_are_the_middle_of_the_seeds(folders):
    curves = report.intervals_frame(report.curves_frame(folders))
    last = curves[(curves["label"] == "il-ppo") & (curves["step"] == 100)].iloc[0]
    assert last["iqm"] == pytest.approx(8.5)
    assert last["low"] <= last["iqm"] <= last["high"]
    assert last["optimum"] == pytest.approx(41.26)
