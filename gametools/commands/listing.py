"""`gametools list`: what there is to choose from."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from gametools.command_line import Parser, aligned
from gametools.dynamics import rules_frame
from gametools.envs import envs_frame
from gametools.equilibria import solvers_frame
from gametools.games import ENSEMBLES_2X2, catalogue_frame, differentiable_catalogue_frame
from gametools.games.released import RELEASED_CLASSES

if TYPE_CHECKING:
    import pandas as pd

EPILOG = """examples:
  gametools list rules          names, parameters and gradient evaluations of all update rules
  gametools list games          random ensembles, named matrix games, differentiable games
  gametools list games --json   the same for scripts, with the sources of the named games
  gametools list envs           sequential games: names and parameters
  gametools list learners       deep learners: names and presets
"""


def add_parser(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add the command to the parser of `gametools`."""
    parser = commands.add_parser(
        "list",
        help="list rules, games, solvers, environments or learners",
        description="List what there is.",
        epilog=EPILOG,
    )
    parser.add_argument("what", choices=sorted(LISTS))
    parser.add_argument("--json", action="store_true", help="print records for scripts")
    parser.set_defaults(run=run, resume=lambda options: "")


def run(options: argparse.Namespace) -> None:
    """Print the list."""
    frame = LISTS[options.what]()
    if options.json:
        print(frame.to_json(orient="records", indent=2))
    else:
        frame = frame.drop(columns="source", errors="ignore")  # too wide for a table
        print(aligned([list(map(str, frame.columns)), *frame.astype(str).to_numpy().tolist()]))


def _games_frame() -> pd.DataFrame:
    import pandas as pd

    ensembles = [
        {
            "name": name,
            "actions": "2x2",
            "payoffs": "normal, uniform" + ", released" * (name in RELEASED_CLASSES),
            "what": "random games" + f" of the class {name}" * (name != "any"),
            "source": "random_2x2",
        }
        for name in ENSEMBLES_2X2
    ]
    named = catalogue_frame().assign(payoffs="given")
    differentiable = differentiable_catalogue_frame()
    differentiable["actions"] = differentiable["dims"]  # numbers of parameters
    differentiable["payoffs"] = "losses"  # of parameters, not of actions
    matrix_games = [pd.DataFrame(ensembles), named.rename(columns={"shows": "what"})]
    rest = differentiable.rename(columns={"shows": "what"})
    return pd.concat([*matrix_games, rest], join="inner", ignore_index=True)


def _learners_frame() -> pd.DataFrame:
    try:
        from gametools.agents import learners_frame
    except ImportError as error:  # the message names the extra
        raise ValueError(str(error)) from None
    return learners_frame()


LISTS = {
    "rules": rules_frame,
    "games": _games_frame,
    "solvers": solvers_frame,
    "envs": envs_frame,
    "learners": _learners_frame,
}
