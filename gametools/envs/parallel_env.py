"""The class behind `as_parallel_env`; importing it loads PettingZoo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gametools.envs.optional import load
from gametools.envs.protocol import Discrete, Environment

if TYPE_CHECKING:
    ParallelEnv = Any
else:
    load("pettingzoo", "as_parallel_env")
    from pettingzoo import ParallelEnv

__all__ = ["ToPettingZoo"]


class ToPettingZoo(ParallelEnv):  # type: ignore[misc]
    """One copy of an environment of ours as a PettingZoo ``ParallelEnv``; see `as_parallel_env`."""

    render_mode = "rgb_array"

    def __init__(self, env: Environment) -> None:
        if not isinstance(env, Environment):
            raise TypeError(f"`env` must be an environment of gametools.envs; got {env!r}.")
        if env.num_envs != 1:
            raise ValueError(f"`env` must have num_envs=1; got {env.num_envs}.")
        spaces = load("gymnasium.spaces", "as_parallel_env")
        self.env = env
        name = type(env).__name__.lower()
        self.metadata = {"name": name, "render_modes": ["rgb_array"], "is_parallelizable": True}
        self.possible_agents = list(env.agents)
        self.agents: list[str] = []
        self.observation_spaces = {
            agent: spaces.Box(-np.inf, np.inf, (size,), np.float32)
            for agent, size in zip(env.agents, env.observation_sizes, strict=True)
        }
        self.action_spaces = {
            agent: spaces.Discrete(own.size)
            if isinstance(own, Discrete)
            else spaces.Box(np.array(own.low, np.float32), np.array(own.high, np.float32))
            for agent, own in zip(env.agents, env.action_spaces, strict=True)
        }
        width = env.state_size
        self.state_space = spaces.Box(-np.inf, np.inf, (width,), np.float32)
        self._rng: np.random.Generator | None = None
        self._state = np.zeros(width, dtype=np.float32)

    def observation_space(self, agent: str) -> Any:
        """Return the space of an agent's observations."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> Any:
        """Return the space of an agent's actions."""
        return self.action_spaces[agent]

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Begin an episode; without a seed the last generator goes on."""
        if seed is not None or self._rng is None:
            self._rng = np.random.default_rng(seed)
        observations = self.env.reset(self._rng)[0]
        self.agents = list(self.possible_agents)
        self._state = self.env.state()[0]
        return self._seen(observations), self._infos(self.env.masks())

    def step(self, actions: dict[str, Any]) -> tuple[dict[str, Any], ...]:
        """Take the actions of all agents that are still in the game."""
        step = self.env.step(self._joint(actions))
        live = self.agents
        index = {agent: self.possible_agents.index(agent) for agent in live}
        over = {agent: bool(step.terminated[0, i]) for agent, i in index.items()}
        cut = {agent: bool(step.truncated[0]) and not over[agent] for agent in live}
        rewards = {agent: float(step.rewards[0, i]) for agent, i in index.items()}
        observations = self._seen(step.final_observations[0])
        infos = self._infos(step.final_masks)
        self._state = step.final_state[0]
        self.agents = [agent for agent in live if not over[agent] and not cut[agent]]
        return observations, rewards, over, cut, infos

    def state(self) -> Any:
        """Return the state, shape ``(s,)``."""
        return self._state

    def render(self) -> Any:
        """Return a picture, shape ``(height, width, 3)``."""
        return self.env.render()

    def close(self) -> None:
        """Close the environment where it needs it."""
        getattr(self.env, "close", lambda: None)()

    def _seen(self, observations: Any) -> dict[str, Any]:
        sizes = dict(zip(self.possible_agents, self.env.observation_sizes, strict=True))
        return {
            agent: observations[i, : sizes[agent]]
            for i, agent in enumerate(self.possible_agents)
            if agent in self.agents
        }

    def _infos(self, masks: Any) -> dict[str, Any]:
        if masks is None:
            return {agent: {} for agent in self.agents}
        widths = [own.size for own in self.env.action_spaces if isinstance(own, Discrete)]
        masks = {a: masks[0, i, : widths[i]] for i, a in enumerate(self.possible_agents)}
        return {agent: {"action_mask": masks[agent].astype(np.int8)} for agent in self.agents}

    def _joint(self, actions: dict[str, Any]) -> Any:
        """Return the actions as an array; agents that are done get the first action."""
        missing = [agent for agent in self.agents if agent not in actions]
        if missing:
            raise ValueError(f"`actions` must have one for {missing[0]!r}; got {actions}.")
        spaces = self.env.action_spaces
        live = set(self.agents)
        if isinstance(spaces[0], Discrete):
            chosen = [actions[a] if a in live else 0 for a in self.possible_agents]
            return np.array([[int(action) for action in chosen]])
        width = max(len(own.low) for own in spaces if not isinstance(own, Discrete))
        joint = np.zeros((1, len(spaces), width), dtype=np.float32)
        for i, (agent, own) in enumerate(zip(self.possible_agents, spaces, strict=True)):
            assert not isinstance(own, Discrete)
            idle = np.clip(0.0, own.low, own.high)
            joint[0, i, : len(own.low)] = actions[agent] if agent in live else idle
        return joint
