"""Learning dynamics in games: where do learners go, how fast, and is it any good there?

The names below are the public face; `gametools.games`, `equilibria`, `dynamics` and `convergence`
hold the rest. Importing the package loads neither torch nor matplotlib nor pandas.
"""

from gametools import convergence, dynamics, equilibria, games, stability
from gametools.convergence import Criterion, basins, convergence_study, run_study
from gametools.dynamics import VectorField, simplex_field, simulate, vector_field
from gametools.equilibria import NashResult, exploitability, solve, solve_2x2
from gametools.games import (
    NormalFormGame,
    PolynomialGame,
    ProbabilityGame,
    QuadraticGame,
    SimplexGame,
    SoftmaxGame,
    TorchGame,
    classify_2x2,
    named_differentiable_game,
    named_game,
    random_2x2,
    random_game,
    read_game,
    write_game,
)
from gametools.stability import FixedPoint, classify, find_fixed_points

__all__ = [
    "Criterion",
    "FixedPoint",
    "NashResult",
    "NormalFormGame",
    "PolynomialGame",
    "ProbabilityGame",
    "QuadraticGame",
    "SimplexGame",
    "SoftmaxGame",
    "TorchGame",
    "VectorField",
    "basins",
    "classify",
    "classify_2x2",
    "convergence",
    "convergence_study",
    "dynamics",
    "equilibria",
    "exploitability",
    "find_fixed_points",
    "games",
    "named_differentiable_game",
    "named_game",
    "random_2x2",
    "random_game",
    "read_game",
    "run_study",
    "simplex_field",
    "simulate",
    "solve",
    "solve_2x2",
    "stability",
    "vector_field",
    "write_game",
]
