"""Correlated and coarse correlated equilibria, by linear programming."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array, csr_array

from gametools.equilibria.exploitability import PROBABILITY_TOLERANCE
from gametools.equilibria.linear_program import LinearStatus, maximise
from gametools.equilibria.result import SUPPORT_TOLERANCE
from gametools.equilibria.single import single_game, unit_payoffs
from gametools.games.normal_form import NormalFormGame
from gametools.validation import choice, finite_array, number

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "OBJECTIVES",
    "VIOLATION_TOLERANCE",
    "CorrelatedEquilibrium",
    "correlated_equilibrium",
    "deviation_gain",
]

Array = NDArray[np.float64]

OBJECTIVES = ("welfare", "max-min", "player")
"""What `correlated_equilibrium` can maximise."""
VIOLATION_TOLERANCE = 1e-8
"""Largest gain from a deviation, as a share of its player's payoff range, of an equilibrium."""


@dataclass(frozen=True, eq=False, repr=False)
class CorrelatedEquilibrium:
    """A joint distribution over actions that no player gains by disobeying.

    Attributes
    ----------
    game : NormalFormGame
    distribution : array, shape ``(a_1, ..., a_n)``
        Probability of each joint action; NaN if the program was not solved.
    payoffs : array, shape ``(n,)``
        What each player earns.
    value : float
        The objective: sum, minimum or weighted sum of `payoffs`.
    violation : float
        The largest gain of any player from any rule that maps what it is told to what it does
        (``coarse``: from one action whatever it is told), in units of payoff; recomputed by
        `deviation_gain` from payoffs and distribution, not by the program. At least 0.
    objective : str
    coarse : bool
    tolerance : float
        `VIOLATION_TOLERANCE`.
    status : LinearStatus
        ``OPTIMAL`` only if every player's gain is within `tolerance`.
    """

    game: NormalFormGame
    distribution: Array
    payoffs: Array
    value: float
    violation: float
    objective: str
    coarse: bool
    tolerance: float
    status: LinearStatus

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each joint action in the support, the likeliest first.

        Columns: ``actions`` (a tuple), ``probability``, ``payoff_0``, ``payoff_1``, ...
        """
        import pandas as pd

        support = np.argwhere(self.distribution > SUPPORT_TOLERANCE)
        rows = [
            {"actions": tuple(joint), "probability": self.distribution[tuple(joint)]}
            | {f"payoff_{i}": p[tuple(joint)] for i, p in enumerate(self.game.payoffs)}
            for joint in support.tolist()
        ]
        earned = [f"payoff_{player}" for player in range(self.game.num_players)]
        frame = pd.DataFrame(rows, columns=["actions", "probability", *earned])
        return frame.sort_values("probability", ascending=False, kind="stable", ignore_index=True)

    def __repr__(self) -> str:
        kind = "coarse correlated" if self.coarse else "correlated"
        earned = ", ".join(f"{payoff:.6g}" for payoff in self.payoffs)
        size = int((self.distribution > SUPPORT_TOLERANCE).sum())
        return (
            f"CorrelatedEquilibrium({kind}, payoffs ({earned}) on {size} joint actions, "
            f"{self.objective}, violation {self.violation:.1e}; {self.status})"
        )


def correlated_equilibrium(
    game: NormalFormGame,
    *,
    objective: str = "welfare",
    coarse: bool = False,
    weights: ArrayLike | None = None,
    seconds: float | None = None,
) -> CorrelatedEquilibrium:
    """Return the correlated equilibrium that is best for an objective.

    Parameters
    ----------
    game : NormalFormGame
        A single game, of any number of players.
    objective : {"welfare", "max-min", "player"}
        Maximise the sum of the payoffs, the smallest payoff, or the sum weighted by `weights`.
    coarse : bool
        Only deviations to one fixed action, chosen before the player is told anything, must not
        pay: a larger set of distributions.
    weights : array_like, shape ``(n,)``
        With ``objective="player"`` only: each player's weight, ``(0, 1)`` for the second
        player's best equilibrium and ``(0, -1)`` for its worst.
    seconds : float, optional
        Time after which the program stops.

    Returns
    -------
    CorrelatedEquilibrium
        One optimal vertex of a set that is never empty; several may have the same value.

    Raises
    ------
    ValueError
        If `game` is a batch, the objective is unknown, or `weights` do not fit it.

    Notes
    -----
    Payoffs are compared between players as they stand: the objectives, unlike the set of
    equilibria, change when one player's payoffs are rescaled.

    Source: Aumann (1974, 1987); coarse: Moulin and Vial (1978); the linear programs of Shoham and
    Leyton-Brown (2008), section 4.6. Ours differs by sparse constraints on payoffs scaled to the
    unit interval, and by the recomputed violation.

    Examples
    --------
    In chicken, a correlated equilibrium earns more than any Nash equilibrium (Aumann 1974):

    >>> import gametools as gt
    >>> from gametools.equilibria.correlated import correlated_equilibrium
    >>> chicken = gt.NormalFormGame.from_bimatrix([[6, 2], [7, 0]], [[6, 7], [2, 0]])
    >>> best = correlated_equilibrium(chicken)
    >>> best.payoffs.round(9).tolist(), best.distribution.round(9).tolist()
    ([5.25, 5.25], [[0.5, 0.25], [0.25, 0.0]])
    """
    single_game(game)
    choice("objective", objective, OBJECTIVES)
    shares = _weights(game.num_players, objective, weights)
    limit = None if seconds is None else number("seconds", seconds, above=0)
    unit, lowest, width = unit_payoffs(game)
    size = int(np.prod(game.num_actions))
    gains = _gains(unit, coarse)
    total = csr_array(np.ones((1, size)))
    scale = max(float(width.max()), np.finfo(float).tiny)
    if objective == "max-min":  # one variable more: a floor under every player's payoff
        height = (game.payoffs - lowest.min()).reshape(game.num_players, size)
        largest = max(float(height.max()), np.finfo(float).tiny)
        gains = _stacked(gains, -height / largest)
        total = csr_array(np.append(np.ones(size), 0.0)[None])
        goal = np.append(np.zeros(size), 1.0)
    else:
        goal = shares @ (unit.reshape(game.num_players, size) * (width / scale)[:, None])
        goal = goal / max(float(np.abs(shares).max()), np.finfo(float).tiny)
    bound = np.zeros(gains.shape[0])
    point, status = maximise(goal, at_most=(gains, bound), equal=(total, np.ones(1)), seconds=limit)
    if point is None:
        nothing = np.full(game.num_actions, np.nan)
        return _packed(game, nothing, objective, shares, coarse, status)
    chances = np.maximum(point[:size], 0.0).reshape(game.num_actions)
    return _packed(game, chances / chances.sum(), objective, shares, coarse, status)


def _weights(players: int, objective: str, weights: ArrayLike | None) -> Array:
    """Return the players' weights, checked."""
    if (weights is not None) != (objective == "player"):
        raise ValueError(
            "`weights`, one for each player, go with objective='player' and with no other; got "
            f"objective={objective!r} and weights={weights!r}."
        )
    if weights is None:
        return np.ones(players)
    array = finite_array("weights", weights)
    if array.shape != (players,):
        raise ValueError(f"`weights` must have shape ({players},); got {array.shape}.")
    return array


def _tables(payoffs: Array, player: int) -> Array:
    """Return one player's payoffs (or joint actions), its own action first, the rest in a row."""
    moved = np.moveaxis(payoffs, player, 0)
    return moved.reshape(moved.shape[0], -1)


def _gains(unit: Array, coarse: bool) -> csr_array:
    """Return the gains from deviations as a sparse matrix over joint actions.

    A row for each player and pair of actions (told, done); ``coarse``: for each player and action.
    """
    joint = np.arange(unit[0].size).reshape(unit[0].shape)
    rows, columns, values, first = [], [], [], 0
    for player, payoffs in enumerate(unit):
        earned, cells = _tables(payoffs, player), _tables(joint, player)
        actions = len(earned)
        gain = earned[None, :, :] - earned[:, None, :]  # told, done, the others' actions
        told, done = np.indices((actions, actions))
        row = done if coarse else told * actions + done
        rows.append(np.broadcast_to(first + row[:, :, None], gain.shape)[gain != 0])
        columns.append(np.broadcast_to(cells[:, None, :], gain.shape)[gain != 0])
        values.append(gain[gain != 0])
        first += actions if coarse else actions**2
    where = (np.concatenate(rows), np.concatenate(columns))
    return csr_array(coo_array((np.concatenate(values), where), shape=(first, joint.size)))


def _stacked(gains: csr_array, heights: Array) -> csr_array:
    """Add a variable, the floor, and a row for each player: floor <= height."""
    below = coo_array(np.hstack([heights, np.ones((len(heights), 1))]))
    above = coo_array(gains)
    size = gains.shape[0]
    where = (np.append(above.row, below.row + size), np.append(above.col, below.col))
    shape = (size + len(heights), gains.shape[1] + 1)
    return csr_array(coo_array((np.append(above.data, below.data), where), shape=shape))


def deviation_gain(game: NormalFormGame, distribution: ArrayLike, *, coarse: bool = False) -> Array:
    """Return what each player can gain by not doing what a joint distribution tells it.

    Parameters
    ----------
    game : NormalFormGame
        A single game.
    distribution : array_like, shape ``(a_1, ..., a_n)``
        Probability of each joint action: a solver's, or how often learners played it.
    coarse : bool
        False: the best rule that maps what a player is told to what it does (swap regret). True:
        the best fixed action (external regret).

    Returns
    -------
    array, shape ``(n,)``
        In units of payoff, at least 0 (a player may do as it is told); all 0 exactly at (coarse)
        correlated equilibria.

    Raises
    ------
    ValueError
        If `game` is a batch, or `distribution` is no distribution over its joint actions.

    Notes
    -----
    Source: the definitions, Aumann (1987) and Moulin and Vial (1978); ours differs in nothing.

    Examples
    --------
    >>> import gametools as gt
    >>> from gametools.equilibria.correlated import deviation_gain
    >>> chicken = gt.NormalFormGame.from_bimatrix([[6, 2], [7, 0]], [[6, 7], [2, 0]])
    >>> deviation_gain(chicken, [[0.5, 0.5], [0, 0]])        # told to yield, dare: 7, not 6
    array([0. , 0.5])
    """
    chances = finite_array("distribution", distribution)
    if chances.shape != single_game(game).num_actions:
        raise ValueError(f"`distribution` must have shape {game.num_actions}; got {chances.shape}.")
    off = max(abs(float(chances.sum()) - 1), -float(chances.min()))
    if off > PROBABILITY_TOLERANCE:
        raise ValueError(
            f"`distribution` must be a probability distribution; it is off by {off:.3g}."
        )
    gains = []
    for player, payoffs in enumerate(game.payoffs):
        above = _tables(payoffs - payoffs.min(), player)  # 0 where payoffs never vary
        done = _tables(chances, player) @ above.T  # told, done
        gain = done - np.diagonal(done)[:, None]
        best = gain.sum(axis=0).max() if coarse else gain.max(axis=1).sum()
        gains.append(max(float(best), 0.0))
    return np.array(gains)


def _packed(
    game: NormalFormGame,
    distribution: Array,
    objective: str,
    weights: Array,
    coarse: bool,
    status: LinearStatus,
) -> CorrelatedEquilibrium:
    """Recompute payoffs and violation from the distribution alone."""
    gains = np.full(game.num_players, np.nan)
    if status == LinearStatus.OPTIMAL:
        gains = deviation_gain(game, distribution, coarse=coarse)
        if (gains > VIOLATION_TOLERANCE * unit_payoffs(game)[2]).any():
            status = LinearStatus.FAILED
    payoffs = (game.payoffs * distribution).reshape(game.num_players, -1).sum(axis=1)
    value = float(payoffs.min() if objective == "max-min" else weights @ payoffs)
    return CorrelatedEquilibrium(
        game,
        distribution,
        payoffs,
        value,
        float(gains.max()),
        objective,
        coarse,
        VIOLATION_TOLERANCE,
        status,
    )
