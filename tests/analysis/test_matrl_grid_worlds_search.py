"""The search of settings: what is tried, and how the best is told."""

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("torch")

import matrl_grid_worlds_search as study
from gametools.agents import make_learner, spec_of
from gametools.envs import parse_env
from grid_world_runs import ROOT, TASKS, Job


def test_every_combination_differs_and_the_first_is_the_papers():
    spec = spec_of(parse_env("checkers_matrl"))
    for learner in study.STEPS:
        tried = [study.contender(learner, own) for own in study.settings()]
        made = [make_learner(who.learner, spec, seed=0, preset=who.preset, changes=who.changes)
                for who in tried]  # fmt: skip
        configs = [one.config for one in made]
        assert len(configs) == 12
        assert all(one != other for i, one in enumerate(configs) for other in configs[:i])
        assert configs[0] == make_learner(learner, spec, seed=0, preset="paper").config


def write_curve(job, folder, trained):
    pd.DataFrame(
        {"step": [0, 50, 95, 100], "trained": [np.nan, -9.0, *trained], "settings": job.settings}
    ).to_csv(folder / f"{job.name}.csv", index=False)


def test_the_best_stands_first_and_what_is_missing_has_no_score(tmp_path):
    own = study.settings()
    for index, settings in enumerate(own):
        for seed in study.SEEDS:
            job = Job(TASKS["Checkers"], study.contender("matrl", settings), seed)
            if index < 3:
                write_curve(job, tmp_path, [index, index + seed])
    (tmp_path / f"{job.name}.csv").unlink(missing_ok=True)
    frame = study.search_frame(tmp_path, quick=False)
    assert len(frame) == 2 * 2 * 12
    found = frame[(frame["task"] == "Checkers") & (frame["learner"] == "matrl")]
    mean = np.mean(study.SEEDS) / 2
    assert found["trained"].iloc[:3].tolist() == [2 + mean, 1 + mean, 0 + mean]
    assert found[list(study.VALUES)].iloc[0].tolist() == list(own[2].values())
    assert found["trained"].iloc[3:].isna().all()
    text = study.summary(frame)
    assert "## matrl on Checkers" in text
    assert "Of 45 combinations not all seeds have finished" in text


def test_the_tuned_presets_are_the_best_that_were_found():
    frame = pd.read_csv(ROOT / "results" / "matrl_grid_worlds_search" / "search.csv")
    best = frame.groupby(["task", "learner"], sort=False).first()
    assert len(best) == 4
    for (task, learner), row in best.iterrows():
        who = study.contender(learner, {name: row[name] for name in study.VALUES})
        spec = spec_of(parse_env(TASKS[task].env))
        found, tuned = (
            make_learner(learner, spec, seed=0, preset=preset + TASKS[task].suffix, changes=more)
            for preset, more in ((who.preset, who.changes), ("tuned", ()))
        )
        assert found.config == tuned.config, (task, learner)
