"""`gametools plot`: the picture of a game."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gametools.command_line import Parser, whole_number
from gametools.commands.game_argument import any_game_from_word, point_from_word
from gametools.commands.picture import Request, plane_figure, simplex_figure
from gametools.dynamics import parse_rule
from gametools.games.differentiable import Simplex
from gametools.games.policy_space import as_differentiable
from gametools.storage import whole_file
from gametools.validation import count, number

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EPILOG = """examples:
  gametools plot matching_pennies
  gametools plot matching_pennies --rule IGA:step=0.05 --rule ExtraGradient:step=0.1 \\
      --start 0.9,0.5 --steps 300 -o pennies.pdf --theme print
  gametools plot stag_hunt --rule MATRL:step=0.05 --basins --fixed-points
  gametools plot battle_of_the_sexes --stream --nullclines --fixed-points -o battle.svg
  gametools plot rotational --rule IGA-PP:step=0.02 --bounds=-1,1 --steps 200
  gametools plot jordan_matching_pennies --plane 0,2 --at 0.5,0.9,0.5
  gametools plot rock_paper_scissors --rule Replicator:step=0.05 --start 0.6,0.3,0.1

Points are as in `gametools classify`; `gametools list rules` shows the rules. A game whose
players have two actions is drawn on a plane, one with three on triangles.
"""
_METADATA: dict[str, dict[str, Any]] = {
    ".png": {"Software": None},
    ".svg": {"Date": None},
    ".pdf": {"CreationDate": None},
}
"""What each format is told, so that the same picture makes the same file."""


def add_parser(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add the command to the parser of `gametools`."""
    parser = commands.add_parser(
        "plot",
        help="draw vector field, trajectories, fixed points and basins",
        description="Draw the vector field of a game, where learning rules go, and where they end.",
        epilog=EPILOG,
    )
    add = parser.add_argument
    add("game", metavar="GAME", help="a name, a file, or module:function")
    add(
        "--rule",
        action="append",
        default=[],
        metavar="NAME:KEY=VALUE,...",
        help="a learning rule whose trajectories are drawn; may be repeated",
    )
    add(
        "--start",
        action="append",
        default=[],
        metavar="P,Q,...",
        help="where they begin; may be repeated (four points, or one for several rules)",
    )
    add("--starts", type=whole_number, metavar="N", help="or: so many random starts")
    add("--steps", type=whole_number, default=1000, metavar="N", help="updates (1000)")
    add("--basins", action="store_true", help="colour the starts by where the one rule leads")
    add("--fixed-points", action="store_true", help="mark them by kind")
    add("--nullclines", action="store_true", help="where a coordinate does not change")
    add("--stream", action="store_true", help="stream lines instead of arrows")
    add("--arrows", type=whole_number, metavar="N", help="along each side (20; 12 over basins)")
    add("--plane", metavar="I,J", help="the two coordinates, from 0 (0,1)")
    add("--at", metavar="P,Q,...", help="where the other coordinates stay (the middle, or 0)")
    add("--bounds", metavar="LOW,HIGH", help="of both, or LOW,HIGH,LOW,HIGH (the box, or -1,1)")
    add("--theme", choices=("light", "dark", "print"), default="light", help="(light)")
    add("--size", type=float, metavar="IN", help="width in inches (5; print 3.3)")
    add("--seed", type=int, default=0, help="of all that is random (0)")
    add("-o", "--out", metavar="FILE", help="a .png, .svg or .pdf (GAME.png)")  # fmt: skip
    parser.set_defaults(run=run, resume=lambda options: "")


def run(options: argparse.Namespace) -> None:
    """Draw the picture and write it."""
    target = _checked_target(options.out, options.game)
    request = _checked_request(options)
    width = {"print": 3.3}.get(options.theme, 5.0) if options.size is None else options.size
    number("--size", width, at_least=1, at_most=40)
    from gametools.plotting.style import theme

    with theme(options.theme):
        draw = simplex_figure if isinstance(request.game.domain, Simplex) else plane_figure
        _write(draw(request, width), target)
    print(target)


def _checked_target(out: str | None, word: str) -> Path:
    """Return the file to write, in a folder that exists."""
    if out is None:
        out = f"{word.rpartition(':')[2] if not Path(word).exists() else Path(word).stem}.png"
    target = Path(out)
    if target.suffix.lower() not in _METADATA:
        raise ValueError(f"`-o` must end in {', '.join(_METADATA)}; got {out!r}.")
    if target.is_dir() or not target.parent.is_dir() or not os.access(target.parent, os.W_OK):
        raise ValueError(f"`-o` must be a file in a folder that can be written to; got {out!r}.")
    return target


def _checked_request(options: argparse.Namespace) -> Request:
    """Turn words into values."""
    game = as_differentiable(any_game_from_word(options.game))
    rules = tuple((text, parse_rule(text)) for text in options.rule)
    if options.basins and len(rules) != 1:
        raise ValueError(f"`--basins` needs one --rule; got {len(rules)}.")
    if options.start and options.starts:
        raise ValueError("`--start` and `--starts` exclude each other; give one of them.")
    if (options.start or options.starts) and not rules:
        raise ValueError("`--start` needs a --rule that goes from there.")
    plane = None
    if options.plane is not None:
        found = point_from_word(options.plane, "--plane")
        if len(found) != 2 or any(value != int(value) for value in found):
            raise ValueError(f"`--plane` must be two whole numbers; got {options.plane!r}.")
        plane = (int(found[0]), int(found[1]))
    bounds = None
    if options.bounds is not None:
        ends = point_from_word(options.bounds, "--bounds")
        if len(ends) not in (2, 4):
            raise ValueError(f"`--bounds` must be 2 or 4 numbers; got {options.bounds!r}.")
        bounds = (tuple(ends[:2]), tuple(ends[-2:]))
    return Request(
        game=game,
        rules=rules,
        starts=tuple(tuple(point_from_word(word, "--start")) for word in options.start),
        random_starts=options.starts or 0,
        steps=options.steps,
        basins=options.basins,
        fixed_points=options.fixed_points,
        nullclines=options.nullclines,
        stream=options.stream,
        arrows=None if options.arrows is None else count("--arrows", options.arrows, at_least=2),
        plane=plane,
        at=None if options.at is None else point_from_word(options.at, "--at"),
        bounds=bounds,
        seed=count("--seed", options.seed),
    )


def _write(figure: Figure, target: Path) -> None:
    """Write the figure, whole or not at all."""
    kind = target.suffix.lower()
    try:
        with whole_file(target, "wb") as file:
            figure.savefig(file, format=kind[1:], metadata=_METADATA[kind])
    except OSError as error:
        reason = error.strerror or str(error)
        raise ValueError(f"`-o` cannot be written: {str(target)!r} ({reason}).") from None
