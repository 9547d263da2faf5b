"""Sequential games: batched grid worlds and matrix games, and adapters to other packages."""

from gametools.envs.checkers import Checkers
from gametools.envs.foraging import Foraging
from gametools.envs.from_pettingzoo import FromPettingZoo
from gametools.envs.gif import write_gif
from gametools.envs.optimum import Optimum, optimum
from gametools.envs.protocol import Continuous, Discrete, Environment, Snapshot, Step
from gametools.envs.registry import ENVS, envs_frame, parse_env
from gametools.envs.repeated_matrix import RepeatedMatrixGame
from gametools.envs.switch import Switch
from gametools.envs.to_pettingzoo import as_parallel_env

__all__ = [
    "ENVS",
    "Checkers",
    "Continuous",
    "Discrete",
    "Environment",
    "Foraging",
    "FromPettingZoo",
    "Optimum",
    "RepeatedMatrixGame",
    "Snapshot",
    "Step",
    "Switch",
    "as_parallel_env",
    "envs_frame",
    "optimum",
    "parse_env",
    "write_gif",
]
