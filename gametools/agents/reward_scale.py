"""Rewards on one scale, whatever the environment pays in."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["RewardScale"]


class RewardScale(nn.Module):
    """Running deviation of the rewards seen so far.

    Source: the reward standardisation of EPyMARL (Papoudakis et al. 2021). Ours differs: each
    reward is counted once, when it comes, not whenever it is replayed; and the mean is not taken
    off, since that would change what it is worth to end an episode.

    Examples
    --------
    >>> import torch
    >>> from gametools.agents.reward_scale import RewardScale
    >>> scale = RewardScale()
    >>> scale.observe(torch.tensor([0.0, 4.0]))
    >>> scale.scaled(torch.tensor([4.0]))
    tensor([2.])
    """

    def __init__(self) -> None:
        super().__init__()
        for name in ("count", "mean", "squares"):
            self.register_buffer(name, torch.zeros((), dtype=torch.float64))

    def observe(self, rewards: Tensor) -> None:
        """Count rewards, of any shape (Chan's update of mean and sum of squares)."""
        new = rewards.to(torch.float64)
        total = self.count + new.numel()
        shift = new.mean() - self.mean
        spread = (new - new.mean()).square().sum()
        self.squares += spread + shift**2 * self.count * new.numel() / total
        self.mean += shift * new.numel() / total
        self.count.copy_(total)

    def scaled(self, rewards: Tensor) -> Tensor:
        """Return rewards in units of their deviation; as they are while it is 0."""
        deviation = (self.squares / self.count.clamp_min(1.0)).sqrt()
        return rewards / torch.where(deviation > 1e-6, deviation, 1.0).to(rewards.dtype)
