"""Checks of what environments are given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gametools.envs.protocol import Continuous, Discrete, Snapshot
from gametools.validation import count

__all__ = ["continuous_actions", "copy_index", "discrete_actions", "own_snapshot"]


def discrete_actions(
    actions: ArrayLike, num_envs: int, spaces: Sequence[Discrete]
) -> NDArray[np.int64]:
    """Return `actions` as an int array, shape ``(E, n)``, each within its agent's space.

    Raises
    ------
    TypeError
        If they are not whole numbers.
    ValueError
        If the shape is wrong, or an action is out of range; the message says which.
    """
    given = np.asarray(actions)
    wanted = (num_envs, len(spaces))
    if given.dtype.kind not in "iu":
        raise TypeError(f"`actions` must be whole numbers; got an array of {given.dtype}.")
    if given.shape != wanted:
        raise ValueError(f"`actions` must have shape {wanted}; got {given.shape}.")
    largest = max(space.size for space in spaces)
    if len({space.size for space in spaces}) == 1:
        fits = given.min() >= 0 and given.max() < largest
    else:
        fits = bool(np.all((given >= 0) & (given < [space.size for space in spaces])))
    if not fits:
        sizes = np.array([space.size for space in spaces])
        e, i = (int(k) for k in np.argwhere((given < 0) | (given >= sizes))[0])
        raise ValueError(
            f"`actions` of agent {i} must be 0 to {sizes[i] - 1}; "
            f"got {given[e, i]} in environment {e}."
        )
    return given.astype(np.int64, copy=False)


def continuous_actions(
    actions: ArrayLike, num_envs: int, spaces: Sequence[Continuous]
) -> NDArray[np.float32]:
    """Return `actions` as a float32 array, shape ``(E, n, k)``, each within its agent's bounds.

    Components beyond an agent's own are ignored.

    Raises
    ------
    TypeError
        If they are not numbers.
    ValueError
        If the shape is wrong, or a component is not finite or out of bounds.
    """
    given = np.asarray(actions)
    wanted = (num_envs, len(spaces), max(len(space.low) for space in spaces))
    if given.dtype.kind not in "fiu":
        raise TypeError(f"`actions` must be numbers; got an array of {given.dtype}.")
    if given.shape != wanted:
        raise ValueError(f"`actions` must have shape {wanted}; got {given.shape}.")
    result = given.astype(np.float32)
    for i, space in enumerate(spaces):
        own = result[:, i, : len(space.low)]
        low, high = np.array(space.low, np.float32), np.array(space.high, np.float32)
        bad = ~(np.isfinite(own) & (own >= low) & (own <= high))
        if bad.any():
            e, k = (int(j) for j in np.argwhere(bad)[0])
            raise ValueError(
                f"`actions` of agent {i} must be {space.low[k]:g} to {space.high[k]:g} in "
                f"component {k}; got {own[e, k]:g} in environment {e}."
            )
    return result


def copy_index(index: int, num_envs: int) -> int:
    """Return `index` if there is a copy of that number."""
    if count("index", index) >= num_envs:
        raise ValueError(f"`index` must be less than the {num_envs} environments; got {index}.")
    return int(index)


def own_snapshot(snapshot: Any, owner: str) -> Snapshot:
    """Return `snapshot` if it was made by an environment whose description is `owner`."""
    if not isinstance(snapshot, dict) or "environment" not in snapshot:
        raise TypeError(f"`snapshot` must be what snapshot() returned; got {type(snapshot)}.")
    if snapshot["environment"] != owner:
        raise ValueError(
            f"`snapshot` must be of an environment made alike, {owner}; "
            f"got one of {snapshot['environment']}."
        )
    own: Snapshot = snapshot
    return own
