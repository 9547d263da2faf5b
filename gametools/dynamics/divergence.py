"""When has a run diverged? One radius for all, and a watch that dates it to the update."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gametools.dynamics.rule import Array, State, UpdateRule, take_state
from gametools.games.differentiable import Box, DifferentiableGame, Simplex
from gametools.games.domains import Domain
from gametools.games.well_formed import is_finite_at

__all__ = ["ESCAPE", "Watch", "escape_radius", "has_escaped"]

Mask = NDArray[np.bool_]

ESCAPE = 1e6
"""How many times further out than its start (or than 1) a run must be to have diverged."""


def escape_radius(domain: Domain, start: Array) -> Array:
    """Return how large a coordinate may be before a run from `start` counts as diverged.

    Parameters
    ----------
    domain : Domain
    start : array, shape ``(*batch, d)``

    Returns
    -------
    array, shape ``(*batch,)``
        ``ESCAPE * (1 + |start|)``, of the largest coordinate; the largest float where the domain
        is bounded, so that only NaN and infinity are further out.

    Notes
    -----
    Source: none; a convention. Parameters that are naturally above a million want other units.

    Examples
    --------
    >>> import numpy as np, gametools as gt
    >>> escape_radius(gt.games.Euclidean(), np.array([[0.0, 0.0], [3.0, -4.0]]))
    array([1000000., 5000000.])
    """
    if _is_bounded(domain):
        return np.full(start.shape[:-1], np.finfo(np.float64).max)
    return np.asarray(ESCAPE * (1 + np.abs(start).max(axis=-1)))


def has_escaped(x: Array, radius: Array) -> Mask:
    """Return which points are NaN or have a coordinate beyond the radius, shape ``(*batch,)``."""
    inside = np.abs(x[..., 0]) <= radius
    for k in range(1, x.shape[-1]):  # over whole batches, many times faster than along the axis
        inside &= np.abs(x[..., k]) <= radius
    return np.asarray(~inside)


class Watch:
    """Dates the divergence of each run to the update, at the price of a look now and then.

    A look finds which runs are outside; the few updates since the last look are then taken once
    more to see when they left. Rules are pure, so that is what happened.

    Attributes
    ----------
    diverged_at : int array, shape ``(*batch,)``
        Updates after which a run was outside for the first time; -1 while it is inside.
    broken : bool array, shape ``(*batch,)``
        Whether the game was NaN or infinite where the run left from.
    left_from : array, shape ``(*batch, d)``
        The last point before; NaN while a run is inside.
    """

    EVERY = 128
    """Updates between two looks that cost next to nothing."""

    def __init__(
        self,
        game: DifferentiableGame,
        rule: UpdateRule,
        x: Array,
        state: State,
        rng: np.random.Generator,
    ) -> None:
        self.game, self.rule, self.rng = game, rule, rng
        self.radius = escape_radius(game.domain, x)
        self.diverged_at = np.full(x.shape[:-1], -1, dtype=np.int64)
        self.broken = np.zeros(x.shape[:-1], dtype=np.bool_)
        self.left_from = np.full(x.shape, np.nan)
        self._seen: tuple[int, Array, State, Any] = 0, x, state, rng.bit_generator.state

    def look(self, time: int, x: Array, state: State) -> None:
        """See which runs are outside after `time` updates."""
        outside, known = has_escaped(x, self.radius), self.diverged_at >= 0
        if (outside != known).any():
            back = known & ~outside
            self.diverged_at[back], self.broken[back], self.left_from[back] = -1, False, np.nan
            fresh = outside & ~known
            if fresh.any():
                self._date(time, fresh)
        self._seen = time, x, state, self.rng.bit_generator.state

    def take(self, index: NDArray[np.intp]) -> None:
        """Go on with the runs of a flat batch at `index`."""
        self.game = self.game.take(index)
        self.radius, self.diverged_at = self.radius[index], self.diverged_at[index]
        self.broken, self.left_from = self.broken[index], self.left_from[index]
        time, x, state, stream = self._seen
        self._seen = time, take_state(x, index), take_state(state, index), stream

    def _date(self, time: int, fresh: Mask) -> None:
        """Take the updates since the last look again, for the runs that have left since."""
        begin, x, state, stream = self._seen
        rng = np.random.Generator(type(self.rng.bit_generator)())
        rng.bit_generator.state = stream
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the first time, they were given
            for now in range(begin + 1, time + 1):
                before = x
                x, state = self.rule.update(self.game, x, state, rng)
                left = fresh & has_escaped(x, self.radius)
                if left.any():
                    self.diverged_at[left], self.left_from[left] = now, before[left]
                    lost = left & ~np.isfinite(x).all(axis=-1)
                    if lost.any():
                        self.broken |= lost & ~is_finite_at(self.game, before)
                    fresh = fresh & ~left
                if not fresh.any():
                    return


def _is_bounded(domain: Domain) -> bool:
    if isinstance(domain, Box):
        return bool(np.isfinite(domain.low).all() and np.isfinite(domain.high).all())
    return isinstance(domain, Simplex)
