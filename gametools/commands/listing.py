"""`gametools list`: what there is to choose from."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from gametools.command_line import Parser
from gametools.dynamics import rules_frame
from gametools.games import ENSEMBLES_2X2
from gametools.games.released import RELEASED_CLASSES

if TYPE_CHECKING:
    import pandas as pd

EPILOG = """examples:
  gametools list rules          names, parameters and gradient evaluations of all update rules
  gametools list games --json   the random ensembles, for scripts
"""


def add_parser(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add the command to the parser of `gametools`."""
    parser = commands.add_parser(
        "list", help="list rules or games", description="List what there is.", epilog=EPILOG
    )
    parser.add_argument("what", choices=sorted(LISTS))
    parser.add_argument("--json", action="store_true", help="print records for scripts")
    parser.set_defaults(run=run, resume=lambda options: "")


def run(options: argparse.Namespace) -> None:
    """Print the list."""
    frame = LISTS[options.what]()
    text = frame.to_json(orient="records", indent=2) if options.json else _aligned(frame)
    print(text)


def _aligned(frame: pd.DataFrame) -> str:
    rows = [list(map(str, frame.columns)), *frame.astype(str).to_numpy().tolist()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _games_frame() -> pd.DataFrame:
    import pandas as pd

    rows = [
        {
            "name": name,
            "payoffs": "normal, uniform" + ", released" * (name in RELEASED_CLASSES),
            "what": "random 2x2 games" + f" of the class {name}" * (name != "any"),
        }
        for name in ENSEMBLES_2X2
    ]
    return pd.DataFrame(rows)


LISTS = {"rules": rules_frame, "games": _games_frame}
