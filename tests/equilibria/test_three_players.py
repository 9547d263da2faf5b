import itertools
from fractions import Fraction

import numpy as np
import pytest
from n_player_games import normal_game, permute_actions, permute_players

import gametools as gt
from gametools.equilibria.polynomial import polynomial
from gametools.equilibria.three_players import solve_2x2x2


def listed(games):
    """The equilibria of each game, sorted."""
    points, counts = solve_2x2x2(games)
    for own, count in zip(points, counts, strict=True):
        assert np.isnan(own[count:]).all()
        assert not np.isnan(own[:count]).any()
    return [own[:count] for own, count in zip(points, counts, strict=True)]


def assert_same_set(found, expected, tolerance=1e-9):
    assert len(found) == len(expected)
    for point in found:
        assert np.abs(np.asarray(expected) - point).max(axis=1).min() < tolerance


def one(game):
    return gt.NormalFormGame(game.payoffs[None], 3)


@pytest.mark.parametrize("distribution", ["normal", "uniform"])
def test_random_games_have_an_odd_number_of_certified_equilibria(distribution):
    rng = np.random.default_rng(0)
    size = (5000, 3, 2, 2, 2)
    payoffs = rng.normal(size=size) if distribution == "normal" else rng.random(size)
    games = gt.NormalFormGame(payoffs, 3)
    points, counts = solve_2x2x2(games)
    assert set(np.unique(counts).tolist()) <= {1, 3, 5, 7, 9}
    game, slot = np.nonzero(~np.isnan(points[..., 0]))
    profile = [np.stack([p, 1 - p], axis=-1) for p in points[game, slot].T]
    assert gt.exploitability(gt.NormalFormGame(payoffs[game], 3), profile).max() < 1e-12
    mixing = ((points > 0) & (points < 1)).sum(axis=-1)
    assert set(np.unique(mixing).tolist()) == {0, 2, 3}


def test_another_solver_finds_the_same():
    games = normal_game(np.random.default_rng(1), (2, 2, 2), size=20)
    for k, own in enumerate(listed(games)):
        peer = polynomial(games[k], progress=False)
        assert peer.complete
        assert_same_set(own, [[s[0] for s in profile] for profile in peer.equilibria])


def test_a_known_irrational_equilibrium():
    """Each is indifferent where x = y = z solves z**2 + z - 1 = 0: the golden ratio's inverse."""
    payoffs = np.zeros((3, 2, 2, 2))
    for i, a, b, c in itertools.product(range(3), *[(0, 1)] * 3):
        actions = (a, b, c)
        j, k = (actions[m] for m in range(3) if m != i)
        # The first action earns 1 - y z, the second y: their difference is 1 - y z - y.
        payoffs[i, a, b, c] = 1 - (j == 0 and k == 0) if actions[i] == 0 else float(j == 0)
    golden = (np.sqrt(5) - 1) / 2
    (points,) = listed(one(gt.NormalFormGame(payoffs, 3)))
    off = np.abs(points - golden).max(axis=1)
    assert off.min() < 1e-15


def test_rings_and_other_games_in_which_some_do_not_matter_to_some():
    """Everyone looks at one other player only: every elimination divides by 0 somewhere."""
    a = np.indices((2, 2, 2))
    firsts = itertools.product((1, 2), (0, 2), (0, 1))
    signs = itertools.product((1, -1), repeat=3)
    payoffs = [
        [s * w * (a[i] == a[j]) + 0.5 * a[i] * (s > 0)
         for i, (j, s, w) in enumerate(zip(first, own, (3.0, 2.0, 5.0), strict=True))]
        for first, own in itertools.product(firsts, signs)
    ]  # fmt: skip
    games = gt.NormalFormGame(np.array(payoffs), 3)
    found, complete = listed(games), 0
    for k, points in enumerate(found):
        assert len(points) > 0
        for point in points:
            assert gt.exploitability(games[k], [[p, 1 - p] for p in point]) < 1e-12
    for k in range(0, 64, 9):  # each pattern and all signs once
        peer = polynomial(games[k], progress=False)
        complete += peer.complete
        if peer.complete:
            assert_same_set(found[k], [[s[0] for s in e] for e in peer.equilibria])
    assert complete > 2


def test_pure_equilibria_with_ties_are_all_listed_first_in_the_order_of_actions():
    (points,) = listed(gt.NormalFormGame(np.zeros((1, 3, 2, 2, 2))))
    expected = [[1.0 - a for a in actions] for actions in itertools.product((0, 1), repeat=3)]
    np.testing.assert_array_equal(points, expected)


def test_mixing_pairs_agree_with_exact_fractions():
    """Matching pennies between two; the third's choice tilts their stakes, and it prefers 0."""
    stakes = (Fraction(3), Fraction(1, 2))
    payoffs = np.zeros((3, 2, 2, 2))
    for a, b, c in itertools.product((0, 1), repeat=3):
        win = float(stakes[c]) if (a, b) == (0, 0) else 1.0
        payoffs[0, a, b, c] = win if a == b else -1.0
        payoffs[1, a, b, c] = -payoffs[0, a, b, c]
        payoffs[2, a, b, c] = 1.0 - c
    (points,) = listed(one(gt.NormalFormGame(payoffs, 3)))
    # Row is indifferent where q (stake + 1) - (1 - q) 2 = 0, and column where p is the same.
    q = Fraction(2) / (stakes[0] + 3)
    np.testing.assert_allclose(points, [[float(q), float(q), 1.0]], atol=1e-15)


def test_a_double_root_is_listed_once():
    """The first wants y > z, the second x > 1 - z, the third x y < 1/4: (z - 1/2)**2 = 0."""
    payoffs = np.zeros((3, 2, 2, 2))
    for a, b, c in itertools.product((0, 1), repeat=3):
        x, y, z = 1.0 - a, 1.0 - b, 1.0 - c
        payoffs[:, a, b, c] = x * (y - z), y * (x + z - 1), z * (0.25 - x * y)
    (points,) = listed(one(gt.NormalFormGame(payoffs, 3)))
    middle = np.abs(points - 0.5).max(axis=1) < 1e-6
    assert middle.sum() == 1


def test_order_of_players_and_actions_is_irrelevant():
    rng = np.random.default_rng(2)
    for _ in range(20):
        game = normal_game(rng, (2, 2, 2))
        (points,) = listed(one(game))
        order = rng.permutation(3)
        (permuted,) = listed(one(permute_players(game, order)))
        assert_same_set(permuted, points[:, order])
        flips = rng.integers(0, 2, 3)
        orders = [[1, 0] if flip else [0, 1] for flip in flips]
        (mirrored,) = listed(one(permute_actions(game, orders)))
        assert_same_set(mirrored, np.where(flips, 1 - points, points))


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_scale_and_shift_of_each_player_are_irrelevant(scale):
    rng = np.random.default_rng(3)
    games = normal_game(rng, (2, 2, 2), size=300)
    factor = np.array([scale, 1.0, 1 / scale]).reshape(3, 1, 1, 1)
    moved = gt.NormalFormGame(factor * (games.payoffs + rng.normal(size=(3, 1, 1, 1))), 3)
    for before, after in zip(listed(games), listed(moved), strict=True):
        assert_same_set(after, before, 1e-8)


def test_batched_games_equal_looped_ones():
    games = normal_game(np.random.default_rng(4), (2, 2, 2), size=20)
    points, counts = solve_2x2x2(games)
    for k in range(20):
        alone, count = solve_2x2x2(games[k : k + 1])
        np.testing.assert_array_equal(points[k], alone[0])
        assert counts[k] == count[0]


@pytest.mark.parametrize(
    "game",
    [gt.NormalFormGame(np.zeros((3, 2, 2, 2))), gt.random_2x2("any", size=3, rng=0)],
    ids=["single", "two players"],
)
def test_what_is_no_flat_batch_of_2x2x2_games_is_refused(game):
    with pytest.raises(ValueError, match="`games` must be a flat batch of 2x2x2 games"):
        solve_2x2x2(game)
