"""Where play can rest: one solver a file."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from gametools.equilibria.exploitability import deviation_gains, exploitability
from gametools.equilibria.hu_wellman import classify_equilibria, saddle_or_optimum
from gametools.equilibria.lemke_howson import lemke_howson_all_labels
from gametools.equilibria.logit import quantal_response, trace_logit
from gametools.equilibria.meta_game import solve_meta_game
from gametools.equilibria.nash_gap import nash_gap
from gametools.equilibria.result import NashResult, SolveStatus
from gametools.equilibria.selection import SELECTIONS, select_equilibrium
from gametools.equilibria.solve import SOLVERS, solve, solvers_frame
from gametools.equilibria.two_by_two import TwoByTwoEquilibria, solve_2x2

if TYPE_CHECKING:
    from gametools.equilibria.correlated import correlated_equilibrium, deviation_gain
    from gametools.equilibria.dominance import iterated_dominance

__all__ = [
    "SELECTIONS",
    "SOLVERS",
    "NashResult",
    "SolveStatus",
    "TwoByTwoEquilibria",
    "classify_equilibria",
    "correlated_equilibrium",
    "deviation_gain",
    "deviation_gains",
    "exploitability",
    "iterated_dominance",
    "lemke_howson_all_labels",
    "nash_gap",
    "quantal_response",
    "saddle_or_optimum",
    "select_equilibrium",
    "solve",
    "solve_2x2",
    "solve_meta_game",
    "solvers_frame",
    "trace_logit",
]

# Linear programs need scipy.optimize, which takes longer to import than all of this package.
_LATER = {
    "correlated_equilibrium": "correlated",
    "deviation_gain": "correlated",
    "iterated_dominance": "dominance",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_LATER[name]}"), name)
