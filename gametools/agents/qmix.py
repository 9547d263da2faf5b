"""QMIX: a team's value that grows with the value of each of its agents."""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from torch import Tensor, nn

from gametools.agents import vdn
from gametools.agents.networks import Stack
from gametools.agents.q_learning import Estimates, QConfig, QLearner
from gametools.agents.spec import Spec
from gametools.agents.vdn import mixed_loss
from gametools.validation import count

__all__ = ["QMIX", "MonotoneMixer", "QMIXConfig"]

_RELU_GAIN = 2**0.5


@dataclass(frozen=True)
class QMIXConfig(QConfig):
    """Settings of QMIX, besides those of all learners of action values.

    Attributes
    ----------
    mixing_width : int
        Of the mixing network's hidden layer.
    hypernet_width : int
        Of the hidden layers of the networks that make its weights.
    """

    mixing_width: int = 32
    hypernet_width: int = 64

    def __post_init__(self) -> None:
        super().__post_init__()
        count("mixing_width", self.mixing_width, at_least=1)
        count("hypernet_width", self.hypernet_width, at_least=1)


class MonotoneMixer(nn.Module):
    """A network of the agents' values whose weights, all of one sign, come from the state.

    Parameters
    ----------
    num_agents, state_size : int
    width : int
        Of the hidden layer.
    hypernet_width : int
    generator : torch.Generator
        Draws the start.

    Notes
    -----
    ``elu(q @ |W1(s)| + b1(s)) @ |w2(s)| + v(s)``, with W1, w2 networks of one hidden layer, b1
    linear and v a network of one hidden layer as wide as the mixer's.
    """

    def __init__(
        self,
        num_agents: int,
        state_size: int,
        *,
        width: int,
        hypernet_width: int,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.width = width
        # The first layers of all four, side by side: one product instead of four.
        self.parts = (hypernet_width, hypernet_width, width, width)
        firsts = [
            Stack(1, state_size, size, gain, generator)
            for size, gain in zip(
                self.parts, (_RELU_GAIN, _RELU_GAIN, 1.0, _RELU_GAIN), strict=True
            )
        ]
        self.weight = nn.Parameter(torch.cat([first.weight.data[0] for first in firsts], dim=1))
        self.bias = nn.Parameter(torch.zeros(sum(self.parts)))
        self.first = Stack(1, hypernet_width, num_agents * width, 1.0, generator)
        self.last = Stack(1, hypernet_width, width, 1.0, generator)
        self.offset = Stack(1, width, 1, 1.0, generator)

    def forward(self, values: Tensor, states: Tensor) -> Tensor:
        """Return the team's values, shape ``(T, B)``, of the agents', shape ``(T, B, n)``."""
        agents = values.shape[-1]
        rows = torch.addmm(self.bias, states.flatten(0, 1), self.weight)
        for_first, for_last, bias, for_offset = rows.split(self.parts, dim=-1)
        first = self.first(torch.relu(for_first)[None])[0].abs().view(-1, agents, self.width)
        last = self.last(torch.relu(for_last)[None])[0].abs()
        offset = self.offset(torch.relu(for_offset)[None])[0, :, 0]
        mixed = torch.bmm(values.reshape(-1, 1, agents), first)[:, 0] + bias
        team = (nn.functional.elu(mixed) * last).sum(dim=-1) + offset
        return team.view(values.shape[:-1])


class QMIX(QLearner):
    """QMIX.

    Raises
    ------
    ValueError
        If the environment has no state.

    Notes
    -----
    Source: Rashid et al. (2018), "QMIX: Monotonic Value Function Factorisation for Deep
    Multi-Agent Reinforcement Learning", figure 2, with the hypernetworks of two layers of its
    public program; settings "paper" as in EPyMARL (Papoudakis et al. 2021). Ours differs: layers
    start orthogonal; stretches of a fixed length are replayed, not whole episodes; several
    environments run side by side, with a few gradient steps for each collection. The value 0 of
    an agent whose part is over enters the mixing network as such.
    """

    config: QMIXConfig

    def __init__(self, spec: Spec, config: QMIXConfig, seed: int) -> None:
        if spec.state_size < 1:
            raise ValueError("`learner` needs a state; this environment has none.")
        super().__init__(spec, config, seed)

    def joint_network(self) -> nn.Module:
        """Return the monotone mixing network."""
        return MonotoneMixer(
            self.spec.num_agents,
            self.spec.state_size,
            width=self.config.mixing_width,
            hypernet_width=self.config.hypernet_width,
            generator=self.generator,
        )

    def losses(self, estimates: Estimates) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the squared error of the team's value."""
        return mixed_loss(self, estimates)


PRESETS = {
    name: QMIXConfig(**{own.name: getattr(preset, own.name) for own in fields(QConfig)})
    for name, preset in vdn.PRESETS.items()
}
"""Settings by name: those of VDN."""
