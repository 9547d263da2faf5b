import numpy as np
import pytest
from game_strategies import payoff_tensors, positive_scales
from hypothesis import given
from hypothesis import strategies as st

import gametools as gt
from gametools.equilibria import zero_sum as module
from gametools.equilibria.linear_program import LinearOptimum, LinearStatus
from gametools.equilibria.result import SolveStatus
from gametools.equilibria.support import support_enumeration
from gametools.equilibria.vertex import vertex_enumeration
from gametools.equilibria.zero_sum import zero_sum


def zero_sum_game(row, constant=0.0):
    row = np.asarray(row, dtype=float)
    return gt.NormalFormGame.from_bimatrix(row, constant - row)


def matrices(largest=9):
    sizes = st.tuples(st.integers(1, 4), st.integers(1, 4))
    return sizes.flatmap(lambda size: payoff_tensors(size, largest=largest))


def value_2x2(matrix):
    """The value of a 2x2 matrix game in closed form: a saddle point, or the mixed formula."""
    (a, b), (c, d) = matrix
    low, high = max(min(a, b), min(c, d)), min(max(a, c), max(b, d))
    return low if low == high else (a * d - b * c) / (a + d - b - c)


@given(payoff_tensors((2, 2)))
def test_the_value_of_2x2_games_in_closed_form(matrix):
    found = zero_sum(zero_sum_game(matrix))
    assert found.details["value"] == pytest.approx(value_2x2(matrix.tolist()), abs=1e-9)
    assert found.method == "zero-sum"


def test_rock_paper_scissors_with_stakes():
    # Each action is played as often as the stake of the pair without it.
    matrix = [[0, -1, 2], [1, 0, -3], [-2, 3, 0]]
    found = zero_sum(zero_sum_game(matrix))
    for strategy in found.equilibria[0]:
        np.testing.assert_allclose(strategy, [3 / 6, 2 / 6, 1 / 6], atol=1e-14)
    assert found.details["value"] == pytest.approx(0, abs=1e-14)
    assert found.complete
    assert found.status == SolveStatus.COMPLETE
    assert found.exploitability[0] < 1e-14


def test_a_pure_saddle_point():
    found = zero_sum(zero_sum_game([[5, 3, 6], [4, 2, 9]]))
    assert found.supports() == [((0,), (1,))]
    assert found.details["value"] == 3
    assert found.complete
    assert found.details["margin"] == pytest.approx(1 / 7)  # the second row loses 1 of the range 7


@given(matrices())
def test_the_value_is_what_neither_can_improve(matrix):
    found = zero_sum(zero_sum_game(matrix))
    x, y = found.equilibria[0]
    value = found.details["value"]
    assert (x @ matrix).min() == pytest.approx(value, abs=1e-8)
    assert (matrix @ y).max() == pytest.approx(value, abs=1e-8)


@given(matrices(largest=2))
def test_uniqueness_is_that_of_exact_vertex_enumeration(matrix):
    game = zero_sum_game(matrix)
    exact = vertex_enumeration(game, exact=True)
    found = zero_sum(game)
    assert found.complete == (len(exact.equilibria) == 1)
    assert found.status == (SolveStatus.COMPLETE if found.complete else SolveStatus.SOME)
    assert ("uniqueness not proved" in found.note) != found.complete
    assert (found.details["margin"] > 0) == found.complete


@pytest.mark.parametrize("seed", range(10))
def test_generic_games_have_the_equilibrium_that_supports_give(seed):
    game = zero_sum_game(np.random.default_rng(seed).normal(size=(5, 4)))
    found, supports = zero_sum(game), support_enumeration(game)
    assert found.complete
    assert supports.complete
    (expected,) = supports.equilibria
    for a, b in zip(found.equilibria[0], expected, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-10)


@given(matrices(), positive_scales(), st.integers(-5, 5))
def test_scale_and_shift(matrix, scale, shift):
    before = zero_sum(zero_sum_game(matrix))
    after = zero_sum(zero_sum_game(scale * (matrix + shift), constant=3 * scale))
    assert before.complete == after.complete
    expected = scale * (before.details["value"] + shift)
    assert after.details["value"] == pytest.approx(expected, abs=1e-9 * scale * 20)
    assert after.details["constant"] == pytest.approx(3 * scale)
    if before.complete:
        for a, b in zip(before.equilibria[0], after.equilibria[0], strict=True):
            np.testing.assert_allclose(a, b, atol=1e-9)


@given(matrices())
def test_swapped_players_swap_strategies_and_value(matrix):
    before, after = zero_sum(zero_sum_game(matrix)), zero_sum(zero_sum_game(-matrix.T))
    assert after.details["value"] == pytest.approx(-before.details["value"], abs=1e-9)
    assert after.complete == before.complete
    if before.complete:
        for a, b in zip(before.equilibria[0], after.equilibria[0][::-1], strict=True):
            np.testing.assert_allclose(a, b, atol=1e-9)


def test_a_large_game_is_solved_to_rounding():
    found = zero_sum(zero_sum_game(np.random.default_rng(0).normal(size=(60, 80))))
    assert found.complete
    assert found.exploitability[0] < 1e-13


def test_inaccurate_programs_are_made_good_on_the_supports(monkeypatch):
    solve = module.maximise

    def rounded(*args, **options):
        point, status = solve(*args, **options)
        return LinearOptimum(np.round(point, 5), status)

    monkeypatch.setattr(module, "maximise", rounded)
    found = zero_sum(zero_sum_game([[0, -1, 2], [1, 0, -4], [-2, 4, 0]]))
    np.testing.assert_allclose(found.equilibria[0][0], [4 / 7, 2 / 7, 1 / 7], atol=1e-14)
    assert found.complete


def test_optimal_strategies_with_singular_equations_are_not_unique(monkeypatch):
    # On the rows and columns used below all payoffs are 0; other actions pin the mixtures down.
    matrix = np.array([[0, 0, 1, -1], [0, 0, -1, 1], [1, -1, 0, 0]])
    points = iter([[0.5, 0.5, 0, 0.5], [0.5, 0.5, 0, 0, 0.5]])
    monkeypatch.setattr(
        module,
        "maximise",
        lambda *a, **k: LinearOptimum(np.array(next(points)), LinearStatus.OPTIMAL),
    )
    found = zero_sum(zero_sum_game(matrix))
    assert found.equilibria[0][1].tolist() == [0.5, 0.5, 0, 0]
    assert found.exploitability[0] == 0
    assert not found.complete


def test_the_game_is_left_as_it_was():
    game = zero_sum_game([[3, 1], [0, 2]])
    before = game.payoffs.copy()
    zero_sum(game)
    np.testing.assert_array_equal(game.payoffs, before)


class TestReports:
    def test_a_game_with_something_to_share_is_refused(self):
        game = gt.NormalFormGame.from_bimatrix([[3, 0], [5, 1]], [[-3, 0], [-1, -1]])
        with pytest.raises(ValueError, match=r"add up to 2 give or take 2, most at .*\(0, 0\)"):
            zero_sum(game)

    def test_rounding_is_no_deviation(self):
        row = np.random.default_rng(1).normal(size=(3, 3))
        column = 1e3 - row  # the sum is off by about 1e-13
        assert zero_sum(gt.NormalFormGame.from_bimatrix(row, column)).complete

    @pytest.mark.parametrize(
        ("status", "expected"),
        [
            (LinearStatus.BUDGET, SolveStatus.BUDGET),
            (LinearStatus.FAILED, SolveStatus.NONE),
        ],
    )
    def test_an_unsolved_program_is_a_status(self, status, expected, monkeypatch):
        monkeypatch.setattr(module, "maximise", lambda *a, **k: LinearOptimum(None, status))
        found = zero_sum(zero_sum_game([[3, 1], [0, 2]]), seconds=5)
        assert found.status == expected
        assert not found.equilibria
        assert not found.complete

    def test_a_wrong_solution_fails_the_certificate(self, monkeypatch):
        wrong = LinearOptimum(np.array([1.0, 0.0, 0.0]), LinearStatus.OPTIMAL)
        monkeypatch.setattr(module, "maximise", lambda *a, **k: wrong)
        found = zero_sum(zero_sum_game([[3, 1], [0, 2]]))
        assert found.status == SolveStatus.NONE
        assert not found.complete
        assert "failed the certificate" in found.note

    def test_batches_and_other_numbers_of_players_are_refused(self):
        with pytest.raises(ValueError, match="`game` must be a single game"):
            zero_sum(gt.random_2x2("any", size=3, rng=0))
        with pytest.raises(ValueError, match="`game` must have 2 players; got 3"):
            zero_sum(gt.NormalFormGame(np.zeros((3, 2, 2, 2))))
        with pytest.raises(ValueError, match="`seconds` must be positive"):
            zero_sum(zero_sum_game([[1]]), seconds=0)
