"""Does it get there, and how fast: criteria and studies over ensembles."""

from gametools.convergence.basins import BasinMap, basins
from gametools.convergence.criteria import Criterion
from gametools.convergence.statistics import paired_bootstrap, wilson_interval
from gametools.convergence.stream import NEVER, Outcome, steps_to_convergence
from gametools.convergence.study import convergence_study, run_study
from gametools.convergence.table import Cell, ConvergenceTable

__all__ = [
    "NEVER",
    "BasinMap",
    "Cell",
    "ConvergenceTable",
    "Criterion",
    "Outcome",
    "basins",
    "convergence_study",
    "paired_bootstrap",
    "run_study",
    "steps_to_convergence",
    "wilson_interval",
]
