import itertools

import numpy as np
import pytest

import gametools as gt
from gametools.dynamics import (
    MATRL,
    PHC,
    ExtraGradient,
    GradientDescent,
    Replicator,
    WoLF,
)
from gametools.dynamics.field import is_symmetric_play
from gametools.games import Box, Simplex

PENNIES = gt.named_game("matching_pennies")
SPIRAL = gt.QuadraticGame([[1, 10], [-10, 1]])
RULES = [GradientDescent(0.05), ExtraGradient(0.05), MATRL(0.05), WoLF(0.01, 0.04)]


def central_differences(game, points, size=1e-6):
    """Minus each player's own slope, from the losses alone."""
    owner = np.repeat(np.arange(len(game.dims)), game.dims)
    slopes = np.empty_like(points)
    for k, player in enumerate(owner):
        shift = size * np.eye(len(owner))[k]
        ahead, behind = game.losses(points + shift), game.losses(points - shift)
        slopes[..., k] = (behind - ahead)[..., player] / (2 * size)
    return slopes


def three_players():
    return gt.NormalFormGame(np.random.default_rng(3).normal(size=(3, 2, 2, 2)))


def torch_game(**keywords):
    torch = pytest.importorskip("torch")

    def losses(x):
        return torch.sin(x[0]) * x[1] + x[0] ** 2, torch.cos(x[1]) * x[0]

    return gt.TorchGame(losses, dims=(1, 1), **keywords)


@pytest.mark.parametrize(
    "game",
    [PENNIES, SPIRAL, three_players(), gt.named_differentiable_game("tandem"), torch_game],
    ids=["2x2", "quadratic", "three players", "polynomial", "torch"],
)
def test_gradient_flow_is_what_central_differences_of_the_losses_say(game):
    game = game() if callable(game) else game
    bounds = [(0.1, 0.9), (0.2, 0.7)]
    field = gt.vector_field(game, shape=(4, 6), bounds=bounds)
    np.testing.assert_allclose(
        field.directions, central_differences(field.game, field.points), atol=1e-7
    )
    np.testing.assert_array_equal(field.losses, field.game.losses(field.points))
    np.testing.assert_array_equal(field.free, field.directions)


def test_rows_go_up_the_second_coordinate_and_columns_along_the_first():
    field = gt.vector_field(SPIRAL, shape=(3, 5), bounds=[(0, 4), (10, 20)])
    assert field.points.shape == field.directions.shape == (3, 5, 2)
    np.testing.assert_array_equal(field.x, [0, 1, 2, 3, 4])
    np.testing.assert_array_equal(field.y, [10, 15, 20])
    np.testing.assert_array_equal(field.points[1, 4], [4, 15])
    np.testing.assert_array_equal((field.u[1, 4], field.v[1, 4]), (-4 - 150, 40 - 15))
    assert field.speed[1, 4] == pytest.approx(np.hypot(154, 25))


def test_matching_pennies_goes_round():
    field = gt.vector_field(PENNIES, shape=(9, 9), bounds=[(0.1, 0.9)] * 2)
    x, y = np.meshgrid(field.x - 0.5, field.y - 0.5)
    np.testing.assert_allclose(x * field.u + y * field.v, 0, atol=1e-12)
    np.testing.assert_allclose(x * field.v - y * field.u, -4 * (x**2 + y**2), atol=1e-12)


def test_the_border_stops_what_would_leave_and_lets_slide_what_slides():
    field = gt.vector_field(gt.named_game("prisoners_dilemma"), shape=(5, 5))
    assert (field.free < 0).all()  # who cooperates less, earns more, everywhere
    np.testing.assert_array_equal(field.directions[0, 0], [0, 0])
    np.testing.assert_array_equal(field.u[:, 0], 0)
    assert (field.v[1:, 0] < 0).all()
    np.testing.assert_array_equal(field.v[0], 0)
    assert (field.u[0, 1:] < 0).all()
    np.testing.assert_array_equal(field.directions[1:, 1:], field.free[1:, 1:])


def test_a_bound_inside_the_box_is_no_border():
    field = gt.vector_field(gt.named_game("prisoners_dilemma"), bounds=[(0.5, 1), (0.5, 1)])
    assert (field.directions < 0).all()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)
def test_a_rule_moves_each_point_as_a_simulation_of_one_step_does(rule):
    field = gt.vector_field(PENNIES, rule, shape=(3, 4))
    for row, column in np.ndindex(3, 4):
        start = field.points[row, column]
        end = gt.simulate(PENNIES, rule, start, steps=1).points[-1]
        np.testing.assert_allclose(field.directions[row, column], end - start, atol=1e-15)


def test_a_small_gradient_step_is_gradient_flow_inside_and_at_the_border():
    rule = GradientDescent(1e-7)
    for game in (PENNIES, gt.named_game("stag_hunt")):
        flow, steps = gt.vector_field(game), gt.vector_field(game, rule)
        np.testing.assert_allclose(steps.directions / 1e-7, flow.directions, atol=1e-6)


def test_where_a_rule_rests_on_the_border_its_own_direction_is_not_known():
    field = gt.vector_field(gt.named_game("prisoners_dilemma"), GradientDescent(0.1), shape=(5, 5))
    assert np.isnan(field.free[:, 0, 0]).all()
    assert np.isfinite(field.free[1:, 1:]).all()
    np.testing.assert_array_equal(field.directions[:, 0, 0], 0)


def test_one_call_for_all_points(monkeypatch):
    calls = []
    original = gt.ProbabilityGame.gradient

    def counted(self, x, others=None):
        calls.append(x.shape)
        return original(self, x, others)

    monkeypatch.setattr(gt.ProbabilityGame, "gradient", counted)
    gt.vector_field(PENNIES, shape=(30, 40))
    assert calls == [(1200, 2)]


def test_a_plane_through_more_coordinates():
    game = gt.ProbabilityGame(three_players())
    field = gt.vector_field(
        game, plane=(2, 0), at=[9, 0.25, 9], shape=(3, 4), bounds=[(0.1, 0.9)] * 2
    )
    assert field.plane == (2, 0)
    for row, column in itertools.product(range(3), range(4)):
        point = np.array([field.y[row], 0.25, field.x[column]])
        np.testing.assert_array_equal(field.points[row, column], point)
        slope = game.gradient(point)
        np.testing.assert_allclose(
            [field.u[row, column], field.v[row, column]], [-slope[2], -slope[0]], atol=1e-12
        )


def test_other_coordinates_stay_in_the_middle_of_a_box_and_at_zero_elsewhere():
    assert (gt.vector_field(three_players()).points[..., 2] == 0.5).all()
    four = gt.named_differentiable_game("four_player_rotation")
    assert (gt.vector_field(four).points[..., 2:] == 0).all()


def test_torch_in_a_box():
    field = gt.vector_field(torch_game(domain=Box(0.0, 2.0)), shape=(3, 3))
    np.testing.assert_array_equal(field.x, [0, 1, 2])
    stopped = (field.points == 0) & (field.free < 0)
    assert stopped.any()
    assert (field.directions[stopped] == 0).all()


def test_rules_that_draw_are_seeded():
    rule = PHC(0.1, exploration=0.3)
    one, same, other = (gt.vector_field(PENNIES, rule, rng=k).directions for k in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_frame_has_a_row_for_each_point():
    field = gt.vector_field(PENNIES, shape=(2, 3))
    frame = field.to_frame()
    names = ["x0", "x1", "direction0", "direction1", "loss0", "loss1", "speed"]
    assert list(frame) == names
    np.testing.assert_array_equal(frame[["x0", "x1"]], field.points.reshape(-1, 2))
    np.testing.assert_array_equal(frame["speed"], field.speed.ravel())
    assert "2x3 points over x0, x1: gradient flow" in repr(field)


@pytest.mark.parametrize(
    ("keywords", "wanted"),
    [
        ({"plane": (0, 2)}, "`plane` must be two different coordinates below 2"),
        ({"plane": (0, 0)}, "`plane` must be two different coordinates"),
        ({"plane": (0,)}, "`plane` must be two whole numbers"),
        ({"shape": (1, 5)}, "`shape` must be at least 2"),
        ({"shape": 5}, "`shape` must be two whole numbers"),
        ({"bounds": [(0, 1)]}, "`bounds` must be"),
        ({"bounds": [(1, 0), (0, 1)]}, "low < high"),
        ({"bounds": [(0, 1.1), (0, 1)]}, "`bounds` must lie in Box"),
        ({"at": [0.5]}, r"`at` must have shape \(2,\)"),
        ({"rule": GradientDescent}, "`rule` must be an update rule"),
    ],
)
def test_bad_arguments_are_named(keywords, wanted):
    with pytest.raises((TypeError, ValueError), match=wanted):
        gt.vector_field(PENNIES, **keywords)


def test_games_without_a_plane_are_refused_with_a_remedy():
    with pytest.raises(ValueError, match="use `simplex_field`"):
        gt.vector_field(gt.named_game("rock_paper_scissors"))
    with pytest.raises(ValueError, match="single game"):
        gt.vector_field(gt.random_2x2("cyclic", size=3, rng=0))
    with pytest.raises(ValueError, match="`at` must lie in Box"):
        gt.vector_field(three_players(), at=[0, 0, 2])
    with pytest.raises(ValueError, match="no end"):
        gt.vector_field(torch_game(domain=Box(0.0, np.inf)))


# Mixed strategies


def projected_quotient(game, x, size=1e-7):
    """The tangent cone's projection by its definition: the slope of the domain's projection."""
    return (game.domain.project(x - size * game.gradient(x)) - x) / size


@pytest.mark.parametrize("name", ["shapley_1964", "zeeman", "rock_paper_scissors"])
def test_simplex_directions_are_the_slope_of_the_projection(name):
    game = gt.SimplexGame(gt.named_game(name))
    at = [0.2, 0.3, 0.5, 0.1, 0.6, 0.3]
    field = gt.simplex_field(game, 1, resolution=7, at=at)
    assert field.points.shape == field.directions.shape == (36, 3)
    joint = np.hstack([np.tile(at[:3], (36, 1)), field.points])
    np.testing.assert_allclose(field.directions, projected_quotient(game, joint)[:, 3:], atol=1e-6)
    np.testing.assert_allclose(field.losses, game.losses(joint), atol=1e-15)


def test_the_lattice_holds_each_point_once_and_the_vertices():
    points = gt.simplex_field(gt.named_game("zeeman"), resolution=4).points
    assert len(np.unique(points.round(9), axis=0)) == len(points) == 15
    assert {(1, 0, 0), (0, 1, 0), (0, 0, 1)} <= set(map(tuple, points))
    np.testing.assert_allclose(points.sum(axis=1), 1)


def test_one_population_follows_the_replicator_equation():
    payoffs = np.array([[0, 6, -4], [-3, 0, 5], [-1, 3, 0]])
    game = gt.named_game("zeeman")
    field = gt.simplex_field(game, symmetric=True, rule=Replicator(1e-6), resolution=5)
    gain = field.points @ payoffs.T
    mean = (field.points * gain).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(field.directions / 1e-6, field.points * (gain - mean), atol=1e-4)
    assert field.at is None
    assert "one population" in repr(field)


def test_the_projection_stops_several_falling_entries_one_after_the_other():
    # At the vertex e1, falling behind are both others; at an edge point, one after another.
    game = gt.NormalFormGame.from_bimatrix([[10, 10], [0, 0], [-50, -50]], np.zeros((3, 2)))
    field = gt.simplex_field(game, resolution=2)
    by_point = {tuple(p): d for p, d in zip(field.points, field.directions, strict=True)}
    np.testing.assert_array_equal(by_point[1, 0, 0], [0, 0, 0])
    np.testing.assert_allclose(by_point[0.5, 0.5, 0], [5, -5, 0])
    np.testing.assert_allclose(by_point[0, 1, 0], [5, -5, 0])


def test_who_plays_alike():
    assert is_symmetric_play(gt.named_game("rock_paper_scissors"))
    assert is_symmetric_play(gt.named_game("zeeman"))
    assert not is_symmetric_play(gt.NormalFormGame.from_bimatrix(np.eye(3), -np.eye(3)))
    assert not is_symmetric_play(PENNIES)


@pytest.mark.parametrize(
    ("game", "keywords", "wanted"),
    [
        (gt.named_game("zeeman"), {"player": 2}, "`player` must have three actions"),
        (gt.SimplexGame(PENNIES), {}, "`player` must have three actions"),
        (PENNIES, {}, "`game` must be played in mixed strategies"),
        (gt.named_game("zeeman"), {"resolution": 0}, "`resolution` must be at least 1"),
        (gt.named_game("zeeman"), {"at": [0.5, 0.5]}, r"`at` must have shape \(6,\)"),
        (gt.named_game("zeeman"), {"at": [1, 0, 0, 1, 1, 1]}, "`at` must lie in Simplex"),
        (gt.named_game("zeeman"), {"at": [1, 0, 0] * 2, "symmetric": True}, "exclude"),
        (
            gt.NormalFormGame.from_bimatrix(np.eye(3), -np.eye(3)),
            {"symmetric": True},
            "players who are alike",
        ),
    ],
)  # fmt: skip
def test_bad_arguments_of_simplices_are_named(game, keywords, wanted):
    with pytest.raises((TypeError, ValueError), match=wanted):
        gt.simplex_field(game, **keywords)


def test_inputs_are_left_as_they_were():
    at = np.array([0.2, 0.3, 0.5, 0.1, 0.6, 0.3])
    before = at.copy()
    gt.simplex_field(gt.named_game("zeeman"), at=at)
    np.testing.assert_array_equal(at, before)


def test_simplex_domains_of_one_action_do_not_move():
    game = gt.NormalFormGame.from_bimatrix([[1], [2], [0]], [[0], [0], [0]])
    field = gt.simplex_field(game, resolution=3)
    assert field.game.domain == Simplex((3, 1))
    assert field.directions[-1] @ [1, 1, 1] == pytest.approx(0)
