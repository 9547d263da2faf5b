import cmath
from dataclasses import dataclass

import numpy as np
import pytest

import gametools as gt
from gametools.dynamics import ExtraGradient, GradientDescent, LookAhead

BILINEAR = [[0, 1], [-1, 0]]
FIGURE_3 = [[1, 10], [-10, 1]]
SADDLE = [[0, 1], [1, 0]]
MAXIMUM = [[-1, 0], [0, -1]]


def update_matrix(rule, matrix):
    """The linear map that one update of a quadratic game is, column by column."""
    game, rng = gt.QuadraticGame(matrix), np.random.default_rng(0)
    columns = [
        rule.update(game, basis, rule.init(game, basis), rng)[0] for basis in np.eye(len(matrix))
    ]
    return np.stack(columns, axis=-1)


def radius(rule, matrix):
    return np.abs(np.linalg.eigvals(update_matrix(rule, matrix))).max()


@pytest.mark.parametrize("step", [0.01, 0.1, 0.5, 0.99, 1.2])
@pytest.mark.parametrize("rule", [LookAhead, ExtraGradient], ids=lambda rule: rule.__name__)
def test_bilinear_zero_sum_games_shrink_by_the_closed_form(rule, step):
    path = gt.simulate(gt.QuadraticGame(BILINEAR), rule(step), [0.3, -0.4], steps=50).points
    squares = (path**2).sum(axis=-1)
    expected = (1 - step**2) ** 2 + step**2
    np.testing.assert_allclose(squares[1:] / squares[:-1], expected, rtol=1e-10)
    assert (expected < 1) == (step < 1)


@dataclass(frozen=True)
class Radius:
    name: str
    matrix: list
    rule: object
    published: float
    exact: float


LA, EG, GD = LookAhead(0.1), ExtraGradient(0.1), GradientDescent(0.1)
RADII = [
    Radius("spiral, LookAhead", FIGURE_3, LA, 0.906, abs(1 - 0.1 * (1 + 10j) + 0.01 * (10j - 100))),
    Radius("spiral, extragradient", FIGURE_3, EG, 0.805, abs(1 - 0.1 - 1j + 0.01 * (1 + 10j) ** 2)),
    Radius("spiral, gradient", FIGURE_3, GD, 1.345, abs(1 - 0.1 * (1 + 10j))),
    Radius("saddle, LookAhead", SADDLE, LA, 1.11, 1 + 0.1 + 0.01),
    Radius("saddle, extragradient", SADDLE, EG, 1.11, 1 + 0.1 + 0.01),
    Radius("saddle, gradient", SADDLE, GD, 1.10, 1 + 0.1),
    Radius("maximum, LookAhead", MAXIMUM, LA, 1.10, 1 + 0.1),
    Radius("maximum, extragradient", MAXIMUM, EG, 1.11, 1 + 0.1 + 0.01),
    Radius("maximum, gradient", MAXIMUM, GD, 1.10, 1 + 0.1),
]


@pytest.mark.parametrize("case", RADII, ids=lambda case: case.name)
def test_spectral_radii_are_those_of_the_literature(case):
    measured = radius(case.rule, case.matrix)
    assert measured == pytest.approx(case.exact, rel=1e-10)
    assert measured == pytest.approx(case.published, abs=5e-4)


@pytest.mark.parametrize("seed", range(5))
def test_one_update_of_a_quadratic_game_is_the_matrix_of_theory(seed):
    rng = np.random.default_rng(seed)
    matrix, identity = rng.normal(size=(3, 3)), np.eye(3)
    others = matrix - np.diag(np.diag(matrix))
    step, trial = 0.07, 0.2
    look_ahead = identity - step * (matrix - trial * others @ matrix)
    extragradient = identity - step * (matrix - step * matrix @ matrix)
    np.testing.assert_allclose(update_matrix(LookAhead(step, trial), matrix), look_ahead)
    np.testing.assert_allclose(update_matrix(ExtraGradient(step), matrix), extragradient)


@pytest.mark.parametrize(
    ("rule", "distance"),
    [(GradientDescent(0.02), 0.721), (ExtraGradient(0.02), 0.0117), (LookAhead(0.02), 0.0122)],
    ids=lambda value: type(value).__name__,
)
def test_distances_of_figure_3(rule, distance):
    path = gt.simulate(gt.QuadraticGame(FIGURE_3), rule, [0.5, 0.5], steps=100).points
    assert np.linalg.norm(path[-1]) == pytest.approx(distance, rel=5e-3)


def test_a_longer_prediction_is_faster_in_figure_3():
    rule = LookAhead(0.02, trial_step=0.06)
    path = gt.simulate(gt.QuadraticGame(FIGURE_3), rule, [0.5, 0.5], steps=100).points
    assert np.linalg.norm(path[-1]) == pytest.approx(2.1e-6, rel=0.03)
    assert np.linalg.norm(path[0]) * radius(rule, FIGURE_3) ** 100 == pytest.approx(
        np.linalg.norm(path[-1]), rel=1e-9
    )


@pytest.mark.parametrize("game", [0, 1, 2])
@pytest.mark.parametrize("excess", [-0.02, 0.0, 0.02], ids=["inside", "on it", "outside"])
def test_iga_pp_is_stable_inside_its_boundary_and_unstable_outside(game, excess):
    one = gt.random_2x2("cyclic", size=3, rng=0)[game]
    inside = gt.solve_2x2(one).equilibria[0]
    u, v = np.einsum("pij,i,j->p", one.payoffs, [1, -1], [1, -1])
    q, gamma = abs(u * v), 0.05
    step = 2 * gamma / (1 + gamma**2 * q) * (1 + excess)
    start = inside + 1e-4 * np.minimum(inside, 1 - inside).min()
    path = gt.simulate(one, LookAhead(step, trial_step=gamma), start, steps=400).points
    off = path - inside
    size = np.sqrt(abs(v) * off[:, 0] ** 2 + abs(u) * off[:, 1] ** 2)
    rate = (size[-1] / size[0]) ** (1 / 400)
    assert rate == pytest.approx(abs(complex(1 - step * gamma * q, step * q**0.5)), rel=1e-9)
    assert (rate - 1) * excess > 0 or (excess == 0 and rate == pytest.approx(1, abs=1e-9))


def test_the_published_settings_lie_on_the_boundary_of_stability():
    row = np.array([[0.5, -0.5], [-0.5, 0.5]])
    pennies = gt.NormalFormGame.from_bimatrix(row, -row)
    rule = LookAhead(0.02, trial_step=0.01)
    path = gt.simulate(pennies, rule, [0.5 + 1e-3, 0.5], steps=1000).points
    size = np.linalg.norm(path - 0.5, axis=-1)
    excess = (size[-1] / size[0]) ** (1 / 1000) - 1
    assert excess == pytest.approx(abs(complex(1 - 0.0008, 0.04)) - 1, rel=1e-4)
    assert excess == pytest.approx(3.2e-7, rel=1e-2)


def literal_prediction(game, x, step, trial, project):
    """IGA-PP player by player: the opponent's next probability, then a step against it."""
    (a, b), (c, d) = game.payoffs[0]
    (e, g), (f, h) = game.payoffs[1]
    u, v = a - b - c + d, e - g - f + h
    ahead = [x[0] + trial * (x[1] * u + b - d), x[1] + trial * (x[0] * v + f - h)]
    if project:
        ahead = [min(max(p, 0.0), 1.0) for p in ahead]
    after = [x[0] + step * (ahead[1] * u + b - d), x[1] + step * (ahead[0] * v + f - h)]
    return [min(max(p, 0.0), 1.0) for p in after]


@pytest.mark.parametrize("project", [False, True], ids=["prediction as it is", "projected"])
def test_predictions_beyond_the_boundary_are_projected_only_when_asked(project):
    rng = np.random.default_rng(1)
    games = gt.random_2x2("any", size=100, rng=rng)
    x = np.where(rng.random((100, 2)) < 0.5, rng.random((100, 2)).round(), rng.random((100, 2)))
    rule = LookAhead(0.1, trial_step=0.4, project_prediction=project)
    after = gt.simulate(games, rule, x, steps=1).points[1]
    expected = [literal_prediction(games[k], x[k], 0.1, 0.4, project) for k in range(100)]
    other = [literal_prediction(games[k], x[k], 0.1, 0.4, not project) for k in range(100)]
    np.testing.assert_allclose(after, expected, atol=1e-14)
    assert np.abs(after - other).max() > 0.01


def test_extragradient_projects_its_trial_point():
    rng = np.random.default_rng(2)
    games = gt.random_2x2("any", size=100, rng=rng)
    x = rng.random((100, 2)).round()
    view, step = gt.ProbabilityGame(games), 0.3
    trial = np.clip(x - step * view.gradient(x), 0, 1)
    expected = np.clip(x - step * view.gradient(trial), 0, 1)
    unprojected = np.clip(x - step * view.gradient(x - step * view.gradient(x)), 0, 1)
    after = gt.simulate(games, ExtraGradient(step), x, steps=1).points[1]
    np.testing.assert_array_equal(after, expected)
    assert np.abs(after - unprojected).max() > 0.01


def test_look_ahead_without_own_curvature_is_extragradient():
    games = gt.random_2x2("cyclic", size=50, rng=3)
    x = np.full(2, 0.5)
    look_ahead, extragradient = (
        gt.simulate(games, rule, x, steps=200).points
        for rule in (LookAhead(0.05, project_prediction=True), ExtraGradient(0.05))
    )
    np.testing.assert_allclose(look_ahead, extragradient, atol=1e-13)


@pytest.mark.parametrize("rule", [LookAhead(0.05), ExtraGradient(0.05)], ids=repr)
def test_interior_equilibria_of_cyclic_games_attract(rule):
    games = gt.random_2x2("cyclic", size=300, rng=4)
    inside = gt.solve_2x2(games).equilibria[:, 0]
    clear = np.minimum(inside, 1 - inside).min(axis=-1) > 0.1
    path = gt.simulate(games[clear], rule, inside[clear] + 0.05, steps=4000, record=4000).points
    start, end = np.abs(path - inside[clear]).max(axis=-1)
    assert (end < start).all()
    assert np.median(end / start) < 1e-2


def test_the_default_trial_step_is_the_step():
    games = gt.random_2x2("any", size=20, rng=5)
    implied, given = (
        gt.simulate(games, rule, [0.9, 0.2], steps=50).points
        for rule in (LookAhead(0.03), LookAhead(0.03, trial_step=0.03))
    )
    np.testing.assert_array_equal(implied, given)


def test_eigenvalues_of_iga_pp_are_a_complex_pair():
    step, gamma, q = 0.02, 0.01, 4.0
    root = max(np.linalg.eigvals(update_matrix(LookAhead(step, gamma), [[0, -2], [2, 0]])), key=abs)
    assert abs(root) == pytest.approx(abs(1 - step * gamma * q + cmath.sqrt(-q) * step), rel=1e-12)
