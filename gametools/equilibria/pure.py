"""Pure equilibria of games with any number of players: every profile is looked at."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gametools.equilibria.result import Budget, NashResult, SolveStatus, nash_result
from gametools.games.normal_form import NormalFormGame
from gametools.games.taxonomy import TIE_TOLERANCE

__all__ = ["pure_equilibria", "pure_profiles"]

Mask = NDArray[np.bool_]


def pure_profiles(game: NormalFormGame, *, tolerance: float = TIE_TOLERANCE) -> Mask:
    """Return which profiles of pure actions are Nash equilibria.

    Parameters
    ----------
    game : NormalFormGame
        One game or a batch.
    tolerance : float
        An action that earns less than the best by no more than this share of its player's payoff
        range counts as a best response.

    Returns
    -------
    bool array, shape ``(*batch, a_1, ..., a_n)``

    Notes
    -----
    Source: the definition of a pure Nash equilibrium. Ours differs by the scaled tolerance.

    Examples
    --------
    >>> import gametools as gt
    >>> from gametools.equilibria.pure import pure_profiles
    >>> stag_hunt = gt.NormalFormGame.from_bimatrix([[4, 0], [3, 3]], [[4, 3], [0, 3]])
    >>> pure_profiles(stag_hunt)
    array([[ True, False],
           [False,  True]])
    """
    n = game.num_players
    own_axes = tuple(range(-n, 0))
    result = np.ones((*game.batch_shape, *game.num_actions), dtype=np.bool_)
    for player in range(n):
        payoffs = np.moveaxis(game.payoffs, -n - 1, 0)[player]
        highest = payoffs.max(axis=own_axes, keepdims=True)
        slack = tolerance * (highest - payoffs.min(axis=own_axes, keepdims=True))
        result &= payoffs >= payoffs.max(axis=player - n, keepdims=True) - slack
    return result


def pure_equilibria(game: NormalFormGame, *, seconds: float | None = None) -> NashResult:
    """Return all pure equilibria; complete only if strict dominance leaves a single profile.

    Parameters
    ----------
    game : NormalFormGame
        A single game of any number of players.
    seconds : float, optional
        Taken for the sake of a common signature; one pass over the payoffs needs no budget.

    Returns
    -------
    NashResult
        `complete` says whether no *mixed* equilibrium exists either. It is True if iterated
        removal of strictly dominated actions leaves one profile, and False otherwise, although
        the list of pure equilibria is always whole.

    Raises
    ------
    ValueError
        If `game` is a batch; `pure_profiles` takes batches.

    Notes
    -----
    Source: the definition; iterated strict dominance (for example Shoham and Leyton-Brown 2008,
    section 3.4.3) for completeness. Ours differs by the tolerance of `pure_profiles`; dominance
    is by pure actions only.

    Examples
    --------
    >>> import gametools as gt
    >>> from gametools.equilibria.pure import pure_equilibria
    >>> dilemma = gt.NormalFormGame.from_bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]])
    >>> found = pure_equilibria(dilemma)
    >>> found.supports(), found.complete
    ([((1,), (1,))], True)
    """
    budget = Budget(seconds)
    if game.batch_shape:
        raise ValueError(
            f"`game` must be a single game; got a batch of shape {game.batch_shape}. "
            "Index it, or use pure_profiles, which takes batches."
        )
    places = np.argwhere(pure_profiles(game))
    profiles = [
        tuple(np.eye(a)[action] for a, action in zip(game.num_actions, place, strict=True))
        for place in places
    ]
    alone = _dominance_solvable(game)
    note = f"{len(profiles)} pure of {int(np.prod(game.num_actions))} profiles, all examined."
    return nash_result(
        game,
        profiles,
        method="pure",
        complete=alone,
        budget=budget,
        status=None if profiles else SolveStatus.NONE,
        note=f"{note} Iterated strict dominance leaves no other equilibrium." if alone else note,
    )


def _dominance_solvable(game: NormalFormGame) -> bool:
    """Return whether iterated removal of strictly dominated actions leaves one profile."""
    payoffs = game.payoffs
    everything = tuple(range(1, payoffs.ndim))
    tie = TIE_TOLERANCE * (payoffs.max(axis=everything) - payoffs.min(axis=everything))
    shrunk = True
    while shrunk and payoffs[0].size > 1:
        shrunk = False
        for player in range(game.num_players):
            own = np.moveaxis(payoffs[player], player, 0).reshape(payoffs.shape[player + 1], -1)
            margins = np.array([(own - action).min(axis=1).max() for action in own])
            keep = np.flatnonzero(margins <= tie[player])
            if len(keep) < len(own):
                payoffs, shrunk = np.take(payoffs, keep, axis=player + 1), True
    return bool(payoffs[0].size == 1)
