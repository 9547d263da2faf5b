"""A matrix game seen as a differentiable game, in the probabilities of first actions."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gametools.games.differentiable import losses_from_payoffs
from gametools.games.domains import Box
from gametools.games.expected_losses import checked_profile, summed_changes, with_batch
from gametools.games.normal_form import NormalFormGame

__all__ = ["ProbabilityGame"]

Array = NDArray[np.float64]


class ProbabilityGame:
    """Two-action games learned in the probability of each player's first action.

    Parameters
    ----------
    matrix_game : NormalFormGame
        One game or a batch, any number of players, two actions each.

    Raises
    ------
    ValueError
        If a player has more or fewer than two actions.

    Notes
    -----
    A point ``x`` of shape ``(*batch, n)`` holds each player's probability of its *first* action,
    in [0, 1]. Expected payoffs are multilinear in x, so the class keeps their coefficients and
    evaluates by Horner's rule, one player at a time.

    Source: Singh, Kearns and Mansour (2000), section 2, for two players; ours takes n. The
    gradient is the derivative in the probability itself: a projected step of the same size in
    simplex coordinates moves this probability half as far.

    Examples
    --------
    >>> import gametools as gt
    >>> pennies = gt.NormalFormGame.from_bimatrix([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])
    >>> view = gt.ProbabilityGame(pennies)
    >>> view.gradient([0.75, 0.5]), view.losses([0.75, 0.5])
    (array([0., 1.]), array([0., 0.]))
    """

    domain = Box(0.0, 1.0)

    def __init__(self, matrix_game: NormalFormGame) -> None:
        if set(matrix_game.num_actions) != {2}:
            raise ValueError(
                "`matrix_game` must have two actions for each player; "
                f"got {'x'.join(map(str, matrix_game.num_actions))}."
            )
        self.matrix_game = matrix_game
        self.dims = (1,) * matrix_game.num_players
        self.batch_shape = matrix_game.batch_shape

    @cached_property
    def _loss_terms(self) -> Array:
        """Coefficients of the losses, ``(n, 2, ..., 2, *batch)``: axis j + 1 is x_j's power."""
        n = len(self.dims)
        tensor = np.moveaxis(self.matrix_game.payoffs, range(-n - 1, 0), range(n + 1))
        own = [_power_basis(np.ascontiguousarray(values), n) for values in tensor]
        return losses_from_payoffs(np.array(own))

    @cached_property
    def _gradient_terms(self) -> Array:
        """Coefficients of all own gradients, ``(2, ..., 2, *batch, n)``, batch contiguous.

        Axis k belongs to the opponent k + 1 places after the player, so that one contraction
        serves all players.
        """
        n = len(self.dims)
        own = []
        for i, terms in enumerate(self._loss_terms):
            rotated = np.moveaxis(terms, range(n), [(j - i - 1) % n for j in range(n)])
            own.append(_power(rotated, n - 1, 1))
        return np.moveaxis(np.array(own), 0, -1)

    def losses(self, x: ArrayLike) -> Array:
        """Return every player's expected loss (minus payoff), shape ``(*batch, n)``."""
        point = self._points(x)
        values = [_evaluate(terms, point, ()) for terms in self._loss_terms]
        return np.moveaxis(np.array(values), 0, -1)

    def loss_changes(self, current: ArrayLike, moved: ArrayLike) -> Array:
        """Return by how much losses change where some players go from `current` to `moved`.

        Shape ``(n, 2, ..., 2, *batch)``, player first: axis j + 1 says whether player j moves.
        Small moves keep their digits, which differences of `losses` would cancel.
        """
        x = self._points(current)
        move = self._points(moved) - x
        n = len(self.dims)
        terms = with_batch(self._loss_terms, n + 1, x.ndim - 1)
        for axis in range(n, 0, -1):
            slope = _power(terms, axis, 1)
            after = np.empty(np.broadcast_shapes(terms.shape, x.shape[:-1]))
            np.multiply(slope, x[..., axis - 1], out=_power(after, axis, 0))
            np.multiply(slope, move[..., axis - 1], out=_power(after, axis, 1))
            staying = _power(after, axis, 0)
            staying += _power(terms, axis, 0)
            terms = after
        return summed_changes(terms, n)

    def gradient(self, x: ArrayLike, others: ArrayLike | None = None) -> Array:
        """Return the simultaneous gradient, shape ``(*batch, n)``.

        A player's own probability does not enter its gradient, so only `others` counts.
        """
        point = self._points(x if others is None else others)
        n = len(self.dims)
        value = with_batch(self._gradient_terms, n - 1, point.ndim)
        for k in range(n - 2, -1, -1):
            value = _horner(value, k, _opponents(point, k + 1))
        shape = point.shape if others is None else np.broadcast_shapes(point.shape, np.shape(x))
        return value if value.shape == shape else np.broadcast_to(value, shape)

    def jacobian(self, x: ArrayLike) -> Array:
        """Return the derivative of the simultaneous gradient, shape ``(*batch, n, n)``."""
        point = self._points(x)
        n = len(self.dims)
        result = np.zeros((*point.shape, n))
        for i, j in itertools.permutations(range(n), 2):
            result[..., i, j] = _evaluate(self._loss_terms[i], point, (i, j))
        return result

    def loss_jacobian(self, x: ArrayLike) -> Array:
        """Return every loss's gradient in all probabilities, shape ``(*batch, n, n)``."""
        point = self._points(x)
        n = len(self.dims)
        result = np.zeros((*point.shape, n))
        for i, j in itertools.product(range(n), repeat=2):
            result[..., i, j] = _evaluate(self._loss_terms[i], point, (j,))
        return result

    def _points(self, x: ArrayLike) -> Array:
        """Return `x` as points of the games, broadcast to their batch where it is larger."""
        point = np.asarray(x, dtype=np.float64)
        n = len(self.dims)
        if point.ndim == 0 or point.shape[-1] != n:
            raise ValueError(
                f"a point must have shape (*batch, {n}), a probability for each player; "
                f"got {point.shape}."
            )
        if point.shape[:-1] == self.batch_shape:
            return point
        batch = np.broadcast_shapes(point.shape[:-1], self.batch_shape)
        return np.broadcast_to(point, (*batch, n))

    def profile(self, x: ArrayLike) -> tuple[Array, ...]:
        """Return the mixed strategies at `x`: for each player, an array ``(*batch, 2)``."""
        point = np.asarray(x, dtype=np.float64)
        return tuple(np.stack([p, 1 - p], axis=-1) for p in np.moveaxis(point, -1, 0))

    def point(self, profile: Sequence[ArrayLike]) -> Array:
        """Return the point at which the players play `profile`, shape ``(*batch, n)``."""
        strategies = checked_profile(self.matrix_game, profile)
        return np.stack([strategy[..., 0] for strategy in strategies], axis=-1)

    def take(self, index: NDArray[np.intp]) -> ProbabilityGame:
        """Return the games of a flat batch at `index`; a single game is returned as it is."""
        if not self.batch_shape:
            return self
        part = ProbabilityGame(self.matrix_game[index])
        # The coefficients of a part are a part of the coefficients: no need to derive them again.
        part.__dict__["_gradient_terms"] = np.take(
            self._gradient_terms.swapaxes(-1, -2), index, axis=-1
        ).swapaxes(-1, -2)
        if "_loss_terms" in self.__dict__:
            part.__dict__["_loss_terms"] = np.take(self._loss_terms, index, axis=-1)
        return part

    def __repr__(self) -> str:
        return f"ProbabilityGame({self.matrix_game!r})"


def _power_basis(tensor: Array, n: int) -> Array:
    """Turn values at pure profiles into coefficients of 1 and x_j along each player's axis."""
    for axis in range(n):
        first, second = np.take(tensor, 0, axis=axis), np.take(tensor, 1, axis=axis)
        tensor = np.stack([second, first - second], axis=axis)
    return tensor


def _horner(terms: Array, axis: int, y: Array) -> Array:
    """Sum a coefficient axis of length 2 against (1, y)."""
    value: Array = _power(terms, axis, 1) * y
    value += _power(terms, axis, 0)
    return value


def _power(terms: Array, axis: int, power: int) -> Array:
    """Pick the coefficients of a power of one player's probability (a view)."""
    at: tuple[slice | int, ...] = (*(slice(None),) * axis, power)
    return terms[at]


def _evaluate(terms: Array, point: Array, derivatives: tuple[int, ...]) -> Array:
    """Evaluate a loss, or its mixed derivative in some players' probabilities, at `point`."""
    n = point.shape[-1]
    value = with_batch(terms, n, point.ndim - 1)
    for axis in range(n - 1, -1, -1):
        if axis in derivatives:
            value = _power(value, axis, 1)
        else:
            value = _horner(value, axis, point[..., axis])
    return value


def _opponents(point: Array, shift: int) -> Array:
    """For every player, the probability of the opponent `shift` places after it."""
    n = point.shape[-1]
    if n == 2:
        return point[..., ::-1]  # a view; this is the inner loop of two-player studies
    return point[..., (np.arange(n) + shift) % n]
