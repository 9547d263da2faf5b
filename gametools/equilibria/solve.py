"""One door to all solvers."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gametools.equilibria.result import NashResult
from gametools.games.normal_form import NormalFormGame
from gametools.validation import choice

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SOLVERS", "Solver", "solve", "solvers_frame"]


@dataclass(frozen=True)
class Solver:
    """A method of `solve`.

    Attributes
    ----------
    players : str
        ``"2"`` or ``"n"``.
    finds : str
        ``"all"`` (with a proof of completeness where it can be had), ``"some"`` or ``"one"``.
    module, function : str
        Where it is; imported when it is first used.
    """

    players: str
    finds: str
    module: str
    function: str

    def load(self) -> Callable[..., NashResult]:
        """Return the solver's function: ``f(game, *, seconds=..., ...) -> NashResult``."""
        found: Callable[..., NashResult] = getattr(
            importlib.import_module(f"gametools.equilibria.{self.module}"), self.function
        )
        return found


SOLVERS: dict[str, Solver] = {
    "vertex": Solver("2", "all", "vertex", "vertex_enumeration"),
    "support": Solver("2", "all", "support", "support_enumeration"),
    "lemke-howson": Solver("2", "one", "lemke_howson", "lemke_howson"),
    "zero-sum": Solver("2", "one", "zero_sum", "zero_sum"),
    "pure": Solver("n", "some", "pure", "pure_equilibria"),
    "polynomial": Solver("n", "all", "polynomial", "polynomial"),
    "logit": Solver("n", "one", "logit", "logit_path"),
    "cma-es": Solver("n", "one", "cma_es", "cma_es"),
    "descent": Solver("n", "one", "descent", "gap_descent"),
    "replicator": Solver("n", "one", "heuristics", "replicator"),
    "fictitious-play": Solver("n", "one", "heuristics", "fictitious_play"),
    "mean-field": Solver("n", "one", "mean_field", "mean_field"),
}
"""The methods of `solve` by name."""


def solve(game: NormalFormGame, method: str = "auto", **options: Any) -> NashResult:
    """Return Nash equilibria of one game, certified, with a proof of completeness where possible.

    Parameters
    ----------
    game : NormalFormGame
        A single game. (All equilibria of a batch of 2x2 games: `solve_2x2`.)
    method : str
        ``"auto"`` picks by size and the result says what; otherwise a name in `SOLVERS`.
    **options
        Options of the method, checked against its signature; all take ``seconds``, the time after
        which it stops and returns what it has.

    Returns
    -------
    NashResult

    Raises
    ------
    ValueError
        If the method is unknown or does not fit the game.
    TypeError
        If an option is unknown to the method.
    """
    if game.batch_shape:
        raise ValueError(
            f"`game` must be a single game; got a batch of shape {game.batch_shape}. Index it, or "
            "use solve_2x2 for batches of 2x2 games."
        )
    choice("method", method, ("auto", *SOLVERS))
    name = _pick(game) if method == "auto" else method
    solver = SOLVERS[name]
    if solver.players == "2" and game.num_players != 2:
        fits = ", ".join(key for key, value in SOLVERS.items() if value.players == "n")
        raise ValueError(
            f"`method` {name!r} needs two players; got {game.num_players}. Use one of {fits}."
        )
    function = solver.load()
    known = set(inspect.signature(function).parameters) - {"game"}
    unknown = set(options) - known
    if unknown:
        raise TypeError(
            f"`{sorted(unknown)[0]}` is no option of method {name!r}; it takes {sorted(known)}."
        )
    result = function(game, **options)
    return replace(result, method=f"auto: {result.method}") if method == "auto" else result


def solvers_frame() -> pd.DataFrame:
    """Return the solvers as a frame: name, players, finds, what it does."""
    import pandas as pd

    rows = [
        {
            "name": name,
            "players": solver.players,
            "finds": solver.finds,
            "what": (inspect.getdoc(solver.load()) or "").split("\n")[0].rstrip("."),
        }
        for name, solver in SOLVERS.items()
    ]
    return pd.DataFrame(rows)


_VERTEX_ACTIONS = 14  # all equilibria of two players up to so many actions each take seconds


def _pick(game: NormalFormGame) -> str:
    """Choose a method by the size of the game."""
    if game.num_players == 2:
        return "vertex" if max(game.num_actions) <= _VERTEX_ACTIONS else "lemke-howson"
    return "polynomial"
