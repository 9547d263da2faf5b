"""Policies and values of all agents, with their optimiser: what policy-gradient learners share."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn

from gametools.agents.experience import Experience
from gametools.agents.heads import Head
from gametools.agents.networks import NetworkConfig, StackedNetwork
from gametools.agents.optimiser import StackedAdam
from gametools.agents.policy import Policy
from gametools.agents.spec import Spec

__all__ = ["ActorCritic", "ValueScale"]


class ValueScale(nn.Module):
    """Running mean and deviation of each agent's returns, to learn values on one scale.

    Source: the normalisation of Yu et al. (2022), section 5.1: exponential averages of returns
    and their squares, with the start's bias removed. Nothing differs.
    """

    def __init__(self, num_agents: int, decay: float = 0.99999) -> None:
        super().__init__()
        self.decay = decay
        self.register_buffer("mean", torch.zeros(num_agents))
        self.register_buffer("square", torch.zeros(num_agents))
        self.register_buffer("weight", torch.zeros(num_agents))

    def observe(self, returns: Tensor, active: Tensor) -> None:
        """Take returns ``(T, E, n)`` of active agents into account."""
        counts = active.sum(dim=(0, 1))
        ones = torch.ones_like(returns)
        for name, values in (("mean", returns), ("square", returns**2), ("weight", ones)):
            average = (values * active).sum(dim=(0, 1)) / counts.clamp_min(1)
            old = getattr(self, name)
            new = self.decay * old + (1 - self.decay) * average
            old.copy_(torch.where(counts > 0, new, old))  # nothing is seen of who took no part

    def _moments(self) -> tuple[Tensor, Tensor]:
        weight = self.weight.clamp_min(1e-8)
        mean = self.mean / weight
        deviation = (self.square / weight - mean**2).clamp_min(1e-2).sqrt()
        started = self.weight > 0
        return torch.where(started, mean, 0.0), torch.where(started, deviation, 1.0)

    def scaled(self, returns: Tensor) -> Tensor:
        """Return returns on the networks' scale."""
        mean, deviation = self._moments()
        return (returns - mean) / deviation

    def restored(self, values: Tensor) -> Tensor:
        """Return the networks' values on the returns' scale."""
        mean, deviation = self._moments()
        return values * deviation + mean


class ActorCritic(nn.Module):
    """Stacked policies and critics of all agents, and one optimiser for both.

    Parameters
    ----------
    spec : Spec
    network : NetworkConfig
        Of policies and critics alike.
    lr : float
    max_grad_norm : float or None
        For each agent's policy, and for its critic.
    central : bool
        Whether critics see the state rather than their agent's observation.
    scale_values : bool
        Whether critics learn scaled returns (`ValueScale`).
    generator : torch.Generator
        Draws the starts.

    Notes
    -----
    A recurrent critic's memory starts anew with every stretch of experience; the policies' does
    not.
    """

    def __init__(
        self,
        spec: Spec,
        network: NetworkConfig,
        *,
        lr: float,
        max_grad_norm: float | None,
        central: bool,
        scale_values: bool,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.central = central
        self.policy = Policy(spec, network, generator)
        size = spec.state_size if central else spec.observation_size
        # Values start small in no special way: the gain of 1 is the usual one for a linear head.
        shape = NetworkConfig(
            network.hidden, network.activation, network.sharing, network.agent_id,
            network.recurrent, 1.0,
        )  # fmt: skip
        self.critic = StackedNetwork(size, 1, spec.num_agents, shape, generator)
        self.scale = ValueScale(spec.num_agents) if scale_values else None
        self._lr, self._max_grad_norm = lr, max_grad_norm
        self.optimiser = self._new_optimiser()

    @property
    def networks(self) -> int:
        """Number of different networks."""
        return self.policy.network.networks

    def distribution(self, experience: Experience) -> Head:
        """Return the policies at all times of a stretch."""
        seen, network = experience, self.policy.network
        few = None if network.memory_size else seen.distinct
        output, _ = network.over(seen.observations, seen.memory, seen.starts, few)
        return self.policy.head(output, seen.masks)

    def scaled_values(self, experience: Experience) -> tuple[Tensor, Tensor]:
        """Return the critics' output, shape ``(T, E, n)``, and their memories."""
        x = self._seen(experience.observations, experience.states)
        memory = self.critic.initial_memory(x.shape[1])
        few = None if self.central or self.critic.memory_size else experience.distinct
        values, memories = self.critic.over(x, memory, experience.starts, few)
        return values[..., 0], memories

    def next_scaled_values(self, experience: Experience, memories: Tensor) -> Tensor:
        """Return the critics' output after each step, shape ``(T, E, n)``."""
        after = self._seen(experience.next_observations, experience.next_states)
        return self.critic.step(after, memories)[..., 0]

    def restored(self, values: Tensor) -> Tensor:
        """Return values in units of reward of values on the critics' scale."""
        return values if self.scale is None else self.scale.restored(values)

    def _seen(self, observations: Tensor, states: Tensor) -> Tensor:
        if not self.central:
            return observations
        return states[..., None, :].expand(*observations.shape[:3], -1)

    def clone(self) -> ActorCritic:
        """Return an independent copy, its optimiser's moments included."""
        optimiser = self.optimiser
        del self.optimiser
        twin = copy.deepcopy(self)
        self.optimiser = optimiser
        twin.optimiser = twin._new_optimiser()
        twin.optimiser.load_state_dict(optimiser.state_dict())
        return twin

    def _new_optimiser(self) -> StackedAdam:
        parts = (self.policy.parameters(), self.critic.parameters())
        return StackedAdam(*parts, lr=self._lr, max_norm=self._max_grad_norm)

    def everything(self) -> dict[str, Any]:
        """Return networks, scale and optimiser, for a checkpoint."""
        return {"networks": self.state_dict(), "optimiser": self.optimiser.state_dict()}

    def load_everything(self, state: dict[str, Any]) -> None:
        """Take over what `everything` returned."""
        self.load_state_dict(state["networks"])
        self.optimiser.load_state_dict(state["optimiser"])
