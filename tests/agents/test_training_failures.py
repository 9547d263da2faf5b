"""Runs that cannot go on: what is said, what is kept, and that they go on once mended."""

import json

import numpy as np
import pandas as pd
import pytest

torch = pytest.importorskip("torch")
from training_runs import assert_same_result, small_run  # noqa: E402

from gametools.agents import LEARNERS, TrainingFailed, train  # noqa: E402
from gametools.agents.checkpoint import load_checkpoint  # noqa: E402
from gametools.envs import Switch  # noqa: E402


def test_a_diagnostic_that_is_not_finite_ends_the_run_and_keeps_the_checkpoint(
    tmp_path, monkeypatch
):
    run = small_run(checkpoint_every=0)
    whole = train(run, tmp_path / "whole")
    make = LEARNERS["il-ppo"].make
    update = make.update

    def broken(self, experience):
        found = update(self, experience)
        broken.calls += 1
        return found | ({"kl/1": float("nan")} if broken.calls == 3 else {})

    broken.calls = 0
    parts = tmp_path / "parts"
    with monkeypatch.context() as patch:
        patch.setattr(make, "update", broken)
        with pytest.raises(TrainingFailed, match=r"^kl/1 not finite after 120 steps"):
            train(run, parts)
    report = json.loads((parts / "failed.json").read_text())
    assert (report["reason"], report["last row"]["kl/1"]) == ("kl/1 not finite", "nan")
    assert pd.read_csv(parts / "progress.csv")["step"].tolist() == [40, 80, 120]
    assert load_checkpoint(parts / "checkpoint.pt")["steps"] == 80
    assert_same_result(whole, train(run, parts))  # had it been a passing fault
    assert not (parts / "failed.json").exists()


def test_an_update_that_cannot_be_made_fails_the_run(tmp_path, monkeypatch):
    def broken(self, experience):
        raise ValueError("`payoffs` must be finite; entry 3 is nan.")

    monkeypatch.setattr(LEARNERS["il-ppo"].make, "update", broken)
    with pytest.raises(TrainingFailed, match=r"^ValueError: `payoffs` must be finite.*40 steps"):
        train(small_run(), tmp_path)
    assert json.loads((tmp_path / "failed.json").read_text())["last row"] == {}


@pytest.mark.parametrize("calls", [0, 30])  # in the first evaluation, and later
@pytest.mark.parametrize("field", ["rewards", "observations", "final_observations", "final_state"])
def test_an_environment_whose_numbers_are_not_finite_is_named(field, calls, tmp_path, monkeypatch):
    make, told = Switch.step, []

    def step(self, actions):
        found = make(self, actions)
        told.append(self)
        if len(told) > calls:
            getattr(found, field)[0] = np.nan
        return found

    monkeypatch.setattr(Switch, "step", step)
    name = "states" if field == "final_state" else field.removeprefix("final_")
    with pytest.raises(TrainingFailed, match=f"^the environment's {name} are .* Mend switch:max"):
        train(small_run(), tmp_path)
    assert json.loads((tmp_path / "failed.json").read_text())["reason"].endswith("not all finite")


def test_an_environment_whose_state_is_not_finite_is_named(tmp_path, monkeypatch):
    def state(self):
        return np.full((self.num_envs, self.state_size), np.nan, np.float32)

    monkeypatch.setattr(Switch, "state", state)
    with pytest.raises(TrainingFailed, match="states are not all finite after 0 steps"):
        train(small_run(), tmp_path)


@pytest.mark.parametrize("name", ["step", "return", "sampled"])
def test_a_learner_does_not_report_in_the_trainers_name(name, tmp_path, monkeypatch):
    monkeypatch.setattr(LEARNERS["il-ppo"].make, "update", lambda self, seen: {name: 1.0})
    if name == "sampled":  # a column of another table
        train(small_run(), tmp_path)
        return
    with pytest.raises(ValueError, match=f"`update` must not report .*'{name}'"):
        train(small_run(), tmp_path)


def test_numbers_of_any_kind_are_written_as_numbers(tmp_path, monkeypatch):
    found = {"tensor": torch.tensor(3.0), "array": np.float32(0.1)}
    monkeypatch.setattr(LEARNERS["il-ppo"].make, "update", lambda self, seen: found)
    rows = pd.read_csv(train(small_run(), tmp_path) / "progress.csv")
    assert rows["tensor"].tolist() == [3.0] * 5
    assert rows["array"].tolist() == [float(np.float32(0.1))] * 5
