"""The independent PPO that the program released with the MATRL paper runs as its baseline.

It means to draw minibatches of 2,000 from the 2,000 steps of a batch, but draws their indices
below the number of *arrays* that hold the batch, which is six. So each agent learns from the first
six steps of a batch, which are those of an episode; MATRL's own updates use all 2,000.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from gametools.agents.experience import Experience
from gametools.agents.il_ppo import PRESETS
from gametools.agents.policy_gradient import PolicyGradientLearner
from gametools.agents.ppo import ppo_step
from gametools.agents.registry import LearnerEntry

__all__ = ["ENTRY", "STEPS", "FirstSteps", "first_steps"]

STEPS = 6
"""Arrays of a batch: observations, actions, advantages, returns, log-probabilities, values."""


class FirstSteps(PolicyGradientLearner):
    """Independent PPO that learns from six steps of each batch.

    Notes
    -----
    Source: github.com/matrl-project/matrl, commit c6b97cc, ``sample_batch`` in
    agents/pg_general.py, as trainers/indi_trainer.py uses it. Ours differs: the six steps count
    the same, where 2,000 draws with replacement count each about 333 times; time limits are
    bootstrapped; gradients are clipped; value errors are halved and aim at ``advantage + value``,
    where the program's aim at discounted rewards; and the entropy bonus is one. The program's is
    the mean of ``-log p`` of the actions taken, whose expected gradient is 0 at the policy that
    took them: the nearest setting here is no bonus at all.
    """

    def improve(self, experience: Experience) -> dict[str, float]:
        """Improve all policies on the first steps; advantages are normalised over all."""
        targets = self.targets(experience)
        few = replace(experience, active=experience.active & first_steps(experience.starts))
        return ppo_step(self.model, few, targets, self.config.step, self.generator)


def first_steps(starts: Tensor) -> Tensor:
    """Return where a batch's first six steps of an episode are, bool, shape ``(T, E, 1)``.

    Those of the earliest episode that starts with six steps to go; without one, of the first
    environment.

    Parameters
    ----------
    starts : bool tensor, shape ``(T, E)``
        Of `Experience`.

    Examples
    --------
    >>> import torch
    >>> starts = torch.zeros(9, 2, dtype=torch.bool)
    >>> starts[2, 1] = True
    >>> first_steps(starts)[..., 0].nonzero().tolist()
    [[2, 1], [3, 1], [4, 1], [5, 1], [6, 1], [7, 1]]
    """
    found = starts[: len(starts) - STEPS + 1].nonzero()
    time, env = found[0].tolist() if len(found) else (0, 0)
    where = torch.zeros(*starts.shape, 1, dtype=torch.bool)
    where[time : time + STEPS, env] = True
    return where


ENTRY = LearnerEntry(
    FirstSteps,
    PRESETS,
    "independent PPO with the mistake of MATRL's released baseline",
    "github.com/matrl-project/matrl, commit c6b97cc",
)
