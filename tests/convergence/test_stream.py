from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

import gametools as gt
from gametools.convergence import NEVER, Criterion, steps_to_convergence, stream
from gametools.dynamics import MATRL, ExtraGradient, GradientDescent, WoLF

BUDGET = 60
GAMES = gt.random_2x2("any", size=60, rng=0)
IGA = GradientDescent(0.1)
STARTS = np.random.default_rng(1).random((60, 2))
CRITERIA = {
    criterion.label: criterion
    for criterion in (
        Criterion(),
        Criterion(tolerance=0.2),
        Criterion(stay=1),
        Criterion(stay=30),
        Criterion(stay=BUDGET),
        Criterion(iterate="average", tolerance=0.15),
        Criterion(iterate="average", tolerance=0.15, stay=10),
        Criterion("nash-gap", 0.005),
        Criterion("nash-gap", 0.005, stay=20),
        Criterion("nash-gap", 0.05, iterate="average"),
    )
}
FIRST_HITS = {label: c for label, c in CRITERIA.items() if not c.stay}


def literal_measures(game, measure, points):
    if measure == "nash-gap":
        profile = [np.stack([p, 1 - p], axis=-1) for p in np.transpose(points)]
        return (gt.exploitability(game, profile) / game.payoff_range()).tolist()
    found = gt.solve_2x2(game)
    equilibria = found.equilibria[: found.counts].tolist()
    return [min(max(abs(x - p), abs(y - q)) for p, q in equilibria) for x, y in points]


def literal_steps(game, criterion, path):
    """Steps to convergence of one game, from its whole trajectory."""
    points = path[1:]
    if criterion.iterate == "average":
        points = [
            [sum(p[k] for p in points[:time]) / time for k in (0, 1)]
            for time in range(1, len(points) + 1)
        ]
    within = [m < criterion.tolerance for m in literal_measures(game, criterion.measure, points)]
    if not criterion.stay:
        return within.index(True) + 1 if True in within else NEVER
    if not all(within[-criterion.stay :]):
        return NEVER
    time = len(within)
    while time > 1 and within[time - 2]:
        time -= 1
    return time


def outcome(criteria, *, games=GAMES, rule=IGA, starts=STARTS, budget=BUDGET, rng=0):
    view = gt.games.as_differentiable(games)
    return steps_to_convergence(view, rule, starts, criteria, budget, np.random.default_rng(rng))


@pytest.mark.parametrize("criterion", CRITERIA.values(), ids=CRITERIA)
@pytest.mark.parametrize("rule", [IGA, ExtraGradient(0.15)], ids=repr)
def test_steps_equal_those_read_off_the_whole_trajectory(rule, criterion):
    steps = outcome([criterion], rule=rule).steps[0]
    paths = gt.simulate(GAMES, rule, STARTS, steps=BUDGET).points
    expected = [literal_steps(GAMES[k], criterion, paths[:, k].tolist()) for k in range(60)]
    assert steps.tolist() == expected
    assert 0 < sum(step != NEVER for step in expected) < 60


def test_criteria_are_counted_apart_from_each_other():
    together = outcome(list(CRITERIA.values())).steps
    for own, criterion in zip(together, CRITERIA.values(), strict=True):
        np.testing.assert_array_equal(own, outcome([criterion]).steps[0])


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 2.0])
@pytest.mark.parametrize(
    "rule",
    [
        IGA,
        ExtraGradient(0.15),
        WoLF(0.05, 0.2),
        MATRL(0.1, selection="best-total"),
    ],
    ids=repr,
)
def test_dropping_settled_games_changes_nothing(rule, share, monkeypatch):
    criteria = list(FIRST_HITS.values())
    expected = outcome(criteria, rule=rule)
    monkeypatch.setattr(stream, "_DROP_SHARE", share)
    again = outcome(criteria, rule=rule)
    np.testing.assert_array_equal(again.steps, expected.steps)
    np.testing.assert_array_equal(again.lost, expected.lost)


def test_the_start_is_not_tested():
    game = gt.NormalFormGame.from_bimatrix([[3, 0], [0, 2]], [[2, 0], [0, 3]])
    at_equilibrium = np.array([[1.0, 1.0]])
    steps = outcome([Criterion(), Criterion(stay=1)], games=game, starts=at_equilibrium).steps
    assert steps.tolist() == [[1], [1]]


def test_a_stay_counts_from_its_last_beginning():
    @dataclass(frozen=True)
    class Script:
        """Follows a script: in, out, in, in, in."""

        evaluations: ClassVar[int] = 1

        def init(self, game, x):
            return np.zeros(len(x), dtype=int)

        def update(self, game, x, state, rng):
            target = np.array([0.5, 0.9, 0.5, 0.5, 0.5])[state]
            return np.stack([target, target], axis=-1), state + 1

    pennies = gt.NormalFormGame.from_bimatrix([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])
    criteria = [Criterion(), Criterion(stay=1), Criterion(stay=3), Criterion(stay=4)]
    steps = outcome(
        criteria, games=pennies, rule=Script(), starts=np.full((2, 2), 0.2), budget=5
    ).steps
    assert steps.tolist() == [[1, 1], [3, 3], [3, 3], [NEVER, NEVER]]


@dataclass(frozen=True)
class LosesSome:
    """Gradient steps that turn into `value` at update `at` where the start was in a corner."""

    evaluations: ClassVar[int] = 1

    value: float
    at: int = 3

    def init(self, game, x):
        return (x > 0.5).all(axis=-1), np.zeros(len(x), dtype=int)

    def update(self, game, x, state, rng):
        doomed, time = state
        after = game.domain.project(x - 0.1 * game.gradient(x))
        after[doomed & (time + 1 >= self.at)] = self.value
        return after, (doomed, time + 1)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_lost_games_are_flagged_and_leave_the_others_alone(value):
    criteria = [Criterion(tolerance=1e-3), Criterion(tolerance=1e-3, stay=1)]
    criteria.append(Criterion(iterate="average", tolerance=1e-3))
    got = outcome(criteria, rule=LosesSome(value))
    plain = outcome(criteria, rule=IGA)
    early = outcome(criteria, rule=IGA, budget=2)
    doomed = (STARTS > 0.5).all(axis=-1)
    np.testing.assert_array_equal(got.lost, doomed)
    assert not plain.lost.any()
    np.testing.assert_array_equal(got.steps[:, ~doomed], plain.steps[:, ~doomed])
    np.testing.assert_array_equal(got.steps[[0, 2]][:, doomed], early.steps[[0, 2]][:, doomed])
    assert (got.steps[1, doomed] == NEVER).all()


def test_one_game_from_many_points_equals_many_copies_of_it():
    game = gt.NormalFormGame.from_bimatrix([[3, 0], [0, 2]], [[2, 0], [0, 3]])
    copies = gt.NormalFormGame(np.tile(game.payoffs, (60, 1, 1, 1)), num_players=2)
    criteria = list(CRITERIA.values())
    one, many = (outcome(criteria, games=games).steps for games in (game, copies))
    np.testing.assert_array_equal(one, many)


def test_starts_and_games_are_left_as_they_were():
    starts, payoffs = STARTS.copy(), GAMES.payoffs.copy()
    outcome(list(CRITERIA.values()))
    np.testing.assert_array_equal(STARTS, starts)
    np.testing.assert_array_equal(GAMES.payoffs, payoffs)


def test_same_seed_same_steps():
    games = gt.random_2x2("anticoordination", size=300, rng=2)
    starts = np.full((300, 2), [0.9, 0.85])
    rule = MATRL(0.1, trial_step=0.4)
    first, again, other = (
        outcome([Criterion()], games=games, rule=rule, starts=starts, rng=rng).steps
        for rng in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def averages_and_ends(games):
    rule = GradientDescent(0.02)
    criteria = [Criterion(stay=1), Criterion(iterate="average", stay=1)]
    batch = gt.random_2x2("cyclic", size=games, rng=3)
    starts = np.full((games, 2), [0.9, 0.2])
    steps = outcome(criteria, games=batch, rule=rule, starts=starts, budget=10_000).steps
    return (steps != NEVER).mean(axis=1)


def test_averages_of_iga_arrive_in_cyclic_games_and_its_last_iterates_do_not():
    last, average = averages_and_ends(1000)
    sampling_error = np.sqrt([0.15 * 0.85, 0.98 * 0.02]) / np.sqrt(1000)
    assert abs(last - 0.15) < 0.01 + 4 * sampling_error[0]
    assert abs(average - 0.98) < 0.005 + 4 * sampling_error[1]
