import numpy as np
import pytest
from n_player_games import SHAPLEY, SKEWED, normal_game, rescale, share_gap

import gametools as gt
from gametools.equilibria.newton import equilibrium_near
from gametools.equilibria.three_players import solve_2x2x2

BATTLE = gt.NormalFormGame.from_bimatrix([[3, 0], [0, 2]], [[2, 0], [0, 3]])


@pytest.mark.parametrize("size", [1e-2, 1e-4, 1e-7])
def test_every_equilibrium_of_random_games_is_found_again_from_nearby(size):
    rng = np.random.default_rng(0)
    games = normal_game(rng, (2, 2, 2), size=60)
    points, counts = solve_2x2x2(games)
    found = 0
    for k in range(60):
        for point in points[k, : counts[k]]:
            profile = [np.array([p, 1 - p]) for p in point]
            noisy = [(1 - size) * s + size * rng.dirichlet([1, 1]) for s in profile]
            near = equilibrium_near(games[k], noisy)
            assert near is not None or size > 1e-3
            if near is not None:
                assert share_gap(games[k], near) < 1e-11
                off = max(np.abs(s - t).max() for s, t in zip(near, profile, strict=True))
                found += off < 1e-9
    assert found >= (0.9 if size > 1e-3 else 1) * counts.sum()


def test_an_exact_profile_is_returned_as_it_is():
    profile = ([0.6, 0.4], [0.4, 0.6])
    for strategy, other in zip(equilibrium_near(BATTLE, profile), profile, strict=True):
        np.testing.assert_array_equal(strategy, other)


def test_nothing_farther_away_than_asked_is_returned():
    profile = ([0.7, 0.3], [0.4, 0.6])
    near = equilibrium_near(BATTLE, profile, within=0.11)
    np.testing.assert_allclose(near[0], [0.6, 0.4])
    assert equilibrium_near(BATTLE, profile, within=0.09) is None


def test_of_several_equilibria_the_nearest_is_returned():
    near = equilibrium_near(BATTLE, ([0.96, 0.04], [0.95, 0.05]))
    np.testing.assert_array_equal(near, [[1, 0], [1, 0]])


def test_a_continuum_of_equilibria_does_no_harm():
    """The second player does not care; the first is indifferent at the middle."""
    game = gt.NormalFormGame.from_bimatrix([[1, -1], [-1, 1]], [[0, 0], [0, 0]])
    near = equilibrium_near(game, ([0.3, 0.7], [0.52, 0.48]))
    assert (
        share_gap(gt.NormalFormGame.from_bimatrix([[1, -1], [-1, 1]], [[1, 0], [1, 0]]), near) >= 0
    )
    np.testing.assert_allclose(near[1], [0.5, 0.5], atol=1e-12)
    np.testing.assert_allclose(near[0], [0.3, 0.7], atol=1e-12)


def test_the_payoffs_scale_does_not_matter():
    for scale in (1e-9, 1e9):
        game = rescale(SKEWED, [scale, 1.0], [0.0, 1.0])
        near = equilibrium_near(game, ([0.45, 0.55], [0.3, 0.7]))
        np.testing.assert_allclose(near, [[1 / 2, 1 / 2], [1 / 3, 2 / 3]], atol=1e-9)


def test_where_no_support_leads_to_an_equilibrium_there_is_none():
    assert equilibrium_near(SHAPLEY, ([1, 0, 0], [1, 0, 0])) is None


def test_the_profile_is_left_as_it_was():
    profile = (np.array([0.7, 0.3]), np.array([0.35, 0.65]))
    equilibrium_near(BATTLE, profile)
    np.testing.assert_array_equal(profile, [[0.7, 0.3], [0.35, 0.65]])


def test_batches_are_refused():
    with pytest.raises(ValueError, match="`game` must be a single game; got a batch"):
        equilibrium_near(gt.random_2x2("any", size=3, rng=0), ([1, 0], [1, 0]))
