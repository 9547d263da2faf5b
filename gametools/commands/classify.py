"""`gametools classify`: what kind of rest points of a game are."""

from __future__ import annotations

import argparse
import json
import math
from typing import Any

from gametools.command_line import Parser, aligned
from gametools.commands.game_argument import any_game_from_word, point_from_word
from gametools.dynamics import parse_rule
from gametools.stability import FixedPoint, classify, find_fixed_points
from gametools.stability.kinds import FLAGS
from gametools.stability.update_map import UpdateMap

EPILOG = """examples:
  gametools classify matching_pennies --at 0.5,0.5
  gametools classify battle_of_the_sexes                  search for all fixed points
  gametools classify matching_pennies --at 1/2,1/2 --rule LookAhead:step=0.02,trial_step=0.01
  gametools classify my_games:my_game --at 0,0 --json     a function of my_games.py in this folder

A two-action game's points hold each player's probability of its first action, other matrix games'
all mixed strategies side by side. `gametools list rules` shows the rules.
"""


def add_parser(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add the command to the parser of `gametools`."""
    parser = commands.add_parser(
        "classify",
        help="what kind of rest is a point: stable, strict saddle, centre, ...",
        description="Say what kind of rest points of a game are, and what a rule makes of them.",
        epilog=EPILOG,
    )
    parser.add_argument("game", metavar="GAME", help="a name, a file, or module:function")
    parser.add_argument(
        "--at", metavar="P,Q,...", help="the point; without it fixed points are searched for"
    )
    parser.add_argument("--rule", metavar="NAME:KEY=VALUE,...", help="a learning rule")
    parser.add_argument(
        "--measure-safe-step",
        action="store_true",
        help="of a rule whose update has a kink; takes up to some minutes",
    )
    parser.add_argument("--starts", type=int, default=200, metavar="N", help="of the search (200)")
    parser.add_argument("--seed", type=int, default=0, help="of the search (0)")
    parser.add_argument("--json", action="store_true", help="print one object for scripts")
    parser.set_defaults(run=run, resume=lambda options: "")


def run(options: argparse.Namespace) -> None:
    """Classify the point, or all that are found, and print what they are."""
    rule = None if options.rule is None else parse_rule(options.rule)
    game = any_game_from_word(options.game)
    measure = options.measure_safe_step
    if measure and (rule is None or options.at is None):
        raise ValueError("`--measure-safe-step` needs `--rule` and `--at`.")
    shares: list[float | None]
    if options.at is not None:
        at = point_from_word(options.at, "--at")
        points, shares, note = [classify(game, at, rule, measure_safe_step=measure)], [None], ""
    else:
        found = find_fixed_points(game, starts=options.starts, rule=rule, rng=options.seed)
        points = [found[k] for k in range(len(found))]
        shares, note = found.shares.tolist(), found.note
    if options.json:
        records = [as_record(p, s) for p, s in zip(points, shares, strict=True)]
        whole = {"game": repr(game), "rule": options.rule, "note": note, "points": records}
        print(json.dumps(whole, indent=2))
        return
    text = [as_text(point, share) for point, share in zip(points, shares, strict=True)]
    print("\n\n".join(text or ["no fixed point found."]) + (f"\n\nNote: {note}" if note else ""))


def as_record(found: FixedPoint, share: float | None) -> dict[str, Any]:
    """Everything a script may want to know of one point."""
    record: dict[str, Any] = {
        "point": found.point.tolist(),
        "kind": str(found.kind),
        "margin": _finite(found.margin),
        "residual": float(found.residual),
        "scale": float(found.scale),
        "share_of_starts": share,
        "eigenvalues": [[z.real, z.imag] for z in found.eigenvalues.tolist()],
        "flags": {name: getattr(found, name) for name in FLAGS},
        "margins": {name: _finite(value) for name, value in found.margins.items()},
    }
    if found.update is not None:
        update = found.update
        record["update"] = {
            "spectral_radius": _finite(update.spectral_radius),
            "rate": _finite(update.rate),
            "rate_error": _finite(update.rate_error),
            "is_smooth": bool(update.is_smooth),
            "attracts": update.is_attracting,
            "eigenvalues": [[z.real, z.imag] for z in update.eigenvalues.tolist()],
            "largest_safe_step": _finite(update.largest_safe_step),
            "safe_step_status": update.safe_step_status,
            "fragile": list(update.fragile),
            "notes": list(update.notes),
        }
    return record


def as_text(found: FixedPoint, share: float | None) -> str:
    """A few lines for people."""
    where = ", ".join(f"{value:.6g}" for value in found.point)
    values = ", ".join(f"{z:.4g}" for z in found.eigenvalues) or "none: no direction is free"
    rows = [
        ["eigenvalues", values],
        ["margin", f"{found.margin:.3g}"],
        ["projected gradient", f"{found.residual:.1e}"],
    ]
    rows += [] if share is None else [["share of starts", f"{share:.1%}"]]
    words = {True: "yes", False: "no", None: "undecided"}
    rows += [[name.replace("_", " "), words[getattr(found, name)]] for name in FLAGS]
    if found.update is not None:
        update = found.update
        rate = ["spectral radius", f"{update.rate:.9g}"]
        if not update.is_smooth:
            rate = ["measured rate", f"{update.rate:.9g} +- {update.rate_error:.1g}"]
        rows += [
            ["", ""],
            ["rule", repr(update.rule)],
            ["attracts", words[update.is_attracting]],
            rate,
            ["largest safe step", _safe_step(update)],
            *([["at a boundary in", ", ".join(update.fragile)]] if update.fragile else []),
            *(["note", note] for note in update.notes),
        ]
    return f"({where}): {found.kind}\n{aligned(rows)}"


def _finite(value: float | None) -> float | None:
    """The number, or null where JSON has none."""
    return float(value) if value is not None and math.isfinite(value) else None


def _safe_step(update: UpdateMap) -> str:
    """The step, or what is known of it."""
    if update.safe_step_status == "derived":
        return f"{update.largest_safe_step:.9g}"
    if update.safe_step_status == "measured":
        return f"{update.largest_safe_step:.4g} (measured)"
    return str(update.safe_step_status)
