"""QTRAN: a team's value of any form, and agents' values that agree with it on what is best."""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from torch import Tensor, nn

from gametools.agents import vdn
from gametools.agents.networks import NetworkConfig, StackedNetwork
from gametools.agents.q_learning import Estimates, QConfig, QLearner
from gametools.agents.spec import Spec
from gametools.validation import choice, count, number

__all__ = ["QTRAN", "JointValues", "QTRANConfig"]

VARIANTS = ("base", "alt")


@dataclass(frozen=True)
class QTRANConfig(QConfig):
    """Settings of QTRAN, besides those of all learners of action values.

    Attributes
    ----------
    variant : {"base", "alt"}
        Whether the agents' values bound the team's at the actions taken, or touch it at the best
        of each agent's own.
    optimal, other : float
        Weights of the losses at the best actions and at others, beside the team's error.
    joint_width : int
        Of the hidden layers of the team's networks.
    """

    variant: str = "base"
    optimal: float = 1.0
    other: float = 0.1
    joint_width: int = 64

    def __post_init__(self) -> None:
        super().__post_init__()
        choice("variant", self.variant, VARIANTS)
        number("optimal", self.optimal, at_least=0)
        number("other", self.other, at_least=0)
        count("joint_width", self.joint_width, at_least=1)


class JointValues(nn.Module):
    """The team's value of a joint action in a state, and the offset of that state."""

    def __init__(self, spec: Spec, width: int, generator: torch.Generator) -> None:
        super().__init__()
        self.actions = spec.most_actions
        shape = NetworkConfig((width, width), "relu", output_gain=1.0)
        size = spec.state_size + spec.num_agents * self.actions
        self.value = StackedNetwork(size, 1, 1, shape, generator)
        self.offset = StackedNetwork(spec.state_size, 1, 1, shape, generator)

    def one_hot(self, actions: Tensor, active: Tensor) -> Tensor:
        """Return actions as ``(T, B, n, a)``, zeros for agents whose part is over."""
        return nn.functional.one_hot(actions, self.actions) * active[..., None]

    def values(self, states: Tensor, played: Tensor) -> Tensor:
        """Return values ``(T, B)`` of joint actions ``(T, B, n, a)``, one-hot."""
        return _run(self.value, torch.cat([states, played.flatten(-2).to(states.dtype)], dim=-1))

    def offsets(self, states: Tensor) -> Tensor:
        """Return the offsets of states, shape ``(T, B)``."""
        return _run(self.offset, states)

    def own_alternatives(self, states: Tensor, played: Tensor) -> Tensor:
        """Return the values where one agent alone acts otherwise, shape ``(T, B, n, a)``."""
        times, batch, agents, actions = played.shape
        eye = torch.eye(agents, dtype=torch.bool)[:, None, :, None]
        instead = torch.eye(actions, dtype=played.dtype)[None, :, None, :]
        # (T, B, agent that deviates, its action, agents, actions)
        joint = torch.where(eye, instead, played[:, :, None, None])
        seen = states[:, :, None].expand(-1, -1, agents * actions, -1).flatten(1, 2)
        values = self.values(seen, joint.view(times, -1, agents, actions))
        return values.view(times, batch, agents, actions)


class QTRAN(QLearner):
    """QTRAN-base and QTRAN-alt.

    Notes
    -----
    Source: Son et al. (2019), "QTRAN: Learning to Factorize with Transformation for Cooperative
    Multi-Agent Reinforcement Learning": the three losses of section 4.2, and the condition of
    section 4.3 for "alt"; settings "paper" as in EPyMARL (Papoudakis et al. 2021). Ours differs:
    the team's networks see the state and the joint action, not the agents' hidden layers; "alt"
    runs the one network for the value of each agent's alternatives, where the original learns
    networks with an output for each of them; Adam, not RMSprop; stretches and environments as in
    VDN.
    """

    config: QTRANConfig

    def __init__(self, spec: Spec, config: QTRANConfig, seed: int) -> None:
        if spec.state_size < 1:
            raise ValueError("`learner` needs a state; this environment has none.")
        super().__init__(spec, config, seed)

    def joint_network(self) -> nn.Module:
        """Return the team's networks."""
        return JointValues(self.spec, self.config.joint_width, self.generator)

    def losses(self, estimates: Estimates) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the team's error, and how far agents' values are from agreeing with it."""
        own, batch, joint = estimates, estimates.batch, self.model["joint"]
        played = joint.one_hot(batch.actions, batch.active)
        values, offsets = joint.values(batch.states, played), joint.offsets(batch.states)
        targets = own.rewards + self.config.gamma * own.lives * self._following(own)
        error = (values - targets).square().mean()

        best_actions = self.model["agents"].best(own.values.detach(), batch.masks)
        best = own.values.gather(-1, best_actions[..., None])[..., 0] * batch.active
        with torch.no_grad():
            at_best = joint.values(batch.states, joint.one_hot(best_actions, batch.active))
        optimal = (best.sum(dim=-1) - at_best + offsets).square().mean()
        if self.config.variant == "base":
            gaps = own.chosen.sum(dim=-1) - values.detach() + offsets
            other = gaps.clamp_max(0.0).square().mean()
        else:
            other = self._least_gaps(own, played, offsets)
        report = {
            "value": values.mean(), "target": targets.mean(), "team_loss": error,
            "optimal_loss": optimal, "other_loss": other,
        }  # fmt: skip
        loss = error + self.config.optimal * optimal + self.config.other * other
        return loss, {name: value.detach() for name, value in report.items()}

    def _following(self, own: Estimates) -> Tensor:
        joint = self.target["joint"]
        played = joint.one_hot(own.next_actions, ~own.batch.terminated)
        return joint.values(own.batch.next_states, played)

    def _least_gaps(self, own: Estimates, played: Tensor, offsets: Tensor) -> Tensor:
        """Return the mean square of each agent's least gap over its own actions."""
        batch, agents = own.batch, self.model["agents"]
        with torch.no_grad():
            values = self.model["joint"].own_alternatives(batch.states, played)
        others = own.chosen.sum(dim=-1, keepdim=True) - own.chosen
        gaps = own.values + (others + offsets[..., None])[..., None] - values
        allowed = agents.allowed(batch.masks)
        if allowed is not None:
            gaps = torch.where(allowed, gaps, torch.inf)
        # Agents whose part is over may have no action at all, and an infinite gap then.
        least = torch.where(batch.active, gaps.amin(dim=-1), 0.0).square()
        return (least.sum(dim=-1) / batch.active.sum(dim=-1).clamp_min(1)).mean()


def _run(network: StackedNetwork, x: Tensor) -> Tensor:
    """Return the output of a single network without memory, shape ``x.shape[:-1]``."""
    starts = torch.zeros(x.shape[:2], dtype=torch.bool)
    output, _ = network(x[:, :, None], network.initial_memory(x.shape[1]), starts)
    return output[:, :, 0, 0]


PRESETS = {
    name: QTRANConfig(**{own.name: getattr(preset, own.name) for own in fields(QConfig)})
    for name, preset in vdn.PRESETS.items()
}
"""Settings by name: those of VDN."""
