"""What a learner may know of an environment: sizes, and nothing to play with."""

from __future__ import annotations

from dataclasses import dataclass

from gametools.envs.protocol import Continuous, Discrete, Environment

__all__ = ["Spec", "spec_of"]


@dataclass(frozen=True)
class Spec:
    """Sizes of an environment's observations, actions and state.

    Attributes
    ----------
    num_agents : int
    observation_size : int
        Of the padded observations; agents with shorter ones see zeros at the end.
    action_sizes : tuple of int
        Number of actions of each agent, or of action dimensions if `continuous`.
    state_size : int
    continuous : bool
    low, high : tuple of tuple of float
        Bounds of continuous actions, agent by agent; empty for discrete ones.
    """

    num_agents: int
    observation_size: int
    action_sizes: tuple[int, ...]
    state_size: int
    continuous: bool = False
    low: tuple[tuple[float, ...], ...] = ()
    high: tuple[tuple[float, ...], ...] = ()

    @property
    def most_actions(self) -> int:
        """Actions, or action dimensions, of the agent that has the most."""
        return max(self.action_sizes)


def spec_of(env: Environment) -> Spec:
    """Return the sizes of an environment.

    Raises
    ------
    ValueError
        If some agents have discrete actions and others continuous ones.

    Examples
    --------
    >>> from gametools.agents import spec_of
    >>> from gametools.envs import Switch
    >>> spec_of(Switch(num_agents=2)).action_sizes
    (5, 5)
    """
    spaces = env.action_spaces
    common = (len(env.agents), max(env.observation_sizes))
    discrete = [space for space in spaces if isinstance(space, Discrete)]
    if len(discrete) == len(spaces):
        return Spec(*common, tuple(space.size for space in discrete), env.state_size)
    boxes = [space for space in spaces if isinstance(space, Continuous)]
    if len(boxes) != len(spaces):
        raise ValueError(
            f"`env` must give all agents discrete or all continuous actions; got {spaces}."
        )
    low, high = tuple(box.low for box in boxes), tuple(box.high for box in boxes)
    return Spec(*common, tuple(map(len, low)), env.state_size, True, low, high)
