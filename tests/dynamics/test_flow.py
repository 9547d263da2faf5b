"""Flows: against closed forms, and where the replicator leads."""

import numpy as np
import pytest
from scipy.linalg import expm
from slow_references import central_difference

import gametools as gt
from gametools.dynamics import (
    ConsensusOptimization,
    FlowStatus,
    GradientDescent,
    LogitBestResponse,
    Replicator,
    SymplecticGradient,
    flow,
)

PENNIES = gt.named_game("matching_pennies")
ZEEMAN = np.array([[0.0, 6, -4], [-3, 0, 5], [-1, 3, 0]])
TIMES = np.linspace(0, 2, 9)


def rock_paper_scissors(win):
    return np.array([[0, -1, win], [win, 0, -1], [-1, win, 0]], dtype=float)


def against_itself(payoffs):
    """A population against itself: two that start alike and stay alike."""
    return gt.SimplexGame(gt.NormalFormGame.from_bimatrix(payoffs, np.transpose(payoffs)))


def within_one_population(game, x):
    """The replicator of a population against itself, which rounding cannot split in two."""
    return np.tile(Replicator(1).field(game, x)[..., :3], 2)


def eigenvalues_at(payoffs, strategy):
    """Of the replicator's Jacobian within one population, in directions that keep the sum."""
    view = against_itself(payoffs)
    jacobian = central_difference(
        lambda s: within_one_population(view, np.tile(s, 2))[:3], np.asarray(strategy)
    )
    basis = gt.games.Simplex((3,)).tangent
    return np.linalg.eigvals(basis.T @ jacobian @ basis)


@pytest.mark.parametrize(
    ("rule", "matrix"),
    [
        (GradientDescent(1), lambda h: -h),
        (ConsensusOptimization(1, 0.3), lambda h: -(h + 0.3 * h.T @ h)),
        (SymplecticGradient(1, 0.3, align=False), lambda h: -(h + 0.15 * (h.T - h) @ h)),
    ],
    ids=lambda value: repr(value) if hasattr(value, "update") else "",
)
def test_flows_of_quadratic_games_are_matrix_exponentials(rule, matrix):
    h = np.array([[1.0, 3, 0.5], [-2, 0.4, 1], [0.2, -1, 0.8]])
    starts = np.random.default_rng(0).normal(size=(2, 3))
    found = flow(gt.QuadraticGame(h), rule, starts, TIMES)
    assert found.status is FlowStatus.COMPLETED
    for t, points in zip(TIMES, found.points, strict=True):
        np.testing.assert_allclose(points, starts @ expm(t * matrix(h)).T, atol=1e-7)


def test_small_steps_follow_the_flow_to_first_order():
    games = gt.random_2x2("any", size=3, rng=1)
    for make in (GradientDescent, Replicator, lambda step: LogitBestResponse(step, 0.5)):
        end = flow(games, make(1), [0.4, 0.6], [0, 0.25]).points[-1]
        errors = []
        for steps in (50, 100):
            path = gt.simulate(games, make(0.25 / steps), [0.4, 0.6], steps=steps, record=0)
            errors.append(np.abs(path.points[-1] - end).max())
        assert errors[0] / errors[1] == pytest.approx(2, rel=0.1)


def test_batches_flow_as_game_by_game():
    games = gt.random_2x2("cyclic", size=3, rng=2)
    starts = np.random.default_rng(3).uniform(0.3, 0.7, (2, 1, 2))
    together = flow(games, Replicator(1), starts, TIMES)
    assert together.points.shape == (9, 2, 3, 2)
    assert together.stopped_at.shape == (2, 3)
    for i, k in np.ndindex(2, 3):
        alone = flow(games[k], Replicator(1), starts[i, 0], TIMES).points
        np.testing.assert_array_equal(together.points[:, i, k], alone)


@pytest.mark.parametrize(
    ("win", "sign"), [(1, 0), (2, -1), (0.5, 1)], ids=["centre", "sink", "source"]
)
def test_rock_paper_scissors_is_centre_sink_and_source_by_what_a_win_pays(win, sign):
    payoffs = rock_paper_scissors(win)
    roots = eigenvalues_at(payoffs, np.full(3, 1 / 3))
    # Real part (win - 1) / -6, imaginary part (win + 1) / (2 sqrt 3), Hofbauer and Sigmund 1998.
    np.testing.assert_allclose(roots.real, -(win - 1) / 6, atol=1e-9)
    np.testing.assert_allclose(np.abs(roots.imag), (win + 1) / (2 * np.sqrt(3)), atol=1e-9)
    start = np.tile([0.4, 0.3, 0.3], 2)
    found = flow(against_itself(payoffs), within_one_population, start, np.linspace(0, 60, 601))
    assert found.status is FlowStatus.COMPLETED
    product = found.points[..., :3].prod(axis=-1)
    if sign == 0:
        np.testing.assert_allclose(product, product[0], rtol=1e-6)  # the constant of motion
    else:
        assert (np.sign(np.diff(product[:300])) == -sign).all()
        off = np.abs(found.points[-1] - 1 / 3).max()
        assert off < 1e-3 if sign < 0 else off > 0.3


def test_zeemans_game_has_an_interior_sink_that_is_no_ess_and_a_sink_at_a_vertex():
    inside = np.linalg.solve(ZEEMAN - ZEEMAN[0] + np.eye(3)[0][:, None], np.eye(3)[0])
    np.testing.assert_allclose(ZEEMAN @ inside, (ZEEMAN @ inside)[0])
    assert (inside > 0).all()
    assert eigenvalues_at(ZEEMAN, inside).real.max() < -0.1
    # An ESS needs z' A z < 0 for all z that add up to zero.
    basis = gt.games.Simplex((3,)).tangent
    assert np.linalg.eigvalsh(basis.T @ (ZEEMAN + ZEEMAN.T) @ basis).max() > 0
    view = against_itself(ZEEMAN)
    near = np.tile(inside + np.array([0.03, -0.02, -0.01]), 2)
    corner = np.tile([0.9, 0.05, 0.05], 2)
    for start, rest in ((near, inside), (corner, [1, 0, 0])):
        found = flow(view, within_one_population, start, [0, 200])
        np.testing.assert_allclose(found.points[-1, :3], rest, atol=1e-6)


def test_the_replicator_turns_round_in_matching_pennies():
    found = flow(PENNIES, Replicator(1), [0.8, 0.5], np.linspace(0, 50, 101))
    p, q = found.points.T
    np.testing.assert_allclose(p * (1 - p) * q * (1 - q), 0.04, rtol=1e-7)
    euler = gt.simulate(PENNIES, Replicator(0.05, form="euler"), [0.8, 0.5], steps=1000).points
    e, f = euler.T
    assert (e * (1 - e) * f * (1 - f))[-1] < 0.02  # discrete steps spiral outwards


def test_gradient_flow_that_leaves_the_box_says_when():
    dilemma = gt.named_game("prisoners_dilemma")
    starts = np.array([[0.5, 0.5], [0.9, 0.1]])
    found = flow(dilemma, GradientDescent(1), starts, np.linspace(0, 3, 301))
    assert found.status is FlowStatus.LEFT
    assert "left the domain" in repr(found)
    for k in range(2):
        before = found.times < found.stopped_at[k]
        assert np.isfinite(found.points[before, k]).all()
        assert np.isnan(found.points[~before, k]).all()
        np.testing.assert_allclose(found.points[before, k].min(axis=-1)[-1], 0, atol=0.06)


def test_a_flow_that_explodes_is_a_failure():
    found = flow(gt.QuadraticGame([[1.0]]), lambda game, x: x**2, [1.0], [0, 0.5, 0.9, 2.0])
    assert found.status is FlowStatus.FAILED
    np.testing.assert_allclose(found.points[:3, 0], [1, 2, 10], rtol=1e-6)
    assert np.isnan(found.points[3]).all()
    assert found.message
    assert found.stopped_at == 0.9


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"times": [0]}, ValueError, "`times` must increase and hold at least two"),
        ({"times": [0, 2, 1]}, ValueError, "`times` must increase"),
        ({"start": [0.5, 1.5]}, ValueError, "`start` must lie in"),
        ({"rtol": 0}, ValueError, "`rtol` must be positive"),
        ({"field": Replicator}, TypeError, "`field` must be a function"),
        ({"field": gt.dynamics.ExtraGradient(0.1)}, TypeError, "`field` must be a function"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(options, error, message):
    arguments = {"game": PENNIES, "field": Replicator(1), "start": [0.5, 0.5], "times": [0, 1]}
    with pytest.raises(error, match=message):
        flow(**arguments | options)
