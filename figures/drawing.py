"""What every figure's script shares: arguments, results that become values again, saving.

Figures read what `analysis/` wrote; they run no learners and solve no games.
"""

from __future__ import annotations

import dataclasses
import io
import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from PIL import Image

import gametools as gt
from gametools.command_line import Parser, run_command
from gametools.dynamics import MATRLStep, Status, Trajectory, VectorField, parse_rule
from gametools.games import as_differentiable
from gametools.plotting import theme
from gametools.stability import FixedPoint, Kind
from gametools.storage import require_writable_folder, whole_file

# It warns of the dates of a PDF's fonts.
logging.getLogger("fontTools").setLevel(logging.ERROR)

ROOT = Path(__file__).resolve().parent.parent
WIDTH = 7.2
"""Inches; a page's text width, so that the fonts are printed at their size."""
DOTS = "paths: open dot at the start, filled dot at the end"
DPI, QUICK_DPI = 220, 60
_PLAIN: dict[str, dict[str, Any]] = {
    "png": {"metadata": {"Software": None}},
    "pdf": {"metadata": {"CreationDate": None, "Creator": None, "Producer": None}},
}
"""No dates and versions: the same results give the same bytes."""


def run(
    script: str, results: str, draw: Callable[[Path], Figure], words: Sequence[str] | None = None
) -> int:
    """Read the command line of a figure, draw it and write it; return the exit code."""
    name = Path(script).stem
    parser = Parser(prog=name, description=sys.modules[draw.__module__].__doc__)
    parser.add_argument("results", nargs="?", type=Path, default=ROOT / "results" / results)
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "figures", metavar="FOLDER")
    parser.add_argument("--quick", action="store_true", help="few dots per inch: to try it")
    parser.add_argument("--pdf", action="store_true", help="write a PDF too")
    options = parser.parse_args(words)

    def body() -> None:
        with theme("print"):
            figure = draw(options.results)
            out = require_writable_folder(options.out, "--out")
            for kind in ("png", "pdf") if options.pdf else ("png",):
                data = rendered(figure, kind, QUICK_DPI if options.quick else DPI)
                with whole_file(out / f"{name}.{kind}", "wb") as file:
                    file.write(data)
                print(out / f"{name}.{kind}")

    return run_command(name, body)


def rendered(figure: Figure, kind: str = "png", dpi: float = DPI) -> bytes:
    """Draw a figure into bytes; a PNG with a palette, which takes a third of the room."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, dpi=dpi, **_PLAIN[kind])
    if kind == "png":
        buffer.seek(0)
        picture = Image.open(buffer).convert("RGB").quantize(256, dither=Image.Dither.NONE)
        buffer = io.BytesIO()
        picture.save(buffer, format=kind, optimize=True, dpi=(dpi, dpi))
    return buffer.getvalue()


def spelt(name: str) -> str:
    """Write the name of a game of the catalogue as in a sentence."""
    return name.replace("_", " ").replace("prisoners", "prisoner's")


def vector_field(fields: pd.DataFrame, game: str) -> VectorField:
    """Rebuild gradient flow on a game's square from its rows of ``fields.csv``."""
    own = fields[fields["game"] == game]
    x, y = np.unique(own["x0"]), np.unique(own["x1"])

    def pair(name: str) -> Any:
        return own[[f"{name}0", f"{name}1"]].to_numpy().reshape(len(y), len(x), 2)

    return VectorField(
        points=pair("x"), directions=pair("direction"), losses=pair("loss"), plane=(0, 1), x=x,
        y=y, rule=None, game=as_differentiable(gt.named_game(game)), free=pair("free"),
    )  # fmt: skip


def trajectory(path: pd.DataFrame) -> Trajectory:
    """Rebuild one trajectory from its rows of ``trajectories.csv``."""
    return Trajectory(
        points=path[["x0", "x1"]].to_numpy(), times=path["time"].to_numpy(),
        status=Status.COMPLETED, diverged_at=np.array(-1), rule=parse_rule(path["rule"].iloc[0]),
    )  # fmt: skip


def matrl_steps(rows: pd.DataFrame) -> MATRLStep:
    """Rebuild a batch of updates of one game from their rows of ``steps.csv``."""
    names = [field.name for field in dataclasses.fields(MATRLStep)]
    pairs = {
        name: rows[[f"{name}0", f"{name}1"]].to_numpy()
        for name in names
        if f"{name}0" in rows and name != "meta"
    }
    entries = [f"meta{i}_{a}{b}" for i, a, b in np.ndindex(2, 2, 2)]
    payoffs = rows[entries].to_numpy().reshape(-1, 2, 2, 2)
    return MATRLStep(
        game=as_differentiable(gt.named_game(rows["game"].iloc[0])),
        rule=parse_rule(rows["rule"].iloc[0]),
        meta=gt.NormalFormGame(payoffs, num_players=2),
        **pairs,
    )


def matrl_step(row: pd.DataFrame) -> MATRLStep:
    """Rebuild a single update from its one row."""
    batch = matrl_steps(row)
    single = {
        name: value[0] for name, value in vars(batch).items() if isinstance(value, np.ndarray)
    }
    return dataclasses.replace(batch, meta=gt.NormalFormGame(batch.meta.payoffs[0]), **single)


def fixed_points(rows: pd.DataFrame) -> FixedPoint:
    """Rebuild places and kinds of a game's fixed points; nothing else of them is drawn."""
    known = {
        "game": as_differentiable(gt.named_game(rows["game"].iloc[0])),
        "point": rows[["x0", "x1"]].to_numpy(),
        "kind": np.array([Kind(kind) for kind in rows["kind"]], dtype=object),
    }
    return FixedPoint(**{field.name: None for field in dataclasses.fields(FixedPoint)} | known)
