"""Closed forms and published numbers for the rules that follow gradients."""

from dataclasses import dataclass

import numpy as np
import pytest
from example_games import TANDEM, IteratedDilemma
from slow_references import central_difference
from update_maps import spectral_radius, update_jacobian

import gametools as gt
from gametools.dynamics import (
    LOLA,
    MATRL,
    SOS,
    AlternatingGradient,
    CompetitiveGradient,
    ConsensusOptimization,
    ExploitabilityDescent,
    ExtraGradient,
    FirstOrderLookAhead,
    GradientDescent,
    LookAhead,
    OptimisticGradient,
    ProximalPoint,
    SymplecticGradient,
)

BILINEAR = gt.QuadraticGame([[0, 1], [-1, 0]])
SADDLE = gt.QuadraticGame([[0, 1], [1, 0]])
SPIRAL = gt.QuadraticGame([[1, 10], [-10, 1]])
MAXIMUM = gt.QuadraticGame([[-1, 0], [0, -1]])


@dataclass(frozen=True)
class Bilinear:
    """A rule on the losses xy and -xy: its squared multiplier, and below which step it shrinks."""

    name: str
    rule: object
    squared: object
    bound: float


CLOSED_FORMS = [
    Bilinear("gradient", GradientDescent, lambda a: 1 + a**2, 0.0),
    Bilinear("look-ahead", LookAhead, lambda a: (1 - a**2) ** 2 + a**2, 1.0),
    Bilinear("extragradient", ExtraGradient, lambda a: (1 - a**2) ** 2 + a**2, 1.0),
    Bilinear("LOLA", LOLA, lambda a: (1 - a**2) ** 2 + a**2, 1.0),
    Bilinear(
        "LOLA of SOS",
        lambda a: LOLA(a, form="sos"),
        lambda a: (1 - 2 * a**2) ** 2 + a**2,
        np.sqrt(3) / 2,
    ),
    Bilinear("competitive", CompetitiveGradient, lambda a: 1 / (1 + a**2), np.inf),
    Bilinear("proximal", ProximalPoint, lambda a: 1 / (1 + a**2), np.inf),
    *(
        Bilinear(
            f"{name}, {g}",
            lambda a, rule=rule, g=g: rule(a, g),
            lambda a, g=g: (1 - a * g) ** 2 + a**2,
            2 * g / (1 + g**2),
        )
        for name, rule in (("consensus", ConsensusOptimization), ("symplectic", SymplecticGradient))
        for g in (0.3, 1.0, 2.0)
    ),
]
closed_forms = pytest.mark.parametrize("case", CLOSED_FORMS, ids=lambda case: case.name)


@closed_forms
@pytest.mark.parametrize("step", [0.01, 0.1, 0.5, 0.85, 0.88, 0.99, 1.01, 1.5])
def test_multipliers_on_bilinear_games_are_the_closed_forms(case, step):
    path = gt.simulate(BILINEAR, case.rule(step), [0.3, -0.4], steps=30).points
    squares = (path**2).sum(axis=-1)
    np.testing.assert_allclose(squares[1:] / squares[:-1], case.squared(step), rtol=1e-10)
    assert (squares[1] < squares[0]) == (step < case.bound)


@closed_forms
def test_the_bound_on_the_step_is_where_the_multiplier_passes_one(case):
    if 0 < case.bound < np.inf:
        assert case.squared(case.bound) == pytest.approx(1, abs=1e-12)
        for share, shrinks in ((0.999, True), (1.001, False)):
            rule = case.rule(share * case.bound)
            assert (spectral_radius(rule, BILINEAR, [0, 0]) < 1) == shrinks


@pytest.mark.parametrize("step", [0.1, 0.5, 0.57, 0.58, 0.9])
def test_optimistic_roots_on_bilinear_games(step):
    # The update is linear: differences of any width are exact.
    matrix = update_jacobian(OptimisticGradient(step), BILINEAR, [0, 0], width=1.0)
    factors = [[1, -(1 - 2 * step * mu), -step * mu] for mu in (1j, -1j)]
    # Also at a step of 0.5, whose roots are double and hence good to half as many digits only.
    np.testing.assert_allclose(np.poly(matrix), np.polymul(*factors).real, atol=1e-10)
    measured = np.linalg.eigvals(matrix)
    if step != 0.5:
        for root in np.concatenate([np.roots(factor) for factor in factors]):
            assert np.abs(measured - root).min() < 1e-10
    assert (np.abs(measured).max() < 1) == (step < 1 / np.sqrt(3))


def test_optimistic_at_half_a_step_shrinks_by_the_root_of_a_half():
    assert spectral_radius(OptimisticGradient(0.5), BILINEAR, [0, 0]) == pytest.approx(
        np.sqrt(0.5),
        abs=1e-5,  # a double root
    )
    path = gt.simulate(BILINEAR, OptimisticGradient(0.4), [0.3, -0.4], steps=400).points
    sizes = np.linalg.norm(path, axis=-1)
    roots = np.abs(np.roots([1, -(1 - 0.8j), -0.4j]))
    assert (sizes[400] / sizes[200]) ** (1 / 200) == pytest.approx(roots.max(), rel=1e-6)


@pytest.mark.parametrize("step", [0.1, 1.0, 1.99, 2.01])
def test_turns_on_bilinear_games_keep_to_an_ellipse_up_to_a_step_of_two(step):
    path = gt.simulate(BILINEAR, AlternatingGradient(step), [0.3, -0.4], steps=200).points
    x, y = path.T
    form = x**2 + y**2 - step * x * y
    np.testing.assert_allclose(form, form[0], atol=1e-9 * np.abs(path).max() ** 2)
    radius = spectral_radius(AlternatingGradient(step), BILINEAR, [0, 0])
    assert (radius > 1 + 1e-3) == (step > 2)


COLUMNS = {
    "gradient": GradientDescent(0.1),
    "look-ahead": LookAhead(0.1),
    "consensus": ConsensusOptimization(0.1, 1.0),
    "symplectic": SymplecticGradient(0.1, 1.0, align=False),
    "competitive": CompetitiveGradient(0.1),
    "extragradient": ExtraGradient(0.1),
    "optimistic": OptimisticGradient(0.1),
    "proximal": ProximalPoint(0.1),
}
RADII = {
    "saddle": (SADDLE, ["1.10", "1.11", "1.000", "1.10", "1.11", "1.11", "1.11", "1.11"]),
    "spiral": (SPIRAL, ["1.345", "0.906", "9.25", "9.10", "0.636", "0.805", "1.89", "0.673"]),
    "maximum": (MAXIMUM, ["1.10", "1.10", "1.000", "1.10", "1.10", "1.11", "1.11", "1.11"]),
}


@pytest.mark.parametrize("game", RADII)
@pytest.mark.parametrize("column", COLUMNS)
def test_spectral_radii_at_a_step_of_a_tenth(game, column):
    stage, row = RADII[game]
    published = row[list(COLUMNS).index(column)]
    measured = spectral_radius(COLUMNS[column], stage, [0, 0])
    assert f"{measured:.{len(published.partition('.')[2])}f}" == published


@pytest.mark.parametrize("seed", range(4))
def test_one_update_of_a_quadratic_game_is_the_matrix_of_theory(seed):
    h = np.random.default_rng(seed).normal(size=(5, 5))
    h[:2, :2] += h[:2, :2].T
    h[2:, 2:] += h[2:, 2:].T
    dims, step, gamma, one = (2, 3), 0.05, 0.3, np.eye(5)
    game = gt.QuadraticGame(h, dims=dims)
    cross = h.copy()
    cross[:2, :2] = cross[2:, 2:] = 0
    # Loss i is x_i' (H_ii x_i / 2 + H_ij x_j), so its slope in x_j is H_ij' x_i.
    first, second = np.diag([1.0, 1, 0, 0, 0]), np.diag([0.0, 0, 1, 1, 1])
    chi = first @ cross.T @ second @ (cross.T @ first) + second @ cross.T @ first @ (
        cross.T @ second
    )
    early = one - step * np.where(np.arange(5)[:, None] < 2, h, 0)
    late = one - step * np.where(np.arange(5)[:, None] >= 2, h, 0)
    theory = {
        AlternatingGradient(step): late @ early,
        AlternatingGradient(step, order=(1, 0)): early @ late,
        FirstOrderLookAhead(step, gamma): one - step * (h - gamma * cross @ h),
        LOLA(step): one - step * (h - step * chi),
        LOLA(step, "sos", trial_step=gamma): one - step * (h - gamma * (cross @ h + chi)),
        ConsensusOptimization(step, gamma): one - step * (h + gamma * h.T @ h),
        SymplecticGradient(step, gamma, align=False): one - step * (h + gamma * (h.T - h) @ h / 2),
        CompetitiveGradient(step): one - step * np.linalg.solve(one + step * cross, h),
        ProximalPoint(step): np.linalg.inv(one + step * h),
    }
    for rule, matrix in theory.items():
        measured = update_jacobian(rule, game, np.zeros(5), width=1.0)
        np.testing.assert_allclose(measured, matrix, atol=1e-11, err_msg=repr(rule))


def quadratic_games():
    rng = np.random.default_rng(7)
    yield SPIRAL
    for k in range(12):
        size = int(rng.integers(2, 5))
        twist = rng.normal(size=(size, size))
        matrix = (1.0 + k / 3) * (twist - twist.T) + np.diag(rng.uniform(0.1, 1.5, size))
        yield gt.QuadraticGame(matrix + 0.2 * rng.normal(size=(size, size)))


RATED = [
    *COLUMNS.values(),
    AlternatingGradient(0.1),
    AlternatingGradient(0.1, order=(1, 0)),
    LookAhead(0.1, trial_step=0.3),
    FirstOrderLookAhead(0.1),
    LOLA(0.1),
    LOLA(0.1, form="sos"),
    SOS(0.1),
    SymplecticGradient(0.1, 0.3),
    ConsensusOptimization(0.05, 0.3),
    ProximalPoint(2.0),
    ExploitabilityDescent(0.01),
]


@pytest.mark.parametrize("rule", RATED, ids=repr)
def test_measured_rates_are_the_predicted_spectral_radii(rule):
    converging = 0
    for game in quadratic_games():
        n = len(game.dims)
        if isinstance(getattr(rule, "order", None), tuple) and n != 2:
            continue
        if isinstance(rule, ExploitabilityDescent) and np.diag(game.matrix).min() <= 0:
            continue  # no best response
        radius = spectral_radius(rule, game, np.zeros(n))
        if radius > 0.999:
            continue
        # 250 decades, or hundreds of steps; the largest entry, whose square would underflow.
        start = np.random.default_rng(8).normal(0, 0.001, size=n)
        steps = min(int(250 / -np.log10(radius)), 600)
        path = gt.simulate(game, rule, start, steps=steps).points
        sizes, middle, window = np.abs(path).max(axis=-1), steps // 2, min(40, steps // 10)
        assert sizes[-1] < sizes[0]
        late, early = sizes[-window:].max(), sizes[middle + 1 - window : middle + 1].max()
        # Peaks over a window even out the turning; a window may cut the last turn off.
        rate = (late / early) ** (1 / (steps - middle))
        assert rate == pytest.approx(radius, rel=0.01)
        converging += 1
    assert converging >= (1 if rule == GradientDescent(0.1) else 2)


def test_matrl_on_the_spiral_has_the_rate_of_look_ahead():
    path = gt.simulate(SPIRAL, MATRL(0.02), [0.5, 0.5], steps=800, rng=0).points
    sizes = np.linalg.norm(path, axis=-1)
    radius = spectral_radius(LookAhead(0.02), SPIRAL, [0, 0])
    assert (sizes[800] / sizes[400]) ** (1 / 400) == pytest.approx(radius, rel=1e-3)


@pytest.mark.parametrize(
    ("rule", "total", "loss"),
    [
        (LOLA(0.1, form="sos"), 4 / 3, 4 / 9),
        (LOLA(0.1), 1.25, 0.3125),
        *(
            (rule, 1.0, 0.0)
            for rule in (
                SOS(0.1),
                LookAhead(0.1),
                FirstOrderLookAhead(0.1),
                GradientDescent(0.1),
                AlternatingGradient(0.1),
                SymplecticGradient(0.1),
                ExtraGradient(0.1),
                CompetitiveGradient(0.1),
                OptimisticGradient(0.1),
                ProximalPoint(0.1),
                ConsensusOptimization(0.05, 0.5),
            )
        ),
    ],
    ids=lambda value: repr(value) if hasattr(value, "update") else "",
)
def test_where_the_tandem_game_settles(rule, total, loss):
    starts = np.random.default_rng(0).normal(size=(20, 2))
    end = gt.simulate(TANDEM, rule, starts, steps=600, record=0).points[-1]
    np.testing.assert_allclose(end.sum(axis=-1), total, atol=1e-6)
    np.testing.assert_allclose(TANDEM.losses(end).mean(axis=-1), loss, atol=1e-6)


@pytest.mark.parametrize("step", [0.02, 0.05, 0.2])
def test_lola_in_the_tandem_game_settles_where_theory_says_for_any_step(step):
    for rule, total in (
        (LOLA(step), 1 / (1 - 2 * step)),
        (LOLA(step, form="sos"), (1 - 2 * step) / (1 - 4 * step)),
    ):
        end = gt.simulate(TANDEM, rule, [0.3, -0.2], steps=600, record=0).points[-1]
        assert end.sum() == pytest.approx(total, rel=1e-6)


def test_derivatives_of_the_iterated_dilemma_are_those_of_its_losses():
    game = IteratedDilemma()
    x = np.random.default_rng(0).normal(size=10)
    slopes = central_difference(game.losses, x)
    np.testing.assert_allclose(game.loss_jacobian(x), slopes, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(game.gradient(x), np.append(slopes[0, :5], slopes[1, 5:]), rtol=1e-6)
    bends = central_difference(game.gradient, x)
    np.testing.assert_allclose(game.jacobian(x), bends, rtol=1e-5, atol=1e-6)


PUBLISHED = [
    (SOS(1.0, a=0.5, b=0.1), 1.06, 1.06),
    (LOLA(1.0, form="sos"), 1.07, 1.07),
    (ConsensusOptimization(1.0, gamma=1.0), 1.68, 1.68),
    (SymplecticGradient(1.0), 1.86, 1.89),
    (FirstOrderLookAhead(1.0), 1.93, 1.93),
    (CompetitiveGradient(1.0), 1.95, 1.98),
    (ExtraGradient(1.0), 1.98, 1.98),
    (GradientDescent(1.0), 1.99, 1.99),
]
DILEMMAS = {
    "ours": IteratedDilemma(),
    "the catalogue's": gt.named_differentiable_game("iterated_prisoners_dilemma"),
}
# Every rule makes the same updates in both, see test_rules_elsewhere.py: one is enough at speed.
dilemmas = pytest.mark.parametrize(
    "name", [pytest.param("ours", marks=pytest.mark.slow), "the catalogue's"]
)


def mean_loss(game, rule):
    """Mean and standard error of player 1's loss over 300 normal starts, 100 updates each."""
    starts = np.random.default_rng(1).normal(size=(300, 10))
    end = gt.simulate(game, rule, starts, steps=100, record=0).points[-1]
    losses = (1 - game.discount) * game.losses(end)[:, 0]
    return losses.mean(), losses.std() / np.sqrt(300)


@dilemmas
@pytest.mark.parametrize(("rule", "low", "high"), PUBLISHED, ids=lambda value: repr(value))
def test_mean_losses_of_the_iterated_dilemma(rule, low, high, name):
    mean, error = mean_loss(DILEMMAS[name], rule)
    slack = 3 * max(error, 0.01)
    assert low - slack < mean < high + slack


@dilemmas
def test_the_published_lookahead_of_the_iterated_dilemma_is_the_first_order_form(name):
    first_order, error = mean_loss(DILEMMAS[name], FirstOrderLookAhead(1.0))
    exact, _ = mean_loss(DILEMMAS[name], LookAhead(1.0))
    assert first_order == pytest.approx(1.93, abs=0.01)
    assert exact == pytest.approx(1.98, abs=0.01)
    assert exact - 1.93 > 3 * error
