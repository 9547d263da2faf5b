from fractions import Fraction

import nashpy
import numpy as np
import pytest
from game_strategies import games, generic_games_2x2
from hypothesis import given
from hypothesis import strategies as st
from long_paths import long_path_game, path_length

import gametools as gt
from gametools.equilibria import lemke_howson as module
from gametools.equilibria.lemke_howson import lemke_howson, lemke_howson_all_labels
from gametools.equilibria.pivoting import ExactTableau, FloatTableau, PivotError, positive_integers
from gametools.equilibria.result import SolveStatus
from gametools.equilibria.support import support_enumeration


def bimatrix(row, column):
    return gt.NormalFormGame.from_bimatrix(row, column)


PENNIES = bimatrix([[2, 0], [0, 1]], [[0, 1], [1, 0]])
# Figure 3 of Shapley (1974): two of its three equilibria are joined by a path for every label.
SHAPLEY = bimatrix([[0, 3, 0], [2, 2, 0], [3, 0, 1]], [[0, 2, 3], [3, 2, 0], [0, 0, 1]])
# nashpy 0.0.43 pivots for ever on this game, from label 5.
ENDLESS = bimatrix(
    [[-3, -3, -1, 2], [6, -7, 7, 10], [4, 5, 7, -3], [-3, 9, -8, 4]],
    [[6, -4, -3, 9], [-6, -4, 4, -4], [5, -10, -3, 4], [9, -8, 1, -9]],
)


def two_player_games(largest_side=5):
    return games(max_players=2, max_actions=largest_side).filter(lambda g: g.num_players == 2)


def exact_gains(game, profile):
    """What each player could still gain at an exact profile of an integer game, in fractions."""
    row, column = ([[Fraction(int(v)) for v in line] for line in own] for own in game.payoffs)
    x, y = profile
    by_row = [sum(a * q for a, q in zip(line, y, strict=True)) for line in row]
    by_column = [sum(p * line[j] for p, line in zip(x, column, strict=True)) for j in range(len(y))]
    return (
        max(by_row) - sum(p * v for p, v in zip(x, by_row, strict=True)),
        max(by_column) - sum(q * v for q, v in zip(y, by_column, strict=True)),
    )


class TestKnownPaths:
    def test_pennies_by_hand(self):
        # From label 0: row 0 -> column 1 -> row 1 -> column 0, and its label comes back.
        found = lemke_howson(PENNIES, exact=True)
        assert found.details == {"label": 0, "pivots": 4, "exact": True}
        half, third = Fraction(1, 2), Fraction(1, 3)
        assert found.exact == [((half, half), (third, 2 * third))]

    def test_a_dominant_action_needs_two_pivots(self):
        dilemma = bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]])
        assert [lemke_howson(dilemma, label=k).details["pivots"] for k in (1, 3)] == [2, 2]
        for k in range(4):
            assert lemke_howson(dilemma, label=k).supports() == [((1,), (1,))]

    def test_labels_lead_to_the_equilibria_they_should(self):
        battle = bimatrix([[3, 0], [0, 2]], [[2, 0], [0, 3]])
        found = lemke_howson_all_labels(battle)
        assert found.supports() == [((0,), (0,)), ((1,), (1,))]
        assert found.details["equilibrium"] == {0: 0, 1: 1, 2: 0, 3: 1}
        assert found.details["pivots"] == dict.fromkeys(range(4), 2)
        assert not found.complete
        assert found.status == SolveStatus.SOME

    @pytest.mark.parametrize("exact", [False, True])
    def test_two_equilibria_of_shapleys_game_are_out_of_reach(self, exact):
        assert len(support_enumeration(SHAPLEY).equilibria) == 3
        found = lemke_howson_all_labels(SHAPLEY, exact=exact)
        assert found.supports() == [((2,), (2,))]
        assert set(found.details["equilibrium"].values()) == {0}
        assert not found.complete
        assert (found.exact is not None) == exact

    @pytest.mark.parametrize("d", [2, 4, 6, 8])
    def test_long_paths_have_the_length_that_combinatorics_gives(self, d):
        game = long_path_game(d)
        lengths = [path_length(d, label) for label in range(1, 2 * d + 1)]
        found = lemke_howson_all_labels(game)
        assert list(found.details["pivots"].values()) == lengths
        assert found.supports() == [(tuple(range(d)), tuple(range(d)))]
        longest = lemke_howson(game, exact=True)
        assert longest.details["pivots"] == lengths[0] == {2: 4, 4: 20, 6: 88, 8: 376}[d]

    def test_integers_take_over_where_floating_point_fails(self):
        found = lemke_howson(long_path_game(10))
        assert found.details == {"label": 0, "pivots": 1596, "exact": True}
        assert found.exact is not None
        assert path_length(10, 1) == 1596

    def test_if_one_path_needs_integers_all_are_walked_in_them(self):
        game = long_path_game(10)
        assert not lemke_howson(game, label=5).details["exact"]
        found = lemke_howson_all_labels(game)
        assert len(found.equilibria) == len(found.exact) == 1
        assert set(found.details["equilibrium"].values()) == {0}
        lengths = [path_length(10, label) for label in range(1, 21)]
        assert list(found.details["pivots"].values()) == lengths


class TestIndependentRoutes:
    @given(generic_games_2x2(), st.integers(0, 3))
    def test_a_peer_walks_the_same_paths(self, game, label):
        expected = nashpy.Game(*game.payoffs).lemke_howson(initial_dropped_label=label)
        for a, b in zip(lemke_howson(game, label=label).equilibria[0], expected, strict=True):
            np.testing.assert_allclose(a, b, atol=1e-9)

    @given(two_player_games(), st.data())
    def test_integers_and_floats_take_the_same_path_to_an_equilibrium(self, game, data):
        label = data.draw(st.integers(0, sum(game.num_actions) - 1))
        whole = lemke_howson(game, label=label, exact=True)
        floats = lemke_howson(game, label=label)
        assert exact_gains(game, whole.exact[0]) == (0, 0)
        assert all(sum(strategy) == 1 for strategy in whole.exact[0])
        assert min(p for strategy in whole.exact[0] for p in strategy) >= 0
        for a, b in zip(whole.equilibria[0], floats.equilibria[0], strict=True):
            np.testing.assert_allclose(a, b, atol=1e-9)
        assert whole.details["pivots"] == floats.details["pivots"]
        assert not floats.details["exact"]

    @pytest.mark.parametrize("seed", range(10))
    def test_what_it_finds_is_among_all_equilibria(self, seed):
        game = gt.NormalFormGame(np.random.default_rng(seed).normal(size=(2, 4, 5)))
        every = support_enumeration(game)
        assert every.complete
        for profile in lemke_howson_all_labels(game).equilibria:
            off = [max(np.abs(a - b).max() for a, b in zip(profile, e, strict=True))
                   for e in every.equilibria]  # fmt: skip
            assert min(off) < 1e-9


class TestDegenerateGames:
    @pytest.mark.parametrize("exact", [False, True])
    def test_small_integers_never_cycle(self, exact):
        rng = np.random.default_rng(0)
        for _ in range(60):
            m, n = rng.integers(1, 6, 2)
            game = gt.NormalFormGame(rng.integers(0, 3, (2, m, n)), 2)
            for label in range(m + n):
                found = lemke_howson(game, label=label, exact=exact)
                assert found.exploitability[0] < 1e-12
                assert found.details["pivots"] < 100

    def test_a_game_without_any_differences(self):
        for label in range(5):
            found = lemke_howson(bimatrix(np.full((2, 3), 0.1), np.full((2, 3), 7)), label=label)
            assert found.details["pivots"] <= 5
            assert len(found.equilibria) == 1

    def test_ours_ends_where_a_peer_pivots_for_ever(self, monkeypatch):
        steps = []

        class EndlessError(Exception):
            pass

        tableau = type(nashpy.algorithms.lemke_howson.create_col_tableau(np.eye(2), True))
        pivot = tableau.pivot_and_drop_label

        def counted(self, label):
            steps.append(label)
            if len(steps) > 2000:
                raise EndlessError
            return pivot(self, label)

        monkeypatch.setattr(tableau, "pivot_and_drop_label", counted)
        with np.errstate(all="ignore"), pytest.raises(EndlessError):
            nashpy.Game(*ENDLESS.payoffs).lemke_howson(initial_dropped_label=5)
        assert len(steps) > 2000
        for label in range(8):
            found = lemke_howson(ENDLESS, label=label)
            assert found.details["pivots"] < 30
            assert found.exploitability[0] < 1e-12


class TestInvariances:
    @pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
    @pytest.mark.parametrize("seed", range(5))
    def test_each_players_own_scale_and_shift(self, seed, scale):
        row, column = np.random.default_rng(seed).normal(size=(2, 5, 4))
        before = lemke_howson_all_labels(bimatrix(row, column))
        after = lemke_howson_all_labels(bimatrix(scale * (row + 3), (column - 8) / scale))
        assert before.details == after.details
        for one, other in zip(before.equilibria, after.equilibria, strict=True):
            for a, b in zip(one, other, strict=True):
                np.testing.assert_allclose(a, b, atol=1e-9)

    @pytest.mark.parametrize("seed", range(10))
    def test_swapped_players_and_renamed_actions(self, seed):
        rng = np.random.default_rng(seed)
        row, column = rng.normal(size=(2, 4, 5))
        order = rng.permutation(4)
        before = lemke_howson_all_labels(bimatrix(row, column)).details["pivots"]
        swapped = lemke_howson_all_labels(bimatrix(column.T, row.T)).details["pivots"]
        assert [swapped[k] for k in (5, 6, 7, 8, 0, 1, 2, 3, 4)] == list(before.values())
        renamed = lemke_howson_all_labels(bimatrix(row[order], column[order])).details["pivots"]
        assert [renamed[k] for k in range(4)] == [before[int(k)] for k in order]

    def test_the_game_is_left_as_it_was(self):
        before = SHAPLEY.payoffs.copy()
        lemke_howson(SHAPLEY)
        lemke_howson(SHAPLEY, exact=True)
        np.testing.assert_array_equal(SHAPLEY.payoffs, before)


class TestBudgets:
    @pytest.mark.parametrize("exact", [False, True])
    def test_pivots(self, exact):
        found = lemke_howson(long_path_game(6), max_pivots=40, exact=exact)
        assert found.status == SolveStatus.BUDGET
        assert not found.equilibria
        assert found.details["pivots"] == 40
        assert "stopped after 40 pivots" in found.note
        assert lemke_howson(long_path_game(6), max_pivots=88, exact=exact).equilibria

    def test_some_labels_may_get_there(self):
        found = lemke_howson_all_labels(long_path_game(6), max_pivots=40)
        assert found.status == SolveStatus.BUDGET
        assert len(found.equilibria) == 1
        assert [k for k, e in found.details["equilibrium"].items() if e < 0] == [0, 5]

    def test_seconds(self, monkeypatch):
        monkeypatch.setattr(module.Budget, "spent", lambda self: True)
        found = lemke_howson(long_path_game(4))
        assert found.status == SolveStatus.BUDGET
        assert found.details["pivots"] == 1

    @pytest.mark.parametrize("seed", range(5))
    def test_a_large_game_ends(self, seed):
        game = gt.NormalFormGame(np.random.default_rng(seed).uniform(size=(2, 30, 30)))
        found = lemke_howson(game, label=seed)
        assert found.equilibria or found.status == SolveStatus.BUDGET
        assert found.exploitability.max(initial=0) < 1e-12


class TestReports:
    def test_lost_floats_are_replaced_by_integers(self, monkeypatch):
        def lost(self, label):
            raise PivotError("lost")

        monkeypatch.setattr(FloatTableau, "enter", lost)
        found = lemke_howson(PENNIES)
        assert found.details["exact"]
        assert found.exact[0][1] == (Fraction(1, 3), Fraction(2, 3))

    def test_a_float_path_that_returns_is_replaced_by_integers(self, monkeypatch):
        # Swapping two variables in and out of the basis for ever.
        def swap(self, label):
            leaving, self.basis[0] = self.basis[0], label
            return leaving if leaving != 0 else self.basis[-1]

        monkeypatch.setattr(FloatTableau, "enter", swap)
        assert lemke_howson(long_path_game(4)).details == {
            "label": 0,
            "pivots": 20,
            "exact": True,
        }

    def test_wrong_floats_fail_the_certificate(self, monkeypatch):
        monkeypatch.setattr(FloatTableau, "solution", lambda self: [1.0, 0.0])
        found = lemke_howson(PENNIES)
        assert found.details["exact"]
        np.testing.assert_allclose(found.equilibria[0][1], [1 / 3, 2 / 3])

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"label": 4}, "`label` must be below 4, the number of actions; got 4"),
            ({"label": -1}, "`label` must be at least 0"),
            ({"max_pivots": 0}, "`max_pivots` must be at least 1"),
            ({"seconds": -1}, "`seconds` must be positive"),
        ],
    )
    def test_options_out_of_range_are_refused(self, options, message):
        with pytest.raises(ValueError, match=message):
            lemke_howson(PENNIES, **options)

    def test_batches_and_other_numbers_of_players_are_refused(self):
        for solver in (lemke_howson, lemke_howson_all_labels):
            with pytest.raises(ValueError, match="`game` must be a single game"):
                solver(gt.random_2x2("any", size=3, rng=0))
            with pytest.raises(ValueError, match="`game` must have 2 players; got 3"):
                solver(gt.NormalFormGame(np.zeros((3, 2, 2, 2))))


class TestTableaux:
    """Both kinds, on the same polytopes."""

    @given(st.integers(0, 2**32 - 1))
    def test_they_pivot_alike(self, seed):
        rng = np.random.default_rng(seed)
        whole = rng.integers(1, 50, (4, 3))
        exact = ExactTableau(whole.astype(object), range(3), range(3, 7))
        floats = FloatTableau(whole / 50, range(3), range(3, 7))
        for _ in range(8):
            outside = sorted(set(range(7)) - set(exact.basis))
            label = int(rng.choice(outside))
            assert exact.enter(label) == floats.enter(label)
            assert exact.basis == floats.basis

    def test_two_hundred_pivots_later_they_still_do(self):
        rng = np.random.default_rng(0)
        whole = rng.integers(1, 10**6, (8, 8))
        exact = ExactTableau(whole.astype(object), range(8), range(8, 16))
        floats = FloatTableau(whole / 10**6, range(8), range(8, 16))
        for _ in range(200):
            label = int(rng.choice(sorted(set(range(16)) - set(exact.basis))))
            assert exact.enter(label) == floats.enter(label)
        np.testing.assert_allclose(floats.solution(), [float(p) for p in exact.solution()])

    def test_payoffs_are_read_as_the_simplest_fractions(self):
        table = positive_integers(np.array([[1 / 3, 0.1], [2 / 3, 0.0]]))  # thirtieths, plus 1
        assert table.tolist() == [[11, 4], [21, 1]]
        assert all(type(value) is int for value in table.ravel())
