import numpy as np
import pytest
from scipy.sparse import csr_array

from gametools.equilibria import linear_program as module
from gametools.equilibria.linear_program import LinearStatus, maximise


@pytest.mark.parametrize("kind", [np.asarray, csr_array])
def test_a_textbook_program(kind):
    # Maximise 3x + 5y with x <= 4, 2y <= 12, 3x + 2y <= 18: at (2, 6), worth 36.
    matrix = kind(np.array([[1.0, 0], [0, 2], [3, 2]]))
    best, status = maximise(np.array([3.0, 5.0]), at_most=(matrix, np.array([4.0, 12, 18])))
    np.testing.assert_allclose(best, [2, 6])
    assert status == LinearStatus.OPTIMAL


def test_equations_hold():
    ones = np.ones((1, 3))
    best, _ = maximise(np.array([1.0, 3.0, 2.0]), equal=(ones, np.ones(1)))
    np.testing.assert_allclose(best, [0, 1, 0])


@pytest.mark.parametrize("objective", [[1.0], [-1.0]])
def test_what_has_no_optimum_is_a_status(objective):
    below_zero = (np.ones((1, 1)), np.array([-1.0]))
    nothing = maximise(np.array(objective), at_most=below_zero)
    assert nothing == (None, LinearStatus.FAILED)


def test_no_time_is_a_status():
    rng = np.random.default_rng(0)
    matrix = np.abs(rng.normal(size=(300, 300)))
    found = maximise(np.ones(300), at_most=(matrix, np.ones(300)), seconds=1e-9)
    assert found == (None, LinearStatus.BUDGET)
    assert "raise `seconds`" in found.status


def test_usual_tolerances_are_tried_after_tight_ones(monkeypatch):
    solve, seen = module.linprog, []

    def failing_once(**problem):
        seen.append(problem["options"])
        result = solve(**problem)
        result.status = 4 if len(seen) == 1 else result.status
        return result

    monkeypatch.setattr(module, "linprog", failing_once)
    best, status = maximise(np.ones(1), at_most=(np.ones((1, 1)), np.ones(1)))
    assert best.tolist() == [1]
    assert status == LinearStatus.OPTIMAL
    assert seen[0]["primal_feasibility_tolerance"] == module.FEASIBILITY
    assert seen[1] == {}
