"""What is played: values, no behaviour of learners."""

from gametools.games.differentiable import (
    Box,
    DifferentiableGame,
    Euclidean,
    QuadraticGame,
    losses_from_payoffs,
)
from gametools.games.files import read_game, write_game
from gametools.games.generators import ENSEMBLES_2X2, random_2x2
from gametools.games.meta import current_or_predicted_game
from gametools.games.normal_form import NormalFormGame
from gametools.games.policy_space import ProbabilityGame, as_differentiable
from gametools.games.taxonomy import GameClass, classify_2x2, dominant_players

__all__ = [
    "ENSEMBLES_2X2",
    "Box",
    "DifferentiableGame",
    "Euclidean",
    "GameClass",
    "NormalFormGame",
    "ProbabilityGame",
    "QuadraticGame",
    "as_differentiable",
    "classify_2x2",
    "current_or_predicted_game",
    "dominant_players",
    "losses_from_payoffs",
    "random_2x2",
    "read_game",
    "write_game",
]
