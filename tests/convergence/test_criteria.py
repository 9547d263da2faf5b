import numpy as np
import pytest

import gametools as gt
from gametools.convergence import Criterion
from gametools.convergence.criteria import MEASURES

SOME = gt.random_2x2("any", size=80, rng=0)


def literal_distance(equilibria, x):
    """Largest coordinate difference to the nearest of the equilibria."""
    return min(max(abs(x[0] - p), abs(x[1] - q)) for p, q in equilibria)


def equilibria_of(games, k):
    found = gt.solve_2x2(games)
    return found.equilibria[k, : found.counts[k]]


def test_distance_is_the_largest_difference_to_the_nearest_equilibrium():
    x = np.random.default_rng(1).random((80, 2))
    measured = MEASURES["distance"](gt.ProbabilityGame(SOME))(x)
    expected = [literal_distance(equilibria_of(SOME, k), x[k]) for k in range(80)]
    np.testing.assert_allclose(measured, expected, rtol=1e-15)


def test_distance_is_zero_exactly_at_every_equilibrium():
    found = gt.solve_2x2(SOME)
    measure = MEASURES["distance"](gt.ProbabilityGame(SOME))
    for slot in range(3):
        listed = found.counts > slot
        x = np.where(listed[:, None], found.equilibria[:, slot], 0.5)
        assert (measure(x)[listed] == 0).all()


def test_nash_gap_is_the_exploitability_as_a_share_of_the_payoff_range():
    x = np.random.default_rng(2).random((80, 2))
    measured = MEASURES["nash-gap"](gt.ProbabilityGame(SOME))(x)
    profile = [np.stack([p, 1 - p], axis=-1) for p in x.T]
    expected = gt.exploitability(SOME, profile) / SOME.payoff_range()
    np.testing.assert_allclose(measured, expected, atol=1e-14)


def test_nash_gap_is_measured_for_any_number_of_players():
    rng = np.random.default_rng(3)
    games = gt.NormalFormGame(rng.normal(size=(50, 3, 2, 2, 2)), num_players=3)
    x = rng.random((50, 3))
    measured = MEASURES["nash-gap"](gt.ProbabilityGame(games))(x)
    profile = [np.stack([p, 1 - p], axis=-1) for p in x.T]
    expected = gt.exploitability(games, profile) / games.payoff_range()
    np.testing.assert_allclose(measured, expected, atol=1e-14)


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_nash_gap_ignores_scale_and_zero_of_the_payoffs(scale):
    x = np.random.default_rng(4).random((80, 2))
    moved = gt.NormalFormGame(scale * (SOME.payoffs + 3))
    before, after = (MEASURES["nash-gap"](gt.ProbabilityGame(games))(x) for games in (SOME, moved))
    np.testing.assert_allclose(after, before, atol=1e-12)


def test_nash_gap_of_constant_games_is_zero():
    games = gt.NormalFormGame(np.full((3, 2, 2, 2), 7.0), num_players=2)
    x = np.random.default_rng(5).random((3, 2))
    assert (MEASURES["nash-gap"](gt.ProbabilityGame(games))(x) == 0).all()


@pytest.mark.parametrize("name", MEASURES)
def test_taken_measures_are_those_of_the_taken_games(name):
    x, index = np.random.default_rng(6).random((80, 2)), np.array([70, 3, 3, 41])
    measure = MEASURES[name](gt.ProbabilityGame(SOME))
    np.testing.assert_array_equal(measure.take(index)(x[index]), measure(x)[index])
    again = measure.take(index).take(np.array([3, 0]))
    np.testing.assert_array_equal(again(x[[41, 70]]), measure(x)[[41, 70]])


@pytest.mark.parametrize("name", MEASURES)
@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_one_game_is_measured_at_many_points(name, count):
    game = gt.NormalFormGame.from_bimatrix([[3, 0], [0, 2]], [[2, 0], [0, 3]])
    x = np.random.default_rng(7).random((count, 2))
    measure = MEASURES[name](gt.ProbabilityGame(game))
    batch = gt.NormalFormGame(np.tile(game.payoffs, (count, 1, 1, 1)), num_players=2)
    expected = MEASURES[name](gt.ProbabilityGame(batch))(x)
    np.testing.assert_allclose(measure(x), expected, atol=1e-15)
    index = np.array([count - 1, 0])
    np.testing.assert_allclose(measure.take(index)(x[index]), expected[index], atol=1e-15)


@pytest.mark.parametrize("name", MEASURES)
def test_lost_points_measure_nan(name):
    x = np.array([[0.5, 0.5], [np.nan, 0.5]])
    measured = MEASURES[name](gt.ProbabilityGame(SOME[:2]))(x)
    assert np.isnan(measured).tolist() == [False, True]


@pytest.mark.parametrize(
    ("criterion", "label"),
    [
        (Criterion(), "distance < 0.05, first hit"),
        (Criterion(stay=50), "distance < 0.05, stay 50"),
        (Criterion("nash-gap", 0.001, "average"), "nash-gap of average < 0.001, first hit"),
    ],
)
def test_labels_say_what_is_measured(criterion, label):
    assert criterion.label == label


def test_criteria_are_values():
    assert Criterion(stay=5) == Criterion(stay=5)
    assert len({Criterion(), Criterion(), Criterion(tolerance=0.1)}) == 2


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"measure": "distanse"}, ValueError, "`measure` must be one .* mean 'distance'"),
        ({"tolerance": 0}, ValueError, "`tolerance` must be positive; got 0"),
        ({"tolerance": "0.05"}, TypeError, r"`tolerance` must be a number; got '0\.05'"),
        ({"iterate": "mean"}, ValueError, "`iterate` must be one of last, average; got 'mean'"),
        ({"stay": -1}, ValueError, "`stay` must be at least 0; got -1"),
        ({"stay": 0.5}, TypeError, r"`stay` must be a whole number; got 0\.5"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_options_that_make_no_sense_are_refused(options, error, message):
    with pytest.raises(error, match=message):
        Criterion(**options)


TIED = gt.NormalFormGame.from_bimatrix([[[1, 1], [1, 0]]] * 2, [[[0, 1], [1, 0]]] * 2)


@pytest.mark.parametrize(
    ("name", "game", "message"),
    [
        ("distance", gt.ProbabilityGame(TIED), 'needs .* 2 of 2 are degenerate .* Use "nash-gap"'),
        ("distance", gt.QuadraticGame([[1]]), 'needs 2x2 games, .*; use "nash-gap"'),
        (
            "distance",
            gt.ProbabilityGame(gt.NormalFormGame(np.zeros((3, 2, 2, 2)))),
            'needs 2x2 games, .*; use "nash-gap"',
        ),
        ("nash-gap", gt.QuadraticGame([[1]]), "needs a two-action matrix game"),
    ],
    ids=["degenerate", "no matrix game", "three players", "no matrix game, gap"],
)
def test_games_that_a_measure_does_not_fit_are_refused_with_a_remedy(name, game, message):
    with pytest.raises(ValueError, match=f'`measure` "{name}" {message}'):
        MEASURES[name](game)
