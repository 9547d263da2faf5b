"""What rules make of fixed points: closed forms, measured rates, safe steps, warnings."""

import dataclasses
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

import gametools as gt
from gametools.dynamics import (
    MATRL,
    SOS,
    AlternatingGradient,
    CompetitiveGradient,
    ConsensusOptimization,
    ExtraGradient,
    GradientDescent,
    LookAhead,
    OptimisticGradient,
    ProximalPoint,
    SymplecticGradient,
)
from gametools.stability import growth, safe_step
from gametools.stability.safe_step import verdicts
from gametools.stability.update_map import update_map

BILINEAR = np.array([[0.0, 1.0], [-1.0, 0.0]])
SADDLE = np.array([[0.0, 1.0], [1.0, 0.0]])
SPIRAL = np.array([[1.0, 10.0], [-10.0, 1.0]])
HILLS = -np.eye(2)
PENNIES = gt.named_game("matching_pennies")


def at_zero(matrix, rule):
    game = gt.QuadraticGame(matrix)
    return gt.classify(game, np.zeros(len(game.dims)), rule).update


def rates_at_zero(matrix, rule):
    """The same without the search for safe steps and fragile parameters."""
    game = gt.QuadraticGame(matrix)
    x = np.zeros((1, len(game.dims)))
    return update_map(game, rule, x, x > 0, scan=False).shaped(())


@pytest.fixture
def coarse_scan(monkeypatch):
    """Search for safe steps among a few: enough where only their kind is asked for."""
    monkeypatch.setattr(safe_step, "SCAN", safe_step.SCAN[::8])


def cyclic(u, v):
    return gt.NormalFormGame.from_bimatrix([[u / 2, 0], [0, u / 2]], [[v / 2, 0], [0, v / 2]])


@pytest.mark.parametrize("a", [0.01, 0.1, 0.7])
@pytest.mark.parametrize("matrix", [BILINEAR, SPIRAL / 10, SADDLE, [[2, 1], [0.5, -1]]])
def test_the_jacobian_equals_the_closed_form(matrix, a):
    h, one = np.array(matrix, float), np.eye(2)
    off = h - np.diag(np.diag(h))
    closed = {
        GradientDescent(a): one - a * h,
        LookAhead(a): one - a * (one - a * off) @ h,
        LookAhead(a, a / 3): one - a * (one - a / 3 * off) @ h,
        ExtraGradient(a): one - a * h @ (one - a * h),
        ConsensusOptimization(a, 0.5): one - a * (one + 0.5 * h.T) @ h,
        ProximalPoint(a): np.linalg.inv(one + a * h),
        CompetitiveGradient(a): one - a * np.linalg.inv(one + a * off) @ h,
    }
    for rule, wanted in closed.items():
        found = rates_at_zero(matrix, rule)
        np.testing.assert_allclose(found.jacobian, wanted, atol=1e-8)
        radius = np.abs(np.linalg.eigvals(wanted)).max()
        np.testing.assert_allclose(found.spectral_radius, radius, rtol=1e-8)


@pytest.mark.parametrize(
    ("matrix", "radii"),
    [
        (SADDLE, [1.10, 1.11, 1.000, 1.10, 1.11, 1.11, 1.11, 1.11]),
        (SPIRAL, [1.345, 0.906, 9.25, 9.10, 0.636, 0.805, 1.89, 0.673]),
        (HILLS, [1.10, 1.10, 1.000, 1.10, 1.10, 1.11, 1.11, 1.11]),
    ],
    ids=["xy, xy", "spiral", "hills"],
)
def test_the_table_of_spectral_radii(matrix, radii):
    rules = [
        GradientDescent(0.1), LookAhead(0.1), ConsensusOptimization(0.1, 1.0),
        SymplecticGradient(0.1, 1.0), CompetitiveGradient(0.1), ExtraGradient(0.1),
        OptimisticGradient(0.1), ProximalPoint(0.1),
    ]  # fmt: skip
    found = [rates_at_zero(matrix, rule).spectral_radius for rule in rules]
    np.testing.assert_allclose(found, radii, atol=6e-3)


@pytest.mark.parametrize(
    ("rule", "radius"),
    [
        (GradientDescent(0.3), np.sqrt(1 + 0.09)),
        (LookAhead(0.3), np.sqrt((1 - 0.09) ** 2 + 0.09)),
        (ExtraGradient(0.3), np.sqrt((1 - 0.09) ** 2 + 0.09)),
        (ConsensusOptimization(0.3, 0.5), np.sqrt((1 - 0.15) ** 2 + 0.09)),
        (ProximalPoint(0.3), np.sqrt(1 / 1.09)),
        (OptimisticGradient(0.5), np.sqrt(0.5)),
    ],
    ids=repr,
)
def test_multipliers_of_the_bilinear_game(rule, radius):
    found = rates_at_zero(BILINEAR, rule)
    # Optimistic gradients have a double root here, which halves the digits.
    np.testing.assert_allclose(
        found.spectral_radius, radius, rtol=1e-10 if radius != np.sqrt(0.5) else 1e-7
    )
    assert found.is_attracting is bool(radius < 1)
    assert found.is_smooth
    assert found.rate == found.spectral_radius


def test_the_memory_of_a_rule_is_part_of_its_map():
    found = rates_at_zero(BILINEAR, OptimisticGradient(0.1))
    assert found.jacobian.shape == (4, 4)
    # z^2 - (1 - 2 a mu) z - a mu = 0 for mu = i and -i
    roots = [np.roots([1, -(1 - 0.2 * mu), -0.1 * mu]) for mu in (1j, -1j)]
    np.testing.assert_allclose(
        np.sort(np.abs(found.eigenvalues)), np.sort(np.abs(np.ravel(roots))), atol=1e-9
    )


@pytest.mark.parametrize(
    ("rule", "matrix", "step"),
    [
        (LookAhead(0.1), BILINEAR, 1.0),
        (ExtraGradient(0.1), BILINEAR, 1.0),
        (ExtraGradient(5.0), BILINEAR, 1.0),  # whatever the present step
        (OptimisticGradient(0.1), BILINEAR, 1 / np.sqrt(3)),
        (ConsensusOptimization(0.1, 0.5), BILINEAR, 2 * 0.5 / 1.25),
        (GradientDescent(0.1), SPIRAL, 2 / 101),
        (GradientDescent(0.1), np.diag([1.0, 4.0]), 0.5),
        (LookAhead(0.02, 0.01), SPIRAL / 10, None),  # by the formula below
        (CompetitiveGradient(0.1), BILINEAR, np.inf),
        (GradientDescent(1e-3), BILINEAR, "none"),
        (GradientDescent(0.1), SADDLE, "none"),
    ],
)
def test_the_largest_safe_step(rule, matrix, step):
    found = at_zero(matrix, rule).largest_safe_step
    if step == "none":
        assert found is None
        return
    if step is None:
        h, g = matrix, rule.trial_step
        m = (np.eye(2) - g * (h - np.diag(np.diag(h)))) @ h
        mu = np.linalg.eigvals(m)
        step = (2 * mu.real / np.abs(mu) ** 2).min()  # |1 - a mu| < 1
    np.testing.assert_allclose(found, step, rtol=1e-6)


def test_a_parameter_on_a_boundary_of_stability_is_named():
    found = gt.classify(cyclic(2, -2), [0.5, 0.5], LookAhead(0.02, 0.01)).update
    np.testing.assert_allclose(found.spectral_radius - 1, 3.2e-7, rtol=1e-3)
    assert found.fragile == ("step", "trial_step")
    assert any("a change of a parameter by 1%" in note for note in found.notes)
    assert "at a boundary in step, trial_step" in repr(found)
    np.testing.assert_allclose(found.largest_safe_step, 0.02 / (1 + 1e-4 * 4), rtol=1e-5)
    assert at_zero(BILINEAR, GradientDescent(1e-3)).fragile == ()  # near 1, and never below
    assert gt.classify(cyclic(2, -2), [0.5, 0.5], LookAhead(0.02, 0.02)).update.fragile == ()


@pytest.mark.parametrize("gamma", [0.01, 0.2])
def test_iga_pp_is_stable_up_to_the_known_step(gamma):
    q = 6.0
    found = gt.classify(cyclic(2, -3), [0.5, 0.5], LookAhead(0.01, gamma))
    np.testing.assert_allclose(found.largest_safe_step, 2 * gamma / (1 + gamma**2 * q), rtol=1e-6)


@pytest.mark.parametrize(
    "rule",
    [LookAhead(0.05), ExtraGradient(0.05), ConsensusOptimization(0.01, 0.1),
     CompetitiveGradient(0.1), ProximalPoint(0.1), OptimisticGradient(0.02), SOS(0.05),
     GradientDescent(0.01)],
    ids=repr,
)  # fmt: skip
def test_the_predicted_radius_is_the_measured_rate(rule):
    game = gt.QuadraticGame(SPIRAL)
    predicted = rates_at_zero(SPIRAL, rule).rate
    # Both eigenvalues share the modulus: the orbit turns, so average over many updates.
    path = gt.simulate(game, rule, [1e-3, 2e-3], steps=600, rng=0).points
    size = np.linalg.norm(path, axis=-1)
    low = np.flatnonzero(size > 1e-200)[-1]
    first = low // 3
    measured = (size[low] / size[first]) ** (1 / (low - first))
    np.testing.assert_allclose(measured, predicted, rtol=1e-2)


@pytest.mark.parametrize("rule", [GradientDescent(0.1), ExtraGradient(0.1), MATRL(0.1)], ids=repr)
@pytest.mark.usefixtures("coarse_scan")
def test_a_strict_vertex_is_reached_in_finitely_many_updates(rule):
    found = gt.classify(gt.named_game("battle_of_the_sexes"), [1, 1], rule).update
    assert found.spectral_radius == 0
    assert found.is_attracting is True


def test_only_the_tangent_space_of_a_simplex_counts():
    rps = gt.named_game("rock_paper_scissors")
    found = gt.classify(rps, np.full(6, 1 / 3), GradientDescent(0.1)).update
    assert found.jacobian.shape == (4, 4)
    np.testing.assert_allclose(found.spectral_radius, np.sqrt(1 + 0.01 * 3), rtol=1e-9)


@dataclass(frozen=True)
class HeavyBall:
    """Its memory is the last step."""

    evaluations: ClassVar[int] = 1
    step: float
    momentum: float = 0.5

    def init(self, game, x):
        return (np.zeros_like(x), np.full(x.shape, 7.0))  # the second is a constant

    def update(self, game, x, state, rng):
        move = self.momentum * state[0] - self.step * game.gradient(x)
        return x + move, (move, state[1])


@dataclass(frozen=True)
class Counting:
    """Its memory never rests."""

    evaluations: ClassVar[int] = 1
    step: float

    def init(self, game, x):
        return np.ones(x.shape[:-1])

    def update(self, game, x, state, rng):
        return x - self.step / state[..., None] * game.gradient(x), state + 1


def test_a_rule_of_ones_own():
    found = at_zero(np.diag([1.0, 1.0]), HeavyBall(0.1))
    # z^2 - (1 + m - a) z + m = 0
    wanted = np.abs(np.roots([1, -1.4, 0.5])).max()
    np.testing.assert_allclose(found.spectral_radius, wanted, rtol=1e-7)
    assert found.jacobian.shape == (4, 4)  # the constant is no part of the map
    np.testing.assert_allclose(found.largest_safe_step, 2 * 1.5, rtol=1e-6)


def test_a_memory_that_never_rests_is_said():
    found = at_zero(np.eye(2), Counting(0.1))
    assert np.isnan(found.rate)
    assert found.is_attracting is None
    assert any("does not come to rest" in note for note in found.notes)


def test_batched_equals_looped():
    games = gt.random_2x2("any", size=40, rng=5)
    solved = gt.solve_2x2(games)
    game, slot = np.nonzero(~np.isnan(solved.equilibria[..., 0]))
    some = [0, 1, 10, 11]  # three vertices and a point inside
    game, slot = game[some], slot[some]
    points = solved.equilibria[game, slot]
    rule = ExtraGradient(0.1)
    found = gt.classify(games[game], points, rule)
    for k in range(len(some)):
        one = gt.classify(games[game[k]], points[k], rule)
        np.testing.assert_allclose(one.rate, found.rate[k], atol=1e-12)
        assert one.update.is_attracting == found.update.is_attracting[k]
        assert found[k].update.jacobian.shape == one.update.jacobian.shape
        a, b = one.largest_safe_step, found.largest_safe_step[k]
        assert a == b or np.isclose(a, b, rtol=1e-6)
    frame = found.to_frame()
    assert frame["attracts"].tolist() == list(found.update.is_attracting)


def test_many_points_have_no_safe_step_looked_for():
    found = gt.classify(PENNIES, np.full((40, 2), 0.5), ExtraGradient(0.1))
    np.testing.assert_allclose(found.rate, found.rate[0])
    assert all(np.isnan(step) for step in found.largest_safe_step)
    assert any("at most 16 points" in note for note in found.update.notes)


def test_a_point_that_the_rule_leaves_is_said():
    # Tandem: the mean of LOLA's fixed points differs from the game's.
    tandem = gt.games.named_differentiable_game("tandem")
    found = gt.classify(tandem, [0.5, 0.5], gt.dynamics.LOLA(0.1, form="sos")).update
    assert found.is_attracting is False
    assert np.isnan(found.rate)
    assert any("does not rest here" in note for note in found.notes)
    assert "does not attract: the rule does not rest here" in repr(found)
    away = gt.classify(PENNIES, [0.2, 0.5], GradientDescent(0.1))
    assert away.kind == "not a fixed point"
    assert away.update.is_attracting is False


@dataclass(frozen=True)
class Creased:
    """Gradient steps, longer where x0 > 0: a kink. With losses x^2 / 2, orbits that overshoot
    change sides, and 0 attracts while (lift step - 1)(step - 1) < 1, up to 1 + 1 / lift."""

    evaluations: ClassVar[int] = 1
    step: float
    lift: float = 1.5

    def init(self, game, x):
        return None

    def update(self, game, x, state, rng):
        factor = np.where(x[..., :1] > 0, self.lift, 1.0)
        return x - self.step * factor * game.gradient(x), None


def test_a_kink_hides_the_largest_safe_step():
    found = at_zero(np.eye(2), Creased(0.3))
    assert np.isnan(found.spectral_radius)
    assert np.isnan(found.largest_safe_step)
    assert found.safe_step_status == "unknown"
    assert any("not known unless measured" in note for note in found.notes)


@pytest.mark.parametrize("step", [0.9, 2.5])
def test_the_largest_safe_step_at_a_kink_is_measured(step):
    wanted = 1 + 1 / 1.5
    found = gt.classify(
        gt.QuadraticGame(np.eye(2)), [0, 0], Creased(step), measure_safe_step=True
    ).update
    assert not found.is_smooth
    assert found.is_attracting is (step < wanted)
    assert found.safe_step_status == "measured"
    assert wanted * (1 - 2e-3) < found.largest_safe_step < wanted * (1 + 1e-6)
    assert "(measured)" in repr(found)


def test_no_step_is_safe_at_a_kink_that_repels(monkeypatch):
    monkeypatch.setattr(safe_step, "FACTORS", 5)
    found = gt.classify(gt.QuadraticGame(-np.eye(2)), [0, 0], Creased(0.3), measure_safe_step=True)
    assert found.largest_safe_step is None
    assert found.update.safe_step_status == "none"
    assert found.update.is_attracting is False


def test_a_parameter_at_a_boundary_is_named_at_a_kink():
    game = gt.QuadraticGame(np.eye(2))
    edge = 1 + 1 / 1.5
    for step, names in [(edge * 0.998, ("step", "lift")), (edge * 1.002, ("step", "lift")),
                        (edge * 0.9, ()), (edge * 1.1, ())]:  # fmt: skip
        assert gt.classify(game, [0, 0], Creased(step)).update.fragile == names


@pytest.mark.slow
def test_matrl_is_fragile_where_lookahead_is():
    trial = 0.01
    rule = MATRL(2 * trial / (1 + trial**2 * 16), trial)
    found = gt.classify(PENNIES, [0.5, 0.5], rule).update
    assert abs(found.rate - 1) < 1e-6
    assert found.fragile == ("step", "trial_step")
    assert any("a change of a parameter by 1%" in note for note in found.notes)


def test_a_rate_within_its_own_error_of_1_is_undecided(monkeypatch):
    monkeypatch.setattr(growth, "WINDOWS", growth.WINDOWS[:5])  # up to 2000 updates
    rates = np.array([0.99, 0.999, 1.001, 1.01, np.nan])
    assert verdicts(rates, np.full(5, 0.005)).tolist() == [1, -1, -1, 0, -1]
    assert verdicts(rates).tolist() == [1, 1, 0, 0, -1]
    centre = at_zero(BILINEAR, AlternatingGradient(0.1, order="random"))
    assert centre.is_attracting is None
    assert abs(centre.rate - 1) < centre.rate_error
    assert centre.fragile == ()


@pytest.mark.usefixtures("coarse_scan")
@pytest.mark.parametrize("name", gt.dynamics.RULES)
@pytest.mark.parametrize("point", [[0.6, 0.6], [1.0, 1.0]])
def test_every_rule_gets_an_answer(name, point):
    parts = dataclasses.fields(gt.dynamics.RULES[name])
    needed = {f.name: 0.05 for f in parts if f.default is dataclasses.MISSING}
    game = gt.NormalFormGame.from_bimatrix([[2, 0], [0, 3]], [[2, 0], [0, 3]])
    found = gt.classify(game, point, gt.dynamics.RULES[name](**needed))
    assert found.kind == ("stable" if point == [1.0, 1.0] else "strict saddle")
    assert found.update.is_attracting in {True, False, None}
    if found.update.is_attracting is None:
        assert found.update.notes
    assert name in repr(found)


@pytest.mark.parametrize("game", [gt.ProbabilityGame, gt.SimplexGame])
def test_off_a_vertex_differences_go_one_way(game):
    # A strategy that earns 1 (or 2) less than the vertex's shrinks by exp(-step) each update.
    view = game(gt.named_game("battle_of_the_sexes"))
    point = [1, 1] if game is gt.ProbabilityGame else [1, 0, 1, 0]
    found = gt.classify(view, point, gt.dynamics.Replicator(0.05)).update
    wanted = np.exp([-0.05, -0.1])
    np.testing.assert_allclose(found.eigenvalues, wanted, rtol=1e-9)
