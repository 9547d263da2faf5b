import itertools

import numpy as np
import pytest
from scipy import stats

from gametools.evaluation import (
    area_under_curve,
    bootstrap,
    iqm,
    performance_profile,
    probability_of_improvement,
)


def test_the_interquartile_mean_of_a_symmetric_sample_is_its_centre():
    around = np.array([0.1, 0.7, 2.0, 5.0, 40.0])
    assert iqm(3.0 + np.concatenate([around, -around])) == pytest.approx(3.0, abs=1e-12)


def test_the_interquartile_mean_does_not_see_the_outer_quarters():
    assert iqm([1.0, 2.0, 3.0, 4.0]) == iqm([-1e9, 2.0, 3.0, 1e9]) == 2.5


@pytest.mark.parametrize("seeds", [1, 2, 3, 5, 10, 13])
def test_the_interquartile_mean_is_scipys_trimmed_mean(seeds):
    scores = np.random.default_rng(seeds).normal(size=(seeds, 3, 4))
    assert iqm(scores) == pytest.approx(stats.trim_mean(scores, 0.25, axis=None))
    np.testing.assert_allclose(iqm(scores, axis=0), stats.trim_mean(scores, 0.25, axis=0))
    by_point = [stats.trim_mean(scores[..., k], 0.25, axis=None) for k in range(4)]
    np.testing.assert_allclose(iqm(scores, axis=(0, 1)), by_point)


def test_the_bootstrap_of_a_mean_of_two_seeds_has_its_exact_distribution():
    # The mean of two draws from {0, 1} is 0, 1/2, 1 with probabilities 1/4, 1/2, 1/4.
    wide = bootstrap([0.0, 1.0], np.mean, level=0.6, resamples=4000)
    assert (wide.low, wide.estimate, wide.high) == (0.0, 0.5, 1.0)  # tails of 0.2 < 1/4
    narrow = bootstrap([0.0, 1.0], np.mean, level=0.4, resamples=4000)
    assert (narrow.low, narrow.high) == (0.5, 0.5)  # tails of 0.3 > 1/4


def test_the_bootstrap_enumerated():
    scores = np.array([1.0, 2.0, 4.0, 8.0])
    every = np.array([iqm(scores[list(draw)]) for draw in itertools.product(range(4), repeat=4)])
    found = bootstrap(scores, resamples=40_000)
    exact = np.quantile(every, [0.025, 0.975])
    np.testing.assert_allclose([found.low, found.high], exact, atol=0.1)
    assert found.estimate == 3.0


def test_tasks_are_strata():
    # Within a task all seeds agree: only a bootstrap that mixes tasks sees a spread.
    found = bootstrap(np.tile([0.0, 100.0], (5, 1)), np.mean)
    assert (found.low, found.estimate, found.high) == (50.0, 50.0, 50.0)


def test_tasks_draw_their_seeds_independently():
    # Drawn together, the rows' means would always be 1/2.
    found = bootstrap([[0.0, 1.0], [1.0, 0.0]], np.mean, level=0.5)
    assert (found.low, found.estimate, found.high) == (0.25, 0.5, 0.75)


def test_points_of_a_curve_are_drawn_together_and_reduced_one_by_one():
    scores = np.random.default_rng(0).normal(size=(8, 1, 1))
    curve = bootstrap(np.concatenate([scores, 2 * scores + 1], axis=2))
    alone = bootstrap(scores)
    np.testing.assert_allclose(curve.low, [alone.low[0], 2 * alone.low[0] + 1])
    np.testing.assert_allclose(curve.high, [alone.high[0], 2 * alone.high[0] + 1])


def test_the_same_seed_gives_the_same_interval_and_inputs_stay():
    scores = np.random.default_rng(1).normal(size=9)
    before = scores.copy()
    first, again, other = (bootstrap(scores, rng=seed) for seed in (3, 3, 4))
    assert (first.low, first.high) == (again.low, again.high) != (other.low, other.high)
    np.testing.assert_array_equal(scores, before)


def test_an_interval_moves_and_stretches_with_the_scores():
    scores = np.random.default_rng(2).normal(size=(7, 2))
    one, two = bootstrap(scores), bootstrap(5 - 3 * scores)
    assert (two.estimate) == pytest.approx(5 - 3 * one.estimate)
    assert two.high - two.low == pytest.approx(3 * (one.high - one.low))


def test_one_seed_has_no_interval():
    found = bootstrap([4.0])
    assert found.estimate == 4.0
    assert np.isnan([found.low, found.high]).all()
    versus = probability_of_improvement([4.0], [1.0, 2.0])
    assert versus.estimate == 1.0
    assert np.isnan([versus.low, versus.high]).all()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("seeds", "least", "most"), [(5, 0.88, 0.915), (10, 0.915, 0.95), (30, 0.93, 0.96)]
)
def test_coverage_on_normal_samples_is_what_the_documentation_says(seeds, least, most):
    rng, samples = np.random.default_rng(seeds), 3000
    found = (bootstrap(rng.normal(size=seeds), resamples=1000, rng=rng) for _ in range(samples))
    held = sum(interval.low <= 0 <= interval.high for interval in found)
    assert least < held / samples < most


@pytest.mark.parametrize(("n", "m"), [(5, 5), (3, 8)])
def test_improvement_is_the_mann_whitney_statistic(n, m):
    rng = np.random.default_rng(n)
    x, y = rng.integers(6, size=(n, 2)), rng.integers(6, size=(m, 2))
    expected = [stats.mannwhitneyu(x[:, k], y[:, k]).statistic / (n * m) for k in range(2)]
    assert probability_of_improvement(x, y).estimate == pytest.approx(np.mean(expected))
    pairs = [(a > b) + (a == b) / 2 for k in range(2) for a in x[:, k] for b in y[:, k]]
    assert probability_of_improvement(x, y).estimate == pytest.approx(np.mean(pairs))


def test_improvement_of_either_over_the_other_sums_to_one():
    x, y = np.random.default_rng(0).integers(4, size=(2, 6))
    there, back = probability_of_improvement(x, y), probability_of_improvement(y, x)
    assert there.estimate + back.estimate == pytest.approx(1.0)
    assert 0 <= there.low <= there.estimate <= there.high <= 1


def test_the_interval_of_improvement_enumerated():
    x, y = np.array([1.0, 3.0]), np.array([2.0, 3.0])
    draws = list(itertools.product((0, 1), repeat=2))
    every = [
        np.mean([(a > b) + (a == b) / 2 for a in x[list(i)] for b in y[list(j)]])
        for i in draws
        for j in draws
    ]
    found = probability_of_improvement(x, y, level=0.4, resamples=20_000)
    assert (found.low, found.high) == tuple(np.quantile(every, [0.3, 0.7], method="nearest"))


def test_a_profile_counts_scores_above():
    scores = [[1.0, 2.0], [3.0, 4.0]]
    found = performance_profile(scores, [0.0, 1.0, 2.5, 4.0])
    np.testing.assert_array_equal(found.estimate, [1.0, 0.75, 0.5, 0.0])
    assert (found.low <= found.estimate).all()
    assert (found.estimate <= found.high).all()


def test_the_area_of_a_line_is_its_middle():
    steps = np.array([0.0, 1.0, 5.0, 10.0])
    assert area_under_curve(steps, 3 * steps + 1) == pytest.approx(16.0)
    assert area_under_curve([7], [4.0]) == 4.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bootstrap([]), "`scores` must have shape"),
        (lambda: bootstrap([1.0, np.nan]), "`scores` must be finite; entry"),
        (lambda: bootstrap([1.0], level=1.0), "`level` must lie between 0 and 1"),
        (lambda: bootstrap([1.0], resamples=0), "`resamples` must be at least 1; got 0"),
        (lambda: probability_of_improvement([[1.0, 2.0]], [1.0]), "must have 2 tasks"),
        (lambda: area_under_curve([0, 0], [1, 2]), "`steps` must increase"),
        (lambda: area_under_curve([0, 1], [1]), "`values` must have the shape of `steps`"),
        (lambda: iqm([]), "`scores` must not be empty"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        call()
