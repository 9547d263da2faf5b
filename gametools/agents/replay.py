"""Experience kept for later: a ring of stretches."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import torch

from gametools.agents.experience import Experience
from gametools.validation import count

__all__ = ["Replay"]


class Replay:
    """A ring buffer of stretches of experience, all of one length.

    Parameters
    ----------
    capacity : int
        Number of stretches kept; the oldest gives way to the newest.

    Notes
    -----
    What is kept, and what is drawn, is an `Experience` whose second axis counts stretches instead
    of environments, so that a learner need not know whether experience is new or old. Stretches
    keep their times together, and the memory that recurrent agents had before the first of them.
    Tensors are allocated once, when the first experience comes.

    Examples
    --------
    >>> from gametools.agents.replay import Replay
    >>> replay = Replay(capacity=1000)
    >>> replay.size
    0
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = count("capacity", capacity, at_least=1)
        self.size, self._next = 0, 0
        self._kept: Experience | None = None

    def add(self, experience: Experience) -> None:
        """Keep a stretch for each environment.

        Raises
        ------
        ValueError
            If there are more environments than places, or stretches of another length.
        """
        times, envs = experience.ended.shape
        if envs > self.capacity:
            raise ValueError(
                f"`experience` must have at most {self.capacity} stretches; got {envs}."
            )
        if self._kept is None:
            self._kept = _room(experience, self.capacity)
        if len(self._kept.ended) != times:
            raise ValueError(
                f"`experience` must have {len(self._kept.ended)} times, as before; got {times}."
            )
        places = (self._next + torch.arange(envs)) % self.capacity
        for name, axis, tensor in _tensors(experience):
            getattr(self._kept, name).index_copy_(axis, places, tensor)
        self._next = (self._next + envs) % self.capacity
        self.size = min(self.size + envs, self.capacity)

    def draw(self, stretches: int, generator: torch.Generator) -> Experience:
        """Draw stretches uniformly, with replacement."""
        if self._kept is None:
            raise RuntimeError("the buffer is empty.")
        return self._kept.environments(torch.randint(self.size, (stretches,), generator=generator))

    def state_dict(self) -> dict[str, Any]:
        """Return a copy of what is kept."""
        kept = None
        if self._kept is not None:
            kept = {
                name: tensor.narrow(axis, 0, self.size).clone()
                for name, axis, tensor in _tensors(self._kept)
            }
        return {"size": self.size, "next": self._next, "kept": kept}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what another buffer of the same capacity kept."""
        self.size, self._next, self._kept = state["size"], state["next"], None
        if state["kept"] is None:
            return
        absent = {field.name: None for field in fields(Experience)}
        kept = Experience(**absent | state["kept"])
        self._kept = _room(kept, self.capacity)
        for name, axis, tensor in _tensors(kept):
            getattr(self._kept, name).narrow(axis, 0, self.size).copy_(tensor)


def _tensors(experience: Experience) -> list[tuple[str, int, torch.Tensor]]:
    """Return name, axis of the environments, and tensor of all that is there."""
    named = [(field.name, getattr(experience, field.name)) for field in fields(experience)]
    return [
        (name, 0 if name == "memory" else 1, tensor) for name, tensor in named if tensor is not None
    ]


def _room(experience: Experience, capacity: int) -> Experience:
    """Return zeros like `experience`, with `capacity` stretches."""
    room: dict[str, Any] = {field.name: None for field in fields(experience)}
    for name, axis, tensor in _tensors(experience):
        shape = list(tensor.shape)
        shape[axis] = capacity
        room[name] = tensor.new_zeros(shape)
    return Experience(**room)
