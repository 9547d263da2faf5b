import numpy as np
import pytest
from run_folders import make_run

from gametools.evaluation import read_runs, seeds_frame


def test_every_seed_is_there_whatever_became_of_it(tmp_path):
    make_run(tmp_path, 0, [1.0, 2.0])
    make_run(tmp_path, 1, [1.0, 3.0], status="failed", reason="kl/0 not finite", budget=5000)
    make_run(tmp_path, 2, [1.0], status="unfinished", budget=5000)
    make_run(tmp_path, 3, [], status="not begun", budget=5000)
    runs = read_runs(tmp_path)
    assert runs["seed"].tolist() == [0, 0, 1, 1, 2, 3]
    assert runs["greedy"].tolist()[:5] == [1.0, 2.0, 1.0, 3.0, 1.0]
    assert np.isnan(runs["greedy"].iloc[5])
    seeds = seeds_frame(runs)
    assert seeds["status"].tolist() == ["finished", "failed", "unfinished", "not begun"]
    assert seeds["reason"].tolist() == ["", "kl/0 not finite", "", ""]
    assert seeds["step"].tolist()[:3] == [1000, 1000, 0]
    assert np.isnan(seeds["step"].iloc[3])


def labels(*folders):
    return list(dict.fromkeys(read_runs(folders)["label"]))


def test_a_label_names_only_what_sets_a_learner_apart(tmp_path):
    a, b, c = (tmp_path / name for name in "abc")
    lr = {"changes": ["gamma=0.9", "lr=0.2"], "config": {"lr": 0.2}}
    for seed in (0, 1):
        make_run(a, seed, [1.0], changes=["gamma=0.9"])
        make_run(b, seed, [1.0], **lr)
        make_run(c, seed, [1.0], learner="matrl", **lr)
    assert labels(a, c) == ["il-ppo", "matrl"]
    assert labels(a, b, c) == labels(tmp_path) == ["il-ppo", "il-ppo (lr=0.2)", "matrl"]


def test_presets_set_learners_apart_on_one_environment_only(tmp_path):
    make_run(tmp_path / "a", 0, [1.0], preset="paper", config={"value": 1.0})
    make_run(tmp_path / "b", 0, [1.0], preset="default")
    assert labels(tmp_path) == ["il-ppo (paper)", "il-ppo (default)"]
    make_run(tmp_path / "c", 0, [1.0], preset="paper-2", config={"value": 2.0}, env="checkers")
    assert labels(tmp_path / "a", tmp_path / "c") == ["il-ppo"]


def test_settings_of_different_versions_are_told_apart_by_folder(tmp_path):
    make_run(tmp_path / "old", 0, [1.0], config={"lr": 0.3})
    make_run(tmp_path / "new", 0, [1.0], config={"lr": 0.1})
    assert labels(tmp_path / "old", tmp_path / "new") == ["il-ppo (old)", "il-ppo (new)"]


def test_the_same_seed_twice_is_refused(tmp_path):
    for name in ("a", "b"):
        make_run(tmp_path / name, 0, [1.0])
    with pytest.raises(ValueError, match="each seed of a learner once; seed 0 of il-ppo lies in"):
        read_runs(tmp_path)
    assert len(read_runs([tmp_path / "a", tmp_path / "a" / "seed_0"])) == 1


def test_a_folder_without_runs_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"holds no run\.json"):
        read_runs([tmp_path])


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("run.json", "{", "run.json is damaged"),
        ("run.json", "[1]", "run.json is damaged"),
        ("run.json", "{}", "run.json lacks learner, env"),
        ("evaluation.csv", "", "evaluation.csv is no table of evaluations"),
        ("evaluation.csv", "a,b\n1,2\n", "evaluation.csv is no table of evaluations"),
        ("evaluation.csv", "step,greedy\nx,2\n", "evaluation.csv is no table of evaluations"),
        ("evaluation.csv", "step,greedy\n0,-1", "evaluation.csv is no table of evaluations"),
    ],
)
def test_damaged_files_are_named(file, text, message, tmp_path):
    folder = make_run(tmp_path, 0, [1.0])
    (folder / file).write_text(text)
    with pytest.raises(ValueError, match=message):
        read_runs(tmp_path)
