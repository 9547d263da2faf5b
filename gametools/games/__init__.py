"""What is played: values, no behaviour of learners."""

from gametools.games.adapters import from_nashpy, from_pygambit, to_nashpy, to_pygambit
from gametools.games.autodiff import TorchGame
from gametools.games.catalogue import NAMED_GAMES, catalogue_frame, named_game
from gametools.games.differentiable import (
    Box,
    DifferentiableGame,
    Euclidean,
    QuadraticGame,
    Simplex,
    losses_from_payoffs,
)
from gametools.games.differentiable_catalogue import (
    NAMED_DIFFERENTIABLE_GAMES,
    KnownFixedPoint,
    differentiable_catalogue_frame,
    known_fixed_points,
    named_differentiable_game,
)
from gametools.games.ensembles import ENSEMBLES, random_game
from gametools.games.files import read_game, write_game
from gametools.games.gaussian import GaussianGame
from gametools.games.generators import ENSEMBLES_2X2, random_2x2
from gametools.games.meta import current_or_predicted_game
from gametools.games.normal_form import NormalFormGame
from gametools.games.policy_space import COORDINATES, ProbabilityGame, as_differentiable
from gametools.games.polynomial import PolynomialGame
from gametools.games.repeated import RepeatedGame
from gametools.games.sigmoid import SigmoidGame
from gametools.games.simplex import SimplexGame
from gametools.games.softmax import SoftmaxGame
from gametools.games.taxonomy import GameClass, classify_2x2, dominant_players

__all__ = [
    "COORDINATES",
    "ENSEMBLES",
    "ENSEMBLES_2X2",
    "NAMED_DIFFERENTIABLE_GAMES",
    "NAMED_GAMES",
    "Box",
    "DifferentiableGame",
    "Euclidean",
    "GameClass",
    "GaussianGame",
    "KnownFixedPoint",
    "NormalFormGame",
    "PolynomialGame",
    "ProbabilityGame",
    "QuadraticGame",
    "RepeatedGame",
    "SigmoidGame",
    "Simplex",
    "SimplexGame",
    "SoftmaxGame",
    "TorchGame",
    "as_differentiable",
    "catalogue_frame",
    "classify_2x2",
    "current_or_predicted_game",
    "differentiable_catalogue_frame",
    "dominant_players",
    "from_nashpy",
    "from_pygambit",
    "known_fixed_points",
    "losses_from_payoffs",
    "named_differentiable_game",
    "named_game",
    "random_2x2",
    "random_game",
    "read_game",
    "to_nashpy",
    "to_pygambit",
    "write_game",
]
