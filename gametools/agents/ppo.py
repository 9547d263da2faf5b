"""The clipped policy step: what independent PPO does, and MATRL twice."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from gametools.agents.actor_critic import ActorCritic
from gametools.agents.experience import Experience, advantages
from gametools.agents.heads import Head
from gametools.validation import count, number

__all__ = ["PPOStep", "Targets", "policy_targets", "ppo_step"]


@dataclass(frozen=True)
class PPOStep:
    """Settings of a series of gradient steps on one stretch of experience.

    Attributes
    ----------
    epochs : int
        Passes over the experience.
    minibatches : int
        Parts of each pass, by environments.
    clip : float
        Ratios count up to 1 plus or minus this.
    value_clip : float or None
        Values move this far from the old ones at most, in the critics' scale; None: freely.
    entropy, kl, value, policy : float
        Weights of the entropy bonus, of the divergence from the old policy, of the value loss
        (half the squared error), and of the surrogate.
    target_kl : float or None
        An agent whose divergence from the old policy passes one and a half times this stops.
    """

    epochs: int = 5
    minibatches: int = 1
    clip: float = 0.2
    value_clip: float | None = None
    entropy: float = 0.01
    kl: float = 0.0
    value: float = 0.5
    policy: float = 1.0
    target_kl: float | None = None

    def __post_init__(self) -> None:
        count("epochs", self.epochs, at_least=1)
        count("minibatches", self.minibatches, at_least=1)
        number("clip", self.clip, above=0)
        for name in ("value_clip", "target_kl"):
            if getattr(self, name) is not None:
                number(name, getattr(self, name), above=0)
        weights = ("entropy", "kl", "value", "policy")
        for name in weights:
            number(name, getattr(self, name), at_least=0)
        if not any(getattr(self, name) for name in weights):
            raise ValueError(f"one of {', '.join(weights)} must be positive; all are 0.")

    def require_environments(self, name: str, envs: int) -> None:
        """Raise where there are fewer environments than minibatches to deal them to."""
        if self.minibatches > envs:
            raise ValueError(
                f"`{name}.minibatches` must be at most `num_envs`, {envs}, for whole environments "
                f"are dealt to them; got {self.minibatches}."
            )


@dataclass(frozen=True, eq=False)
class Targets:
    """What a policy step aims at, fixed before the first gradient step.

    Attributes
    ----------
    advantages : tensor, shape ``(T, E, n)``
        Normalised over each agent's active steps if asked for.
    returns : tensor, shape ``(T, E, n)``
        What values should be, in the critics' scale.
    values : tensor, shape ``(T, E, n)``
        What they are, in the critics' scale.
    old : Head
        The policies that collected the experience.
    """

    advantages: Tensor
    returns: Tensor
    values: Tensor
    old: Head

    def environments(self, index: Tensor) -> Targets:
        """Pick environments, with all their times."""
        return Targets(
            self.advantages.index_select(1, index),
            self.returns.index_select(1, index),
            self.values.index_select(1, index),
            self.old.environments(index),
        )


@torch.no_grad()
def policy_targets(
    model: ActorCritic, experience: Experience, *, gamma: float, lam: float, normalise: bool
) -> Targets:
    """Return advantages, returns and old policies; the value scale learns the returns."""
    scaled, memories = model.scaled_values(experience)
    values = model.restored(scaled)
    next_values = model.restored(model.next_scaled_values(experience, memories))
    gained = advantages(experience, values, next_values, gamma=gamma, lam=lam)
    returns = gained + values
    if normalise:
        middle = experience.mean(gained)
        spread = experience.mean((gained - middle).square())
        gained = (gained - middle) / (spread.sqrt() + 1e-8)
    if model.scale is not None:
        model.scale.observe(returns, experience.active)
        returns = model.scale.scaled(returns)
    return Targets(gained, returns, scaled, model.distribution(experience))


def ppo_step(
    model: ActorCritic,
    experience: Experience,
    targets: Targets,
    settings: PPOStep,
    generator: torch.Generator,
    weights: Tensor | None = None,
) -> dict[str, float]:
    """Improve policies and values in place; return diagnostics.

    Parameters
    ----------
    model : ActorCritic
    experience : Experience
    targets : Targets
    settings : PPOStep
    generator : torch.Generator
        Deals environments to minibatches; not used where there is one.
    weights : tensor, shape ``(T, E, n)``, optional
        Importance of each agent's steps; 1 by default.

    Notes
    -----
    Each agent descends its own loss, averaged over the steps it was active in; agents that share
    a network descend the average of theirs.

    Source: Schulman et al. (2017), equations 7 and 9, with the penalty of equation 8 as an option.
    Ours differs in stopping each agent by itself at `target_kl`, before the step that would
    follow.
    """
    groups = torch.tensor(model.policy.network.groups)
    learning = torch.ones(model.networks, dtype=torch.bool)
    envs = experience.active.shape[1]
    settings.require_environments("step", envs)
    report: dict[str, Tensor] = {}
    weighted = targets.advantages if weights is None else weights * targets.advantages
    aims = Targets(weighted, targets.returns, targets.values, targets.old)
    for _ in range(settings.epochs):
        for index in _dealt(envs, settings.minibatches, generator):
            part, aim = experience, aims
            if index is not None:
                part, aim = experience.environments(index), aims.environments(index)
            losses, report = _losses(model, part, aim, settings)
            if settings.target_kl is not None:
                learning = learning & _below(
                    report["kl"].detach(), 1.5 * settings.target_kl, groups, model.networks
                )
                if not learning.any():
                    break
            shared = torch.bincount(groups)[groups]
            model.optimiser.step((losses / shared).sum(), learning)
        if not learning.any():
            break
    with torch.no_grad():
        _, report = _losses(model, experience, aims, settings)
    return by_agent(report)


@torch.no_grad()
def policy_report(model: ActorCritic, experience: Experience, targets: Targets) -> dict[str, float]:
    """Return each agent's ``kl`` from the old policy, ``entropy`` and unclipped ``surrogate``."""
    new = model.distribution(experience)
    ratios = (new.log_prob(experience.actions) - experience.log_probs).exp()
    report = {
        "surrogate": ratios * targets.advantages,
        "entropy": new.entropy(),
        "kl": new.divergence_from(targets.old),
    }
    return by_agent({name: experience.mean(values) for name, values in report.items()})


def by_agent(report: dict[str, Tensor]) -> dict[str, float]:
    """Return numbers by names such as ``kl/0`` of tensors of shape ``(n,)``."""
    return {
        f"{name}/{agent}": float(value)
        for name, values in report.items()
        for agent, value in enumerate(values.tolist())
    }


def _losses(
    model: ActorCritic, experience: Experience, targets: Targets, settings: PPOStep
) -> tuple[Tensor, dict[str, Tensor]]:
    """Return each agent's loss, and its diagnostics, shape ``(n,)`` each."""
    new = model.distribution(experience)
    ratios = (new.log_prob(experience.actions) - experience.log_probs).exp()
    clipped = ratios.clamp(1 - settings.clip, 1 + settings.clip)
    gained = targets.advantages
    surrogate = torch.minimum(ratios * gained, clipped * gained)
    divergence = new.divergence_from(targets.old)
    entropy = new.entropy()
    mean = experience.mean
    report = {
        "surrogate": mean(surrogate), "entropy": mean(entropy), "kl": mean(divergence),
        "clipped": mean((ratios != clipped).to(ratios.dtype)),
    }  # fmt: skip
    weights = {"surrogate": -settings.policy, "entropy": -settings.entropy, "kl": settings.kl}
    if settings.value:
        report["value_loss"] = 0.5 * mean(_value_errors(model, experience, targets, settings))
        weights["value_loss"] = settings.value
    # Momentum moves what has a gradient, even one of 0: what has no weight must have none.
    loss = sum(weight * report[name] for name, weight in weights.items() if weight)
    return loss, {name: values.detach() for name, values in report.items()}


def _value_errors(
    model: ActorCritic, experience: Experience, targets: Targets, settings: PPOStep
) -> Tensor:
    """Return squared errors of the values, the larger of free and clipped ones."""
    values, _ = model.scaled_values(experience)
    errors = (values - targets.returns).square()
    if settings.value_clip is None:
        return errors
    moved = (values - targets.values).clamp(-settings.value_clip, settings.value_clip)
    return torch.maximum(errors, (targets.values + moved - targets.returns).square())


def _below(divergences: Tensor, most: float, groups: Tensor, networks: int) -> Tensor:
    """Return which networks are near enough to the old ones: those all of whose agents are."""
    far = torch.zeros(networks, dtype=torch.int64)
    far.index_add_(0, groups, (divergences > most).to(torch.int64))
    return far == 0


def _dealt(envs: int, parts: int, generator: torch.Generator) -> list[Tensor | None]:
    """Deal environments into parts; None for all of them in their order."""
    if parts == 1:
        return [None]
    return list(torch.randperm(envs, generator=generator).chunk(parts))
