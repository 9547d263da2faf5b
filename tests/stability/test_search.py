"""Fixed points found against those that are known."""

import numpy as np
import pytest

import gametools as gt
from gametools.games import Box
from gametools.stability.faces import inside


def known_equilibria(game):
    found = gt.solve_2x2(game)
    return found.equilibria[: found.counts]


@pytest.mark.parametrize("seed", range(20))
def test_every_equilibrium_of_a_2x2_game_is_found_and_nothing_else(seed):
    game = gt.random_2x2("any", size=1, rng=seed)[0]
    found = gt.find_fixed_points(game, starts=50, rng=0)
    wanted = known_equilibria(game)
    assert len(found) == len(wanted)
    off = np.abs(found.points.point[:, None] - wanted).max(axis=-1)
    assert (off.min(axis=1) < 1e-8).all()
    assert sorted(off.argmin(axis=1)) == list(range(len(wanted)))
    assert (found.points.kind != "not a fixed point").all()


@pytest.mark.parametrize(
    "seed", [2, 3, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (0, 1, 4))]
)
def test_every_equilibrium_of_a_3x3_game_is_found(seed):
    game = gt.random_game("normal", (3, 3), rng=seed)
    found = gt.find_fixed_points(game, starts=100, rng=0)
    wanted = np.array([np.concatenate(profile) for profile in gt.solve(game).equilibria])
    off = np.abs(wanted[:, None] - found.points.point).max(axis=-1)
    assert (off.min(axis=1) < 1e-7).all()
    assert len(found) == len(wanted)


@pytest.mark.parametrize("factor", [1e-6, 1.0, 1e6])
def test_the_unit_of_payoffs_changes_nothing(factor):
    game = gt.named_game("battle_of_the_sexes")
    scaled = gt.NormalFormGame(game.payoffs * factor)
    found, base = (gt.find_fixed_points(g, rng=3) for g in (scaled, game))
    np.testing.assert_allclose(found.points.point, base.points.point, atol=1e-9)
    np.testing.assert_allclose(found.shares, base.shares)


def test_shares_and_the_same_seed():
    game = gt.named_game("stag_hunt")
    one, two = (gt.find_fixed_points(game, starts=300, rng=7) for _ in range(2))
    np.testing.assert_array_equal(one.shares, two.shares)
    np.testing.assert_allclose(one.shares.sum() + one.lost, 1)
    assert (np.diff(one.shares) <= 0).all()
    assert one.starts == 300
    assert len(one) == 3
    assert one[0].batch_shape == ()


def test_starts_of_ones_own():
    game = gt.named_game("battle_of_the_sexes")
    found = gt.find_fixed_points(game, starts=[[0.99, 0.98]] * 4)
    shares = {tuple(p.round(6)): s for p, s in zip(found.points.point, found.shares, strict=True)}
    assert shares[1.0, 1.0] == 1.0
    assert len(shares) == 3  # the faces add what no start led to


def test_polynomial_games_saddles_and_sources_too():
    # xi = (x^3 - x, y): sinks at x = +-1, a saddle at 0.
    game = gt.PolynomialGame([{(4, 0): 0.25, (2, 0): -0.5}, {(0, 2): 0.5}])
    found = gt.find_fixed_points(game, spread=2.0, rng=0)
    kinds = {round(float(p[0])): str(k) for p, k in zip(found.points.point, found.points.kind,
                                                        strict=True)}  # fmt: skip
    assert kinds == {-1: "stable", 1: "stable", 0: "strict saddle"}


def test_a_continuum_is_said():
    tandem = gt.QuadraticGame([[2, 2], [2, 2]], [-2, -2])
    found = gt.find_fixed_points(tandem, rng=0)
    np.testing.assert_allclose(found.points.point.sum(axis=-1), 1, atol=1e-8)
    assert "continuum" in found.note
    assert len(found) == 100


def test_no_fixed_point_is_no_error():
    found = gt.find_fixed_points(gt.QuadraticGame([[0, 0], [0, 0]], [1, 1]), starts=10, rng=0)
    assert len(found) == 0
    assert found.lost == 1.0
    assert found.to_frame().empty
    assert "0 points from 10 starts, 100% lost" in repr(found)


def test_with_a_rule():
    game = gt.named_game("matching_pennies")
    frame = gt.find_fixed_points(game, rule=gt.dynamics.ExtraGradient(0.1), rng=0).to_frame()
    assert frame.loc[0, "attracts"] is True
    assert frame.loc[0, "share"] == 1.0


def test_bad_input():
    game = gt.named_game("matching_pennies")
    with pytest.raises(ValueError, match="`starts` must be at least 1; got 0"):
        gt.find_fixed_points(game, starts=0)
    with pytest.raises(ValueError, match="`starts` must lie in Box"):
        gt.find_fixed_points(game, starts=[[0.5, 2.0]])
    with pytest.raises(ValueError, match="`game` must be a single game"):
        gt.find_fixed_points(gt.random_2x2("any", size=3, rng=0))
    with pytest.raises(ValueError, match="`spread` must be positive"):
        gt.find_fixed_points(game, spread=-1.0)


def test_a_domain_whose_faces_are_unknown():
    class Ball:
        def project(self, x):
            return x

        def contains(self, x):
            return np.ones(np.shape(x)[:-1], bool)

    game = gt.PolynomialGame([{(2, 0): 1}, {(0, 2): 1}], domain=Ball())
    for call in (gt.find_fixed_points, lambda g: gt.classify(g, [0, 0])):
        with pytest.raises(TypeError, match=r"`game.domain` must be Euclidean, Box or Simplex"):
            call(game)


def test_points_are_moved_into_the_domain_by_rounding_only():
    game = gt.PolynomialGame([{(2,): 1.0}], domain=Box(-1.0, 1.0))
    np.testing.assert_array_equal(inside(game, [[1 + 1e-12]], "x"), [[1.0]])
    with pytest.raises(ValueError, match=r"`x` must lie in .*\[1.001\]"):
        inside(game, [[0.0], [1.001]], "x")
