"""An equilibrium by descent: McKelvey's Lyapunov function, from many starts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gametools.equilibria.approximate import FINEST, Best, approximate_result, unit_gains
from gametools.equilibria.exploitability import exploitability
from gametools.equilibria.nash_gap import DeviationGains
from gametools.equilibria.newton import equilibrium_near
from gametools.equilibria.result import Budget, NashResult
from gametools.equilibria.single import single_game
from gametools.games.normal_form import NormalFormGame
from gametools.validation import count, generator, number

__all__ = ["gap_descent"]

Array = NDArray[np.float64]

NEAR = 0.1
"""Where a descent ends with gains above this share of a payoff range, Newton is not tried."""
ITERATIONS = 500


def gap_descent(
    game: NormalFormGame,
    *,
    start: Sequence[ArrayLike] | None = None,
    seconds: float | None = 10.0,
    restarts: int | None = 100,
    rng: int | np.random.Generator | None = 0,
    tolerance: float = 1e-9,
) -> NashResult:
    """Return an equilibrium by gradient descent on the sum of squared gains, with restarts.

    Parameters
    ----------
    game : NormalFormGame
        A single game of any number of players.
    start : sequence of n arrays, shapes ``(a_i,)``, optional
        Where the first descent begins (an action of probability 0 stays there); drawn uniformly
        if not given, like all later ones.
    seconds : float, optional
        Time after which it stops; None for no limit.
    restarts : int, optional
        How often it may start again after a descent that ended in a local minimum; None for no
        limit.
    rng : int, numpy.random.Generator or None
        Seed or generator.
    tolerance : float
        Largest gain of a player at an equilibrium, as a share of its payoff range.

    Returns
    -------
    NashResult
        One equilibrium, or none, with the reason and the best profile in `details`:
        ``best_profile``, ``best_gap`` and ``starts``.

    Raises
    ------
    ValueError
        If `game` is a batch, `start` is no profile of it, or a parameter is out of bounds.

    Notes
    -----
    The function is zero exactly at the equilibria and continuously differentiable, but it has
    local minima that are no equilibria. It vanishes quadratically, which makes descent slow near
    the end, so Newton's method on the support takes over there.

    Source: McKelvey (1991), "A Liapunov function for Nash equilibria". Ours differs by the
    coordinates (squares, so that no penalty keeps the point in the simplices), by payoffs moved
    to [0, 1], by the method of descent (L-BFGS) and by Newton's method at the end.

    Examples
    --------
    >>> import gametools as gt
    >>> from gametools.equilibria.descent import gap_descent
    >>> pennies = gt.NormalFormGame.from_bimatrix([[3, -1], [-1, 1]], [[-1, 1], [1, -1]])
    >>> [strategy.round(9).tolist() for strategy in gap_descent(pennies).equilibria[0]]
    [[0.5, 0.5], [0.333333333, 0.666666667]]
    """
    single_game(game)
    limit = number("tolerance", tolerance, at_least=FINEST)
    most = None if restarts is None else 1 + count("restarts", restarts)
    source = generator(rng)
    given = None if start is None else _checked(game, start)
    budget = Budget(seconds, "descent")
    gains = unit_gains(game)
    best, done = Best(), 0
    while best.gap > limit and (done == 0 or not budget.spent()) and (most is None or done < most):
        first = given if given is not None and done == 0 else _draw(game, source)
        done += 1
        point = _descend(gains, gains.join(first), budget)
        gap = gains.gap(point[None])
        best.see(point[None], gap)
        near = equilibrium_near(game, gains.split(point)) if gap[0] < NEAR else None
        if near is not None:
            exact = gains.join(near)[None]
            best.see(exact, gains.gap(exact))
    return approximate_result(
        game,
        gains.split(best.point),
        method="descent",
        budget=budget,
        tolerance=limit,
        spent=budget.spent(),
        note=f"{done} start{'s' * (done != 1)}.",
        details={"starts": done},
    )


def _checked(game: NormalFormGame, start: Sequence[ArrayLike]) -> list[Array]:
    try:
        exploitability(game, start)
    except ValueError as error:
        raise ValueError(str(error).replace("`profile", "`start")) from None
    return [np.asarray(s, dtype=np.float64) for s in start]


def _draw(game: NormalFormGame, source: np.random.Generator) -> list[Array]:
    return [source.dirichlet(np.ones(a)) for a in game.num_actions]


def _descend(gains: DeviationGains, start: Array, budget: Budget) -> Array:
    """Return where L-BFGS ends in ``z``, the probabilities being proportional to its squares."""
    from scipy.optimize import minimize

    def objective(z: Array) -> tuple[float, Array]:
        return _objective(gains, z)

    def stop(intermediate_result: object) -> None:
        del intermediate_result
        if budget.spent():
            raise StopIteration

    found = minimize(
        objective,
        np.sqrt(start),
        jac=True,
        method="L-BFGS-B",
        callback=stop,
        options={"maxiter": ITERATIONS, "ftol": 1e-18, "gtol": 1e-10},
    )
    squares = np.asarray(found.x)[None] ** 2
    return np.asarray((squares / gains.spread(gains.sums(squares)))[0])


def _objective(gains: DeviationGains, z: Array) -> tuple[float, Array]:
    """Return the sum of squared gains and its gradient in z."""
    squares = z[None] ** 2
    total = gains.spread(gains.sums(squares))
    p = squares / total
    value, slope = gains.squared(p)
    inner = gains.spread(gains.sums(slope * p))
    return float(value[0]), (2 * z / total * (slope - inner))[0]
