import math

import numpy as np
import pytest

from gametools.convergence import paired_bootstrap, statistics, wilson_interval


@pytest.mark.parametrize("level", [0.5, 0.95, 0.99])
@pytest.mark.parametrize("games", [1, 10, 1000])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
def test_wilson_interval_is_its_closed_form(share, games, level):
    converged = round(share * games)
    z = {0.5: 0.6744897501960817, 0.95: 1.959963984540054, 0.99: 2.5758293035489004}[level]
    p = converged / games
    middle = (p + z**2 / (2 * games)) / (1 + z**2 / games)
    half = z / (1 + z**2 / games) * math.sqrt(p * (1 - p) / games + z**2 / (4 * games**2))
    low, high = wilson_interval(converged, games, level)
    assert low == pytest.approx(max(0.0, middle - half), abs=1e-12)
    assert high == pytest.approx(min(1.0, middle + half), abs=1e-12)


def test_wilson_interval_mirrors_successes_and_failures():
    low, high = wilson_interval(7, 50)
    mirrored = wilson_interval(43, 50)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-12)


def test_wilson_interval_holds_the_rate_as_often_as_it_says():
    rng = np.random.default_rng(0)
    hits = rng.binomial(200, 0.3, size=2000)
    intervals = {k: wilson_interval(int(k), 200) for k in np.unique(hits)}
    coverage = np.mean([intervals[k][0] < 0.3 < intervals[k][1] for k in hits])
    # The binomial is discrete: its exact coverage at n = 200, p = 0.3 is 0.952.
    assert coverage == pytest.approx(0.952, abs=4 * math.sqrt(0.05 * 0.95 / 2000))


def test_bootstrap_intervals_hold_the_mean_as_often_as_they_say():
    rng = np.random.default_rng(1)
    held = 0
    for k in range(400):
        sample = rng.exponential(1.0, size=(150, 1)) - 1.0
        low, high = paired_bootstrap(sample, resamples=400, rng=k)[:, 0]
        held += low < 0 < high
    # A percentile interval of 150 skewed observations covers about 94%.
    assert held / 400 == pytest.approx(0.94, abs=4 * math.sqrt(0.06 * 0.94 / 400))


def multinomial_bootstrap(values, level, resamples, rng):
    """The textbook bootstrap: resampled games, percentiles of their means."""
    picks = rng.integers(len(values), size=(resamples, len(values)))
    return np.quantile(values[picks].mean(axis=1), [(1 - level) / 2, (1 + level) / 2], axis=0)


@pytest.mark.parametrize("level", [0.5, 0.95])
def test_bootstrap_agrees_with_the_multinomial_one(level):
    rng = np.random.default_rng(2)
    values = rng.gamma(2.0, 3.0, size=(400, 2))
    ours = paired_bootstrap(values, level=level, resamples=10_000, rng=3)
    textbook = multinomial_bootstrap(values, level, 10_000, rng)
    standard_error = values.std(axis=0) / math.sqrt(400)
    # The ends of two such intervals differ by 0.04 standard errors: 0.15 is about four times that.
    assert (np.abs(ours - textbook) < 0.15 * standard_error).all()


def test_bootstrap_width_shrinks_with_the_root_of_the_number_of_games():
    values = np.random.default_rng(4).normal(size=(6400, 1))
    few, many = (np.diff(paired_bootstrap(values[:n], rng=5), axis=0)[0, 0] for n in (400, 6400))
    assert few / many == pytest.approx(4, rel=0.15)
    assert many == pytest.approx(2 * 1.96 / math.sqrt(6400), rel=0.1)


def test_games_are_resampled_in_the_same_way_for_all_quantities():
    first = np.random.default_rng(6).normal(size=200)
    values = np.stack([first, first, -first, 2 * first + 5], axis=-1)
    low, high = paired_bootstrap(values, rng=7)
    assert (low[1], high[1]) == (low[0], high[0])
    np.testing.assert_allclose((low[2], high[2]), (-high[0], -low[0]), rtol=1e-12)
    np.testing.assert_allclose((low[3], high[3]), (2 * low[0] + 5, 2 * high[0] + 5), rtol=1e-12)


def test_constant_differences_have_no_width():
    np.testing.assert_allclose(paired_bootstrap(np.full((50, 1), 0.25)), 0.25, rtol=1e-14)


def test_blocks_of_games_add_up(monkeypatch):
    values = np.random.default_rng(8).normal(1.0, 1.0, size=(500, 1))
    whole = paired_bootstrap(values, resamples=4000, rng=9)
    monkeypatch.setattr(statistics, "_BLOCK", 4000 * 7)
    in_blocks = paired_bootstrap(values, resamples=4000, rng=9)
    assert (np.abs(whole - in_blocks) < 0.15 / math.sqrt(500)).all()


def test_same_seed_same_interval():
    values = np.random.default_rng(10).normal(size=(100, 2))
    first, again, other = (paired_bootstrap(values, rng=rng) for rng in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"differences": [1.0, 2.0]}, ValueError, r"`differences` must have shape .* got \(2,\)"),
        ({"differences": np.zeros((0, 2))}, ValueError, r"`differences` must .* got \(0, 2\)"),
        ({"level": 0.0}, ValueError, r"`level` must lie between 0 and 1, .*got 0\.0"),
        ({"level": 95}, ValueError, "`level` must lie between 0 and 1, .*got 95"),
        ({"resamples": 0}, ValueError, "`resamples` must be at least 1; got 0"),
        ({"rng": -1}, ValueError, "`rng` must be at least 0; got -1"),
    ],
    ids=["flat", "empty", "level 0", "percent", "no resamples", "seed"],
)
def test_arguments_that_do_not_fit_are_refused(options, error, message):
    with pytest.raises(error, match=message):
        paired_bootstrap(**{"differences": [[1.0], [2.0]]} | options)
