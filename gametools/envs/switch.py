"""Switch: agents on both sides of a corridor that only one of them can pass at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gametools.envs.grid import MOVES, Codes, Floats, GridWorld
from gametools.envs.pictures import AGENT_COLOURS, FloatArray, GridPicture
from gametools.validation import count, number

__all__ = ["Switch"]

_MAP = ("..###..", ".......", "..###..")
_STARTS = ((0, 1), (0, 5), (2, 1), (2, 5))
_GOALS = ((0, 6), (0, 0), (2, 6), (2, 0))
_CELLS = tuple((r, c) for r, row in enumerate(_MAP) for c, mark in enumerate(row) if mark == ".")
_VERSIONS = range(4)


class Switch(GridWorld):
    """Agents must reach the opposite room through a corridor one cell wide.

    Parameters
    ----------
    num_agents : {2, 3, 4}
    num_envs : int
        Number of copies, at least 1.
    version : {0, 1, 2, 3}
        What an agent observes. 0: its own row/2 and column/6, to two places. 1: those of all
        agents. 2: its own, and the share of `max_steps` that has passed. 3: the vectors of
        version 2 of all agents.
    arrival : float
        Reward of the step that reaches the goal, instead of `step_cost`.
    step_cost : float
        Reward of any other step.
    max_steps : int

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit.

    Notes
    -----
    Actions are 0 down, 1 left, 2 up, 3 right, 4 stay. Agents move one after the other in the order
    of their numbers; a move against a wall, the edge or another agent leaves the agent where it
    is, and costs the same. An agent at its goal stays there, as an obstacle, with reward 0; the
    episode is over when all are.

    An agent of version 0 sees its own place only: a memoryless deterministic policy cannot
    coordinate (Switch*-v0 of ma-gym).

    The state is row/2 and column/6 of every agent, whether each has arrived, and the share of
    `max_steps` that has passed.

    Source: ma-gym 0.0.14, ``Switch2-v0`` to ``Switch4-v3``, with its registered rewards and limit;
    step for step the same. Differences: three agents are the first three of four; the time limit
    truncates, where ma-gym reports all agents as done.

    Examples
    --------
    >>> from gametools.envs import Switch
    >>> env = Switch(num_agents=2, num_envs=1024)
    >>> env.reset(rng=0)[0]
    array([[0.  , 0.17],
           [0.  , 0.83]], dtype=float32)
    >>> env.step(np.full((1024, 2), 4)).rewards[0]
    array([-0.1, -0.1])
    """

    def __init__(
        self,
        num_agents: int = 2,
        num_envs: int = 1,
        *,
        version: int = 0,
        arrival: float = 5.0,
        step_cost: float = -0.1,
        max_steps: int = 50,
    ) -> None:
        if count("num_agents", num_agents) not in range(2, 5):
            raise ValueError(f"`num_agents` must be 2, 3 or 4; got {num_agents}.")
        if count("version", version) not in _VERSIONS:
            raise ValueError(f"`version` must be 0, 1, 2 or 3; got {version}.")
        super().__init__(num_envs, num_agents, max_steps)
        self.version = version
        self.arrival, self.step_cost = number("arrival", arrival), number("step_cost", step_cost)
        self.sees_all, self.has_clock = version in (1, 3), version in (2, 3)
        size = (3 if self.has_clock else 2) * (num_agents if self.sees_all else 1)
        self.observation_sizes = (size,) * num_agents
        self.state_size = 3 * num_agents + 1
        self._tabulate()

    def __repr__(self) -> str:
        return (
            f"Switch(num_agents={len(self.agents)}, num_envs={self.num_envs}, "
            f"version={self.version}, arrival={self.arrival:g}, step_cost={self.step_cost:g}, "
            f"max_steps={self.max_steps})"
        )

    def move(self, codes: Codes, agent: int, actions: Codes) -> tuple[Codes, FloatArray]:
        """Return the codes after one agent's actions, and that agent's rewards."""
        key = codes * len(MOVES) + actions
        return self._next[agent].take(key), self._rewards[agent].take(key)

    def terminated(self, codes: Codes) -> NDArray[np.bool_]:
        """Return which agents have arrived, shape ``(len(codes), n)``."""
        return self._arrived.take(codes, axis=0)

    def bound(self, codes: Codes) -> FloatArray:
        """Return the arrivals still to come, at their worth, shape ``(len(codes),)``."""
        worth: FloatArray = (~self.terminated(codes)).sum(axis=1) * max(0.0, self.arrival)
        return worth

    def observe(self, codes: Codes, clock: Codes, out: Floats) -> None:
        """Write the observations, shape ``(len(codes), n, o)``."""
        self._views.take(codes, axis=0, out=out, mode="clip")  # "raise" would use a buffer
        if self.has_clock:
            out[..., 2::3] = (clock / self.max_steps)[:, None, None]

    def describe(self, codes: Codes, clock: Codes, out: Floats) -> None:
        """Write the states, shape ``(len(codes), s)``."""
        self._states.take(codes, axis=0, out=out, mode="clip")
        out[:, -1] = clock / self.max_steps

    def picture(self, code: int) -> NDArray[np.uint8]:
        """Draw a situation: agents as numbered discs, their goals as rings."""
        drawing = GridPicture(len(_MAP), len(_MAP[0]))
        for r, c in np.ndindex(len(_MAP), len(_MAP[0])):
            if (r, c) not in _CELLS:
                drawing.fill(r, c)
        for i in range(len(self.agents)):
            drawing.ring(*_GOALS[i], AGENT_COLOURS[i])
            drawing.number(*_GOALS[i], i + 1, AGENT_COLOURS[i])
        for i, place in enumerate(self._places(np.array([code]))[:, 0]):
            row, column = _CELLS[int(place)]
            drawing.disc(row, column, AGENT_COLOURS[i], radius=0.34)
            drawing.number(row, column, i)
        return drawing.image

    def _places(self, codes: Codes) -> Codes:
        """Return the cell of each agent, shape ``(n, len(codes))``."""
        return np.array(np.unravel_index(codes, (len(_CELLS),) * len(self.agents)))

    def _tabulate(self) -> None:
        """Tabulate what follows from every code: moves, rewards, arrivals, observations."""
        n, a = len(self.agents), len(MOVES)
        shape = (len(_CELLS),) * n
        self.start = int(np.ravel_multi_index([_CELLS.index(p) for p in _STARTS[:n]], shape))
        places = self._places(np.arange(len(_CELLS) ** n))
        goals = np.array([_CELLS.index(place) for place in _GOALS[:n]])
        self._arrived = np.ascontiguousarray((places == goals[:, None]).T)
        next_place = np.array([[_neighbour(cell, move) for move in MOVES] for cell in _CELLS])
        self._next = np.empty((n, places.shape[1] * a), dtype=np.int64)
        self._rewards = np.empty((n, places.shape[1] * a))
        for i in range(n):
            to = next_place[places[i]]  # (codes, actions)
            others = [places[j][:, None] for j in range(n) if j != i]
            blocked = np.any([to == other for other in others], axis=0)
            to = np.where(blocked | self._arrived[:, [i]], places[i][:, None], to)
            after = [to if j == i else np.broadcast_to(places[j][:, None], to.shape)
                     for j in range(n)]  # fmt: skip
            self._next[i] = np.ravel_multi_index(after, shape).ravel()
            here = self._arrived[:, [i]]
            reward = np.where(to == goals[i], self.arrival, self.step_cost)
            self._rewards[i] = np.where(here, 0.0, reward).ravel()
        self._tabulate_views(places)

    def _tabulate_views(self, places: Codes) -> None:
        rows, columns = len(_MAP) - 1, len(_MAP[0]) - 1
        own = np.array([[round(r / rows, 2), round(c / columns, 2)] for r, c in _CELLS])
        seen = np.moveaxis(own[places], 0, 1)  # (codes, n, 2)
        flat = seen.reshape(len(seen), -1)
        ends = np.zeros((len(seen), 1))
        self._states = np.concatenate([flat, self._arrived, ends], axis=1).astype(np.float32)
        if self.has_clock:
            seen = np.concatenate([seen, np.zeros((*seen.shape[:2], 1))], axis=2)
        if self.sees_all:
            joint = seen.reshape(len(seen), 1, -1)
            seen = np.broadcast_to(joint, (len(seen), len(self.agents), joint.shape[2]))
        self._views = np.ascontiguousarray(seen, dtype=np.float32)


def _neighbour(cell: tuple[int, int], move: tuple[int, int]) -> int:
    """Return the number of the cell that a move leads to, walls and edges being in the way."""
    there = (cell[0] + move[0], cell[1] + move[1])
    return _CELLS.index(there if there in _CELLS else cell)
