import numpy as np
import pandas as pd
import pytest
from run_folders import make_run

from gametools.evaluation import (
    best_return,
    bootstrap,
    compare_runs,
    iqm,
    learning_curves,
    probability_of_improvement,
    read_runs,
    seed_scores,
)


@pytest.fixture
def runs(tmp_path):
    """Two learners, five seeds each; one of the second failed, one is under way."""
    rng = np.random.default_rng(0)
    for seed in range(5):
        make_run(tmp_path / "a", seed, np.cumsum(rng.random(5)))
        values = np.cumsum(2 * rng.random(5))
        status, length = ("failed", 3) if seed == 1 else ("finished", 5)
        status, length = ("unfinished", 2) if seed == 4 else (status, length)
        make_run(tmp_path / "b", seed, values[:length], status=status, learner="matrl", budget=4000)
    return read_runs(tmp_path)


def test_final_scores_and_areas_by_hand(tmp_path):
    make_run(tmp_path, 0, [0.0, 2.0, 4.0, 10.0])
    runs = read_runs(tmp_path)
    end = seed_scores(runs).iloc[0]
    assert (end["at"], end["scored"], end["final"]) == (3000, 3000, 10.0)
    assert end["auc"] == pytest.approx((1 + 3 + 7) / 3)
    early = seed_scores(runs, at=1500, tail=2).iloc[0]  # the first evaluation after is at 2000
    assert (early["final"], early["auc"]) == (3.0, 2.0)
    assert seed_scores(runs, metric="sampled").iloc[0]["final"] == 9.0
    assert np.isnan(seed_scores(runs, at=3001).iloc[0]["final"])


def test_learners_are_compared_at_the_smallest_budget(tmp_path):
    make_run(tmp_path, 0, [0.0, 1.0, 2.0, 3.0])
    make_run(tmp_path, 1, [0.0, 5.0], learner="matrl")
    make_run(tmp_path, 2, [0.0, 7.0, 9.0], env="checkers")
    scores = seed_scores(read_runs(tmp_path))
    assert scores["at"].tolist() == [1000, 1000, 2000]
    assert scores["final"].tolist() == [1.0, 5.0, 9.0]


def test_a_seed_that_failed_later_still_counts_up_to_there(runs):
    early = compare_runs(runs, at=2000)
    assert early["seeds"].tolist() == [5, 4]
    assert early[["failed", "unfinished"]].to_numpy().tolist() == [[0, 0], [0, 1]]


def test_the_table_is_the_statistics_of_the_scores(runs):
    table = compare_runs(runs, optimum=20.0).set_index("label")
    scores = seed_scores(runs)
    of = {label: own["final"].dropna() for label, own in scores.groupby("label")}
    assert table["seeds"].tolist() == [5, 3]
    assert table["failed"].tolist() == [0, 1]
    assert table["unfinished"].tolist() == [0, 1]
    for label in ("il-ppo", "matrl"):
        row, own = table.loc[label], of[label]
        assert row["iqm"] == pytest.approx(iqm(own))
        assert (row["mean"], row["sd"]) == pytest.approx((own.mean(), own.std(ddof=1)))
        assert row["iqm_low"] <= row["iqm"] <= row["iqm_high"]
        assert row["gap"] == pytest.approx(20.0 - row["iqm"])
        areas = scores.loc[scores["label"] == label, "auc"].dropna()
        assert row["auc"] == pytest.approx(iqm(areas))
    wins = probability_of_improvement(of["matrl"], of["il-ppo"]).estimate
    assert table.loc["matrl", "improvement"] == pytest.approx(wins)
    assert np.isnan(table.loc["il-ppo", "improvement"])


def test_a_row_does_not_depend_on_the_others(runs):
    both = compare_runs(runs, rng=5).set_index("label")
    alone = compare_runs(runs[runs["label"] == "il-ppo"], rng=5).set_index("label")
    pd.testing.assert_series_equal(both.loc["il-ppo"], alone.loc["il-ppo"])
    other = compare_runs(runs, rng=6, resamples=50).set_index("label")
    assert (other["auc_low"] != both["auc_low"]).any()


def test_a_learner_without_scores_keeps_its_row(tmp_path):
    make_run(tmp_path / "a", 0, [1.0, 2.0])
    make_run(tmp_path / "b", 0, [], status="not begun", learner="matrl", budget=1000)
    table = compare_runs(read_runs(tmp_path)).set_index("label")
    assert table.loc["matrl", ["seeds", "failed", "unfinished"]].tolist() == [0, 0, 1]
    assert np.isnan(table.loc["matrl", "iqm"])


def test_optima_are_taken_by_environment(tmp_path):
    make_run(tmp_path, 0, [1.0, 2.0])
    make_run(tmp_path, 1, [1.0, 5.0], env="checkers")
    table = compare_runs(read_runs(tmp_path), optimum={"checkers": 7.0}).set_index("env")
    assert table.loc["checkers", "gap"] == 2.0
    assert np.isnan(table.loc["switch", "gap"])


def test_curves_are_the_bootstrap_of_each_step(runs):
    curves = learning_curves(runs).set_index(["label", "step"])
    assert curves.loc["il-ppo", "seeds"].tolist() == [5] * 5
    assert curves.loc["matrl", "seeds"].tolist() == [5, 5, 4, 3, 3]
    at = runs[(runs["label"] == "il-ppo") & (runs["step"] == 3000)]["greedy"]
    row, direct = curves.loc[("il-ppo", 3000)], bootstrap(at, resamples=20_000)
    assert row["iqm"] == pytest.approx(direct.estimate)
    assert (row["low"], row["high"]) == pytest.approx((direct.low, direct.high), abs=0.1)


def test_an_unknown_metric_is_refused_with_the_nearest(runs):
    for call in (compare_runs, learning_curves, seed_scores):
        with pytest.raises(ValueError, match=r"`metric` must be one of .*'gredy'. Did you mean"):
            call(runs, metric="gredy")


def test_best_returns_are_those_published_and_None_where_unknown():
    assert best_return("switch:num_agents=4") == pytest.approx(16.1)
    assert best_return("penalty:num_steps=3,k=-5") == pytest.approx(60.0)
    assert best_return("switch:num_agents=4", max_transitions=10) is None
