"""How players learn: one family of rules a file, one driver."""

from gametools.dynamics.gradient import GradientDescent
from gametools.dynamics.matrl import ANCHORS, MATRL
from gametools.dynamics.prediction import ExtraGradient, LookAhead
from gametools.dynamics.registry import ALIASES, RULES, parse_rule, rules_frame
from gametools.dynamics.rule import UpdateRule
from gametools.dynamics.simulate import Status, Trajectory, simulate
from gametools.dynamics.wolf import WoLF

__all__ = [
    "ALIASES",
    "ANCHORS",
    "MATRL",
    "RULES",
    "ExtraGradient",
    "GradientDescent",
    "LookAhead",
    "Status",
    "Trajectory",
    "UpdateRule",
    "WoLF",
    "parse_rule",
    "rules_frame",
    "simulate",
]
