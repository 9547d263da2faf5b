"""One game with PettingZoo's parallel interface, played row by row of arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gametools.envs.optional import load
from gametools.envs.protocol import Continuous, Discrete

__all__ = ["Layout", "ParallelGame", "Row"]


@dataclass(frozen=True)
class Layout:
    """What the arrays of a game look like.

    Attributes
    ----------
    name : str
    agents : tuple
        The agents as the game names them; mostly strings.
    observation_sizes : tuple of int
    action_spaces : tuple of Discrete or Continuous
    state_size : int
    own_state : bool
        Whether the game has a state; otherwise all observations together are the state.
    masked : bool
        Whether the game says which actions are allowed, or agents have different numbers of them.
    """

    name: str
    agents: tuple[Any, ...]
    observation_sizes: tuple[int, ...]
    action_spaces: tuple[Discrete | Continuous, ...]
    state_size: int
    own_state: bool
    masked: bool

    @classmethod
    def of(cls, game: Any) -> Layout:
        """Read the layout off a game; it is reset once, with seed 0."""
        flatdim = load("gymnasium.spaces", "a PettingZoo environment").flatdim
        agents = tuple(game.possible_agents)
        observations, infos = game.reset(seed=0)
        sizes = tuple(int(flatdim(_seen_space(game.observation_space(a)))) for a in agents)
        spaces = tuple(_actions(a, game.action_space(a)) for a in agents)
        if len({type(space) for space in spaces}) > 1:
            raise TypeError("agents must all have discrete actions, or all continuous ones.")
        try:
            state_size, own_state = int(np.size(game.state())), True
        except (NotImplementedError, AttributeError):
            state_size, own_state = len(agents) * max(sizes), False
        masked = len(set(spaces)) > 1 or any(
            _mask(observations.get(a), infos.get(a)) is not None for a in agents
        )
        name = str(getattr(game, "metadata", {}).get("name", type(game).__name__))
        masked = masked and isinstance(spaces[0], Discrete)
        return cls(name, agents, sizes, spaces, state_size, own_state, masked)

    def shapes(self, num_envs: int) -> dict[str, tuple[tuple[int, ...], type[np.generic]]]:
        """Shape and dtype of every array that games write to or read from."""
        n, o = len(self.agents), max(self.observation_sizes)
        shapes: dict[str, tuple[tuple[int, ...], type[np.generic]]] = {
            "observations": ((n, o), np.float32),
            "rewards": ((n,), np.float64),
            "terminated": ((n,), np.bool_),
            "truncated": ((), np.bool_),
            "state": ((self.state_size,), np.float32),
            "final_observations": ((n, o), np.float32),
            "final_state": ((self.state_size,), np.float32),
        }
        first = self.action_spaces[0]
        if isinstance(first, Discrete):
            shapes["actions"] = ((n,), np.int64)
            shapes["masks"] = shapes["final_masks"] = ((n, max(self._widths())), np.bool_)
        else:
            shapes["actions"] = ((n, max(self._widths())), np.float32)
        return {name: ((num_envs, *shape), dtype) for name, (shape, dtype) in shapes.items()}

    def _widths(self) -> list[int]:
        return [
            space.size if isinstance(space, Discrete) else len(space.low)
            for space in self.action_spaces
        ]


Row = dict[str, NDArray[Any]]
"""One copy's part of every array."""


class ParallelGame:
    """One game, its generator of seeds, and its row of the arrays.

    Every episode gets a seed of its own, drawn from the game's generator: so that a game whose
    ``reset`` without a seed would not be reproducible is.
    """

    def __init__(self, make: Callable[[], Any], layout: Layout, row: Row) -> None:
        self.game, self.layout, self.row = make(), layout, row
        self.rng = np.random.default_rng(0)
        self.live: list[bool] = []
        self.seed, self.history = 0, list[NDArray[Any]]()
        self._flatten = load("gymnasium.spaces", "a PettingZoo environment").flatten

    def begin(self, rng: np.random.Generator) -> None:
        """Begin the first episode, with the seeds of `rng`."""
        self.rng = rng
        self._restart()

    def step(self) -> None:
        """Take the actions of the row; write what they led to, and begin again at an end."""
        row, agents = self.row, self.layout.agents
        self.history.append(row["actions"].copy())
        actions = {a: self._action(i) for i, a in enumerate(agents) if self.live[i]}
        observations, rewards, terminations, truncations, infos = self.game.step(actions)
        before = self.live
        over = [bool(terminations.get(a, False)) for a in agents]
        cut = [bool(truncations.get(a, False)) and not over[i] for i, a in enumerate(agents)]
        present = set(self.game.agents)
        self.live = [a in present and not over[i] and not cut[i] for i, a in enumerate(agents)]
        cut = [cut[i] and before[i] for i in range(len(agents))]
        if any(cut) and any(self.live):
            who = agents[cut.index(True)]
            raise RuntimeError(
                f"{self.layout.name}: a time limit cut {who!r} while others go on; limits must "
                "hold for all agents at once."
            )
        row["rewards"][:] = [float(rewards.get(a, 0.0)) * before[i] for i, a in enumerate(agents)]
        row["terminated"][:] = [not self.live[i] and not cut[i] for i in range(len(agents))]
        row["truncated"][()] = any(cut)
        there = [(before[i] or self.live[i]) and a in observations for i, a in enumerate(agents)]
        choosing = [self.live[i] or cut[i] for i in range(len(agents))]
        self._write(observations, infos, there, choosing)
        if not any(self.live):
            for name in _VIEWS:
                if name in row:
                    row[f"final_{name}"][...] = row[name]
            self._restart()

    def render(self) -> NDArray[np.uint8] | None:
        """Return the game's own picture, or None if it draws none."""
        if not hasattr(self.game, "render"):
            return None
        try:
            picture = self.game.render()
        except NotImplementedError:
            return None
        if not isinstance(picture, np.ndarray) or picture.ndim != 3:
            return None
        return picture[..., :3].astype(np.uint8)

    def pack(self) -> dict[str, Any]:
        """Return all that is needed to go on from here: the episode's seed and actions so far.

        The game itself is not pickled: what pickles without an error need not hold the situation
        (Gymnasium's EzPickle holds the constructor's arguments only).
        """
        views = {key: self.row[key].copy() for key in _VIEWS if key in self.row}
        actions = np.array(self.history, dtype=self.row["actions"].dtype)
        generator = self.rng.bit_generator.state
        return {"generator": generator, "seed": self.seed, "actions": actions, "views": views}

    def unpack(self, packed: dict[str, Any]) -> None:
        """Go back to what was packed: play the episode again up to there."""
        self.rng = np.random.default_rng()
        self.rng.bit_generator.state = packed["generator"]
        self._start(packed["seed"])
        for actions in packed["actions"]:
            self.row["actions"][:] = actions
            self.step()
        for key, value in packed["views"].items():
            if not np.array_equal(self.row[key], value, equal_nan=True):
                raise RuntimeError(
                    f"{self.layout.name} does not repeat itself from seed and actions, so it has "
                    "no snapshot; its `reset` must make all that is random depend on the seed."
                )

    def prove(self, make: Callable[[], Any]) -> None:
        """Check on another game that this one's snapshot leads to where it is."""
        row = {key: value.copy() for key, value in self.row.items()}
        ParallelGame(make, self.layout, row).unpack(self.pack())

    def _restart(self) -> None:
        self._start(int(self.rng.integers(2**31)))

    def _start(self, seed: int) -> None:
        self.seed, self.history = seed, []
        observations, infos = self.game.reset(seed=seed)
        present = set(self.game.agents)
        self.live = [a in present for a in self.layout.agents]
        self._write(observations, infos, self.live, self.live)

    def _write(self, observations: Mapping[Any, Any], infos: Mapping[Any, Any],
               seen: list[bool], choosing: list[bool]) -> None:  # fmt: skip
        """Write observations, masks and state.

        An agent that sees nothing sees zeros; one that has nothing to choose may do anything.
        """
        row, sizes = self.row, self.layout.observation_sizes
        row["observations"][:] = 0
        for i, a in enumerate(self.layout.agents):
            if seen[i]:
                row["observations"][i, : sizes[i]] = self._flat(a, observations[a])
            if "masks" in row:
                space = self.layout.action_spaces[i]
                assert isinstance(space, Discrete)
                given = _mask(observations.get(a), infos.get(a)) if choosing[i] else None
                row["masks"][i] = False
                row["masks"][i, : space.size] = True if given is None else given
        if self.layout.own_state:
            row["state"][:] = np.ravel(self.game.state())
        else:
            row["state"][:] = row["observations"].ravel()

    def _flat(self, agent: Any, observation: Any) -> Any:
        if isinstance(observation, np.ndarray):
            return observation.ravel()
        space = self.game.observation_space(agent)
        if _is_masked(space):
            space, observation = space["observation"], observation["observation"]
        return self._flatten(space, observation)

    def _action(self, i: int) -> Any:
        own, space = self.layout.action_spaces[i], self.game.action_space(self.layout.agents[i])
        if isinstance(own, Discrete):
            return int(self.row["actions"][i]) + int(space.start)
        return self.row["actions"][i, : len(own.low)].astype(space.dtype).reshape(space.shape)


_VIEWS = ("observations", "state", "masks")


def _actions(agent: Any, space: Any) -> Discrete | Continuous:
    """Return an action space of Gymnasium's as one of ours."""
    kind = type(space).__name__
    if kind == "Discrete":
        return Discrete(int(space.n))
    if kind == "Box":
        bounds = [tuple(float(v) for v in np.ravel(b)) for b in (space.low, space.high)]
        return Continuous(*bounds)
    raise TypeError(f"actions of {agent!r} must be Discrete or a Box; got {space}.")


def _is_masked(space: Any) -> bool:
    """Whether observations are a dictionary of the observation proper and a mask of actions."""
    return type(space).__name__ == "Dict" and {"observation", "action_mask"} <= set(space.spaces)


def _seen_space(space: Any) -> Any:
    return space["observation"] if _is_masked(space) else space


def _mask(observation: Any, info: Any) -> Any:
    """Return the mask of actions that comes with an observation, if any."""
    for source in (info, observation):
        if isinstance(source, dict) and "action_mask" in source:
            return np.asarray(source["action_mask"], dtype=np.bool_)
    return None
