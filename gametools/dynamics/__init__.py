"""How players learn: one family of rules a file, one driver."""

from gametools.dynamics.adjusted import ConsensusOptimization, SymplecticGradient
from gametools.dynamics.alternating import AlternatingGradient
from gametools.dynamics.best_response import (
    ExploitabilityDescent,
    FictitiousPlay,
    LogitBestResponse,
)
from gametools.dynamics.divergence import ESCAPE, escape_radius
from gametools.dynamics.field import SimplexField, VectorField, simplex_field, vector_field
from gametools.dynamics.flow import Flow, FlowStatus, flow
from gametools.dynamics.gradient import GradientDescent
from gametools.dynamics.hill_climbing import PHC, WoLFPHC
from gametools.dynamics.implicit import CompetitiveGradient, ProximalPoint
from gametools.dynamics.kl_ball import KLBallStep
from gametools.dynamics.matrl import ANCHORS, MATRL
from gametools.dynamics.matrl_stages import MATRLStep, MetaCase, matrl_step
from gametools.dynamics.opponent_shaping import LOLA, SOS
from gametools.dynamics.optimistic import OptimisticGradient
from gametools.dynamics.prediction import ExtraGradient, FirstOrderLookAhead, LookAhead
from gametools.dynamics.registry import ALIASES, RULES, parse_rule, rules_frame
from gametools.dynamics.regret import RegretMatching, SampledRegretMatching
from gametools.dynamics.replicator import Hedge, Replicator
from gametools.dynamics.rule import UpdateRule
from gametools.dynamics.sampled_wpl import SampledWPL
from gametools.dynamics.simulate import Status, Trajectory, simulate
from gametools.dynamics.variable_rate import WPL, GIGAWoLF
from gametools.dynamics.wolf import WoLF

__all__ = [
    "ALIASES",
    "ANCHORS",
    "ESCAPE",
    "LOLA",
    "MATRL",
    "PHC",
    "RULES",
    "SOS",
    "WPL",
    "AlternatingGradient",
    "CompetitiveGradient",
    "ConsensusOptimization",
    "ExploitabilityDescent",
    "ExtraGradient",
    "FictitiousPlay",
    "FirstOrderLookAhead",
    "Flow",
    "FlowStatus",
    "GIGAWoLF",
    "GradientDescent",
    "Hedge",
    "KLBallStep",
    "LogitBestResponse",
    "LookAhead",
    "MATRLStep",
    "MetaCase",
    "OptimisticGradient",
    "ProximalPoint",
    "RegretMatching",
    "Replicator",
    "SampledRegretMatching",
    "SampledWPL",
    "SimplexField",
    "Status",
    "SymplecticGradient",
    "Trajectory",
    "UpdateRule",
    "VectorField",
    "WoLF",
    "WoLFPHC",
    "escape_radius",
    "flow",
    "matrl_step",
    "parse_rule",
    "rules_frame",
    "simplex_field",
    "simulate",
    "vector_field",
]
