"""Updating: what every learner is, whatever it learns by."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor

from gametools.agents.experience import Experience
from gametools.agents.policy import Decision, Situation
from gametools.agents.spec import Spec

__all__ = ["Learner"]


@runtime_checkable
class Learner(Protocol):
    """Turns experience into better play.

    A learner is made by ``Class(spec, config, seed)``; `spec` is all that it knows of the
    environment, `config` a frozen dataclass beside it in its file, and `seed` starts its own
    generator: nothing touches the global one. It never sees an environment.

    Attributes
    ----------
    spec : Spec
    config : frozen dataclass
        With at least ``num_envs`` and ``steps_per_update``: how experience is to be collected.
    """

    spec: Spec
    config: Any

    def initial_memory(self, num_envs: int) -> Tensor:
        """Return what agents remember before an episode, shape ``(num_envs, n, m)``."""
        ...

    def explore(self, situation: Situation) -> Decision:
        """Act while learning, with the learner's own generator."""
        ...

    def play(
        self, situation: Situation, generator: torch.Generator, *, greedy: bool = True
    ) -> Decision:
        """Act in an evaluation: nothing of the learner changes."""
        ...

    def update(self, experience: Experience) -> dict[str, float]:
        """Learn from new experience; return diagnostics by name."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """Return everything that the next update depends on, generator and buffers included."""
        ...

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over a state of the same learner."""
        ...
