"""VDN: a team's value as the sum of its agents' values."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor, nn

from gametools.agents.networks import NetworkConfig
from gametools.agents.q_learning import Estimates, QConfig, QLearner

__all__ = ["VDN", "Sum", "mixed_loss"]


class Sum(nn.Module):
    """Add the agents' values, whatever the state."""

    def forward(self, values: Tensor, states: Tensor) -> Tensor:
        """Return the team's values ``(T, B)`` of the agents' ``(T, B, n)``."""
        return values.sum(dim=-1)


class VDN(QLearner):
    """Value decomposition networks.

    Notes
    -----
    Source: Sunehag et al. (2018), "Value-Decomposition Networks for Cooperative Multi-Agent
    Learning"; settings "paper" as in EPyMARL (Papoudakis et al. 2021). Ours differs: one-step
    targets, where the original has eligibility traces and a dueling head; stretches of a fixed
    length are replayed, not whole episodes; several environments run side by side, with a few
    gradient steps for each collection.
    """

    def joint_network(self) -> nn.Module:
        """Return the sum."""
        return Sum()

    def losses(self, estimates: Estimates) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the squared error of the team's value."""
        return mixed_loss(self, estimates)


def mixed_loss(learner: QLearner, estimates: Estimates) -> tuple[Tensor, dict[str, Tensor]]:
    """Return the mean squared error of a mixed value against its one-step target."""
    own, batch = estimates, estimates.batch
    values = learner.model["joint"](own.chosen, batch.states)
    following = learner.target["joint"](own.next_values, batch.next_states)
    targets = own.rewards + learner.config.gamma * own.lives * following
    errors = values - targets
    report = {"value": values.mean(), "target": targets.mean(), "error": errors.abs().mean()}
    return errors.square().mean(), {name: mean.detach() for name, mean in report.items()}


_PAPER = QConfig(
    network=NetworkConfig((64,), "relu", sharing="all", agent_id=True, recurrent=64),
    buffer_steps=250_000,
    batch=32,
    updates=1,
    target_every=200,
    target_mix=1.0,
    num_envs=1,
    steps_per_update=50,
)
PRESETS = {
    "default": QConfig(),
    "tuned": replace(QConfig(), time_limits="end"),
    "tuned-switch": replace(QConfig(), time_limits="end", updates=5),
    "paper": _PAPER,
    "released": replace(_PAPER, scale_rewards=False),
}
"""Settings by name: "tuned" for grid worlds with a clock in the state, "tuned-switch" with half of
the gradient steps, for budgets of a million steps; "paper" as in EPyMARL, one environment and a
gradient step for each stretch of 50 steps; "released" as in PyMARL, the program of QMIX's authors,
whose rewards are as they come (its RMSprop is Adam here)."""
