"""The best return of an episode, where it is known exactly."""

from __future__ import annotations

import functools

from gametools.envs.grid import GridWorld
from gametools.envs.optimum import optimum
from gametools.envs.registry import parse_env
from gametools.envs.repeated_matrix import RepeatedMatrixGame

__all__ = ["best_return"]


@functools.cache
def best_return(env: str, *, max_transitions: int = 50_000_000) -> float | None:
    """Return the largest possible sum of all agents' returns in an episode, or None.

    Parameters
    ----------
    env : str
        As `parse_env` reads it.
    max_transitions : int
        Of the search in a grid world; None is returned where that does not suffice.

    Notes
    -----
    Grid worlds by exhaustive search (`gametools.envs.optimum`; Checkers takes about two seconds),
    repeated matrix games by their best cell; nothing is known of others.

    Examples
    --------
    >>> from gametools.evaluation import best_return
    >>> round(best_return("switch"), 6), best_return("climbing")  # 25 steps, 11 for each of two
    (8.3, 550.0)
    """
    world = parse_env(env)
    if isinstance(world, RepeatedMatrixGame):
        return float(world.num_steps * world.game.payoffs.sum(axis=0).max())
    if not isinstance(world, GridWorld):
        return None
    try:
        return optimum(world, max_transitions=max_transitions).value
    except (RuntimeError, ValueError):
        return None
