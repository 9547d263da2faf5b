"""All equilibria of larger games and of many meta-games, beside QuantEcon and nashpy."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Callable

import numpy as np

import gametools as gt
from benchmarks import SEED
from benchmarks.measure import Spread, process, rounds, seconds, timed
from benchmarks.report import Bar, Row
from gametools.equilibria import select_equilibrium

FRESH = """
import numpy as np
row, column = np.random.default_rng({seed}).standard_normal((2, 8, 8))
"""
OURS = (
    FRESH
    + """
import gametools as gt
gt.solve(gt.NormalFormGame.from_bimatrix(row, column))
"""
)
QUANTECON = (
    FRESH
    + """
from quantecon import game_theory as q
q.support_enumeration(q.NormalFormGame([q.Player(row), q.Player(column.T.copy())]))
"""
)


def all_equilibria(quick: bool) -> list[Row]:
    """One generic 8x8 and one 10x10 game, the 75-equilibria game, and peers on the same."""
    rows = []
    for size in (5,) if quick else (8, 10):
        game = gt.random_game("normal", (size, size), rng=SEED)
        rows += _beside(game, f"{size}x{size}", quick)
    many = gt.named_game("von_stengel_1997")
    rows.append(
        Row("the 6x6 game with 75 equilibria", Spread.of(seconds(lambda: _all(many), 5)), "s",
            Bar(1.0))
    )  # fmt: skip
    if importlib.util.find_spec("quantecon") and not quick:
        ours, theirs = (
            [process(["-c", code.format(seed=SEED)]).seconds for _ in range(3)]
            for code in (OURS, QUANTECON)
        )
        rows.append(
            Row("QuantEcon / ours, 8x8, whole processes", Spread.of_ratios(theirs, ours), "x",
                Bar(2.0, "at least"))
        )  # fmt: skip
    return rows


def _beside(game: gt.NormalFormGame, name: str, quick: bool) -> list[Row]:
    """One game: ours, and each peer that is installed as a ratio to ours."""
    rows = [Row(f"all equilibria, {name}", Spread.of(seconds(lambda: _all(game), 9), 1e3), "ms")]
    wanted = len(_all(game).equilibria)
    for package, label, peer, runs, bar in (
        ("quantecon", "QuantEcon's support enumeration", _quantecon(game), 7, 1.0),
        ("nashpy", "nashpy's support enumeration", _nashpy(game), 1, 20.0),
    ):
        if importlib.util.find_spec(package) is None:
            note = f"{package} is not installed: pip install gametools[bench]"
            rows.append(Row(f"{label} / ours, {name}", None, "x", note=note))
            continue
        found = peer()  # compiles, where there is something to compile
        if runs > 1:
            theirs, ours = rounds([peer, lambda: _all(game)], runs)
        else:
            theirs, ours = [timed(peer).seconds], [min(seconds(lambda: _all(game), 5))]
        note = "" if found == wanted else f"it lists {found} equilibria, there are {wanted}"
        spread = Spread.of_ratios(theirs, ours)
        rows.append(Row(f"{label} / ours, {name}", spread, "x", Bar(bar, "at least"), note=note))
    return rows


def _all(game: gt.NormalFormGame) -> gt.NashResult:
    return gt.solve(game, method="vertex")


def _quantecon(game: gt.NormalFormGame) -> Callable[[], int]:
    def run() -> int:
        from quantecon import game_theory as q

        row, column = game.payoffs
        players = [q.Player(row), q.Player(np.ascontiguousarray(column.T))]
        return len(q.support_enumeration(q.NormalFormGame(players)))

    return run


def _nashpy(game: gt.NormalFormGame) -> Callable[[], int]:
    def run() -> int:
        import nashpy

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of an even number of equilibria
            return len(list(nashpy.Game(*game.payoffs).support_enumeration()))

    return run


def meta_games(quick: bool) -> list[Row]:
    """Ten thousand meta-games of two players: all equilibria of each, and one chosen."""
    games = gt.random_2x2("any", size=10_000, rng=SEED)
    rng = np.random.default_rng(SEED)

    def solve_all() -> object:
        return select_equilibrium(gt.solve_2x2(games), "random", rng)

    taken = seconds(solve_all, 5 if quick else 50)
    return [Row("10,000 meta-games of two players", Spread.of(taken, 1e3), "ms", Bar(20.0))]
