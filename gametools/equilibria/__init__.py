"""Where play can rest: one solver a file."""

from gametools.equilibria.exploitability import deviation_gains, exploitability
from gametools.equilibria.result import NashResult, SolveStatus
from gametools.equilibria.selection import SELECTIONS, select_equilibrium
from gametools.equilibria.solve import SOLVERS, solve, solvers_frame
from gametools.equilibria.two_by_two import TwoByTwoEquilibria, solve_2x2

__all__ = [
    "SELECTIONS",
    "SOLVERS",
    "NashResult",
    "SolveStatus",
    "TwoByTwoEquilibria",
    "deviation_gains",
    "exploitability",
    "select_equilibrium",
    "solve",
    "solve_2x2",
    "solvers_frame",
]
