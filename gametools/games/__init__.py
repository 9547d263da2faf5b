"""What is played: values, no behaviour of learners."""

from gametools.games.adapters import from_nashpy, from_pygambit, to_nashpy, to_pygambit
from gametools.games.catalogue import NAMED_GAMES, catalogue_frame, named_game
from gametools.games.differentiable import (
    Box,
    DifferentiableGame,
    Euclidean,
    QuadraticGame,
    losses_from_payoffs,
)
from gametools.games.ensembles import ENSEMBLES, random_game
from gametools.games.files import read_game, write_game
from gametools.games.generators import ENSEMBLES_2X2, random_2x2
from gametools.games.meta import current_or_predicted_game
from gametools.games.normal_form import NormalFormGame
from gametools.games.policy_space import ProbabilityGame, as_differentiable
from gametools.games.taxonomy import GameClass, classify_2x2, dominant_players

__all__ = [
    "ENSEMBLES",
    "ENSEMBLES_2X2",
    "NAMED_GAMES",
    "Box",
    "DifferentiableGame",
    "Euclidean",
    "GameClass",
    "NormalFormGame",
    "ProbabilityGame",
    "QuadraticGame",
    "as_differentiable",
    "catalogue_frame",
    "classify_2x2",
    "current_or_predicted_game",
    "dominant_players",
    "from_nashpy",
    "from_pygambit",
    "losses_from_payoffs",
    "named_game",
    "random_2x2",
    "random_game",
    "read_game",
    "to_nashpy",
    "to_pygambit",
    "write_game",
]
