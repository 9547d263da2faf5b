"""How players learn: one family of rules a file, one driver."""

from gametools.dynamics.gradient import GradientDescent
from gametools.dynamics.matrl import ANCHORS, MATRL
from gametools.dynamics.prediction import ExtraGradient, LookAhead
from gametools.dynamics.rule import UpdateRule
from gametools.dynamics.simulate import Status, Trajectory, simulate
from gametools.dynamics.wolf import WoLF

__all__ = [
    "ANCHORS",
    "MATRL",
    "ExtraGradient",
    "GradientDescent",
    "LookAhead",
    "Status",
    "Trajectory",
    "UpdateRule",
    "WoLF",
    "simulate",
]
