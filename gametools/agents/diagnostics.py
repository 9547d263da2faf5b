"""What a policy update is up against: do the agents' gradients agree?"""

from __future__ import annotations

import itertools

import torch
from torch import Tensor

from gametools.agents.actor_critic import ActorCritic
from gametools.agents.experience import Experience
from gametools.agents.ppo import Targets

__all__ = ["gradient_alignment", "joint_divergence"]


def gradient_alignment(
    model: ActorCritic, experience: Experience, targets: Targets
) -> dict[str, float]:
    """Return how far agents agree on where each one's policy should go.

    Returns
    -------
    dict
        ``"alignment_ij"``: the cosine between what agent i and what agent j itself would make of
        agent j's policy; 1 for equal advantages, -1 for opposite ones. Agents that share networks
        are compared by their own gradients on these. Nothing is said of a gradient that is 0.

    Notes
    -----
    Source: the policy gradient theorem, with advantages ``A_i`` on the score of ``pi_j``; the
    cosine of gradients as in Yu et al. (2020), definition 1, there between tasks.
    """
    agents = range(len(model.policy.network.groups))
    apart = model.networks == len(agents)
    scores = model.distribution(experience).log_prob(experience.actions) * experience.active
    parameters = list(model.policy.parameters())
    gradients = []
    for i in agents:
        gained = targets.advantages[..., i] * experience.active[..., i]
        own = scores if apart else scores[..., i : i + 1]
        found = torch.autograd.grad((gained[..., None] * own).sum(), parameters, retain_graph=True)
        gradients.append([gradient.detach() for gradient in found])
    report = {}
    for i, j in itertools.permutations(agents, 2):
        if not apart and i > j:
            continue
        part = slice(j, j + 1) if apart else slice(None)
        cosine = _cosine(_flat(gradients[i], part), _flat(gradients[j], part))
        if cosine is not None:
            report[f"alignment_{i}{j}"] = cosine
    return report


def joint_divergence(report: dict[str, float]) -> float:
    """Return the divergence of the joint policy from the old one: the sum over agents."""
    return sum(value for name, value in report.items() if name.startswith("kl/"))


def _flat(gradients: list[Tensor], part: slice) -> Tensor:
    return torch.cat([gradient[part].flatten() for gradient in gradients])


def _cosine(one: Tensor, two: Tensor) -> float | None:
    size = float(one.norm() * two.norm())
    return float(one @ two) / size if size > 0 else None
