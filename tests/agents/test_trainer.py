"""The trainer: stopped anywhere and continued, it ends as if it had not been stopped."""

import errno
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

torch = pytest.importorskip("torch")
from training_runs import FILES, assert_same_result, same, small_run  # noqa: E402

from gametools import storage  # noqa: E402
from gametools.agents import LEARNERS, Run, TrainingFailed, train, trainer  # noqa: E402
from gametools.agents.checkpoint import load_checkpoint, save_checkpoint  # noqa: E402
from gametools.agents.run import check_run  # noqa: E402
from gametools.agents.trained import load_trained  # noqa: E402

SUPPORT = Path(__file__).parents[1] / "support"


class Stop(BaseException):
    """Somebody pulls the plug."""


def stop_at(step):
    def report(now, row):
        if now >= step:
            raise Stop

    return report


def stopped_and_continued(run, folder, steps):
    for step in steps:
        with pytest.raises(Stop):
            train(run, folder, report=stop_at(step))
        assert not (folder / "finished.json").exists()
    return train(run, folder)


@pytest.mark.parametrize("learner", LEARNERS)
def test_every_learner_goes_on_as_if_it_had_not_been_stopped(learner, tmp_path):
    run = small_run(learner)
    whole = train(run, tmp_path / "whole")
    kept = assert_learned(run, whole)
    assert_same_result(whole, stopped_and_continued(run, tmp_path / "parts", (40, 120)))
    if "replay" in kept:
        assert kept["replay"]["size"] * 10 < kept["steps"]  # the buffer has overflowed
        assert kept["updates"] > LEARNERS[learner].presets["default"].updates  # before and after


def assert_learned(run, folder):
    """Assert that no network is what it was before: or resuming would be tested on nothing."""
    kept = load_checkpoint(folder / "checkpoint.pt")["learner"]
    before = check_run(run, folder).state_dict()
    for part in {"networks", "model", "target"} & set(kept):
        weights = [name for name in kept[part] if name.endswith("weight")]
        assert weights
        assert not [name for name in weights if same(kept[part][name], before[part][name])]
    return kept


@pytest.mark.parametrize(
    ("env", "more"),
    [
        ("foraging:task=5x5-2p-1f", ()),
        ("switch:max_steps=7", ("network.recurrent=4", "step.minibatches=2", "scale_values=True")),
        ("switch:max_steps=7,num_agents=4", ("network.sharing=(0,0,0,1)", "critic=state")),
        ("climbing:num_steps=3", ("network.sharing=all", "network.agent_id=True")),
    ],
    ids=["random environment", "memory and minibatches", "groups", "shared"],
)
def test_so_does_every_kind_of_state(env, more, tmp_path):
    if env.startswith("foraging"):
        pytest.importorskip("lbforaging")
    run = small_run("il-ppo", env, *more)
    whole = train(run, tmp_path / "whole")
    assert_same_result(whole, stopped_and_continued(run, tmp_path / "parts", (40, 80, 160)))


def test_stopped_within_an_update_it_goes_on_from_the_checkpoint(tmp_path, monkeypatch):
    run = small_run("matrl", checkpoint_every=0)
    whole = train(run, tmp_path / "whole")
    parts, calls = tmp_path / "parts", []
    update = LEARNERS["matrl"].make.update

    def interrupted(self, experience):
        calls.append(1)
        if len(calls) == 4:
            update(self, experience)
            raise KeyboardInterrupt
        return update(self, experience)

    with monkeypatch.context() as patch:
        patch.setattr(LEARNERS["matrl"].make, "update", interrupted)
        with pytest.raises(KeyboardInterrupt):
            train(run, parts)
    assert load_checkpoint(parts / "checkpoint.pt")["steps"] == 120
    assert_same_result(whole, train(run, parts))


KILLED = """
import os, random, signal, sys, time
sys.path.insert(0, sys.argv[1])
import pandas, torch
torch.set_num_threads(1)
from training_runs import small_run
from gametools.agents import train
run, rng, kills = small_run("matrl", checkpoint_every=0, steps=1200), random.Random(0), 0
for attempt in range(9):
    child = os.fork()
    if child == 0:
        train(run, sys.argv[2])
        os._exit(0)
    if attempt < 8:
        time.sleep(rng.uniform(0.05, 0.45))
        os.kill(child, signal.SIGKILL)
    kills += os.waitpid(child, 0)[1] == signal.SIGKILL
print(kills)
"""


@pytest.mark.slow
def test_killed_at_random_moments_it_goes_on_as_if_it_had_not_been(tmp_path):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(SUPPORT), str(parts)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert int(done.stdout) >= 1
    assert_same_result(train(small_run("matrl", checkpoint_every=0, steps=1200), whole), parts)


def test_what_report_hears(tmp_path):
    heard = {}
    folder = train(small_run(), tmp_path, report=heard.__setitem__)
    assert list(heard) == [0, 40, 80, 120, 160, 200]
    evaluations = pd.read_csv(folder / "evaluation.csv")
    assert evaluations["step"].tolist() == [0, 80, 160, 200]
    assert [step for step, row in heard.items() if "greedy" in row] == [0, 80, 160, 200]
    rows = pd.read_csv(folder / "progress.csv").set_index("step")
    for step in rows.index:
        assert rows.loc[step, "surrogate/0"] == heard[step]["surrogate/0"]
    assert list(rows.index) == list(heard)[1:]


def test_the_last_evaluation_is_of_the_end(tmp_path):
    folder = train(small_run(), tmp_path)
    rows = pd.read_csv(folder / "evaluation.csv")
    assert rows["step"].tolist() == [0, 80, 160, 200]
    last = json.loads((folder / "finished.json").read_text())
    assert last["step"] == 200
    assert last["evaluation"] == rows.iloc[-1].to_dict()


def test_seeds_differ_and_nothing_global_is_touched(tmp_path):
    torch.manual_seed(0)
    before = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()  # noqa: NPY002
    one, two = (train(small_run(seed=seed), tmp_path / str(seed)) for seed in (0, 1))
    assert (one / "progress.csv").read_bytes() != (two / "progress.csv").read_bytes()
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002
    assert random.getstate() == before[2]


def test_a_finished_run_is_left_alone(tmp_path, monkeypatch):
    folder = train(small_run(), tmp_path)
    times = {name: (folder / name).stat().st_mtime_ns for name in (*FILES, "checkpoint.pt")}
    monkeypatch.setattr(trainer, "_Session", None)
    train(small_run(), tmp_path)
    assert times == {name: (folder / name).stat().st_mtime_ns for name in times}


@pytest.mark.parametrize("learner", ["il-ppo", "matrl"])
def test_a_run_that_is_no_longer_finite_ends_with_a_report(learner, tmp_path):
    run = small_run(learner, "switch:max_steps=7", "lr=1e30", checkpoint_every=0)
    with pytest.raises(TrainingFailed, match=r"after 40 steps; see .*failed.json. A smaller `lr`"):
        train(run, tmp_path)
    report = json.loads((tmp_path / "failed.json").read_text(), parse_constant=pytest.fail)
    assert report["step"] == 40
    assert report["reason"]
    assert pd.read_csv(tmp_path / "evaluation.csv")["step"].tolist() == [0]
    assert not (tmp_path / "finished.json").exists()


@pytest.mark.parametrize(("takes", "saves"), [(0.0, [2, 4]), (0.2, [2]), (9.0, [2])])
def test_checkpoints_that_take_long_are_rarer(takes, saves, tmp_path, monkeypatch):
    """An update takes a second: five are asked for, and a checkpoint every two."""
    now, found = [0.0], []
    update, save = LEARNERS["il-ppo"].make.update, trainer.save_checkpoint

    def slow_update(self, experience):
        now[0] += 1.0
        return update(self, experience)

    def slow_save(path, content):
        now[0] += takes
        found.append(content["steps"] // 40)
        save(path, content)

    monkeypatch.setattr(LEARNERS["il-ppo"].make, "update", slow_update)
    monkeypatch.setattr(trainer, "save_checkpoint", slow_save)
    monkeypatch.setattr(trainer.time, "monotonic", lambda: now[0])
    train(small_run(checkpoint_every=2.0), tmp_path)
    assert found == [*saves, 5]  # the last one is that of the end


@pytest.mark.parametrize("file", ["checkpoint.pt", "progress.csv"])
def test_a_full_disk_leaves_the_last_checkpoint(file, tmp_path, monkeypatch):
    run = small_run(checkpoint_every=0)
    whole, parts = train(run, tmp_path / "whole"), tmp_path / "parts"
    saves = []
    fsync = os.fsync

    def full(descriptor):
        name = str(Path(f"/proc/self/fd/{descriptor}").readlink())
        saves.append(name) if f".{file}." in name else None
        if len(saves) == 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fsync(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(storage.os, "fsync", full)
        with pytest.raises(OSError, match=r"No space left.*checkpoint is kept.*parts"):
            train(run, parts)
    assert not [path for path in parts.iterdir() if path.name.startswith(".")]
    assert load_checkpoint(parts / "checkpoint.pt")["steps"] == 80
    assert_same_result(whole, train(run, parts))


def test_a_disk_that_was_full_from_the_start_keeps_nothing_and_says_so(tmp_path, monkeypatch):
    def full(path, content):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(trainer, "save_checkpoint", full)
    with pytest.raises(OSError, match=r"No space left.*none is kept yet"):
        train(small_run(), tmp_path)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    train(small_run(), folder)
    return folder / "checkpoint.pt"


def test_a_checkpoint_with_a_damaged_byte_is_refused(checkpoint, tmp_path):
    data, damaged = checkpoint.read_bytes(), tmp_path / "checkpoint.pt"
    places = np.random.default_rng(0).integers(len(data), size=100)
    for place in [*places, 0, len(data) - 1]:
        damaged.write_bytes(data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :])
        with pytest.raises(ValueError, match=f"^{damaged} is no checkpoint, or a damaged one"):
            load_checkpoint(damaged)


def test_a_checkpoint_is_an_ordinary_file_of_torch(checkpoint):
    content = torch.load(checkpoint, weights_only=False)
    assert same(content, load_checkpoint(checkpoint))


@pytest.mark.parametrize("keep", [0, 10, 0.5, 0.99])
def test_a_checkpoint_that_was_cut_off_is_refused_with_its_name(checkpoint, keep, tmp_path):
    train_folder = tmp_path / "run"
    with pytest.raises(Stop):
        train(small_run(), train_folder, report=stop_at(40))
    data = checkpoint.read_bytes()
    cut = int(keep * len(data)) if isinstance(keep, float) else keep
    (train_folder / "checkpoint.pt").write_bytes(data[:cut])
    with pytest.raises(ValueError, match=r"checkpoint.pt is no checkpoint, or a damaged one"):
        train(small_run(), train_folder)


def test_a_checkpoint_of_another_run_or_version_is_refused(checkpoint, tmp_path):
    with pytest.raises(Stop):
        train(small_run(seed=4), tmp_path, report=stop_at(40))
    (tmp_path / "checkpoint.pt").write_bytes(checkpoint.read_bytes())
    with pytest.raises(ValueError, match=r"checkpoint.pt belongs to another run"):
        train(small_run(seed=4), tmp_path)
    save_checkpoint(tmp_path / "checkpoint.pt", {"format": 0})
    with pytest.raises(ValueError, match="is no checkpoint of this version"):
        train(small_run(seed=4), tmp_path)


@pytest.mark.parametrize(
    ("other", "name"),
    [
        (small_run(seed=4), "seed"),
        (small_run("matrl"), "learner"),
        (small_run(env="switch"), "env"),
        (small_run(steps=400), "steps"),
        (small_run("il-ppo", "switch:max_steps=7", "lr=0.5"), "changes"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_folder_with_another_run_is_refused_and_stays(other, name, tmp_path):
    train(small_run(), tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(ValueError, match=f"^`out` holds a run with {name} = .*Choose another"):
        train(other, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_damaged_run_json_is_refused(tmp_path):
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(ValueError, match=r"run.json is damaged"):
        train(small_run(), tmp_path)


@pytest.mark.parametrize(
    ("run", "message"),
    [
        ({"learner": "il-pqo"}, "`learner` must be one of .*Did you mean 'il-ppo'"),
        ({"env": "swich"}, "`env` must be one of .*Did you mean 'switch'"),
        ({"env": "switch:num_agents=7"}, "num_agents"),
        ({"preset": "papr"}, "`preset` must be one of .*Did you mean 'paper'"),
        ({"changes": ("lrr=1",)}, "`set` must be one of .*Did you mean 'lr'"),
        ({"changes": ("lr=fast",)}, "`lr` must be a number; got 'fast'"),
        ({"changes": ("scale_values=false",)}, "`scale_values` must be True or False; got 'false'"),
        ({"changes": ("network.hidden=64",)}, r"`hidden` must be a tuple, such as \(64, 64\)"),
        ({"changes": ("num_envs=3",)}, "`steps_per_update` must be a multiple of `num_envs`, 3"),
        (
            {"changes": ("step.minibatches=50",)},
            "`step.minibatches` must be at most `num_envs`, 20",
        ),
        (
            {"learner": "matrl", "changes": ("trial.minibatches=50",)},
            "`trial.minibatches` must be at most `num_envs`, 20",
        ),
        ({"changes": ("rewards=all",)}, "`rewards` must be one of"),
        (
            {"learner": "il-la", "changes": ("best_response=False",)},
            "`best_response` must be True for il-la",
        ),
        (
            {"learner": "vdn", "changes": ("epsilon_end=0.9", "epsilon_start=0.1")},
            "`epsilon_end` must be at most `epsilon_start`",
        ),
        (
            {"learner": "qmix", "changes": ("warmup_steps=101",)},
            "`warmup_steps` must be at most `steps`, or nothing is learned; got 101 and 100",
        ),
    ],
    ids=str,
)
def test_bad_names_and_settings_end_before_anything_is_written(run, message, tmp_path):
    asked = {"learner": "il-ppo", "env": "switch", "seed": 0, "steps": 100} | run
    with pytest.raises(ValueError, match=message):
        train(Run(**asked), tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_trained_learner_is_read_back(tmp_path):
    with pytest.raises(ValueError, match="`run` must be a folder of `train`"):
        load_trained(tmp_path)
    with pytest.raises(Stop):
        train(small_run(), tmp_path, report=stop_at(120))
    found = load_trained(tmp_path)
    assert (found.run, found.steps) == (small_run(), 120)
    kept = load_checkpoint(tmp_path / "checkpoint.pt")["learner"]
    assert same(found.learner.state_dict(), kept)
    (tmp_path / "checkpoint.pt").unlink()
    with pytest.raises(ValueError, match="`run` must have a checkpoint"):
        load_trained(tmp_path)
