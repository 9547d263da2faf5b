"""From what a policy draws to what an environment takes."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from gametools.envs.protocol import Continuous, Environment

__all__ = ["env_actions"]


def env_actions(env: Environment, actions: Tensor) -> NDArray[Any]:
    """Return actions as an environment takes them: continuous ones clipped to their bounds.

    Parameters
    ----------
    env : Environment
    actions : tensor, shape ``(E, n)``, or ``(E, n, k)`` if continuous

    Notes
    -----
    Experience keeps what was drawn, whose density is known; the environment sees the nearest
    action within bounds.
    """
    plain: NDArray[Any] = np.asarray(actions.numpy())
    bounds = _bounds(tuple(env.action_spaces))
    return plain if bounds is None else np.clip(plain, *bounds)


@functools.lru_cache(maxsize=64)
def _bounds(spaces: tuple[Any, ...]) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
    """Lower and upper bounds, shape ``(n, k)``; 0 for padding. None for discrete actions."""
    boxes = [space for space in spaces if isinstance(space, Continuous)]
    if not boxes:
        return None
    low, high = (np.zeros((len(boxes), max(len(b.low) for b in boxes)), "f4") for _ in range(2))
    for row, box in enumerate(boxes):
        low[row, : len(box.low)], high[row, : len(box.high)] = box.low, box.high
    return low, high
