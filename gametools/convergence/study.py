"""Studies over ensembles: games x starts x rules x criteria."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tqdm import tqdm

from gametools.convergence.checkpoint import Checkpoint
from gametools.convergence.criteria import Criterion
from gametools.convergence.plan import UNIFORM, Games, Rules, Starts, plan_runs
from gametools.convergence.table import Cell, ConvergenceTable
from gametools.games.normal_form import NormalFormGame
from gametools.validation import count, generator

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["convergence_study", "run_study"]

_CACHE_GAMES = 4096  # games at a time at most: what fits into a second-level cache


def convergence_study(
    games: Games,
    rules: Rules,
    criteria: Criterion | Sequence[Criterion] = Criterion(),  # noqa: B008 (frozen)
    *,
    start: Starts = UNIFORM,
    steps: int | None = None,
    evaluations: int | None = None,
    rng: int | np.random.Generator | None = None,
    checkpoint: str | Path | None = None,
    memory_budget: int = 256,
    progress: bool = True,
) -> pd.DataFrame:
    """Run every rule on every game from every start and return a tidy frame of convergence.

    `run_study` with the same arguments returns the steps game by game, paired comparisons and
    survival curves as well.

    Parameters
    ----------
    games : NormalFormGame or mapping of str to NormalFormGame
        One ensemble or several by name: batches of two-action games.
    rules : UpdateRule, sequence of them, or mapping of str to UpdateRule
        Named by their ``repr`` unless the mapping names them.
    criteria : Criterion or sequence of Criterion
        When a learner counts as converged; the first hit within 0.05 by default.
    start : "uniform", array_like of shape ``(*batch, d)``, or mapping of str to these
        Where learners start. ``"uniform"`` draws a point for each game, the same for all rules.
    steps : int, optional
        Budget of updates of every rule; 1000 by default.
    evaluations : int, optional
        Instead of `steps`: budget of gradient evaluations for each player, so that rules that
        evaluate two gradients an update get half as many updates.
    rng : int, numpy.random.Generator or None
        Seed of uniform starts and of rules that draw. Streams are derived from the *names* of
        ensembles, starts and rules: a cell does not change when others of these are added. (A
        rule that draws does so for the games still running, so its cells do depend on the
        criteria, which decide how long games run, and on `memory_budget`.)
    checkpoint : str or Path, optional
        Folder in which finished cells are kept; a study that was interrupted and is called again
        with the same arguments resumes there.
    memory_budget : int
        Working memory in MiB, at least 1: games run in chunks that fit.
    progress : bool
        Whether to show a progress bar on a terminal once the study takes longer than a second.

    Returns
    -------
    pandas.DataFrame
        One row for each ensemble x start x rule x criterion, see `ConvergenceTable.to_frame`.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit; before any work.

    Examples
    --------
    >>> import gametools as gt
    >>> table = gt.convergence_study(
    ...     gt.random_2x2("cyclic", size=200, rng=0),
    ...     {"IGA": gt.dynamics.GradientDescent(0.02), "WoLF": gt.dynamics.WoLF(0.01, 0.06)},
    ...     start=[0.9, 0.2], steps=1000, rng=0)
    >>> table[["rule", "games", "rate"]]
       rule  games   rate
    0   IGA    200  0.215
    1  WoLF    200  1.000
    """
    return run_study(
        games,
        rules,
        criteria,
        start=start,
        steps=steps,
        evaluations=evaluations,
        rng=rng,
        checkpoint=checkpoint,
        memory_budget=memory_budget,
        progress=progress,
    ).to_frame()


def run_study(
    games: Games,
    rules: Rules,
    criteria: Criterion | Sequence[Criterion] = Criterion(),  # noqa: B008 (frozen)
    *,
    start: Starts = UNIFORM,
    steps: int | None = None,
    evaluations: int | None = None,
    rng: int | np.random.Generator | None = None,
    checkpoint: str | Path | None = None,
    memory_budget: int = 256,
    progress: bool = True,
) -> ConvergenceTable:
    """Run a study as `convergence_study` does, and return all that it found.

    Parameters and errors are those of `convergence_study`.

    Returns
    -------
    ConvergenceTable
        ``to_frame()`` is the tidy frame, ``compare(baseline)`` the differences paired by game,
        ``curves()`` the share of games converged by step, ``cells`` the steps of every game.

    Examples
    --------
    >>> import gametools as gt
    >>> from gametools.dynamics import GradientDescent, LookAhead
    >>> table = gt.convergence.run_study(
    ...     gt.random_2x2("cyclic", size=200, rng=0),
    ...     {"IGA": GradientDescent(0.02), "IGA-PP": LookAhead(0.02)}, start=[0.9, 0.2], rng=0)
    >>> table.compare("IGA")[["rule", "rate_difference", "only_rule", "only_baseline"]]
         rule  rate_difference  only_rule  only_baseline
    0  IGA-PP             0.26         52              0
    """
    if rng is None or isinstance(rng, np.random.Generator):
        seed = int(generator(rng).integers(2**63))
    else:
        seed = count("rng", rng)
    budget = count("memory_budget", memory_budget, at_least=1)
    runs = plan_runs(games, rules, criteria, start, steps, evaluations, seed)
    store = Checkpoint(checkpoint)
    cells: list[Cell] = []
    total = sum(len(run.points) for run in runs)
    with tqdm(
        total=total, unit="game", delay=1, leave=False, disable=None if progress else True
    ) as bar:
        for run in runs:
            bar.set_description(f"{run.ensemble}, {run.rule_name}"[:40])
            outcomes = []
            for part in _parts(run.games, len(run.points), budget):
                key = store.key(*run.identity(part))
                outcome = store.load(key)
                if outcome is None:
                    outcome = run.execute(part)
                    store.save(key, outcome)
                outcomes.append(outcome)
                bar.update(part.stop - part.start)
            cells += run.cells(outcomes)
    return ConvergenceTable(tuple(cells), seed)


def _parts(games: NormalFormGame, points: int, memory_budget: int) -> Iterator[slice]:
    """Cut a run into parts of equal size that fit the cache and the memory budget (MiB)."""
    entries = games.payoffs.size // games.size
    bytes_per_game = 8 * (6 * entries + 40 * games.num_players)
    largest = max(1, min(_CACHE_GAMES, memory_budget * 2**20 // bytes_per_game))
    edges = np.linspace(0, points, -(-points // largest) + 1).round().astype(int).tolist()
    return (slice(low, high) for low, high in itertools.pairwise(edges))
