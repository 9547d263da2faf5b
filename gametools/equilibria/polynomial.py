"""All isolated equilibria of a game with any number of players, with a proof where there is one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from tqdm import tqdm

from gametools.equilibria.continua import clusters
from gametools.equilibria.result import (
    DISTINCT,
    Budget,
    NashResult,
    SolveStatus,
    nash_result,
)
from gametools.equilibria.single import single_game
from gametools.equilibria.support_search import Found, SupportSearch
from gametools.equilibria.support_systems import number_of_supports
from gametools.games.normal_form import NormalFormGame
from gametools.validation import generator

__all__ = ["polynomial"]


def polynomial(
    game: NormalFormGame,
    *,
    seconds: float | None = 60.0,
    rng: int | np.random.Generator | None = 0,
    progress: bool = True,
) -> NashResult:
    """Return all isolated equilibria, support by support, and whether they are proved to be all.

    Parameters
    ----------
    game : NormalFormGame
        A single game of any number of players.
    seconds : float, optional
        Time after which the search stops; None for no limit.
    rng : int, Generator or None
        For the start systems of the paths. What is found does not depend on it except in
        unlucky cases, which leave a support unproved.
    progress : bool
        Show a bar in a terminal if it takes longer than a second.

    Returns
    -------
    NashResult
        `complete` is True if every support is settled, no equilibrium is degenerate and the
        indices of the equilibria sum to 1. A continuum of equilibria is listed as one point of
        it, and `components` says which other listed equilibria belong to it. `details` holds
        the index of each equilibrium (0 if degenerate), their sum, the number of continua, how
        the supports were settled, and the `unproved` ones.

    Raises
    ------
    ValueError
        If `game` is a batch, or `seconds` is not positive.

    Notes
    -----
    1. Supports with a conditionally dominated action are dropped.
    2. On each other support the indifference conditions are multilinear equations. They have at
       most as many isolated complex solutions as their Bezout number says (10 on a 3x3x3
       support), and as many paths are followed from a system that is solved by hand. If so many
       different solutions are certified, there is no other isolated one.
    3. Where the count falls short (games with structure have solutions at infinity, degenerate
       ones continua) or is large, the simplices are subdivided: parts in which some equation
       cannot hold are dropped, those in which a known solution is the only one are settled.
    4. What is left is a neighbourhood of degenerate equilibria. Points of it are gathered into
       connected sets, at a resolution of 1/32.

    Proofs are in floating point with bounds on the rounding errors; a probability or a payoff
    advantage within 1e-9 of 0 counts as degenerate.

    Source: McKelvey and McLennan (1997) for the count; Porter, Nudelman and Shoham (2008) for
    the supports; Sommese and Wampler (2005) for the paths; Gul, Pearce and Stacchetti (1993) for
    the indices. Ours differs in that the count is certified, and in the subdivision.

    Examples
    --------
    A game of three players whose only equilibrium is irrational (Nau, Gomez Canovas and Hansen
    2004, section 4):

    >>> import gametools as gt
    >>> from gametools.equilibria.polynomial import polynomial
    >>> first = [[[3, 1], [0, 0]], [[0, 0], [1, 2]]]
    >>> second = [[[0, 0], [2, 1]], [[1, 3], [0, 0]]]
    >>> third = [[[2, 0], [0, 0]], [[0, 0], [0, 3]]]
    >>> found = polynomial(gt.NormalFormGame([first, second, third]))
    >>> found.complete, found.details["index_sum"]
    (True, 1)
    >>> [round(float(strategy[0]), 6) for strategy in found.equilibria[0]]
    [0.619233, 0.479804, 0.378825]
    """
    budget = Budget(seconds)
    source = generator(rng)
    single_game(game)
    total = number_of_supports(game.num_actions)
    with tqdm(
        total=total, unit="support", delay=1, leave=False, disable=None if progress else True
    ) as bar:
        search = SupportSearch(game, budget, source, bar)
        search.run()
    return _result(game, search, total, budget)


def _result(game: NormalFormGame, search: SupportSearch, total: int, budget: Budget) -> NashResult:
    """Pack what the search found and proved."""
    known = _different(search.found)
    degenerate = [k for k, f in enumerate(known) if f.index == 0]
    sets = clusters([known[k].profile for k in degenerate], search.clouds)
    groups = []
    for one in sets:
        groups.append([degenerate[k] for k in one.members])
        if not (one.single and one.members):
            groups[-1].append(len(known))
            edges = np.cumsum(game.num_actions)[:-1]
            known.append(Found(tuple(np.split(one.inside, edges)), 0))
    settled = search.excluded + search.counted + search.subdivided
    late = total - settled - len(search.unproved)
    regular = all(f.index for f in known)
    proved = not (search.unproved or late)
    details: dict[str, Any] = {
        "index_sum": sum(f.index for f in known) if regular and proved else None,
        "continua": sum(not one.single for one in sets),
        "supports": total,
        "counted": search.counted,
        "subdivided": search.subdivided,
        "unproved": search.unproved,
        "late": late,
    }
    result = nash_result(
        game,
        [f.profile for f in known],
        method="polynomial",
        complete=details["index_sum"] == 1,
        budget=budget,
        status=SolveStatus.BUDGET if late else None,
    )
    place = {id(profile[0]): k for k, profile in enumerate(result.equilibria)}
    where = [place.get(id(f.profile[0]), -1) for f in known]  # -1: failed the certificate
    details["index"] = [known[where.index(k)].index for k in range(len(place))]
    return replace(
        result,
        components=_components(groups, where),
        note=f"{_note(details, result)} {result.note}".strip(),
        details=details,
    )


def _different(found: list[Found]) -> list[Found]:
    """Drop repetitions, which degenerate equilibria have on several supports."""
    found = sorted(found, key=lambda f: f.index == 0)
    flat = np.array([np.concatenate(f.profile) for f in found])
    kept: list[int] = []
    for k in range(len(found)):
        if not kept or np.abs(flat[kept] - flat[k]).max(axis=1).min() >= DISTINCT:
            kept.append(k)
    return [found[k] for k in kept]


def _components(groups: list[list[int]], where: list[int]) -> tuple[tuple[int, ...], ...]:
    """Return which listed equilibria hang together; all others are by themselves."""
    listed = [sorted(where[k] for k in group if where[k] >= 0) for group in groups]
    shared = {k for group in listed for k in group}
    alone = [[k] for k in where if k >= 0 and k not in shared]
    return tuple(sorted(tuple(group) for group in [*listed, *alone] if group))


def _note(details: dict[str, Any], result: NashResult) -> str:
    """Say in words what is known."""
    late, tried = details["late"], details["unproved"]
    text = [
        f"Of {details['supports']} supports, {details['counted']} settled by the count of complex "
        f"roots, {details['subdivided']} by subdivision"
    ]
    if late:
        text.append(f"{late} left when the time was over")
    if tried:
        names = ", ".join(map(str, tried[:3])) + (", ..." if len(tried) > 3 else "")
        text.append(f"{len(tried)} unproved: {names}")
    text.append("the others excluded by dominance.")
    sentences = ["; ".join(text)]
    count, degenerate = len(result.equilibria), details["index"].count(0)
    if degenerate:
        sentences.append(
            f"The game is degenerate: {degenerate} degenerate equilibria, {details['continua']} "
            "continua of equilibria (a point of each is listed)."
        )
    elif tried:
        sentences.append("The game is nearly degenerate, or has equilibria that are very close.")
    found = sum(details["index"])
    if details["index_sum"] is None and late and count > degenerate:
        sentences.append(
            f"The indices of the {count - degenerate} regular equilibria found sum to {found:+d}; "
            "those of all equilibria of a regular game, an odd number, sum to +1."
        )
    elif details["index_sum"] is None:
        pass
    elif found == 1:
        sentences.append("Their number is odd, and their indices sum to +1.")
    else:
        sentences.append(f"The indices sum to {found:+d} instead of +1: something is missing.")
    return " ".join(sentences)
