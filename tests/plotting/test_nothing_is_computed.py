"""Pictures draw what was computed elsewhere: no search, no simulation behind a plot."""

import ast
import importlib
import inspect
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("dynamics", "equilibria", "stability", "convergence", "evaluation")
WORDS = {"list_rules", "parse_rule"}
"""Turn words into values; all other functions of those rooms compute."""
FILES = sorted([*(ROOT / "gametools" / "plotting").glob("*.py"), *(ROOT / "figures").glob("*.py")])


def computing():
    """Names of the public functions that search, simulate or solve."""
    for room in ROOMS:
        package = importlib.import_module(f"gametools.{room}")
        for name in package.__all__:
            if inspect.isfunction(getattr(package, name)) and name not in WORDS:
                yield name


def taken(text):
    """Names that a file imports from the package, or looks up in it."""
    packages = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            packages |= {(a.asname or a.name) for a in node.names if a.name.startswith("gametools")}
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("gametools"):
            packages |= {a.asname or a.name for a in node.names}
            yield from (a.name for a in node.names)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute):
            root = node.value
            while isinstance(root, ast.Attribute):
                root = root.value
            if isinstance(root, ast.Name) and root.id in packages:
                yield node.attr


def test_the_functions_that_compute_are_known():
    wanted = {"simulate", "vector_field", "find_fixed_points", "classify", "basins", "solve"}
    assert wanted | {"matrl_step", "convergence_study", "run_study"} <= set(computing())


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_nothing_is_computed(path):
    assert not set(taken(path.read_text())) & set(computing())


@pytest.mark.parametrize(
    "text",
    [
        "from gametools.dynamics import simulate",
        "from gametools.dynamics.field import vector_field as field",
        "import gametools as gt\ngt.solve(game)",
        "import gametools\ngametools.stability.classify(game, x)",
        "from gametools import stability\nstability.find_fixed_points(game)",
    ],
)
def test_every_way_to_a_computation_is_seen(text):
    assert set(taken(text)) & set(computing())
