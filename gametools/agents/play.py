"""Whole episodes of a learner, for evaluation and for watching."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from gametools.agents.actions import env_actions
from gametools.agents.collector import require_finite
from gametools.agents.learner import Learner
from gametools.agents.policy import Situation
from gametools.agents.spec import spec_of
from gametools.envs.protocol import Environment

__all__ = ["Episodes", "play_episodes"]


@dataclass(frozen=True, eq=False)
class Episodes:
    """The first episode of every environment.

    Attributes
    ----------
    returns : array, shape ``(E, n)``
        Each agent's sum of rewards.
    lengths : int array, shape ``(E,)``
    """

    returns: NDArray[np.float64]
    lengths: NDArray[np.int64]

    @property
    def team(self) -> NDArray[np.float64]:
        """Sum of all agents' returns, shape ``(E,)``."""
        return np.asarray(self.returns.sum(axis=1))


def play_episodes(
    learner: Learner,
    env: Environment,
    *,
    seed: int,
    greedy: bool = True,
    most_steps: int = 100_000,
    watch: Callable[[], None] = lambda: None,
) -> Episodes:
    """Play one episode in every environment; the learner stays as it is.

    Parameters
    ----------
    learner : Learner
    env : Environment
        Used for this alone.
    seed : int
        Of the environments and of sampled actions.
    greedy : bool
        Take the likeliest actions instead of drawing them.
    most_steps : int
        A guard: an episode that takes longer raises RuntimeError.
    watch : callable
        Called before every step, for example to take a picture.

    Raises
    ------
    ValueError
        If the environment has other sizes than the one that the learner was made for.
    FloatingPointError
        If an observation or a reward is not finite.
    """
    sizes = spec_of(env)
    if sizes != learner.spec:
        raise ValueError(f"`env` must be what `learner` knows, {learner.spec}; got {sizes}.")
    generator = torch.Generator().manual_seed(seed)
    observations = env.reset(seed)
    memory = learner.initial_memory(env.num_envs)
    starts = torch.ones(env.num_envs, dtype=torch.bool)
    returns = np.zeros((env.num_envs, len(env.agents)))
    lengths = np.zeros(env.num_envs, dtype=np.int64)
    running = np.ones(env.num_envs, dtype=np.bool_)
    for _ in range(most_steps):
        require_finite("observations", np.isfinite(observations))
        watch()
        masks = env.masks()
        allowed = None if masks is None else torch.as_tensor(masks)
        situation = Situation(torch.as_tensor(observations), starts, allowed, memory)
        decision = learner.play(situation, generator, greedy=greedy)
        step = env.step(env_actions(env, decision.actions))
        require_finite("rewards", np.isfinite(step.rewards))
        returns += step.rewards * running[:, None]
        lengths += running
        running = running & ~step.ended
        if not running.any():
            return Episodes(returns, lengths)
        observations, memory = step.observations, decision.memory
        starts = torch.as_tensor(step.ended)
    raise RuntimeError(f"an episode took more than `most_steps`, {most_steps}.")
