"""What every solver returns: equilibria with certificates, and whether they are all there are."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from gametools.equilibria.exploitability import deviation_gains
from gametools.games.normal_form import NormalFormGame
from gametools.validation import number

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Budget", "NashResult", "Profile", "SolveStatus", "nash_result"]

Array = NDArray[np.float64]
Profile = tuple[Array, ...]
"""A mixed strategy for each player."""
ExactProfile = tuple[tuple[Fraction, ...], ...]

SUPPORT_TOLERANCE = 1e-9
"""Probabilities below this count as zero in supports and tables."""
DISTINCT = 1e-7
"""Two profiles closer than this in every probability are the same equilibrium."""


class SolveStatus(StrEnum):
    """How a solver ended; the text carries the remedy."""

    COMPLETE = "all equilibria found"
    SOME = "some equilibria found; others may exist (method='auto' looks for all)"
    BUDGET = "budget spent before the search was over; raise `seconds`"
    NONE = "no equilibrium found to tolerance; raise the budget or try another method"


class Budget:
    """Seconds that a solver may take; ask `spent` now and then, and stop when it says so.

    Parameters
    ----------
    seconds : float or None
        None is without end.
    label : str
        What a terminal shows beside the time once a second has passed; nothing if empty.
    """

    def __init__(self, seconds: float | None, label: str = "") -> None:
        self.seconds = None if seconds is None else number("seconds", seconds, above=0)
        self._label = label
        self._bar: tqdm[NoReturn] | None = None
        self._began = time.monotonic()

    def elapsed(self) -> float:
        """Return the seconds since the budget was made."""
        return time.monotonic() - self._began

    def spent(self) -> bool:
        """Return whether no time is left, and show how much is."""
        elapsed = self.elapsed()
        if self._label and elapsed > 1:
            self._show(elapsed)
        return self.seconds is not None and elapsed >= self.seconds

    def close(self) -> None:
        """Take the progress bar away."""
        if self._bar is not None:
            self._bar.close()

    def _show(self, elapsed: float) -> None:
        if self._bar is None:
            self._bar = tqdm(
                desc=self._label, total=self.seconds, unit=" s", leave=False, disable=None,
                bar_format="{desc}: {n:.0f} of {total:.0f} s |{bar}|" if self.seconds else None,
            )  # fmt: skip
        self._bar.update(elapsed - self._bar.n)


@dataclass(frozen=True, eq=False, repr=False)
class NashResult:
    """Equilibria of one game, each with an exploitability that was computed independently.

    Attributes
    ----------
    game : NormalFormGame
    equilibria : list of tuples of arrays
        For each equilibrium a mixed strategy for each player, pure ones first. In degenerate
        two-player games these are the *extreme* equilibria, see `components`.
    exploitability : array, shape ``(k,)``
        The largest gain of a player that deviates alone, recomputed from the payoffs.
    complete : bool
        True only if the method proves that no (extreme, or isolated) equilibrium is missing.
    status : SolveStatus
        How the solver ended, and what to do about it.
    method : str
        What was done; under ``method="auto"``, what was picked.
    seconds : float
        Wall-clock time.
    components : tuple of tuples of int
        Indices of the equilibria that belong together: a tuple of one is an isolated equilibrium,
        a longer one a connected set of equilibria with these extreme points. Empty if unknown.
    subsets : tuple of tuples of int
        Maximal Nash subsets of a two-player game: indices of equilibria whose strategies may be
        mixed freely, any mixture of the first player's with any of the second player's being an
        equilibrium. A component is a union of subsets that meet. Empty if unknown.
    exact : list of tuples of tuples of Fraction, or None
        The equilibria as fractions, where the method computes in them.
    note : str
        What else is known: parity, sum of indices, supports left unsearched.
    """

    game: NormalFormGame
    equilibria: list[Profile]
    exploitability: Array
    complete: bool
    status: SolveStatus
    method: str
    seconds: float
    components: tuple[tuple[int, ...], ...] = ()
    subsets: tuple[tuple[int, ...], ...] = ()
    exact: list[ExactProfile] | None = None
    note: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    def supports(self) -> list[tuple[tuple[int, ...], ...]]:
        """Return, for each equilibrium, the actions that each player uses."""
        return [
            tuple(tuple(np.flatnonzero(s > SUPPORT_TOLERANCE).tolist()) for s in profile)
            for profile in self.equilibria
        ]

    def payoffs(self) -> Array:
        """Return what each player earns at each equilibrium, shape ``(k, n)``."""
        rows = [expected_payoffs(self.game, profile) for profile in self.equilibria]
        return np.array(rows).reshape(len(rows), self.game.num_players)

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each equilibrium and player.

        Columns: ``equilibrium``, ``player``, ``support``, ``strategy``, ``payoff``,
        ``exploitability`` (of the whole profile) and ``component`` (-1 if unknown).
        """
        import pandas as pd

        component = {i: c for c, members in enumerate(self.components) for i in members}
        earned, supports = self.payoffs(), self.supports()
        rows = [
            {
                "equilibrium": k,
                "player": player,
                "support": supports[k][player],
                "strategy": strategy.tolist(),
                "payoff": earned[k, player],
                "exploitability": self.exploitability[k],
                "component": component.get(k, -1),
            }
            for k, profile in enumerate(self.equilibria)
            for player, strategy in enumerate(profile)
        ]
        columns = ["equilibrium", "player", "support", "strategy", "payoff", "exploitability"]
        return pd.DataFrame(rows, columns=[*columns, "component"])

    def __repr__(self) -> str:
        k = len(self.equilibria)
        worst = f", exploitability at most {self.exploitability.max():.1e}" if k else ""
        count = f"{k} equilibri{'um' if k == 1 else 'a'}"
        return f"NashResult({count} by {self.method}{worst}; {self.status})"


def nash_result(
    game: NormalFormGame,
    profiles: Iterable[Sequence[Array]],
    *,
    method: str,
    complete: bool,
    budget: Budget,
    tolerance: float = 1e-9,
    status: SolveStatus | None = None,
    exact: Sequence[ExactProfile] | None = None,
    note: str = "",
    **more: Any,
) -> NashResult:
    """Certify, sort and pack the profiles that a solver found.

    Parameters
    ----------
    game : NormalFormGame
        A single game.
    profiles : iterable of sequences of arrays
        What the solver found, one strategy a player; duplicates are dropped.
    method : str
        Name of the method.
    complete : bool
        Whether the method proves that nothing is missing. It is withdrawn if a profile fails its
        certificate.
    budget : Budget
        Started with the solver; gives `seconds`.
    tolerance : float
        Largest gain of a player, as a share of its payoff range, in a profile that is kept.
    status : SolveStatus, optional
        By default what `complete` and the number of equilibria say.
    exact : sequence of profiles of Fraction, optional
        In the order of `profiles`, all different.
    note, **more
        Further fields of `NashResult`; not with dropped profiles if they hold indices.
    """
    budget.close()
    found = [tuple(np.asarray(s, dtype=np.float64) for s in profile) for profile in profiles]
    gains = [deviation_gains(game, profile) for profile in found]
    gaps = [float(gain.max()) for gain in gains]
    # Each player's gain is measured by its own payoffs, which may be a million times smaller.
    limit = tolerance * game.payoff_ranges() + np.finfo(float).tiny
    sound = [bool((gain <= limit).all()) for gain in gains]
    order = sorted((k for k in range(len(found)) if sound[k]), key=lambda k: _order(found[k]))
    kept = order if exact is not None else _distinct(found, order)
    failed = sound.count(False)
    whole = complete and not failed
    if status is None:
        done = SolveStatus.COMPLETE if whole else SolveStatus.SOME
        status = done if kept else SolveStatus.NONE
    if failed:
        note = f"{note} {failed} profile(s) failed the certificate.".strip()
    return NashResult(
        game,
        [found[k] for k in kept],
        np.array([gaps[k] for k in kept]),
        whole and bool(kept),
        status,
        method,
        budget.elapsed(),
        exact=None if exact is None else [exact[k] for k in kept],
        note=note,
        **more,
    )


def expected_payoffs(game: NormalFormGame, profile: Sequence[Array]) -> Array:
    """Return what each player earns at a profile of mixed strategies, shape ``(n,)``."""
    value = game.payoffs
    for strategy in reversed(profile):
        value = value @ strategy
    return np.asarray(value)


def _order(profile: Profile) -> tuple[Any, ...]:
    """Pure profiles first, then by the size of the supports, then by the strategies."""
    sizes = [int(np.count_nonzero(s > SUPPORT_TOLERANCE)) for s in profile]
    return (sum(sizes), sizes, [tuple(-s.round(9)) for s in profile])


def _distinct(found: Sequence[Profile], order: Sequence[int]) -> list[int]:
    """Of the profiles in `order`, those that differ from every earlier one."""
    kept: list[int] = []
    rows = np.empty((len(order), sum(map(len, found[0])) if found else 0))
    for k in order:
        row = np.concatenate(found[k])
        if not (np.abs(rows[: len(kept)] - row).max(axis=1) < DISTINCT).any():
            rows[len(kept)] = row
            kept.append(k)
    return kept
