"""Values of actions for all agents at once, and acting by them."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gametools.agents.networks import NetworkConfig, StackedNetwork
from gametools.agents.policy import Decision, Situation
from gametools.agents.spec import Spec

__all__ = ["ActionValues"]

_FORBIDDEN = -1e10


class ActionValues(nn.Module):
    """Every agent's value of each of its actions, from its own observations.

    Parameters
    ----------
    spec : Spec
        Of discrete actions.
    config : NetworkConfig
    generator : torch.Generator
        Draws the start.
    """

    def __init__(self, spec: Spec, config: NetworkConfig, generator: torch.Generator) -> None:
        super().__init__()
        size = spec.most_actions
        self.network = StackedNetwork(
            spec.observation_size, size, spec.num_agents, config, generator
        )
        own = torch.arange(size) < torch.tensor(spec.action_sizes)[:, None]
        self.register_buffer("own", own, persistent=False)
        self.padded = not bool(own.all())

    def allowed(self, masks: Tensor | None) -> Tensor | None:
        """Return which actions agents have and may take, shape ``(..., n, a)``; None for all."""
        if not self.padded:
            return masks
        return self.own if masks is None else masks & self.own

    def best(self, values: Tensor, masks: Tensor | None) -> Tensor:
        """Return the best allowed actions, shape ``(..., n)``; of equals the first."""
        allowed = self.allowed(masks)
        if allowed is not None:
            values = torch.where(allowed, values, _FORBIDDEN)
        return values.argmax(dim=-1)

    def act(self, situation: Situation, epsilon: float, generator: torch.Generator) -> Decision:
        """Take the best action, or with probability `epsilon` any allowed one.

        Every agent in every environment draws by itself.
        """
        with torch.no_grad():
            values, memories = self.network(
                situation.observations[None], situation.memory, situation.starts[None]
            )
        values = values[0]
        best = actions = self.best(values, situation.masks)
        if epsilon == 0.0:
            return Decision(actions, torch.zeros(actions.shape), memories[0])
        allowed = self.allowed(situation.masks)
        lots = torch.rand(values.shape, generator=generator)
        choices: Tensor | int = values.shape[-1]
        if allowed is not None:
            lots = torch.where(allowed, lots, -1.0)
            choices = allowed.sum(dim=-1)
        explores = torch.rand(actions.shape, generator=generator) < epsilon
        actions = torch.where(explores, lots.argmax(dim=-1), best)
        probabilities = epsilon / choices + (1 - epsilon) * (actions == best)
        return Decision(actions, probabilities.log(), memories[0])
