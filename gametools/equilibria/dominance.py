"""Iterated elimination of dominated actions, by pure and by mixed strategies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gametools.equilibria.linear_program import maximise
from gametools.equilibria.result import Profile
from gametools.equilibria.single import single_game, unit_payoffs
from gametools.games.normal_form import NormalFormGame
from gametools.games.taxonomy import TIE_TOLERANCE
from gametools.validation import finite_array

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DOMINANCE_TOLERANCE", "Elimination", "Reduction", "iterated_dominance"]

Array = NDArray[np.float64]

DOMINANCE_TOLERANCE = 1e-9
"""An action is better only if it earns more by this share of its player's payoff range."""


@dataclass(frozen=True, eq=False)
class Elimination:
    """One eliminated action and the strategy that dominates it: a certificate.

    Attributes
    ----------
    round : int
        From 1; the eliminations of a round are simultaneous.
    player, action : int
        The action, counted in the *original* game.
    by : array, shape ``(a_player,)``
        The dominating strategy over the player's original actions.
    margin, best : float
        The smallest and the largest gain of `by` over the action, in units of payoff, over the
        other players' actions that were left: recomputed from the payoffs, not the program's.
    """

    round: int
    player: int
    action: int
    by: Array
    margin: float
    best: float


@dataclass(frozen=True, eq=False, repr=False)
class Reduction:
    """What iterated dominance leaves of a game.

    Attributes
    ----------
    game, reduced : NormalFormGame
        Before and after.
    kept : tuple of tuples of int
        Each player's remaining actions, counted in the original game.
    eliminations : tuple of Elimination
        In order.
    strict, mixed : bool
        What was eliminated, and by what.
    tolerance : float
        `DOMINANCE_TOLERANCE`.
    """

    game: NormalFormGame
    reduced: NormalFormGame
    kept: tuple[tuple[int, ...], ...]
    eliminations: tuple[Elimination, ...]
    strict: bool
    mixed: bool
    tolerance: float

    def lift(self, profile: Sequence[ArrayLike]) -> Profile:
        """Return a profile of the reduced game as one of the original game.

        Eliminated actions get probability 0, so a Nash equilibrium stays one.

        Raises
        ------
        ValueError
            If the profile does not fit the reduced game.
        """
        if len(profile) != len(self.kept):
            raise ValueError(
                f"`profile` must hold {len(self.kept)} strategies; got {len(profile)}."
            )
        lifted = []
        for player, (strategy, kept) in enumerate(zip(profile, self.kept, strict=True)):
            array = finite_array(f"profile[{player}]", strategy)
            if array.shape != (len(kept),):
                raise ValueError(
                    f"`profile[{player}]` must have shape ({len(kept)},), one probability for each "
                    f"action of the reduced game; got {array.shape}."
                )
            whole = np.zeros(self.game.num_actions[player])
            whole[list(kept)] = array
            lifted.append(whole)
        return tuple(lifted)

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each elimination: round, player, action, by, margin, best."""
        import pandas as pd

        columns = ["round", "player", "action", "by", "margin", "best"]
        rows = [
            {name: getattr(step, name) for name in columns} | {"by": step.by.tolist()}
            for step in self.eliminations
        ]
        return pd.DataFrame(rows, columns=columns)

    def __repr__(self) -> str:
        before, after = ("x".join(map(str, g.num_actions)) for g in (self.game, self.reduced))
        rounds = self.eliminations[-1].round if self.eliminations else 0
        kind = "strict" if self.strict else "weak"
        total = len(self.eliminations)
        return (
            f"Reduction({before} to {after} actions, {total} eliminated by {kind} dominance in "
            f"{rounds} round{'s' * (rounds != 1)})"
        )


def iterated_dominance(
    game: NormalFormGame, *, strict: bool = True, mixed: bool = True
) -> Reduction:
    """Eliminate dominated actions until none is left.

    Parameters
    ----------
    game : NormalFormGame
        A single game, of any number of players.
    strict : bool
        True: an action must earn less than the dominating strategy against *every* joint action
        of the others that is left, by more than `DOMINANCE_TOLERANCE` of the player's payoff
        range. False: never more (within `TIE_TOLERANCE`), and less by that much at least once.
    mixed : bool
        Whether mixed strategies may dominate, too (one small linear program an action).

    Returns
    -------
    Reduction
        The reduced game, and each elimination with its certificate. Near ties are kept.

    Raises
    ------
    ValueError
        If `game` is a batch.

    Warnings
    --------
    With ``strict=False`` the *order* of elimination matters: another order may leave other
    actions, and Nash equilibria may be lost (never gained). Ours removes, in each round, every
    weakly dominated action of every player at once. Strict dominance leaves the same game in any
    order, and keeps all Nash and correlated equilibria.

    Notes
    -----
    An action whose payoffs have the largest sum, or that is a best reply to some joint action
    (weakly: the only one), is dominated by no mixture; such actions need no program. Every
    certificate is recomputed from the payoffs, so nothing is eliminated on the word of a program.

    Source: the definitions and linear programs of Shoham and Leyton-Brown (2008), sections 3.4.3
    and 4.5. Ours differs by the tolerance, by trying pure strategies first, and, for weak
    dominance, by the order above.

    Examples
    --------
    The third row earns less than an even mixture of the others, and then the second column less
    than the first:

    >>> import gametools as gt
    >>> game = gt.NormalFormGame.from_bimatrix(
    ...     [[3, 0], [0, 3], [1, 1]], [[2, 1], [2, 1], [0, 9]]
    ... )
    >>> left = gt.equilibria.dominance.iterated_dominance(game)
    >>> left
    Reduction(3x2 to 1x1 actions, 3 eliminated by strict dominance in 3 rounds)
    >>> left.eliminations[0].action, left.eliminations[0].by.round(9).tolist()
    (2, [0.5, 0.5, 0.0])
    >>> [strategy.tolist() for strategy in left.lift([[1.0], [1.0]])]
    [[1.0, 0.0, 0.0], [1.0, 0.0]]
    """
    unit, _, width = unit_payoffs(single_game(game))
    kept = [np.arange(actions) for actions in game.num_actions]
    log: list[Elimination] = []
    while True:
        found = _dominated(unit, kept, strict, by_mixtures=False)
        if mixed and not (strict and found):
            found |= _dominated(unit, kept, strict, by_mixtures=True, known=found)
        if not found:
            break
        step = log[-1].round + 1 if log else 1
        for (player, row), (weights, margin, best) in sorted(found.items(), key=lambda i: i[0]):
            by = np.zeros(game.num_actions[player])
            by[kept[player]] = weights
            scale = float(width[player])
            action = int(kept[player][row])
            log.append(Elimination(step, player, action, by, margin * scale, best * scale))
        for player in range(game.num_players):
            gone = [row for owner, row in found if owner == player]
            kept[player] = np.delete(kept[player], gone)
    left = np.stack([payoff[np.ix_(*kept)] for payoff in game.payoffs])
    reduced = NormalFormGame(left, game.num_players)
    names = tuple(tuple(actions.tolist()) for actions in kept)
    return Reduction(game, reduced, names, tuple(log), strict, mixed, DOMINANCE_TOLERANCE)


Certificate = tuple[
    Array, float, float
]  # strategy over the kept actions, smallest and largest gain
Found = dict[tuple[int, int], Certificate]


def _dominated(
    unit: Array,
    kept: list[NDArray[np.intp]],
    strict: bool,
    *,
    by_mixtures: bool,
    known: Found | None = None,
) -> Found:
    """Return the dominated actions of all players, as (player, row among those kept)."""
    found: Found = {}
    for player in range(len(kept)):
        table = np.moveaxis(unit[player][np.ix_(*kept)], player, 0)
        table = table.reshape(len(kept[player]), -1)
        totals = table.sum(axis=1)
        for row in np.flatnonzero(totals < totals.max()).tolist():
            if (player, row) in (known or {}):
                continue
            weights = _mixture(table, row, strict) if by_mixtures else _pure(table, row, strict)
            if weights is None:
                continue
            gain = weights @ table - table[row]
            margin, best = float(gain.min()), float(gain.max())
            if _wins(margin, best, strict):
                found[player, row] = weights, margin, best
    return found


def _wins(margin: float, best: float, strict: bool) -> bool:
    """Return whether gains from `margin` to `best` make up dominance."""
    if strict:
        return margin > DOMINANCE_TOLERANCE
    return margin >= -TIE_TOLERANCE and best > DOMINANCE_TOLERANCE


def _pure(table: Array, row: int, strict: bool) -> Array | None:
    """Return the best pure strategy that dominates a row, or None."""
    gain = table - table[row]
    margin, best = gain.min(axis=1), gain.max(axis=1)
    wins = np.array([_wins(low, high, strict) for low, high in zip(margin, best, strict=True)])
    if not wins.any():
        return None
    weights = np.zeros(len(table))
    weights[np.where(wins, margin + (0.0 if strict else best), -np.inf).argmax()] = 1.0
    return weights


def _mixture(table: Array, row: int, strict: bool) -> Array | None:
    """Return the mixture that gains most over a row in its worst case, or over all cases.

    The first if `strict`; the second keeps every gain at 0 or more.
    """
    others = np.delete(table, row, axis=0)
    lead = table[row] - others.max(axis=0)
    if len(others) < 2 or (lead > (-DOMINANCE_TOLERANCE if strict else TIE_TOLERANCE)).any():
        return None
    gain = table - table[row]
    if strict:  # maximise t <= 1 + gain: nonnegative, as payoffs lie between 0 and 1
        matrix = np.hstack([-(gain.T + 1), np.ones((gain.shape[1], 1))])
        objective = np.append(np.zeros(len(gain)), 1.0)
        bound = np.zeros(gain.shape[1])
        equations = np.append(np.ones(len(gain)), 0.0)[None]
    else:
        matrix, bound = -gain.T, np.zeros(gain.shape[1])
        objective, equations = gain.mean(axis=1), np.ones((1, len(gain)))
    point, _ = maximise(objective, at_most=(matrix, bound), equal=(equations, np.ones(1)))
    if point is None:
        return None
    weights = np.where(point[: len(gain)] < TIE_TOLERANCE, 0.0, point[: len(gain)])
    weights[row] = 0.0
    total = weights.sum()
    return weights / total if total > 0 else None
