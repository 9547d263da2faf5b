"""Linear programs by HiGHS, with tight tolerances and an end that has a name."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array

__all__ = ["LinearOptimum", "LinearStatus", "maximise"]

Array = NDArray[np.float64]
Constraints = tuple[Array | csr_array, Array]  # a matrix and its right-hand side

FEASIBILITY = 1e-10
"""By how much a constraint or a reduced cost may be off: the tightest that HiGHS takes."""


class LinearStatus(StrEnum):
    """How a linear program ended; the text carries the remedy."""

    OPTIMAL = "optimal"
    BUDGET = "budget spent before the optimum was found; raise `seconds`"
    FAILED = "not solved to tolerance; bring the players' payoffs closer to one scale"


class LinearOptimum(NamedTuple):
    """An optimal point, or None with the reason."""

    point: Array | None
    status: LinearStatus


def maximise(
    objective: Array,
    *,
    at_most: Constraints | None = None,
    equal: Constraints | None = None,
    seconds: float | None = None,
) -> LinearOptimum:
    """Maximise a linear function of nonnegative variables.

    Parameters
    ----------
    objective : array, shape ``(k,)``
        Coefficients, best of size about 1.
    at_most, equal : pairs of matrix, shape ``(rows, k)``, and array, shape ``(rows,)``
        Constraints ``matrix @ x <= bound`` and ``matrix @ x == bound``; matrices may be sparse.
    seconds : float, optional
        Time after which HiGHS stops.

    Returns
    -------
    LinearOptimum
        A vertex of the optimal face, feasible to `FEASIBILITY`, and the status.

    Notes
    -----
    Source: the simplex code of HiGHS (Huangfu and Hall 2018) behind `scipy.optimize.linprog`.
    Ours differs by the tolerances, which are 1e-7 there; if HiGHS gives up on the tight ones, the
    usual ones are tried once. Callers recompute what they claim of the point.

    Examples
    --------
    >>> import numpy as np
    >>> best, status = maximise(np.array([1.0, 2.0]), at_most=(np.ones((1, 2)), np.ones(1)))
    >>> best.tolist(), str(status)
    ([0.0, 1.0], 'optimal')
    """
    problem: dict[str, Any] = {"c": -objective, "bounds": (0, None), "method": "highs"}
    if at_most is not None:
        problem["A_ub"], problem["b_ub"] = at_most
    if equal is not None:
        problem["A_eq"], problem["b_eq"] = equal
    limit: dict[str, Any] = {} if seconds is None else {"time_limit": float(seconds)}
    tight: dict[str, Any] = {
        "primal_feasibility_tolerance": FEASIBILITY,
        "dual_feasibility_tolerance": FEASIBILITY,
    }
    for tolerances in (tight, {}):
        problem["options"] = limit | tolerances
        found = linprog(**problem)
        if found.status == 0:
            return LinearOptimum(np.asarray(found.x, dtype=np.float64), LinearStatus.OPTIMAL)
        if found.status == 1:
            return LinearOptimum(None, LinearStatus.BUDGET)
    return LinearOptimum(None, LinearStatus.FAILED)
