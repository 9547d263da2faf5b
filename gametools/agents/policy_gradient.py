"""What learners by policy gradients share: settings, networks, acting, and a state to save."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from gametools.agents.actor_critic import ActorCritic
from gametools.agents.experience import Experience, as_team
from gametools.agents.networks import NetworkConfig
from gametools.agents.policy import Decision, Situation
from gametools.agents.ppo import Targets, policy_targets
from gametools.agents.spec import Spec
from gametools.validation import choice, count, number

__all__ = ["PolicyGradientConfig", "PolicyGradientLearner"]


@dataclass(frozen=True)
class PolicyGradientConfig:
    """Settings of any learner by policy gradients.

    Attributes
    ----------
    network : NetworkConfig
    lr : float
    gamma, lam : float
        Discount, and horizon of the advantage estimates, in [0, 1].
    max_grad_norm : float or None
        Of the gradient of each agent's policy, and of its critic.
    normalise_advantages, scale_values : bool
        Whether advantages have mean 0 and deviation 1 for each agent, and whether critics learn
        returns on one scale.
    rewards : {"own", "team"}
        Whether each agent learns from what it earns itself, or all from the sum.
    critic : {"observation", "state"}
        What the critics see; with "state" independent PPO is MAPPO.
    num_envs, steps_per_update : int
        Environments side by side, and joint steps collected for an update, all together.
    """

    network: NetworkConfig = field(default_factory=NetworkConfig)
    lr: float = 5e-4
    gamma: float = 0.99
    lam: float = 0.95
    max_grad_norm: float | None = 10.0
    normalise_advantages: bool = True
    scale_values: bool = False
    rewards: str = "own"
    critic: str = "observation"
    num_envs: int = 20
    steps_per_update: int = 2000

    def __post_init__(self) -> None:
        number("lr", self.lr, above=0)
        number("gamma", self.gamma, at_least=0, at_most=1)
        number("lam", self.lam, at_least=0, at_most=1)
        if self.max_grad_norm is not None:
            number("max_grad_norm", self.max_grad_norm, above=0)
        choice("rewards", self.rewards, ("own", "team"))
        choice("critic", self.critic, ("observation", "state"))
        count("num_envs", self.num_envs, at_least=1)
        count("steps_per_update", self.steps_per_update, at_least=1)
        if self.steps_per_update % self.num_envs:
            raise ValueError(
                f"`steps_per_update` must be a multiple of `num_envs`, {self.num_envs}; "
                f"got {self.steps_per_update}."
            )


class PolicyGradientLearner(ABC):
    """Stochastic policies with critics; subclasses say how they are improved.

    Parameters
    ----------
    spec : Spec
    config : PolicyGradientConfig
    seed : int
        Starts the learner's own generator, which draws networks and actions.
    """

    def __init__(self, spec: Spec, config: PolicyGradientConfig, seed: int) -> None:
        self.spec = spec
        self.config: Any = config
        self.generator = torch.Generator().manual_seed(seed)
        self.model = ActorCritic(
            spec,
            config.network,
            lr=config.lr,
            max_grad_norm=config.max_grad_norm,
            central=config.critic == "state",
            scale_values=config.scale_values,
            generator=self.generator,
        )

    def update(self, experience: Experience) -> dict[str, float]:
        """Improve the policies; return diagnostics."""
        team = self.config.rewards == "team"
        return self.improve(as_team(experience) if team else experience)

    @abstractmethod
    def improve(self, experience: Experience) -> dict[str, float]:
        """Improve the policies for the rewards that the experience holds; return diagnostics."""

    def initial_memory(self, num_envs: int) -> Tensor:
        """Return what agents remember before an episode."""
        return self.model.policy.network.initial_memory(num_envs)

    def explore(self, situation: Situation) -> Decision:
        """Draw actions from the policies."""
        return self.model.policy.act(situation, self.generator)

    def play(
        self, situation: Situation, generator: torch.Generator, *, greedy: bool = True
    ) -> Decision:
        """Act in an evaluation."""
        return self.model.policy.act(situation, generator, greedy=greedy)

    def targets(self, experience: Experience) -> Targets:
        """Return advantages, returns and old policies, as the settings say."""
        own = self.config
        return policy_targets(
            self.model, experience, gamma=own.gamma, lam=own.lam, normalise=own.normalise_advantages
        )

    def state_dict(self) -> dict[str, Any]:
        """Return networks, optimiser and generator."""
        return self.model.everything() | {"generator": self.generator.get_state()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over networks, optimiser and generator."""
        self.model.load_everything(state)
        self.generator.set_state(state["generator"])
