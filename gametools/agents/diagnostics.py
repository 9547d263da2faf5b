"""What an update is up against, and what it did: agreement of gradients, divergence, churn."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor

from gametools.agents.actor_critic import ActorCritic
from gametools.agents.experience import Experience
from gametools.agents.ppo import Targets

__all__ = ["gradient_alignment", "joint_divergence", "policy_churn"]

STEPS = 500
"""Most joint steps that the alignment of gradients is estimated from."""


def gradient_alignment(
    model: ActorCritic, experience: Experience, targets: Targets
) -> dict[str, float]:
    """Return how far agents agree on where each one's policy should go.

    Returns
    -------
    dict
        ``"alignment_ij"``: the cosine between what agent i and what agent j itself would make of
        agent j's policy; 1 for equal advantages, -1 for opposite ones. Agents that share a network
        are compared by their own gradients on it. Nothing is said of a gradient that is 0.

    Notes
    -----
    Estimated from the first environments, at most `STEPS` joint steps: a gradient for each agent
    of the whole stretch would cost as much as several epochs of learning.

    Source: the policy gradient theorem, with advantages ``A_i`` on the score of ``pi_j``; the
    cosine of gradients as in Yu et al. (2020), definition 1, there between tasks.
    """
    times, envs = experience.ended.shape
    if times * envs > STEPS:
        few = torch.arange(max(1, STEPS // times))
        experience, targets = experience.environments(few), targets.environments(few)
    groups = model.policy.network.groups
    agents = range(len(groups))
    scores = model.distribution(experience).log_prob(experience.actions) * experience.active
    gained = targets.advantages * experience.active
    parameters = list(model.policy.parameters())

    def gradient(i: int, score: Tensor) -> list[Tensor]:
        """What agent i would make of whose scores these are."""
        value = (gained[..., i, None] * score).sum()
        return list(torch.autograd.grad(value, parameters, retain_graph=True))

    wishes: dict[tuple[int, int], Tensor] = {}
    for i in agents:
        if model.networks == len(agents):  # one gradient holds them all, side by side
            found = gradient(i, scores)
            wishes |= {(i, j): _of_network(found, j) for j in agents}
            continue
        others = [j for j in agents if groups[j] != groups[i]]
        for j in (i, *others):
            wishes[i, j] = _of_network(gradient(i, scores[..., j, None]), groups[j])
    report = {}
    for i, j in itertools.permutations(agents, 2):
        shared = groups[i] == groups[j]
        if shared and i > j:
            continue
        cosine = _cosine(wishes[i, i if shared else j], wishes[j, j])
        if cosine is not None:
            report[f"alignment_{i}{'_' * (len(agents) > 10)}{j}"] = cosine
    return report


def joint_divergence(report: dict[str, float]) -> float:
    """Return the divergence of the joint policy from the old one: the sum over agents."""
    return sum(value for name, value in report.items() if name.startswith("kl/"))


def _of_network(gradients: list[Tensor], network: int) -> Tensor:
    return torch.cat([gradient[network].flatten() for gradient in gradients])


def _cosine(one: Tensor, two: Tensor) -> float | None:
    size = float(one.norm() * two.norm())
    return float(one @ two) / size if size > 0 else None


def policy_churn(before: Tensor, after: Tensor, active: Tensor) -> dict[str, Tensor]:
    """Return at which share of the steps an update changed the best action.

    ``churn/i`` is of agent i's active steps; ``joint_churn`` of the steps at which any agent was
    active, and that of any of those changed.

    Parameters
    ----------
    before, after : integer tensors, shape ``(T, E, n)``
    active : bool tensor, shape ``(T, E, n)``

    Notes
    -----
    Source: Schaul et al. (2022), "The Phenomenon of Policy Churn"; here on the experience just
    collected. It stands where learners by policy gradients report divergences, which are infinite
    between greedy policies.
    """
    changed = (before != after) & active
    counts = active.sum(dim=(0, 1)).clamp_min(1)
    shares = changed.sum(dim=(0, 1)) / counts
    joint = changed.any(dim=-1).sum() / active.any(dim=-1).sum().clamp_min(1)
    return {f"churn/{i}": share for i, share in enumerate(shares)} | {"joint_churn": joint}
