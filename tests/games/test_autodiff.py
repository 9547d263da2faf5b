"""Losses written in torch: bad functions, NaN, and what vmap cannot do."""

import sys

import numpy as np
import pytest

import gametools as gt
from gametools.dynamics.simulate import Status


def quartic(x):
    return (x**2).sum() ** 2 + x[0] * x[1], x.prod() + x[2] ** 4 * x[0]


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


@pytest.mark.parametrize("form", ["tuple", "list", "tensor", "column of scalars"])
def test_losses_may_come_as_a_tensor_or_a_sequence_of_scalars(torch, form):
    forms = {
        "tuple": quartic,
        "list": lambda x: list(quartic(x)),
        "tensor": lambda x: torch.stack(quartic(x)),
        "column of scalars": lambda x: [loss[None] for loss in quartic(x)],
    }
    x = np.random.default_rng(0).normal(size=(3, 3))
    found = gt.TorchGame(forms[form], (1, 2))
    wanted = gt.TorchGame(quartic, (1, 2))
    np.testing.assert_array_equal(found.losses(x), wanted.losses(x))
    np.testing.assert_array_equal(found.jacobian(x), wanted.jacobian(x))


def test_constants_and_numbers_are_losses_too(torch):
    game = gt.TorchGame(lambda x: (x[0] ** 2, 3), (1, 1))
    np.testing.assert_array_equal(game.losses([2.0, 5.0]), [4, 3])
    np.testing.assert_array_equal(game.gradient([2.0, 5.0]), [4, 0])
    np.testing.assert_array_equal(game.jacobian([2.0, 5.0]), [[2, 0], [0, 0]])


def test_what_branches_on_values_runs_point_by_point(torch):
    def kinked(x):
        return (x[0] ** 2 if x[0] > 0 else x[0] ** 3), x[1] ** 2

    x = np.array([[2.0, 1.0], [-2.0, 1.0]])
    game = gt.TorchGame(kinked, (1, 1), vectorize=False)
    np.testing.assert_array_equal(game.gradient(x), [[4, 2], [12, 2]])
    np.testing.assert_array_equal(game.jacobian(x)[:, 0, 0], [2, -12])
    np.testing.assert_array_equal(game.losses(x[:0]), np.zeros((0, 2)))


def test_points_one_by_one_equal_points_at_once(torch):
    x = np.random.default_rng(1).normal(size=(4, 3))
    at_once, one_by_one = (gt.TorchGame(quartic, (1, 2), vectorize=v) for v in (True, False))
    for method in ("losses", "gradient", "jacobian", "loss_jacobian"):
        found, wanted = (getattr(game, method)(x) for game in (at_once, one_by_one))
        np.testing.assert_allclose(found, wanted, rtol=1e-13, atol=1e-14)


def test_everything_is_float64(torch):
    game = gt.TorchGame(quartic, (1, 2))
    for method in ("losses", "gradient", "jacobian", "loss_jacobian"):
        assert getattr(game, method)(np.ones(3, dtype=np.float32)).dtype == np.float64
    assert torch.get_default_dtype() == torch.float32


def test_torch_keeps_its_random_state_and_gradients_nothing(torch):
    weights = torch.ones(3, dtype=torch.float64, requires_grad=True)
    state = torch.get_rng_state()
    game = gt.TorchGame(lambda x: ((weights * x).sum() ** 2, x[0]), (1, 2))
    game.jacobian(np.ones((2, 3)))
    assert torch.equal(torch.get_rng_state(), state)
    assert weights.grad is None


@pytest.mark.parametrize(
    ("losses", "error", "message"),
    [
        (lambda x: x[:1], ValueError, r"must return 2 losses, one for .*; got shape \(1,\)"),
        (lambda x: (x[0], x[1], x[0]), ValueError, r"must return 2 losses.* got shape \(3,\)"),
        (lambda x: x.sum(), ValueError, r"must return 2 losses, .* got shape \(\)"),
        (lambda x: 1.0, TypeError, "must return a tensor, or a tuple of .*; got float"),
        (lambda x: None, TypeError, "must return a tensor, or a tuple of .*; got NoneType"),
    ],
)
@pytest.mark.parametrize("method", ["losses", "gradient", "jacobian", "loss_jacobian"])
def test_a_wrong_number_of_losses_is_an_error(torch, losses, error, message, method):
    game = gt.TorchGame(losses, (1, 1))
    with pytest.raises(error, match=message):
        getattr(game, method)(np.zeros((3, 2)))


def test_where_a_loss_is_nan_its_derivatives_are_too(torch):
    """Also where autograd would find a number: the derivative of ``x + nan`` is 1."""
    nan = float("nan")
    game = gt.TorchGame(lambda x: (x[0] + torch.where(x[1] > 1, nan, 0.0), x[1] ** 2), (1, 1))
    x = np.array([[0.0, 0.5], [0.0, 1.5]])
    np.testing.assert_array_equal(game.losses(x), [[0, 0.25], [np.nan, 2.25]])
    np.testing.assert_array_equal(game.gradient(x), [[1, 1], [np.nan, 3]])
    np.testing.assert_array_equal(game.gradient(x, x), [[1, 1], [np.nan, 3]])
    np.testing.assert_array_equal(game.jacobian(x)[1], [[np.nan, np.nan], [0, 2]])
    np.testing.assert_array_equal(game.loss_jacobian(x)[1], [[np.nan, np.nan], [0, 3]])


def test_a_simulation_says_where_it_met_nan(torch):
    game = gt.TorchGame(lambda x: (torch.sqrt(x[0]) * 1.0, x[1] ** 2), (1, 1))
    path = gt.simulate(game, gt.dynamics.GradientDescent(0.1), [0.02, 1.0], steps=10)
    assert path.status is Status.NOT_FINITE
    assert path.diverged_at == 2
    assert "at (-0.333553, 0.8)" in path.message  # the root of a negative number


def test_a_simulation_in_torch_equals_one_by_hand(torch):
    hand = gt.QuadraticGame([[1, 10], [-10, 1]])
    auto = gt.TorchGame(
        lambda x: (x[0] ** 2 / 2 + 10 * x[0] * x[1], x[1] ** 2 / 2 - 10 * x[0] * x[1]), (1, 1)
    )
    start = np.random.default_rng(2).normal(size=(5, 2))
    for rule in (gt.dynamics.LookAhead(0.02), gt.dynamics.MATRL(0.02)):
        ends = [gt.simulate(game, rule, start, steps=50, rng=0).points for game in (hand, auto)]
        np.testing.assert_allclose(*ends, rtol=1e-10)


def test_a_domain_keeps_simulations_inside(torch):
    game = gt.TorchGame(lambda x: (x[0], -x[1]), (1, 1), gt.games.Box(0.0, 1.0))
    path = gt.simulate(game, gt.dynamics.GradientDescent(0.3), [0.5, 0.5], steps=3)
    np.testing.assert_array_equal(path.points[-1], [0, 1])


@pytest.mark.parametrize(
    ("losses", "dims", "error", "message"),
    [
        ("x**2", (1, 1), TypeError, "`losses` must be a function of a point; got 'x"),
        (quartic, (), ValueError, r"`dims` must have an entry for each player; got \(\)"),
        (quartic, (1, 0), ValueError, "`dims` must be at least 1; got 0"),
        (quartic, (1, 1.5), TypeError, "`dims` must be a whole number; got 1.5"),
    ],
)
def test_games_that_make_no_sense_are_refused(torch, losses, dims, error, message):
    with pytest.raises(error, match=message):
        gt.TorchGame(losses, dims)


def test_a_game_says_what_it_is(torch):
    assert repr(gt.TorchGame(quartic, (1, 2))) == "TorchGame(quartic, dims (1, 2))"


def test_without_torch_one_line_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match=r"needs torch: pip install gametools\[torch\]") as caught:
        gt.TorchGame(quartic, (1, 2))
    assert "\n" not in str(caught.value)
