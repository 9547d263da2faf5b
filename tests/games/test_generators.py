import itertools
import math

import numpy as np
import pytest
from scipy import stats

import gametools as gt
from gametools.games.taxonomy import advantages_2x2

CLASSES = ("coordination", "anticoordination", "cyclic", "dominance-solvable")
SHARES = dict(zip(CLASSES, (1 / 16, 1 / 16, 1 / 8, 3 / 4), strict=True))


@pytest.fixture(scope="module", params=["normal", "uniform"])
def million(request):
    return gt.random_2x2("any", size=1_000_000, payoffs=request.param, rng=2024)


def z_score(share, expected, size):
    return (share - expected) / math.sqrt(expected * (1 - expected) / size)


def test_unconditioned_games_fall_into_the_classes_by_their_probabilities(million):
    classes = gt.classify_2x2(million)
    for name, expected in SHARES.items():
        assert abs(z_score(np.mean(classes == name), expected, million.size)) < 4


def test_unconditioned_games_have_one_and_a_quarter_equilibria_on_average(million):
    counts = gt.solve_2x2(million).counts
    assert set(np.unique(counts)) == {1, 3}
    # 3 with probability 1/8, else 1: the standard deviation of one count is 2 sqrt(7/64).
    assert abs(counts.mean() - 1.25) < 4 * 2 * math.sqrt(7 / 64) / math.sqrt(million.size)


@pytest.mark.parametrize("payoffs", ["normal", "uniform"])
@pytest.mark.parametrize("game_class", CLASSES)
def test_conditioned_games_have_the_distribution_of_rejection_sampling(game_class, payoffs):
    drawn = gt.random_2x2(game_class, size=20_000, payoffs=payoffs, rng=1)
    pool = gt.random_2x2("any", size=400_000, payoffs=payoffs, rng=2)
    kept = pool[gt.classify_2x2(pool) == game_class]
    assert set(gt.classify_2x2(drawn)) == {game_class}
    ours, theirs = drawn.payoffs.reshape(-1, 8), kept.payoffs.reshape(-1, 8)
    # Sums and differences across players and cells see what single entries do not.
    mixers = [np.eye(8), [[1, 1, 1, 1, 1, 1, 1, 1], [1, -1, -1, 1, 1, -1, -1, 1]]]
    statistics = np.vstack(mixers)
    p_values = [
        stats.ks_2samp(ours @ weights, theirs @ weights).pvalue for weights in statistics
    ]  # fmt: skip
    assert min(p_values) > 0.001 / len(p_values)


@pytest.mark.parametrize(
    ("game_class", "patterns"), [("cyclic", 2), ("dominance-solvable", 12)], ids=CLASSES[2:]
)
def test_all_sign_patterns_of_a_class_are_equally_frequent(game_class, patterns):
    games = gt.random_2x2(game_class, size=24_000, rng=3)
    row, column, _ = advantages_2x2(games.payoffs)
    code = (np.vstack([row, column]) > 0).T @ [8, 4, 2, 1]
    seen, counts = np.unique(code, return_counts=True)
    assert len(seen) == patterns
    assert stats.chisquare(counts).pvalue > 0.001


def share_near_boundary(one_side):
    """Either of two players' probabilities, below t or above 1 - t with `one_side` each."""
    return 1 - (1 - 2 * one_side) ** 2


RATIO = 0.05 / 0.95  # p = |Y| / (|X| + |Y|) < 0.05 where |Y| / |X| is below this
NEAR_BOUNDARY = {
    "normal": share_near_boundary(2 / math.pi * math.atan(RATIO)),
    "uniform": share_near_boundary(2 * RATIO / 3 - RATIO**2 / 6),
}


@pytest.mark.parametrize("payoffs", NEAR_BOUNDARY)
def test_few_unbiased_cyclic_games_have_their_equilibrium_near_the_boundary(payoffs):
    games = gt.random_2x2("cyclic", size=100_000, payoffs=payoffs, rng=4)
    share = np.mean(gt.solve_2x2(games).boundary_distance[:, 0] < 0.05)
    assert pytest.approx(0.13, abs=0.005) == NEAR_BOUNDARY[payoffs]
    assert abs(z_score(share, NEAR_BOUNDARY[payoffs], games.size)) < 4


def test_same_seed_same_games_and_other_seed_other_games():
    for game_class in ("any", "cyclic"):
        first, again, other = (
            gt.random_2x2(game_class, size=50, rng=rng).payoffs
            for rng in (5, np.random.default_rng(5), 6)
        )
        np.testing.assert_array_equal(first, again)
        assert not np.isin(first, other).any()


def test_a_generator_moves_on_between_calls():
    rng = np.random.default_rng(0)
    first, second = (gt.random_2x2("cyclic", size=3, rng=rng).payoffs for _ in range(2))
    assert not np.isin(first, second).any()


def test_unseeded_games_differ():
    first, second = (gt.random_2x2("any", size=3).payoffs for _ in range(2))
    assert not np.isin(first, second).any()


def test_released_payoffs_are_those_of_the_released_generator():
    games = gt.random_2x2("cyclic", payoffs="released", seeds=[7, 3])
    expected = gt.games.released.released_2x2("cyclic", [7, 3])
    np.testing.assert_array_equal(games.payoffs, expected.payoffs)


RELEASED_OPTIONS = [
    {"seeds": None},
    *({"seeds": [0]} | extra for extra in ({"size": 1}, {"rng": 0}, {"size": 1, "rng": 0})),
]


@pytest.mark.parametrize("options", RELEASED_OPTIONS, ids=str)
def test_released_payoffs_take_seeds_and_nothing_else(options):
    with pytest.raises(ValueError, match='`payoffs="released"` takes `seeds`, and neither `size`'):
        gt.random_2x2("cyclic", payoffs="released", **options)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"game_class": "cylic", "size": 1}, ValueError, "`game_class` must be.*mean 'cyclic'"),
        ({"game_class": "degenerate", "size": 1}, ValueError, "`game_class` must be one of"),
        ({"payoffs": "gaussian", "size": 1}, ValueError, "`payoffs` must be one of normal"),
        ({}, ValueError, '`payoffs="normal"` takes `size` and `rng`, and no `seeds`'),
        ({"size": 1, "seeds": [0]}, ValueError, "takes `size` and `rng`, and no `seeds`"),
        ({"size": 0}, ValueError, "`size` must be at least 1; got 0"),
        ({"size": 2.5}, TypeError, "`size` must be a whole number; got 2.5"),
        ({"size": 1, "rng": -1}, ValueError, "`rng` must be at least 0; got -1"),
        ({"size": 1, "rng": "0"}, TypeError, "`rng` must be a whole number; got '0'"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_arguments_that_do_not_fit_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        gt.random_2x2(**{"game_class": "any"} | arguments)


def test_every_ensemble_name_is_drawn_and_classified():
    for name, payoffs in itertools.product(gt.games.ENSEMBLES_2X2, ("normal", "uniform")):
        games = gt.random_2x2(name, size=64, payoffs=payoffs, rng=0)
        expected = set(CLASSES) if name == "any" else {name}
        assert set(gt.classify_2x2(games)) == expected
