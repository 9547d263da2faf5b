import functools
import itertools
import json
import time
from pathlib import Path

import numpy as np
import pytest
from equilibrium_sets import (
    assert_contains,
    assert_proved,
    assert_same_set,
    distances,
    random_game,
    solved,
)
from n_player_games import anonymous_game, permute_actions, permute_players, rescale
from reference_files import FOLDER

import gametools as gt
from gametools.equilibria import support_search
from gametools.equilibria.result import SolveStatus
from gametools.equilibria.vertex import vertex_enumeration

DATA = Path(__file__).parents[1] / "data" / "equilibria_by_gambit.json"
REFERENCE = [
    case
    for case in json.loads(DATA.read_text())
    if len(case["shape"]) > 2 or case["kind"] == "generic"
]
EXPECTED = FOLDER / "expected.json"
COUNTS = json.loads(EXPECTED.read_text()) if EXPECTED.exists() else {}
MANY = [name for name in ("2x2x2", "2x2x2x2", "g3", "3x3x3", "nau2004_sec4") if name in COUNTS]


@functools.cache
def public(name):
    """A public test game and what the solver finds."""
    game = gt.read_game(FOLDER / f"{name}.nfg")
    return game, solved(game)


class TestClosedForms:
    @pytest.mark.parametrize(
        ("cost", "players"), [(0.3, 3), (0.8, 3), (0.3, 4), (0.8, 4), (0.8, 5)]
    )
    def test_volunteers_dilemma(self, players, cost):
        """Any group may be the one that mixes: k of them stay home with cost ** (1 / (k - 1))."""

        def payoff(player, action, share):
            del player
            return float(share > 0 or action == 0) - cost * (action == 0)

        found = solved(anonymous_game(players, payoff))
        expected = []
        for k in range(1, players + 1):
            home = cost ** (1 / (k - 1)) if k > 1 else 0.0
            for group in itertools.combinations(range(players), k):
                stay = [home if i in group else 1.0 for i in range(players)]
                expected.append([np.array([1 - s, s]) for s in stay])
        assert_same_set(found.equilibria, expected, atol=1e-14)
        assert found.complete

    def test_three_player_matching_pennies_has_only_the_middle(self):
        payoffs = np.zeros((3, 2, 2, 2))
        for a, b, c in itertools.product((0, 1), repeat=3):
            payoffs[:, a, b, c] = [a == b, b == c, c != a]
        found = solved(gt.NormalFormGame(payoffs))
        assert_same_set(found.equilibria, [[np.full(2, 0.5)] * 3], atol=1e-15)
        assert found.complete

    @pytest.mark.skipif(not MANY, reason="the public test games are not here")
    def test_the_irrational_equilibrium(self):
        q = (np.sqrt(601) - 13) / 24
        p, r = (9 * q - 1) / (7 * q + 2), (2 - 3 * q) / (q + 1)
        _, found = public("nau2004_sec4")
        assert_same_set(found.equilibria, [[np.array([s, 1 - s]) for s in (p, q, r)]], atol=1e-15)
        assert found.complete


class TestReferences:
    @pytest.mark.skipif(not MANY, reason="the public test games are not here")
    @pytest.mark.parametrize("name", MANY)
    def test_public_games(self, name):
        game, found = public(name)
        assert_proved(game, found)
        assert len(found.equilibria) == COUNTS[name]["equilibria"]
        pure = sum(all(len(own) == 1 for own in support) for support in found.supports())
        assert pure == COUNTS[name].get("pure", pure)

    @pytest.mark.skipif(not MANY, reason="the public test games are not here")
    def test_two_equilibria_that_a_well_known_solver_misses(self):
        _, found = public("g3")
        first = np.array([[s[0] for s in profile] for profile in found.equilibria])
        missed = [0.71111, 0.69379, 0.62012, 0.36456]
        assert np.abs(first - missed).max(axis=1).min() < 1e-5
        _, found = public("3x3x3")
        missed = [[0.34966, 0.65034, 0], [0, 0.84706, 0.15294], [0, 0.04296, 0.95704]]
        assert distances(found.equilibria, [missed]).min() < 1e-5

    @pytest.mark.parametrize("case", REFERENCE, ids=lambda c: str(c["shape"]))
    def test_it_finds_what_a_peer_finds(self, case):
        game = gt.NormalFormGame(case["payoffs"], len(case["shape"]))
        found = solved(game)
        assert_proved(game, found)
        if case["equilibria"]:  # the peer misses all of one game
            assert_contains(found.equilibria, case["equilibria"], atol=1e-6)
        if len(case["shape"]) == 2:
            assert len(found.equilibria) == len(case["equilibria"])

    @pytest.mark.parametrize("seed", range(8))
    @pytest.mark.parametrize("shape", [(2, 4), (4, 4), (3, 6)], ids=str)
    def test_two_players_by_vertex_enumeration(self, seed, shape):
        game = random_game(seed, shape)
        found = solved(game)
        assert_proved(game, found)
        assert_same_set(found.equilibria, vertex_enumeration(game).equilibria)


SMALL = itertools.product([(2, 2, 2), (3, 2, 2)], enumerate([1e-200, 1e-6, 1e6, 1e200]))
MOVED = [(shape, seed, scale) for shape, (seed, scale) in SMALL]
MOVED += [((3, 3, 3), 0, 1e-200), ((3, 3, 3), 2, 1e6)]


class TestInvariance:
    @pytest.mark.parametrize(("shape", "seed", "scale"), MOVED, ids=str)
    def test_units_actions_and_players(self, shape, seed, scale):
        """All are changed at once."""
        rng = np.random.default_rng(seed)
        game = random_game(seed, shape)
        scales = scale * rng.uniform(0.5, 2, size=3)
        moved = rescale(game, scales, scales * rng.normal(size=3))
        orders, players = [rng.permutation(a) for a in shape], rng.permutation(3)
        found = solved(permute_players(permute_actions(moved, orders), players))
        expected = [[p[k][orders[k]] for k in players] for p in solved(game).equilibria]
        assert found.complete
        assert_same_set(found.equilibria, expected, atol=1e-10)

    def test_another_seed_finds_the_same_and_the_same_seed_exactly_the_same(self):
        game = random_game(0, (3, 2, 2))
        before = game.payoffs.copy()
        found, again, other = (solved(game, rng=rng) for rng in (0, 0, 7))
        assert_same_set(other.equilibria, found.equilibria, atol=1e-14)
        assert distances(again.equilibria, found.equilibria).diagonal().max() == 0
        np.testing.assert_array_equal(game.payoffs, before)


class TestBudgetAndErrors:
    @pytest.mark.parametrize("kind", ["normal", "zeros", "small integers"])
    def test_it_stops_in_time_and_says_so(self, kind):
        rng = np.random.default_rng(0)
        shape = (4, 4, 4, 4, 4)
        payoffs = {"normal": rng.normal(size=shape), "zeros": np.zeros(shape)}.get(
            kind, rng.integers(0, 3, size=shape)
        )
        game = gt.NormalFormGame(payoffs)
        began = time.monotonic()
        found = solved(game, seconds=0.3)
        assert time.monotonic() - began < 2.3
        assert found.status == SolveStatus.BUDGET
        assert not found.complete
        assert found.details["late"] > 0
        assert f"{found.details['late']} left when the time was over" in found.note
        if len(found.equilibria):
            assert found.exploitability.max() < 1e-9 * max(game.payoff_range(), 1e-9)

    def test_no_time_at_all_still_gives_the_pure_equilibria(self):
        game = random_game(3, (3, 3, 3))
        found = solved(game, seconds=1e-9)
        assert found.details["late"] == 343
        expected = [p for p in solved(game).equilibria if all(s.max() == 1 for s in p)]
        assert_same_set(found.equilibria, expected)

    @pytest.mark.parametrize("stop", [1, 2, 5, 20, 60])
    def test_a_stop_at_any_moment_never_counts_as_complete(self, stop, monkeypatch):
        asked = []

        def spent(self):
            asked.append(self)
            return len(asked) > stop

        monkeypatch.setattr(support_search.Budget, "spent", spent)
        found = solved(random_game(2, (3, 2, 2)))
        assert not found.complete
        assert found.status == SolveStatus.BUDGET

    def test_bad_arguments(self):
        game = random_game(0, (2, 2, 2))
        batch = gt.NormalFormGame(np.stack([game.payoffs] * 2), 3)
        with pytest.raises(ValueError, match="`game` must be a single game"):
            solved(batch)
        with pytest.raises(ValueError, match="`seconds` must be positive; got -1"):
            solved(game, seconds=-1)
        with pytest.raises(TypeError, match="`rng` must be a whole number"):
            solved(game, rng="x")

    def test_it_is_the_method_for_many_players(self):
        found = gt.solve(random_game(0, (2, 2, 2)))
        assert found.method == "auto: polynomial"
        assert found.complete

    def test_single_actions_and_single_players(self):
        one = solved(gt.NormalFormGame(np.ones((3, 1, 1, 1))))
        assert one.complete
        assert len(one.equilibria) == 1
        alone = solved(gt.NormalFormGame([[1.0, 3.0, 2.0]], 1))
        assert alone.complete
        assert alone.supports() == [((1,),)]
        idle = random_game(1, (2, 2))
        padded = gt.NormalFormGame(np.stack([*idle.payoffs, np.zeros((2, 2))])[..., None], 3)
        expected = [[*p, np.ones(1)] for p in solved(idle).equilibria]
        assert_same_set(solved(padded).equilibria, expected)
