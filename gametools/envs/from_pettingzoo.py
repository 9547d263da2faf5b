"""Environments of PettingZoo's parallel interface, many copies at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gametools.envs.checks import (
    continuous_actions,
    copy_index,
    discrete_actions,
    own_snapshot,
)
from gametools.envs.parallel_game import Layout
from gametools.envs.protocol import Continuous, Discrete, Snapshot, Step
from gametools.envs.workers import Pool, make_pool
from gametools.validation import count, generator

__all__ = ["FromPettingZoo"]


class FromPettingZoo:
    """Copies of a PettingZoo ``ParallelEnv`` as one environment of ours.

    Parameters
    ----------
    make : callable
        ``make()`` returns a new ``ParallelEnv``. With workers it is sent to them by cloudpickle.
    num_envs : int
        Number of copies, at least 1.
    workers : int
        Worker processes that share the copies; 0 plays all in this process, one after the other.

    Raises
    ------
    ImportError
        If gymnasium is missing.
    TypeError, ValueError
        If an argument does not fit, or an action space is neither ``Discrete`` nor a ``Box``.
    RuntimeError
        On `step`, if a game fails in a worker (with its traceback), or cuts some agents by a time
        limit while others go on; on `snapshot`, if a game does not repeat itself.

    Notes
    -----
    Observations are flattened (discrete ones become one-hot) and padded with zeros; Box actions
    are flattened; a ``Discrete`` that starts elsewhere is shifted to 0. An agent that is done, or
    not there yet, sees zeros, is `terminated` and earns 0. Masks are read from
    ``infos[agent]["action_mask"]`` or from observations of the form ``{"observation",
    "action_mask"}``, if the first reset has any. The state is the game's, or else all
    observations.

    Every copy has a generator of its own, from which each episode gets a seed: results of a copy
    depend neither on `num_envs` nor on `workers`. A snapshot holds seed and actions of every
    episode under way, and `restore` plays them again; so it suits any game whose ``reset(seed)``
    decides all that is random, and another one is refused with an error.

    Source: PettingZoo's parallel API (Terry et al. 2021). Nothing else differs.

    Examples
    --------
    >>> from gametools.envs import FromPettingZoo, Switch, as_parallel_env
    >>> env = FromPettingZoo(lambda: as_parallel_env(Switch(num_agents=2)), num_envs=8)
    >>> env.reset(rng=0).shape
    (8, 2, 2)
    """

    def __init__(self, make: Callable[[], Any], num_envs: int = 1, *, workers: int = 0) -> None:
        if not callable(make):
            raise TypeError(f"`make` must be a function that returns a game; got {make!r}.")
        self.num_envs = count("num_envs", num_envs, at_least=1)
        self._workers = count("workers", workers)
        game = make()
        self.layout = Layout.of(game)
        if hasattr(game, "close"):
            game.close()
        self.agents = tuple(map(str, self.layout.agents))
        self.observation_sizes = self.layout.observation_sizes
        self.action_spaces = self.layout.action_spaces
        self.state_size = self.layout.state_size
        self._pool: Pool = make_pool(make, self.layout, self.num_envs, self._workers)
        self._started = False

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.layout.name!r}, num_envs={self.num_envs})"

    def __enter__(self) -> FromPettingZoo:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def reset(self, rng: int | np.random.Generator | None = None) -> NDArray[np.float32]:
        """Begin an episode in every copy, with seeds drawn from `rng`."""
        self._pool.call("begin", generator(rng).spawn(self.num_envs))
        self._started = True
        return self._pool.arrays["observations"].copy()

    def step(self, actions: ArrayLike) -> Step:
        """Take one joint action in every copy: ints ``(E, n)``, or floats ``(E, n, k)``.

        Raises
        ------
        RuntimeError
            Before the first reset, or if a game fails.
        TypeError, ValueError
            If the actions do not fit their spaces or have another shape.
        """
        arrays = self._begun()
        if isinstance(self.action_spaces[0], Discrete):
            spaces = cast(Sequence[Discrete], self.action_spaces)
            arrays["actions"][:] = discrete_actions(actions, self.num_envs, spaces)
        else:
            boxes = cast(Sequence[Continuous], self.action_spaces)
            arrays["actions"][:] = continuous_actions(actions, self.num_envs, boxes)
        self._pool.call("step")
        observations, state = arrays["observations"].copy(), arrays["state"].copy()
        terminated, truncated = arrays["terminated"].copy(), arrays["truncated"].copy()
        ended = terminated.all(axis=1) | truncated
        masks = self.masks()
        final_observations, final_state, final_masks = observations, state, masks
        if ended.any():
            final_observations, final_state = observations.copy(), state.copy()
            final_observations[ended] = arrays["final_observations"][ended]
            final_state[ended] = arrays["final_state"][ended]
            if masks is not None:
                final_masks = np.where(ended[:, None, None], arrays["final_masks"], masks)
        return Step(
            observations, arrays["rewards"].copy(), terminated, truncated, ended, state,
            masks, final_observations, final_state, final_masks,
        )  # fmt: skip

    def state(self) -> NDArray[np.float32]:
        """Return the state now, shape ``(E, s)``."""
        return self._begun()["state"].copy()

    def masks(self) -> NDArray[np.bool_] | None:
        """Return the actions allowed now, shape ``(E, n, a)``; None if all always are."""
        return self._begun()["masks"].copy() if self.layout.masked else None

    def snapshot(self) -> Snapshot:
        """Return all that is needed to go on from here, bit for bit: seeds and actions."""
        self._begun()
        return {"environment": repr(self), "games": self._pool.call("pack")}

    def restore(self, snapshot: Snapshot) -> NDArray[np.float32]:
        """Go back to a snapshot of an environment made alike; return the observations of then."""
        self._pool.call("unpack", own_snapshot(snapshot, repr(self))["games"])
        self._started = True
        return self._pool.arrays["observations"].copy()

    def render(self, index: int = 0) -> NDArray[np.uint8]:
        """Return copy `index`'s own picture, shape ``(height, width, 3)``.

        Raises
        ------
        NotImplementedError
            If the game draws none.
        """
        self._begun()
        picture: NDArray[np.uint8] | None
        picture = self._pool.one("render", copy_index(index, self.num_envs))
        if picture is None:
            raise NotImplementedError(
                f"{self.layout.name} gives no picture; it needs a `render` that returns one "
                "(often by render_mode='rgb_array')."
            )
        return picture

    def close(self) -> None:
        """Close the games and end the workers."""
        self._pool.close()

    def _begun(self) -> dict[str, NDArray[Any]]:
        if not self._started:
            raise RuntimeError("no episode has begun; call `reset` first.")
        return self._pool.arrays
