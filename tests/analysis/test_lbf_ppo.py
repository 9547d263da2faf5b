"""The study of level-based foraging: its tables from known curves, and its results as kept."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import lbf_ppo as study

FOLDER = Path(__file__).resolve().parents[2] / "results" / "lbf_ppo"
PPO, MAPPO = study.CONTENDERS


def curves():
    """Two seeds that train at 0.92 and 0.85 in the end; the second was above the bar once."""
    trained = {0: [np.nan, 0.5, 0.91, 0.92], 1: [np.nan, 0.9, 0.8, 0.85]}
    parts = [
        pd.DataFrame(
            {"learner": PPO, "seed": seed, "status": "finished", "step": [0, 100, 200, 300],
             "trained": own, "sampled": own, "greedy": 0.1}
        )
        for seed, own in trained.items()
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def test_seeds_are_judged_by_their_end(tmp_path):
    place = tmp_path / study.folder_name(PPO) / "seed_1"
    place.mkdir(parents=True)
    (place / "timing.json").write_text('{"seconds": 0.3, "cpu_seconds": 0.1, "steps": 300}')
    frame = study.seeds_frame(curves(), tmp_path)
    assert frame["trained"].tolist() == [0.92, 0.85]
    assert frame["reached"].tolist() == [200, 100]
    assert np.isnan(frame["steps_per_second"][0])
    assert frame["steps_per_second"][1] == pytest.approx(1000)
    text = study.summary(frame, {"ippo/seed_2": "lost"})
    assert f"{PPO}: 1 of 2 seeds train at 0.9 or better at the end; missed by seeds [1]." in text
    assert "Median speed 3,000 steps/s of CPU time, 3.4 times EPyMARL's 879" in text
    assert "- ippo/seed_2: lost" in text


def test_curves_of_all_evaluated_seeds_are_read_and_say_whether_they_finished(tmp_path):
    for seed, done in ((0, True), (1, False), (2, None)):
        folder = tmp_path / study.folder_name(PPO) / f"seed_{seed}"
        folder.mkdir(parents=True)
        config = {"step": {"epochs": 4, "minibatches": 2}}
        (folder / "run.json").write_text(json.dumps({"config": config}))
        if done is None:  # not evaluated yet
            continue
        pd.DataFrame({"step": [10, 20], "episodes": [1, 3], "return": [0.5, 0.25]}).to_csv(
            folder / "progress.csv", index=False
        )
        pd.DataFrame({"step": [0, 20], "greedy": [0.0, seed], "sampled": [0.1, 0.2]}).to_csv(
            folder / "evaluation.csv", index=False
        )
        if done:
            (folder / "finished.json").write_text("{}")
    frame = study.curves_frame([PPO, MAPPO], tmp_path)
    assert frame["seed"].tolist() == [0, 0, 1, 1]
    assert frame["status"].tolist() == ["finished"] * 2 + ["unfinished"] * 2
    assert frame["step"].tolist() == [0, 20, 0, 20]
    assert frame["gradient_steps"].tolist() == [0, 16, 0, 16]  # two updates of 4 x 2
    assert frame["greedy"].tolist() == [0, 0, 0, 1]
    assert frame.loc[frame["step"] == 20, "trained"].tolist() == [0.3125, 0.3125]


def test_results_say_what_their_tables_hold():
    about = json.loads((FOLDER / "manifest.json").read_text())
    for name, digest in about["sha256"].items():
        assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == digest
    seeds, curves = (pd.read_csv(FOLDER / name) for name in ("seeds.csv", "curves.csv"))
    for _, own in seeds.groupby("learner"):
        assert own["seed"].tolist() == about["seeds"]
    assert study.summary(seeds, about["failed"]) == (FOLDER / "summary.md").read_text()
    last = curves.groupby(["learner", "seed"], sort=False).last().reset_index()
    assert (last["step"] == study.STEPS).all()
    np.testing.assert_array_equal(last["trained"], seeds["trained"])


def test_the_bar_is_met_by_every_stored_seed_of_shared_ppo():
    """0.9 by 300,000 steps, in training and in sampled play; greedy play is said to be worse."""
    seeds = pd.read_csv(FOLDER / "seeds.csv")
    own = seeds[seeds["learner"] == "shared PPO"]
    assert len(own) >= 3
    assert (own["reached"] <= 300_000).all()
    assert (own[["trained", "sampled"]] >= 0.9).to_numpy().all()


@pytest.mark.slow
def test_ppo_learns_a_small_field(tmp_path):
    """The settings of the study on 5x5 with one food: random agents get a quarter of it."""
    torch = pytest.importorskip("torch")
    pytest.importorskip("lbforaging")
    from gametools.agents import Run, train

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        run = Run(
            "il-ppo", "foraging:task=5x5-2p-1f", 0, 30_000, study.PRESET, evaluate_every=30_000
        )
        rows = pd.read_csv(train(run, tmp_path) / "evaluation.csv")
    finally:
        torch.set_num_threads(threads)
    assert rows["sampled"].iloc[0] < 0.4
    assert rows["sampled"].iloc[-1] > 0.8
