"""Matrix games played for a fixed number of steps."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gametools.envs.checks import copy_index, discrete_actions, own_snapshot
from gametools.envs.pictures import AGENT_COLOURS, GridPicture
from gametools.envs.protocol import Discrete, Snapshot, Step
from gametools.games import NormalFormGame, named_game
from gametools.validation import choice, count, generator, number

__all__ = ["OBSERVATIONS", "RepeatedMatrixGame"]

OBSERVATIONS = ("actions", "clock", "constant")
"""What the agents of a repeated matrix game may observe."""


class RepeatedMatrixGame:
    """A normal-form game played again and again; the episode is over after `num_steps`.

    Parameters
    ----------
    game : NormalFormGame or str
        A single game, or the name of one (see `gametools.named_game`).
    num_steps : int
        Length of an episode, at least 1.
    num_envs : int
        Number of copies, at least 1.
    team : bool
        Whether every agent receives the mean of all payoffs instead of its own.
    observation : {"actions", "clock", "constant"}
        What every agent sees: the last joint action, one-hot and agent after agent (zeros at
        first); the share of `num_steps` that has passed; or always 1.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit.

    Notes
    -----
    The number of steps is a rule of the game, so the last one terminates; nothing is truncated.
    The state is the last joint action, one-hot, and the share of steps that has passed. Where
    agents have different numbers of actions, `masks` excludes those that an agent lacks.

    Source: the repeated matrix games of EPyMARL (Papoudakis et al. 2021), 25 steps. Differences:
    rewards are per agent; their observation is a constant.

    Examples
    --------
    >>> from gametools.envs import RepeatedMatrixGame
    >>> env = RepeatedMatrixGame("prisoners_dilemma", num_envs=2)
    >>> env.reset(rng=0).shape
    (2, 2, 4)
    >>> env.step([[0, 0], [0, 1]]).rewards
    array([[3., 3.],
           [0., 5.]])
    """

    def __init__(
        self,
        game: NormalFormGame | str,
        num_steps: int = 25,
        num_envs: int = 1,
        *,
        team: bool = False,
        observation: str = "actions",
    ) -> None:
        self.game = _single(game)
        self.name = game if isinstance(game, str) else repr(game)
        self.num_steps = count("num_steps", num_steps, at_least=1)
        self.num_envs = count("num_envs", num_envs, at_least=1)
        self.team, self.observation = bool(team), choice("observation", observation, OBSERVATIONS)
        sizes = self.game.num_actions
        self.agents = tuple(f"agent_{i}" for i in range(len(sizes)))
        self.action_spaces = tuple(map(Discrete, sizes))
        self.observation_sizes = (sum(sizes) if observation == "actions" else 1,) * len(sizes)
        self.state_size = sum(sizes) + 1
        payoffs = self.game.payoffs.reshape(len(sizes), -1).T
        if self.team:
            payoffs = np.repeat(payoffs.mean(axis=1, keepdims=True), len(sizes), axis=1)
        self._payoffs = np.ascontiguousarray(payoffs)
        cells = np.array(list(itertools.product(*map(range, sizes))))
        shown = [cells[:, [i]] == np.arange(size) for i, size in enumerate(sizes)]
        self._shown = np.concatenate([*shown, np.zeros((len(cells), 1))], axis=1)
        # One row more: nothing has been played yet.
        self._shown = np.pad(self._shown, ((0, 1), (0, 0))).astype(np.float32)
        self._last: NDArray[np.int64] | None = None
        self._clock = 0

    @classmethod
    def climbing(cls, num_envs: int = 1, *, num_steps: int = 25) -> RepeatedMatrixGame:
        """Return the climbing game with constant observations: the best return is 11 a step."""
        return cls("climbing", num_steps, num_envs, team=True, observation="constant")

    @classmethod
    def penalty(
        cls, num_envs: int = 1, *, k: float = -100.0, num_steps: int = 25
    ) -> RepeatedMatrixGame:
        """Return the penalty game with constant observations: the best return is 10 a step.

        Parameters
        ----------
        num_envs : int
        k : float
            Payoff of miscoordination, at most 0.
        num_steps : int
        """
        number("k", k, at_most=0.0)
        payoffs = np.array([[10.0, 0.0, k], [0.0, 2.0, 0.0], [k, 0.0, 10.0]])
        game = NormalFormGame.from_bimatrix(payoffs, payoffs)
        env = cls(game, num_steps, num_envs, team=True, observation="constant")
        env.name = f"penalty with k={k:g}"
        return env

    def __repr__(self) -> str:
        return (
            f"RepeatedMatrixGame({self.name!r}, num_steps={self.num_steps}, "
            f"num_envs={self.num_envs}, team={self.team}, observation={self.observation!r})"
        )

    def reset(self, rng: int | np.random.Generator | None = None) -> NDArray[np.float32]:
        """Begin an episode in every copy; `rng` is checked and not used: nothing is random."""
        generator(rng)
        self._last = np.full(self.num_envs, len(self._payoffs), dtype=np.int64)
        self._clock = 0
        return self._observe(self.state())

    def step(self, actions: ArrayLike) -> Step:
        """Take one joint action in every copy: whole numbers, shape ``(E, n)``.

        Raises
        ------
        RuntimeError
            Before the first reset.
        TypeError, ValueError
            If the actions are not whole numbers within range, or of another shape.
        """
        last = self._begun()
        chosen = discrete_actions(actions, self.num_envs, self.action_spaces)
        last = np.ravel_multi_index(tuple(chosen.T), self.game.num_actions).astype(np.int64)
        rewards = self._payoffs.take(last, axis=0)
        self._last, self._clock = last, self._clock + 1
        final_state = state = self.state()
        final_observations = observations = self._observe(state)
        over = self._clock == self.num_steps  # all copies are at the same step
        if over:
            observations = self.reset(0)
            state = self.state()
        ended = np.full(self.num_envs, over)
        terminated = np.full(rewards.shape, over)
        masks = self.masks()  # always the same
        return Step(
            observations, rewards, terminated, np.zeros_like(ended), ended, state, masks,
            final_observations, final_state, masks,
        )  # fmt: skip

    def state(self) -> NDArray[np.float32]:
        """Return the state now, shape ``(E, s)``."""
        result = self._shown.take(self._begun(), axis=0)
        result[:, -1] = self._clock / self.num_steps
        return result

    def masks(self) -> NDArray[np.bool_] | None:
        """Return which actions each agent has; None if all have the same number."""
        sizes = np.array(self.game.num_actions)
        if (sizes == sizes[0]).all():
            return None
        return np.tile(np.arange(sizes.max()) < sizes[:, None], (self.num_envs, 1, 1))

    def snapshot(self) -> Snapshot:
        """Return all that is needed to go on from here, bit for bit."""
        return {"environment": repr(self), "last": self._begun().copy(), "clock": self._clock}

    def restore(self, snapshot: Snapshot) -> NDArray[np.float32]:
        """Go back to a snapshot of an environment made alike; return the observations of then."""
        own = own_snapshot(snapshot, repr(self))
        self._last, self._clock = own["last"].copy(), int(own["clock"])
        return self._observe(self.state())

    def render(self, index: int = 0) -> NDArray[np.uint8]:
        """Return a picture of copy `index`: a row for each agent, its last action as a disc."""
        last = int(self._begun()[copy_index(index, self.num_envs)])
        sizes = self.game.num_actions
        drawing = GridPicture(len(sizes), max(sizes))
        for i, size in enumerate(sizes):
            for missing in range(size, max(sizes)):
                drawing.fill(i, missing)
        if last < len(self._payoffs):
            for i, action in enumerate(np.unravel_index(last, sizes)):
                drawing.disc(i, int(action), AGENT_COLOURS[i % len(AGENT_COLOURS)])
                drawing.number(i, int(action), i)
        return drawing.image

    def _observe(self, state: NDArray[np.float32]) -> NDArray[np.float32]:
        shape = (self.num_envs, len(self.agents), self.observation_sizes[0])
        if self.observation == "constant":
            return np.ones(shape, dtype=np.float32)
        seen = state[:, :-1] if self.observation == "actions" else state[:, -1:]
        return np.repeat(seen[:, None], len(self.agents), axis=1)

    def _begun(self) -> NDArray[np.int64]:
        if self._last is None:
            raise RuntimeError("no episode has begun; call `reset` first.")
        return self._last


def _single(game: NormalFormGame | str) -> NormalFormGame:
    result = named_game(game) if isinstance(game, str) else game
    if not isinstance(result, NormalFormGame):
        raise TypeError(f"`game` must be a NormalFormGame or a name; got {game!r}.")
    if result.batch_shape:
        raise ValueError(f"`game` must be a single game; got a batch {result.batch_shape}.")
    return result
