import itertools

import numpy as np
import pytest
from game_strategies import games, positive_scales
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

import gametools as gt
from gametools.equilibria.dominance import iterated_dominance
from gametools.equilibria.support import support_enumeration


def table_of(payoffs, player, kept):
    """A player's payoffs on the kept actions, its own action first, the others' in a row."""
    table = np.moveaxis(payoffs[player][np.ix_(*kept)], player, 0)
    return table.reshape(len(kept[player]), -1)


def best_for_some_belief(table, row):
    """Whether a row is a best reply to some joint distribution of the others' actions.

    Pearce (1984): if and only if no strategy dominates it strictly. A program over beliefs, where
    the package's is over strategies.
    """
    found = linprog(
        np.zeros(table.shape[1]),
        A_ub=table - table[row],
        b_ub=np.zeros(len(table)),
        A_eq=np.ones((1, table.shape[1])),
        b_eq=[1.0],
    )
    return found.status == 0


def rationalizable(game):
    """What is left when actions that are best for no belief are removed, round by round."""
    kept = [list(range(a)) for a in game.num_actions]
    while True:
        left = [
            [
                action
                for row, action in enumerate(kept[player])
                if best_for_some_belief(table_of(game.payoffs, player, kept), row)
            ]
            for player in range(game.num_players)
        ]
        if left == kept:
            return tuple(map(tuple, kept))
        kept = left


def literally_reduced(game, strict):
    """What pure dominance leaves, by comparing payoffs one by one, all players at once."""
    kept = [list(range(a)) for a in game.num_actions]
    while True:
        left = []
        for player, own in enumerate(kept):
            rows = table_of(game.payoffs, player, kept).tolist()
            beaten = {
                k
                for k, j in itertools.permutations(range(len(rows)), 2)
                if (
                    all(a > b for a, b in zip(rows[j], rows[k], strict=True))
                    if strict
                    else rows[j] != rows[k]
                    and all(a >= b for a, b in zip(rows[j], rows[k], strict=True))
                )
            }
            left.append([action for k, action in enumerate(own) if k not in beaten])
        if left == kept:
            return tuple(map(tuple, kept))
        kept = left


def bimatrix(row, column):
    return gt.NormalFormGame.from_bimatrix(row, column)


def meet_half_way(actions):
    """Each player wants to name half of the other's number."""
    mine, yours = np.indices((actions, actions))
    return bimatrix(-((2.0 * mine - yours) ** 2), -((2.0 * yours - mine) ** 2))


def check_certificates(game, strict):
    """Every elimination holds, literally, among what its round began with."""
    left = iterated_dominance(game, strict=strict)
    kept = [list(range(a)) for a in game.num_actions]
    for _, steps in itertools.groupby(left.eliminations, lambda step: step.round):
        gone = []
        for step in steps:
            table = table_of(game.payoffs, step.player, kept)
            row = kept[step.player].index(step.action)
            weights = step.by[kept[step.player]]
            assert weights.min() >= 0
            assert weights[row] == 0
            np.testing.assert_allclose(weights.sum(), 1)
            np.testing.assert_allclose(step.by.sum(), 1)  # nothing on eliminated actions
            gain = weights @ table - table[row]
            np.testing.assert_allclose(
                [step.margin, step.best], [gain.min(), gain.max()], atol=1e-12
            )
            assert step.margin > 0 if strict else step.margin > -1e-10 < step.best
            gone.append((step.player, step.action))
        for player, action in gone:
            kept[player].remove(action)
    assert left.kept == tuple(map(tuple, kept))


class TestClosedForms:
    def test_a_dilemma_is_solved_in_one_round(self):
        left = iterated_dominance(bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]]))
        assert left.kept == ((1,), (1,))
        assert left.reduced.payoffs.ravel().tolist() == [1, 1]
        assert [step.round for step in left.eliminations] == [1, 1]
        assert [step.margin for step in left.eliminations] == [1, 1]
        assert [step.best for step in left.eliminations] == [2, 2]

    def test_halving_takes_a_round_for_each_power_of_two(self):
        left = iterated_dominance(meet_half_way(9))
        assert left.kept == ((0, 1), (0, 1))  # against 1, 0 and 1 are equally far from 1/2
        assert [step.round for step in left.eliminations] == [1] * 8 + [2] * 4 + [3] * 2
        assert iterated_dominance(meet_half_way(9), strict=False).kept == ((0,), (0,))

    def test_an_action_that_only_a_mixture_beats(self):
        game = bimatrix([[3, 0], [0, 3], [1, 1]], np.zeros((3, 2)))
        assert iterated_dominance(game, mixed=False).kept == ((0, 1, 2), (0, 1))
        left = iterated_dominance(game)
        assert left.kept == ((0, 1), (0, 1))
        (step,) = left.eliminations
        assert (step.round, step.player, step.action) == (1, 0, 2)
        np.testing.assert_allclose(step.by, [0.5, 0.5, 0], atol=1e-9)
        np.testing.assert_allclose(step.margin, 0.5, atol=1e-9)

    def test_a_mixture_may_dominate_weakly(self):
        rows = [[4, 0, 1], [0, 4, 1], [2, 2, 0]]
        game = bimatrix(rows, np.zeros((3, 3)))
        assert iterated_dominance(game).kept[0] == (0, 1, 2)
        assert iterated_dominance(game, strict=False, mixed=False).kept[0] == (0, 1, 2)
        left = iterated_dominance(game, strict=False)
        assert left.kept[0] == (0, 1)
        np.testing.assert_allclose(left.eliminations[0].by, [0.5, 0.5, 0], atol=1e-9)
        assert left.eliminations[0].margin == pytest.approx(0, abs=1e-9)
        assert left.eliminations[0].best == pytest.approx(1)

    def test_a_mixture_may_dominate_a_best_reply_weakly(self):
        # Against the last two columns the third row is as good as any.
        rows = [[4, 0, 1, 2], [0, 4, 1, 2], [2, 2, 1, 1]]
        left = iterated_dominance(bimatrix(rows, np.zeros((3, 4))), strict=False)
        assert left.kept[0] == (0, 1)
        assert iterated_dominance(bimatrix(rows, np.zeros((3, 4)))).kept[0] == (0, 1, 2)

    def test_a_round_of_weak_dominance_takes_all_at_once(self):
        # The mixture of rows beats the third; one column is never worse than another.
        rows = [[4, 0, 1], [0, 4, 1], [2, 2, 0]]
        columns = [[1, 1, 1], [1, 1, 0], [1, 0, 0]]
        left = iterated_dominance(bimatrix(rows, columns), strict=False)
        first = [(s.player, s.action) for s in left.eliminations if s.round == 1]
        assert first == [(0, 2), (1, 1), (1, 2)]

    def test_strict_dominance_tries_pure_strategies_first(self):
        rows = [[3, 0], [0, 3], [1, 1]]
        columns = [[1, 0], [1, 0], [1, 0]]
        left = iterated_dominance(bimatrix(rows, columns))
        assert [(s.round, s.player, s.action) for s in left.eliminations] == [
            (1, 1, 1),
            (2, 0, 1),
            (2, 0, 2),
        ]

    def test_the_middle_of_three_is_kept_if_some_belief_favours_it(self):
        left = iterated_dominance(bimatrix([[3, 0], [0, 3], [2, 2]], np.zeros((3, 2))))
        assert left.kept[0] == (0, 1, 2)

    def test_equal_actions_are_kept(self):
        for strict in (True, False):
            left = iterated_dominance(bimatrix([[1, 2], [1, 2]], [[0, 0], [0, 0]]), strict=strict)
            assert left.kept == ((0, 1), (0, 1))
            assert not left.eliminations

    def test_weak_dominance_can_lose_an_equilibrium(self):
        game = bimatrix([[1, 0], [0, 0]], [[1, 0], [0, 0]])
        assert iterated_dominance(game, strict=False).kept == ((0,), (0,))
        assert gt.exploitability(game, ([0, 1], [0, 1])) == 0

    def test_three_players(self):
        rng = np.random.default_rng(0)
        payoffs = rng.uniform(size=(3, 2, 3, 2))
        payoffs[0, 1] += 2  # the first player's second action dominates,
        payoffs[2, 1, :, 0] += 3  # and once it is played, the third's first
        payoffs[2, 0, :, 1] += 3
        left = iterated_dominance(gt.NormalFormGame(payoffs))
        assert left.kept[0] == (1,)
        assert left.kept[2] == (0,)
        assert left.kept[1] == (int(payoffs[1, 1, :, 0].argmax()),)

    def test_one_player_keeps_its_best_actions(self):
        assert iterated_dominance(gt.NormalFormGame([[1.0, 3.0, 3.0, 2.0]], 1)).kept == ((1, 2),)


class TestIndependentRoutes:
    @given(games(max_players=3, max_actions=4))
    def test_what_is_left_is_rationalizable(self, game):
        assert iterated_dominance(game).kept == rationalizable(game)

    @given(games(max_players=3, max_actions=4), st.booleans())
    def test_pure_dominance_equals_comparing_one_by_one(self, game, strict):
        left = iterated_dominance(game, strict=strict, mixed=False)
        assert left.kept == literally_reduced(game, strict)

    @given(games(max_players=3, max_actions=4), st.booleans())
    def test_every_certificate_holds(self, game, strict):
        check_certificates(game, strict)

    @pytest.mark.parametrize("strict", [True, False])
    def test_certificates_count_actions_in_the_original_game(self, strict):
        late = gt.NormalFormGame(meet_half_way(9).payoffs[:, ::-1, ::-1])  # the first ones go first
        check_certificates(late, strict)

    @pytest.mark.parametrize("seed", range(20))
    def test_equilibria_of_the_reduced_game_are_those_of_the_game(self, seed):
        payoffs = np.random.default_rng(seed).uniform(size=(2, 4, 5))
        game = gt.NormalFormGame(payoffs)
        left = iterated_dominance(game)
        lifted = [left.lift(profile) for profile in support_enumeration(left.reduced).equilibria]
        expected = support_enumeration(game).equilibria
        assert len(lifted) == len(expected)
        for profile in lifted:
            assert gt.exploitability(game, profile) < 1e-12
            off = [max(np.abs(a - b).max() for a, b in zip(profile, e, strict=True))
                   for e in expected]  # fmt: skip
            assert min(off) < 1e-9

    @given(games(max_players=2, max_actions=4).filter(lambda game: game.num_players == 2))
    def test_weak_dominance_gains_no_equilibria(self, game):
        left = iterated_dominance(game, strict=False)
        found = support_enumeration(left.reduced).equilibria
        assert found
        for profile in found:
            assert gt.exploitability(game, left.lift(profile)) < 1e-12


class TestInvariances:
    @given(games(max_players=3), positive_scales(), st.booleans())
    def test_each_players_own_scale_and_shift(self, game, scale, strict):
        factors = np.array([scale, 1.0, 3 / scale])[: game.num_players]
        shape = (-1, *(1 for _ in game.num_actions))
        payoffs = game.payoffs * factors.reshape(shape) + (7 * factors).reshape(shape)
        moved = gt.NormalFormGame(payoffs, game.num_players)
        before = iterated_dominance(game, strict=strict)
        after = iterated_dominance(moved, strict=strict)
        assert before.kept == after.kept
        margins = [step.margin * factors[step.player] for step in before.eliminations]
        np.testing.assert_allclose(
            [step.margin for step in after.eliminations],
            margins,
            rtol=1e-6,
            atol=1e-9 * max(factors),
        )

    @given(games(max_players=3), st.randoms(use_true_random=False), st.booleans())
    def test_renamed_actions_and_players(self, game, random, strict):
        orders = [random.sample(range(a), a) for a in game.num_actions]
        players = random.sample(range(game.num_players), game.num_players)
        payoffs = game.payoffs[(slice(None), *np.ix_(*orders))]
        payoffs = payoffs[players].transpose(0, *(1 + np.array(players)))
        after = iterated_dominance(gt.NormalFormGame(payoffs, game.num_players), strict=strict)
        before = iterated_dominance(game, strict=strict)
        for new, old in enumerate(players):
            assert {orders[old][k] for k in after.kept[new]} == set(before.kept[old])

    def test_the_game_is_left_as_it_was(self):
        game = meet_half_way(5)
        before = game.payoffs.copy()
        iterated_dominance(game)
        np.testing.assert_array_equal(game.payoffs, before)


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_near_ties_are_kept(strict, scale):
    near = scale * np.array([[1.0, 0.0], [1.0 - 1e-10, -1e-10]])
    assert iterated_dominance(bimatrix(near, np.zeros((2, 2))), strict=strict).kept[0] == (0, 1)
    clear = scale * np.array([[1.0, 0.0], [1.0 - 1e-8, -1e-8]])
    assert iterated_dominance(bimatrix(clear, np.zeros((2, 2))), strict=strict).kept[0] == (0,)


def test_a_slightly_harmful_action_does_not_dominate_weakly():
    rows = [[5.0, 0.0], [0.0, 1e-8]]
    assert iterated_dominance(bimatrix(rows, np.zeros((2, 2))), strict=False).kept[0] == (0, 1)


class TestReports:
    def test_repr_and_frame(self):
        left = iterated_dominance(bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]]))
        assert repr(left) == (
            "Reduction(2x2 to 1x1 actions, 2 eliminated by strict dominance in 1 round)"
        )
        frame = left.to_frame()
        assert frame["player"].tolist() == [0, 1]
        assert frame["by"].tolist() == [[0, 1], [0, 1]]
        nothing = iterated_dominance(bimatrix([[1]], [[1]]), strict=False)
        assert repr(nothing) == (
            "Reduction(1x1 to 1x1 actions, 0 eliminated by weak dominance in 0 rounds)"
        )
        assert nothing.to_frame().columns.tolist() == frame.columns.tolist()

    def test_a_batch_is_refused(self):
        with pytest.raises(ValueError, match=r"`game` must be a single game; got a batch of .*3"):
            iterated_dominance(gt.random_2x2("any", size=3, rng=0))

    @pytest.mark.parametrize(
        ("profile", "message"),
        [
            (([1.0],), "`profile` must hold 2 strategies; got 1"),
            (([1.0], [0.5, 0.5]), r"`profile\[1\]` must have shape \(1,\).*got \(2,\)"),
        ],
    )
    def test_a_profile_that_does_not_fit_is_refused(self, profile, message):
        left = iterated_dominance(bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]]))
        with pytest.raises(ValueError, match=message):
            left.lift(profile)
