"""What it looks like: draws on a given Axes, computes nothing.

Not imported by `import gametools`, since it needs matplotlib.
"""

from gametools.plotting.basins import plot_basins
from gametools.plotting.convergence import plot_convergence_curves
from gametools.plotting.eigenvalues import plot_eigenvalues
from gametools.plotting.fields import label_plane, plot_nullclines, plot_vector_field
from gametools.plotting.fixed_points import plot_fixed_points
from gametools.plotting.layout import fit_panels
from gametools.plotting.learning_curves import plot_learning_curves
from gametools.plotting.matrl import plot_matrl_step, plot_meta_game, plot_trust_regions
from gametools.plotting.simplex import (
    plot_simplex,
    plot_simplex_field,
    plot_simplex_fixed_points,
    plot_simplex_trajectory,
)
from gametools.plotting.style import (
    KIND_MARKERS,
    OUTCOME_COLOURS,
    PLAYER_COLOURS,
    RULE_STYLES,
    rule_style,
    theme,
)
from gametools.plotting.surfaces import plot_payoff_surface, plot_policy_pairs
from gametools.plotting.trajectories import plot_trajectory

__all__ = [
    "KIND_MARKERS",
    "OUTCOME_COLOURS",
    "PLAYER_COLOURS",
    "RULE_STYLES",
    "fit_panels",
    "label_plane",
    "plot_basins",
    "plot_convergence_curves",
    "plot_eigenvalues",
    "plot_fixed_points",
    "plot_learning_curves",
    "plot_matrl_step",
    "plot_meta_game",
    "plot_nullclines",
    "plot_payoff_surface",
    "plot_policy_pairs",
    "plot_simplex",
    "plot_simplex_field",
    "plot_simplex_fixed_points",
    "plot_simplex_trajectory",
    "plot_trajectory",
    "plot_trust_regions",
    "plot_vector_field",
    "rule_style",
    "theme",
]
