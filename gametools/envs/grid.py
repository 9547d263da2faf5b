"""Deterministic grid worlds whose whole situation is one whole number."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gametools.envs.checks import copy_index, discrete_actions, own_snapshot
from gametools.envs.pictures import FloatArray
from gametools.envs.protocol import Discrete, Snapshot, Step
from gametools.envs.recycling import Recycled
from gametools.validation import count, generator

__all__ = ["MOVES", "GridWorld"]

MOVES = ((1, 0), (0, -1), (-1, 0), (0, 1), (0, 0))
"""Rows and columns by which actions move: down, left, up, right, stay."""

Codes = NDArray[np.int64]
Floats = NDArray[np.float32]


class GridWorld(ABC):
    """E copies of a deterministic grid world with a fixed start, in which agents move in turn.

    The situation, but for the clock, is a whole number, its *code*. Subclasses say how an agent's
    move changes codes; clock, ends of episodes and snapshots are handled here. An `optimum` can be
    searched for any such world.

    Parameters
    ----------
    num_envs : int
        Number of copies, at least 1.
    num_agents : int
    max_steps : int
        Steps after which an episode is cut, at least 1.
    """

    start: int
    observation_sizes: tuple[int, ...]
    state_size: int

    def __init__(self, num_envs: int, num_agents: int, max_steps: int) -> None:
        self.num_envs = count("num_envs", num_envs, at_least=1)
        self.max_steps = count("max_steps", max_steps, at_least=1)
        self.agents = tuple(f"agent_{i}" for i in range(num_agents))
        self.action_spaces = (Discrete(len(MOVES)),) * num_agents
        self._codes: Codes | None = None
        self._arrays = Recycled()
        self._clock = np.zeros(self.num_envs, dtype=np.int64)

    @property
    def _first(self) -> tuple[Codes, Codes]:
        """Code and clock at the start of an episode."""
        return np.array([self.start]), np.zeros(1, dtype=np.int64)

    @abstractmethod
    def move(self, codes: Codes, agent: int, actions: Codes) -> tuple[Codes, FloatArray]:
        """Return the codes after one agent's actions, and that agent's rewards."""

    @abstractmethod
    def terminated(self, codes: Codes) -> NDArray[np.bool_]:
        """Return whether each agent's part is over, shape ``(len(codes), n)``; fresh."""

    @abstractmethod
    def bound(self, codes: Codes) -> FloatArray:
        """Return no less than what all agents together can still earn but for costs of steps."""

    @abstractmethod
    def observe(self, codes: Codes, clock: Codes, out: Floats) -> None:
        """Write the observations, shape ``(len(codes), n, o)``."""

    @abstractmethod
    def describe(self, codes: Codes, clock: Codes, out: Floats) -> None:
        """Write the states, shape ``(len(codes), s)``."""

    @abstractmethod
    def picture(self, code: int) -> NDArray[np.uint8]:
        """Draw a situation."""

    def reset(self, rng: int | np.random.Generator | None = None) -> Floats:
        """Begin an episode in every copy; `rng` is checked and not used: nothing is random."""
        generator(rng)
        self._codes = np.full(self.num_envs, self.start, dtype=np.int64)
        self._clock = np.zeros(self.num_envs, dtype=np.int64)
        return self._seen(self._codes, self._clock)

    def step(self, actions: ArrayLike) -> Step:
        """Take one joint action in every copy: whole numbers, shape ``(E, n)``.

        Raises
        ------
        RuntimeError
            Before the first reset.
        TypeError, ValueError
            If the actions are not whole numbers within range, or of another shape.
        """
        codes = self._begun()
        chosen = discrete_actions(actions, self.num_envs, self.action_spaces).T
        rewards = np.empty((self.num_envs, len(self.agents)))
        for i in range(len(self.agents)):
            codes, rewards[:, i] = self.move(codes, i, chosen[i])
        clock = self._clock + 1
        terminated = self.terminated(codes)
        over = terminated.all(axis=1)
        truncated = (clock >= self.max_steps) & ~over
        ended = over | truncated
        final_observations = observations = self._seen(codes, clock)
        final_state = state = self._state(codes, clock)
        if ended.any():
            codes = np.where(ended, self.start, codes)
            clock[ended] = 0
            observations = self._with(observations, ended, self._seen(*self._first))
            state = self._with(state, ended, self._state(*self._first))
        self._codes, self._clock = codes, clock
        return Step(
            observations, rewards, terminated, truncated, ended, state, None,
            final_observations, final_state, None,
        )  # fmt: skip

    def state(self) -> Floats:
        """Return the state now, shape ``(E, s)``."""
        return self._state(self._begun(), self._clock)

    def masks(self) -> None:
        """Return None: every action is always allowed, and may leave the agent where it is."""
        return

    def snapshot(self) -> Snapshot:
        """Return all that is needed to go on from here, bit for bit."""
        codes = self._begun().copy()
        return {"environment": repr(self), "codes": codes, "clock": self._clock.copy()}

    def restore(self, snapshot: Snapshot) -> Floats:
        """Go back to a snapshot of an environment made alike; return the observations of then."""
        own = own_snapshot(snapshot, repr(self))
        self._codes, self._clock = own["codes"].copy(), own["clock"].copy()
        return self._seen(self._begun(), self._clock)

    def render(self, index: int = 0) -> NDArray[np.uint8]:
        """Return a picture of copy `index`, shape ``(height, width, 3)``."""
        return self.picture(int(self._begun()[copy_index(index, self.num_envs)]))

    def _seen(self, codes: Codes, clock: Codes) -> Floats:
        out = self._arrays.empty((len(codes), len(self.agents), self.observation_sizes[0]))
        self.observe(codes, clock, out)
        return out

    def _state(self, codes: Codes, clock: Codes) -> Floats:
        out = self._arrays.empty((len(codes), self.state_size))
        self.describe(codes, clock, out)
        return out

    def _with(self, array: Floats, where: NDArray[np.bool_], first: Floats) -> Floats:
        """Return a copy of `array` with other rows in some places."""
        result = self._arrays.empty(array.shape)
        np.copyto(result, array)
        result[where] = first
        return result

    def _begun(self) -> Codes:
        if self._codes is None:
            raise RuntimeError("no episode has begun; call `reset` first.")
        return self._codes
