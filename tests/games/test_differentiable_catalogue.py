import numpy as np
import pytest
from slow_references import central_difference

import gametools as gt
from gametools.games import (
    NAMED_DIFFERENTIABLE_GAMES,
    NAMED_GAMES,
    DifferentiableGame,
    differentiable_catalogue_frame,
    known_fixed_points,
)

RESTS = [(name, rest) for name in NAMED_DIFFERENTIABLE_GAMES for rest in known_fixed_points(name)]
every_rest = pytest.mark.parametrize(
    ("name", "rest"), RESTS, ids=lambda value: value if isinstance(value, str) else ""
)

LOSSES = {
    "bilinear": lambda x, y: (x * y, -x * y),
    "strict_saddle": lambda x, y: (x * y, x * y),
    "stable_not_nash": lambda x, y: (x**3 + x * y, -x * y),
    "rotational": lambda x, y: (x**2 / 2 + 10 * x * y, y**2 / 2 - 10 * x * y),
    "hill": lambda x, y: (-(x**2 + y**2) / 2,) * 2,
    "tandem": lambda x, y: ((x + y) ** 2 - 2 * x, (x + y) ** 2 - 2 * y),
    "limit_cycle": lambda x, y: tuple(
        s * (x * y - x**2 / 2 + y**2 / 2 + x**4 / 4 - y**4 / 4) for s in (1, -1)
    ),
    "four_player_rotation": lambda a, b, c, d: (
        0.005 * a**2 + a * (b + c + d),
        0.005 * b**2 + b * (c + d - a),
        0.005 * c**2 + c * (d - a - b),
        0.005 * d**2 + d * (-a - b - c),
    ),
    "cournot_duopoly": lambda p, q: (-p * (10 - p - q - 1), -q * (10 - p - q - 1)),
    "sigmoid_matching_pennies": lambda x, y: (
        -np.tanh(x / 2) * np.tanh(y / 2),
        np.tanh(x / 2) * np.tanh(y / 2),
    ),
    "gaussian_product": lambda x, y: (-x * y, -x * y),
}


@pytest.mark.parametrize("name", NAMED_DIFFERENTIABLE_GAMES)
def test_every_game_runs(name):
    game = gt.named_differentiable_game(name)
    assert isinstance(game, DifferentiableGame)
    start = np.full(sum(game.dims), 0.1)
    path = gt.simulate(game, gt.dynamics.GradientDescent(0.01), start, steps=5)
    assert np.isfinite(path.points).all()


@pytest.mark.parametrize("name", LOSSES)
def test_losses_are_those_of_the_source(name):
    game = gt.named_differentiable_game(name)
    for x in np.random.default_rng(0).normal(size=(4, sum(game.dims))):
        np.testing.assert_allclose(game.losses(x), LOSSES[name](*x), rtol=1e-12, atol=1e-13)


@every_rest
def test_known_fixed_points_are_fixed_points(name, rest):
    game = gt.named_differentiable_game(name)
    np.testing.assert_allclose(game.gradient(np.array(rest.point)), 0, atol=1e-12)


@every_rest
def test_known_kinds_follow_from_the_eigenvalues(name, rest):
    """From central differences of the losses, not from the game's own derivatives."""
    game, x = gt.named_differentiable_game(name), np.array(rest.point)
    players = np.repeat(np.arange(len(game.dims)), game.dims)

    def slopes(y):
        return central_difference(game.losses, y, 1e-4)[players, np.arange(len(y))]

    jacobian = central_difference(slopes, x, 1e-4)
    size = np.abs(jacobian).max()
    symmetric = np.linalg.eigvalsh(jacobian + jacobian.T) / 2 / size
    real = np.linalg.eigvals(jacobian).real / size
    singular = np.linalg.svd(jacobian)[1].min() / size < 1e-4
    if singular:
        kind = "undecided"
    elif symmetric.min() > 1e-4:
        kind = "stable"
    elif symmetric.max() < -1e-4:
        kind = "unstable"
    else:
        kind = "strict saddle" if real.min() < -1e-4 else "centre"
        assert kind == "strict saddle" or np.abs(real).max() < 1e-4
    assert rest.kind == kind
    assert rest.is_stable == (symmetric.min() > -1e-4 and not singular)


@every_rest
def test_known_local_nash_equilibria_are_those_without_a_gain_nearby(name, rest):
    game, x = gt.named_differentiable_game(name), np.array(rest.point)
    rng = np.random.default_rng(1)
    players = np.repeat(np.arange(len(game.dims)), game.dims)
    gains = []
    for player in range(len(game.dims)):
        mine = players == player
        moves = rng.normal(size=(200, len(x))) * mine * rng.choice([1e-1, 1e-2], (200, 1))
        gains.append((game.losses(x) - game.losses(x + moves))[:, player].max())
    assert rest.is_local_nash == (max(gains) < 1e-12)


def test_the_limit_cycle_game_has_one_fixed_point_and_its_learners_cycle():
    game = gt.named_differentiable_game("limit_cycle")
    start = np.random.default_rng(2).normal(size=(20, 2))
    path = gt.simulate(game, gt.dynamics.GradientDescent(0.02), start, steps=3000)
    late = path.points[2000:]
    assert (np.linalg.norm(late, axis=-1) > 0.3).all()
    assert (np.ptp(late, axis=0) > 0.5).all()


def test_the_rotational_game_is_stable_up_to_the_step_it_says():
    game = gt.named_differentiable_game("rotational")
    multipliers = [
        np.abs(np.linalg.eigvals(np.eye(2) - step * game.jacobian(np.zeros(2)))).max()
        for step in (0.999 * 2 / 101, 1.001 * 2 / 101)
    ]
    assert multipliers[0] < 1 < multipliers[1]


def test_names_are_those_of_one_game_each():
    assert not set(NAMED_GAMES) & set(NAMED_DIFFERENTIABLE_GAMES)


def test_the_frame_has_a_row_with_a_source_for_each_game():
    frame = differentiable_catalogue_frame()
    assert tuple(frame["name"]) == NAMED_DIFFERENTIABLE_GAMES
    assert frame["source"].str.contains(r"\(\d{4}\)").all()
    assert frame["shows"].str.len().gt(20).all()
    dims = dict(zip(frame["name"], frame["dims"], strict=True))
    assert dims["iterated_prisoners_dilemma"] == "5+5"


@pytest.mark.parametrize("function", [gt.named_differentiable_game, known_fixed_points])
def test_unknown_names_are_refused_with_the_nearest(function):
    with pytest.raises(ValueError, match=r"`name` must be one of .*; got 'tandm'.*mean 'tandem'"):
        function("tandm")
