"""The grid-world study: its settings exist, and its tables are what its runs say."""

import json

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("torch")

import grid_world_runs as runs
import matrl_grid_worlds as study
import matrl_grid_worlds_report as report
from gametools.agents import make_learner, spec_of
from gametools.envs import parse_env


def write_run(folder, returns, *, config=None):
    """A finished run of 100 steps: updates of 10 steps, evaluations every 50."""
    folder.mkdir(parents=True)
    about = {"config": config or {"step": {"epochs": 3, "minibatches": 2}}}
    (folder / "run.json").write_text(json.dumps(about))
    steps = np.arange(10, 101, 10)
    pd.DataFrame({"step": steps, "episodes": 2, "return": returns}).to_csv(
        folder / "progress.csv", index=False
    )
    pd.DataFrame({"step": [0, 50, 100], "greedy": [0.0, 1.0, 2.0], "sampled": 0.5}).to_csv(
        folder / "evaluation.csv", index=False
    )


@pytest.fixture
def curves(tmp_path):
    """Four seeds of il-ppo and two of matrl."""
    found = []
    for seed in range(4):
        folder = tmp_path / f"base_{seed}"
        write_run(folder, np.arange(10.0) + seed)
        found.append(report.seed_frame(folder).assign(learner="il-ppo", seed=seed))
    for seed in range(2):
        folder = tmp_path / f"other_{seed}"
        write_run(
            folder, np.arange(10.0) + 10 * (seed + 1),
            config={"step": {"epochs": 5, "minibatches": 1}, "trial": {"epochs": 10}},
        )  # fmt: skip
        found.append(report.seed_frame(folder).assign(learner="matrl", seed=seed))
    return pd.concat(found, ignore_index=True).assign(task="Checkers")


def test_every_contender_can_be_made_for_its_tasks():
    for job in study.jobs_of(runs.TASKS, study.CONTENDERS, [0], quick=False):
        who, spec = job.contender, spec_of(parse_env(job.task.env))
        preset = who.preset + job.task.suffix
        make_learner(who.learner, spec, seed=0, preset=preset, changes=who.changes)


def test_every_job_has_a_name_and_settings_of_its_own():
    jobs = study.jobs_of(runs.TASKS, study.CONTENDERS, [0], quick=False)
    names = [job.name for job in jobs]
    assert len(set(names)) == len(names) == len({job.settings for job in jobs})
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-") for name in names)


def test_contenders_run_where_they_say_and_seed_by_seed():
    jobs = study.jobs_of(runs.TASKS, study.CONTENDERS, [0, 1], quick=False)
    for who in study.CONTENDERS.values():
        on = [job.task.name for job in jobs if job.contender == who and job.seed == 1]
        assert on == list(who.only or runs.TASKS)
    assert [job.seed for job in jobs] == sorted(job.seed for job in jobs)


def test_training_returns_are_means_between_evaluations(curves):
    own = curves[(curves["learner"] == "il-ppo") & (curves["seed"] == 1)]
    assert own["step"].tolist() == [0, 50, 100]
    assert np.isnan(own["trained"].iloc[0])
    assert own["trained"].iloc[1:].tolist() == [3.0, 8.0]  # 1 + mean of 0..4, of 5..9
    assert own["gradient_steps"].tolist() == [0, 30, 60]
    matrl = curves[(curves["learner"] == "matrl") & (curves["seed"] == 0)]
    assert matrl["gradient_steps"].tolist() == [0, 75, 150]


def test_scores_are_of_finished_seeds_and_the_others_are_counted(curves):
    scores = report.scores_frame(curves, 4).set_index("learner")
    assert scores.loc["il-ppo", "trained"] == pytest.approx(np.mean([8.0, 9.0]))  # middle half
    assert scores.loc["matrl", "trained"] == pytest.approx(np.mean([17.0, 27.0]))
    assert scores.loc["il-ppo", ["seeds", "missing"]].tolist() == [4, 0]
    assert scores.loc["matrl", ["seeds", "missing"]].tolist() == [2, 2]
    assert scores.loc["matrl", "better_than_il_ppo"] == 1.0
    assert scores.loc["matrl", "published"] == 18.0


def test_the_summary_names_the_optimum_and_failed_seeds(curves):
    scores = report.scores_frame(curves, 4)
    times = pd.DataFrame({"learner": ["il-ppo", "matrl"], "agents": 2, "seconds": [2.0, 3.0]})
    text = report.summary(scores, times, {"x/seed_9": "lr too large"}, [0, 1, 2, 3])
    assert "optimum is 41.26" in text
    assert "3.00 (1.50)" in text
    assert "x/seed_9: lr too large" in text
    assert "(+2 not finished)" in text


def test_curves_for_plots_are_the_middle_of_the_seeds(curves):
    found = report.intervals_frame(curves)
    last = found[(found["label"] == "il-ppo") & (found["step"] == 100)].iloc[0]
    assert last["iqm"] == pytest.approx(8.5)
    assert last["low"] <= last["iqm"] <= last["high"]
    assert last["optimum"] == pytest.approx(41.26)


@pytest.mark.slow
def test_a_finished_seed_is_kept_and_not_trained_again(tmp_path):
    task, who = runs.TASKS["Checkers"], study.CONTENDERS["il-ppo"]
    job = runs.Job(task, who, 0, quick=True)
    trained, folder = tmp_path / "runs", tmp_path / "seeds"
    folder.mkdir()
    assert runs.train_all([job], trained, folder, 1) == {}
    curve = runs.kept(job, folder)
    assert curve["step"].tolist() == [0, 4000]
    assert curve["gradient_steps"].tolist() == [0, 20]
    # Neither the run nor a second training is needed: what is kept is enough.
    marked = curve.assign(greedy=-123.0)
    marked.to_csv(folder / f"{job.name}.csv", index=False)
    assert runs.train_all([job], tmp_path / "elsewhere", folder, 1) == {}
    assert runs.kept(job, folder)["greedy"].tolist() == [-123.0, -123.0]
    assert not (tmp_path / "elsewhere").exists()
    # Other settings, other results: of the longer run nothing is there.
    longer = runs.Job(task, who, 0)
    assert longer.name == job.name
    assert runs.kept(longer, folder) is None
