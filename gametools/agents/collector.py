"""Looping, part one: agents act in environments, and what happens is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gametools.agents.actions import env_actions
from gametools.agents.experience import Experience
from gametools.agents.policy import Decision, Situation
from gametools.envs.protocol import Environment, Step

__all__ = ["Act", "Collector", "require_finite"]

Act = Callable[[Situation], Decision]
"""What a collector asks of agents: decisions in situations."""


class Collector:
    """Environments under way.

    Parameters
    ----------
    env : Environment
    rng : int or numpy.random.Generator
        What the environment draws from.
    memory : tensor, shape ``(E, n, m)``
        Of recurrent agents, before an episode.

    Attributes
    ----------
    finished : list of (returns, length)
        Episodes that ended since the list was last emptied: each agent's return, and steps.
    """

    def __init__(self, env: Environment, rng: int | np.random.Generator, memory: Tensor) -> None:
        self.env = env
        self.finished: list[tuple[NDArray[np.float64], int]] = []
        self._observations = env.reset(rng)
        envs, agents = env.num_envs, len(env.agents)
        self._starts = np.ones(envs, dtype=np.bool_)
        self._active = np.ones((envs, agents), dtype=np.bool_)
        self._memory = memory
        self._returns = np.zeros((envs, agents))
        self._lengths = np.zeros(envs, dtype=np.int64)

    def collect(self, act: Act, times: int) -> Experience:
        """Take `times` steps in every environment.

        Raises
        ------
        FloatingPointError
            If an observation, a state or a reward is not finite.
        """
        memory, rows = self._memory, []
        for _ in range(times):
            require_finite("observations", np.isfinite(self._observations))
            before = (self._observations, self.env.state(), self.env.masks())
            decision = act(self._situation())
            step = self.env.step(env_actions(self.env, decision.actions))
            rows.append((before, decision, step, self._starts, self._active))
            self._advance(step, decision.memory)
        experience = _stacked(rows, memory)
        for name in ("next_observations", "states", "next_states", "rewards"):
            require_finite(name.removeprefix("next_"), getattr(experience, name).isfinite())
        return experience

    def _situation(self) -> Situation:
        masks = self.env.masks()
        return Situation(
            torch.as_tensor(self._observations),
            torch.from_numpy(self._starts),
            None if masks is None else torch.as_tensor(masks),
            self._memory,
        )

    def _advance(self, step: Step, memory: Tensor) -> None:
        self._returns += step.rewards
        self._lengths += 1
        for env in step.ended.nonzero()[0]:
            self.finished.append((self._returns[env].copy(), int(self._lengths[env])))
        self._returns[step.ended] = 0.0
        self._lengths[step.ended] = 0
        self._observations, self._starts = step.observations, step.ended
        self._active = ~step.terminated | step.ended[:, None]
        self._memory = memory

    def snapshot(self) -> dict[str, Any]:
        """Return all that is needed to go on from here."""
        own = ("_starts", "_active", "_memory", "_returns", "_lengths", "finished")
        return {"env": self.env.snapshot()} | {name: getattr(self, name) for name in own}

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Go on from a snapshot."""
        rest = dict(snapshot)
        self._observations = self.env.restore(rest.pop("env"))
        for name, value in rest.items():
            setattr(self, name, value)
        self._returns, self._lengths = self._returns.copy(), self._lengths.copy()


def require_finite(name: str, finite: NDArray[np.bool_] | Tensor) -> None:
    """Raise FloatingPointError unless all that an environment gave is finite."""
    if not finite.all():
        raise FloatingPointError(f"the environment's {name} are not all finite")


def _stacked(rows: list[Any], memory: Tensor) -> Experience:
    befores, decisions, steps, starts, active = zip(*rows, strict=True)
    observations, states, masks = zip(*befores, strict=True)

    def stack(arrays: Any, dtype: torch.dtype | None = None) -> Tensor:
        return torch.as_tensor(np.stack(list(arrays)), dtype=dtype)

    masked = masks[0] is not None
    return Experience(
        observations=stack(observations),
        next_observations=stack(step.final_observations for step in steps),
        states=stack(states),
        next_states=stack(step.final_state for step in steps),
        masks=stack(masks) if masked else None,
        next_masks=stack(step.final_masks for step in steps) if masked else None,
        actions=torch.stack([decision.actions for decision in decisions]),
        log_probs=torch.stack([decision.log_probs for decision in decisions]),
        rewards=stack((step.rewards for step in steps), torch.float32),
        terminated=stack(step.terminated for step in steps),
        ended=stack(step.ended for step in steps),
        starts=stack(starts),
        active=stack(active),
        memory=memory,
    )
