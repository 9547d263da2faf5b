"""Learning values of joint actions from a team's reward: what VDN, QMIX and QTRAN share."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from dataclasses import dataclass, field, fields, replace
from typing import Any

import torch
from torch import Tensor, nn

from gametools.agents.action_values import ActionValues
from gametools.agents.diagnostics import policy_churn
from gametools.agents.experience import Experience
from gametools.agents.networks import NetworkConfig
from gametools.agents.policy import Decision, Situation
from gametools.agents.replay import Replay
from gametools.agents.reward_scale import RewardScale
from gametools.agents.spec import Spec
from gametools.validation import choice, count, number

__all__ = ["Estimates", "QConfig", "QLearner"]


TIME_LIMITS = ("bootstrap", "end")


@dataclass(frozen=True)
class QConfig:
    """Settings of learners of action values.

    Attributes
    ----------
    network : NetworkConfig
        Of the agents.
    lr, gamma : float
    max_grad_norm : float or None
        Of the gradient of everything that is learned.
    double : bool
        Whether the learned networks choose the action that the target networks value.
    epsilon_start, epsilon_end : float
        Probability of exploring; it falls linearly from the one to the other
    epsilon_steps : int
        within so many joint steps.
    buffer_steps, warmup_steps : int
        Joint steps kept, and seen before learning begins.
    batch : int
        Stretches drawn for a gradient step.
    updates : int
        Gradient steps after each collection.
    burn_in : int
        First times of a stretch at which recurrent agents only remember.
    target_every : int
        Gradient steps between updates of the target networks,
    target_mix : float
        which move this share of the way: 1 copies the learned networks.
    scale_rewards : bool
        Whether rewards are divided by their running deviation.
    num_envs, steps_per_update : int
        Environments side by side, and joint steps collected, all together: a stretch has
        ``steps_per_update // num_envs`` times.
    """

    network: NetworkConfig = field(
        default_factory=lambda: NetworkConfig((64, 64), "relu", sharing="all", agent_id=True)
    )
    lr: float = 5e-4
    gamma: float = 0.99
    max_grad_norm: float | None = 10.0
    double: bool = True
    epsilon_start: float = 1.0
    epsilon_end: float = 0.05
    epsilon_steps: int = 50_000
    buffer_steps: int = 50_000
    warmup_steps: int = 1000
    batch: int = 16
    updates: int = 10
    burn_in: int = 0
    target_every: int = 1
    target_mix: float = 0.005
    time_limits: str = "bootstrap"
    scale_rewards: bool = True
    num_envs: int = 10
    steps_per_update: int = 100

    def __post_init__(self) -> None:
        number("lr", self.lr, above=0)
        number("target_mix", self.target_mix, above=0, at_most=1)
        for name in ("gamma", "epsilon_start", "epsilon_end"):
            number(name, getattr(self, name), at_least=0, at_most=1)
        if self.epsilon_end > self.epsilon_start:
            raise ValueError(
                "`epsilon_end` must be at most `epsilon_start`, from which exploring falls; "
                f"got {self.epsilon_end} and {self.epsilon_start}."
            )
        if self.max_grad_norm is not None:
            number("max_grad_norm", self.max_grad_norm, above=0)
        for name in ("epsilon_steps", "batch", "updates", "target_every", "num_envs",
                     "steps_per_update"):  # fmt: skip
            count(name, getattr(self, name), at_least=1)
        choice("time_limits", self.time_limits, TIME_LIMITS)
        count("warmup_steps", self.warmup_steps)
        if self.steps_per_update % self.num_envs:
            raise ValueError(
                f"`steps_per_update` must be a multiple of `num_envs`, {self.num_envs}; "
                f"got {self.steps_per_update}."
            )
        count("burn_in", self.burn_in, at_most=self.times - 1)
        count("buffer_steps", self.buffer_steps, at_least=self.steps_per_update)

    @property
    def times(self) -> int:
        """Length of a stretch."""
        return self.steps_per_update // self.num_envs


@dataclass(frozen=True, eq=False)
class Estimates:
    """What agents and their target networks think of a batch.

    Attributes
    ----------
    batch : Experience
        Without the times of the burn-in.
    values : tensor, shape ``(T, B, n, a)``
        Of all actions; here gradients flow.
    chosen : tensor, shape ``(T, B, n)``
        Of the actions taken; 0 for agents that were no longer active.
    next_actions : tensor, shape ``(T, B, n)``
        The best ones at the next observations.
    next_values : tensor, shape ``(T, B, n)``
        What the target networks think of those; 0 for agents whose part is over.
    rewards : tensor, shape ``(T, B)``
        The team's.
    lives : tensor, shape ``(T, B)``
        0 where the part of all agents is over, else 1: a time limit ends no life.
    """

    batch: Experience
    values: Tensor
    chosen: Tensor
    next_actions: Tensor
    next_values: Tensor
    rewards: Tensor
    lives: Tensor


class QLearner(ABC):
    """Off-policy learner of action values, with agents that act by their own.

    Parameters
    ----------
    spec : Spec
    config : QConfig
    seed : int

    Notes
    -----
    The team's reward is the **sum** of the agents' rewards. Targets bootstrap over time limits
    (unless `time_limits` says that an episode ends there), and are the reward alone where the part
    of all agents is over. An agent whose part is over counts 0 and chooses nothing.

    Where the state holds the clock, as in the grid worlds here, what is bootstrapped at a limit is
    the value at a time from which nothing is ever played or learned: it can grow without
    correction, and agents then wait for it. Hence "end" in the settings tuned for such worlds.

    Stretches of experience are replayed with the memory that recurrent agents had when they were
    collected (not a zero one); the first `burn_in` times bring it up to date.
    """

    def __init__(self, spec: Spec, config: QConfig, seed: int) -> None:
        if spec.continuous:
            raise ValueError("`learner` needs discrete actions; this environment's are continuous.")
        self.spec, self.config = spec, config
        self.generator = torch.Generator().manual_seed(seed)
        agents = ActionValues(spec, config.network, self.generator)
        self.model = nn.ModuleDict({"agents": agents, "joint": self.joint_network()})
        self.target = copy.deepcopy(self.model).requires_grad_(False)
        self.optimiser = torch.optim.Adam(self.model.parameters(), lr=config.lr, fused=True)
        self.replay = Replay(config.buffer_steps // config.times)
        self.scale = RewardScale()
        self.steps, self.updates = 0, 0

    @abstractmethod
    def joint_network(self) -> nn.Module:
        """Return what makes a team's value of the agents', drawn from the own generator."""

    @abstractmethod
    def losses(self, estimates: Estimates) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the loss, and diagnostics by name."""

    @property
    def epsilon(self) -> float:
        """Probability of exploring now."""
        own = self.config
        passed = min(self.steps / own.epsilon_steps, 1.0)
        return own.epsilon_start + passed * (own.epsilon_end - own.epsilon_start)

    def initial_memory(self, num_envs: int) -> Tensor:
        """Return what agents remember before an episode."""
        return self.model["agents"].network.initial_memory(num_envs)

    def explore(self, situation: Situation) -> Decision:
        """Take the best actions, or any with probability `epsilon`."""
        return self.model["agents"].act(situation, self.epsilon, self.generator)

    def play(
        self, situation: Situation, generator: torch.Generator, *, greedy: bool = True
    ) -> Decision:
        """Take the best actions, or explore with the last probability if not `greedy`."""
        epsilon = 0.0 if greedy else self.config.epsilon_end
        return self.model["agents"].act(situation, epsilon, generator)

    def update(self, experience: Experience) -> dict[str, float]:
        """Keep new experience, and learn from old and new."""
        own = self.config
        self.replay.add(experience)
        self.steps += experience.num_steps
        if own.scale_rewards:
            self.scale.observe(experience.rewards.sum(dim=-1))
        report: dict[str, Tensor] = {}
        before = self._greedy(experience)
        if self.steps >= own.warmup_steps:
            for _ in range(own.updates):
                report = self._learn(self.replay.draw(own.batch, self.generator))
        report |= policy_churn(before, self._greedy(experience), experience.active)
        return {"epsilon": self.epsilon} | {name: float(value) for name, value in report.items()}

    @torch.no_grad()
    def _greedy(self, experience: Experience) -> Tensor:
        """Return the actions that look best now, shape ``(T, E, n)``."""
        agents = self.model["agents"]
        values, _ = agents.network(experience.observations, experience.memory, experience.starts)
        return agents.best(values, experience.masks)

    def _learn(self, batch: Experience) -> dict[str, Tensor]:
        loss, report = self.losses(self.estimates(batch))
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        most = self.config.max_grad_norm
        norm = nn.utils.clip_grad_norm_(
            self.model.parameters(), float("inf") if most is None else most
        )
        self.optimiser.step()
        self.updates += 1
        if self.updates % self.config.target_every == 0:
            self._move_target()
        return report | {"loss": loss.detach(), "grad_norm": norm}

    def _move_target(self) -> None:
        with torch.no_grad():
            pairs = zip(self.target.parameters(), self.model.parameters(), strict=True)
            for target, learned in pairs:
                target.lerp_(learned, self.config.target_mix)

    def estimates(self, batch: Experience) -> Estimates:
        """Run agents and their target networks over a batch."""
        learned, target = self.model["agents"], self.target["agents"]
        before = (batch.observations, batch.memory, batch.starts)
        values, memories = learned.network(*before)
        with torch.no_grad():
            remembered = memories
            if target.network.memory_size:
                _, remembered = target.network(*before)
            after = target.network.step(batch.next_observations, remembered)
            chooser = after
            if self.config.double:
                chooser = learned.network.step(batch.next_observations, memories)
            next_actions = learned.best(chooser, batch.next_masks)
            next_values = _of(after, next_actions) * ~batch.terminated
        chosen = _of(values, batch.actions) * batch.active
        rewards = batch.rewards.sum(dim=-1)
        if self.config.scale_rewards:
            rewards = self.scale.scaled(rewards)
        over = batch.ended if self.config.time_limits == "end" else batch.terminated.all(dim=-1)
        lives = (~over).to(rewards.dtype)
        found = (values, chosen, next_actions, next_values, rewards, lives)
        skipped = self.config.burn_in
        if not skipped:
            return Estimates(batch, *found)
        return Estimates(_from(batch, skipped), *(tensor[skipped:] for tensor in found))

    def state_dict(self) -> dict[str, Any]:
        """Return networks, targets, optimiser, generator, counts and the replayed experience."""
        return {
            "model": self.model.state_dict(), "target": self.target.state_dict(),
            "optimiser": self.optimiser.state_dict(), "scale": self.scale.state_dict(),
            "generator": self.generator.get_state(), "replay": self.replay.state_dict(),
            "steps": self.steps, "updates": self.updates,
        }  # fmt: skip

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what `state_dict` returned."""
        for name in ("model", "target", "scale", "replay"):
            getattr(self, name).load_state_dict(state[name])
        # Torch keeps an optimiser's tensors as they are: two learners must not share them.
        self.optimiser.load_state_dict(copy.deepcopy(state["optimiser"]))
        self.generator.set_state(state["generator"])
        self.steps, self.updates = state["steps"], state["updates"]


def _of(values: Tensor, actions: Tensor) -> Tensor:
    return values.gather(-1, actions[..., None])[..., 0]


def _from(batch: Experience, time: int) -> Experience:
    """Drop the first times; the memory stays that of the start, and is not to be used."""
    timed = [own.name for own in fields(batch) if own.name != "memory"]
    parts = {name: getattr(batch, name) for name in timed}
    return replace(
        batch, **{name: tensor[time:] for name, tensor in parts.items() if tensor is not None}
    )
