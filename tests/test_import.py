import subprocess
import sys

import pytest

HEAVY = {"torch", "matplotlib", "cma", "pandas", "scipy"}


def modules_after(code):
    """Top-level modules that a fresh interpreter has loaded after running `code`."""
    script = f"{code}\nimport sys\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )  # fmt: skip
    return set(done.stdout.split())


def test_importing_the_package_loads_nothing_heavy():
    loaded = modules_after("import gametools")
    assert {"gametools", "numpy"} <= loaded
    assert not HEAVY & loaded


@pytest.mark.parametrize(
    ("code", "needed"),
    [
        (
            "import gametools as gt\n"
            "games = gt.random_2x2('cyclic', size=5, rng=0)\n"
            "gt.solve_2x2(games).exploitability\n"
            "gt.run_study(games, gt.dynamics.MATRL(0.1), steps=5, rng=0)",
            set(),
        ),
        (
            "import gametools as gt\n"
            "gt.solve_2x2(gt.random_2x2('cyclic', size=5, rng=0)).to_frame()",
            {"pandas"},
        ),
        ("import gametools.plotting", set()),
    ],
    ids=["a study", "a frame", "plotting, before it plots"],
)
def test_work_loads_only_what_it_needs(code, needed):
    assert modules_after(code) & HEAVY == needed
