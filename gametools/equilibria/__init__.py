"""Where play can rest: one solver a file."""

from gametools.equilibria.exploitability import exploitability
from gametools.equilibria.selection import SELECTIONS, select_equilibrium
from gametools.equilibria.two_by_two import TwoByTwoEquilibria, solve_2x2

__all__ = ["SELECTIONS", "TwoByTwoEquilibria", "exploitability", "select_equilibrium", "solve_2x2"]
