import itertools

import numpy as np
import pytest
from game_strategies import games_with_profiles, positive_scales
from hypothesis import given
from slow_references import expected_payoffs

import gametools as gt
from gametools.equilibria.hu_wellman import classify_equilibria, saddle_or_optimum
from gametools.equilibria.support import support_enumeration
from gametools.equilibria.zero_sum import zero_sum


def bimatrix(row, column):
    return gt.NormalFormGame.from_bimatrix(row, column)


HUNTING = bimatrix([[15, 5], [0, 0]], [[-5, 0], [-5, 0]])
COLLECTION = bimatrix([[10, 20], [0, 0]], [[5, 0], [10, 0]])
MAINTAIN = bimatrix(
    [[20, 0, 0], [30, 10, 0], [0, 0, 5]],
    [[15, 0, 0], [0, 5, 0], [0, 0, 10]],
)
DILEMMA = bimatrix([[10, 0], [18, 2]], [[10, 18], [0, 2]])
PENNIES = bimatrix([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])


def pure(game, *actions):
    return tuple(np.eye(a)[k] for a, k in zip(game.num_actions, actions, strict=True))


class TestGamesOfThePaper:
    def test_hunting_stops_at_a_saddle_short_of_the_best_total(self):
        kind = saddle_or_optimum(HUNTING, pure(HUNTING, 0, 1))
        assert kind.payoffs.tolist() == [5, 0]
        assert kind.is_saddle
        assert not kind.is_strict_saddle  # the second player earns 0 whatever the first does
        assert kind.gain.tolist() == [0, 0]
        assert kind.harm.tolist() == [-10, 0]
        assert kind.shortfall.tolist() == [10, 0]
        best = saddle_or_optimum(HUNTING, pure(HUNTING, 0, 0))
        assert best.payoffs.tolist() == [15, -5]
        assert (best.is_nash, best.is_saddle, best.is_global_optimum) == (False, False, False)

    def test_collection_stops_at_a_strict_saddle(self):
        kind = saddle_or_optimum(COLLECTION, pure(COLLECTION, 0, 0))
        assert kind.payoffs.tolist() == [10, 5]
        assert kind.is_strict_saddle
        assert kind.harm.tolist() == [-10, -5]
        best = saddle_or_optimum(COLLECTION, pure(COLLECTION, 0, 1))
        assert best.payoffs.tolist() == [20, 0]
        assert not best.is_nash
        assert best.gain.tolist() == [0, 5]

    @pytest.mark.parametrize("action", [1, 2])
    def test_neither_equilibrium_of_maintain_is_a_saddle(self, action):
        kind = saddle_or_optimum(MAINTAIN, pure(MAINTAIN, action, action))
        assert kind.is_nash
        assert not kind.is_saddle
        assert kind.harm.tolist() == kind.payoffs.tolist()  # the other can leave it with nothing
        assert not kind.is_global_optimum

    def test_the_best_total_of_maintain_is_no_equilibrium(self):
        kind = saddle_or_optimum(MAINTAIN, pure(MAINTAIN, 0, 0))
        assert kind.gain.tolist() == [10, 0]
        assert kind.shortfall.tolist() == [10, 0]

    def test_the_dilemma_has_a_strict_saddle_and_no_optimum(self):
        defect = saddle_or_optimum(DILEMMA, pure(DILEMMA, 1, 1))
        assert defect.is_strict_saddle
        assert not defect.is_global_optimum
        cooperate = saddle_or_optimum(DILEMMA, pure(DILEMMA, 0, 0))
        assert cooperate.payoffs.tolist() == [10, 10]
        assert not cooperate.is_nash
        assert not cooperate.is_global_optimum
        assert cooperate.shortfall.tolist() == [8, 8]


class TestClosedForms:
    def test_a_coordination_game_has_an_optimum_that_is_no_saddle(self):
        game = bimatrix([[2, 0], [0, 1]], [[2, 0], [0, 1]])
        kind = saddle_or_optimum(game, pure(game, 0, 0))
        assert kind.is_global_optimum
        assert kind.is_nash
        assert not kind.is_saddle
        mixed = saddle_or_optimum(game, ([1 / 3, 2 / 3], [1 / 3, 2 / 3]))
        assert mixed.is_nash
        assert mixed.is_saddle  # each makes the other indifferent, and itself safe
        assert not mixed.is_strict_saddle

    def test_pennies(self):
        kind = saddle_or_optimum(PENNIES, ([0.5, 0.5], [0.5, 0.5]))
        assert kind.is_saddle
        assert not kind.is_strict_saddle
        assert not kind.is_global_optimum
        off = saddle_or_optimum(PENNIES, ([0.5, 0.5], [0.75, 0.25]))
        np.testing.assert_allclose([off.gain[0], off.harm[1]], [0.5, 0.5])
        assert not off.is_nash

    @pytest.mark.parametrize("seed", range(10))
    def test_every_equilibrium_of_a_zero_sum_game_is_a_saddle(self, seed):
        row = np.random.default_rng(seed).normal(size=(3, 4))
        game = bimatrix(row, -row)
        kind = saddle_or_optimum(game, zero_sum(game).equilibria[0])
        assert kind.is_saddle

    def test_a_constant_game_is_everything_but_strict(self):
        game = bimatrix(np.ones((2, 2)), np.ones((2, 2)))
        kind = saddle_or_optimum(game, pure(game, 0, 1))
        assert kind.is_saddle
        assert kind.is_global_optimum
        assert not kind.is_strict_saddle

    def test_joint_deviations_count(self):
        # Alone, neither of the others changes the first player's payoff; together they do.
        payoffs = np.zeros((3, 1, 2, 2))
        payoffs[0, 0, 1, 1] = -1
        game = gt.NormalFormGame(payoffs)
        kind = saddle_or_optimum(game, pure(game, 0, 0, 0))
        assert kind.is_nash
        assert not kind.is_saddle
        assert kind.harm.tolist() == [1, 0, 0]

    def test_nobody_else_nothing_to_fear(self):
        game = gt.NormalFormGame([[1.0, 3.0]], 1)
        kind = saddle_or_optimum(game, ([0, 1],))
        assert kind.is_strict_saddle
        assert kind.is_global_optimum
        assert kind.harm.tolist() == [-np.inf]


@given(games_with_profiles(max_players=3))
def test_margins_are_those_of_all_joint_actions_one_by_one(case):
    game, profile = case
    kind = saddle_or_optimum(game, profile)
    here = expected_payoffs(game.payoffs, profile)
    np.testing.assert_allclose(kind.payoffs, here, atol=1e-12)
    np.testing.assert_allclose(kind.gain.max(), gt.exploitability(game, profile), atol=1e-12)
    for player in range(game.num_players):
        others = [i for i in range(game.num_players) if i != player]
        played = [tuple(np.flatnonzero(profile[i]).tolist()) for i in others]
        losses = []
        for joint in itertools.product(*(range(game.num_actions[i]) for i in others)):
            if tuple((k,) for k in joint) == tuple(played):
                continue  # this is what they play
            changed = list(profile)
            for i, action in zip(others, joint, strict=True):
                changed[i] = np.eye(game.num_actions[i])[action]
            losses.append(here[player] - expected_payoffs(game.payoffs, changed)[player])
        assert kind.harm[player] == pytest.approx(max(losses, default=-np.inf), abs=1e-12)
        largest = game.payoffs[player].max()
        assert kind.shortfall[player] == pytest.approx(largest - here[player], abs=1e-12)
    assert kind.is_nash or not kind.is_saddle
    assert kind.is_saddle or not kind.is_strict_saddle
    assert kind.is_nash or not kind.is_global_optimum
    if kind.is_strict_saddle and game.num_players > 1 and min(game.num_actions) > 1:
        assert all(np.max(strategy) == 1 for strategy in profile)


@given(games_with_profiles(max_players=3), positive_scales())
def test_each_players_own_scale_and_shift_change_no_flag(case, scale):
    game, profile = case
    factors = np.array([scale, 1.0, 3 / scale])[: game.num_players]
    shape = (-1, *(1 for _ in game.num_actions))
    payoffs = game.payoffs * factors.reshape(shape) + 5 * factors.reshape(shape)
    before = saddle_or_optimum(game, profile)
    after = saddle_or_optimum(gt.NormalFormGame(payoffs, game.num_players), profile)
    for flag in ("is_nash", "is_saddle", "is_strict_saddle", "is_global_optimum"):
        assert getattr(before, flag) == getattr(after, flag)
    np.testing.assert_allclose(after.gain / factors, before.gain, atol=1e-9)
    np.testing.assert_allclose(after.shortfall / factors, before.shortfall, atol=1e-9)


class TestReports:
    def test_equilibria_are_classified_in_order(self):
        frame = classify_equilibria(support_enumeration(MAINTAIN))
        assert frame["payoffs"].tolist()[:2] == [(10, 5), (5, 10)]
        assert frame["is_nash"].all()
        assert not frame["is_saddle"].tolist()[0]
        assert not frame["is_saddle"].tolist()[1]
        np.testing.assert_allclose(frame["harm"][:2], [1 / 3, 10 / 15])
        np.testing.assert_allclose(frame["shortfall"][:2], [20 / 30, 25 / 30])

    def test_no_equilibria_no_rows(self):
        result = support_enumeration(PENNIES)
        empty = type(result)(
            **{name: getattr(result, name) for name in ("game", "complete", "status", "method")},
            equilibria=[],
            exploitability=np.empty(0),
            seconds=0.0,
        )
        frame = classify_equilibria(empty)
        assert len(frame) == 0
        assert "is_strict_saddle" in frame.columns

    def test_repr_and_frame(self):
        kind = saddle_or_optimum(COLLECTION, pure(COLLECTION, 0, 0))
        assert repr(kind) == (
            "SaddleOrOptimum(Nash, strict saddle, no global optimum; payoffs (10, 5))"
        )
        frame = kind.to_frame()
        assert frame.columns.tolist() == ["player", "payoff", "gain", "harm", "shortfall"]
        assert frame["harm"].tolist() == [-10, -5]

    def test_batches_and_wrong_profiles_are_refused(self):
        with pytest.raises(ValueError, match="`game` must be a single game"):
            saddle_or_optimum(gt.random_2x2("any", size=3, rng=0), ([1, 0], [1, 0]))
        with pytest.raises(ValueError, match="`profile` must hold 2 strategies"):
            saddle_or_optimum(PENNIES, ([1, 0],))
        with pytest.raises(ValueError, match=r"`profile\[1\]` must be a probability"):
            saddle_or_optimum(PENNIES, ([1, 0], [1, 1]))
