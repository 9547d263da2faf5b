"""Every update rule is held to the same behaviour."""

import dataclasses

import numpy as np
import pytest
from rule_cases import CASES, NEEDED, STEPS

import gametools as gt
from gametools.dynamics import UpdateRule
from gametools.dynamics.registry import RULES
from gametools.dynamics.rule import take_state

every_rule = pytest.mark.parametrize("case", CASES, ids=lambda case: repr(case.rule))
every_rule_that_draws_nothing = pytest.mark.parametrize(
    "case", [case for case in CASES if not case.draws], ids=lambda case: repr(case.rule)
)


def games_of_all_kinds(size=60):
    """Normal payoffs, and small integer ones with their ties."""
    rng = np.random.default_rng(0)
    generic = rng.normal(size=(size // 2, 2, 2, 2))
    tied = rng.integers(0, 3, (size // 2, 2, 2, 2))
    return gt.NormalFormGame(np.concatenate([generic, tied]), num_players=2)


def starts(size=60):
    """Points in the box, many of them on its edges and vertices."""
    x = np.random.default_rng(1).uniform(-0.5, 1.5, (size, 2))
    return np.clip(x, 0, 1)


def run(game, rule, start, steps=12, rng=0):
    return gt.simulate(game, rule, start, steps=steps, rng=rng).points


def test_every_rule_of_the_package_is_in_the_table():
    assert {type(case.rule) for case in CASES} == set(RULES.values())


@every_rule
def test_one_batched_update_equals_the_games_one_by_one(case):
    game, x = gt.ProbabilityGame(games_of_all_kinds()), starts()
    together, _ = case.rule.update(game, x, case.rule.init(game, x), np.random.default_rng(2))
    rng = np.random.default_rng(2)
    for k in range(len(x)):
        one = gt.ProbabilityGame(game.matrix_game[k])
        alone, _ = case.rule.update(one, x[k], case.rule.init(one, x[k]), rng)
        np.testing.assert_array_equal(together[k], alone)


@every_rule_that_draws_nothing
def test_batched_trajectories_equal_looped_ones(case):
    games, x = games_of_all_kinds(12), starts(12)
    together = run(games, case.rule, x, steps=6)
    for k in range(len(x)):
        alone = run(games[k], case.rule, x[k], steps=6)
        np.testing.assert_array_equal(together[:, k], alone)


@every_rule_that_draws_nothing
def test_one_game_from_many_points_equals_point_by_point(case):
    game = gt.random_2x2("cyclic", size=1, rng=3)[0]
    x = starts(6).reshape(3, 2, 2)
    together = run(game, case.rule, x, steps=6)
    for index in np.ndindex(3, 2):
        alone = run(game, case.rule, x[index], steps=6)
        np.testing.assert_array_equal(together[:, *index], alone)


@every_rule
def test_same_seed_same_result(case):
    games, x = games_of_all_kinds(), starts()
    first, again = (run(games, case.rule, x, rng=7) for _ in range(2))
    np.testing.assert_array_equal(first, again)


@every_rule_that_draws_nothing
def test_what_draws_nothing_leaves_the_generator_alone(case):
    rng = np.random.default_rng(8)
    before = rng.bit_generator.state
    run(games_of_all_kinds(), case.rule, starts(), steps=3, rng=rng)
    assert rng.bit_generator.state == before


@every_rule
def test_global_random_state_is_left_alone(case):
    before = np.random.get_state()[1].copy()  # noqa: NPY002 (what is checked)
    run(games_of_all_kinds(), case.rule, starts(), steps=3)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@every_rule
def test_points_and_state_are_left_as_they_were(case):
    game, x = gt.ProbabilityGame(games_of_all_kinds()), starts()
    state = case.rule.init(game, x)
    arrays = [x, *(part for part in state or ())] if isinstance(state, tuple | None) else [x, state]
    before = [array.copy() for array in arrays]
    for array in arrays:
        array.flags.writeable = False
    case.rule.update(game, x, state, np.random.default_rng(0))
    for array, copy in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(array, copy)


@every_rule
@pytest.mark.parametrize("factor", [1, 100], ids=["small steps", "huge steps"])
def test_points_stay_in_the_domain(case, factor):
    path = run(games_of_all_kinds(), case.scaled(factor), starts())
    assert (path >= 0).all()
    assert (path <= 1).all()


@every_rule_that_draws_nothing
def test_going_on_with_some_of_the_games_changes_nothing_for_them(case):
    game, x = gt.ProbabilityGame(games_of_all_kinds()), starts()
    rng, index = np.random.default_rng(0), np.array([41, 3, 17, 59, 0])
    state = case.rule.init(game, x)
    for _ in range(5):
        x, state = case.rule.update(game, x, state, rng)
    part, some, kept = game.take(index), x[index], take_state(state, index)
    for _ in range(5):
        x, state = case.rule.update(game, x, state, rng)
        some, kept = case.rule.update(part, some, kept, rng)
    np.testing.assert_array_equal(some, x[index])


@every_rule
@pytest.mark.parametrize("layout", ["CC", "CF", "FC", "FF"])
def test_memory_layout_is_irrelevant(case, layout):
    games, x = games_of_all_kinds(), starts()
    moved = gt.NormalFormGame(np.array(games.payoffs, order=layout[0]), num_players=2)
    view, plain = gt.ProbabilityGame(moved), gt.ProbabilityGame(games)
    start = np.array(x, order=layout[1])
    after, _ = case.rule.update(view, start, case.rule.init(view, start), np.random.default_rng(4))
    before, _ = case.rule.update(plain, x, case.rule.init(plain, x), np.random.default_rng(4))
    np.testing.assert_array_equal(after, before)


@pytest.mark.parametrize(
    "case", [c for c in CASES if c.keeps_vertices], ids=lambda case: repr(case.rule)
)
def test_strict_equilibria_are_kept_exactly(case):
    games = gt.NormalFormGame.from_bimatrix(
        [[[3, 0], [5, 1]], [[3, 0], [0, 2]], [[3, 0], [0, 2]], [[0, -1], [1, -9]]],
        [[[3, 5], [0, 1]], [[2, 0], [0, 3]], [[2, 0], [0, 3]], [[0, 1], [-1, -9]]],
    )
    strict = np.array([[0.0, 0.0], [0.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    np.testing.assert_array_equal(run(games, case.rule, strict)[-1], strict)


@pytest.mark.parametrize(
    "case", [c for c in CASES if c.keeps_rest], ids=lambda case: repr(case.rule)
)
def test_interior_equilibria_are_kept(case):
    games = gt.random_2x2("cyclic", size=200, rng=5)
    inside = gt.solve_2x2(games).equilibria[:, 0]
    np.testing.assert_allclose(run(games, case.rule, inside)[-1], inside, atol=1e-13)


@pytest.mark.parametrize(
    "case",
    [c for c in CASES if c.keeps_rest and not c.only_matrix_games],
    ids=lambda case: repr(case.rule),
)
def test_fixed_points_of_quadratic_games_are_kept(case):
    matrix, offset = np.array([[1.0, 3.0], [-2.0, 0.5]]), np.array([0.7, -0.2])
    rest = -np.linalg.solve(matrix, offset)
    path = run(gt.QuadraticGame(matrix, offset), case.rule, rest)
    np.testing.assert_allclose(path[-1], rest, atol=1e-13)


def cyclic_and_dominance_solvable():
    """Games with one equilibrium, so that no rule has to choose."""
    parts = [gt.random_2x2(name, size=30, rng=6) for name in ("cyclic", "dominance-solvable")]
    return gt.NormalFormGame(np.concatenate([part.payoffs for part in parts]))


@pytest.mark.parametrize(
    "case", [c for c in CASES if c.only_own_choices], ids=lambda case: repr(case.rule)
)
def test_payoffs_that_no_choice_of_the_player_changes_are_irrelevant(case):
    games = cyclic_and_dominance_solvable()
    bonus = np.array([[[8.0, -3.0], [8.0, -3.0]], [[5.0, 5.0], [-7.0, -7.0]]])
    moved = gt.NormalFormGame(games.payoffs + bonus, num_players=2)
    before, after = run(games, case.rule, starts()), run(moved, case.rule, starts())
    np.testing.assert_allclose(after, before, atol=1e-11)


@pytest.mark.parametrize(
    "case", [c for c in CASES if c.has_units], ids=lambda case: repr(case.rule)
)
@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_scaled_payoffs_with_inversely_scaled_steps_give_the_same_path(case, scale):
    games = cyclic_and_dominance_solvable()
    moved = gt.NormalFormGame(scale * games.payoffs, num_players=2)
    before = run(games, case.rule, starts())
    np.testing.assert_allclose(run(moved, case.scaled(1 / scale), starts()), before, atol=1e-9)


@every_rule_that_draws_nothing
@pytest.mark.parametrize("player", [0, 1])
def test_renamed_actions_mirror_the_path(case, player):
    games, x = cyclic_and_dominance_solvable(), starts()
    mirror = np.array([player == 0, player == 1])
    renamed = gt.NormalFormGame(np.flip(games.payoffs, axis=2 + player), num_players=2)
    path = run(renamed, case.rule, np.where(mirror, 1 - x, x))
    expected = run(games, case.rule, x)
    np.testing.assert_allclose(np.where(mirror, 1 - path, path), expected, atol=1e-11)


@pytest.mark.parametrize(
    "case",
    [c for c in CASES if c.even and getattr(c.rule, "selection", "best-total") == "best-total"],
    ids=lambda case: repr(case.rule),
)
def test_swapped_players_swap_the_coordinates(case):
    games, x = cyclic_and_dominance_solvable(), starts()
    swapped = gt.NormalFormGame(games.payoffs[:, ::-1].swapaxes(-1, -2), num_players=2)
    path = run(swapped, case.rule, x[:, ::-1])
    np.testing.assert_allclose(path[..., ::-1], run(games, case.rule, x), atol=1e-11)


@pytest.mark.parametrize("case", [c for c in CASES if c.flow], ids=lambda case: repr(case.rule))
def test_small_steps_follow_the_gradient_flow_to_first_order(case):
    games = gt.random_2x2("any", size=50, rng=9)
    game, x = gt.ProbabilityGame(games), np.random.default_rng(10).uniform(0.3, 0.7, (50, 2))
    errors = []
    for factor in (1e-2, 1e-3):
        rule = case.scaled(factor)
        after, _ = rule.update(game, x, rule.init(game, x), np.random.default_rng(11))
        errors.append(np.abs((after - x) / rule.step + game.gradient(x)).max())
    exact = errors[0] < 1e-10
    assert exact or errors[0] / errors[1] == pytest.approx(10, rel=0.05)


@every_rule
def test_rules_are_values(case):
    again = eval(repr(case.rule), {type(case.rule).__name__: type(case.rule)})
    assert again == case.rule
    assert hash(again) == hash(case.rule)
    assert isinstance(case.rule, UpdateRule)
    with pytest.raises(dataclasses.FrozenInstanceError):
        case.rule.evaluations = 3


class Counting(gt.ProbabilityGame):
    """Counts the gradients that are asked of it."""

    asked = 0

    def gradient(self, x, others=None):
        self.asked += 1
        return super().gradient(x, others)


@every_rule
def test_evaluations_are_the_gradients_of_one_update(case):
    game, x = Counting(games_of_all_kinds()), starts()
    state = case.rule.init(game, x)
    game.asked = 0
    case.rule.update(game, x, state, np.random.default_rng(0))
    expected = case.rule.evaluations if case.calls is None else case.calls
    assert game.asked >= expected if case.at_least else game.asked == expected


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (0.0, ValueError, "must be positive; got 0.0"),
        (-0.1, ValueError, r"must be positive; got -0\.1"),
        (float("nan"), ValueError, "must be finite; got nan"),
        (float("inf"), ValueError, "must be finite; got inf"),
        ("0.1", TypeError, "must be a number; got '0.1'"),
        (True, TypeError, "must be a number; got True"),
    ],
    ids=["zero", "negative", "nan", "infinite", "text", "truth value"],
)
@pytest.mark.parametrize(
    ("rule", "name"), STEPS, ids=lambda value: getattr(value, "__name__", value)
)
def test_steps_that_make_no_sense_are_refused(rule, name, value, error, message):
    needed = NEEDED.get(rule, {"step": 0.1})
    with pytest.raises(error, match=f"`{name}` {message}"):
        rule(**needed | {name: value})
