"""All equilibria of a two-player game, support by support."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gametools.equilibria.linear_program import maximise
from gametools.equilibria.result import Budget, NashResult, Profile, SolveStatus, nash_result
from gametools.equilibria.single import single_game, unit_payoffs
from gametools.games.normal_form import NormalFormGame

__all__ = ["MARGIN", "support_enumeration"]

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]

MARGIN = 1e-10
"""Probabilities, and losses as shares of the payoff range, below this count as 0: a tie."""
SINGULAR = 1e8
"""Equations with a larger condition number than this are looked at one by one."""
_SUBSETS = 256  # supports of each player at a time


def support_enumeration(game: NormalFormGame, *, seconds: float | None = 60.0) -> NashResult:
    """Return all equilibria of a two-player game by enumerating supports, unequal ones too.

    Parameters
    ----------
    game : NormalFormGame
        A single two-player game; the number of pairs of supports grows as 4 to the power of the
        number of actions (10x10: 184,755).
    seconds : float or None
        Time after which the search stops; small supports come first.

    Returns
    -------
    NashResult
        All equilibria, and ``complete``, if the game is proved to be nondegenerate. All extreme
        equilibria, but not ``complete``, if it is not: then floating point cannot tell a tie from
        a near tie, and method ``"vertex"``, which computes in fractions where it must, can.
        ``details``: ``pairs`` of supports, ``solved`` systems of equations, and ``margin``, the
        smallest probability or loss that was not taken for 0.

    Raises
    ------
    ValueError
        If `game` is a batch or has not two players.

    Notes
    -----
    A strategy x with support I that makes the actions K the best replies is a vertex of a
    best-response polyhedron if |K| >= |I| and the equations "all of K earn the same against x" have
    one solution on I; some |I| of the actions in K then suffice. So solving these equations for
    all pairs (I, K) of one *equal* size, for either player, finds all vertices, and every extreme
    equilibrium is a pair of vertices in which each uses best replies to the other only. Unequal
    supports need no equations of their own: they show as a vertex with more best replies than
    its support has actions, that is, as a loss of 0 outside K.

    If no vertex has such a loss, or a probability of 0 within its support, then every vertex
    lies on no more inequalities than it must, the game is nondegenerate (von Stengel 2002,
    theorem 2.10), and all equilibria were found. A pair is skipped for a player if an action in
    one set is dominated as long as the other player keeps to the other set. Ill-conditioned
    equations are proved to have no solution among the strategies, by their smallest singular values
    or by a linear program, or the game is not called nondegenerate.

    Source: Dickhaut and Kaplan (1991), with the conditional dominance of Porter, Nudelman and
    Shoham (2008). Ours differs by treating both players' equations apart, which finds unequal
    supports and proves completeness, by margins instead of comparisons with 0, and by solving
    all systems of one size together.

    Examples
    --------
    >>> import gametools as gt
    >>> from gametools.equilibria.support import support_enumeration
    >>> battle = gt.NormalFormGame.from_bimatrix([[3, 0], [0, 2]], [[2, 0], [0, 3]])
    >>> found = support_enumeration(battle)
    >>> found
    NashResult(3 equilibria by support, exploitability at most ...; all equilibria found)
    >>> found.supports()
    [((0,), (0,)), ((1,), (1,)), ((0, 1), (0, 1))]
    """
    single_game(game, players=2)
    budget = Budget(seconds, "supports")
    unit, _, _ = unit_payoffs(game)
    rows, columns = _Side(unit[1].T), _Side(unit[0])  # each solves for the strategies of one player
    pairs = 0
    spent = False
    for own, other in _support_pairs(*game.num_actions):
        if budget.spent():
            spent = True
            break
        pairs += len(own) * len(other)
        rows.search(own, other)
        columns.search(other, own)
    clear = rows.clear and columns.clear
    profiles = _matches(rows, columns)
    notes = {
        "stopped by the budget.": spent,
        "degenerate within tolerance: extreme equilibria; method='vertex' proves completeness.": (
            not clear
        ),
    }
    return nash_result(
        game,
        profiles,
        method="support",
        complete=clear and not spent,
        budget=budget,
        status=SolveStatus.BUDGET if spent else None,
        note=" ".join(text for text, holds in notes.items() if holds),
        details={
            "pairs": pairs,
            "solved": rows.solved + columns.solved,
            "margin": min(rows.margin, columns.margin),
        },
    )


def _support_pairs(m: int, n: int) -> Iterator[tuple[Ints, Ints]]:
    """Yield blocks of supports of the two players of one size, as arrays of subsets in rows."""
    for size in range(1, min(m, n) + 1):
        for own in _blocks(m, size):
            for other in _blocks(n, size):
                yield own, other


def _blocks(actions: int, size: int) -> Iterator[Ints]:
    subsets = itertools.combinations(range(actions), size)
    while block := list(itertools.islice(subsets, _SUBSETS)):
        yield np.array(block, dtype=np.intp)


class _Vertex(NamedTuple):
    """A strategy, the actions it uses, and the other player's best replies."""

    point: Array
    used: Bools
    best: Bools


@dataclass
class _Side:
    """The vertices of one player's best-response polyhedron that were found so far.

    `table` holds what the *other* player's actions (rows) earn against this player's (columns).
    """

    table: Array
    vertices: dict[bytes, _Vertex] = field(default_factory=dict)
    clear: bool = True  # no tie so far
    margin: float = np.inf
    solved: int = 0

    @cached_property
    def ahead(self) -> NDArray[np.float32]:
        """Where one reply earns more than another, against each action: ``(pairs, actions)``."""
        ahead = self.table[:, None, :] > self.table[None, :, :] + MARGIN
        return ahead.reshape(-1, self.table.shape[1]).astype(np.float32)

    def search(self, supports: Ints, replies: Ints) -> None:
        """Find the strategies on `supports` against which `replies` earn the same and most."""
        k, i = np.nonzero(~self._dominated(supports)[replies].any(axis=1))
        if not len(i):
            return
        support, reply = supports[i], replies[k]
        self.solved += len(support)
        equations = _equations(self.table, support, reply)
        solution, condition = _solutions(equations)
        band = MARGIN + 64 * np.finfo(float).eps * np.minimum(condition, SINGULAR)
        ill = condition > SINGULAR
        for q in np.flatnonzero(ill):
            if not self.clear:
                break
            self.clear = _no_solution(equations[q]) or self._no_strategy(support[q], reply[q])
        possible = (solution[:, :-1] >= -band[:, None]).all(axis=1) & ~ill
        for q in np.flatnonzero(possible):
            self._keep(support[q], equations[q], solution[q], float(band[q]))

    def _dominated(self, supports: Ints) -> Bools:
        """Return which replies are dominated on each support, shape ``(replies, supports)``."""
        others, own = self.table.shape
        member = np.zeros((own, len(supports)), dtype=np.float32)
        member[supports.T, np.arange(len(supports))] = 1
        everywhere = self.ahead @ member > supports.shape[1] - 0.5
        return np.asarray(everywhere.reshape(others, others, -1).any(axis=0))

    def _no_strategy(self, support: Ints, reply: Ints) -> bool:
        """Return whether a linear program proves that no strategy makes `reply` best replies."""
        earned = self.table[:, support]
        gap = earned[:, None, :] - earned[None, reply, :]
        gap = gap.reshape(-1, len(support))  # no reply may earn more than those in `reply`
        equal = np.append(np.ones(len(support)), 0.0)[None]
        program = np.hstack([gap, -np.ones((len(gap), 1))])  # ... by more than t
        point, _ = maximise(
            -np.eye(len(support) + 1)[-1],
            at_most=(program, np.zeros(len(gap))),
            equal=(equal, np.ones(1)),
        )
        return point is not None and float((gap @ point[:-1]).max()) > 1e3 * MARGIN

    def _keep(self, support: Ints, equations: Array, solution: Array, band: float) -> None:
        """Add a vertex if the replies are best; note how near to a tie it is."""
        residual = -equations @ solution
        residual[-1] += 1
        solution = solution + np.linalg.solve(equations, residual)
        point = np.zeros(self.table.shape[1])
        point[support] = solution[:-1]
        loss = float(solution[-1]) - self.table @ point
        if loss.min() < -band:
            return
        used, best = point > band, loss <= band
        if not int(used.sum()) == int(best.sum()) == len(support):
            self.clear = False
        left = np.concatenate([point[used], loss[~best]])
        self.margin = min(self.margin, float(left.min(initial=np.inf)))
        point = np.where(used, point, 0.0)
        key = np.concatenate([used, best]).tobytes()
        self.vertices.setdefault(key, _Vertex(point / point.sum(), used, best))


def _equations(table: Array, support: Ints, reply: Ints) -> Array:
    """Return the matrices of "all replies earn v, probabilities add up to 1"; unknowns x, v."""
    pairs, size = support.shape
    equations = np.zeros((pairs, size + 1, size + 1))
    equations[:, :size, :size] = table[reply[:, :, None], support[:, None, :]]
    equations[:, :size, size] = -1.0
    equations[:, size, :size] = 1.0
    return equations


def _solutions(equations: Array) -> tuple[Array, Array]:
    """Return the solutions for the right-hand side (0, ..., 0, 1), and the condition numbers.

    The condition number of a singular matrix is inf, its solution 0.
    """
    inverse = np.zeros_like(equations)
    try:
        inverse[:] = np.linalg.inv(equations)
        regular = np.ones(len(equations), dtype=np.bool_)
    except np.linalg.LinAlgError:
        regular = np.linalg.slogdet(equations)[0] != 0
        inverse[regular] = np.linalg.inv(equations[regular])
    norms = [np.abs(matrix).sum(axis=2).max(axis=1) for matrix in (equations, inverse)]
    return inverse[:, :, -1], np.where(regular, norms[0] * norms[1], np.inf)


def _no_solution(equations: Array) -> bool:
    """Return whether ill-conditioned equations are proved to have no solution in the unit box.

    For a left singular vector u with singular value s, a solution z has ``u @ b = s (w @ z)`` with
    a unit vector w, at most s times the length of z; strategies and values are at most 1.
    """
    left, values, _ = np.linalg.svd(equations)
    longest = np.sqrt(len(equations))
    small = values < values[0] / SINGULAR
    return bool((np.abs(left[-1, small]) > longest * (values[small] + MARGIN)).any())


def _matches(rows: _Side, columns: _Side) -> list[Profile]:
    """Return the pairs of vertices in which each uses best replies to the other only."""
    profiles: list[Profile] = []
    second = list(columns.vertices.values())
    if not second:
        return profiles
    not_best = np.array([~vertex.best for vertex in second], dtype=np.float32).T
    used = np.array([vertex.used for vertex in second], dtype=np.float32).T
    every = list(rows.vertices.values())
    for start in range(0, len(every), 1024):
        first = every[start : start + 1024]
        wrong = np.array([vertex.used for vertex in first], dtype=np.float32) @ not_best
        wrong += np.array([~vertex.best for vertex in first], dtype=np.float32) @ used
        profiles += [(first[i].point, second[j].point) for i, j in np.argwhere(wrong < 0.5)]
    return profiles
