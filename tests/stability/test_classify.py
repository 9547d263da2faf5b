"""Margins, batches, conventions and errors of `classify`."""

import numpy as np
import pytest

import gametools as gt
from gametools.games import Box
from gametools.stability.kinds import FLAGS, KIND_MARGIN

Q, P = gt.QuadraticGame, gt.PolynomialGame
PENNIES = gt.named_game("matching_pennies")


def interior(size, seed=0):
    games = gt.random_2x2("any", size=size, rng=seed)
    solved = gt.solve_2x2(games)
    game, slot = np.nonzero(solved.boundary_distance > 0)
    return games[game], solved.equilibria[game, slot]


@pytest.mark.parametrize("off", [1e-7, -1e-7, 1e-9, -1e-9])
@pytest.mark.parametrize(
    ("matrix", "flag"),
    [
        (lambda e: [[e, 1], [-1, 1]], "is_stable"),  # S > 0 or indefinite
        (lambda e: [[e, 1], [-1, -1]], "is_unstable"),
        (lambda e: [[1, 0], [0, e]], "is_attracting"),  # singular besides
        (lambda e: [[e, 4], [-1, -e + 2 * e]], "is_strict_saddle"),  # a centre nearby
    ],
)
def test_near_a_boundary_is_undecided_with_its_margin(matrix, flag, off):
    found = gt.classify(Q(matrix(off)), [0, 0])
    assert found.kind == "undecided"
    assert getattr(found, flag) is None
    assert 0 < found.margin < KIND_MARGIN
    assert abs(found.margins[flag]) < KIND_MARGIN


@pytest.mark.parametrize("off", [1e-5, -1e-5])
def test_a_little_further_it_is_decided(off):
    found = gt.classify(Q([[off, 1], [-1, 1]]), [0, 0])
    assert found.kind == ("stable" if off > 0 else "attracting")
    assert found.is_stable is (off > 0)
    np.testing.assert_allclose(found.margin, 1e-5, rtol=1e-3)


def test_a_constant_in_an_opponents_column_changes_nothing():
    games, points = interior(200)
    shift = np.random.default_rng(1).normal(size=(len(points), 2, 2)) * 10
    payoffs = np.array(games.payoffs)
    payoffs[:, 0] += shift[:, 0, None, :]  # the same for both rows
    payoffs[:, 1] += shift[:, 1, :, None]
    moved = gt.NormalFormGame(payoffs, num_players=2)
    before, after = gt.classify(games, points), gt.classify(moved, points)
    np.testing.assert_allclose(after.eigenvalues, before.eigenvalues, atol=1e-12, rtol=1e-6)
    assert (after.kind == before.kind).all()
    for flag in FLAGS:
        assert (getattr(after, flag) == getattr(before, flag)).all()


def test_interior_equilibria_of_2x2_games_by_their_class():
    games, points = interior(4000)
    a, b, c, d = np.moveaxis(games.payoffs[:, 0].reshape(-1, 4), -1, 0)
    e, g, f, h = np.moveaxis(games.payoffs[:, 1].reshape(-1, 4), -1, 0)
    u, v = a - b - c + d, e - g - f + h
    found = gt.classify(games, points)
    np.testing.assert_array_equal(found.kind == "strict saddle", u * v > 0)
    np.testing.assert_array_equal(found.kind == "centre", u * v < 0)
    size = np.sqrt(np.abs(u * v))
    np.testing.assert_allclose(np.abs(found.eigenvalues), np.stack([size, size], -1), rtol=1e-6)
    assert (found.is_stable == False).all()  # noqa: E712 (three-valued)
    assert (found.is_local_nash == True).all()  # noqa: E712
    assert found.to_frame()["kind"].value_counts().sum() == len(points)


def test_pure_equilibria_of_2x2_games_are_stable_vertices():
    games = gt.random_2x2("coordination", size=300, rng=2)
    found = gt.classify(games, [[0.0, 0.0]] * 300)
    assert (found.kind == "stable").all()
    assert found.strict.all()
    assert np.isnan(found.eigenvalues).all()


def test_batched_equals_looped():
    games, points = interior(60)
    points = points.copy()
    points[::5] = [0.0, 0.0]  # fixed in some games
    points[1::5] = [1.0, 0.3]  # fixed in none
    found = gt.classify(games, points)
    assert found.batch_shape == (len(points),)
    for k in range(len(points)):
        one = gt.classify(games[k], points[k])
        for other in (found[k],):
            assert one.kind == other.kind
            assert [getattr(one, flag) for flag in FLAGS] == [
                getattr(other, flag) for flag in FLAGS
            ]
            np.testing.assert_allclose(one.margin, other.margin, equal_nan=True)
            np.testing.assert_allclose(one.eigenvalues, other.eigenvalues)


def test_points_broadcast_against_games():
    games = gt.NormalFormGame(gt.random_2x2("any", size=6, rng=0).payoffs.reshape(2, 3, 2, 2, 2), 2)
    found = gt.classify(games, np.zeros((4, 1, 1, 2)))
    assert found.kind.shape == (4, 2, 3)
    assert found.kind[3, 1, 2] == gt.classify(games[1, 2], [0.0, 0.0]).kind
    many = gt.classify(PENNIES, [[0.5, 0.5], [0.2, 0.5]])
    assert many.kind.tolist() == ["centre", "not a fixed point"]


def test_both_conventions_and_both_parts():
    found = gt.classify(Q([[1, 10], [-8, 1]]), [0, 0])
    np.testing.assert_array_equal(found.maximising_jacobian, [[-1, -10], [8, -1]])
    np.testing.assert_array_equal(found.maximising_eigenvalues, -found.eigenvalues)
    np.testing.assert_array_equal(found.symmetric, [[1, 1], [1, 1]])
    np.testing.assert_array_equal(found.antisymmetric, [[0, 9], [-9, 0]])


def test_margins_of_flags_are_signed_distances():
    found = gt.classify(Q([[1, 10], [-10, 3]]), [0, 0])  # S = diag(1, 3), scale 10
    assert found.scale == 10
    for flag, margin in {"is_stable": 0.1, "is_unstable": -0.3, "is_weak_stable": 0.3,
                         "is_attracting": 0.2, "is_strict_saddle": -0.2, "is_local_nash": 0.1,
                         "is_differential_nash": 0.1}.items():  # fmt: skip
        np.testing.assert_allclose(found.margins[flag], margin)


def test_the_tolerance_of_a_fixed_point():
    near = [0.33333, 0.33334, 0.33333] * 2
    rps = gt.named_game("rock_paper_scissors")
    assert gt.classify(rps, near).kind == "not a fixed point"
    found = gt.classify(rps, near, tolerance=1e-4)
    assert found.kind == "centre"
    assert found.is_local_nash is True  # the point's own error is no deviation
    assert found.tolerance == 1e-4


def test_simplices_and_probabilities_agree():
    rng = np.random.default_rng(3)
    for _ in range(20):
        game = gt.random_2x2("cyclic", rng=int(rng.integers(1e6)), size=1)[0]
        p, q = gt.solve_2x2(game).equilibria[0]
        one = gt.classify(game, [p, q])
        other = gt.classify(gt.SimplexGame(game), [p, 1 - p, q, 1 - q])
        # A step along the simplex moves the probability by 1 / sqrt(2) of its length.
        np.testing.assert_allclose(other.eigenvalues, one.eigenvalues / 2, rtol=1e-9, atol=1e-12)
        assert other.kind == one.kind


def test_a_point_that_rounding_moved_off_the_domain_is_taken():
    dilemma = gt.named_game("prisoners_dilemma")
    assert gt.classify(dilemma, [-1e-12, 0.0]).kind == "stable"


class Broken:
    """A game that returns NaN."""

    dims, domain, batch_shape = (1, 1), Box(), ()

    def losses(self, x):
        return np.zeros_like(x)

    def gradient(self, x, others=None):
        return np.full_like(x, np.nan)

    def jacobian(self, x):
        return np.zeros((*np.shape(x), 2))

    def loss_jacobian(self, x):
        return np.zeros((*np.shape(x), 2))

    def take(self, index):
        return self


@pytest.mark.parametrize(
    ("game", "point", "wanted"),
    [
        (PENNIES, [0.5, np.nan], ["`point`", "finite", "nan"]),
        (PENNIES, [0.5, 1.5], ["`point`", "Box", "[0.5, 1.5]"]),
        (PENNIES, [[0.5, 0.5], [-0.1, 0.5]], ["`point`", "[-0.1, 0.5]"]),
        (PENNIES, [0.5], ["`point`", "(*batch, 2)", "(1,)"]),
        (PENNIES, 0.5, ["`point`", "(*batch, 2)"]),
        (gt.named_game("rock_paper_scissors"), [0.5, 0.5, 0.5, 1, 0, 0], ["Simplex", "0.5"]),
        (gt.random_2x2("any", size=3, rng=0), np.zeros((2, 2)), ["`point`", "(3,)"]),
        (Broken(), [0.5, 0.5], ["`game`", "NaN", "[0.5, 0.5]"]),
    ],
)
def test_bad_points_are_named(game, point, wanted):
    with pytest.raises(ValueError, match="`") as error:
        gt.classify(game, point)
    assert all(piece in str(error.value) for piece in wanted), str(error.value)


def test_other_bad_arguments():
    with pytest.raises(ValueError, match=r"`tolerance` must be positive; got 0\."):
        gt.classify(PENNIES, [0.5, 0.5], tolerance=0)
    with pytest.raises(TypeError, match="`rule` must be an update rule"):
        gt.classify(PENNIES, [0.5, 0.5], gt.dynamics.GradientDescent)
    with pytest.raises(TypeError, match="`game`"):
        gt.classify("pennies", [0.5, 0.5])
    with pytest.raises(TypeError, match="WoLF needs a 2x2"):
        gt.classify(Q([[1, 0], [0, 1]]), [0, 0], gt.dynamics.WoLF(0.1, 0.2))


def test_the_point_is_left_as_it_is_and_the_text_is_readable():
    point = np.array([2 / 3, 1 / 3])
    found = gt.classify(gt.named_game("battle_of_the_sexes"), point)
    assert point.tolist() == [2 / 3, 1 / 3]
    assert "strict saddle at (0.666667, 0.333333)" in repr(found)
    assert "is_unstable" not in repr(found)
    frame = found.to_frame()
    assert frame.loc[0, "kind"] == "strict saddle"
    assert frame.loc[0, "is_strict_saddle"] is True
    batch = gt.classify(PENNIES, [[0.5, 0.5], [0.2, 0.5]])
    assert repr(batch) == "FixedPoint(2 points: 1 centre, 1 not a fixed point)"


def test_a_jacobian_that_cancels_is_measured_by_what_is_at_stake():
    # s_i = 2 x_i - 1; payoffs s_1 s_2 s_3 twice, and small (s_3 - e) s_4 twice: rest at s_3 = e.
    e = 1e-8
    s = np.array([1.0, -1.0])
    common = np.einsum("i,j,k,l->ijkl", s, s, s, np.ones(2))
    small = np.einsum("i,j,k,l->ijkl", np.ones(2), np.ones(2), e * (s - e), s)
    game = gt.NormalFormGame(np.stack([common, common, small, small]))
    found = gt.classify(game, [0.5, 0.5, (1 + e) / 2, 0.5])
    assert found.scale == 2.0
    assert np.abs(found.jacobian).max() < 1e-7
    assert found.kind == "undecided"
