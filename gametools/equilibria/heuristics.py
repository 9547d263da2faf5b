"""Cheap heuristics: learning dynamics run from many starts, and the best profile they pass."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from gametools.equilibria.approximate import FINEST, Best, approximate_result, unit_gains
from gametools.equilibria.nash_gap import DeviationGains
from gametools.equilibria.result import Budget, NashResult
from gametools.equilibria.single import single_game
from gametools.games.normal_form import NormalFormGame
from gametools.validation import count, generator, number

__all__ = ["fictitious_play", "replicator"]

Array = NDArray[np.float64]
Move = Callable[[Array, Array, int], Array]
"""The next points from the points, what their actions earn, and the number of the step."""

LOOK_EVERY = 20
"""Steps between two looks at the time averages."""


def replicator(
    game: NormalFormGame,
    *,
    step: float = 0.5,
    steps: int = 4000,
    starts: int = 32,
    seconds: float | None = 10.0,
    rng: int | np.random.Generator | None = 0,
    tolerance: float = 1e-3,
) -> NashResult:
    """Return the profile nearest to equilibrium that replicator dynamics pass, from many starts.

    Parameters
    ----------
    game : NormalFormGame
        A single game of any number of players.
    step : float
        Length of a step in time, with each player's payoffs moved to [0, 1].
    steps : int
        Steps of each run.
    starts : int
        Runs, all at once: the first from the centroid, the others drawn uniformly.
    seconds : float, optional
        Time after which it stops; None for no limit.
    rng : int, numpy.random.Generator or None
        Seed or generator.
    tolerance : float
        Largest gain of a player at an equilibrium, as a share of its payoff range; the runs end
        when it is met.

    Returns
    -------
    NashResult
        One equilibrium to `tolerance`, or none, with the reason and the best profile in
        `details`: ``best_profile``, ``best_gap``, ``steps`` and ``averaged`` (whether the profile
        is the time average of a run rather than a point of it).

    Raises
    ------
    ValueError
        If `game` is a batch, or a parameter is out of bounds.

    Notes
    -----
    Strict equilibria attract; to mixed ones of games with more than two players nothing leads in
    general, so a failure says nothing about the game. Time averages are looked at as well: those
    of interior runs of two-player games come near equilibrium if they settle.

    Source: Taylor (1979) for two populations; Hofbauer and Sigmund (1998), chapters 10 and 11,
    for n and for the averages. Ours differs by the discretisation: probabilities are multiplied
    by ``exp(step * payoff)``, which is exact while the others stand still (and is the Hedge
    algorithm).

    Examples
    --------
    >>> import gametools as gt
    >>> from gametools.equilibria.heuristics import replicator
    >>> stag_hunt = gt.NormalFormGame.from_bimatrix([[4, 0], [3, 3]], [[4, 3], [0, 3]])
    >>> [strategy.round(2).tolist() for strategy in replicator(stag_hunt).equilibria[0]]
    [[0.0, 1.0], [0.0, 1.0]]
    """
    length = number("step", step, above=0, at_most=100)
    gains = unit_gains(single_game(game))

    def move(x: Array, earned: Array, time: int) -> Array:
        del time
        grown = x * np.exp(length * earned)
        return np.asarray(grown / gains.spread(gains.sums(grown)))

    return _run(game, gains, "replicator", move, steps, starts, seconds, rng, tolerance)


def fictitious_play(
    game: NormalFormGame,
    *,
    steps: int = 4000,
    starts: int = 32,
    seconds: float | None = 10.0,
    rng: int | np.random.Generator | None = 0,
    tolerance: float = 1e-3,
) -> NashResult:
    """Return the profile of beliefs nearest to equilibrium in fictitious play, from many starts.

    Parameters
    ----------
    game : NormalFormGame
        A single game of any number of players.
    steps : int
        Steps of each run.
    starts : int
        Runs, all at once: the first belief is the centroid, the others drawn uniformly.
    seconds : float, optional
        Time after which it stops; None for no limit.
    rng : int, numpy.random.Generator or None
        Seed or generator.
    tolerance : float
        Largest gain of a player at an equilibrium, as a share of its payoff range; the runs end
        when it is met.

    Returns
    -------
    NashResult
        As `replicator`; the profile is one of empirical frequencies.

    Raises
    ------
    ValueError
        If `game` is a batch, or a parameter is out of bounds.

    Notes
    -----
    All players best-respond at the same time to the product of the others' frequencies; of
    several best responses the first is played. Frequencies converge to equilibrium in zero-sum,
    potential and 2x2 games (slowly where it is mixed: the gap falls like 1 / sqrt(steps) or
    slower), and in others may cycle for ever (Shapley 1964).

    Source: Brown (1951); Fudenberg and Levine (1998), chapter 2. Ours starts from a belief that
    counts as one observation.

    Examples
    --------
    >>> import gametools as gt
    >>> from gametools.equilibria.heuristics import fictitious_play
    >>> pennies = gt.NormalFormGame.from_bimatrix([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])
    >>> [strategy.round(2).tolist() for strategy in fictitious_play(pennies).equilibria[0]]
    [[0.5, 0.5], [0.5, 0.5]]
    """
    gains = unit_gains(single_game(game))

    def move(x: Array, earned: Array, time: int) -> Array:
        played = np.zeros_like(x)
        rows = np.arange(len(x))
        for block in gains.blocks:
            played[rows, block.start + earned[:, block].argmax(axis=1)] = 1
        return np.asarray(x + (played - x) / (time + 1))

    return _run(game, gains, "fictitious-play", move, steps, starts, seconds, rng, tolerance)


def _run(
    game: NormalFormGame,
    gains: DeviationGains,
    method: str,
    move: Move,
    steps: int,
    starts: int,
    seconds: float | None,
    rng: int | np.random.Generator | None,
    tolerance: float,
) -> NashResult:
    """Run all starts together until one meets the tolerance, or the steps or the time are over."""
    most = count("steps", steps, at_least=1)
    runs = count("starts", starts, at_least=1)
    limit = number("tolerance", tolerance, at_least=FINEST)
    source = generator(rng)
    budget = Budget(seconds)
    x = np.concatenate([source.dirichlet(np.ones(a), size=runs) for a in game.num_actions], axis=1)
    x[0] = np.concatenate([np.full(a, 1 / a) for a in game.num_actions])
    points, averages, total, time = Best(), Best(), np.zeros_like(x), 0
    while min(points.gap, averages.gap) > limit and time < most:
        earned = gains.action_payoffs(x)
        own = gains.spread(gains.sums(earned * x))
        points.see(x, np.asarray((earned - own).max(axis=-1)))
        if time and time % LOOK_EVERY == 0:
            averages.see(total / time, gains.gap(total / time))
        time += 1
        total += x
        x = move(x, earned, time)
        if budget.spent():
            break
    averaged = averages.gap < points.gap
    best = averages if averaged else points
    return approximate_result(
        game,
        gains.split(best.point),
        method=method,
        budget=budget,
        tolerance=limit,
        spent=budget.spent() and time < most,
        note=f"{runs} start{'s' * (runs != 1)}, {time} step{'s' * (time != 1)}.",
        details={"steps": time, "averaged": averaged},
    )
