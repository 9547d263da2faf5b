"""Deep learners: acting, updating and looping, kept apart.

Not imported by `import gametools`, since it needs torch.
"""

try:
    import torch as _torch  # noqa: F401
except ModuleNotFoundError as _error:
    if _error.name != "torch":
        raise
    raise ImportError("gametools.agents needs torch: pip install gametools[torch]") from None

from gametools.agents.experience import Experience, advantages
from gametools.agents.ia2c import IA2C, IA2CConfig
from gametools.agents.il_ppo import ILPPO, ILPPOConfig
from gametools.agents.learner import Learner
from gametools.agents.matrl import MATRL, MATRLConfig
from gametools.agents.networks import NetworkConfig, StackedNetwork
from gametools.agents.play import Episodes, play_episodes
from gametools.agents.policy import Decision, Policy, Situation
from gametools.agents.ppo import PPOStep
from gametools.agents.q_learning import QConfig
from gametools.agents.qmix import QMIX, QMIXConfig
from gametools.agents.qtran import QTRAN, QTRANConfig
from gametools.agents.registry import LEARNERS, LearnerEntry, learners_frame, make_learner
from gametools.agents.run import Run
from gametools.agents.sampled_meta_game import sampled_meta_game
from gametools.agents.seeds import train_seeds
from gametools.agents.spec import Spec, spec_of
from gametools.agents.trained import load_trained
from gametools.agents.trainer import TrainingFailed, train
from gametools.agents.vdn import VDN

__all__ = [
    "IA2C",
    "ILPPO",
    "LEARNERS",
    "MATRL",
    "QMIX",
    "QTRAN",
    "VDN",
    "Decision",
    "Episodes",
    "Experience",
    "IA2CConfig",
    "ILPPOConfig",
    "Learner",
    "LearnerEntry",
    "MATRLConfig",
    "NetworkConfig",
    "PPOStep",
    "Policy",
    "QConfig",
    "QMIXConfig",
    "QTRANConfig",
    "Run",
    "Situation",
    "Spec",
    "StackedNetwork",
    "TrainingFailed",
    "advantages",
    "learners_frame",
    "load_trained",
    "make_learner",
    "play_episodes",
    "sampled_meta_game",
    "spec_of",
    "train",
    "train_seeds",
]
