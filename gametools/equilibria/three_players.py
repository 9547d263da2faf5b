"""All isolated equilibria of three-player games with two actions, in closed form, in batches."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gametools.equilibria.pure import pure_profiles
from gametools.games.normal_form import NormalFormGame
from gametools.games.taxonomy import TIE_TOLERANCE

__all__ = ["SLOTS", "solve_2x2x2"]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

SLOTS = 16
"""Room for 8 pure profiles, 6 in which one player is pure, and 2 in which none is."""
CERTIFIED = 1e-10
"""Largest gain at a mixed equilibrium, as a share of the player's payoff range."""
REFINEMENTS = 3
NO_SLOPE = 1e-10
"""Coefficients below this share of the largest one are taken for 0."""


def solve_2x2x2(games: NormalFormGame) -> tuple[Array, NDArray[np.int64]]:
    """Return all equilibria of every 2x2x2 game in a flat batch; the isolated ones if degenerate.

    Parameters
    ----------
    games : NormalFormGame
        Batch of shape ``(k,)``, three players, two actions each.

    Returns
    -------
    equilibria : array, shape ``(k, 16, 3)``
        Each player's probability of its *first* action: the pure equilibria in the order of
        their actions, then those in which player 0, 1 or 2 alone is pure, then those in which
        none is; rows past `counts` are NaN.
    counts : int array, shape ``(k,)``
        Odd in games that are not degenerate.

    Raises
    ------
    ValueError
        If the games are no flat batch of 2x2x2 games.

    Notes
    -----
    A player that mixes is indifferent. If one player is pure, the other two make each other
    indifferent by one linear equation each. If none is, there are three bilinear equations, and
    eliminating two unknowns leaves a quadratic one. (One player alone mixes only if it is
    indifferent between two pure replies, a tie.) Each candidate is refined by Newton's method
    and kept if no player gains more than `CERTIFIED`; ties between pure actions are taken within
    `TIE_TOLERANCE`, as in `solve_2x2`.

    Source: the indifference conditions; for the quadratic, McKelvey and McLennan (1997), who
    count two totally mixed equilibria at most. Ours writes the elimination out.

    Examples
    --------
    Each wants to match the next one, and the last to differ from the first:

    >>> import numpy as np, gametools as gt
    >>> from gametools.equilibria.three_players import solve_2x2x2
    >>> a, b, c = np.indices((2, 2, 2))
    >>> game = gt.NormalFormGame(np.array([[a == b, b == c, c != a]], dtype=float))
    >>> points, counts = solve_2x2x2(game)
    >>> points[0, : counts[0]].tolist()
    [[0.5, 0.5, 0.5]]
    """
    if games.num_actions != (2, 2, 2) or len(games.batch_shape) != 1:
        raise ValueError(f"`games` must be a flat batch of 2x2x2 games; got {games!r}.")
    payoffs = np.moveaxis(games.payoffs, 0, -1)  # batch last: (3, 2, 2, 2, k)
    scale = payoffs.max(axis=(1, 2, 3)) - payoffs.min(axis=(1, 2, 3))
    terms = [_advantage(payoffs[i], i) for i in range(3)]
    size = payoffs.shape[-1]
    points = np.full((SLOTS, 3, size), np.nan)
    counts = np.zeros(size, dtype=np.int64)

    def keep(mask: Mask, candidate: Array) -> None:
        which = mask.nonzero()[0]
        points[counts[which], :, which] = candidate[:, which].T
        counts[which] += 1

    pure = np.moveaxis(pure_profiles(games), 0, -1)
    for actions in itertools.product((0, 1), repeat=3):
        keep(pure[actions], np.repeat(1.0 - np.array(actions)[:, None], size, axis=1))
    with np.errstate(all="ignore"):
        for player, first in itertools.product(range(3), (1.0, 0.0)):
            candidate = _two_mix(terms, player, first)
            keep(_certified(terms, candidate, scale, mixing=tuple({0, 1, 2} - {player})), candidate)
        for candidate in _all_mix(terms):
            keep(_certified(terms, candidate, scale, mixing=(0, 1, 2)), candidate)
    return np.moveaxis(points, -1, 0), counts


def _advantage(own: Array, player: int) -> Array:
    """Return what the first action earns more, as coefficients ``(2, 2, k)`` of 1, y, z and yz.

    y and z are the probabilities of the first actions of the others, in order.
    """
    first, second = np.moveaxis(own, player, 0)
    (aa, ab), (ba, bb) = first - second
    return np.array([[bb, ba - bb], [ab - bb, aa - ab - ba + bb]])


def _others(player: int) -> tuple[int, int]:
    j, k = (other for other in range(3) if other != player)
    return j, k


def _value(terms: Sequence[Array], point: Array, player: int) -> Array:
    """Return the player's advantage of its first action at a point ``(3, k)``."""
    (one, z), (y, yz) = terms[player]
    j, k = _others(player)
    return np.asarray(one + z * point[k] + point[j] * (y + yz * point[k]))


def _slopes(terms: Sequence[Array], point: Array, player: int) -> tuple[Array, Array]:
    """Return the advantage's derivatives by the two others' probabilities."""
    (_, z), (y, yz) = terms[player]
    j, k = _others(player)
    return y + yz * point[k], z + yz * point[j]


def _two_mix(terms: Sequence[Array], player: int, first: float) -> Array:
    """Return where the two others are indifferent while the player is pure."""
    point = np.full((3, terms[0].shape[-1]), first)
    for mixing, responsible in (_others(player), _others(player)[::-1]):
        flat = point.copy()
        flat[responsible] = 0.0
        slope = _slopes(terms, flat, mixing)[_others(mixing).index(responsible)]
        point[responsible] = -_value(terms, flat, mixing) / slope
    return point


def _all_mix(terms: Sequence[Array]) -> list[Array]:
    """Return the (at most two) points where all three are indifferent."""
    (a, c), (b, d) = terms[0]  # a + c z + (b + d z) y = 0
    (e, g), (f, h) = terms[1]  # e + g z + (f + h z) x = 0
    (p, r), (q, s) = terms[2]  # p + q x + r y + s x y = 0
    squared = p * d * h - q * g * d - r * c * h + s * c * g
    linear = p * (b * h + d * f) - q * (e * d + g * b) - r * (a * h + c * f) + s * (a * g + c * e)
    constant = p * b * f - q * e * b - r * a * f + s * a * e
    root = np.sqrt(np.maximum(linear**2 - 4 * squared * constant, 0))
    far = -(linear + np.where(linear >= 0, root, -root)) / 2  # no cancellation
    found, scale = [], np.abs([b, d, f, h]).max(axis=0)
    for z in (far / squared, constant / far):
        x, y = -(e + g * z) / (f + h * z), -(a + c * z) / (b + d * z)
        # A player whose indifference fixes z alone leaves x (or y) to the third equation.
        x, y = (
            np.where(np.abs(f + h * z) > NO_SLOPE * scale, x, -(p + r * y) / (q + s * y)),
            np.where(np.abs(b + d * z) > NO_SLOPE * scale, y, -(p + q * x) / (r + s * x)),
        )
        point = np.array([x, y, z])
        for _ in range(REFINEMENTS):
            point = _refined(terms, point)
        found.append(point)
    # A double root, or a root at infinity, is listed once.
    found[1] = np.where(np.abs(found[0] - found[1]).max(axis=0) < 1e-9, np.nan, found[1])
    return found


def _refined(terms: Sequence[Array], point: Array) -> Array:
    """Take one Newton step towards the indifference of all three."""
    u, v, w = (_value(terms, point, player) for player in range(3))
    (uy, uz), (vx, vz), (wx, wy) = (_slopes(terms, point, player) for player in range(3))
    determinant = uy * vz * wx + uz * vx * wy
    step = np.array(
        [
            -u * vz * wy + uy * vz * w + uz * v * wy,
            u * vz * wx + uz * vx * w - uz * v * wx,
            u * vx * wy - uy * vx * w + uy * v * wx,
        ]
    )
    moved = point - step / determinant
    better = np.isfinite(moved).all(axis=0) & (np.abs(moved - point).max(axis=0) < 0.1)
    return np.where(better, moved, point)


def _certified(terms: Sequence[Array], point: Array, scale: Array, mixing: tuple[int, ...]) -> Mask:
    """Return where the point is an equilibrium in which these players mix properly."""
    inside = point[list(mixing)]
    result = np.asarray(((inside > 0) & (inside < 1)).all(axis=0))
    for player in range(3):
        advantage = _value(terms, point, player)
        gain = np.maximum(advantage * (1 - point[player]), -advantage * point[player])
        limit = CERTIFIED if player in mixing else TIE_TOLERANCE
        result &= gain <= limit * scale[player]
    return result
