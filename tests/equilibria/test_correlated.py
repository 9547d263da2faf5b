import itertools

import numpy as np
import pytest
from game_strategies import games, games_with_profiles, positive_scales
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

import gametools as gt
from gametools.equilibria import correlated
from gametools.equilibria.correlated import (
    OBJECTIVES,
    correlated_equilibrium,
    deviation_gain,
)
from gametools.equilibria.linear_program import LinearOptimum, LinearStatus
from gametools.equilibria.support import support_enumeration


def bimatrix(row, column):
    return gt.NormalFormGame.from_bimatrix(row, column)


CHICKEN = bimatrix([[6, 2], [7, 0]], [[6, 7], [2, 0]])
PENNIES = bimatrix([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])


def joint_actions(game):
    return list(itertools.product(*(range(a) for a in game.num_actions)))


def replaced(joint, player, action):
    return (*joint[:player], action, *joint[player + 1 :])


def literal_value(game, objective, coarse, weights):
    """The best value by a dense program, its constraints written out one by one."""
    joint = joint_actions(game)
    rows = []
    for player, actions in enumerate(game.num_actions):
        for told, done in itertools.product(range(actions), repeat=2):
            rows.append(
                [
                    game.payoffs[(player, *replaced(a, player, done))] - game.payoffs[(player, *a)]
                    if coarse or a[player] == told
                    else 0.0
                    for a in joint
                ]
            )
    earned = np.array([[game.payoffs[(i, *a)] for a in joint] for i in range(game.num_players)])
    program = {"A_ub": np.array(rows), "A_eq": np.ones((1, len(joint)))}
    cost = -np.asarray(weights) @ earned
    bounds = [(0, None)] * len(joint)
    if objective == "max-min":
        floor = np.ones((game.num_players, 1))
        program["A_ub"] = np.block([[program["A_ub"], np.zeros((len(rows), 1))], [-earned, floor]])
        program["A_eq"] = np.append(program["A_eq"], [[0.0]], axis=1)
        cost = np.append(np.zeros(len(joint)), -1.0)
        bounds.append((None, None))
    found = linprog(cost, b_ub=np.zeros(len(program["A_ub"])), b_eq=[1.0], bounds=bounds, **program)
    assert found.status == 0
    return -found.fun


def literal_gain(game, distribution, player, coarse):
    """The largest gain over all rules from actions to actions (coarse: all constant ones)."""
    actions = game.num_actions[player]
    rules = (
        [(done,) * actions for done in range(actions)]
        if coarse
        else itertools.product(range(actions), repeat=actions)
    )
    gains = (
        sum(
            distribution[a]
            * (
                game.payoffs[(player, *replaced(a, player, rule[a[player]]))]
                - game.payoffs[(player, *a)]
            )
            for a in joint_actions(game)
        )
        for rule in rules
    )
    return max(0, *gains)  # or it does as it is told


@st.composite
def games_with_distributions(draw):
    game = draw(games(max_players=3))
    size = int(np.prod(game.num_actions))
    weights = draw(st.lists(st.integers(0, 5), min_size=size, max_size=size).filter(any))
    return game, (np.array(weights) / sum(weights)).reshape(game.num_actions)


def product(profile):
    joint = np.ones(())
    for strategy in profile:
        joint = np.multiply.outer(joint, strategy)
    return joint


class TestClosedForms:
    def test_chicken(self):
        best = correlated_equilibrium(CHICKEN)
        np.testing.assert_allclose(best.distribution, [[0.5, 0.25], [0.25, 0]], atol=1e-9)
        np.testing.assert_allclose(best.payoffs, [5.25, 5.25])
        assert best.value == pytest.approx(10.5)
        assert best.status == LinearStatus.OPTIMAL

    def test_chicken_for_one_player(self):
        for weights, value in (((1, 0), 7), ((-1, 0), -2), ((0, 1), 7), ((0, -2), -4)):
            best = correlated_equilibrium(CHICKEN, objective="player", weights=weights)
            assert best.value == pytest.approx(value)

    def test_a_dilemma_has_one(self):
        dilemma = bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]])
        for coarse, objective in itertools.product((False, True), ("welfare", "max-min")):
            found = correlated_equilibrium(dilemma, objective=objective, coarse=coarse)
            np.testing.assert_allclose(found.distribution, [[0, 0], [0, 1]], atol=1e-9)

    def test_max_min_of_the_battle_of_the_sexes_is_a_fair_coin(self):
        found = correlated_equilibrium(
            bimatrix([[3, 0], [0, 2]], [[2, 0], [0, 3]]), objective="max-min"
        )
        np.testing.assert_allclose(found.distribution, [[0.5, 0], [0, 0.5]], atol=1e-9)
        assert found.value == pytest.approx(2.5)

    def test_welfare_compares_payoffs_as_they_stand(self):
        # 30 + 1 is more than 20 + 3, though the second player gives up two thirds of its range.
        found = correlated_equilibrium(bimatrix([[30, 0], [0, 20]], [[1, 0], [0, 3]]))
        np.testing.assert_allclose(found.payoffs, [30, 1])

    @pytest.mark.parametrize("coarse", [False, True])
    def test_a_zero_sum_game_pays_its_value(self, coarse):
        for weights in ((1, 0), (0, 1)):
            found = correlated_equilibrium(
                PENNIES, objective="player", weights=weights, coarse=coarse
            )
            np.testing.assert_allclose(found.payoffs, 0, atol=1e-9)

    def test_coarse_ones_can_be_better(self):
        # The best total, 4, is at (0, 1) and (1, 0). Who is told 1 there earns 1, and 2 from
        # playing 2: neither is in any correlated equilibrium, and all other totals are at most 2.
        # Half of each pays 2, and no fixed action pays more than 1.5.
        row = np.array([[0, 3, 0], [1, 1, 1], [2, 1, 1]])
        game = bimatrix(row, row.T)
        assert correlated_equilibrium(game).value == pytest.approx(2)
        wider = correlated_equilibrium(game, coarse=True)
        assert wider.value == pytest.approx(4)
        assert wider.violation < 1e-9
        assert deviation_gain(game, wider.distribution).max() > 0.3


class TestIndependentRoutes:
    @settings(max_examples=30)
    @given(games(max_players=3), st.sampled_from(OBJECTIVES), st.booleans(), st.data())
    def test_the_value_is_that_of_a_program_written_out(self, game, objective, coarse, data):
        weights = np.ones(game.num_players)
        if objective == "player":
            entry = st.integers(-3, 3)
            n = game.num_players
            weights = np.array(data.draw(st.lists(entry, min_size=n, max_size=n)), dtype=float)
        found = correlated_equilibrium(
            game,
            objective=objective,
            coarse=coarse,
            weights=weights if objective == "player" else None,
        )
        assert found.status == LinearStatus.OPTIMAL
        np.testing.assert_allclose(
            found.value, literal_value(game, objective, coarse, weights), atol=1e-7
        )
        literal = max(
            literal_gain(game, found.distribution, i, coarse) for i in range(game.num_players)
        )
        assert found.violation == pytest.approx(literal, abs=1e-12)
        assert found.violation < 1e-7

    @given(games_with_distributions(), st.booleans())
    def test_deviation_gains_are_those_of_all_rules(self, case, coarse):
        game, distribution = case
        literal = [literal_gain(game, distribution, i, coarse) for i in range(game.num_players)]
        np.testing.assert_allclose(
            deviation_gain(game, distribution, coarse=coarse), literal, atol=1e-12
        )

    @given(games_with_profiles(max_players=3))
    def test_coarse_gain_at_a_mixed_profile_is_its_exploitability(self, case):
        game, profile = case
        gain = deviation_gain(game, product(profile), coarse=True).max()
        assert gain == pytest.approx(float(gt.exploitability(game, profile)), abs=1e-12)

    @pytest.mark.parametrize("seed", range(10))
    def test_nash_are_correlated_are_coarse(self, seed):
        game = gt.NormalFormGame(np.random.default_rng(seed).normal(size=(2, 4, 3)))
        finer = correlated_equilibrium(game)
        wider = correlated_equilibrium(game, coarse=True)
        assert deviation_gain(game, finer.distribution, coarse=True).max() < 1e-9
        assert wider.value > finer.value - 1e-9
        nash = support_enumeration(game)
        for profile, payoffs in zip(nash.equilibria, nash.payoffs(), strict=True):
            assert deviation_gain(game, product(profile)).max() < 1e-9
            assert payoffs.sum() < finer.value + 1e-9


class TestInvariances:
    @pytest.mark.parametrize("objective", ["welfare", "max-min"])
    @settings(max_examples=20)
    @given(games(max_players=3), positive_scales(), st.integers(-3, 3))
    def test_a_common_scale_and_shift_move_the_value(self, objective, game, scale, shift):
        before = correlated_equilibrium(game, objective=objective)
        moved = gt.NormalFormGame(scale * (game.payoffs + shift), game.num_players)
        after = correlated_equilibrium(moved, objective=objective)
        times = game.num_players if objective == "welfare" else 1
        expected = scale * (before.value + shift * times)
        assert after.value == pytest.approx(expected, abs=1e-7 * scale)
        assert after.status == LinearStatus.OPTIMAL

    @given(games(max_players=3))
    def test_players_in_another_order(self, game):
        turned = game.payoffs[::-1].transpose(0, *range(game.num_players, 0, -1))
        other = correlated_equilibrium(gt.NormalFormGame(turned, game.num_players))
        assert other.value == pytest.approx(correlated_equilibrium(game).value, abs=1e-7)

    def test_players_of_different_scales(self):
        payoffs = CHICKEN.payoffs * np.array([1e-6, 1e6])[:, None, None]
        game = gt.NormalFormGame(payoffs)
        found = correlated_equilibrium(game, objective="player", weights=(1, 0))
        assert found.payoffs[0] == pytest.approx(7e-6)
        assert found.status == LinearStatus.OPTIMAL

    def test_a_large_constant_takes_no_digits_from_the_gains(self):
        far = gt.NormalFormGame(CHICKEN.payoffs + 2.0**50)
        chances = [[0.3, 0.2], [0.1, 0.4]]
        for coarse in (False, True):
            expected = deviation_gain(CHICKEN, chances, coarse=coarse)
            np.testing.assert_allclose(
                deviation_gain(far, chances, coarse=coarse), expected, atol=1e-12
            )

    def test_a_game_that_never_varies(self):
        for objective in ("welfare", "max-min"):
            game = bimatrix([[0.1, 0.1]], [[0.7, 0.7]])
            found = correlated_equilibrium(game, objective=objective)
            np.testing.assert_allclose(found.payoffs, [0.1, 0.7])
            assert found.violation == 0
            assert deviation_gain(game, [[0.3, 0.7]]).tolist() == [0, 0]
            assert found.status == LinearStatus.OPTIMAL

    def test_the_game_is_left_as_it_was(self):
        before = CHICKEN.payoffs.copy()
        correlated_equilibrium(CHICKEN, objective="max-min")
        np.testing.assert_array_equal(CHICKEN.payoffs, before)


class TestReports:
    def test_repr_and_frame(self):
        best = correlated_equilibrium(CHICKEN)
        assert repr(best).startswith(
            "CorrelatedEquilibrium(correlated, payoffs (5.25, 5.25) on 3 joint actions, welfare"
        )
        assert repr(best).endswith("; optimal)")
        frame = best.to_frame()
        assert frame.columns.tolist() == ["actions", "probability", "payoff_0", "payoff_1"]
        assert frame.loc[0, "actions"] == (0, 0)
        assert set(frame["actions"]) == {(0, 0), (0, 1), (1, 0)}
        np.testing.assert_allclose(frame["probability"], [0.5, 0.25, 0.25])
        by_actions = frame.set_index("actions")
        assert by_actions.loc[[(0, 1)], ["payoff_0", "payoff_1"]].to_numpy().tolist() == [[2, 7]]

    @pytest.mark.parametrize("status", [LinearStatus.BUDGET, LinearStatus.FAILED])
    def test_an_unsolved_program_is_no_equilibrium(self, status, monkeypatch):
        monkeypatch.setattr(correlated, "maximise", lambda *a, **k: LinearOptimum(None, status))
        found = correlated_equilibrium(CHICKEN, seconds=1)
        assert found.status == status
        assert np.isnan(found.distribution).all()
        assert np.isnan([found.violation, found.value, *found.payoffs]).all()
        assert len(found.to_frame()) == 0
        assert str(status) in repr(found)

    def test_a_wrong_solution_is_found_out(self, monkeypatch):
        wrong = LinearOptimum(np.array([1.0, 0, 0, 0]), LinearStatus.OPTIMAL)
        monkeypatch.setattr(correlated, "maximise", lambda *a, **k: wrong)
        found = correlated_equilibrium(CHICKEN)
        assert found.violation == pytest.approx(1)
        assert found.status == LinearStatus.FAILED

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"objective": "welfrae"}, "`objective` must be one of .*Did you mean 'welfare'"),
            ({"objective": "player"}, "`weights`, one for each player, go with objective='player'"),
            ({"weights": [1, 1]}, "`weights`, one for each player, go with objective='player'"),
            ({"objective": "player", "weights": [1]}, r"`weights` must have shape \(2,\)"),
            ({"seconds": 0}, "`seconds` must be positive"),
        ],
    )
    def test_options_that_do_not_fit_are_refused(self, options, message):
        with pytest.raises(ValueError, match=message):
            correlated_equilibrium(CHICKEN, **options)

    def test_a_batch_is_refused(self):
        with pytest.raises(ValueError, match="`game` must be a single game"):
            correlated_equilibrium(gt.random_2x2("any", size=3, rng=0))

    @pytest.mark.parametrize(
        ("distribution", "message"),
        [
            ([[0.5, 0.5]], r"`distribution` must have shape \(2, 2\); got \(1, 2\)"),
            ([[0.5, 0.5], [0.5, 0]], "`distribution` must be a probability distribution.*0.5"),
            ([[1.5, -0.5], [0, 0]], "`distribution` must be a probability distribution.*0.5"),
        ],
    )
    def test_what_is_no_distribution_is_refused(self, distribution, message):
        with pytest.raises(ValueError, match=message):
            deviation_gain(CHICKEN, distribution)
