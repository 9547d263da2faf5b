"""How far profiles are from equilibrium, fast: what the numerical solvers minimise."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gametools.equilibria.result import Profile
from gametools.games.normal_form import NormalFormGame
from gametools.validation import finite_array

__all__ = ["DeviationGains", "nash_gap"]

Array = NDArray[np.float64]


def nash_gap(game: NormalFormGame, points: ArrayLike, *, total: bool = False) -> Array:
    """Return how much the players of one game could still gain at each of many profiles.

    Parameters
    ----------
    game : NormalFormGame
        One game, or a flat batch with a profile for each game.
    points : array_like, shape ``(*batch, a_1 + ... + a_n)``
        Mixed strategies of all players, one after the other. They are not checked to be
        distributions: this is an objective to minimise. `gametools.exploitability` checks.
    total : bool
        The sum of the players' largest gains (NashConv) instead of the largest of them.

    Returns
    -------
    array, shape ``(*batch,)``
        In units of payoff; 0 exactly at the equilibria.

    Raises
    ------
    ValueError
        If the shape does not fit the game.

    Notes
    -----
    Source: `gametools.exploitability` for the maximum; Lanctot et al. (2017), section 4.1, for
    NashConv. Ours differ by the coordinates only.

    Examples
    --------
    >>> import gametools as gt
    >>> from gametools.equilibria.nash_gap import nash_gap
    >>> pennies = gt.NormalFormGame.from_bimatrix([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])
    >>> nash_gap(pennies, [[0.5, 0.5, 0.5, 0.5], [0.5, 0.5, 0.75, 0.25], [1, 0, 1, 0]])
    array([0. , 0.5, 2. ])
    """
    x = finite_array("points", points)
    width = sum(game.num_actions)
    if x.ndim == 0 or x.shape[-1] != width:
        raise ValueError(f"`points` must have shape (*batch, {width}); got {x.shape}.")
    if game.batch_shape not in ((), x.shape[:-1]) or len(game.batch_shape) > 1:
        raise ValueError(
            f"`game` must be one game or a flat batch with a point for each; got {game!r} and "
            f"points of shape {x.shape}."
        )
    gains = DeviationGains(game)
    flat = x.reshape(-1, width)
    found = gains.nash_conv(flat) if total else gains.gap(flat)
    return found.reshape(x.shape[:-1])


class DeviationGains:
    """What each action gains over a profile, with derivatives, for many profiles at once.

    Parameters
    ----------
    game : NormalFormGame
        One game for all points, or a flat batch with one game for each point.

    Notes
    -----
    A point holds the strategies of all players one after the other, ``d = a_1 + ... + a_n``
    numbers; points come as ``(k, d)``. Payoffs are multilinear in the strategies, so everything
    is a contraction of the payoff tensors: all but one player's actions summed out for payoffs,
    all but two players' for the Jacobian.

    Examples
    --------
    >>> import numpy as np, gametools as gt
    >>> from gametools.equilibria.nash_gap import DeviationGains
    >>> pennies = gt.NormalFormGame.from_bimatrix([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])
    >>> DeviationGains(pennies).gains(np.array([[0.5, 0.5, 0.75, 0.25]]))
    array([[ 0.5, -0.5,  0. ,  0. ]])
    """

    def __init__(self, game: NormalFormGame) -> None:
        self.game = game
        n = game.num_players
        payoffs = game.payoffs if game.batch_shape else game.payoffs[None]
        # The batch lies last in memory, so that every contraction runs along it.
        self._tensor = np.ascontiguousarray(np.moveaxis(payoffs, 0, n + 1))
        ends = np.cumsum((0, *game.num_actions))
        self.blocks = [slice(int(a), int(b)) for a, b in itertools.pairwise(ends)]
        self.width = int(ends[-1])

    @cached_property
    def owner(self) -> NDArray[np.intp]:
        """The player that each coordinate belongs to, shape ``(d,)``."""
        return np.repeat(np.arange(self.game.num_players), self.game.num_actions)

    def join(self, profile: Sequence[ArrayLike]) -> Array:
        """Return a profile as a point, shape ``(d,)``."""
        return np.concatenate([np.asarray(s, dtype=np.float64) for s in profile], axis=-1)

    def split(self, point: Array) -> Profile:
        """Return a point as a profile."""
        return tuple(point[..., block].copy() for block in self.blocks)

    def action_payoffs(self, x: Array) -> Array:
        """Return what every action earns against the others' strategies, shape ``(k, d)``."""
        result = np.empty((self.width, len(x)))
        for (player,), payoffs in _open(self._tensor, self._strategies(x), 1):
            result[self.blocks[player]] = payoffs[0]
        return result.T

    def gains(self, x: Array) -> Array:
        """Return what every action earns more than its player's strategy, shape ``(k, d)``."""
        earned = self.action_payoffs(x)
        return earned - self.spread(self.sums(earned * x))

    def gap(self, x: Array) -> Array:
        """Return the largest gain of any player, shape ``(k,)``: the exploitability."""
        return np.asarray(self.gains(x).max(axis=-1))

    def nash_conv(self, x: Array) -> Array:
        """Return the sum over players of their largest gains, shape ``(k,)``."""
        gains = self.gains(x)
        return np.asarray(sum(gains[:, block].max(axis=-1) for block in self.blocks))

    def jacobian(self, x: Array) -> Array:
        """Return the derivative of `action_payoffs`, shape ``(k, d, d)``.

        The entry of an action of player i and one of player j is what i earns when both are
        played and the others mix; it is 0 for two actions of one player.
        """
        result = np.zeros((self.width, self.width, len(x)))
        if self.game.num_players > 1:
            for (i, j), payoffs in _open(self._tensor, self._strategies(x), 2):
                result[self.blocks[i], self.blocks[j]] = payoffs[0]
                result[self.blocks[j], self.blocks[i]] = payoffs[1].swapaxes(0, 1)
        return result.transpose(2, 0, 1)

    def squared(self, x: Array) -> tuple[Array, Array]:
        """Return the sum of the squares of all positive gains, ``(k,)``, and its gradient.

        The Lyapunov function of McKelvey (1991): continuously differentiable, and 0 exactly at
        the equilibria. The gradient, ``(k, d)``, is that in all d coordinates; what leaves the
        simplices is left to the caller.
        """
        earned = self.action_payoffs(x)
        plus = np.maximum(earned - self.spread(self.sums(earned * x)), 0)
        pull = plus - x * self.spread(self.sums(plus))
        gradient = 2 * (np.einsum("ka,kab->kb", pull, self.jacobian(x)))
        gradient -= 2 * earned * self.spread(self.sums(plus))
        return np.asarray((plus**2).sum(axis=-1)), gradient

    def sums(self, values: Array) -> Array:
        """Add up each player's block, shape ``(k, n)``."""
        return np.asarray(np.add.reduceat(values, [b.start for b in self.blocks], axis=-1))

    def spread(self, values: Array) -> Array:
        """Repeat each player's number over its block, shape ``(k, d)``."""
        return np.asarray(values[:, self.owner])

    def _strategies(self, x: Array) -> list[Array]:
        """Each player's strategies with the points last, ``(a_i, k)``."""
        columns = np.ascontiguousarray(x.T)
        return [columns[block] for block in self.blocks]


def _open(
    tensor: Array, strategies: list[Array], keep: int, opened: tuple[int, ...] = ()
) -> Iterator[tuple[tuple[int, ...], Array]]:
    """Yield payoffs with the actions of `keep` players left open and the others' summed out.

    The tensor's axes are players, actions of the `opened` players, actions of the players that
    `strategies` belong to, points. Players are dealt with from the last to the first, so choices
    that agree on the last players share the work. Yields the open players and *their* payoffs.
    """
    if len(opened) == keep:
        for strategy in reversed(strategies):
            tensor = _sum_out(tensor, strategy)
        yield opened, tensor
        return
    player = len(strategies) - 1
    now = (player, *opened)
    last = tensor.ndim - 2  # the axis of its actions; a transpose costs less than `moveaxis`
    moved = tensor.transpose(0, last, *range(1, last), last + 1)
    yield from _open(moved[list(now)] if len(now) == keep else moved, strategies[:-1], keep, now)
    if player >= keep - len(opened):
        rest = tensor if opened else tensor[:player]  # its own payoffs are not asked for
        yield from _open(_sum_out(rest, strategies[-1]), strategies[:-1], keep, opened)


def _sum_out(tensor: Array, strategy: Array) -> Array:
    """Sum the last action axis against strategies of shape ``(a, k)``."""
    if tensor.shape[-1] == 1:  # one game for all points: a product of two matrices
        flat = tensor.reshape(-1, len(strategy)) @ strategy
        return np.asarray(flat.reshape(*tensor.shape[:-2], strategy.shape[-1]))
    return np.asarray(np.einsum("...ab,ab->...b", tensor, strategy))
