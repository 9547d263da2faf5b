"""`gametools solve`: the equilibria of one game from the shell."""

from __future__ import annotations

import argparse
import json
from fractions import Fraction
from typing import Any

import numpy as np

from gametools.command_line import Parser, aligned
from gametools.commands.game_argument import game_from_word
from gametools.equilibria import SOLVERS, NashResult, solve
from gametools.equilibria.hu_wellman import saddle_or_optimum

EPILOG = """examples:
  gametools solve prisoners_dilemma
  gametools solve my_game.nfg --exact             probabilities as fractions
  gametools solve my_game.nfg --method lemke-howson --json
  gametools solve big_game.gam --budget 10        what can be found in ten seconds

`gametools list solvers` shows the methods, `gametools list games` the names of games.
"""


def add_parser(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add the command to the parser of `gametools`."""
    parser = commands.add_parser(
        "solve",
        help="the Nash equilibria of a game, certified",
        description="Find Nash equilibria of a game, certify each, and say whether they are all.",
        epilog=EPILOG,
    )
    parser.add_argument("game", metavar="GAME", help="a file (.nfg, .gam, .json, .npz) or a name")
    parser.add_argument("--method", default="auto", choices=["auto", *SOLVERS])
    parser.add_argument(
        "--budget", type=float, metavar="SECONDS", help="stop then, with what there is"
    )
    parser.add_argument("--exact", action="store_true", help="compute in fractions (two players)")
    parser.add_argument("--json", action="store_true", help="print one object for scripts")
    parser.set_defaults(run=run, resume=lambda options: "")


def run(options: argparse.Namespace) -> None:
    """Solve the game and print what was found."""
    given: dict[str, Any] = {}
    if options.budget is not None:
        given["seconds"] = options.budget
    if options.exact:
        given["exact"] = True
    result = solve(game_from_word(options.game), method=options.method, **given)
    print(json.dumps(as_record(result), indent=2) if options.json else as_text(result))


def as_record(result: NashResult) -> dict[str, Any]:
    """Everything a script may want to know."""
    what, earned = kinds(result), result.payoffs()
    equilibria = [
        {
            "strategies": [s.tolist() for s in profile],
            "exact": [[str(p) for p in s] for s in result.exact[k]] if result.exact else None,
            "payoffs": earned[k].tolist(),
            "exploitability": float(result.exploitability[k]),
            "kind": what[k],
        }
        for k, profile in enumerate(result.equilibria)
    ]
    return {
        "game": repr(result.game),
        "method": result.method,
        "complete": result.complete,
        "status": result.status.value,
        "note": result.note,
        "seconds": result.seconds,
        "components": [list(members) for members in result.components],
        "equilibria": equilibria,
    }


def kinds(result: NashResult) -> list[str]:
    """Say of each equilibrium whether it is pure, isolated, a saddle or a global optimum."""
    member = {k: c for c, group in enumerate(result.components) if len(group) > 1 for k in group}
    found = []
    for k, (profile, support) in enumerate(zip(result.equilibria, result.supports(), strict=True)):
        words = ["pure" if all(len(own) == 1 for own in support) else "mixed"]
        flags = saddle_or_optimum(result.game, profile)
        words += ["global optimum"] * flags.is_global_optimum + ["saddle"] * flags.is_saddle
        words += [f"component {member[k] + 1}"] if k in member else []
        found.append(", ".join(words))
    return found


def as_text(result: NashResult) -> str:
    """A table for people, and what it is worth."""
    rows = [["#", "kind", "player", "support", "strategy", "payoff", "exploitability"]]
    what, earned, supports = kinds(result), result.payoffs(), result.supports()
    for k, profile in enumerate(result.equilibria):
        for player, strategy in enumerate(profile):
            first = player == 0
            values = strategy.tolist() if result.exact is None else result.exact[k][player]
            rows.append(
                [
                    str(k + 1) if first else "",
                    what[k] if first else "",
                    str(player + 1),
                    " ".join(str(action + 1) for action in supports[k][player]),
                    "(" + ", ".join(map(_number, values)) + ")",
                    _number(earned[k, player]),
                    f"{result.exploitability[k]:.1e}" if first else "",
                ]
            )
    lines = [aligned(rows)] if result.equilibria else []
    count = f"{len(result.equilibria)} equilibri{'um' if len(result.equilibria) == 1 else 'a'}"
    lines.append(f"\n{count} by {result.method} in {result.seconds:.2g} s: {result.status}.")
    lines += [f"Note: {result.note}"] if result.note else []
    return "\n".join(lines)


def _number(value: float | Fraction) -> str:
    """Six digits, or the fraction."""
    if isinstance(value, Fraction):
        return str(value)
    return f"{np.round(value, 10):.6g}"
