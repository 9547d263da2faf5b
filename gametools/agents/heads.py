"""Distributions over actions, for all agents at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

__all__ = ["Categorical", "Gaussian", "Head"]

_FORBIDDEN = -1e10
_LOG_TWO_PI = math.log(2 * math.pi)


class Head(Protocol):
    """Distributions over actions, of any kind."""

    def sample(self, generator: torch.Generator) -> Tensor: ...  # noqa: D102

    def mode(self) -> Tensor: ...  # noqa: D102

    def log_prob(self, actions: Tensor) -> Tensor: ...  # noqa: D102

    def entropy(self) -> Tensor: ...  # noqa: D102

    def divergence_from(self, old: Any) -> Tensor:
        """Return ``KL(old || self)`` of distributions of the same kind."""
        ...

    def environments(self, index: Tensor) -> Head:
        """Pick environments, the second axis."""
        ...


@dataclass(frozen=True, eq=False)
class Categorical:
    """Distributions over finitely many actions.

    Attributes
    ----------
    logits : tensor, shape ``(..., actions)``
        Normalised: the logarithms of probabilities.
    """

    logits: Tensor

    @classmethod
    def of(cls, scores: Tensor, masks: Tensor | None = None) -> Categorical:
        """Normalise scores; actions that `masks` forbids get no probability."""
        if masks is not None:
            scores = torch.where(masks, scores, _FORBIDDEN)
        return cls(scores - scores.logsumexp(dim=-1, keepdim=True))

    @property
    def probabilities(self) -> Tensor:
        """Probabilities, shape ``(..., actions)``."""
        return self.logits.exp()

    def sample(self, generator: torch.Generator) -> Tensor:
        """Draw an action from each, shape ``(...)``, by the Gumbel trick."""
        uniform = torch.rand(self.logits.shape, generator=generator)
        return (self.logits - torch.log(-torch.log(uniform.clamp_min(1e-30)))).argmax(dim=-1)

    def mode(self) -> Tensor:
        """Return the likeliest actions."""
        return self.logits.argmax(dim=-1)

    def log_prob(self, actions: Tensor) -> Tensor:
        """Return logarithms of the actions' probabilities, shape ``(...)``."""
        return self.logits.gather(-1, actions[..., None])[..., 0]

    def entropy(self) -> Tensor:
        """Return the entropies, shape ``(...)``."""
        return -(self.logits.exp() * self.logits).sum(dim=-1)

    def divergence_from(self, old: Categorical) -> Tensor:
        """Return the divergences ``KL(old || self)``, shape ``(...)``."""
        return (old.logits.exp() * (old.logits - self.logits)).sum(dim=-1)

    def environments(self, index: Tensor) -> Categorical:
        """Pick environments, the second axis."""
        return Categorical(self.logits.index_select(1, index))


@dataclass(frozen=True, eq=False)
class Gaussian:
    """Independent normal distributions over action dimensions.

    Attributes
    ----------
    mean, log_std : tensors, shape ``(..., dimensions)``
    used : tensor, shape ``(..., dimensions)``
        1 for an agent's own dimensions, 0 for padding, which counts nowhere.
    """

    mean: Tensor
    log_std: Tensor
    used: Tensor

    def sample(self, generator: torch.Generator) -> Tensor:
        """Draw an action from each, shape ``(..., dimensions)``; padding is 0."""
        noise = torch.randn(self.mean.shape, generator=generator)
        return (self.mean + self.log_std.exp() * noise) * self.used

    def mode(self) -> Tensor:
        """Return the means."""
        return self.mean * self.used

    def log_prob(self, actions: Tensor) -> Tensor:
        """Return the log-densities, summed over dimensions, shape ``(...)``."""
        z = (actions - self.mean) * (-self.log_std).exp()
        return -((0.5 * (z**2 + _LOG_TWO_PI) + self.log_std) * self.used).sum(dim=-1)

    def entropy(self) -> Tensor:
        """Return the differential entropies, shape ``(...)``."""
        return ((0.5 * (1 + _LOG_TWO_PI) + self.log_std) * self.used).sum(dim=-1)

    def divergence_from(self, old: Gaussian) -> Tensor:
        """Return the divergences ``KL(old || self)``, shape ``(...)``."""
        variance = (2 * old.log_std).exp() + (old.mean - self.mean) ** 2
        each = self.log_std - old.log_std + 0.5 * variance * (-2 * self.log_std).exp() - 0.5
        return (each * self.used).sum(dim=-1)

    def environments(self, index: Tensor) -> Gaussian:
        """Pick environments, the second axis."""
        parts = (self.mean, self.log_std, self.used)
        return Gaussian(*(part.index_select(1, index) for part in parts))
