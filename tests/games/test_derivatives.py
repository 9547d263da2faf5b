"""What every differentiable game promises, held against torch and central differences."""

import numpy as np
import pytest
from differentiable_games import CASES, MATRIX_VIEWS, matrix_points, random_matrix_game
from slow_references import central_difference

import gametools as gt
from gametools.games import DifferentiableGame, RepeatedGame

METHODS = ("losses", "gradient", "jacobian", "loss_jacobian")
every_game = pytest.mark.parametrize("case", CASES, ids=repr)


def relative_error(found, wanted):
    """Largest difference, in units of the largest entry."""
    assert np.shape(found) == np.shape(wanted)
    largest = max(np.abs(wanted).max(), 1e-3)
    return np.abs(np.asarray(found) - wanted).max() / largest


@every_game
def test_it_is_a_differentiable_game(case):
    game = case.game
    assert isinstance(game, DifferentiableGame)
    assert case.points.shape[-1] == sum(game.dims)
    assert game.domain.contains(case.points).all()


@every_game
def test_derivatives_equal_central_differences(case):
    game, players = case.game, np.repeat(np.arange(len(case.game.dims)), case.game.dims)
    for x in case.points:
        of_losses = central_difference(game.losses, x, width=1e-5)
        of_gradient = central_difference(game.gradient, x, width=1e-5)
        own = of_losses[players, np.arange(len(x))]
        assert relative_error(game.loss_jacobian(x), of_losses) < 1e-6
        assert relative_error(game.gradient(x), own) < 1e-6
        assert relative_error(game.jacobian(x), of_gradient) < 1e-6


@every_game
def test_losses_and_derivatives_equal_those_of_torch(case):
    torch = pytest.importorskip("torch")
    game = case.game
    theirs = gt.TorchGame(case.torch_losses(torch), game.dims)
    others = case.points[::-1]
    for method in METHODS:
        wanted = getattr(theirs, method)(case.points)
        assert relative_error(getattr(game, method)(case.points), wanted) < 1e-8, method
    wanted = theirs.gradient(case.points, others)
    assert relative_error(game.gradient(case.points, others), wanted) < 1e-8


@every_game
def test_gradient_mixes_own_and_others_parameters(case):
    game, (x, others) = case.game, case.points[:2]
    players = np.repeat(np.arange(len(game.dims)), game.dims)
    found = game.gradient(x, others)
    for player in range(len(game.dims)):
        mine = players == player
        at = game.gradient(np.where(mine, x, others))
        np.testing.assert_allclose(found[mine], at[mine], rtol=1e-12, atol=1e-13)


@every_game
@pytest.mark.parametrize("method", METHODS)
def test_many_points_equal_one_point_at_a_time(case, method):
    function = getattr(case.game, method)
    batch = case.points.reshape(2, 2, -1)
    together = function(batch)
    for index in np.ndindex(2, 2):
        np.testing.assert_allclose(together[index], function(batch[index]), rtol=1e-12, atol=1e-13)
    fortran = function(np.asfortranarray(batch))
    np.testing.assert_allclose(fortran, together, rtol=1e-12, atol=1e-13)


@every_game
def test_points_are_left_as_they_are_and_may_be_lists(case):
    before = case.points.copy()
    case.points.flags.writeable = False
    for method in METHODS:
        found = getattr(case.game, method)(case.points)
        wanted = getattr(case.game, method)(before.tolist())
        np.testing.assert_array_equal(found, wanted)
    case.game.gradient(case.points, case.points[::-1])
    np.testing.assert_array_equal(case.points, before)


@every_game
def test_an_empty_batch_stays_empty(case):
    n, d = len(case.game.dims), sum(case.game.dims)
    shapes = {"losses": (n,), "gradient": (d,), "jacobian": (d, d), "loss_jacobian": (n, d)}
    for method, shape in shapes.items():
        assert getattr(case.game, method)(np.zeros((0, d))).shape == (0, *shape)


@every_game
def test_points_of_a_wrong_length_are_refused(case):
    for bad in (np.zeros(sum(case.game.dims) + 1), 0.5):
        with pytest.raises(ValueError, match=r"a point must have shape \(\*batch, .*got \("):
            case.game.gradient(bad)


def batched_games():
    for coordinates, (view, _) in MATRIX_VIEWS.items():
        for sizes in ((2, 2), (2, 2, 2)):
            yield coordinates, view(random_matrix_game(sizes, (5,))), sizes
    for coordinates in ("simplex", "softmax"):
        yield coordinates, MATRIX_VIEWS[coordinates][0](random_matrix_game((3, 4), (5,))), (3, 4)
    yield "repeated", RepeatedGame(random_matrix_game((2, 2), (5,))), (5, 5)


def points_of(coordinates, sizes):
    if coordinates == "repeated":
        return np.random.default_rng(3).normal(size=(5, 10))
    return matrix_points(coordinates, sizes, 5)


@pytest.mark.parametrize(
    ("coordinates", "game", "sizes"), list(batched_games()), ids=lambda value: str(value)[:40]
)
@pytest.mark.parametrize("method", METHODS)
class TestBatchesOfGames:
    def test_each_game_at_its_own_point(self, coordinates, game, sizes, method):
        x = points_of(coordinates, sizes)
        together = getattr(game, method)(x)
        for k in range(5):
            alone = getattr(game.take(np.array([k])), method)(x[[k]])[0]
            np.testing.assert_allclose(together[k], alone, rtol=1e-13, atol=1e-15)
            single = getattr(type(game)(_matrix_game(game)[k]), method)(x[k])
            np.testing.assert_allclose(together[k], single, rtol=1e-13, atol=1e-15)

    def test_every_game_at_many_points(self, coordinates, game, sizes, method):
        x = points_of(coordinates, sizes)[:3, None]
        together = getattr(game, method)(x)
        for i, k in np.ndindex(3, 5):
            alone = getattr(game.take(np.array([k])), method)(x[i])[0]
            np.testing.assert_allclose(together[i, k], alone, rtol=1e-13, atol=1e-15)

    def test_taken_games_are_those_games(self, coordinates, game, sizes, method):
        x = points_of(coordinates, sizes)
        getattr(game, method)(x)  # so that what is kept is taken along
        for index in (np.array([4, 0, 0, 2]), np.array([], dtype=np.intp)):
            part = game.take(index).take(np.arange(len(index)))
            found = getattr(part, method)(x[index])
            np.testing.assert_array_equal(found, getattr(game, method)(x)[index])


def _matrix_game(game):
    return game.stage if isinstance(game, RepeatedGame) else game.matrix_game
