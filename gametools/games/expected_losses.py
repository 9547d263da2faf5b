"""Expected losses of a matrix game and their derivatives in the mixed strategies."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gametools.games.differentiable import losses_from_payoffs
from gametools.games.domains import SUM_TOLERANCE, blocks
from gametools.games.normal_form import NormalFormGame

__all__ = ["ExpectedLosses", "checked_profile", "summed_changes", "with_batch"]

Array = NDArray[np.float64]


class ExpectedLosses:
    """Losses of a matrix game, multilinear in the players' mixed strategies.

    Strategies come with the actions *first* and the batch behind: player j's has shape
    ``(a_j, *batch)``. Every operation then runs over whole batches, in the same order for one
    game as for many.

    Parameters
    ----------
    matrix_game : NormalFormGame
        One game or a batch, any number of players and actions.
    """

    def __init__(self, matrix_game: NormalFormGame) -> None:
        self.matrix_game = matrix_game
        self.sizes = matrix_game.num_actions
        self.blocks = blocks(self.sizes)

    @cached_property
    def _tensors(self) -> list[Array]:
        """Each player's losses, ``(a_1, ..., a_n, *batch)``."""
        n = len(self.sizes)
        tensor = np.moveaxis(self.matrix_game.payoffs, range(-n - 1, 0), range(n + 1))
        return [losses_from_payoffs(np.ascontiguousarray(own)) for own in tensor]

    def points(self, x: ArrayLike) -> Array:
        """Return `x` with its coordinates first, ``(d, *batch)``, or raise an error."""
        point = np.asarray(x, dtype=np.float64)
        d = sum(self.sizes)
        if point.ndim == 0 or point.shape[-1] != d:
            raise ValueError(
                f"a point must have shape (*batch, {d}), a number for each action of each "
                f"player; got {point.shape}."
            )
        batch = np.broadcast_shapes(point.shape[:-1], self.matrix_game.batch_shape)
        return np.moveaxis(np.broadcast_to(point, (*batch, d)), -1, 0)

    def split(self, point: Array) -> list[Array]:
        """Cut coordinates ``(d, *batch)`` into one block for each player."""
        return [point[block] for block in self.blocks]

    def expected(
        self, player: int, strategies: Sequence[Array], keep: tuple[int, ...] = ()
    ) -> Array:
        """Return a player's expected loss, with the actions of the players in `keep` given.

        Shape ``(*kept actions, *batch)``, the kept ones in the order of the players: the
        derivative of the loss in the strategies of those players.
        """
        value = self._tensors[player]
        n = len(self.sizes)
        value = with_batch(value, n, strategies[0].ndim - 1)
        for j in range(n - 1, -1, -1):
            if j not in keep:
                value = _contract(value, strategies[j], j)
        # Where nothing was summed over, one game has not met its many points yet.
        return np.broadcast_to(value, value.shape[: len(keep)] + strategies[0].shape[1:])

    def losses(self, strategies: Sequence[Array]) -> Array:
        """Return every player's expected loss, shape ``(n, *batch)``."""
        return np.array([self.expected(i, strategies) for i in range(len(self.sizes))])

    def changes(self, current: Sequence[Array], moved: Sequence[Array]) -> Array:
        """Return by how much losses change where some players go from `current` to `moved`.

        Shape ``(n, 2, ..., 2, *batch)``, player first: axis j + 1 says whether player j moves.
        """
        n = len(self.sizes)
        batch = current[0].ndim - 1
        pairs = [(old, new - old) for old, new in zip(current, moved, strict=True)]
        changes = []
        for tensor in self._tensors:
            terms = with_batch(tensor, n, batch)
            for j in range(n - 1, -1, -1):
                terms = np.stack([_contract(terms, weights, j) for weights in pairs[j]], axis=j)
            changes.append(terms)
        return summed_changes(np.array(changes), n)

    def own(self, strategies: Sequence[Array]) -> list[Array]:
        """Return each player's loss of each of its actions, shapes ``(a_i, *batch)``."""
        return [self.expected(i, strategies, (i,)) for i in range(len(self.sizes))]

    def mixed(self, i: int, j: int, strategies: Sequence[Array]) -> Array:
        """Return i's loss for each pair of an action of i and one of j, ``(a_i, a_j, *batch)``."""
        value = self.expected(i, strategies, (i, j))
        return value if i < j else value.swapaxes(0, 1)

    def pairs(self) -> itertools.permutations[tuple[int, int]]:
        """All ordered pairs of different players."""
        return itertools.permutations(range(len(self.sizes)), 2)

    def __getitem__(self, index: NDArray[np.intp]) -> ExpectedLosses:
        """Pick the games of a flat batch; their tensors are not derived again."""
        part = ExpectedLosses(self.matrix_game[index])
        part.__dict__["_tensors"] = [np.take(own, index, axis=-1) for own in self._tensors]
        return part


def checked_profile(matrix_game: NormalFormGame, profile: Sequence[ArrayLike]) -> tuple[Array, ...]:
    """Return a mixed strategy for each player, ``(*batch, a_i)`` with one batch, or raise."""
    sizes = matrix_game.num_actions
    if len(profile) != len(sizes):
        raise ValueError(
            f"`profile` must hold a strategy for each of {len(sizes)} players; got {len(profile)}."
        )
    strategies = [np.asarray(strategy, dtype=np.float64) for strategy in profile]
    for i, (strategy, size) in enumerate(zip(strategies, sizes, strict=True)):
        if strategy.ndim == 0 or strategy.shape[-1] != size:
            raise ValueError(
                f"`profile[{i}]` must have shape (*batch, {size}); got {strategy.shape}."
            )
        off = np.abs(strategy.sum(axis=-1) - 1)
        if not ((strategy >= 0).all() and (off <= SUM_TOLERANCE).all()):
            raise ValueError(
                f"`profile[{i}]` must hold probabilities that add up to 1; got {strategy.tolist()}."
            )
    batch = np.broadcast_shapes(*(strategy.shape[:-1] for strategy in strategies))
    return tuple(np.broadcast_to(s, (*batch, s.shape[-1])) for s in strategies)


def summed_changes(terms: Array, n: int) -> Array:
    """Turn terms of a multilinear expansion into changes, in place.

    Parameters
    ----------
    terms : array, shape ``(n, 2, ..., 2, *batch)``
        Entry 1 of axis j + 1 holds the terms with player j's move as a factor, entry 0 those
        without; the term without any move is the value before, and does not count.
    n : int
        Number of players.
    """
    before: tuple[slice | int, ...] = (slice(None), *(0,) * n)
    terms[before] = 0.0
    for axis in range(1, n + 1):
        choices = np.moveaxis(terms, axis, 0)
        choices[1] += choices[0]
    return terms


def with_batch(tensor: Array, axes: int, batch: int) -> Array:
    """Insert batch axes behind the first `axes`, so that `batch` of them follow."""
    missing = batch - (tensor.ndim - axes)
    return tensor.reshape(tensor.shape[:axes] + (1,) * missing + tensor.shape[axes:])


def _contract(tensor: Array, weights: Array, axis: int) -> Array:
    """Sum the axis of a tensor against weights ``(size, *batch)``; the batch is last in both."""
    slices = np.moveaxis(tensor, axis, 0)
    total: Array = slices[0] * weights[0]
    for part, weight in zip(slices[1:], weights[1:], strict=True):
        total += part * weight
    return total
