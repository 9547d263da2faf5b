"""The meta-game under MATRL: one equilibrium of each n-player game with two actions."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
from numpy.typing import NDArray

from gametools.equilibria.exploitability import deviation_gains
from gametools.equilibria.pure import pure_profiles
from gametools.equilibria.selection import SELECTIONS
from gametools.equilibria.sign_patterns import choose_2x2
from gametools.equilibria.three_players import solve_2x2x2
from gametools.games.normal_form import NormalFormGame
from gametools.validation import choice, generator

__all__ = ["METHODS", "MOST_EXACT", "solve_meta_game"]

Array = NDArray[np.float64]
Index = NDArray[np.intp]

METHODS = ("auto", "exact", "cma-es")
"""How `solve_meta_game` may look for equilibria."""
MOST_EXACT = 5
"""Up to so many players all equilibria are computed where they are asked for."""
TOLERANCE = 1e-3
"""Gain, as a share of its player's payoff range, above which an answer comes with a warning."""


def solve_meta_game(
    game: NormalFormGame,
    *,
    selection: str = "random",
    rng: int | np.random.Generator | None = None,
    method: str = "auto",
) -> Array:
    """Return an equilibrium of each game in a batch, n players with two actions each.

    Parameters
    ----------
    game : NormalFormGame
        One game or a batch; two actions each. Up to a dozen players is practical.
    selection : {"random", "pure-first", "best-total", "last-listed"}
        Which of the equilibria *known* (see below) is taken: one uniformly at random; the first
        listed, which is pure where a pure one exists; the one with the largest sum of payoffs
        (the first of several); the last listed. Pure ones are listed first, in the order
        (0, ..., 0), (0, ..., 1), ... of the actions.
    rng : int, numpy.random.Generator or None
        Used by ``"random"`` only, one draw a game.
    method : {"auto", "exact", "cma-es"}
        See below.

    Returns
    -------
    array, shape ``(*batch, n)``
        Each player's probability of action 0.

    Raises
    ------
    ValueError
        If a player has more or fewer than two actions, an option is unknown, or ``"exact"`` is
        asked for more than five players.

    Warns
    -----
    RuntimeWarning
        If in some game nothing was found where no player gains more than 1e-3 of its payoff
        range; the best profile found is returned.

    Notes
    -----
    The equilibria known, that is what ``"random"`` draws from, are:

    - one to three players: *all* (in degenerate games the extreme ones of two players, the
      isolated ones of three), in closed form and for the whole batch at once;
    - four players or more with ``"auto"``: all *pure* ones where there are any. Otherwise with
      four and five players all isolated ones by `polynomial`, and from six on the one that CMA-ES
      finds. A game with pure equilibria thus never gets a mixed one;
    - four and five players with ``"exact"``: all isolated ones, mixed ones beside pure ones;
    - ``"cma-es"``: the one that CMA-ES finds, whatever the number of players.

    What CMA-ES finds depends on the game alone (its seed is fixed); Newton's method makes it
    exact. It also stands in where the exact methods find nothing, in degenerate games.

    Source: Wen et al. (2021), section 2.2: equilibria by CMA-ES, one at random where there are
    several. Ours computes them exactly where that is cheap. (A pure equilibrium exists in their
    two-player meta-games if each player's own step improves its payoff; with three players or
    more it need not.)

    Examples
    --------
    >>> import numpy as np, gametools as gt
    >>> from gametools.equilibria.meta_game import solve_meta_game
    >>> games = gt.NormalFormGame(np.random.default_rng(0).normal(size=(1000, 4, 2, 2, 2, 2)))
    >>> rho = solve_meta_game(games[:5], selection="best-total")
    >>> rho.shape
    (5, 4)
    >>> bool(gt.exploitability(games[:5], np.stack([rho, 1 - rho], axis=-1).swapaxes(0, 1)).max()
    ...      < 1e-9)
    True
    """
    n = game.num_players
    if set(game.num_actions) != {2}:
        raise ValueError(
            "`game` must have two actions for each player; "
            f"got {'x'.join(map(str, game.num_actions))}."
        )
    choice("method", method, METHODS)
    choice("selection", selection, SELECTIONS)
    if method == "exact" and n > MOST_EXACT:
        raise ValueError(f"`method` 'exact' takes up to {MOST_EXACT} players; got {n}. Use 'auto'.")
    source = generator(rng)
    flat = game.flatten() if game.batch_shape else NormalFormGame(game.payoffs[None], n)
    if n == 2 and method != "cma-es":  # what learning in 2x2 games does at every step
        return choose_2x2(flat, selection, source).reshape(*game.batch_shape, n)
    draws = source.random(flat.size) if selection == "random" else np.zeros(flat.size)
    if method == "cma-es":
        rho = np.full((flat.size, n), np.nan)
    elif n == 3:
        rho = _choose_listed(flat, *solve_2x2x2(flat), selection, draws)
    elif method == "exact" and n > 3:
        rho = np.full((flat.size, n), np.nan)
    else:
        rho = _choose_pure(flat, selection, draws)
    rest = np.flatnonzero(np.isnan(rho[:, 0]))
    for k in rest:
        rho[k] = _one_by_one(flat[int(k)], selection, float(draws[k]), method)
    if len(rest):
        _warn(flat[rest], rho[rest])
    return rho.reshape(*game.batch_shape, n)


def _choose_listed(
    games: NormalFormGame, points: Array, counts: Index, selection: str, draws: Array
) -> Array:
    """Choose from lists ``(k, slots, n)`` padded with NaN; NaN where a list is empty."""
    if selection == "best-total":
        totals = np.stack([_total(games, points[:, slot]) for slot in range(points.shape[1])])
        slots = np.where(np.isnan(totals), -np.inf, totals).argmax(axis=0)
    elif selection == "last-listed":
        slots = np.maximum(counts - 1, 0)
    else:  # at random, or the first: the draws are 0
        slots = (draws * counts).astype(np.intp)
    return np.asarray(points[np.arange(len(points)), slots])


def _choose_pure(games: NormalFormGame, selection: str, draws: Array) -> Array:
    """Choose from each game's pure equilibria; NaN where it has none."""
    n = games.num_players
    pure = pure_profiles(games).reshape(games.size, 2**n)
    counts = pure.sum(axis=1)
    if selection == "best-total":
        totals = games.payoffs.sum(axis=-n - 1).reshape(games.size, 2**n)
        chosen = np.where(pure, totals, -np.inf).argmax(axis=1)
    else:
        rank = counts - 1 if selection == "last-listed" else (draws * counts).astype(np.intp)
        chosen = (pure & (pure.cumsum(axis=1) == rank[:, None] + 1)).argmax(axis=1)
    first = 1.0 - np.array(list(itertools.product((0, 1), repeat=n)))
    return np.where(counts[:, None] > 0, first[chosen], np.nan)


def _one_by_one(game: NormalFormGame, selection: str, draw: float, method: str) -> Array:
    """Solve one game exactly if it is small enough, by CMA-ES otherwise."""
    from gametools.equilibria.polynomial import polynomial

    if method != "cma-es" and game.num_players <= MOST_EXACT:
        found = polynomial(game, seconds=10.0, progress=False).equilibria
        if found:
            points = np.array([[strategy[0] for strategy in profile] for profile in found])
            counts, draws = np.array([len(found)]), np.array([draw])
            one = NormalFormGame(game.payoffs[None], game.num_players)
            return np.asarray(_choose_listed(one, points[None], counts, selection, draws)[0])
    return _by_cma_es(game)


def _by_cma_es(game: NormalFormGame) -> Array:
    """Return what CMA-ES finds, made exact by Newton's method or by descent where it can be."""
    from gametools.equilibria.cma_es import cma_es
    from gametools.equilibria.descent import gap_descent
    from gametools.equilibria.newton import equilibrium_near

    best = cma_es(game, seconds=None, restarts=20).details
    exact = equilibrium_near(game, best["best_profile"])
    if exact is None:
        start = best["best_profile"]
        sharper = gap_descent(game, seconds=None, start=start, restarts=20).details
        closer = sharper["best_gap"] < best["best_gap"]
        exact = (sharper if closer else best)["best_profile"]
    return np.array([strategy[0] for strategy in exact])


def _total(games: NormalFormGame, points: Array) -> Array:
    """Return the sum of all players' expected payoffs at a point of each game."""
    total = np.moveaxis(games.payoffs.sum(axis=-games.num_players - 1), 0, -1)
    for p in points.T:
        total = p * total[0] + (1 - p) * total[1]
    return np.asarray(total)


def _warn(games: NormalFormGame, rho: Array) -> None:
    """Warn of games without an answer to `TOLERANCE`."""
    gains = deviation_gains(games, [np.stack([p, 1 - p], axis=-1) for p in rho.T])
    ranges = games.payoff_ranges()
    share = (gains / np.where(ranges > 0, ranges, 1.0)).max(axis=-1)
    missed = share > TOLERANCE
    if missed.any():
        warnings.warn(
            f"no equilibrium found in {int(missed.sum())} of {len(rho)} meta-games; the profiles "
            f"returned leave gains up to {share.max():.1e} of a player's payoff range.",
            RuntimeWarning,
            stacklevel=3,
        )
