"""The logit path: from everyone choosing at random to a Nash equilibrium."""

from __future__ import annotations

from gametools.equilibria.logit_branch import LogitBranch, LogitPath
from gametools.equilibria.newton import equilibrium_near
from gametools.equilibria.result import Budget, NashResult, Profile, SolveStatus, nash_result
from gametools.equilibria.single import single_game
from gametools.games.normal_form import NormalFormGame
from gametools.validation import number

__all__ = ["LogitPath", "logit_path", "quantal_response", "trace_logit"]

NEAR = 0.01
"""The path is at its end where Newton's method changes no probability by more than this."""
FINEST = 1e-12
"""The path is not followed to gaps below this share of the payoff range: doubles end there."""


def logit_path(
    game: NormalFormGame, *, seconds: float | None = 30.0, precision: float = 1e-6
) -> NashResult:
    """Return the equilibrium at the end of the logit path: the limiting logit equilibrium.

    Parameters
    ----------
    game : NormalFormGame
        A single game of any number of players.
    seconds : float, optional
        Time after which it stops; None for no limit.
    precision : float
        The path is followed until no player gains more than this share of the largest range of a
        player's payoffs, and further if Newton's method finds no equilibrium close by. At most
        0.01.

    Returns
    -------
    NashResult
        One equilibrium; ``details["path"]`` is the `LogitPath`. If the budget runs out on the
        way, the equilibrium nearest to the path's last point, if any, with that status.

    Raises
    ------
    ValueError
        If `game` is a batch, or a parameter is not positive.

    Notes
    -----
    In a generic game the branch that starts at the centroid is a curve without crossings and
    ends at one equilibrium, which this selects (McKelvey and Palfrey 1995, theorem 3). In 2x2
    games with two strict equilibria it is the risk-dominant one if the game is symmetric. Games
    with symmetries are not generic: there the path keeps the symmetry, passes crossings straight
    on, and may end at a mixed equilibrium (`LogitPath.crossings`).

    An action that the limit does not use, but that is worse by no more than about `precision`,
    cannot be told from a used one.

    Source: Turocy (2005), sections 2 and 3: log-probabilities, Euler-Newton steps. Ours differs
    in that the equations are centred on each player's mean (which makes them blind to the order
    of actions), that jumps between branches are looked for, and that Newton's method on the
    support ends it.

    Examples
    --------
    >>> import gametools as gt
    >>> from gametools.equilibria.logit import logit_path
    >>> stag_hunt = gt.NormalFormGame.from_bimatrix([[4, 0], [3, 3]], [[4, 3], [0, 3]])
    >>> [strategy.tolist() for strategy in logit_path(stag_hunt).equilibria[0]]
    [[0.0, 1.0], [0.0, 1.0]]
    """
    single_game(game)
    aim = number("precision", precision, above=0, at_most=0.01)
    budget = Budget(seconds)
    branch = LogitBranch(game, budget)
    end: Profile | None = None
    while end is None and aim >= FINEST and branch.to_gap(aim):
        end = equilibrium_near(game, branch.profile(), within=NEAR)
        aim /= 10
    arrived = end is not None
    if not arrived:
        end = equilibrium_near(game, branch.profile())
    path = branch.path(finished=arrived)
    last = f"lambda {path.lambdas[-1]:.3g}, gap {path.exploitability[-1]:.1e}"
    spent = not arrived and budget.spent()
    return nash_result(
        game,
        [] if end is None else [end],
        method="logit",
        complete=False,
        budget=budget,
        status=SolveStatus.BUDGET if spent else None,
        note=f"path of {len(path.lambdas)} points {'to' if arrived else 'broken off at'} {last}.",
        details={"path": path},
    )


def trace_logit(
    game: NormalFormGame, *, seconds: float | None = 30.0, precision: float = 1e-6
) -> LogitPath:
    """Return the principal branch of logit quantal-response equilibria from lambda = 0.

    Parameters
    ----------
    game : NormalFormGame
        A single game of any number of players.
    seconds : float, optional
        Time after which it stops.
    precision : float
        Followed until no player gains more than this share of the largest range of a player's
        payoffs.

    Returns
    -------
    LogitPath

    Raises
    ------
    ValueError
        If `game` is a batch, or a parameter is not positive.

    Notes
    -----
    At precision lambda each player plays action a with probability proportional to
    ``exp(lambda * payoff of a against the others)``.

    Source: McKelvey and Palfrey (1995), section 3; Turocy (2005) for the path. See `logit_path`.

    Examples
    --------
    >>> import gametools as gt
    >>> from gametools.equilibria.logit import trace_logit
    >>> path = trace_logit(gt.NormalFormGame.from_bimatrix([[4, 0], [3, 3]], [[4, 3], [0, 3]]))
    >>> [strategy.tolist() for strategy in path.profiles[0]]
    [[0.5, 0.5], [0.5, 0.5]]
    """
    single_game(game)
    aim = number("precision", precision, above=0)
    branch = LogitBranch(game, Budget(seconds))
    return branch.path(finished=branch.to_gap(aim))


def quantal_response(game: NormalFormGame, lam: float, *, seconds: float | None = 30.0) -> Profile:
    """Return the logit quantal-response equilibrium of the principal branch at one precision.

    Parameters
    ----------
    game : NormalFormGame
        A single game of any number of players.
    lam : float
        The precision lambda, at least 0, in 1 / units of payoff.
    seconds : float, optional
        Time after which it gives up.

    Returns
    -------
    tuple of n arrays, shapes ``(a_i,)``
        Where the branch turns back and passes `lam` several times, its first passage.

    Raises
    ------
    ValueError
        If `game` is a batch, or `lam` is negative.
    RuntimeError
        If the branch could not be followed that far; the message says how far it was.

    Notes
    -----
    Source: McKelvey and Palfrey (1995), section 3; see `trace_logit`.

    Examples
    --------
    >>> import gametools as gt
    >>> from gametools.equilibria.logit import quantal_response
    >>> skewed = gt.NormalFormGame.from_bimatrix([[9, 0], [0, 1]], [[0, 1], [1, 0]])
    >>> [strategy.round(4).tolist() for strategy in quantal_response(skewed, 1.0)]
    [[0.8936, 0.1064], [0.3128, 0.6872]]
    """
    single_game(game)
    wanted = number("lam", lam, at_least=0)
    budget = Budget(seconds)
    branch = LogitBranch(game, budget)
    found = branch.at_lambda(wanted)
    if found is None:
        remedy = "raise `seconds`" if budget.spent() else "try a smaller one"
        raise RuntimeError(
            f"the logit path was not followed to `lam` {wanted:g}, only to {branch.reached():.3g}; "
            f"{remedy}."
        )
    return found
