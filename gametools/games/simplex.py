"""A matrix game seen as a differentiable game, in mixed strategies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gametools.games.domains import Simplex
from gametools.games.expected_losses import ExpectedLosses, checked_profile
from gametools.games.normal_form import NormalFormGame

__all__ = ["SimplexGame"]

Array = NDArray[np.float64]


class SimplexGame:
    """Matrix games learned in the mixed strategies themselves.

    Parameters
    ----------
    matrix_game : NormalFormGame
        One game or a batch, any number of players and actions.

    Notes
    -----
    A point of shape ``(*batch, a_1 + ... + a_n)`` holds the players' mixed strategies side by
    side. Derivatives live in the *tangent space*: each player's block adds up to 0, since only
    such directions keep probabilities that add up to 1. Off the simplices the losses are those
    of the nearest point whose blocks add up to 1 (entries may be negative there), so that all
    derivatives are plain derivatives of `losses` in all coordinates, and constants added to
    opponents' columns change none of them.

    Source: the projected gradient of Zinkevich (2003) and of projection dynamics (Sandholm 2010,
    section 6.3). Ours differs by the tangent projection, which leaves projected steps as they
    are. With two actions a projected step moves the first probability half as far as one of the
    same size in `ProbabilityGame`.

    Examples
    --------
    >>> import gametools as gt
    >>> view = gt.SimplexGame(gt.named_game("rock_paper_scissors"))
    >>> x = [1, 0, 0, 0.5, 0.5, 0]      # rock against an even mix of rock and paper
    >>> view.losses(x)
    array([ 0.5, -0.5])
    >>> view.gradient(x)                # less rock, more paper
    array([ 0.5, -0.5,  0. ,  0. , -1. ,  1. ])
    >>> view.profile(view.domain.project(x - 0.5 * view.gradient(x)))[0]
    array([0.75, 0.25, 0.  ])
    """

    def __init__(self, matrix_game: NormalFormGame) -> None:
        self._losses = ExpectedLosses(matrix_game)
        self.matrix_game = matrix_game
        self.dims = matrix_game.num_actions
        self.batch_shape = matrix_game.batch_shape
        self.domain = Simplex(self.dims)

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
        """Return the simultaneous gradient in the tangent space, shape ``(*batch, d)``.

        A player's own strategy does not enter its gradient, so only `others` counts.
        """
        own = self._losses.own(self._strategies(x if others is None else others))
        result = np.moveaxis(np.concatenate([_centred(block, 0) for block in own]), 0, -1)
        shape = result.shape if others is None else np.broadcast_shapes(result.shape, np.shape(x))
        return result if result.shape == shape else np.broadcast_to(result, shape)

    def jacobian(self, x: ArrayLike) -> Array:
        """Return the derivative of the simultaneous gradient, shape ``(*batch, d, d)``."""
        strategies = self._strategies(x)
        result = np.zeros((*strategies[0].shape[1:], sum(self.dims), sum(self.dims)))
        places = self._losses.blocks
        for i, j in self._losses.pairs():
            mixed = _centred(_centred(self._losses.mixed(i, j, strategies), 0), 1)
            result[..., places[i], places[j]] = np.moveaxis(mixed, (0, 1), (-2, -1))
        return result

    def loss_jacobian(self, x: ArrayLike) -> Array:
        """Return every loss's gradient in all strategies, shape ``(*batch, n, d)``."""
        strategies = self._strategies(x)
        n = len(self.dims)
        result = np.zeros((*strategies[0].shape[1:], n, sum(self.dims)))
        for i in range(n):
            for j, block in enumerate(self._losses.blocks):
                slopes = _centred(self._losses.expected(i, strategies, (j,)), 0)
                result[..., i, block] = np.moveaxis(slopes, 0, -1)
        return result

    def profile(self, x: ArrayLike) -> tuple[Array, ...]:
        """Return the mixed strategies at `x`: for each player, an array ``(*batch, a_i)``."""
        point = np.asarray(x, dtype=np.float64)
        return tuple(np.array(point[..., block]) for block in self._losses.blocks)

    def point(self, profile: Sequence[ArrayLike]) -> Array:
        """Return the point at which the players play `profile`, shape ``(*batch, d)``."""
        return np.concatenate(checked_profile(self.matrix_game, profile), axis=-1)

    def take(self, index: NDArray[np.intp]) -> SimplexGame:
        """Return the games of a flat batch at `index`; a single game is returned as it is."""
        if not self.batch_shape:
            return self
        losses = self._losses[index]
        part = SimplexGame(losses.matrix_game)
        part._losses = losses
        return part

    def _strategies(self, x: ArrayLike) -> list[Array]:
        """Each player's block, moved so that it adds up to 1, shapes ``(a_i, *batch)``."""
        parts = self._losses.split(self._losses.points(x))
        return [part + (1 - _total(part)) / len(part) for part in parts]

    def __repr__(self) -> str:
        return f"SimplexGame({self.matrix_game!r})"


def _total(array: Array) -> Array:
    """Sum the first axis in one order, whatever the batch."""
    total = np.array(array[0])
    for part in array[1:]:
        total += part
    return total


def _centred(array: Array, axis: int) -> Array:
    """Subtract the mean along an axis: the projection onto the tangent space."""
    total = _total(np.moveaxis(array, axis, 0))
    return np.asarray(array - np.expand_dims(total / array.shape[axis], axis))
