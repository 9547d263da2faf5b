"""What every update rule is: a frozen value with pure `init` and `update`."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from gametools.games.differentiable import DifferentiableGame

__all__ = ["State", "UpdateRule", "take_state"]

Array = NDArray[np.float64]

State = Any
"""A rule's memory: None, an array with the batch axes first, or a tuple of such."""


@runtime_checkable
class UpdateRule(Protocol):
    """A learning rule: a frozen dataclass that holds only its hyper-parameters.

    Attributes
    ----------
    evaluations : int
        gradients that one update evaluates *for each player*: what comparisons at an equal number
        of gradient evaluations divide by.

    Notes
    -----
    `init` and `update` are pure and batched: they leave their arguments as they are, and treat the
    games of a batch independently of each other.
    """

    evaluations: ClassVar[int]

    def init(self, game: DifferentiableGame, x: Array) -> State:
        """Return the memory before the first step, or raise if the rule does not fit the game."""
        ...

    def update(
        self, game: DifferentiableGame, x: Array, state: State, rng: np.random.Generator
    ) -> tuple[Array, State]:
        """Return the next points and the next memory."""
        ...


def take_state(state: State, index: NDArray[np.intp]) -> State:
    """Return the memory of the games of a flat batch at `index`."""
    if state is None:
        return None
    if isinstance(state, tuple):
        return tuple(take_state(part, index) for part in state)
    return np.take(state.T, index, axis=-1).T  # batch last in memory, as it came
