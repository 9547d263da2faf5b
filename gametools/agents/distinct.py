"""The different observations of a stretch: what a network without memory has to see of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

__all__ = ["Distinct", "distinct"]

WORTHWHILE = 0.75
"""Largest share of different rows at which leaving out the others saves time."""


@dataclass(frozen=True, eq=False)
class Distinct:
    """Each agent's different rows, and where they stood.

    Attributes
    ----------
    rows : tensor, shape ``(1, most, n, k)``
        A stretch of one time with an environment for each row; agents with fewer different rows
        than others have zeros at the end.
    places : int64 tensor, shape ``(T, E, n)``
        Of each time and environment: which of the agent's rows stood there.
    """

    rows: Tensor
    places: Tensor

    def spread(self, output: Tensor) -> Tensor:
        """Put what came of the rows, shape ``(1, most, n, a)``, where they stood, ``(T, E, n, a)``.

        Gradients of equal rows add up.
        """
        index = self.places.flatten(0, 1)[..., None].expand(-1, -1, output.shape[-1])
        return output[0].gather(0, index).view(*self.places.shape, -1)


def distinct(x: Tensor) -> Distinct | None:
    """Find the different rows of each agent; None where most of them differ.

    Parameters
    ----------
    x : tensor, shape ``(T, E, n, k)``

    Notes
    -----
    Rows are equal if they are bit for bit, so nothing is lost. Agents of a grid world see the same
    few things again and again: on Switch, where they see where they are, a batch of 2000 times
    has a dozen different rows, and ten epochs over it cost what ten epochs over a dozen cost.

    Examples
    --------
    >>> import torch
    >>> from gametools.agents.distinct import distinct
    >>> x = torch.tensor([3.0, 5.0, 3.0, 3.0]).view(4, 1, 1, 1)     # four times, one agent
    >>> found = distinct(x)
    >>> found.rows.flatten(), found.places.flatten()
    (tensor([3., 5.]), tensor([0, 1, 0, 0]))
    >>> bool((found.spread(found.rows) == x).all())
    True
    """
    times, envs, agents, size = x.shape
    if not size:
        return None
    flat = np.ascontiguousarray(x.detach().flatten(0, 1).transpose(0, 1).numpy())
    keys = flat.view(np.dtype((np.void, flat.itemsize * size)))[..., 0]
    firsts, places = [], []
    for own in keys:
        _, first, place = np.unique(own, return_index=True, return_inverse=True)
        if len(first) > WORTHWHILE * times * envs:
            return None
        firsts.append(first)
        places.append(place)
    rows = np.zeros((max(map(len, firsts)), agents, size), dtype=flat.dtype)
    for agent, first in enumerate(firsts):
        rows[: len(first), agent] = flat[agent, first]
    stood = torch.as_tensor(np.stack(places, axis=-1)).view(times, envs, agents)
    return Distinct(torch.as_tensor(rows)[None], stood)
