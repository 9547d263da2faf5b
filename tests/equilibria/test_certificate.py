import numpy as np
import pytest

from gametools.equilibria.certificate import certify, real_roots
from gametools.equilibria.support_systems import Supports, systems_on


def square_root_system(value):
    """x y = value and x = y: a tensor over (1, x) and (1, y) with the equations last."""
    tensor = np.zeros((2, 2, 2, 1))
    tensor[1, 1, 0], tensor[0, 0, 0] = 1, -value
    tensor[1, 0, 1], tensor[0, 1, 1] = 1, -1
    return tensor


@pytest.mark.parametrize("off", [0.0, 1e-12, 1e-6, 1e-3])
def test_the_root_lies_within_the_radius_and_no_other_in_the_ball_that_is_its_own(off):
    tensor = square_root_system(2.0)
    x = np.full((2, 1), np.sqrt(2) + off)
    found = certify(tensor, np.abs(tensor), x)
    assert found.proved.all()
    assert off <= found.radius[0] < 2 * off + 1e-13
    other_root = 2 * np.sqrt(2) + off
    assert found.radius[0] < found.alone[0] < other_root


def test_complex_roots_are_certified_too():
    tensor = square_root_system(-2.0) + 0j
    found = certify(tensor, np.abs(tensor), np.full((2, 1), np.sqrt(2) * 1j))
    assert found.proved.all()
    real = certify(tensor.real, np.abs(tensor), np.full((2, 1), 1e-3))
    assert not real.proved.any()


@pytest.mark.parametrize("x", [0.0, 1e-9, 1e-3])
def test_a_double_root_is_not(x):
    tensor = square_root_system(0.0)
    assert not certify(tensor, np.abs(tensor), np.full((2, 1), x)).proved.any()


def test_two_close_roots_are_told_apart_and_their_middle_is_neither():
    gap = 1e-4
    tensor = square_root_system(gap**2)
    for x in (gap, -gap):
        found = certify(tensor, np.abs(tensor), np.full((2, 1), x))
        assert found.proved.all()
        assert found.alone[0] < 2 * gap
    assert not certify(tensor, np.abs(tensor), np.zeros((2, 1))).proved.any()


def test_a_point_that_solves_singular_equations_exactly_is_not_certified():
    """On a continuum every point has residual 0; the Jacobian is singular up to rounding."""
    payoffs = np.zeros((2, 3, 3))
    payoffs[0] = [[-0.803, 0, 0], [0, -2.033, 0], [-0.506, 0, 0]]
    payoffs[1] = [[-0.80690039, 0.1053163, 0], [0, 0, 0], [0, 0, 0]]
    systems = systems_on(payoffs, Supports((np.arange(3)[None],) * 2), np.full(2, 1e-12))
    points = [np.array([[0.0], [0.3], [0.7]]), np.array([[0.0], [0.0], [1.0]])]
    found = real_roots(systems, points)
    assert not found.certificate.proved.any()
    assert found.certificate.alone.max() == 0
    assert np.isinf(found.certificate.radius).all()


def test_rounding_counts():
    """The same numbers with a larger magnitude behind them prove less."""
    tensor = square_root_system(2.0)
    x = np.full((2, 1), np.sqrt(2))
    careful = certify(tensor, 1e6 * np.abs(tensor), x)
    quick = certify(tensor, np.abs(tensor), x)
    assert careful.radius[0] > 1e4 * quick.radius[0]
    assert not certify(tensor, 1e15 * np.abs(tensor), x).proved.any()


def test_polishing_gives_the_last_digit():
    """Matching pennies with odd stakes: 1/3 and 2/7."""
    payoffs = np.array([[[5.0, 0], [0, 2]], [[0, 1], [2, 0]]])
    systems = systems_on(payoffs, Supports((np.arange(2)[None],) * 2), np.full(2, 1e-12))
    rough = [np.array([[0.66], [0.34]]), np.array([[0.29], [0.71]])]
    found = real_roots(systems, rough)
    np.testing.assert_allclose(found.points[0][:, 0], [2 / 3, 1 / 3], rtol=0, atol=1.2e-16)
    np.testing.assert_allclose(found.points[1][:, 0], [2 / 7, 5 / 7], rtol=0, atol=1.2e-16)
    assert found.certificate.radius[0] < 1e-13
    assert found.index.tolist() == [1]


def test_the_index_of_a_mixed_equilibrium_of_coordination_is_minus_one():
    payoffs = np.array([[[3.0, 0], [0, 2]]] * 2)
    systems = systems_on(payoffs, Supports((np.arange(2)[None],) * 2), np.full(2, 1e-12))
    found = real_roots(systems, [np.full((2, 1), 0.5)] * 2)
    np.testing.assert_allclose(found.points[0][:, 0], [0.4, 0.6], atol=1e-16)
    assert found.index.tolist() == [-1]
