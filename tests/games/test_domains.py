import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gametools.games import Simplex

SIZES = [(2,), (3,), (1, 2), (4, 3), (2, 5, 1, 3)]
every_size = pytest.mark.parametrize("sizes", SIZES, ids=str)


def random_points(sizes, count, seed=0):
    rng = np.random.default_rng((seed, *sizes))
    return np.concatenate([rng.dirichlet(np.ones(size), count) for size in sizes], axis=-1)


@st.composite
def simplices_with_points(draw):
    sizes = draw(st.sampled_from(SIZES))
    entries = st.floats(-3, 3) | st.sampled_from([0.0, 1.0, 0.5])
    return sizes, draw(arrays(np.float64, sum(sizes), elements=entries))


@given(simplices_with_points())
def test_projection_is_the_nearest_point(drawn):
    """Nearest in a convex set: the way there makes no acute angle with any way inside."""
    sizes, x = drawn
    domain = Simplex(sizes)
    nearest = domain.project(x)
    assert domain.contains(nearest)
    inside = np.concatenate([random_points(sizes, 50), np.eye(sum(sizes))])
    inside = inside[domain.contains(inside)]
    assert ((inside - nearest) @ (x - nearest) <= 1e-12).all()


@given(simplices_with_points())
def test_projecting_again_changes_nothing(drawn):
    sizes, x = drawn
    once = Simplex(sizes).project(x)
    np.testing.assert_allclose(Simplex(sizes).project(once), once, atol=1e-15)


@every_size
def test_points_of_the_simplices_stay(sizes):
    points = random_points(sizes, 20)
    np.testing.assert_allclose(Simplex(sizes).project(points), points, atol=1e-15)


@every_size
def test_batches_equal_single_points(sizes):
    x = np.random.default_rng(1).normal(size=(3, 4, sum(sizes)))
    before = x.copy()
    together = Simplex(sizes).project(x)
    for index in np.ndindex(3, 4):
        np.testing.assert_array_equal(together[index], Simplex(sizes).project(x[index]))
    np.testing.assert_array_equal(Simplex(sizes).project(np.asfortranarray(x)), together)
    np.testing.assert_array_equal(x, before)


def test_two_actions_agree_with_sorting():
    x = np.random.default_rng(2).normal(size=(100, 2))
    padded = np.concatenate([x, np.full((100, 1), -50.0)], axis=-1)  # a third action, never used
    np.testing.assert_allclose(
        Simplex((2,)).project(x), Simplex((3,)).project(padded)[:, :2], atol=1e-15
    )


def test_a_projected_step_moves_a_probability_half_as_far():
    stepped = np.array([0.5 + 0.1, 0.5])
    np.testing.assert_allclose(Simplex((2,)).project(stepped), [0.55, 0.45])


def test_far_points_are_projected_and_nan_spreads_in_its_block_only():
    x = np.array([1e300, -1e300, 0.3, 2.0, 0.0])
    np.testing.assert_array_equal(Simplex((3, 2)).project(x), [1, 0, 0, 1, 0])
    x = np.array([0.2, np.nan, 0.3, 2.0, 0.0])
    np.testing.assert_array_equal(Simplex((3, 2)).project(x), [np.nan] * 3 + [1, 0])


def test_contained_are_probabilities_that_add_up_to_one():
    points = [[1, 0, 0.5, 0.5], [0.7, 0.3 + 1e-10, 1, 0], [0.7, 0.2, 1, 0], [1.1, -0.1, 1, 0]]
    points += [[np.nan, 1, 1, 0]]
    assert Simplex((2, 2)).contains(np.array(points)).tolist() == [True, True, False, False, False]


@every_size
def test_tangent_is_an_orthonormal_basis_of_what_keeps_the_sums(sizes):
    domain = Simplex(sizes)
    basis = domain.tangent
    d, n = sum(sizes), len(sizes)
    assert basis.shape == (d, d - n)
    np.testing.assert_allclose(basis.T @ basis, np.eye(d - n), atol=1e-15)
    sums = np.equal.outer(np.arange(n), np.repeat(np.arange(n), sizes)).astype(float)
    np.testing.assert_allclose(sums @ basis, 0, atol=1e-15)


def test_simplices_are_values():
    assert Simplex([2, 3]) == Simplex((2, 3)) != Simplex((3, 2))
    assert hash(Simplex([2, 3])) == hash(Simplex((2, 3)))
    assert repr(Simplex([2, 3])) == "Simplex(sizes=(2, 3))"


@pytest.mark.parametrize(
    ("sizes", "error"), [((2, 0), ValueError), ((2.0,), TypeError)], ids=str
)  # fmt: skip
def test_simplices_that_make_no_sense_are_refused(sizes, error):
    with pytest.raises(error, match="`sizes` must be"):
        Simplex(sizes)
