"""How long `import gametools` and `gametools plot` take, and that the import stays light."""

from __future__ import annotations

import os
import pstats
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import ROOT, Spread, process
from benchmarks.report import Bar, Row

HEAVY = ("torch", "matplotlib", "cma")


def import_time(quick: bool) -> list[Row]:
    """Wall-clock time of fresh processes that only import the package, and what they load."""
    process(["-c", "import gametools"])  # leaves the compiled modules behind
    took = [process(["-c", "import gametools"]).seconds for _ in range(3 if quick else 7)]
    loaded = modules_loaded()
    heavy = [name for name in HEAVY if name in loaded]
    return [
        Row("whole process: import gametools", Spread.of(took), "s", Bar(0.5)),
        Row(
            f"loaded by it, of {', '.join(HEAVY)}",
            Spread.of([len(heavy)]),
            "modules",
            Bar(0),
            note=", ".join(heavy),
        ),
    ]


def modules_loaded() -> set[str]:
    """Names of the modules that `import gametools` loads."""
    code = "import sys, gametools; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def plot_time(quick: bool) -> list[Row]:
    """Wall-clock time of fresh processes that draw a field, and what of it is our own code's."""
    runs, side = (3, 10) if quick else (7, 40)
    words = ["plot", "matching_pennies", "--arrows", str(side), "-o"]
    with tempfile.TemporaryDirectory() as folder:
        picture, profile = Path(folder, "a.png"), Path(folder, "profile")
        command = ["-m", "gametools.cli", *words, str(picture)]
        process(command)  # leaves the compiled modules and matplotlib's list of fonts behind
        took = [process(command).seconds for _ in range(runs)]
        own = []
        for _ in range(runs):
            process(["-m", "cProfile", "-o", str(profile), *command])
            own.append(own_seconds(profile))
    return [
        Row(
            f"fresh process: gametools {' '.join(words[:-1])} to PNG", Spread.of(took), "s", Bar(3)
        ),
        Row(
            "of it in files under gametools/, by cProfile",
            Spread.of(own, 1e3),
            "ms",
            Bar(50),
            note="calls of other packages left out",
        ),
    ]


def own_seconds(profile: Path) -> float:
    """Seconds that a profiled process spent in the package's own files, without what they call."""
    package = f"{ROOT / 'gametools'}{os.sep}"
    return sum(
        figures[2]
        for (file, _, _), figures in pstats.Stats(str(profile)).stats.items()
        if os.path.realpath(file).startswith(package)
    )
