"""Mean-field approximation: many players with two actions, each against a crowd."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from gametools.equilibria.approximate import FINEST, approximate_result, gap_share
from gametools.equilibria.result import Budget, NashResult
from gametools.equilibria.single import single_game, unit_payoffs
from gametools.games.normal_form import NormalFormGame
from gametools.validation import choice, number

__all__ = ["CROWDS", "mean_field"]

Array = NDArray[np.float64]

CROWDS = ("binomial", "average")
"""How a player may imagine the others."""
TIE = 1e-12
"""Advantages up to this share of a player's payoff range are ties."""
NARROW = 1e-12
"""Two shares closer than this are one."""


def mean_field(
    game: NormalFormGame,
    *,
    crowd: str = "binomial",
    seconds: float | None = 10.0,
    tolerance: float = 1e-3,
) -> NashResult:
    """Return an equilibrium of a game with two actions each, approximated by its mean field.

    Parameters
    ----------
    game : NormalFormGame
        A single game of two or more players with two actions each.
    crowd : {"binomial", "average"}
        How many of the others a player imagines to play the first action when the average
        player does so with probability m: a binomial number (all others independent, all alike),
        or the average number itself (the limit of many players), payoffs being interpolated
        between whole numbers.
    seconds : float, optional
        Time after which the candidates left are not certified any more; None for no limit.
    tolerance : float
        Largest gain of a player at an equilibrium, as a share of its payoff range.

    Returns
    -------
    NashResult
        The best of the mean-field equilibria if it is an equilibrium to `tolerance`, or none.
        `details`: ``best_profile``, ``best_gap``, and for every mean-field equilibrium its
        ``shares`` (the m) and ``gaps`` (largest gain, as a share of its player's payoff range).

    Raises
    ------
    ValueError
        If `game` is a batch, or a player has more or fewer than two actions.

    Notes
    -----
    Three things are approximated. A player cannot tell the others apart: its payoff when k of
    them play the first action is averaged over who they are. The number k is that of a crowd
    without differences. And m is the average over all players, the player itself included, 1/n
    off. What is left is one equation in m, of which *all* solutions are found: each player's
    advantage of the first action is a Bernstein polynomial in m (or a broken line), whose roots
    cut [0, 1] into intervals with a constant best response.

    At a symmetric equilibrium of an anonymous game in which all players are alike nothing of it
    is an error with the binomial crowd, whatever the number of players; with the average crowd,
    and for players who are not alike, the error falls with their number. In a game where it
    matters *who* does what it stays. The exploitability is that of the game itself, so it shows
    which. `gap_descent` started from ``best_profile`` sharpens a rough answer.

    Source: Lasry and Lions (2007) for the limit, Yang et al. (2018), section 3.1, for the
    average of the others in place of each of them. Ours is for one-shot games, has no noise and
    finds all fixed points instead of iterating towards one.

    Examples
    --------
    Ten drivers; the road earns 1 less the share of the others on it, staying at home earns 0.3:

    >>> import itertools, numpy as np, gametools as gt
    >>> from gametools.equilibria.mean_field import mean_field
    >>> payoffs = np.full((10, *[2] * 10), 0.3)
    >>> for actions in itertools.product((0, 1), repeat=10):
    ...     for player in np.flatnonzero(np.array(actions) == 0):
    ...         payoffs[(player, *actions)] = 1 - (actions.count(0) - 1) / 9
    >>> found = mean_field(gt.NormalFormGame(payoffs))
    >>> found.equilibria[0][0].round(6), bool(found.exploitability[0] < 1e-12)
    (array([0.7, 0.3]), True)
    """
    single_game(game)
    if set(game.num_actions) != {2} or game.num_players < 2:
        raise ValueError(
            "`game` must have two or more players with two actions each; got "
            f"{game!r}. Use method 'descent', 'cma-es' or 'logit'."
        )
    choice("crowd", crowd, CROWDS)
    limit = number("tolerance", tolerance, at_least=FINEST)
    budget = Budget(seconds, "mean field")
    field = _Field(_advantages(game), crowd == "binomial")
    shares: list[float] = []
    points: list[Array] = []
    gaps: list[float] = []
    for share, point in _fixed_points(field):
        if points and budget.spent():
            break
        shares.append(share)
        points.append(np.stack([point, 1 - point], axis=-1))
        gaps.append(gap_share(game, list(points[-1])))
    return approximate_result(
        game,
        list(points[int(np.argmin(gaps))]),
        method=f"mean-field ({crowd})",
        budget=budget,
        tolerance=limit,
        spent=budget.spent(),
        note=f"{len(shares)} mean-field equilibri{'um' if len(shares) == 1 else 'a'}.",
        details={"shares": shares, "gaps": gaps},
    )


def _advantages(game: NormalFormGame) -> Array:
    """Return what the first action earns more if k others play theirs, ``(n, n)``, k last.

    In units of each player's payoff range, averaged over who the k others are.
    """
    n = game.num_players
    unit, _, _ = unit_payoffs(game)
    firsts = (n - 1) - np.array([bin(k).count("1") for k in range(2 ** (n - 1))])
    ways = np.bincount(firsts)
    result = np.empty((n, n))
    for player in range(n):
        first, second = np.moveaxis(unit[player], player, 0).reshape(2, -1)
        result[player] = np.bincount(firsts, weights=first - second) / ways
    return result


@dataclass(frozen=True)
class _Field:
    """Each player's advantage of the first action as a function of the average player's m."""

    values: Array
    binomial: bool

    def at(self, share: float) -> Array:
        """Return every player's advantage at one m, shape ``(n,)``."""
        k = np.arange(len(self.values))
        top = len(k) - 1
        if not self.binomial:
            return np.array([np.interp(share * top, k, row) for row in self.values])
        ways = np.array([math.comb(top, j) for j in k])
        return np.asarray(self.values @ (ways * share**k * (1 - share) ** (top - k)))

    def roots(self, player: int) -> list[float]:
        """Return where a player's advantage changes its sign, in order."""
        row = np.where(np.abs(self.values[player]) > TIE, self.values[player], 0.0)
        if self.binomial:
            return list(_bernstein_roots(row, 0.0, 1.0))
        return list(_line_roots(row))


def _line_roots(values: Array) -> Iterator[float]:
    """Yield the sign changes of the line through ``values`` at equal distances over [0, 1]."""
    last = 0.0
    for k, (left, right) in enumerate(pairwise(values)):
        last = left or last
        if last * right < 0:
            inside = left / (left - right) if left else 0.0
            yield float((k + inside) / (len(values) - 1))


def _bernstein_roots(values: Array, low: float, high: float) -> Iterator[float]:
    """Yield the sign changes of the polynomial with Bernstein coefficients `values`.

    No change of sign among the coefficients: none between `low` and `high`. Otherwise the
    interval is cut in halves by de Casteljau's algorithm until it is narrow, and it counts if
    the coefficients at its ends differ in sign. A root in the very middle belongs to no half.
    """
    signs = np.sign(values)
    seen = signs[signs != 0]
    if len(seen) < 2 or not (seen[1:] != seen[:-1]).any():
        return
    if high - low <= NARROW:
        if seen[0] != seen[-1]:
            yield (low + high) / 2
        return
    left, right, row = [values[0]], [values[-1]], values
    while len(row) > 1:
        row = (row[1:] + row[:-1]) / 2
        left.append(row[0])
        right.append(row[-1])
    middle = (low + high) / 2
    yield from _bernstein_roots(np.array(left), low, middle)
    before, after = np.trim_zeros(left, "b"), np.trim_zeros(right[::-1], "f")
    if row[0] == 0 and before and after and before[-1] * after[0] < 0:
        yield middle
    yield from _bernstein_roots(np.array(right[::-1]), middle, high)


def _fixed_points(field: _Field) -> Iterator[tuple[float, Array]]:
    """Yield every m at which best responses to m average m, and these best responses.

    Players who do not care at any m play both actions with probability 1/2.
    """
    n = len(field.values)
    roots = [field.roots(player) for player in range(n)]
    careless = np.abs(field.values).max(axis=1) <= TIE
    cuts: list[float] = []
    for root in sorted(r for own in roots for r in own):
        if not cuts or root - cuts[-1] > 10 * NARROW:
            cuts.append(root)
    for low, high in pairwise([0.0, *cuts, 1.0]):
        best = np.where(careless, 0.5, field.at((low + high) / 2) > 0)
        if low <= best.mean() <= high:
            yield float(best.mean()), best
        if high in cuts:
            torn = np.array([any(abs(r - high) <= 10 * NARROW for r in own) for own in roots])
            sure = np.where(careless, 0.5, field.at(high) > 0)
            inside = (n * high - sure[~torn].sum()) / torn.sum()
            if 0 < inside < 1:
                yield high, np.where(torn, inside, sure)
