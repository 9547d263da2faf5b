"""The current-or-predicted game, its payoffs estimated from one stretch of experience."""

from __future__ import annotations

import itertools

import numpy as np
import torch
from torch import Tensor

from gametools.games.normal_form import NormalFormGame

__all__ = ["PAYOFFS", "sampled_meta_game"]

PAYOFFS = ("joint-mean", "product-of-means")
"""How `sampled_meta_game` may estimate an expected advantage."""


def sampled_meta_game(
    advantages: Tensor,
    ratios: Tensor,
    active: Tensor,
    *,
    payoff: str = "joint-mean",
    clip: float | None = None,
) -> NormalFormGame:
    """Return the game in which each agent chooses its current or its predicted policy.

    Parameters
    ----------
    advantages : tensor, shape ``(T, E, n)``
        Of the actions taken under the current policies.
    ratios : tensor, shape ``(T, E, n)``
        Probability of each agent's action under its predicted policy, over that under its current.
    active : bool tensor, shape ``(T, E, n)``
        Steps that count for an agent; where one is not active its ratio counts as 1.
    payoff : {"joint-mean", "product-of-means"}
        See below.
    clip : float, optional
        Ratios count up to 1 plus or minus this.

    Returns
    -------
    NormalFormGame
        n players; action 0 is current, action 1 predicted. All-current pays 0.

    Notes
    -----
    ``"joint-mean"``: the mean of ``A_i (prod_j r_j - 1)`` over agent i's active steps, the product
    over the agents that choose predicted. The 1 takes away the mean advantage, whose expectation
    is 0, and with it most of the variance. ``"product-of-means"``: ``mean(A_i) mean(prod_j r_j)``,
    as the program released with the paper computes it; with normalised advantages it is 0
    throughout.

    Source: Wen et al. (2021), equations 3 and 5, estimated as section 2.2 says: states are those
    that the current policies visit. Ours differs by the 1.

    Examples
    --------
    >>> import torch
    >>> from gametools.agents.sampled_meta_game import sampled_meta_game
    >>> advantages = torch.tensor([[[1.0, -1.0]], [[-1.0, 1.0]]])       # two times, one world
    >>> ratios = torch.tensor([[[1.5, 1.0]], [[0.5, 1.0]]])             # agent 0 moves
    >>> sampled_meta_game(advantages, ratios, torch.ones(2, 1, 2, dtype=bool)).payoffs[0]
    array([[0. , 0. ],
           [0.5, 0.5]])
    """
    n = ratios.shape[-1]
    if clip is not None:
        ratios = ratios.clamp(1 - clip, 1 + clip)
    ratios = torch.where(active, ratios, 1.0).to(torch.float64)
    gained = advantages.to(torch.float64) * active
    counts = active.sum(dim=(0, 1)).clamp_min(1)
    payoffs = np.zeros((n, *(2,) * n))
    for choice in itertools.product((0, 1), repeat=n):
        if not any(choice):
            continue
        weight = ratios[..., [agent for agent in range(n) if choice[agent]]].prod(dim=-1)
        if payoff == "product-of-means":
            value = gained.sum(dim=(0, 1)) / counts * weight.mean()
        else:
            value = (gained * (weight - 1)[..., None]).sum(dim=(0, 1)) / counts
        entry: tuple[slice | int, ...] = (slice(None), *choice)
        payoffs[entry] = value.numpy()
    return NormalFormGame(payoffs, n)
