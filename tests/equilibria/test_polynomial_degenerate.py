"""Continua, double roots and ties: noticed, reported, and never called complete."""

import itertools

import numpy as np
import pytest
from equilibrium_sets import assert_same_set, distances, random_game, solved
from reference_files import FOLDER

import gametools as gt
from gametools.equilibria.vertex import vertex_enumeration

CONTINUUM = FOLDER / "nau2004_sec5.nfg"


def advantage_game(*advantages):
    """A 2x2x2 game by the advantage of each player's first action, given the others' first ones."""
    payoffs = np.zeros((3, 2, 2, 2))
    for corner in itertools.product((0, 1), repeat=3):
        for player, advantage in enumerate(advantages):
            others = [1 - action for k, action in enumerate(corner) if k != player]
            payoffs[(player, *corner)] = advantage(*others) * (corner[player] == 0)
    return gt.NormalFormGame(payoffs)


class TestDegenerateGames:
    @pytest.mark.skipif(not CONTINUUM.exists(), reason="the public test games are not here")
    def test_the_continuum_is_reported_as_one(self):
        game = gt.read_game(CONTINUUM)
        found = solved(game)
        pure = sum(all(len(own) == 1 for own in support) for support in found.supports())
        assert pure == 3
        assert found.details["continua"] == 1
        assert [len(c) > 1 for c in found.components].count(True) == 1
        assert not found.complete
        assert "1 continua of equilibria" in found.note
        mixed = [p for p in found.equilibria if min(s.min() for s in p) > 1e-3]
        assert len(mixed) == 1
        assert found.exploitability.max() < 1e-9

    @pytest.mark.parametrize("middle", [0.5, 0.3])
    def test_a_double_root_is_one_degenerate_equilibrium(self, middle):
        game = advantage_game(
            lambda y, z: y - z, lambda x, z: x - z, lambda x, y: (x - middle) * (y - middle)
        )
        found = solved(game)
        assert not found.complete
        assert found.details["continua"] == 0
        off = distances(found.equilibria, [[np.array([middle, 1 - middle])] * 3])[:, 0]
        assert (off < 1e-5).sum() == 1
        assert found.details["index"][int(off.argmin())] == 0

    def test_a_segment_beside_an_isolated_equilibrium(self):
        """Player 3 does not care if the others play (0, 0), and player 1 likes it only then."""
        game = advantage_game(
            lambda y, z: y - 0.5 + 0 * z, lambda x, z: x - 0.5 + 0 * z, lambda x, y: 1 - x * y
        )
        found = solved(game)
        assert not found.complete
        assert found.details["continua"] == 1
        sets = [[found.equilibria[k] for k in c] for c in found.components]
        isolated = [c[0] for c in sets if len(c) == 1]
        assert_same_set(
            isolated,
            [
                [np.array([0.0, 1]), np.array([0.0, 1]), np.array([1.0, 0])],
                [np.full(2, 0.5), np.full(2, 0.5), np.array([1.0, 0])],
            ],
        )
        (segment,) = [c for c in sets if len(c) > 1]
        assert all(p[0][0] == p[1][0] == 1 for p in segment)
        assert {p[2][0] for p in segment} >= {0.0, 1.0}

    @pytest.mark.parametrize("shape", [(2, 2), (2, 2, 2), (3,)], ids=str)
    def test_indifference_to_everything_is_one_continuum(self, shape):
        found = solved(gt.NormalFormGame(np.zeros((len(shape), *shape)), len(shape)))
        assert not found.complete
        assert found.details["continua"] == 1
        assert found.components == (tuple(range(len(found.equilibria))),)
        assert len(found.equilibria) == np.prod(shape) + 1  # the pure ones, and one inside

    @pytest.mark.parametrize("size", [2, pytest.param(3, marks=pytest.mark.slow)])
    def test_components_of_two_player_games(self, size):
        rng = np.random.default_rng(size)
        for payoffs in rng.integers(0, 3, size=(15, 2, size, size)):
            game = gt.NormalFormGame(payoffs, 2)
            found = solved(game)
            assert len(found.components) == len(vertex_enumeration(game).components)
            assert found.exploitability.max() < 1e-9 * max(game.payoff_range(), 1e-9)

    def test_a_near_tie_is_not_proved(self):
        payoffs = random_game(1, (2, 2, 2)).payoffs.copy()
        best = next(
            tuple(int(np.argmax(s)) for s in p)
            for p in solved(gt.NormalFormGame(payoffs)).equilibria
            if all(s.max() == 1 for s in p)
        )
        worse = (1 - best[0], *best[1:])
        payoffs[(0, *worse)] = payoffs[(0, *best)] - 1e-11
        found = solved(gt.NormalFormGame(payoffs))
        assert not found.complete
        assert 0 in found.details["index"]
        assert "degenerate" in found.note
