import numpy as np
import pytest

import gametools as gt
from gametools.stability import decompose


def test_parts_add_up_and_norms_too():
    rng = np.random.default_rng(0)
    game = gt.random_game("normal", (2, 2, 2), rng=1)
    points = rng.random((50, 3))
    found = decompose(game, points)
    h = gt.classify(game, points).jacobian
    np.testing.assert_allclose(found.potential + found.hamiltonian, h, atol=1e-14)
    np.testing.assert_array_equal(found.potential, found.potential.swapaxes(1, 2))
    np.testing.assert_array_equal(found.hamiltonian, -found.hamiltonian.swapaxes(1, 2))
    whole = np.linalg.norm(h, axis=(1, 2))
    np.testing.assert_allclose(np.hypot(found.potential_norm, found.hamiltonian_norm), whole)
    assert len(found.to_frame()) == 50


@pytest.mark.parametrize(
    ("game", "share"),
    [
        (gt.QuadraticGame([[0, 1], [-1, 0]]), 1.0),
        (gt.QuadraticGame([[0, 1], [1, 0]]), 0.0),
        (gt.QuadraticGame([[1, 10], [-10, 1]]), 200 / 202),
    ],
)
def test_share_of_rotation(game, share):
    found = decompose(game, [3.0, -2.0])
    np.testing.assert_allclose(found.hamiltonian_share, share)
    assert bool(found.is_hamiltonian) is (share == 1)
    assert bool(found.is_potential) is (share == 0)


def test_a_potential_game_has_no_rotation_anywhere():
    potential = np.random.default_rng(0).normal(size=(3, 3))
    game = gt.NormalFormGame.from_bimatrix(potential, potential)
    points = np.random.default_rng(1).dirichlet(np.ones(3), size=(10, 2)).reshape(10, 6)
    assert decompose(game, points).is_potential.all()


def test_nothing_at_stake_has_no_share():
    found = decompose(gt.QuadraticGame(np.zeros((2, 2))), [0, 0])
    assert np.isnan(found.hamiltonian_share)


def test_bad_points_are_named():
    with pytest.raises(ValueError, match=r"`point` must lie in Box.*1\.5"):
        decompose(gt.named_game("chicken"), [0.5, 1.5])
