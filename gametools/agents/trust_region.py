"""The trust-region policy step: natural gradients of all agents at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from gametools.agents.actor_critic import ActorCritic
from gametools.agents.experience import Experience
from gametools.agents.ppo import Targets, by_agent
from gametools.validation import count, number

__all__ = ["TRPOStep", "trpo_step"]

Vector = list[Tensor]
"""A tensor for each parameter, first axis the networks."""


@dataclass(frozen=True)
class TRPOStep:
    """Settings of one trust-region step of the policies.

    Attributes
    ----------
    radius : float
        Largest mean divergence of each network's agents from their old policies.
    damping : float
        Added to the Fisher matrix, as a multiple of the identity.
    iterations : int
        Of conjugate gradients.
    backtracks : int
        Steps tried, each `shrink` times as long as the last, before the step is given up.
    shrink : float
        Factor of each backtrack, in (0, 1).
    accept : float
        Least share of the improvement that the gradient promises.
    """

    radius: float = 0.01
    damping: float = 0.1
    iterations: int = 10
    backtracks: int = 10
    shrink: float = 0.8
    accept: float = 0.5

    def __post_init__(self) -> None:
        number("radius", self.radius, above=0)
        number("damping", self.damping, at_least=0)
        count("iterations", self.iterations, at_least=1)
        count("backtracks", self.backtracks, at_least=1)
        number("shrink", self.shrink, above=0, at_most=1)
        number("accept", self.accept, at_least=0, at_most=1)


def trpo_step(
    model: ActorCritic,
    experience: Experience,
    targets: Targets,
    settings: TRPOStep,
    weights: Tensor | None = None,
) -> dict[str, float]:
    """Improve the policies in place by a step of bounded divergence; critics stay.

    Parameters
    ----------
    model : ActorCritic
    experience : Experience
    targets : Targets
    settings : TRPOStep
    weights : tensor, shape ``(T, E, n)``, optional
        Importance of each agent's steps; 1 by default.

    Returns
    -------
    dict
        For each agent its ``kl`` from the old policy and its ``surrogate``; 0 where no step was
        accepted.

    Notes
    -----
    Networks have Fisher matrices of their own: conjugate gradients and line search run side by
    side, each network with its own step lengths. Agents that share a network share a step.

    Source: Schulman et al. (2015), appendix C; Nocedal and Wright (2006), algorithm 5.2. The
    divergence is the exact one of the heads, averaged over active steps.
    """
    aim = _Aim(model, experience, targets, weights)
    parameters = list(model.policy.parameters())
    surrogate, divergence = aim.per_agent()
    gradient = _vector(
        torch.autograd.grad(aim.per_network(surrogate).sum(), parameters, retain_graph=True),
        parameters,
    )
    slopes = torch.autograd.grad(
        aim.per_network(divergence).sum(), parameters, create_graph=True, allow_unused=True
    )

    def curvature(vector: Vector) -> Vector:
        product = sum((s * v).sum() for s, v in zip(slopes, vector, strict=True) if s is not None)
        found = torch.autograd.grad(product, parameters, retain_graph=True, allow_unused=True)
        own = _vector(found, parameters)
        return [o + settings.damping * v for o, v in zip(own, vector, strict=True)]

    direction = _conjugate_gradients(curvature, gradient, settings.iterations)
    quadratic = _dot(direction, curvature(direction))
    length = (2 * settings.radius / quadratic.clamp_min(1e-12)).sqrt()
    promised = length * _dot(gradient, direction)
    taken = _search(
        aim, parameters, _times(length, direction), promised, surrogate.detach(), settings
    )
    with torch.no_grad():
        surrogate, divergence = aim.per_agent()
    return by_agent({"surrogate": surrogate, "kl": divergence, "accepted": taken[aim.groups]})


class _Aim:
    """What the step improves and what it bounds, at the policies' present parameters."""

    def __init__(
        self, model: ActorCritic, experience: Experience, targets: Targets, weights: Tensor | None
    ) -> None:
        self.model, self.experience, self.old = model, experience, targets.old
        self.gained = targets.advantages if weights is None else weights * targets.advantages
        self.groups = torch.tensor(model.policy.network.groups)

    def per_agent(self) -> tuple[Tensor, Tensor]:
        """Each agent's surrogate and divergence, shape ``(n,)``."""
        new, seen = self.model.distribution(self.experience), self.experience
        ratios = (new.log_prob(seen.actions) - seen.log_probs).exp()
        return seen.mean(ratios * self.gained), seen.mean(new.divergence_from(self.old))

    def per_network(self, values: Tensor) -> Tensor:
        """Means over the agents that share a network."""
        sums = torch.zeros(self.model.networks).index_add(0, self.groups, values)
        return sums / torch.bincount(self.groups).to(values.dtype)


@torch.no_grad()
def _search(
    aim: _Aim,
    parameters: list[Tensor],
    step: Vector,
    promised: Tensor,
    surrogate: Tensor,
    settings: TRPOStep,
) -> Tensor:
    """Move along `step` as far as each network may; return which moved, shape ``(networks,)``."""
    start = [parameter.clone() for parameter in parameters]
    taken = torch.zeros(aim.model.networks, dtype=torch.bool)
    scale = torch.ones(aim.model.networks)
    before = aim.per_network(surrogate)
    for _ in range(settings.backtracks):
        _place(parameters, start, step, scale)
        gains, divergences = (aim.per_network(values) for values in aim.per_agent())
        better = gains - before
        enough = better > settings.accept * scale * promised
        taken = (divergences <= settings.radius) & enough & (better > 0)
        if taken.all():
            break
        scale = torch.where(taken, scale, scale * settings.shrink)
    _place(parameters, start, step, torch.where(taken, scale, 0.0))
    return taken


def _vector(found: tuple[Tensor | None, ...], parameters: list[Tensor]) -> Vector:
    """Return gradients, 0 where a parameter has none."""
    return [
        torch.zeros_like(p) if g is None else g.detach()
        for g, p in zip(found, parameters, strict=True)
    ]


def _dot(one: Vector, two: Vector) -> Tensor:
    """Return inner products, network by network, shape ``(networks,)``."""
    return sum(
        ((a * b).flatten(1).sum(dim=1) for a, b in zip(one, two, strict=True)),
        start=torch.zeros(len(one[0])),
    )


def _conjugate_gradients(
    curvature: Callable[[Vector], Vector], target: Vector, iterations: int
) -> Vector:
    """Solve ``curvature(x) = target`` for all networks side by side."""
    solution = [torch.zeros_like(t) for t in target]
    residual, direction = [t.clone() for t in target], [t.clone() for t in target]
    error = _dot(residual, residual)
    for _ in range(iterations):
        image = curvature(direction)
        # A network that is done has nothing left to divide.
        step = torch.where(error > 1e-20, error / _dot(direction, image).clamp_min(1e-20), 0.0)
        solution = _plus(solution, step, direction)
        residual = _plus(residual, -step, image)
        new = _dot(residual, residual)
        direction = _plus(residual, torch.where(error > 1e-20, new / error, 0.0), direction)
        error = new
    return solution


def _times(factors: Tensor, vector: Vector) -> Vector:
    """Scale each network's part."""
    return [factors.view(-1, *(1,) * (v.dim() - 1)) * v for v in vector]


def _plus(vector: Vector, factors: Tensor, other: Vector) -> Vector:
    return [v + o for v, o in zip(vector, _times(factors, other), strict=True)]


def _place(parameters: list[Tensor], start: Vector, direction: Vector, lengths: Tensor) -> None:
    """Put the parameters at ``start + lengths * direction``."""
    for parameter, moved in zip(parameters, _plus(start, lengths, direction), strict=True):
        parameter.copy_(moved)
