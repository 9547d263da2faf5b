"""What it looks like: draws on a given Axes, computes nothing.

Not imported by `import gametools`, since it needs matplotlib.
"""

from gametools.plotting.convergence import plot_convergence_curves
from gametools.plotting.style import line_style

__all__ = ["line_style", "plot_convergence_curves"]
