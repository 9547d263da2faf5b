"""Games that somebody wrote: wrong shapes and NaN are named at every door of the package."""

import numpy as np
import pytest

import gametools as gt
from gametools.dynamics import GradientDescent, flow, matrl_step
from gametools.games.well_formed import require_well_formed
from gametools.stability import decompose


class Bowl:
    """Losses ``x_i**2 / 2``, whose methods can be replaced one by one."""

    dims, domain, batch_shape = (1, 2), gt.games.Euclidean(), ()

    def __init__(self, **methods):
        self.__dict__.update(methods)

    def losses(self, x):
        x = np.asarray(x)
        return np.stack([x[..., 0] ** 2, (x[..., 1:] ** 2).sum(axis=-1)], axis=-1) / 2

    def gradient(self, x, others=None):
        return np.array(x)

    def jacobian(self, x):
        return np.broadcast_to(np.eye(3), (*np.shape(x)[:-1], 3, 3))

    def loss_jacobian(self, x):
        return np.asarray(x)[..., None, :] * np.array([[1.0, 0, 0], [0, 1, 1]])

    def take(self, index):
        return self


AT = [0.0, 0.0, 0.0]
FLAT = {  # what calls a game with a flat batch of points, and so with (1, 3) first
    "classify": lambda game: gt.classify(game, AT),
    "decompose": lambda game: decompose(game, AT),
    "find_fixed_points": lambda game: gt.find_fixed_points(game, starts=5, rng=0),
    "basins": lambda game: gt.basins(game, GradientDescent(0.1), samples=5, rng=0),
    "vector_field": lambda game: gt.vector_field(game, shape=(3, 3)),
}
DOORS = FLAT | {
    "simulate": lambda game: gt.simulate(game, GradientDescent(0.1), AT, steps=2),
    "flow": lambda game: flow(game, GradientDescent(0.1), AT, [0.0, 1.0]),
    "matrl_step": lambda game: matrl_step(game, AT, gt.dynamics.MATRL(0.1), rng=0),
}
WRONG = {
    "losses": (lambda x: np.zeros((*np.shape(x)[:-1], 3)), (2,), (3,)),
    "gradient": (lambda x, others=None: np.zeros((*np.shape(x)[:-1], 2)), (3,), (2,)),
    "jacobian": (lambda x: np.zeros((*np.shape(x)[:-1], 2, 3)), (3, 3), (2, 3)),
    "loss_jacobian": (lambda x: np.zeros((*np.shape(x)[:-1], 3, 3)), (2, 3), (3, 3)),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("method", WRONG)
def test_a_wrong_shape_is_named_at_every_door(door, method):
    function, wanted, got = WRONG[method]
    lead = (1,) if door in FLAT else ()
    with pytest.raises(ValueError, match=f"`game.{method}` must return shape") as error:
        DOORS[door](Bowl(**{method: function}))
    for piece in (f"shape {lead + wanted} for", f"got {lead + got}.", "(1, 2) parameters"):
        assert piece in str(error.value)


@pytest.mark.parametrize("door", DOORS)
def test_a_game_that_is_right_passes(door):
    DOORS[door](Bowl())


def test_a_game_that_forgets_the_batch_is_named():
    game = Bowl(losses=lambda x: np.zeros(2))
    with pytest.raises(ValueError, match=r"`game.losses` must return shape \(1, 2\).*got \(2,\)"):
        gt.simulate(game, GradientDescent(0.1), [AT, AT])


def test_a_batch_of_games_is_asked_as_a_batch():
    class Bowls(Bowl):
        batch_shape = (4,)

    require_well_formed(Bowls(), np.zeros((2, 4, 3)))
    with pytest.raises(ValueError, match=r"`game.gradient` must return shape \(4, 3\)"):
        require_well_formed(Bowls(gradient=lambda x: x[0]), np.zeros((4, 3)))


def test_a_method_that_is_not_written_is_not_needed_by_all():
    def jacobian(x):
        raise NotImplementedError

    game = Bowl(jacobian=jacobian)
    assert gt.simulate(game, GradientDescent(0.1), AT, steps=2).points[-1].tolist() == AT
    with pytest.raises(NotImplementedError):
        gt.classify(game, AT)


def nan_beyond_one(torch=None):
    """A bowl that is NaN where the first coordinate is above 1, by hand or in torch."""
    if torch is None:
        return Bowl(gradient=lambda x, others=None: np.where(np.asarray(x)[..., :1] > 1, np.nan, x))
    return gt.TorchGame(
        lambda x: (torch.where(x[0] > 1, torch.nan, x[0] ** 2) / 2, (x[1:] ** 2).sum() / 2), (1, 2)
    )


@pytest.fixture(params=["by hand", "torch"])
def broken(request):
    if request.param == "torch":
        return nan_beyond_one(pytest.importorskip("torch"))
    return nan_beyond_one()


@pytest.mark.parametrize(
    ("call", "where"),
    [
        (lambda game: gt.classify(game, [2.0, 0, 0]), [2.0, 0.0, 0.0]),
        (lambda game: gt.find_fixed_points(game, starts=[[3.0, 0, 0]] * 4), [3.0, 0.0, 0.0]),
        (lambda game: gt.vector_field(game, bounds=[(0, 2)] * 2, shape=(3, 3)), [2.0, 0.0, 0.0]),
        (
            lambda game: gt.vector_field(
                game, bounds=[(0, 2)] * 2, shape=(3, 3), rule=GradientDescent(0.1)
            ),
            [2.0, 0.0, 0.0],
        ),
        (lambda game: matrl_step(game, [4.0, 1, 0], gt.dynamics.MATRL(0.1)), [4.0, 1.0, 0.0]),
    ],
)
def test_nan_is_named_with_the_point(broken, call, where):
    with pytest.raises(ValueError, match=r"`game` must have finite .*got NaN or infinity") as error:
        call(broken)
    assert str(where) in str(error.value)


def test_a_jacobian_that_is_nan_is_not_decomposed():
    torch = pytest.importorskip("torch")
    by_hand = Bowl(jacobian=lambda x: np.full((*np.shape(x), 3), np.nan))
    for game, at in ((by_hand, AT), (nan_beyond_one(torch), [2.0, 0, 0])):
        with pytest.raises(ValueError, match=r"`game` must have finite .*got NaN or infinity"):
            decompose(game, at)


def test_starts_where_the_game_is_nan_are_lost_and_the_others_are_not(broken):
    found = gt.find_fixed_points(broken, starts=[[3.0, 0, 0], [0.5, 1, 1]])
    np.testing.assert_allclose(found.points.point, [AT], atol=1e-8)
    assert found.lost == 0.5
