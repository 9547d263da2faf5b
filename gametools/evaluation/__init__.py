"""Runs compared: what their seeds show, and how sure that is.

Reads what training left in its folders; needs no torch.
"""

from gametools.evaluation.comparison import compare_runs, learning_curves, seed_scores
from gametools.evaluation.optima import best_return
from gametools.evaluation.runs import read_runs, run_folders, seeds_frame
from gametools.evaluation.statistics import (
    Interval,
    area_under_curve,
    bootstrap,
    iqm,
    performance_profile,
    probability_of_improvement,
)

__all__ = [
    "Interval",
    "area_under_curve",
    "best_return",
    "bootstrap",
    "compare_runs",
    "iqm",
    "learning_curves",
    "performance_profile",
    "probability_of_improvement",
    "read_runs",
    "run_folders",
    "seed_scores",
    "seeds_frame",
]
