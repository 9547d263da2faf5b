"""A matrix game seen as a differentiable game, in logits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gametools.games.domains import Euclidean
from gametools.games.expected_losses import ExpectedLosses, checked_profile
from gametools.games.normal_form import NormalFormGame

__all__ = ["SoftmaxGame"]

Array = NDArray[np.float64]


class SoftmaxGame:
    """Matrix games learned in logits: a player's strategy is the softmax of its block.

    Parameters
    ----------
    matrix_game : NormalFormGame
        One game or a batch, any number of players and actions.

    Notes
    -----
    A point of shape ``(*batch, a_1 + ... + a_n)`` holds a logit for each action of each player.
    A constant added to a player's logits changes nothing, so `jacobian` is singular in n
    directions. Strategies on the boundary lie at infinity, and gradients vanish on the way.

    Source: softmax policy gradient, exact, as in Mei, Xiao, Szepesvari and Schuurmans (2020),
    equation 3, for one player; ours takes n.

    Examples
    --------
    >>> import gametools as gt
    >>> pennies = gt.named_game("matching_pennies")
    >>> view = gt.SoftmaxGame(pennies)
    >>> x = view.point([[0.75, 0.25], [0.5, 0.5]])
    >>> x.round(4), view.profile(x)[0], view.gradient(x)
    (array([ 0.5493, -0.5493,  0.    ,  0.    ]), array([0.75, 0.25]), array([ 0.  ,  0.  ,  0.25, -0.25]))
    """  # noqa: E501

    domain = Euclidean()

    def __init__(self, matrix_game: NormalFormGame) -> None:
        self._losses = ExpectedLosses(matrix_game)
        self.matrix_game = matrix_game
        self.dims = matrix_game.num_actions
        self.batch_shape = matrix_game.batch_shape

    def losses(self, x: ArrayLike) -> Array:
        """Return every player's expected loss (minus payoff), shape ``(*batch, n)``."""
        return np.moveaxis(self._losses.losses(self._strategies(x)), 0, -1)

    def loss_changes(self, current: ArrayLike, moved: ArrayLike) -> Array:
        """Return by how much losses change where some players go from `current` to `moved`.

        Shape ``(n, 2, ..., 2, *batch)``, player first: axis j + 1 says whether player j moves.
        """
        old, new = np.broadcast_arrays(current, moved)
        return self._losses.changes(self._strategies(old), self._strategies(new))

    def gradient(self, x: ArrayLike, others: ArrayLike | None = None) -> Array:
        """Return the simultaneous gradient at ``(x_i, others_-i)``, shape ``(*batch, d)``."""
        mine = theirs = self._strategies(x)
        if others is not None:
            shape = np.broadcast_shapes(np.shape(x), np.shape(others))
            mine = self._strategies(np.broadcast_to(x, shape))
            theirs = self._strategies(np.broadcast_to(others, shape))
        own = self._losses.own(theirs)
        parts = [_pull_back(p, slopes) for p, slopes in zip(mine, own, strict=True)]
        return np.moveaxis(np.concatenate(parts), 0, -1)

    def jacobian(self, x: ArrayLike) -> Array:
        """Return the derivative of the simultaneous gradient, shape ``(*batch, d, d)``."""
        strategies = self._strategies(x)
        result = np.zeros((*strategies[0].shape[1:], sum(self.dims), sum(self.dims)))
        places = self._losses.blocks
        for i, (p, slopes) in enumerate(zip(strategies, self._losses.own(strategies), strict=True)):
            result[..., places[i], places[i]] = np.moveaxis(_curvature(p, slopes), (0, 1), (-2, -1))
        for i, j in self._losses.pairs():
            mixed = _pull_back(strategies[i], self._losses.mixed(i, j, strategies))
            mixed = _pull_back(strategies[j], mixed.swapaxes(0, 1))
            result[..., places[i], places[j]] = np.moveaxis(mixed, (0, 1), (-1, -2))
        return result

    def loss_jacobian(self, x: ArrayLike) -> Array:
        """Return every loss's gradient in all logits, shape ``(*batch, n, d)``."""
        strategies = self._strategies(x)
        n = len(self.dims)
        result = np.zeros((*strategies[0].shape[1:], n, sum(self.dims)))
        for i in range(n):
            for j, block in enumerate(self._losses.blocks):
                slopes = self._losses.expected(i, strategies, (j,))
                result[..., i, block] = np.moveaxis(_pull_back(strategies[j], slopes), 0, -1)
        return result

    def profile(self, x: ArrayLike) -> tuple[Array, ...]:
        """Return the mixed strategies at `x`: for each player, an array ``(*batch, a_i)``."""
        return tuple(np.moveaxis(part, 0, -1) for part in self._strategies(x))

    def point(self, profile: Sequence[ArrayLike]) -> Array:
        """Return the logits, adding up to 0, at which the players play `profile`.

        Raises
        ------
        ValueError
            If a probability is 0, whose logit would be infinite, or `profile` is none.
        """
        logits = []
        for i, strategy in enumerate(checked_profile(self.matrix_game, profile)):
            if not (strategy > 0).all():
                raise ValueError(
                    f"`profile[{i}]` must be positive, for the logit of 0 is infinite; "
                    f"got {strategy.tolist()}. Mix in a little of every action."
                )
            logarithms = np.log(strategy)
            logits.append(logarithms - logarithms.mean(axis=-1, keepdims=True))
        return np.concatenate(logits, axis=-1)

    def take(self, index: NDArray[np.intp]) -> SoftmaxGame:
        """Return the games of a flat batch at `index`; a single game is returned as it is."""
        if not self.batch_shape:
            return self
        losses = self._losses[index]
        part = SoftmaxGame(losses.matrix_game)
        part._losses = losses
        return part

    def _strategies(self, x: ArrayLike) -> list[Array]:
        """Each player's mixed strategy, shapes ``(a_i, *batch)``."""
        return [_softmax(part) for part in self._losses.split(self._losses.points(x))]

    def __repr__(self) -> str:
        return f"SoftmaxGame({self.matrix_game!r})"


def _softmax(logits: Array) -> Array:
    """Softmax of the first axis; summed in one order, whatever the batch."""
    weights: Array = np.exp(logits - logits.max(axis=0))
    return weights / _dot(np.ones_like(weights), weights)


def _dot(p: Array, slopes: Array) -> Array:
    """Sum the first axis of ``p * slopes`` in one order, whatever the batch."""
    total: Array = p[0] * slopes[0]
    for weight, slope in zip(p[1:], slopes[1:], strict=True):
        total += weight * slope
    return total


def _pull_back(p: Array, slopes: Array) -> Array:
    """Turn derivatives in a strategy, the first axis, into derivatives in its logits."""
    wide = p.reshape(p.shape[:1] + (1,) * (slopes.ndim - p.ndim) + p.shape[1:])
    return np.asarray(wide * (slopes - _dot(wide, slopes)))


def _curvature(p: Array, slopes: Array) -> Array:
    """Second derivative in the logits of a loss that is linear in the strategy."""
    first = _pull_back(p, slopes)
    result = -(first[:, None] * p[None, :]) - p[:, None] * first[None, :]
    diagonal = np.arange(len(p))
    result[diagonal, diagonal] += first
    return result
