"""All equilibria of 2x2 games, in closed form, for whole batches."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gametools.equilibria.exploitability import exploitability
from gametools.games.normal_form import NormalFormGame
from gametools.games.taxonomy import TIE_TOLERANCE, advantages_2x2, require_2x2

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SLOTS", "TwoByTwoEquilibria", "solve_2x2"]

SLOTS = 4
"""The most extreme equilibria a 2x2 game can have (3 if it is not degenerate)."""
_CHUNK = 4096  # games at a time: what fits into a second-level cache

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class TwoByTwoEquilibria:
    """The extreme equilibria of a batch of 2x2 games.

    Attributes
    ----------
    game : NormalFormGame
        The games.
    equilibria : array, shape ``(*batch, 4, 2)``
        Each player's probability of its *first* action; rows past `counts` are NaN. Pure
        equilibria come first, in the order (0, 0), (0, 1), (1, 0), (1, 1) of the actions.
    counts : int array, shape ``(*batch,)``
        Number of equilibria listed: 1 or 3 in a game that is not degenerate.
    degenerate : bool array, shape ``(*batch,)``
        A player is indifferent against a pure action (within `tolerance` of its payoff range).
        The list then still holds every *extreme* equilibrium, but there may be a continuum of
        equilibria between them.
    tolerance : float
        Relative size below which a payoff difference counts as a tie.
    """

    game: NormalFormGame
    equilibria: Array
    counts: NDArray[np.int64]
    degenerate: NDArray[np.bool_]
    tolerance: float

    @cached_property
    def exploitability(self) -> Array:
        """Payoff that a player could still gain at each equilibrium, ``(*batch, 4)``; NaN padded.

        Recomputed from the payoffs by `gametools.exploitability`, not by the solver.
        """
        points = self.equilibria.reshape(-1, SLOTS, 2)
        games = self.game.flatten() if self.game.batch_shape else self.game
        result = np.empty(points.shape[:-1])
        for part in _chunks(len(points)):
            some = games[part, None] if games.batch_shape else games
            filled = np.where(np.isnan(points[part]), 1.0, points[part])
            # Batch contiguous: the sums over two actions then run over games.
            first = np.moveaxis(filled, -1, 0)
            profile = tuple(np.moveaxis(np.stack([p, 1 - p]), 0, -1) for p in first)
            result[part] = exploitability(some, profile)
        result[np.isnan(points[..., 0])] = np.nan
        return result.reshape(self.equilibria.shape[:-1])

    @cached_property
    def boundary_distance(self) -> Array:
        """Distance of each equilibrium to the nearest pure strategy, ``(*batch, 4)``; NaN padded.

        The smallest of ``p`` and ``1 - p`` over both players: 0 for a pure equilibrium.
        """
        return np.asarray(np.minimum(self.equilibria, 1 - self.equilibria).min(axis=-1))

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each equilibrium: game, p1, p2, exploitability, boundary_distance."""
        import pandas as pd

        listed = ~np.isnan(self.equilibria[..., 0])
        game = np.nonzero(listed.reshape(-1, SLOTS))[0]
        columns = {
            "game": game,
            "p1": self.equilibria[listed][:, 0],
            "p2": self.equilibria[listed][:, 1],
            "exploitability": self.exploitability[listed],
            "boundary_distance": self.boundary_distance[listed],
            "degenerate": self.degenerate.reshape(-1)[game],
        }
        return pd.DataFrame(columns)

    def __repr__(self) -> str:
        total, games = int(np.sum(self.counts)), self.game.size
        worst = float(np.nanmax(self.exploitability)) if games else 0.0
        note = f", {int(np.sum(self.degenerate))} degenerate" if np.any(self.degenerate) else ""
        return (
            f"TwoByTwoEquilibria({total} equilibria of {games} game{'s' * (games != 1)}{note}, "
            f"exploitability at most {worst:.1e})"
        )


def solve_2x2(games: NormalFormGame) -> TwoByTwoEquilibria:
    """Return all extreme equilibria of every 2x2 game in a batch.

    Parameters
    ----------
    games : NormalFormGame
        One 2x2 game or a batch.

    Returns
    -------
    TwoByTwoEquilibria
        Padded equilibria, counts, and on demand exploitability and distance to the boundary.

    Raises
    ------
    ValueError
        If the games are not 2x2.

    Notes
    -----
    A strategy is extreme if it is pure or makes the opponent indifferent, so each equilibrium is
    one of nine candidates; each is kept if both players best-respond. Ties are taken within
    `TIE_TOLERANCE` of each player's payoff range.

    Source: textbook indifference conditions; complete for extreme equilibria by the argument
    above (vertex enumeration, Mangasarian 1964, written out for 2x2).

    Examples
    --------
    >>> import gametools as gt
    >>> battle = gt.NormalFormGame.from_bimatrix([[3, 0], [0, 2]], [[2, 0], [0, 3]])
    >>> found = gt.solve_2x2(battle)
    >>> found.equilibria[: found.counts]
    array([[1. , 1. ],
           [0. , 0. ],
           [0.6, 0.4]])
    >>> found
    TwoByTwoEquilibria(3 equilibria of 1 game, exploitability at most 0.0e+00)
    """
    require_2x2(games)
    flat = games.payoffs.reshape(-1, 2, 2, 2)
    points = np.empty((2, SLOTS, len(flat)))
    counts = np.empty(len(flat), dtype=np.int64)
    degenerate = np.empty(len(flat), dtype=np.bool_)
    for part in _chunks(len(flat)):
        points[..., part], counts[part], degenerate[part] = _enumerate(*advantages_2x2(flat[part]))
    return TwoByTwoEquilibria(
        games,
        points.transpose(2, 1, 0).reshape(*games.batch_shape, SLOTS, 2),
        counts.reshape(games.batch_shape),
        degenerate.reshape(games.batch_shape),
        TIE_TOLERANCE,
    )


def _enumerate(
    row: Array, column: Array, tie: Array
) -> tuple[Array, NDArray[np.int64], NDArray[np.bool_]]:
    """Test the nine candidates; return padded points ``(2, 4, games)``, counts, degenerate."""
    row_up, row_down = row > tie[0], row < -tie[0]
    column_up, column_down = column > tie[1], column < -tie[1]
    row_tied, column_tied = ~(row_up | row_down), ~(column_up | column_down)
    row_mixes = np.asarray((row_up & row_down[::-1]).any(axis=0))
    column_mixes = np.asarray((column_up & column_down[::-1]).any(axis=0))
    degenerate = np.asarray((row_tied | column_tied).any(axis=0))

    points = np.full((2, SLOTS, row.shape[-1]), np.nan)
    counts = np.zeros(row.shape[-1], dtype=np.int64)

    def keep(mask: NDArray[np.bool_], p1: float | Array, p2: float | Array) -> None:
        games = mask.nonzero()[0]
        slot = counts[games]
        points[0, slot, games] = p1 if isinstance(p1, float) else p1[games]
        points[1, slot, games] = p2 if isinstance(p2, float) else p2[games]
        counts[games] += 1

    worse_row, worse_column = (row_down, row_up), (column_down, column_up)
    for i, j in itertools.product((0, 1), repeat=2):
        keep(~(worse_row[i][j] | worse_column[j][i]), 1.0 - i, 1.0 - j)
    with np.errstate(divide="ignore", invalid="ignore"):
        p1 = column[1] / (column[1] - column[0])
        p2 = row[1] / (row[1] - row[0])
    keep(row_mixes & column_mixes, p1, p2)
    if degenerate.any():
        for k in (0, 1):
            keep(row_mixes & column_tied[k], 1.0 - k, p2)
            keep(column_mixes & row_tied[k], p1, 1.0 - k)
    return points, counts, degenerate


def _chunks(total: int) -> Iterator[slice]:
    """Cut ``range(total)`` into cache-sized slices."""
    return (slice(start, start + _CHUNK) for start in range(0, total, _CHUNK))
