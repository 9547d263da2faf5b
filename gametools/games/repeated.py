"""Repeated games of players that remember one round, exact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gametools.games.differentiable import losses_from_payoffs
from gametools.games.domains import Box, Domain, Euclidean, as_points
from gametools.games.normal_form import NormalFormGame
from gametools.games.sigmoid import logits, sigmoid
from gametools.validation import choice, number

__all__ = ["RepeatedGame"]

Array = NDArray[np.float64]

_ROUNDS = np.array([[0, 1, 2, 3, 4], [0, 1, 3, 2, 4]])
"""Where each player's parameters stand: start, then CC, CD, DC, DD with player 1's action first."""


_SITUATION = _ROUNDS.reshape(-1)
"""The joint situation that each of the ten parameters belongs to."""
_TOGETHER = np.equal.outer(_SITUATION, _SITUATION) & ~np.eye(10, dtype=bool)
"""Which two parameters, one of each player, act in the same situation."""


class _Value(NamedTuple):
    """What the linear solve gives; its rows and columns of 10 are the parameters, p and q."""

    losses: Array
    """``(*batch, 2)``"""
    weight: Array
    """Discounted number of decisions in p's situation, ``(*batch, 10)``."""
    rise: Array
    """What each loss gains if one of them is the first action more often, ``(*batch, 2, 10)``."""
    visits: Array
    """What that adds to the later decisions in q's situation, ``(*batch, 10, 10)``."""
    twist: Array
    """What each loss gains more if *both* play it more, in any situation, ``(*batch, 2)``."""


class RepeatedGame:
    """A 2x2 game repeated for ever, discounted, between players that remember the last round.

    Parameters
    ----------
    stage : NormalFormGame
        The game of each round: two players, two actions; one game or a batch.
    discount : float
        Weight of the next round against this one, at least 0 and below 1.
    coordinates : {"sigmoid", "probability"}
        Whether parameters are logits (any numbers) or probabilities (a box).
    normalised : bool
        Whether losses are averages over rounds, ``(1 - discount)`` times the discounted sum,
        rather than the sum.

    Raises
    ------
    TypeError, ValueError
        If `stage` is no 2x2 game, or an argument is out of range.

    Notes
    -----
    Each player has five parameters: how likely it plays its *first* action at the start, and
    after the rounds CC, CD, DC and DD, where C is the first action, D the second, and a player's
    **own** action comes first. In matching pennies C is heads.

    With P the 4x4 transition matrix of the rounds, p the distribution of the first round and l
    the losses, the discounted loss is ``p' (I - discount P)^-1 l``. Its first and second
    derivatives follow from the same inverse.

    Source: Foerster et al. (2018), section 3.3 and appendix, and Letcher et al. (2019), section
    4.2, who descend the unnormalised loss in logits, with step 1 and discount 0.96. Ours differs
    by taking any 2x2 game and batches. Letcher's code numbers both players' situations with
    player 1's action first, which permutes parameters 3 and 4 of player 2.

    Examples
    --------
    Tit for tat against itself cooperates for ever; against defection it loses the first round:

    >>> import gametools as gt
    >>> dilemma = gt.NormalFormGame.from_bimatrix([[-1, -3], [0, -2]], [[-1, 0], [-3, -2]])
    >>> game = gt.games.RepeatedGame(dilemma, 0.96, coordinates="probability", normalised=True)
    >>> tit_for_tat, defect = [1, 1, 0, 1, 0], [0, 0, 0, 0, 0]
    >>> game.losses([*tit_for_tat, *tit_for_tat]).round(4)
    array([1., 1.])
    >>> game.losses([*tit_for_tat, *defect]).round(4)
    array([2.04, 1.92])
    """

    dims = (5, 5)

    def __init__(
        self,
        stage: NormalFormGame,
        discount: float = 0.96,
        *,
        coordinates: str = "sigmoid",
        normalised: bool = False,
    ) -> None:
        if not isinstance(stage, NormalFormGame):
            raise TypeError(f"`stage` must be a NormalFormGame; got {type(stage)}.")
        if stage.num_actions != (2, 2):
            shape = "x".join(map(str, stage.num_actions))
            raise ValueError(f"`stage` must have two players with two actions each; got {shape}.")
        self.stage = stage
        self.discount = number("discount", discount, at_least=0)
        if self.discount >= 1:
            raise ValueError(f"`discount` must be less than 1; got {discount!r}.")
        self.coordinates = choice("coordinates", coordinates, ("sigmoid", "probability"))
        self.normalised = normalised
        self.domain: Domain = Euclidean() if coordinates == "sigmoid" else Box(0.0, 1.0)
        self.batch_shape = stage.batch_shape

    def losses(self, x: ArrayLike) -> Array:
        """Return both players' discounted losses, shape ``(*batch, 2)``."""
        return self._value(self._probabilities(x)).losses

    def gradient(self, x: ArrayLike, others: ArrayLike | None = None) -> Array:
        """Return the simultaneous gradient at ``(x_i, others_-i)``, shape ``(*batch, 10)``."""
        if others is None:
            slopes = self.loss_jacobian(x)
            return np.concatenate([slopes[..., 0, :5], slopes[..., 1, 5:]], axis=-1)
        mine, theirs = np.broadcast_arrays(x, others)
        first = np.concatenate([mine[..., :5], theirs[..., 5:]], axis=-1)
        second = np.concatenate([theirs[..., :5], mine[..., 5:]], axis=-1)
        own = [self.loss_jacobian(first)[..., 0, :5], self.loss_jacobian(second)[..., 1, 5:]]
        return np.concatenate(own, axis=-1)

    def jacobian(self, x: ArrayLike) -> Array:
        """Return the derivative of the simultaneous gradient, shape ``(*batch, 10, 10)``."""
        p = self._probabilities(x)
        value = self._value(p)
        hessians = _hessians(value)
        rows = np.concatenate([hessians[..., 0, :5, :], hessians[..., 1, 5:, :]], axis=-2)
        if self.coordinates == "probability":
            return rows
        slope: Array = p * (1 - p)
        gradients = value.weight[..., None, :] * value.rise
        own = np.concatenate([gradients[..., 0, :5], gradients[..., 1, 5:]], axis=-1)
        rows = slope[..., :, None] * rows * slope[..., None, :]
        diagonal = np.arange(10)
        rows[..., diagonal, diagonal] += own * slope * (1 - 2 * p)
        return np.asarray(rows)

    def loss_jacobian(self, x: ArrayLike) -> Array:
        """Return both losses' gradients in all parameters, shape ``(*batch, 2, 10)``."""
        p = self._probabilities(x)
        value = self._value(p)
        scale = value.weight * (p * (1 - p) if self.coordinates == "sigmoid" else 1.0)
        return np.asarray(scale[..., None, :] * value.rise)

    def profile(self, x: ArrayLike) -> tuple[Array, Array]:
        """Return both players' probabilities of their first action, each ``(*batch, 5)``."""
        p = self._probabilities(x)
        return p[..., :5], p[..., 5:]

    def point(self, profile: Sequence[ArrayLike]) -> Array:
        """Return the point at which the players play `profile`, shape ``(*batch, 10)``."""
        if len(profile) != 2:
            raise ValueError(f"`profile` must hold two players' strategies; got {len(profile)}.")
        p = np.concatenate(np.broadcast_arrays(*profile), axis=-1).astype(np.float64)
        if p.shape[-1] != 10 or not ((p >= 0) & (p <= 1)).all():
            raise ValueError(
                "`profile` must hold five probabilities for each player: at the start and after "
                f"CC, CD, DC, DD; got {p.tolist()}."
            )
        return logits(p, "profile") if self.coordinates == "sigmoid" else p

    def take(self, index: NDArray[np.intp]) -> RepeatedGame:
        """Return the games of a flat batch at `index`; a single game is returned as it is."""
        if not self.batch_shape:
            return self
        return RepeatedGame(
            self.stage[index],
            self.discount,
            coordinates=self.coordinates,
            normalised=self.normalised,
        )

    def _probabilities(self, x: ArrayLike) -> Array:
        """Probabilities of first actions at `x`, broadcast to the batch of games."""
        point = as_points(x, 10)
        batch = np.broadcast_shapes(point.shape[:-1], self.batch_shape)
        point = np.broadcast_to(point, (*batch, 10))
        return sigmoid(point) if self.coordinates == "sigmoid" else np.array(point)

    def _value(self, p: Array) -> _Value:
        """Solve for the discounted losses and what their derivatives need."""
        a, b = p[..., _ROUNDS[0]], p[..., 5 + _ROUNDS[1]]
        stage = losses_from_payoffs(self.stage.payoffs)
        stage = stage.reshape(*stage.shape[:-2], 4) * (1 - self.discount if self.normalised else 1)
        rounds = np.stack([a * b, a * (1 - b), (1 - a) * b, (1 - a) * (1 - b)], axis=-1)
        inverse = np.linalg.inv(np.eye(4) - self.discount * rounds[..., 1:, :])
        # Each loss after each round, and how often each round is played.
        after = (inverse[..., None, :, :] * stage[..., None, :]).sum(axis=-1)
        start = rounds[..., 0, :]
        played = (start[..., :, None] * inverse).sum(axis=-2)
        weight = np.concatenate([np.ones_like(a[..., :1]), self.discount * played], axis=-1)
        more = _more(a, b)  # (*batch, 10, 4)
        back = np.zeros((*p.shape[:-1], 4, 5))
        back[..., 1:] = inverse
        return _Value(
            losses=(start[..., None, :] * after).sum(axis=-1),
            weight=weight[..., _SITUATION],
            rise=(more[..., None, :, :] * after[..., :, None, :]).sum(axis=-1),
            visits=self.discount * (more @ back)[..., _SITUATION],
            twist=after[..., 0] - after[..., 1] - after[..., 2] + after[..., 3],
        )

    def __repr__(self) -> str:
        kind = "average" if self.normalised else "sum"
        return (
            f"RepeatedGame({self.stage!r}, discount {self.discount:g}, {kind}, {self.coordinates})"
        )


def _more(a: Array, b: Array) -> Array:
    """How each parameter moves the distribution of the next round, ``(*batch, 10, 4)``."""
    first = np.stack([b, 1 - b, -b, b - 1], axis=-1)
    second = np.stack([a, -a, 1 - a, a - 1], axis=-1)
    return np.concatenate([first[..., _ROUNDS[0], :], second[..., _ROUNDS[1], :]], axis=-2)


def _hessians(value: _Value) -> Array:
    """Second derivatives of both losses in all probabilities, ``(*batch, 2, 10, 10)``."""
    weight = value.weight[..., None, :, None]
    later = weight * value.visits[..., None, :, :] * value.rise[..., None, :]
    at_once = np.where(_TOGETHER, weight * value.twist[..., None, None], 0.0)
    return np.asarray(later + np.swapaxes(later, -1, -2) + at_once)
