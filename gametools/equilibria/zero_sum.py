"""Two-player zero-sum games by linear programming."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gametools.equilibria.linear_program import LinearOptimum, LinearStatus, maximise
from gametools.equilibria.result import Budget, NashResult, SolveStatus, nash_result
from gametools.equilibria.single import single_game
from gametools.games.normal_form import NormalFormGame

__all__ = ["SUM_TOLERANCE", "zero_sum"]

Array = NDArray[np.float64]

SUM_TOLERANCE = 1e-9
"""How far the sum of payoffs may lie from a constant, as a share of the payoff range."""
STRICT = 1e-9
"""Probabilities, slacks (shares of the payoff range) and singular values above this are not 0."""


def zero_sum(game: NormalFormGame, *, seconds: float | None = None) -> NashResult:
    """Return an equilibrium of a two-player zero-sum (or constant-sum) game, and its value.

    Parameters
    ----------
    game : NormalFormGame
        A single two-player game whose payoffs add up to one constant.
    seconds : float, optional
        Time after which the linear programs stop.

    Returns
    -------
    NashResult
        One equilibrium. ``complete`` is True only if it is proved to be the only one.
        ``details``: ``value``, the row player's equilibrium payoff (the same in all equilibria);
        ``constant``, what the payoffs add up to; ``margin``, by how much uniqueness holds (0 if it
        was not proved).

    Raises
    ------
    ValueError
        If `game` is a batch, has not two players, or its payoffs do not add up to a constant.

    Notes
    -----
    Each player's program is solved by itself, so that the two values are a check on each other;
    on the supports found, the strategies are then computed again from the indifference equations,
    which gives them to rounding. Both optimal strategies are unique if and only if the pair is
    strictly complementary (an action is used exactly if it is a best reply) and the indifference
    equations on the supports have a nonsingular square matrix: Goldman and Tucker (1956) give the
    complementarity, Bohnenblust, Karlin and Shapley (1950) the dimensions. The margin is the
    smallest of the used probabilities, the unused actions' losses, and the smallest singular
    value.

    Source: von Neumann's theorem as a linear program (for example Shoham and Leyton-Brown 2008,
    section 4.1). Ours differs by the second computation and the proof of uniqueness.

    Examples
    --------
    >>> import gametools as gt
    >>> from gametools.equilibria.zero_sum import zero_sum
    >>> found = zero_sum(gt.NormalFormGame.from_bimatrix([[3, -1], [-2, 1]], [[-3, 1], [2, -1]]))
    >>> [strategy.round(9).tolist() for strategy in found.equilibria[0]]
    [[0.428571429, 0.571428571], [0.285714286, 0.714285714]]
    >>> round(found.details["value"], 9), found.complete
    (0.142857143, True)
    """
    single_game(game, players=2)
    budget = Budget(seconds)
    constant = _constant(game)
    row = game.payoffs[0]
    low, width = float(row.min()), float(row.max() - row.min())
    unit = (row - low) / (width if width > 0 else 1.0)
    mine = _best_guarantee(unit, budget.seconds)
    rest = None if budget.seconds is None else max(budget.seconds - budget.elapsed(), 1e-3)
    yours = _best_guarantee(1 - unit.T, rest)
    if mine.point is None or yours.point is None:
        spent = LinearStatus.BUDGET in (mine.status, yours.status)
        status = SolveStatus.BUDGET if spent else SolveStatus.NONE
        return nash_result(
            game, [], method="zero-sum", complete=False, budget=budget, status=status
        )
    x, y = _normalised(mine.point[:-1]), _normalised(yours.point[:-1])
    exact = _on_supports(unit, x > STRICT, y > STRICT)
    margin = 0.0
    if exact is not None and _gap(unit, *exact[:2]) <= max(_gap(unit, x, y), STRICT):
        x, y, margin = exact[0], exact[1], _margin(unit, *exact)
    note = "" if margin > STRICT else "uniqueness not proved: optimal strategies may form a set."
    return nash_result(
        game,
        [(x, y)],
        method="zero-sum",
        complete=margin > STRICT,
        budget=budget,
        note=note,
        details={"value": float(x @ row @ y), "constant": constant, "margin": margin},
    )


def _constant(game: NormalFormGame) -> float:
    """Return what the payoffs add up to; raise if that is not one number."""
    total = game.payoffs[0] + game.payoffs[1]
    constant = float((total.max() + total.min()) / 2)
    off = float(np.abs(total - constant).max())
    if off > SUM_TOLERANCE * float(game.payoff_range()):
        where = np.unravel_index(int(np.abs(total - constant).argmax()), total.shape)
        raise ValueError(
            f"`game` must be zero-sum or constant-sum; its payoffs add up to {constant:.6g} give "
            f"or take {off:.3g}, most at actions {tuple(int(i) for i in where)}. Use "
            "method='vertex' or 'lemke-howson' for general two-player games."
        )
    return constant


def _best_guarantee(unit: Array, seconds: float | None) -> LinearOptimum:
    """Maximise what a strategy over the rows guarantees; the guarantee is the last entry."""
    rows, columns = unit.shape
    matrix = np.hstack([-unit.T, np.ones((columns, 1))])
    total = np.append(np.ones(rows), 0.0)[None]
    return maximise(
        np.append(np.zeros(rows), 1.0),
        at_most=(matrix, np.zeros(columns)),
        equal=(total, np.ones(1)),
        seconds=seconds,
    )


def _normalised(point: Array) -> Array:
    positive = np.maximum(point, 0.0)
    return np.asarray(positive / positive.sum())


def _gap(unit: Array, x: Array, y: Array) -> float:
    """Return by how much the two players' guarantees differ: 0 at an equilibrium."""
    return float((unit @ y).max() - (x @ unit).min())


def _on_supports(
    unit: Array, rows: NDArray[np.bool_], columns: NDArray[np.bool_]
) -> tuple[Array, Array, float] | None:
    """Solve the indifference equations on square supports; with the smallest singular value."""
    size = int(rows.sum())
    if size != int(columns.sum()):
        return None
    matrix = np.ones((size + 1, size + 1))
    matrix[:size, :size] = unit[np.ix_(rows, columns)]
    matrix[size, size] = 0.0
    smallest = float(np.linalg.svd(matrix, compute_uv=False)[-1])
    if smallest <= STRICT:
        return None
    right = np.append(np.zeros(size), 1.0)
    x, y = np.zeros(len(rows)), np.zeros(len(columns))
    x[rows] = np.linalg.solve(matrix.T, right)[:size]
    y[columns] = np.linalg.solve(matrix, right)[:size]
    if min(x.min(), y.min()) < 0:
        return None
    return x, y, smallest


def _margin(unit: Array, x: Array, y: Array, smallest: float) -> float:
    """Return by how much a pair of strategies is strictly complementary and nonsingular."""
    value = float(x @ unit @ y)
    losses = [(value - unit @ y)[x == 0], (x @ unit - value)[y == 0]]
    used = [x[x > 0], y[y > 0]]
    return max(0.0, min(smallest, *(float(a.min(initial=np.inf)) for a in (*losses, *used))))
