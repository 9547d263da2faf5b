"""The protocol of sequential games: many copies of one game, stepped together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Continuous", "Discrete", "Environment", "Snapshot", "Step"]

Snapshot: TypeAlias = dict[str, Any]
"""What an environment needs to go on: plain values and arrays by name."""


@dataclass(frozen=True)
class Discrete:
    """Actions 0, 1, ..., ``size - 1`` of one agent."""

    size: int


@dataclass(frozen=True)
class Continuous:
    """Vectors of actions of one agent, each component within its bounds."""

    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Step:
    """What one joint action led to, in each of E environments with n agents.

    Attributes
    ----------
    observations : float32 array, shape ``(E, n, o)``
        After the step; of the *next* episode where one ended.
    rewards : float64 array, shape ``(E, n)``
        Of each agent; a team reward is the special case of equal columns.
    terminated : bool array, shape ``(E, n)``
        Whether the agent's own part is over, before any reset: its value is 0 from here on.
    truncated : bool array, shape ``(E,)``
        Whether a time limit cut the episode while some agent was still in it: the value of such
        an agent goes on, and is estimated at `final_observations`.
    ended : bool array, shape ``(E,)``
        ``terminated.all(axis=1) | truncated``: these environments have been reset.
    state : float32 array, shape ``(E, s)``
        What a centralised critic or mixer may see; of the next episode where one ended.
    masks : bool array, shape ``(E, n, a)``, or None
        Actions allowed now, of the next episode where one ended; None if all always are.
    final_observations : float32 array, shape ``(E, n, o)``
        Before any reset. The *same array object* as `observations` where nothing ended.
    final_state : float32 array, shape ``(E, s)``
        Likewise.
    final_masks : bool array, shape ``(E, n, a)``, or None
        Likewise: what would have been allowed had the time limit not cut the episode.
    """

    observations: NDArray[np.float32]
    rewards: NDArray[np.float64]
    terminated: NDArray[np.bool_]
    truncated: NDArray[np.bool_]
    ended: NDArray[np.bool_]
    state: NDArray[np.float32]
    masks: NDArray[np.bool_] | None
    final_observations: NDArray[np.float32]
    final_state: NDArray[np.float32]
    final_masks: NDArray[np.bool_] | None


@runtime_checkable
class Environment(Protocol):
    """E copies of a sequential game, stepped together.

    Notes
    -----
    **Autoreset.** The step that ends an episode resets that copy at once: `Step.observations`,
    `Step.state` and `Step.masks` are then of the next episode, `Step.final_observations`,
    `Step.final_state` and `Step.final_masks` of the one that ended, and `Step.terminated` and
    `Step.truncated` say how it ended. No action is lost to resetting.

    **Agents that are done.** An agent whose part is over while others go on may still be given
    actions; they are ignored, its reward is 0, and `terminated` stays True to the end.

    **Arrays.** What is returned is fresh or read-only: no later step changes it.

    **Randomness.** One generator serves all copies, so results depend on `num_envs`, except where
    an environment says otherwise.

    Source: Gymnasium's vector API (Towers et al. 2024) in its same-step autoreset mode.
    Differences: rewards and terminations are per agent; final observations are arrays, not entries
    of an info dictionary.
    """

    @property
    def num_envs(self) -> int:
        """Number of copies E."""
        ...

    @property
    def agents(self) -> tuple[str, ...]:
        """Names of the n agents."""
        ...

    @property
    def observation_sizes(self) -> tuple[int, ...]:
        """Length of each agent's observation.

        Arrays are as wide as the longest; shorter ones are padded with zeros at the end.
        """
        ...

    @property
    def action_spaces(self) -> tuple[Discrete | Continuous, ...]:
        """Action space of each agent; all are of one kind."""
        ...

    @property
    def state_size(self) -> int:
        """Length of the state."""
        ...

    def reset(self, rng: int | np.random.Generator | None = None) -> NDArray[np.float32]:
        """Begin an episode in every copy; return the observations."""
        ...

    def step(self, actions: ArrayLike) -> Step:
        """Take one joint action in every copy: ints ``(E, n)``, or floats ``(E, n, k)``."""
        ...

    def state(self) -> NDArray[np.float32]:
        """Return the state now, shape ``(E, s)``."""
        ...

    def masks(self) -> NDArray[np.bool_] | None:
        """Return the actions allowed now, shape ``(E, n, a)``; None if all always are.

        Where agents have different numbers of actions, what an agent lacks is not allowed.
        """
        ...

    def snapshot(self) -> Snapshot:
        """Return all that is needed to go on from here, bit for bit, generators included."""
        ...

    def restore(self, snapshot: Snapshot) -> NDArray[np.float32]:
        """Go back to a snapshot of an environment made alike; return the observations of then."""
        ...

    def render(self, index: int = 0) -> NDArray[np.uint8]:
        """Return a picture of copy `index`, shape ``(height, width, 3)``."""
        ...
