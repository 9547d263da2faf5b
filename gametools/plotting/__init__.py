"""What it looks like: draws on a given Axes, computes nothing.

Not imported by `import gametools`, since it needs matplotlib.
"""

from gametools.plotting.convergence import plot_convergence_curves
from gametools.plotting.style import RULE_STYLES, rule_style

__all__ = ["RULE_STYLES", "plot_convergence_curves", "rule_style"]
