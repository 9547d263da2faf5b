"""Independent advantage actor-critic: every agent by itself, one gradient step for each batch."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from gametools.agents.diagnostics import gradient_alignment, joint_divergence
from gametools.agents.experience import Experience
from gametools.agents.networks import NetworkConfig
from gametools.agents.policy_gradient import PolicyGradientConfig, PolicyGradientLearner
from gametools.agents.ppo import Targets, by_agent, policy_report
from gametools.validation import number

__all__ = ["IA2C", "IA2CConfig"]


@dataclass(frozen=True)
class IA2CConfig(PolicyGradientConfig):
    """Settings of independent advantage actor-critic, besides those of all by policy gradients.

    By default `lam` is 1, for sums of rewards to the end of the stretch, values are scaled, and
    stretches are short. With ``critic="state"`` it is MAA2C.

    Attributes
    ----------
    entropy, value : float
        Weights of the entropy bonus and of the value loss (half the squared error).
    """

    network: NetworkConfig = field(default_factory=lambda: NetworkConfig((128, 128), "relu"))
    lam: float = 1.0
    entropy: float = 0.01
    value: float = 0.5
    normalise_advantages: bool = False
    scale_values: bool = True
    num_envs: int = 10
    steps_per_update: int = 50

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("entropy", "value"):
            number(name, getattr(self, name), at_least=0)


class IA2C(PolicyGradientLearner):
    """Independent advantage actor-critic.

    Parameters
    ----------
    spec : Spec
    config : IA2CConfig
    seed : int

    Notes
    -----
    Source: Mnih et al. (2016), algorithm S3, synchronous, for each agent, as in EPyMARL
    (Papoudakis et al. 2021). Ours differs: Adam; no target critic; with `lam` 1 every step's return
    runs to the end of the stretch, as in Mnih et al., where EPyMARL's runs over 5 steps;
    `scale_values` learns values on one scale, where EPyMARL standardises rewards.
    """

    def improve(self, experience: Experience) -> dict[str, float]:
        """Step once along the gradient of policies and values."""
        targets = self.targets(experience)
        report = gradient_alignment(self.model, experience, targets)
        losses, parts = self._losses(experience, targets)
        groups = torch.tensor(self.model.policy.network.groups)
        # Agents that share a network descend the average of their losses.
        self.model.optimiser.step((losses / torch.bincount(groups)[groups]).sum())
        report |= by_agent(parts) | policy_report(self.model, experience, targets)
        return report | {"joint_kl": joint_divergence(report)}

    def _losses(self, experience: Experience, targets: Targets) -> tuple[Tensor, dict[str, Tensor]]:
        """Return each agent's loss, and its parts, shape ``(n,)`` each."""
        policy = self.model.distribution(experience)
        values, _ = self.model.scaled_values(experience)
        mean = experience.mean
        gained = mean(policy.log_prob(experience.actions) * targets.advantages)
        value_loss = 0.5 * mean((values - targets.returns).square())
        loss = (
            -gained + self.config.value * value_loss - self.config.entropy * mean(policy.entropy())
        )
        return loss, {"gain": gained.detach(), "value_loss": value_loss.detach()}


_SHARED = NetworkConfig((128, 128), "relu", sharing="all", agent_id=True)
PRESETS = {
    "default": IA2CConfig(),
    "shared": IA2CConfig(network=_SHARED),
    "paper": IA2CConfig(
        network=NetworkConfig((128,), "relu", sharing="all", agent_id=True, recurrent=128),
        entropy=0.001,
    ),
}
"""Settings by name: "paper" as in EPyMARL (no program was released with the original paper);
"shared" for many agents."""
