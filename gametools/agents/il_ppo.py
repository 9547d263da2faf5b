"""Independent PPO: every agent by itself, the others part of its environment."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from gametools.agents.diagnostics import gradient_alignment, joint_divergence
from gametools.agents.experience import Experience
from gametools.agents.networks import NetworkConfig
from gametools.agents.policy_gradient import PolicyGradientConfig, PolicyGradientLearner
from gametools.agents.ppo import PPOStep, ppo_step

__all__ = ["ILPPO", "ILPPOConfig"]


@dataclass(frozen=True)
class ILPPOConfig(PolicyGradientConfig):
    """Settings of independent PPO, besides those of all learners by policy gradients.

    Attributes
    ----------
    step : PPOStep
    """

    step: PPOStep = field(default_factory=PPOStep)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.step.require_environments("step", self.num_envs)


class ILPPO(PolicyGradientLearner):
    """Independent PPO.

    Parameters
    ----------
    spec : Spec
    config : ILPPOConfig
    seed : int

    Notes
    -----
    Source: Schulman et al. (2017) for each agent, as in de Witt et al. (2020). Ours differs in
    what `PPOStep` says.
    """

    def improve(self, experience: Experience) -> dict[str, float]:
        """Improve all policies against the others' present ones."""
        targets = self.targets(experience)
        report = gradient_alignment(self.model, experience, targets)
        report |= ppo_step(self.model, experience, targets, self.config.step, self.generator)
        return report | {"joint_kl": joint_divergence(report)}


# Settings of the MATRL paper's grid worlds (Wen et al. 2021, appendix F); the value loss counts
# 1 on Checkers and 0.01 on Switch.
_CHECKERS = ILPPOConfig(
    network=NetworkConfig((128, 128), "leaky_relu"),
    step=PPOStep(
        epochs=10, clip=0.1, value_clip=0.1, entropy=0.05, kl=0.001, value=1.0, target_kl=0.1
    ),
    lr=0.002,
    lam=0.97,
    num_envs=20,
    steps_per_update=2000,
)
_SWITCH = replace(_CHECKERS, step=replace(_CHECKERS.step, value=0.01))
_SHARED = ILPPOConfig(
    network=NetworkConfig((128, 128), "relu", sharing="all", agent_id=True),
    step=PPOStep(epochs=4, clip=0.2, entropy=0.01),
    scale_values=True,
    num_envs=10,
    steps_per_update=500,
)
PRESETS = {
    "default": ILPPOConfig(),
    "paper": _CHECKERS,
    "paper-switch": _SWITCH,
    "tuned": replace(_CHECKERS, rewards="team", step=replace(_CHECKERS.step, entropy=0.0)),
    "tuned-switch": replace(_SWITCH, step=replace(_SWITCH.step, entropy=0.0)),
    "released": replace(_CHECKERS, step=replace(_CHECKERS.step, epochs=5)),
    "released-switch": replace(_CHECKERS, step=replace(_CHECKERS.step, epochs=5, value=0.001)),
    "shared": _SHARED,
    # Most batches of level-based foraging hold no reward at first; advantages that are normalised
    # are noise then, on which policies settle before they have seen any food.
    "lbf": replace(
        _SHARED, lr=0.001, normalise_advantages=False, step=replace(_SHARED.step, entropy=1e-4)
    ),
}
"""Settings by name: "paper", "released" (those of the program released with the MATRL paper) and
"tuned" (found by ``analysis/matrl_grid_worlds_search.py``) on Checkers, with "-switch" on Switch;
"shared" for many agents, "lbf" on level-based foraging, where rewards are rare."""
