import itertools
import math

import numpy as np
import pytest

from gametools.equilibria import complex_roots
from gametools.equilibria.complex_roots import all_roots
from gametools.equilibria.homotopy import (
    Structure,
    bezout_number,
    newton,
    start_system,
    track,
)
from gametools.equilibria.multilinear import evaluate, recentre, solve_each
from gametools.equilibria.support_systems import Supports, systems_on


def support_structure(*sizes):
    """The structure of a support on which nobody has more equations than there are unknowns."""
    owners = [i for i, s in enumerate(sizes) for _ in range(s - 1)]
    return Structure(sizes, tuple(owners))


def full_support(payoffs):
    actions = tuple(np.arange(a)[None] for a in payoffs.shape[1:])
    return systems_on(payoffs, Supports(actions), np.full(len(payoffs), 1e-12))


def derangements(n):
    return sum((-1) ** k * math.factorial(n) // math.factorial(k) for k in range(n + 1))


class TestBezoutNumber:
    @pytest.mark.parametrize(
        ("sizes", "number"),
        [((2, 2), 1), ((5, 5), 1), ((3, 3, 3), 10), ((4, 4, 4), 56), ((3, 3, 3, 3), 297)],
        ids=str,
    )
    def test_published_numbers(self, sizes, number):
        assert bezout_number(support_structure(*sizes)) == number

    @pytest.mark.parametrize("players", [2, 3, 4, 5, 6, 7, 8])
    def test_two_actions_each_give_the_derangements(self, players):
        assert bezout_number(support_structure(*[2] * players)) == derangements(players)

    @pytest.mark.parametrize("sizes", [(2, 3, 3), (2, 2, 3), (3, 4, 4), (2, 2, 2, 4)], ids=str)
    def test_it_is_a_permanent(self, sizes):
        """Of the matrix that says which equation involves which unknown, over the factorials."""
        structure = support_structure(*sizes)
        group = [j for j, s in enumerate(sizes) for _ in range(s - 1)]
        ways = sum(
            all(group[u] != owner for u, owner in zip(order, structure.owners, strict=True))
            for order in itertools.permutations(range(len(group)))
        )
        assert bezout_number(structure) == ways // math.prod(math.factorial(s - 1) for s in sizes)

    def test_too_many_equations_of_one_player_have_no_generic_solution(self):
        assert bezout_number(support_structure(2, 4)) == 0
        assert bezout_number(support_structure(2, 2, 4)) == 0


@pytest.mark.parametrize("sizes", [(2, 2), (2, 2, 2), (2, 3, 3), (2, 2, 2, 2)], ids=str)
def test_start_points_solve_the_start_system_and_differ(sizes):
    structure = support_structure(*sizes)
    start = start_system(structure, np.random.default_rng(0))
    assert start.points.shape == (structure.unknowns, bezout_number(structure))
    value, derivative = evaluate(start.tensor, start.points)
    assert np.abs(value).max() < 1e-12
    matrices = derivative.transpose(2, 1, 0)
    assert np.linalg.cond(matrices).max() < 1e6
    apart = np.abs(start.points[:, :, None] - start.points[:, None]).max(axis=0)
    assert (apart + np.eye(len(apart))).min() > 1e-3


def test_derivatives_by_complex_steps():
    rng = np.random.default_rng(1)
    tensor = rng.normal(size=(2, 3, 2, 5, 4))
    x = rng.normal(size=(4, 4))
    value, derivative = evaluate(tensor, x)
    for k in range(4):
        moved = x.astype(complex)
        moved[k] += 1e-30j
        stepped, _ = evaluate(tensor, moved)
        np.testing.assert_allclose(stepped.imag / 1e-30, derivative[k], rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(stepped.real, value, rtol=1e-12, atol=1e-12)
    shift = rng.normal(size=(4, 4))
    moved, _ = evaluate(recentre(tensor, x), shift)
    np.testing.assert_allclose(moved, evaluate(tensor, x + shift)[0], rtol=1e-10, atol=1e-10)


def test_a_singular_system_among_others_spoils_none():
    rng = np.random.default_rng(2)
    derivatives, right = rng.normal(size=(3, 3, 4)), rng.normal(size=(3, 1, 4))
    expected = solve_each(derivatives, right)
    derivatives[:, :, 2] = 0
    found = solve_each(derivatives, right)
    assert not np.isfinite(found[..., 2]).any()
    np.testing.assert_allclose(np.delete(found, 2, axis=-1), np.delete(expected, 2, axis=-1))


class TestRoots:
    @pytest.mark.parametrize("seed", range(20))
    def test_three_players_by_a_quadratic_equation(self, seed):
        """Eliminate y and z from f(y, z) = g(x, z) = h(x, y) = 0, each bilinear."""
        payoffs = np.random.default_rng(seed).normal(size=(3, 2, 2, 2))
        f = payoffs[0, 0] - payoffs[0, 1]
        g = payoffs[1, :, 0] - payoffs[1, :, 1]
        h = payoffs[2, :, :, 0] - payoffs[2, :, :, 1]
        # g = 0: z : 1 - z = -(x, 1 - x) g[:, 1] : (x, 1 - x) g[:, 0], and y likewise from h.
        line = [np.poly1d([m[0, k] - m[1, k], m[1, k]]) for m in (h, g) for k in (1, 0)]
        y, z = (-line[0], line[1]), (-line[2], line[3])
        total = sum(y[i] * z[j] * float(f[i, j]) for i in (0, 1) for j in (0, 1))
        expected = np.sort_complex(np.roots(total).round(9))
        found = all_roots(full_support(payoffs), np.random.default_rng(0))
        assert found.proved.all()
        group = found.points[0][0]
        np.testing.assert_allclose(np.sort_complex(group.round(9)), expected, rtol=1e-7, atol=1e-8)

    @pytest.mark.parametrize("shape", [(3, 3, 3), (2, 2, 2, 2), (2, 3, 3), (2, 2, 4)], ids=str)
    def test_as_many_as_the_bezout_number_and_all_solve_the_equations(self, shape):
        payoffs = np.random.default_rng(3).normal(size=(len(shape), *shape))
        systems = full_support(payoffs)
        found = all_roots(systems, np.random.default_rng(0))
        assert found.proved.all()
        assert len(found.radius) == bezout_number(systems.structure)
        owners = [range(len(shape)), [2]][systems.left_over is not None]
        for player in owners:
            earned = np.moveaxis(payoffs[player], player, 0)[..., None]
            others = [found.points[j] for j in range(len(found.points)) if j != player]
            for point in others:
                earned = (earned * point.reshape(len(point), *[1] * (earned.ndim - 3), -1)).sum(
                    axis=1
                )
            shown = earned if systems.left_over is None else earned[:3]
            assert np.abs(shown - shown[:1]).max() < 1e-6 * np.abs(shown).max()

    def test_a_solution_at_infinity_counts(self):
        """If the second action is better by a constant, indifference holds at infinity only."""
        payoffs = np.random.default_rng(4).normal(size=(2, 2, 2))
        payoffs[0, 1] = payoffs[0, 0] + 1
        found = all_roots(full_support(payoffs), np.random.default_rng(0))
        assert found.proved.all()
        assert len(found.radius) == 1
        assert not found.near_simplex().any()

    def test_a_polymatrix_support_is_not_proved_by_the_count(self):
        rng = np.random.default_rng(5)
        pairs = [
            rng.normal(size=[3 if k in (i, (i + 1) % 3) else 1 for k in range(3)]) for i in range(3)
        ]
        others = [
            rng.normal(size=[3 if k in (i, (i + 2) % 3) else 1 for k in range(3)]) for i in range(3)
        ]
        payoffs = np.array(
            [(a + b) * np.ones((3, 3, 3)) for a, b in zip(pairs, others, strict=True)]
        )
        found = all_roots(full_support(payoffs), np.random.default_rng(0))
        assert not found.proved.any()

    def test_lost_paths_are_tried_again(self, monkeypatch):
        payoffs = np.random.default_rng(6).normal(size=(3, 3, 3, 3))
        calls = []

        def lossy(*args, caution, **options):
            calls.append(caution)
            ends = track(*args, caution=caution, **options)
            if len(calls) == 1:
                ends.points[:, 0] = ends.points[:, 1]
            return ends

        monkeypatch.setattr(complex_roots, "track", lossy)
        found = all_roots(full_support(payoffs), np.random.default_rng(0))
        assert len(calls) == 2
        assert calls[1] > calls[0]
        assert found.proved.all()
        assert len(found.radius) == 10

    def test_a_path_that_is_always_lost_leaves_the_support_unproved(self, monkeypatch):
        payoffs = np.random.default_rng(6).normal(size=(3, 3, 3, 3))

        def lossy(*args, **options):
            ends = track(*args, **options)
            ends.points[:, 0] = ends.points[:, 1]
            return ends

        monkeypatch.setattr(complex_roots, "track", lossy)
        found = all_roots(full_support(payoffs), np.random.default_rng(0))
        assert not found.proved.any()


def test_newton_converges_quadratically():
    tensor = np.random.default_rng(7).normal(size=(2, 2, 2, 3, 1))
    root = newton(tensor, np.full((3, 1), 0.3), steps=30)
    assert np.abs(evaluate(tensor, root)[0]).max() < 1e-12
    off = [np.abs(newton(tensor, root + 1e-2, steps=k) - root).max() for k in (0, 1, 2)]
    assert off[1] < 30 * off[0] ** 2
    assert off[2] < max(30 * off[1] ** 2, 1e-14)


def test_tracking_stops_when_told_to():
    payoffs = np.random.default_rng(8).normal(size=(3, 3, 3, 3))
    systems = full_support(payoffs)
    start = start_system(systems.structure, np.random.default_rng(0))
    shape = (*start.tensor.shape[:-1], start.points.shape[1])
    target = np.random.default_rng(1).normal(size=shape) + 0j
    target[start.tensor[..., :1].repeat(shape[-1], axis=-1) == 0] = 0
    ends = track(np.broadcast_to(start.tensor, shape), target, start.points, stop=lambda: True)
    assert not ends.done.any()
    assert (ends.reached == 0).all()
