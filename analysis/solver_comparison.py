"""Which solver finds all equilibria? Ours beside Gambit, nashpy and QuantEcon, where installed.

For each family of random games every peer lists equilibria, and is asked: in what share of the
games is its set complete, in what share does it list a profile that is none, and how long does a
game take? The complete set is ours, computed in fractions for two players and with certified root
counts for more; a peer's equilibrium that ours lacks, if it is one, counts against us.

Run as `python analysis/solver_comparison.py`; writes `results/solver_comparison/`.
"""

from __future__ import annotations

import importlib.util
import shlex
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

import gametools as gt
from gametools.command_line import Parser, run_command, whole_number
from gametools.storage import manifest, require_writable_folder, version, write_results
from matrl_report import markdown

ROOT = Path(__file__).resolve().parent.parent
SEED = 0
GAP, SAME = 1e-9, 1e-6  # of the payoff range; of a probability

Profile = tuple[np.ndarray, ...]


@dataclass(frozen=True)
class Family:
    """A kind of random games."""

    name: str
    shape: tuple[int, ...]
    integer: bool = False

    def games(self, number: int) -> Iterator[gt.NormalFormGame]:
        rng = np.random.default_rng((SEED, *self.name.encode()))
        for _ in range(number):
            size = (len(self.shape), *self.shape)
            drawn = rng.integers(0, 3, size) if self.integer else rng.standard_normal(size)
            yield gt.NormalFormGame(drawn, num_players=len(self.shape))


FAMILIES = [
    *(Family(f"normal {k}x{k}", (k, k)) for k in (2, 3, 4, 5)),
    *(Family(f"integers 0-2, {k}x{k}", (k, k), integer=True) for k in (2, 3)),
    Family("normal 2x2x2", (2, 2, 2)),
]


def _nashpy(method: str) -> Callable[[gt.NormalFormGame], list[Profile]]:
    def run(game: gt.NormalFormGame) -> list[Profile]:
        import nashpy

        return list(getattr(nashpy.Game(*game.payoffs), method)())

    return run


def _quantecon(method: str) -> Callable[[gt.NormalFormGame], list[Profile]]:
    def run(game: gt.NormalFormGame) -> list[Profile]:
        from quantecon import game_theory

        row, column = game.payoffs
        players = [game_theory.Player(row), game_theory.Player(np.ascontiguousarray(column.T))]
        return list(getattr(game_theory, method)(game_theory.NormalFormGame(players)))

    return run


def _gambit(method: str) -> Callable[[gt.NormalFormGame], list[Profile]]:
    def run(game: gt.NormalFormGame) -> list[Profile]:
        import pygambit

        theirs = gt.games.to_pygambit(game)
        keywords = {"rational": False} if method == "enummixed_solve" else {}
        found = getattr(pygambit.nash, method)(theirs, **keywords).equilibria
        # Versions 16 and 17: iterating a mixed strategy gives (action, probability).
        return [
            tuple(np.array([float(p) for _, p in profile[who]]) for who in theirs.players)
            for profile in found
        ]

    return run


def _ours(game: gt.NormalFormGame) -> list[Profile]:
    return gt.solve(game).equilibria


PEERS: list[tuple[str, str, tuple[int, ...], Callable[[gt.NormalFormGame], list[Profile]]]] = [
    ("gametools, auto", "gametools", (2, 3), _ours),
    ("Gambit, enummixed", "pygambit", (2,), _gambit("enummixed_solve")),
    ("Gambit, enumpoly", "pygambit", (3,), _gambit("enumpoly_solve")),
    ("nashpy, support", "nashpy", (2,), _nashpy("support_enumeration")),
    ("nashpy, vertex", "nashpy", (2,), _nashpy("vertex_enumeration")),
    ("QuantEcon, support", "quantecon", (2,), _quantecon("support_enumeration")),
    ("QuantEcon, vertex", "quantecon", (2,), _quantecon("vertex_enumeration")),
]


def truth(game: gt.NormalFormGame) -> gt.NashResult:
    """The complete set, by the most careful method."""
    return gt.solve(game, exact=True) if game.num_players == 2 else gt.solve(game)


def compare(family: Family, number: int) -> list[dict[str, object]]:
    """One row for each peer that fits the family and is installed."""
    games = list(family.games(number))
    known = [truth(game) for game in games]
    rows = []
    for name, package, players, run in PEERS:
        if len(family.shape) not in players or importlib.util.find_spec(package) is None:
            continue
        run(games[0])  # compilation is not counted
        counts = {"complete": 0, "spurious": 0, "beyond_ours": 0, "failed": 0}
        seconds = []
        for game, ours in zip(games, known, strict=True):
            began = time.perf_counter()
            try:
                theirs = run(game)
            except Exception:  # whatever a peer raises is a game it did not solve
                counts["failed"] += 1
                continue
            seconds.append(time.perf_counter() - began)
            good = [p for p in theirs if _is_equilibrium(game, p)]
            counts["spurious"] += len(good) < len(theirs)
            counts["complete"] += all(_listed(p, good) for p in ours.equilibria)
            # In a degenerate game a peer may rightly list points between extreme equilibria.
            isolated = all(len(members) == 1 for members in ours.components)
            counts["beyond_ours"] += isolated and not all(_listed(p, ours.equilibria) for p in good)
        rows.append(
            {"family": family.name, "solver": name, "games": number, **counts,
             "proved_by_ours": sum(result.complete for result in known),
             "median_ms": 1000 * statistics.median(seconds) if seconds else np.nan}
        )  # fmt: skip
    return rows


def _is_equilibrium(game: gt.NormalFormGame, profile: Profile) -> bool:
    try:
        return bool(gt.exploitability(game, profile) <= GAP * game.payoff_range())
    except ValueError:  # not a probability distribution
        return False


def _listed(profile: Profile, others: list[Profile]) -> bool:
    return any(
        all(np.abs(a - b).max() < SAME for a, b in zip(profile, other, strict=True))
        for other in others
    )


def summary(frame: pd.DataFrame) -> str:
    """The table that the documentation shows."""
    rows = [
        [
            r.family,
            r.solver,
            f"{100 * r.complete / r.games:.1f}",
            f"{100 * r.spurious / r.games:.1f}",
            f"{r.median_ms:.2f}",
        ]
        for r in frame.itertuples()
    ]
    header = ["games", "solver", "complete %", "lists a non-equilibrium %", "ms a game"]
    return markdown(header, rows)


def main() -> int:
    parser = Parser(
        prog="solver_comparison",
        description=__doc__,
        epilog="example: python analysis/solver_comparison.py --games 50",
    )
    parser.add_argument("--games", type=whole_number, default=200, metavar="N", help="(200)")
    parser.add_argument(
        "--out", type=Path, default=ROOT / "results" / "solver_comparison", metavar="DIR"
    )
    options = parser.parse_args()

    def body() -> None:
        began = time.perf_counter()
        warnings.simplefilter("ignore")  # peers warn about degenerate games; we count
        out = require_writable_folder(options.out, "--out")
        rows = [
            row
            for family in tqdm(FAMILIES, delay=1, disable=None)
            for row in compare(family, options.games)
        ]
        frame = pd.DataFrame(rows)
        text = summary(frame)
        print(text)
        packages = ("pygambit", "nashpy", "quantecon")
        about = manifest(
            command=shlex.join(["python", "analysis/solver_comparison.py", *sys.argv[1:]]),
            seeds=SEED,
            seconds=time.perf_counter() - began,
            peers={p: version(p) for p in packages if importlib.util.find_spec(p) is not None},
        )
        files = {
            "completeness.csv": frame.to_csv(index=False, float_format="%.4g"),
            "summary.md": f"# Which solver finds all equilibria?\n\n{text}\n",
        }
        write_results(out, files, about)

    return run_command("solver_comparison", body)


if __name__ == "__main__":
    sys.exit(main())
