"""The `gametools` command: a thin skin over the package."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from gametools.command_line import Parser, run_command
from gametools.commands import (
    basins,
    classify,
    compare,
    convergence,
    evaluate,
    listing,
    plot,
    simulate,
    solve,
    train,
)
from gametools.storage import version

__all__ = ["main"]

EPILOG = """examples:
  gametools convergence cyclic --rule IGA:step=0.02 --rule LookAhead:step=0.02
  gametools solve battle_of_the_sexes
  gametools classify matching_pennies --at 0.5,0.5 --rule ExtraGradient:step=0.1
  gametools train il-ppo switch --steps 400000 --seeds 0:5 --out runs/il-ppo
  gametools list rules

`gametools COMMAND --help` explains a command. Bad input ends with one line and exit code 2.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0, 1 if a run failed, 2 for bad input.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words after ``gametools``; those of the process by default.
    """
    parser = Parser(prog="gametools", description="Learning dynamics in games.", epilog=EPILOG)
    parser.add_argument("--version", action="version", version=f"gametools {version()}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    convergence.add_parser(commands)
    solve.add_parser(commands)
    classify.add_parser(commands)
    simulate.add_parser(commands)
    basins.add_parser(commands)
    plot.add_parser(commands)
    train.add_parser(commands)
    evaluate.add_parser(commands)
    compare.add_parser(commands)
    listing.add_parser(commands)
    options = parser.parse_args(arguments)
    name = f"gametools {(sys.argv[1:] if arguments is None else arguments)[0]}"
    return run_command(name, lambda: options.run(options), resume=options.resume(options))


if __name__ == "__main__":
    sys.exit(main())
