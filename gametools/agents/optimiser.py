"""Adam over stacked networks, each as if it were alone."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["StackedAdam"]


class StackedAdam:
    """Adam for parameters whose first axis counts networks.

    Adam works entry by entry, so networks side by side learn as they would alone. Two things would
    couple them, and are done for each network by itself here: clipping the gradient's norm, and
    stopping early, which leaves a network and its moments as they are. The count of steps, which
    corrects the moments' bias, is common: agents that learn one after another, as in sequential
    updates, need an optimiser each.

    Parameters
    ----------
    *groups : iterables of Parameter
        Shapes ``(networks, ...)``: parts of the networks whose gradients are clipped apart, as
        policies and critics are.
    lr : float
    eps : float
    max_norm : float or None
        Largest norm of a network's gradient in a group.
    """

    def __init__(
        self,
        *groups: Iterable[nn.Parameter],
        lr: float,
        eps: float = 1e-5,
        max_norm: float | None = None,
    ) -> None:
        self.groups = [list(group) for group in groups]
        self.parameters = list(itertools.chain(*self.groups))
        self.max_norm = max_norm
        self._adam = torch.optim.Adam(self.parameters, lr=lr, eps=eps, fused=True)

    def step(self, loss: Tensor, learning: Tensor | None = None) -> None:
        """Descend once; only networks where `learning` is true move."""
        self._adam.zero_grad(set_to_none=True)
        loss.backward()
        if self.max_norm is not None:
            for group in self.groups:
                _clip([p for p in group if p.grad is not None], self.max_norm)
        if learning is None or bool(learning.all()):
            self._adam.step()
            return
        stopped = ~learning
        kept = [self._slices(parameter, stopped) for parameter in self.parameters]
        self._adam.step()
        for parameter, before in zip(self.parameters, kept, strict=True):
            # One that has never had a gradient still has no moments.
            for tensor, values in zip(self._tensors(parameter), before, strict=False):
                tensor[stopped] = values

    def _tensors(self, parameter: nn.Parameter) -> list[Tensor]:
        moments = self._adam.state.get(parameter, {})
        own = [moments[name] for name in ("exp_avg", "exp_avg_sq") if name in moments]
        return [parameter.data, *own]

    def _slices(self, parameter: nn.Parameter, stopped: Tensor) -> list[Tensor]:
        own = [tensor[stopped].clone() for tensor in self._tensors(parameter)]
        # Before the first step there are no moments yet: they start from 0.
        return own + [torch.zeros_like(own[0])] * (3 - len(own))

    def state_dict(self) -> dict[str, Any]:
        """Return the moments and the count of steps."""
        return dict(self._adam.state_dict())

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over moments and count; two optimisers never share them."""
        self._adam.load_state_dict(copy.deepcopy(state))


@torch.no_grad()
def _clip(parameters: list[nn.Parameter], most: float) -> None:
    """Scale each network's gradient down to a norm of at most `most`."""
    if parameters:
        squares = torch.stack([p.grad.flatten(1).square().sum(dim=1) for p in parameters])
        factors = (most / (squares.sum(dim=0).sqrt() + 1e-6)).clamp_max(1.0)
        for parameter in parameters:
            parameter.grad *= factors.view(-1, *(1,) * (parameter.dim() - 1))
