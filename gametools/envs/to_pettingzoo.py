"""Environments of ours with PettingZoo's parallel interface."""

from __future__ import annotations

from typing import Any

from gametools.envs.optional import load
from gametools.envs.protocol import Environment

__all__ = ["as_parallel_env"]


def as_parallel_env(env: Environment) -> Any:
    """Return one copy of an environment of ours as a PettingZoo ``ParallelEnv``.

    Parameters
    ----------
    env : Environment
        With ``num_envs=1``.

    Returns
    -------
    pettingzoo.ParallelEnv

    Raises
    ------
    ImportError
        If pettingzoo is missing.
    TypeError, ValueError
        If `env` is no environment, or has several copies.

    Notes
    -----
    Observations are Boxes without bounds; masks are in ``infos[agent]["action_mask"]``. An agent
    that is done leaves ``agents``. The observations that end an episode are its own last ones, and
    the next ``reset`` begins the next episode; without a seed the generator goes on.

    Source: PettingZoo's parallel API (Terry et al. 2021); its conformance and seed tests pass.

    Examples
    --------
    >>> from gametools.envs import Switch, as_parallel_env
    >>> game = as_parallel_env(Switch(num_agents=2))
    >>> observations, _ = game.reset(seed=0)
    >>> _, rewards, *_ = game.step({"agent_0": 4, "agent_1": 4})
    >>> rewards
    {'agent_0': -0.1, 'agent_1': -0.1}
    """
    load("pettingzoo", "as_parallel_env")
    from gametools.envs.parallel_env import ToPettingZoo

    return ToPettingZoo(env)
