"""Random and structured games: independent searches find nothing that the solver does not."""

import numpy as np
import pytest
from equilibrium_sets import assert_contains, assert_proved, assert_same_set, random_game, solved
from n_player_games import share_gap
from scipy.optimize import fsolve

import gametools as gt
from gametools.equilibria import support_search


def multi_start(game, rng, starts):
    """Equilibria that a general root finder meets from random starts on random supports."""
    sizes = game.num_actions
    found = []
    for _ in range(starts):
        support = [np.flatnonzero(rng.random(a) < 0.7) for a in sizes]
        support = [
            s if len(s) else np.array([rng.integers(sizes[i])]) for i, s in enumerate(support)
        ]

        def profile(x, support=support):
            strategies, at = [], 0
            for own, actions in zip(support, sizes, strict=True):
                weights = np.zeros(actions)
                weights[own[1:]] = x[at : at + len(own) - 1]
                weights[own[0]] = 1 - weights.sum()
                strategies.append(weights)
                at += len(own) - 1
            return strategies

        def differences(x, support=support, profile=profile):
            strategies, rows = profile(x), []
            for player, own in enumerate(support):
                earned = np.moveaxis(game.payoffs[player], player, 0)
                for other in reversed([j for j in range(len(sizes)) if j != player]):
                    earned = earned @ strategies[other]
                rows.append(earned[own[1:]] - earned[own[0]])
            return np.concatenate(rows)

        start = np.concatenate([rng.dirichlet(np.ones(len(own)))[1:] for own in support])
        point, _, success, _ = (
            fsolve(differences, start, full_output=True, xtol=1e-13)
            if len(start)
            else (start, None, 1, "")
        )
        candidate = profile(point)
        inside = all(s.min() > -1e-9 for s in candidate)
        if success == 1 and inside:
            candidate = [np.clip(s, 0, None) / np.clip(s, 0, None).sum() for s in candidate]
            if share_gap(game, candidate) < 1e-9:
                found.append(candidate)
    return found


SMALL = [((2, 2, 2), 10), ((3, 2, 2), 4), ((2, 2, 2, 2), 2), ((3, 3, 3), 2), ((2,) * 5, 1)]


class TestRandomGames:
    @pytest.mark.parametrize(("shape", "count"), SMALL, ids=str)
    def test_they_are_proved_and_regular(self, shape, count):
        for seed in range(count):
            game = random_game(seed, shape)
            assert_proved(game, solved(game))

    @pytest.mark.parametrize("shape", [(2, 2, 2), (3, 3, 3)], ids=str)
    def test_no_start_leads_to_another_one(self, shape):
        met = 0
        for seed in range(4):
            game = random_game(seed, shape)
            others = multi_start(game, np.random.default_rng(seed), 75)
            met += len(others)
            if others:
                assert_contains(solved(game).equilibria, others, atol=1e-6)
        assert met > 2

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("shape", "count", "starts"),
        [((2, 2, 2), 200, 100), ((3, 3, 3), 100, 150), ((2, 2, 2, 2), 50, 150)],
        ids=str,
    )
    def test_many(self, shape, count, starts):
        met = 0
        for seed in range(1000, 1000 + count):
            game = random_game(seed, shape)
            found = solved(game)
            assert_proved(game, found)
            others = multi_start(game, np.random.default_rng(seed), starts)
            met += len(others)
            if others:
                assert_contains(found.equilibria, others, atol=1e-6)
        assert met > count

    @pytest.mark.slow
    @pytest.mark.parametrize("shape", [(4, 4, 4), (3, 3, 3, 3), (2,) * 7], ids=str)
    def test_larger_ones(self, shape):
        game = random_game(1, shape)
        assert_proved(game, solved(game, seconds=None))

    @pytest.mark.parametrize(
        "shape",
        [(2, 2, 2), (3, 2, 2), (2, 2, 2, 2), pytest.param((3, 3, 3), marks=pytest.mark.slow)],
        ids=str,
    )
    def test_two_proofs_agree(self, shape, monkeypatch):
        game = random_game(3, shape)
        by_count = solved(game)
        assert by_count.details["subdivided"] == 0
        monkeypatch.setattr(support_search, "_MANY_PATHS", 0)
        monkeypatch.setattr(support_search, "MOST_PATHS", 0)
        by_subdivision = solved(game)
        assert by_subdivision.details["counted"] == 0
        assert_proved(game, by_subdivision)
        assert_same_set(by_subdivision.equilibria, by_count.equilibria, atol=1e-13)

    def test_roots_of_many_paths_are_counted_where_subdivision_is_not_clear(self, monkeypatch):
        game = random_game(5, (2, 2, 2))
        expected = solved(game)
        monkeypatch.setattr(support_search, "_MANY_PATHS", 0)
        nothing = support_search.explore(game.payoffs, ((0,), (0,), (0, 1)), np.full(3, np.inf))
        monkeypatch.setattr(support_search, "explore", lambda *_: nothing)
        found = solved(game)
        assert found.details["subdivided"] == 0
        assert_same_set(found.equilibria, expected.equilibria, atol=1e-13)


STRUCTURES = {
    "common interest": lambda rng: np.repeat(rng.normal(size=(1, 2, 2, 2)), 3, axis=0),
    "polymatrix": lambda rng: np.array(
        [
            sum(
                rng.normal(size=[3 if k in (i, j) else 1 for k in range(3)])
                for j in range(3)
                if j != i
            )
            * np.ones((3, 3, 3))
            for i in range(3)
        ]
    ),
    "ring": lambda rng: np.array(
        [
            rng.normal(size=[3 if k in (i, (i + 1) % 3) else 1 for k in range(3)])
            * np.ones((3, 3, 3))
            for i in range(3)
        ]
    ),
    "one player indifferent to the last": lambda rng: np.concatenate(
        [rng.normal(size=(1, 2, 2, 1)) * np.ones((1, 2, 2, 2)), rng.normal(size=(2, 2, 2, 2))]
    ),
}


@pytest.mark.parametrize("structure", STRUCTURES)
def test_structured_games_are_proved_as_well(structure):
    """Their systems have solutions at infinity, or fewer than generic ones."""
    for seed in range(2):
        rng = np.random.default_rng(seed)
        game = gt.NormalFormGame(STRUCTURES[structure](rng), 3)
        found = solved(game)
        assert_proved(game, found)
        others = multi_start(game, rng, 40)
        if others:
            assert_contains(found.equilibria, others, atol=1e-6)
