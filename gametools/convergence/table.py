"""What a study found: steps to convergence, game by game, and the tables made of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gametools.convergence.criteria import Criterion
from gametools.convergence.statistics import paired_bootstrap, wilson_interval
from gametools.convergence.stream import NEVER
from gametools.validation import count

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Cell", "ConvergenceTable"]

_QUANTITIES = ("rate", "steps", "evaluations")
_ENTRIES = 2**24  # differences held at a time


@dataclass(frozen=True, eq=False, repr=False)
class Cell:
    """One rule under one criterion, on one ensemble from one kind of start.

    Attributes
    ----------
    ensemble, start, rule : str
        Their names in the study.
    rule_parameters : str
        The rule's full ``repr``.
    criterion : Criterion
    steps : int32 array, shape ``(games,)``
        Updates until convergence, -1 for a game that did not converge.
    lost : int
        Number of games whose point became NaN or infinite.
    budget : int
        Largest number of updates.
    evaluations : int
        Gradients that one update evaluates for each player.
    """

    ensemble: str
    start: str
    rule: str
    rule_parameters: str
    criterion: Criterion
    steps: NDArray[np.int32]
    lost: int
    budget: int
    evaluations: int

    @property
    def converged(self) -> NDArray[np.bool_]:
        """Which games converged."""
        return np.not_equal(self.steps, NEVER)

    @property
    def restricted_steps(self) -> NDArray[np.int32]:
        """Steps with the budget in place of "never"."""
        return np.where(self.converged, self.steps, self.budget).astype(np.int32)

    def names(self) -> dict[str, Any]:
        """What tells this cell from others, as columns."""
        return {
            "ensemble": self.ensemble,
            "start": self.start,
            "rule": self.rule,
            "measure": self.criterion.measure,
            "tolerance": self.criterion.tolerance,
            "iterate": self.criterion.iterate,
            "stay": self.criterion.stay,
        }

    def summary(self) -> dict[str, Any]:
        """One row of the study's frame."""
        games, hits = len(self.steps), self.steps[self.converged]
        low, high = wilson_interval(len(hits), games)
        some = len(hits) > 0
        mean = float(hits.mean()) if some else np.nan
        restricted = float(self.restricted_steps.mean())
        return self.names() | {
            "games": games,
            "converged": len(hits),
            "rate": len(hits) / games,
            "rate_low": low,
            "rate_high": high,
            "mean_steps": mean,
            "sd_steps": float(hits.std(ddof=1)) if len(hits) > 1 else np.nan,
            "median_steps": float(np.median(hits)) if some else np.nan,
            "restricted_mean_steps": restricted,
            "mean_evaluations": mean * self.evaluations,
            "restricted_mean_evaluations": restricted * self.evaluations,
            "evaluations_per_step": self.evaluations,
            "budget_steps": self.budget,
            "budget_evaluations": self.budget * self.evaluations,
            "lost": self.lost,
            "rule_parameters": self.rule_parameters,
        }


@dataclass(frozen=True, eq=False, repr=False)
class ConvergenceTable:
    """The result of a study: a cell for each ensemble x start x rule x criterion.

    Attributes
    ----------
    cells : tuple of Cell
    seed : int
        The seed that the study's random streams were derived from.
    """

    cells: tuple[Cell, ...]
    seed: int

    def to_frame(self) -> pd.DataFrame:
        """Return a tidy frame, one row a cell.

        Columns: what the cell is (``ensemble``, ``start``, ``rule``, ``measure``, ``tolerance``,
        ``iterate``, ``stay``); ``games``, ``converged``; ``rate`` with its 95% Wilson interval
        ``rate_low``, ``rate_high``; ``mean_steps``, ``sd_steps``, ``median_steps`` of converged
        games; ``restricted_mean_steps`` (a game that did not converge counts as the budget);
        the means in gradient evaluations for each player; the budget; ``lost`` (games with NaN
        or infinite points); ``rule_parameters`` and ``seed``.
        """
        import pandas as pd

        return pd.DataFrame([cell.summary() | {"seed": self.seed} for cell in self.cells])

    def compare(self, baseline: str, *, resamples: int = 1000, rng: int = 0) -> pd.DataFrame:
        """Return each rule's differences from `baseline`, paired by game, with 95% intervals.

        Parameters
        ----------
        baseline : str
            Name of a rule of the study.
        resamples, rng : int
            Number of bootstrap samples, and their seed.

        Returns
        -------
        pandas.DataFrame
            ``rate_difference``, ``steps_difference`` and ``evaluations_difference`` (restricted
            means), each with ``_low`` and ``_high``; ``only_rule`` and ``only_baseline`` count
            the games in which just one of the two converged.

        Raises
        ------
        ValueError
            If the study has no such rule.
        """
        import pandas as pd

        if baseline not in {cell.rule for cell in self.cells}:
            known = ", ".join(dict.fromkeys(cell.rule for cell in self.cells))
            raise ValueError(f"`baseline` must be a rule of the study ({known}); got {baseline!r}.")
        pairs = [
            (next(base for base in group if base.rule == baseline), cell)
            for group in self._groups()
            for cell in group
            if cell.rule != baseline
        ]
        return pd.DataFrame(_paired_rows(pairs, resamples, rng))

    def curves(self, every: int = 1) -> pd.DataFrame:
        """Return the share of games converged by each step: names, ``step``, ``share``.

        Parameters
        ----------
        every : int
            Distance between the listed steps, at least 1; they run from 0 to the budget.
        """
        import pandas as pd

        count("every", every, at_least=1)
        frames = []
        for cell in self.cells:
            at = np.arange(0, cell.budget + 1, every)
            order = np.sort(cell.steps[cell.converged])
            share = np.searchsorted(order, at, side="right") / len(cell.steps)
            frames.append(pd.DataFrame(cell.names() | {"step": at, "share": share}))
        return pd.concat(frames, ignore_index=True)

    def _groups(self) -> Iterator[list[Cell]]:
        """Cells that differ in the rule only."""
        groups: dict[tuple[str, str, Criterion], list[Cell]] = {}
        for cell in self.cells:
            groups.setdefault((cell.ensemble, cell.start, cell.criterion), []).append(cell)
        yield from groups.values()

    def __repr__(self) -> str:
        games = sum(len(cell.steps) for cell in self.cells)
        return f"ConvergenceTable({len(self.cells)} cells, {games} games in all)"


def _paired_rows(
    pairs: Sequence[tuple[Cell, Cell]], resamples: int, rng: int
) -> list[dict[str, Any]]:
    """Rows of `ConvergenceTable.compare`; pairs of as many games share their bootstrap samples."""
    by_games: dict[int, list[int]] = {}
    for k, (base, _) in enumerate(pairs):
        by_games.setdefault(len(base.steps), []).append(k)
    rows: list[dict[str, Any]] = [{}] * len(pairs)
    for games, members in by_games.items():
        together = max(1, _ENTRIES // (len(_QUANTITIES) * games))
        for start in range(0, len(members), together):
            some = members[start : start + together]
            values = np.concatenate([_differences(*pairs[k]) for k in some], axis=1)
            ends = paired_bootstrap(values, resamples=resamples, rng=rng)
            table = np.stack([values.mean(axis=0), *ends]).reshape(3, len(some), -1)
            for j, k in enumerate(some):
                rows[k] = _paired_row(*pairs[k], table[:, j])
    return rows


def _differences(base: Cell, cell: Cell) -> NDArray[np.float64]:
    """Differences of rate, restricted steps and restricted evaluations, ``(games, 3)``."""
    steps, against = (c.restricted_steps.astype(np.float64) for c in (cell, base))
    return np.stack(
        [
            cell.converged.astype(np.float64) - base.converged,
            steps - against,
            steps * cell.evaluations - against * base.evaluations,
        ],
        axis=1,
    )


def _paired_row(base: Cell, cell: Cell, table: NDArray[np.float64]) -> dict[str, Any]:
    row = cell.names() | {"baseline": base.rule, "games": len(cell.steps)}
    for name, (mean, low, high) in zip(_QUANTITIES, table.T, strict=True):
        row[f"{name}_difference"] = mean
        row[f"{name}_difference_low"], row[f"{name}_difference_high"] = low, high
    row["only_rule"] = int(np.sum(cell.converged & ~base.converged))
    row["only_baseline"] = int(np.sum(~cell.converged & base.converged))
    return row
