"""PettingZoo games of chance for the tests of the adapter."""

import numpy as np
import pettingzoo
from gymnasium import spaces

from gametools.envs import FromPettingZoo

FIELDS = ["rewards", "terminated", "truncated", "ended", "state", "final_state"]


def chance(*, continuous=False, masked="", fails=False, uneven=False):
    """A class of games with random observations; made here, so workers get it by value.

    Agent "b" may leave (its second action); the episode is cut after six steps, and over when both
    have left. Their spaces differ in kind and size.
    """

    class Chance(pettingzoo.ParallelEnv):
        @property
        def metadata(self):
            return {"name": "chance"}

        def __init__(self):
            self.possible_agents = ["a", "b"]
            seen = spaces.Box(-1, 1, (2, 2), np.float32)
            masked_seen = spaces.Dict({"observation": seen, "action_mask": spaces.MultiBinary(3)})
            self.seen_spaces = {
                "a": masked_seen if masked == "observation" else seen,
                "b": spaces.Discrete(3, start=0),
            }
            self.moves = {"a": spaces.Discrete(3, start=-1), "b": spaces.Discrete(2)}
            if continuous:
                self.moves = {"a": spaces.Box(-1, 2, (2,)), "b": spaces.Box(0, 1, (1,))}
            self.rng = np.random.default_rng()

        def observation_space(self, agent):
            return self.seen_spaces[agent]

        def action_space(self, agent):
            return self.moves[agent]

        def reset(self, seed=None, options=None):
            if seed is not None:
                self.rng = np.random.default_rng(seed)
            self.agents, self.clock = ["a", "b"], 0
            return self.seen(), self.infos()

        def seen(self):
            box = self.rng.uniform(-1, 1, (2, 2)).astype(np.float32)
            if masked == "observation":
                box = {"observation": box, "action_mask": np.array([1, 0, self.clock % 2])}
            all_seen = {"a": box, "b": int(self.rng.integers(3))}
            return {agent: all_seen[agent] for agent in self.agents}

        def infos(self):
            masks = {"a": np.array([1, 0, self.clock % 2]), "b": np.array([1, 1])}
            return {a: {"action_mask": masks[a]} if masked == "info" else {} for a in self.agents}

        def step(self, actions):
            if fails and self.clock == 2:
                raise ArithmeticError("the game broke down")
            self.clock += 1
            assert set(actions) == set(self.agents)
            assert all(self.moves[agent].contains(actions[agent]) for agent in actions)
            rewards = {agent: float(np.sum(actions[agent])) for agent in actions}
            leaves = {"a": False, "b": not continuous and actions.get("b") == 1}
            over = {agent: leaves[agent] for agent in self.agents}
            limit = {"a": 6, "b": 3 if uneven else 6}
            cut = {agent: self.clock >= limit[agent] for agent in self.agents}
            seen, infos = self.seen(), self.infos()
            self.agents = [a for a in self.agents if not over[a] and not cut[a]]
            return seen, rewards, over, cut, infos

    return Chance


def unequal(workers=0, num_envs=2, **more):
    return FromPettingZoo(chance(**more), num_envs, workers=workers)
