import itertools
import json
from pathlib import Path

import nashpy
import numpy as np
import pytest
from game_strategies import games, generic_games_2x2, positive_scales
from hypothesis import given, settings
from slow_references import all_small_games

import gametools as gt
from gametools.equilibria import support as module
from gametools.equilibria.result import SolveStatus
from gametools.equilibria.support import support_enumeration
from gametools.equilibria.vertex import vertex_enumeration

DATA = Path(__file__).parents[1] / "data" / "equilibria_by_gambit.json"
REFERENCE = [case for case in json.loads(DATA.read_text()) if len(case["shape"]) == 2]


def bimatrix(row, column):
    return gt.NormalFormGame.from_bimatrix(row, column)


def vectors(profiles):
    return np.array([np.concatenate(profile) for profile in profiles])


def assert_same_set(found, expected, atol=1e-9):
    """Two lists of profiles hold the same ones in any order; the second may repeat itself."""
    found, expected = vectors(found), vectors(expected)
    off = np.abs(found[:, None] - expected[None]).max(axis=-1)
    assert off.min(axis=0).max() < atol, "missing"
    assert off.min(axis=1).max() < atol, "spurious"
    apart = np.abs(found[:, None] - found[None]).max(axis=-1) + np.eye(len(found))
    assert apart.min() > atol, "listed twice"


class TestAgainstReferences:
    @pytest.mark.parametrize("case", REFERENCE, ids=lambda c: f"{c['kind']} {c['shape']}")
    def test_sets_of_an_exact_solver(self, case):
        game = gt.NormalFormGame(case["payoffs"], 2)
        found = support_enumeration(game)
        expected = [[np.array(s) for s in profile] for profile in case["equilibria"]]
        assert_same_set(found.equilibria, expected)
        assert found.exploitability.max() < 1e-12 * game.payoff_range()
        if case["kind"] == "generic":
            assert found.complete
            assert found.status == SolveStatus.COMPLETE
            assert len(found.equilibria) % 2 == 1

    def test_all_2x2_games_with_payoffs_0_1_2(self):
        every = all_small_games()
        known = gt.solve_2x2(every)
        for k in range(0, len(every.payoffs), 20):
            found = support_enumeration(every[k])
            first = np.array([[s[0] for s in profile] for profile in found.equilibria])
            expected = known.equilibria[k, : known.counts[k]]
            assert sorted(first.round(9).tolist()) == sorted(expected.round(9).tolist())
            assert found.complete == (not known.degenerate[k])

    @settings(max_examples=25)
    @given(games(max_players=2, max_actions=4).filter(lambda game: game.num_players == 2))
    def test_exact_vertex_enumeration(self, game):
        exact = vertex_enumeration(game, exact=True)
        found = support_enumeration(game)
        assert_same_set(found.equilibria, exact.equilibria)
        assert not found.complete or all(len(part) == 1 for part in exact.components)

    @pytest.mark.parametrize("seed", range(40))
    def test_small_integers_as_exact_vertex_enumeration(self, seed):
        rng = np.random.default_rng(seed)
        game = gt.NormalFormGame(rng.integers(0, 3, (2, *rng.integers(2, 5, 2))), 2)
        exact = vertex_enumeration(game, exact=True)
        found = support_enumeration(game)
        assert_same_set(found.equilibria, exact.equilibria)
        assert not found.complete or all(len(part) == 1 for part in exact.components)

    @settings(max_examples=20)
    @given(generic_games_2x2())
    def test_a_peer_on_2x2_games(self, game):
        peer = list(nashpy.Game(*game.payoffs).support_enumeration())
        assert_same_set(support_enumeration(game).equilibria, peer)


class TestRandomGames:
    @pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
    @pytest.mark.parametrize("size", [(2, 2), (3, 3), (2, 4), (4, 4)])
    def test_odd_counts_proved_complete(self, size, scale):
        rng = np.random.default_rng(int(np.prod(size)))
        for draw in (rng.normal, rng.uniform):
            for _ in range(10):
                game = gt.NormalFormGame(scale * draw(size=(2, *size)))
                found = support_enumeration(game)
                assert found.complete
                assert len(found.equilibria) % 2 == 1
                assert found.exploitability.max() < 1e-12 * scale
                assert found.details["margin"] > module.MARGIN

    @pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
    @pytest.mark.parametrize("seed", range(5))
    def test_invariances(self, seed, scale):
        rng = np.random.default_rng(seed)
        row, column = rng.normal(size=(2, 4, 5))
        before = support_enumeration(bimatrix(row, column)).equilibria
        moved = bimatrix(
            scale * (row + rng.normal(size=(1, 5))), (column + rng.normal(size=(4, 1))) / scale
        )
        assert_same_set(support_enumeration(moved).equilibria, before)
        swapped = support_enumeration(bimatrix(column.T, row.T)).equilibria
        assert_same_set([profile[::-1] for profile in swapped], before)
        order, other = rng.permutation(4), rng.permutation(5)
        renamed = bimatrix(row[order][:, other], column[order][:, other])
        expected = [(x[order], y[other]) for x, y in before]
        assert_same_set(support_enumeration(renamed).equilibria, expected)


class TestUnequalSupports:
    def test_a_tie_makes_a_segment_of_equilibria(self):
        # The column player is indifferent against the first row; the row player wants the first
        # row as long as the first column has at least a quarter.
        game = bimatrix([[3, 0], [0, 1]], [[1, 1], [0, 0]])
        found = support_enumeration(game)
        assert_same_set(
            found.equilibria,
            [([1, 0], [1, 0]), ([1, 0], [0.25, 0.75]), ([0, 1], [0.25, 0.75]), ([0, 1], [0, 1])],
        )
        assert ((0,), (0, 1)) in found.supports()
        assert not found.complete
        assert found.status == SolveStatus.SOME
        assert "degenerate within tolerance" in found.note

    def test_near_ties_are_not_called_complete(self):
        for off, complete in ((0.0, False), (1e-13, False), (1e-8, True)):
            found = support_enumeration(bimatrix([[3, 0], [0, 1]], [[1, 1 - off], [0, 1]]))
            assert found.complete == complete

    def test_everything_is_an_equilibrium_of_a_constant_game(self):
        found = support_enumeration(bimatrix(np.full((3, 2), 0.1), np.full((3, 2), 7)))
        assert len(found.equilibria) == 6
        assert not found.complete

    @pytest.mark.parametrize(
        "row",
        [
            # The middle row is the mean of its neighbours plus 1/2: they never earn the same.
            [[4.0, 0.0, 1.0], [3.5, 2.5, 4.0], [2.0, 4.0, 6.0]],
            # It is their mean, and they can earn the same; but then the last row earns more.
            [[4.0, 0.0, 1.0], [3.0, 2.0, 3.5], [2.0, 4.0, 6.0], [3.3, 3.3, 3.3]],
        ],
    )
    def test_singular_equations_need_not_be_a_degeneracy(self, row, monkeypatch):
        looked_at = []
        look = module._no_solution
        monkeypatch.setattr(module, "_no_solution", lambda e: looked_at.append(e) or look(e))
        column = [[0.0, 2, 1], [5, 0, 3], [1, 4, 0], [2, 2.5, 0.5]][: len(row)]
        game = bimatrix(row, column)
        exact = vertex_enumeration(game)
        assert exact.exact is None  # floating point proved it nondegenerate
        found = support_enumeration(game)
        assert looked_at
        assert_same_set(found.equilibria, exact.equilibria)
        assert found.complete

    @pytest.mark.parametrize("off", [0.0, 1e-15, 1e-12, -1e-12])
    def test_nearly_singular_equations_with_a_solution_are(self, off):
        row = np.array([[4.0, 0.0, 1.0], [3.0, 2.0, 3.5], [2.0, 4.0, 6.0]])
        row[1] += [0.0, off, 0.0]
        found = support_enumeration(bimatrix(row, [[0.0, 2, 1], [5, 0, 3], [1, 4, 0]]))
        assert not found.complete

    def test_an_action_for_one_player(self):
        found = support_enumeration(bimatrix([[1, 2, 3]], [[5, 5, 4]]))
        assert_same_set(found.equilibria, [([1], [1, 0, 0]), ([1], [0, 1, 0])])


class TestReports:
    def test_the_budget_stops_between_blocks(self, monkeypatch):
        answers = itertools.chain([False, False], itertools.repeat(True))
        monkeypatch.setattr(module.Budget, "spent", lambda self: next(answers))
        game = gt.NormalFormGame(np.random.default_rng(6).normal(size=(2, 30, 30)))
        found = support_enumeration(game, seconds=5)
        assert found.status == SolveStatus.BUDGET
        assert not found.complete
        assert found.details["pairs"] == 900 + 256**2
        assert "stopped by the budget" in found.note
        assert all(len(s) <= 2 for profile in found.supports() for s in profile)

    def test_counts_of_work(self):
        found = support_enumeration(
            gt.NormalFormGame(np.random.default_rng(0).normal(size=(2, 4, 4)))
        )
        assert found.details["pairs"] == 69  # (8 choose 4) - 1
        assert found.details["solved"] < 2 * 69
        assert found.method == "support"

    def test_the_game_is_left_as_it_was(self):
        game = bimatrix([[3, 0], [0, 2]], [[2, 0], [0, 3]])
        before = game.payoffs.copy()
        support_enumeration(game)
        np.testing.assert_array_equal(game.payoffs, before)

    def test_batches_and_other_numbers_of_players_are_refused(self):
        with pytest.raises(ValueError, match="`game` must be a single game"):
            support_enumeration(gt.random_2x2("any", size=3, rng=0))
        with pytest.raises(ValueError, match="`game` must have 2 players; got 3"):
            support_enumeration(gt.NormalFormGame(np.zeros((3, 2, 2, 2))))
        with pytest.raises(ValueError, match="`seconds` must be positive"):
            support_enumeration(bimatrix([[1]], [[1]]), seconds=0)


@settings(max_examples=20)
@given(games(max_players=2, max_actions=3).filter(lambda g: g.num_players == 2), positive_scales())
def test_degenerate_games_at_any_scale(game, scale):
    before = support_enumeration(game)
    after = support_enumeration(gt.NormalFormGame(scale * game.payoffs + 7 * scale, 2))
    assert_same_set(after.equilibria, before.equilibria)
    assert before.complete == after.complete
