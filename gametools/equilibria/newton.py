"""From nearly an equilibrium to an equilibrium: Newton's method on the support."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gametools.equilibria.nash_gap import DeviationGains
from gametools.equilibria.result import Profile
from gametools.equilibria.single import single_game, unit_payoffs
from gametools.games.normal_form import NormalFormGame

__all__ = ["EXACT", "equilibrium_near"]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

EXACT = 1e-11
"""Largest gain, as a share of its player's payoff range, at a polished equilibrium."""
THRESHOLDS = (0.1, 0.03, 0.01, 1e-3, 1e-4, 1e-6, 1e-9)
"""Probabilities up to each of these are tried as zeros."""
STEPS = 30


def equilibrium_near(
    game: NormalFormGame, profile: Sequence[ArrayLike], *, within: float = 1.0
) -> Profile | None:
    """Return the nearest equilibrium that Newton's method reaches from a profile.

    Parameters
    ----------
    game : NormalFormGame
        A single game.
    profile : sequence of n arrays, shapes ``(a_i,)``
        Nearly an equilibrium.
    within : float
        The largest change of any probability.

    Returns
    -------
    tuple of arrays, or None
        None if no support guessed from the profile leads to an equilibrium whose gains are below
        `EXACT` of the payoff range. A profile that is exact already is returned as it is.

    Notes
    -----
    Guesses of the support are the actions with probabilities above each of `THRESHOLDS`. On a
    support, the equations are that all its actions earn the same and that probabilities add up
    to 1. They are solved in the least-squares sense, so that a continuum of equilibria does no
    harm. What comes out is kept only if no probability is negative and *no* action gains.

    Source: Newton's method on the equilibrium conditions of a support, as in Turocy (2005),
    section 3, after the path has been followed. The guesses are ours.

    Examples
    --------
    >>> import gametools as gt
    >>> from gametools.equilibria.newton import equilibrium_near
    >>> battle = gt.NormalFormGame.from_bimatrix([[3, 0], [0, 2]], [[2, 0], [0, 3]])
    >>> [s.round(12).tolist() for s in equilibrium_near(battle, ([0.65, 0.35], [0.5, 0.5]))]
    [[0.6, 0.4], [0.4, 0.6]]
    >>> [s.tolist() for s in equilibrium_near(battle, ([0.99, 0.01], [0.95, 0.05]))]
    [[1.0, 0.0], [1.0, 0.0]]
    """
    unit, _, _ = unit_payoffs(single_game(game))
    gains = DeviationGains(NormalFormGame(unit, game.num_players))
    point = gains.join(profile)
    if _certified(gains, point):
        return gains.split(point)
    tried: set[bytes] = set()
    best: Array | None = None
    for threshold in THRESHOLDS:
        support = _support(gains, point, threshold)
        if support.tobytes() in tried:
            continue
        tried.add(support.tobytes())
        found = _newton(gains, point, support)
        if found is not None:
            off = float(np.abs(found - point).max())
            if off <= within:
                best, within = found, off
    return None if best is None else gains.split(best)


def _support(gains: DeviationGains, point: Array, threshold: float) -> Mask:
    """Return the actions above the threshold; each player keeps its most probable one."""
    support = point > threshold
    for block in gains.blocks:
        support[block.start + int(point[block].argmax())] = True
    return support


def _newton(gains: DeviationGains, start: Array, support: Mask) -> Array | None:
    """Solve the equations of a support; return None unless that gives an equilibrium."""
    players = (gains.owner[support][:, None] == np.arange(len(gains.blocks))).astype(np.float64)
    used, n = players.shape
    point = np.where(support, start, 0.0)
    level = np.zeros(n)
    matrix = np.zeros((used + n, used + n))
    matrix[:used, used:], matrix[used:, :used] = -players, players.T
    for k in range(STEPS):
        earned = gains.action_payoffs(point[None])[0, support]
        if k == 0:
            level = (earned @ players) / players.sum(axis=0)
        residual = np.concatenate([earned - players @ level, point[support] @ players - 1])
        matrix[:used, :used] = gains.jacobian(point[None])[0][np.ix_(support, support)]
        move = np.linalg.lstsq(matrix, -residual)[0]
        point[support] += move[:used]
        level += move[used:]
        size = float(np.abs(move).max())
        if not size < 1e3:
            return None
        if size < 1e-14:
            break
    if point.min() < -EXACT:
        return None
    point = np.maximum(point, 0)
    point /= np.add.reduceat(point, [b.start for b in gains.blocks])[gains.owner]
    return point if _certified(gains, point) else None


def _certified(gains: DeviationGains, point: Array) -> bool:
    return bool(gains.gap(point[None])[0] <= EXACT)
