"""How long `import gametools` takes, and that it stays light."""

from __future__ import annotations

import subprocess
import sys

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
