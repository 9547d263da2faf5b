"""Networks of all agents, stacked and run as one batched matrix product."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from gametools.agents.distinct import Distinct
from gametools.validation import choice, count, number

__all__ = ["ACTIVATIONS", "NetworkConfig", "Stack", "StackedNetwork", "sharing_groups"]

# In place: a layer's output is needed by nobody else, and memory is half of what a layer costs.
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu_,
    "leaky_relu": partial(nn.functional.leaky_relu, inplace=True),
    "tanh": torch.tanh_,
}
"""Activations by name; they change what they are given."""


@dataclass(frozen=True)
class NetworkConfig:
    """Shape of the agents' networks.

    Attributes
    ----------
    hidden : tuple of int
        Widths of the hidden layers.
    activation : {"relu", "leaky_relu", "tanh"}
    sharing : "none", "all" or tuple of int
        Whose networks are one: nobody's, everybody's, or agents of the same number.
    agent_id : bool
        Whether agents see, as a one-hot vector, which of them they are.
    recurrent : int
        Width of a gated recurrent unit behind the hidden layers; 0 for none.
    output_gain : float
        Scale of the last layer's orthogonal start.
    """

    hidden: tuple[int, ...] = (128, 128)
    activation: str = "leaky_relu"
    sharing: str | tuple[int, ...] = "none"
    agent_id: bool = False
    recurrent: int = 0
    output_gain: float = 0.01

    def __post_init__(self) -> None:
        for width in self.hidden:
            count("hidden", width, at_least=1)
        choice("activation", self.activation, ACTIVATIONS)
        if isinstance(self.sharing, str):
            choice("sharing", self.sharing, ("none", "all"))
        elif not _are_groups(self.sharing):
            raise ValueError(
                "`sharing` must be 'none', 'all' or a group for each agent, such as (0, 0, 1); "
                f"got {self.sharing!r}."
            )
        count("recurrent", self.recurrent)
        number("output_gain", self.output_gain, above=0)


def _are_groups(value: object) -> bool:
    return isinstance(value, tuple) and all(type(group) is int for group in value)


def sharing_groups(sharing: str | tuple[int, ...], num_agents: int) -> tuple[int, ...]:
    """Return which network each agent uses, networks numbered by first use.

    Examples
    --------
    >>> sharing_groups("none", 3), sharing_groups("all", 3), sharing_groups((7, 7, 2), 3)
    ((0, 1, 2), (0, 0, 0), (0, 0, 1))
    """
    if sharing == "none":
        return tuple(range(num_agents))
    groups = (0,) * num_agents if sharing == "all" else tuple(sharing)
    if len(groups) != num_agents:
        raise ValueError(
            f"`sharing` must give a group for each of {num_agents} agents; got {sharing!r}."
        )
    order = list(dict.fromkeys(groups))
    return tuple(order.index(group) for group in groups)


class Stack(nn.Module):
    """Linear layers of several networks side by side.

    Weights have shape ``(networks, in, out)``. Rows of the orthogonal start are drawn from
    `generator`, network by network.
    """

    def __init__(
        self, networks: int, size_in: int, size_out: int, gain: float, generator: torch.Generator
    ) -> None:
        super().__init__()
        weight = torch.empty(networks, size_in, size_out)
        for one in weight:
            nn.init.orthogonal_(one, gain, generator=generator)
        self.weight = nn.Parameter(weight)
        self.bias = nn.Parameter(torch.zeros(networks, 1, size_out))

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(networks, rows, in)`` to ``(networks, rows, out)``."""
        return torch.baddbmm(self.bias, x, self.weight)


class StackedNetwork(nn.Module):
    """One network for each group of agents: hidden layers, an optional GRU, a linear head.

    Parameters
    ----------
    size_in, size_out : int
        Width of the observations (all agents') and of the output.
    num_agents : int
    config : NetworkConfig
    generator : torch.Generator
        Draws the start.

    Notes
    -----
    Time and environments are rows of one matrix product for each layer, whatever the number of
    agents. With a recurrent layer the products before and behind it still run over all times at
    once; the layer itself runs step by step, and its memory is set to 0 where an episode starts.

    Source: orthogonal starts with a small last layer, as in Andrychowicz et al. (2021); the
    gated unit of Cho et al. (2014) in torch's convention. Nothing differs.
    """

    def __init__(
        self,
        size_in: int,
        size_out: int,
        num_agents: int,
        config: NetworkConfig,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        groups = sharing_groups(config.sharing, num_agents)
        self.groups, self.networks = groups, max(groups) + 1
        self.num_agents, self.agent_id = num_agents, config.agent_id
        self.activation = ACTIVATIONS[config.activation]
        widths = [size_in + num_agents * config.agent_id, *config.hidden]
        gain = nn.init.calculate_gain("tanh" if config.activation == "tanh" else "relu")
        self.layers = nn.ModuleList(
            Stack(self.networks, a, b, gain, generator) for a, b in itertools.pairwise(widths)
        )
        self.memory_size = config.recurrent
        if config.recurrent:
            size = 3 * config.recurrent
            self.gates_in = Stack(self.networks, widths[-1], size, 1.0, generator)
            self.gates_memory = Stack(self.networks, config.recurrent, size, 1.0, generator)
        last = config.recurrent or widths[-1]
        self.head = Stack(self.networks, last, size_out, config.output_gain, generator)

    def initial_memory(self, num_envs: int) -> Tensor:
        """Return the memory before an episode, shape ``(num_envs, agents, memory_size)``."""
        return torch.zeros(num_envs, self.num_agents, self.memory_size)

    def forward(self, x: Tensor, memory: Tensor, starts: Tensor) -> tuple[Tensor, Tensor]:
        """Run over a stretch of time.

        Parameters
        ----------
        x : tensor, shape ``(T, E, n, size_in)``
        memory : tensor, shape ``(E, n, memory_size)``
            Before the first time.
        starts : bool tensor, shape ``(T, E)``
            Where an episode starts, and memory with it.

        Returns
        -------
        output : tensor, shape ``(T, E, n, size_out)``
        memories : tensor, shape ``(T, E, n, memory_size)``
            After each time.
        """
        times, envs = x.shape[:2]
        rows = self._rows(x)
        for layer in self.layers:
            rows = self.activation(layer(rows))
        memories = x.new_zeros(times, envs, self.num_agents, 0)
        if self.memory_size:
            features = self._agents(self.gates_in(rows), times, envs)
            memories = self._remember(features, memory, starts)
            rows = self._to_networks(memories)
        return self._agents(self.head(rows), times, envs), memories

    def over(
        self, x: Tensor, memory: Tensor, starts: Tensor, few: Distinct | None
    ) -> tuple[Tensor, Tensor]:
        """Do what calling the network does; one without memory may see equal rows once.

        `few` are the different rows of `x`, or None.
        """
        if few is None:
            return self(x, memory, starts)
        size = few.rows.shape[1]
        none = torch.zeros(1, size, dtype=torch.bool)
        output, _ = self(few.rows, self.initial_memory(size), none)
        return few.spread(output), x.new_zeros(*x.shape[:3], 0)

    def step(self, x: Tensor, memories: Tensor) -> Tensor:
        """Return the output one time after each of ``memories``, all times at once."""
        flat = x.flatten(0, 1)[None]
        starts = torch.zeros(1, flat.shape[1], dtype=torch.bool)
        output, _ = self(flat, memories.flatten(0, 1), starts)
        return output[0].view(*x.shape[:3], -1)

    def _remember(self, features: Tensor, memory: Tensor, starts: Tensor) -> Tensor:
        kept = []
        for now, start in zip(features, starts, strict=True):
            memory = torch.where(start[:, None, None], 0.0, memory)
            from_memory = self._agents(self.gates_memory(self._to_networks(memory[None])), 1, -1)[0]
            reset, update, new = now.chunk(3, dim=-1)
            reset_m, update_m, new_m = from_memory.chunk(3, dim=-1)
            update = torch.sigmoid(update + update_m)
            new = torch.tanh(new + torch.sigmoid(reset + reset_m) * new_m)
            memory = (1 - update) * new + update * memory
            kept.append(memory)
        return torch.stack(kept)

    def _rows(self, x: Tensor) -> Tensor:
        if self.agent_id:
            who = torch.eye(self.num_agents, dtype=x.dtype)
            x = torch.cat([x, who.expand(*x.shape[:2], -1, -1)], dim=-1)
        return self._to_networks(x)

    def _to_networks(self, x: Tensor) -> Tensor:
        """Reshape ``(T, E, n, k)`` to ``(networks, rows, k)``: an agent's rows to its network."""
        size = x.shape[-1]
        if self.networks == 1:
            return x.reshape(1, -1, size)
        by_agent = x.reshape(-1, self.num_agents, size).transpose(0, 1)
        if self.networks == self.num_agents:
            return by_agent
        # Groups of unequal size: agents of one group lie behind one another, padded to the most.
        rows, per = by_agent.shape[1], self._members()
        out = by_agent.new_zeros(self.networks, max(map(len, per)), rows, size)
        for network, agents in enumerate(per):
            out[network, : len(agents)] = by_agent[list(agents)]
        return out.flatten(1, 2)

    def _agents(self, rows: Tensor, times: int, envs: int) -> Tensor:
        """Undo `_to_networks`: back to ``(T, E, n, k)``."""
        size = rows.shape[-1]
        if self.networks == 1:
            return rows.reshape(times, envs, self.num_agents, size)
        if self.networks == self.num_agents:
            return rows.transpose(0, 1).reshape(times, envs, self.num_agents, size)
        per = self._members()
        split = rows.unflatten(1, (max(map(len, per)), -1))
        place = {agent: (k, j) for k, own in enumerate(per) for j, agent in enumerate(own)}
        by_agent = torch.stack([split[place[agent]] for agent in range(self.num_agents)])
        return by_agent.transpose(0, 1).reshape(times, envs, self.num_agents, size)

    def _members(self) -> list[tuple[int, ...]]:
        return [
            tuple(agent for agent, own in enumerate(self.groups) if own == network)
            for network in range(self.networks)
        ]
