"""Level-based foraging, through its package."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gametools.envs.from_pettingzoo import FromPettingZoo
from gametools.envs.optional import load
from gametools.envs.pictures import AGENT_COLOURS, GridPicture
from gametools.validation import count, number

__all__ = ["Foraging"]

_TASK = re.compile(r"(?:(\d+)s-)?(\d+)x(\d+)-(\d+)p-(\d+)f(-coop)?")


class Foraging(FromPettingZoo):
    """Level-based foraging (LBF): food is loaded by agents whose levels together suffice.

    Parameters
    ----------
    task : str
        ``"8x8-2p-2f-coop"``: the field, the agents, the food, and whether all are needed for
        each; ``"2s-8x8-..."`` for a sight of 2 cells.
    num_envs : int
        Number of copies, at least 1.
    workers : int
        Worker processes that share the copies; 0 plays all in this process, one after the other.
    max_steps : int
    penalty : float
        Cost of a failed loading, at least 0.

    Raises
    ------
    ImportError
        If lbforaging is missing.
    TypeError, ValueError
        If an argument does not fit.

    Notes
    -----
    Actions are 0 none, 1 north, 2 south, 3 west, 4 east, 5 load; what is not possible does
    nothing. An observation is row, column and level of each food and each agent, the observer
    first; -1, -1, 0 for what is gone or out of sight. All food together is worth 1, shared by
    level. The state is all observations. An episode terminates when the food is gone; copies are
    independent of each other, and of `num_envs` and `workers`.

    Source: Papoudakis et al. (2021), the lbforaging package, version 2.0.0, tasks
    ``Foraging-*-v3``. Differences: its time limit reports termination, ours truncates; where
    agents stood when an episode ended does not keep others from starting there.

    Examples
    --------
    >>> from gametools.envs import Foraging
    >>> env = Foraging("8x8-2p-2f-coop", num_envs=4)
    >>> env.reset(rng=0).shape
    (4, 2, 12)
    """

    def __init__(
        self,
        task: str = "8x8-2p-2f-coop",
        num_envs: int = 1,
        *,
        workers: int = 0,
        max_steps: int = 50,
        penalty: float = 0.0,
    ) -> None:
        settings = _settings(task)
        settings["max_episode_steps"] = count("max_steps", max_steps, at_least=1)
        settings["penalty"] = number("penalty", penalty, at_least=0.0)
        load("lbforaging", "Foraging")
        self.task, self.max_steps, self.penalty = task, max_steps, penalty
        super().__init__(partial(_ForagingGame, settings), num_envs, workers=workers)

    def __repr__(self) -> str:
        return (
            f"Foraging({self.task!r}, num_envs={self.num_envs}, max_steps={self.max_steps}, "
            f"penalty={self.penalty:g})"
        )


def _settings(task: str) -> dict[str, Any]:
    """Return the package's settings of its registered task."""
    found = _TASK.fullmatch(str(task))
    if found is None:
        raise ValueError(f"`task` must be like '8x8-2p-2f-coop'; got {task!r}.")
    sight, rows, columns, players, food, coop = found.groups()
    size, shown = (int(rows), int(columns)), f"; got {task!r}."
    if min(size) < 5 or not 1 <= int(food) <= 4 or not 2 <= int(players) <= 9:
        raise ValueError(
            "`task` must have a field of at least 5x5, 2 to 9 agents and 1 to 4 food" + shown
        )
    return {
        "players": int(players), "min_player_level": 1, "max_player_level": 2,
        "min_food_level": 1, "max_food_level": None, "field_size": size,
        "max_num_food": int(food), "sight": int(sight) if sight else max(size),
        "force_coop": coop is not None, "grid_observation": False,
    }  # fmt: skip


class _ForagingGame:
    """One game of the package with PettingZoo's parallel interface."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.game = load("lbforaging.foraging", "Foraging").ForagingEnv(**settings)
        self.metadata = {"name": "foraging"}
        self.possible_agents = [f"agent_{i}" for i in range(settings["players"])]
        self.agents: list[str] = []

    def observation_space(self, agent: str) -> Any:
        return self.game.observation_space[self.possible_agents.index(agent)]

    def action_space(self, agent: str) -> Any:
        return self.game.action_space[self.possible_agents.index(agent)]

    def reset(self, seed: int | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
        for player in self.game.players:
            player.position = None
        observations, _ = self.game.reset(seed=seed)
        self.agents = list(self.possible_agents)
        return dict(zip(self.agents, observations, strict=True)), {}

    def step(self, actions: dict[str, int]) -> tuple[dict[str, Any], ...]:
        agents = self.agents
        observations, rewards, over, *_ = self.game.step([actions[agent] for agent in agents])
        eaten = not self.game.field.any()
        if over:
            self.agents = []
        return (
            dict(zip(agents, observations, strict=True)),
            dict(zip(agents, rewards, strict=True)),
            dict.fromkeys(agents, eaten),
            dict.fromkeys(agents, bool(over and not eaten)),
            {},
        )

    def render(self) -> NDArray[np.uint8]:
        """Draw food as diamonds and agents as discs, each with its level."""
        drawing = GridPicture(*self.game.field.shape)
        for row, column in np.argwhere(self.game.field):
            drawing.diamond(int(row), int(column), (150, 30, 30), radius=0.46)
            drawing.number(int(row), int(column), int(self.game.field[row, column]))
        for i, player in enumerate(self.game.players):
            row, column = player.position
            drawing.disc(row, column, AGENT_COLOURS[i % len(AGENT_COLOURS)])
            drawing.number(row, column, player.level)
        return drawing.image
