"""What solvers that only come near an equilibrium hand back, found or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gametools.equilibria.exploitability import deviation_gains
from gametools.equilibria.nash_gap import DeviationGains
from gametools.equilibria.result import Budget, NashResult, SolveStatus, nash_result
from gametools.equilibria.single import unit_payoffs
from gametools.games.normal_form import NormalFormGame

__all__ = ["FINEST", "Best", "approximate_result", "gap_share", "unit_gains"]

Array = NDArray[np.float64]

FINEST = 1e-12
"""Gains below this share of a payoff range are rounding errors: no tolerance may be smaller."""


def unit_gains(game: NormalFormGame) -> DeviationGains:
    """Return the gains of a single game with each player's payoffs moved to [0, 1].

    Gains there are shares of each player's payoff range.
    """
    unit, _, _ = unit_payoffs(game)
    return DeviationGains(NormalFormGame(unit, game.num_players))


def gap_share(game: NormalFormGame, profile: Sequence[Array]) -> float:
    """Return the largest gain of any player as a share of its payoff range.

    Recomputed from the payoffs as they are, not on the scale that the solvers search on.
    """
    ranges = game.payoff_ranges()
    return float((deviation_gains(game, profile) / np.where(ranges > 0, ranges, 1.0)).max())


class Best:
    """The profile with the smallest gap that a search has seen so far."""

    def __init__(self) -> None:
        self.gap = np.inf
        self.point: Array = np.empty(0)

    def see(self, points: Array, gaps: Array) -> None:
        """Keep the best of many points ``(k, d)`` if it beats what is kept."""
        k = int(np.argmin(gaps))
        if gaps[k] < self.gap:
            self.gap, self.point = float(gaps[k]), points[k].copy()


def approximate_result(
    game: NormalFormGame,
    profile: Sequence[Array],
    *,
    method: str,
    budget: Budget,
    tolerance: float,
    spent: bool,
    note: str = "",
    details: dict[str, Any] | None = None,
) -> NashResult:
    """Certify the best profile of a search; report it as an equilibrium only if it is one.

    Parameters
    ----------
    game : NormalFormGame
        A single game.
    profile : sequence of arrays
        The best profile found.
    method : str
    budget : Budget
    tolerance : float
        Largest gain of a player at an equilibrium, as a share of its payoff range.
    spent : bool
        Whether the search ended because its time was over.
    note : str
    details : dict, optional

    Returns
    -------
    NashResult
        With one equilibrium, or none. Either way ``details["best_profile"]`` is the profile and
        ``details["best_gap"]`` its `gap_share`.
    """
    best = tuple(np.asarray(s, dtype=np.float64) for s in profile)
    gap = gap_share(game, best)
    arrived = gap <= tolerance
    if not arrived:
        shortfall = (
            f"best gap {gap:.1e} of a payoff range, above `tolerance` {tolerance:.1e}: "
            'see details["best_profile"].'
        )
        note = f"{note} {shortfall}".strip()
    return nash_result(
        game,
        [best] if arrived else [],
        method=method,
        complete=False,
        budget=budget,
        tolerance=tolerance,
        status=None if arrived else SolveStatus.BUDGET if spent else SolveStatus.NONE,
        note=note,
        details={"best_profile": best, "best_gap": gap} | (details or {}),
    )
