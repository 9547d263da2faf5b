"""What was seen, done and earned: plain tensors."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property

import torch
from torch import Tensor

from gametools.agents.distinct import Distinct, distinct

__all__ = ["Experience", "advantages", "as_team"]


@dataclass(frozen=True, eq=False)
class Experience:
    """A stretch of T times in E environments with n agents.

    Attributes
    ----------
    observations, next_observations : tensors, shape ``(T, E, n, o)``
        Before and after each step; the latter before any reset, so that the last one of an
        episode is its own.
    states, next_states : tensors, shape ``(T, E, s)``
    masks, next_masks : bool tensors, shape ``(T, E, n, a)``, or None
        Actions allowed before and after each step; None if all are.
    actions : tensor, shape ``(T, E, n)``, or ``(T, E, n, k)`` if continuous
    log_probs : tensor, shape ``(T, E, n)``
    rewards : tensor, shape ``(T, E, n)``
    terminated : bool tensor, shape ``(T, E, n)``
        The agent's part was over after this step: nothing is earned from there on.
    ended : bool tensor, shape ``(T, E)``
        The episode was over after this step, by termination of all or by the time limit.
    starts : bool tensor, shape ``(T, E)``
        An episode starts with this observation.
    active : bool tensor, shape ``(T, E, n)``
        The agent still took part when it acted; what others did counts for no loss.
    memory : tensor, shape ``(E, n, m)``
        Of recurrent agents, before the first time.
    """

    observations: Tensor
    next_observations: Tensor
    states: Tensor
    next_states: Tensor
    masks: Tensor | None
    next_masks: Tensor | None
    actions: Tensor
    log_probs: Tensor
    rewards: Tensor
    terminated: Tensor
    ended: Tensor
    starts: Tensor
    active: Tensor
    memory: Tensor

    @property
    def num_steps(self) -> int:
        """Joint steps: times the environments."""
        return int(self.rewards.shape[0] * self.rewards.shape[1])

    def mean(self, values: Tensor) -> Tensor:
        """Return each agent's mean of values ``(T, E, n)`` over the steps it was active in."""
        return (values * self.active).sum(dim=(0, 1)) / self._counts

    @cached_property
    def _counts(self) -> Tensor:
        return self.active.sum(dim=(0, 1)).clamp_min(1)

    @cached_property
    def distinct(self) -> Distinct | None:
        """The agents' different observations, found once; None where most of them differ."""
        return distinct(self.observations)

    def environments(self, index: Tensor) -> Experience:
        """Pick environments, with all their times."""
        picked = {}
        for field in fields(self):
            value = getattr(self, field.name)
            axis = 0 if field.name == "memory" else 1
            picked[field.name] = None if value is None else value.index_select(axis, index)
        return Experience(**picked)


def as_team(experience: Experience) -> Experience:
    """Return what a team makes of it: everyone earns what all earn, until the last one is done.

    Agents whose own part is over count as active to the end, for their team still earns: what
    they do changes nothing, and moves their policies by noise alone.
    """
    rewards = experience.rewards.sum(dim=-1, keepdim=True)
    over = experience.terminated.all(dim=-1, keepdim=True)
    return replace(
        experience,
        rewards=rewards.expand_as(experience.rewards),
        terminated=over.expand_as(experience.terminated),
        active=torch.ones_like(experience.active),
    )


def advantages(
    experience: Experience, values: Tensor, next_values: Tensor, *, gamma: float, lam: float
) -> Tensor:
    """Return generalised advantage estimates, shape ``(T, E, n)``.

    Parameters
    ----------
    experience : Experience
    values, next_values : tensors, shape ``(T, E, n)``
        Of the observations before and after each step.
    gamma, lam : float
        Discount, and decay of the estimates' horizon, in [0, 1].

    Notes
    -----
    A terminated agent earns nothing more; where the time limit cut an episode, the value of its
    last observation stands for what would have followed.

    Source: Schulman et al. (2016), equation 16; nothing differs.

    Examples
    --------
    Two steps, the episode over after the second: by hand, with gamma 0.5 and lambda 0.5, the
    second advantage is 1 - 2 = -1 and the first 1 + 0.5 * 2 - 4 + 0.25 * (-1) = -2.25.

    >>> import torch
    >>> from gametools.agents.experience import Experience, advantages
    >>> one = torch.ones(2, 1, 1)
    >>> over = torch.tensor([False, True])[:, None]
    >>> empty = torch.zeros(2, 1, 1, 0)
    >>> seen = Experience(empty, empty, empty, empty, None, None, one, one, rewards=one,
    ...                   terminated=over[..., None], ended=over, starts=~over,
    ...                   active=one.bool(), memory=empty[0])
    >>> values = torch.tensor([4.0, 2.0])[:, None, None]
    >>> next_values = torch.tensor([2.0, 9.0])[:, None, None]
    >>> advantages(seen, values, next_values, gamma=0.5, lam=0.5).flatten()
    tensor([-2.2500, -1.0000])
    """
    lives = (~experience.terminated).to(values.dtype)
    goes_on = lives * (~experience.ended)[..., None]
    errors = experience.rewards + gamma * lives * next_values - values
    decay = gamma * lam * goes_on
    result = torch.empty_like(errors)
    later = torch.zeros_like(errors[0])
    for time in range(len(errors) - 1, -1, -1):
        later = errors[time] + decay[time] * later
        result[time] = later
    return result
