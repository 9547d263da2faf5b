import itertools

import numpy as np
import pytest
from n_player_games import share_gap

import gametools as gt
from gametools.equilibria import subdivision
from gametools.equilibria.continua import Cloud, clusters
from gametools.equilibria.subdivision import explore
from gametools.equilibria.support_systems import (
    number_of_supports,
    support_sizes,
    surviving_supports,
)

TIE = np.full(5, 1e-12)


def everything(payoffs):
    return tuple(tuple(range(a)) for a in payoffs.shape[1:])


def inside(seen):
    """The regular solutions with positive probabilities."""
    return [
        [p[:, r] for p in seen.roots]
        for r in range(len(seen.index))
        if min(p[:, r].min() for p in seen.roots) > 0
    ]


class TestExplore:
    @pytest.mark.parametrize("half", [0.2, 1e-2, 1e-4])
    def test_two_mixed_equilibria_far_apart_and_close(self, half, monkeypatch):
        """x = y = z solves x (1 - x) = 1/4 - half ** 2."""
        if half > 1e-3:  # no luck: the ball about the first must not swallow the second
            monkeypatch.setattr(subdivision, "_MOST_STARTS", 1)
        payoffs = np.zeros((3, 2, 2, 2))
        for corner in itertools.product((0, 1), repeat=3):
            x, y, z = (1 - a for a in corner)
            payoffs[(0, *corner)] = (corner[0] == 0) * (y * (1 - z) - 0.25 + half**2)
            payoffs[(1, *corner)] = (corner[1] == 0) * (x - z)
            payoffs[(2, *corner)] = (corner[2] == 0) * (x - y)
        seen = explore(payoffs, everything(payoffs), TIE)
        assert seen.clear
        first = sorted(p[0][0] for p in inside(seen))
        np.testing.assert_allclose(first, [0.5 - half, 0.5 + half], atol=1e-10)

    def test_players_may_be_idle_and_unused_actions_better(self):
        payoffs = np.random.default_rng(0).normal(size=(3, 2, 2, 2))
        for idle in (0, 1):
            support = ((0, 1), (0, 1), (idle,))
            column = payoffs[1, :, :, idle]
            seen = explore(payoffs, support, TIE)
            assert seen.clear
            for point in inside(seen):
                np.testing.assert_allclose(
                    point[0] @ column[:, 0], point[0] @ column[:, 1], atol=1e-13
                )

    def test_a_segment_is_full(self):
        payoffs = np.zeros((2, 2, 2))
        payoffs[1] = [[1, 0], [1, 0]]
        seen = explore(payoffs, ((0, 1), (0,)), TIE)
        assert not seen.clear
        assert seen.full[0].shape == (2, 2, 1)
        np.testing.assert_array_equal(seen.full[0][..., 0], np.eye(2))

    def test_a_curve_is_sampled_all_along(self):
        """Player 3 is always indifferent; y = 1 - z and x = 1 - z make the others so."""
        payoffs = np.zeros((3, 2, 2, 2))
        for corner in itertools.product((0, 1), repeat=3):
            x, y, z = (1 - a for a in corner)
            payoffs[(0, *corner)] = (corner[0] == 0) * (y + z - 1)
            payoffs[(1, *corner)] = (corner[1] == 0) * (x + z - 1)
        seen = explore(payoffs, everything(payoffs), TIE)
        assert not seen.clear
        x, y, z = (p[0] for p in seen.samples)
        np.testing.assert_allclose(y, 1 - z, atol=1e-9)
        np.testing.assert_allclose(x, y, atol=1e-9)
        assert np.diff(np.sort(z)).max() < 0.1
        assert z.min() < 0.05
        assert z.max() > 0.95

    def test_it_stops_when_told_to(self):
        payoffs = np.random.default_rng(3).normal(size=(3, 3, 3, 3))
        assert not explore(payoffs, everything(payoffs), TIE, stop=lambda: True).clear

    def test_too_many_parts_are_not_clear(self, monkeypatch):
        payoffs = np.random.default_rng(0).normal(size=(3, 3, 3, 3))
        assert explore(payoffs, everything(payoffs), TIE).clear
        monkeypatch.setattr(subdivision, "_MOST_PARTS", 3)
        assert not explore(payoffs, everything(payoffs), TIE).clear

    @pytest.mark.parametrize("seed", range(10))
    def test_it_excludes_no_solution(self, seed):
        """Payoffs are made so that a random point in the simplices solves all equations."""
        rng = np.random.default_rng(seed)
        shape = [(2, 2, 2), (2, 3, 3), (3, 3, 3), (2, 2, 2, 2)][seed % 4]
        payoffs = rng.normal(size=(len(shape), *shape))
        point = [rng.dirichlet(np.ones(a)) for a in shape]
        for player in range(len(shape)):
            earned = np.moveaxis(payoffs[player], player, 0)
            for other in reversed([j for j in range(len(shape)) if j != player]):
                earned = earned @ point[other]
            np.moveaxis(payoffs[player], player, 0)[...] -= earned.reshape(
                -1, *[1] * (len(shape) - 1)
            )
        seen = explore(payoffs, everything(payoffs), TIE)
        assert seen.clear
        off = [
            max(np.abs(p[:, r] - q).max() for p, q in zip(seen.roots, point, strict=True))
            for r in range(len(seen.index))
        ]
        assert min(off) < 1e-10


class TestSupports:
    @pytest.mark.parametrize("shape", [(3,), (2, 3), (3, 1, 2), (2, 2, 2, 2)], ids=str)
    def test_all_sizes_once_and_small_ones_first(self, shape):
        sizes = list(support_sizes(shape))
        assert sorted(sizes) == sorted(itertools.product(*(range(1, a + 1) for a in shape)))
        totals = [sum(s) for s in sizes]
        assert totals == sorted(totals)

    @pytest.mark.parametrize("seed", range(5))
    def test_conditional_dominance_literally(self, seed):
        payoffs = np.random.default_rng(seed).normal(size=(3, 2, 3, 2))
        looked, kept = 0, set()
        for sizes in support_sizes(payoffs.shape[1:]):
            for number, supports in surviving_supports(payoffs, sizes, TIE[:3]):
                looked += number
                for k in range(len(supports)):
                    kept.add(tuple(tuple(a[k].tolist()) for a in supports.actions))
        assert looked == number_of_supports(payoffs.shape[1:]) == 3 * 7 * 3
        for support in itertools.product(*(subsets(a) for a in payoffs.shape[1:])):
            assert (support in kept) == (not dominated(payoffs, support))


def subsets(actions):
    return [s for k in range(1, actions + 1) for s in itertools.combinations(range(actions), k)]


def dominated(payoffs, support):
    """Whether an action of the support is strictly worse than some action on the support."""
    for player, own in enumerate(support):
        for action, better in itertools.product(own, range(payoffs.shape[player + 1])):
            worse = []
            for others in itertools.product(*support):
                here, there = list(others), list(others)
                here[player], there[player] = action, better
                worse.append(payoffs[(player, *here)] < payoffs[(player, *there)])
            if all(worse):
                return True
    return False


class TestClusters:
    def test_points_hang_together_along_chains_and_boxes(self):
        along = np.linspace(0, 1, 21)[:, None]
        line = along * [1, 0, 0] + (1 - along) * [0, 1, 0]
        far = [[0.01, 0.01, 0.98], [0.02, 0.02, 0.96], [0.03, 0.03, 0.94]]
        box = [np.array([[0.0, 0.2], [0.2, 0.0], [0.8, 0.8]])]
        clouds = [Cloud.of(line, 0.06, []), Cloud.of(np.array(far), 0.06, [box])]
        middle, outside, within = [0.5, 0.5, 0], [0.4, 0.2, 0.4], [0.1, 0.1, 0.8]
        listed = [(np.array(point),) for point in (middle, outside, within)]
        found = clusters(listed, clouds)
        assert sorted(one.members for one in found) == [[], [0], [2]]
        assert not any(one.single for one in found)

    def test_one_point_is_no_continuum(self):
        cloud = Cloud(np.array([[0.5, 0.5], [0.5 + 1e-6, 0.5 - 1e-6]]), 0.1, [])
        (found,) = clusters([], [cloud])
        assert found.single
        assert found.members == []
        assert clusters([(np.ones(1),)], []) == []


def test_samples_are_equilibria():
    payoffs = np.random.default_rng(2).integers(0, 2, size=(3, 2, 2, 2)).astype(float)
    game = gt.NormalFormGame(payoffs)
    seen = explore(payoffs, everything(payoffs), TIE)
    for q in range(seen.samples[0].shape[1]):
        assert share_gap(game, [p[:, q] for p in seen.samples]) < 1e-9
