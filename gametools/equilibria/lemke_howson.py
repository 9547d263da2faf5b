"""One equilibrium of a two-player game, from any label, by complementary pivoting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gametools.equilibria.exploitability import exploitability
from gametools.equilibria.pivoting import (
    ExactTableau,
    FloatTableau,
    PivotError,
    Tableau,
    positive_integers,
)
from gametools.equilibria.result import (
    Budget,
    ExactProfile,
    NashResult,
    Profile,
    SolveStatus,
    nash_result,
)
from gametools.equilibria.single import single_game, unit_payoffs
from gametools.games.normal_form import NormalFormGame
from gametools.validation import count

__all__ = ["lemke_howson", "lemke_howson_all_labels"]

MAX_PIVOTS = 100_000
CERTIFICATE = 1e-12
"""Largest gain, as a share of the player's payoff range, of what floating point may return."""


def lemke_howson(
    game: NormalFormGame,
    *,
    label: int = 0,
    exact: bool = False,
    max_pivots: int = MAX_PIVOTS,
    seconds: float | None = 60.0,
) -> NashResult:
    """Return one equilibrium of a two-player game by the Lemke-Howson algorithm.

    Parameters
    ----------
    game : NormalFormGame
        A single two-player game, degenerate or not.
    label : int
        The label to drop: ``0`` to ``a_1 - 1`` are the row player's actions, ``a_1`` to
        ``a_1 + a_2 - 1`` the column player's. Different labels may lead to different equilibria.
    exact : bool
        Compute in integers, with payoffs read as the simplest fractions that round to them, and
        fill `NashResult.exact`. This is also done if floating point fails its certificate.
    max_pivots : int
        Steps after which it gives up, at least 1: some games have exponentially long paths
        (Savani and von Stengel 2006).
    seconds : float or None
        Time after which it gives up.

    Returns
    -------
    NashResult
        One equilibrium; none, with status ``BUDGET``, if the budget was spent. ``details``:
        ``label``, ``pivots`` (the length of the path), ``exact`` (whether integers were used).

    Raises
    ------
    ValueError
        If `game` is a batch or has not two players, or `label` or a budget is out of range.

    Notes
    -----
    Ties are broken lexicographically, so that in exact arithmetic no path ever returns; in
    floating point a path that returns is noticed, and repeated exactly.

    Source: Lemke and Howson (1964), with the tableaux of von Stengel (2002), section 2. Ours
    differs by the float64 tableau that is tried first.

    Examples
    --------
    >>> import gametools as gt
    >>> from gametools.equilibria.lemke_howson import lemke_howson
    >>> battle = gt.NormalFormGame.from_bimatrix([[3, 0], [0, 2]], [[2, 0], [0, 3]])
    >>> [lemke_howson(battle, label=k).supports()[0] for k in (0, 1)]
    [((0,), (0,)), ((1,), (1,))]
    >>> pennies = gt.NormalFormGame.from_bimatrix([[2, 0], [0, 1]], [[0, 1], [1, 0]])
    >>> found = lemke_howson(pennies, exact=True)
    >>> print(*(str(p) for strategy in found.exact[0] for p in strategy))
    1/2 1/2 1/3 2/3
    >>> found.details["pivots"]
    4
    """
    single_game(game, players=2)
    total = sum(game.num_actions)
    if count("label", label) >= total:
        raise ValueError(f"`label` must be below {total}, the number of actions; got {label!r}.")
    count("max_pivots", max_pivots, at_least=1)
    budget = Budget(seconds, "pivots")
    path = _walk(game, label, exact, max_pivots, budget)
    details = {"label": label, "pivots": path.pivots, "exact": path.exact is not None}
    note = "" if path.profile else f"stopped after {path.pivots} pivots; or try another label."
    return nash_result(
        game,
        [path.profile] if path.profile else [],
        method="lemke-howson",
        complete=False,
        budget=budget,
        status=None if path.profile else SolveStatus.BUDGET,
        exact=[path.exact] if path.exact else None,
        note=note,
        details=details,
    )


def lemke_howson_all_labels(
    game: NormalFormGame,
    *,
    exact: bool = False,
    max_pivots: int = MAX_PIVOTS,
    seconds: float | None = 60.0,
) -> NashResult:
    """Return the distinct equilibria that `lemke_howson` finds from every label.

    Parameters
    ----------
    game : NormalFormGame
        A single two-player game.
    exact, max_pivots, seconds
        As in `lemke_howson`; `max_pivots` for each label, `seconds` for all of them.

    Returns
    -------
    NashResult
        Never ``complete``: equilibria may be out of reach from every label. ``details``:
        ``pivots`` and ``equilibrium``, for each label the length of its path and the index of the
        equilibrium it leads to (-1: budget spent).

    Notes
    -----
    Source: Shapley (1974), whose figure 3 is a game where two of three equilibria are out of
    reach. Ours differs in nothing.

    Examples
    --------
    >>> import gametools as gt
    >>> from gametools.equilibria.lemke_howson import lemke_howson_all_labels
    >>> battle = gt.NormalFormGame.from_bimatrix([[3, 0], [0, 2]], [[2, 0], [0, 3]])
    >>> found = lemke_howson_all_labels(battle)
    >>> found.supports()
    [((0,), (0,)), ((1,), (1,))]
    >>> found.details["equilibrium"]
    {0: 0, 1: 1, 2: 0, 3: 1}
    """
    single_game(game, players=2)
    count("max_pivots", max_pivots, at_least=1)
    budget = Budget(seconds, "pivots")
    labels = range(sum(game.num_actions))
    paths = [_walk(game, label, exact, max_pivots, budget) for label in labels]
    if any(path.exact for path in paths):  # all of them, to tell which are the same
        paths = [path if path.exact else _walk(game, label, True, max_pivots, budget)
                 for label, path in zip(labels, paths, strict=True)]  # fmt: skip
    found = {path.exact: path for path in reversed(paths) if path.exact}
    ends = list(found.values()) or [path for path in paths if path.profile]
    result = nash_result(
        game,
        [path.profile for path in ends if path.profile],
        method="lemke-howson, all labels",
        complete=False,
        budget=budget,
        status=None if all(path.profile for path in paths) else SolveStatus.BUDGET,
        exact=list(found) or None,
    )
    reached = [_index(result, path) for path in paths]
    details = {
        "pivots": {label: path.pivots for label, path in zip(labels, paths, strict=True)},
        "equilibrium": dict(zip(labels, reached, strict=True)),
    }
    return replace(result, details=details)


def _index(result: NashResult, path: _Path) -> int:
    """Return which equilibrium a path leads to; -1 if none."""
    if path.profile is None:
        return -1
    if result.exact:
        return result.exact.index(path.exact) if path.exact in result.exact else -1
    off = [
        max(float(np.abs(a - b).max()) for a, b in zip(listed, path.profile, strict=True))
        for listed in result.equilibria
    ]
    return int(np.argmin(off)) if off else -1


@dataclass(frozen=True)
class _Path:
    """How far a path was followed, and the equilibrium at its end."""

    pivots: int
    profile: Profile | None = None
    exact: ExactProfile | None = None


def _walk(game: NormalFormGame, label: int, exact: bool, most: int, budget: Budget) -> _Path:
    """Follow the path of a label, in floating point if that is allowed and gets there."""
    if not exact:
        unit, _, _ = unit_payoffs(game)
        tableaux = _tableaux(FloatTableau, unit[0] + 1, unit[1] + 1)
        try:
            pivots, ended = _follow(tableaux, label, most, budget)
            if not ended:
                return _Path(pivots)
            profile = tuple(np.array(tableau.solution(), np.float64) for tableau in tableaux)
            if float(exploitability(NormalFormGame(unit), profile)) <= CERTIFICATE:
                return _Path(pivots, profile)
        except PivotError:
            pass
    whole = (positive_integers(payoffs) for payoffs in game.payoffs)
    tableaux = _tableaux(ExactTableau, *whole)
    pivots, ended = _follow(tableaux, label, most, budget)
    if not ended:
        return _Path(pivots)
    first, second = (tuple(Fraction(p) for p in tableau.solution()) for tableau in tableaux)
    rounded = tuple(np.array(strategy, dtype=np.float64) for strategy in (first, second))
    return _Path(pivots, rounded, (first, second))


def _tableaux(
    kind: Callable[[NDArray[Any], range, range], Tableau], row: NDArray[Any], column: NDArray[Any]
) -> tuple[Tableau, Tableau]:
    """Return both best-response polytopes at the origin; variables are called by their labels."""
    m, n = row.shape
    rows, columns = range(m), range(m, m + n)
    return kind(column.T, rows, columns), kind(row, columns, rows)


def _follow(
    tableaux: tuple[Tableau, Tableau], label: int, most: int, budget: Budget
) -> tuple[int, bool]:
    """Drop a label and each duplicate after it; return the pivots, and whether it came back."""
    turn = int(label in tableaux[0].basis)
    entering, mark = label, None  # Brent's way to notice a cycle: a mark at powers of two
    for pivots in range(1, most + 1):
        entering = tableaux[turn].enter(entering)
        if entering == label:
            return pivots, True
        turn = 1 - turn
        here = (turn, entering, *(frozenset(tableau.basis) for tableau in tableaux))
        if here == mark:
            raise PivotError("the path returned to a vertex.")
        if pivots & (pivots - 1) == 0:
            mark = here
        if budget.spent():
            return pivots, False
    return most, False
