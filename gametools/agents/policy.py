"""Acting: from observations to actions, for all agents at once."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gametools.agents.heads import Categorical, Gaussian, Head
from gametools.agents.networks import NetworkConfig, StackedNetwork
from gametools.agents.spec import Spec

__all__ = ["Decision", "Policy", "Situation"]


@dataclass(frozen=True, eq=False)
class Situation:
    """What agents see when they act.

    Attributes
    ----------
    observations : tensor, shape ``(E, n, o)``
    starts : bool tensor, shape ``(E,)``
        Environments in which an episode starts now.
    masks : bool tensor, shape ``(E, n, a)``, or None
        Actions allowed; None if all are.
    memory : tensor, shape ``(E, n, m)``
        What recurrent agents remember; m is 0 for others.
    """

    observations: Tensor
    starts: Tensor
    masks: Tensor | None
    memory: Tensor


@dataclass(frozen=True, eq=False)
class Decision:
    """What agents do.

    Attributes
    ----------
    actions : tensor, shape ``(E, n)``, or ``(E, n, k)`` if continuous
    log_probs : tensor, shape ``(E, n)``
        Of the actions under the policies that drew them; 0 for deterministic ones.
    memory : tensor, shape ``(E, n, m)``
        To be handed back at the next time.
    """

    actions: Tensor
    log_probs: Tensor
    memory: Tensor


class Policy(nn.Module):
    """Stochastic policies of all agents.

    Discrete actions are categorical, with masks; continuous ones are normal with a learned,
    state-independent deviation.
    """

    def __init__(self, spec: Spec, config: NetworkConfig, generator: torch.Generator) -> None:
        super().__init__()
        self.spec = spec
        size = spec.most_actions
        self.network = StackedNetwork(
            spec.observation_size, size, spec.num_agents, config, generator
        )
        own = torch.arange(size) < torch.tensor(spec.action_sizes)[:, None]
        self.register_buffer("own", own, persistent=False)
        self.padded = not bool(own.all())
        if spec.continuous:
            self.log_std = nn.Parameter(torch.zeros(self.network.networks, size))

    def distribution(
        self, x: Tensor, memory: Tensor, starts: Tensor, masks: Tensor | None
    ) -> tuple[Head, Tensor]:
        """Return the distributions over a stretch of time ``(T, E, n, ...)``, and memories."""
        output, memories = self.network(x, memory, starts)
        return self.head(output, masks), memories

    def head(self, output: Tensor, masks: Tensor | None) -> Head:
        """Return the distributions that the network's output ``(T, E, n, a)`` stands for."""
        if self.spec.continuous:
            log_std = self.log_std[list(self.network.groups)].expand_as(output)
            return Gaussian(output, log_std, self.own.to(output.dtype).expand_as(output))
        if self.padded:
            masks = self.own if masks is None else masks & self.own
        return Categorical.of(output, masks)

    @torch.no_grad()
    def act(
        self, situation: Situation, generator: torch.Generator, *, greedy: bool = False
    ) -> Decision:
        """Draw actions, or take the likeliest ones."""
        masks = None if situation.masks is None else situation.masks[None]
        distribution, memories = self.distribution(
            situation.observations[None], situation.memory, situation.starts[None], masks
        )
        actions = distribution.mode() if greedy else distribution.sample(generator)
        return Decision(actions[0], distribution.log_prob(actions)[0], memories[0])
