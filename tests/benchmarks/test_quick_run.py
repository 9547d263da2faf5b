"""What a run in a process of its own writes and prints."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict, str, str]:
    out = tmp_path_factory.mktemp("benchmarks")
    only = ["--only", "solve-2x2", "--only", "import"]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.run", "--quick", *only, "--out", str(out)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in out.iterdir()) == ["benchmarks.json", "benchmarks.md"]
    about = json.loads((out / "benchmarks.json").read_text())
    return about, (out / "benchmarks.md").read_text(), done.stdout


def test_says_how_to_measure_it_again(quick: tuple[dict, str, str]) -> None:
    about, _, _ = quick
    assert about["command"].startswith("python -m benchmarks.run --quick --only solve-2x2 --only")
    assert {"gametools", "python", "numpy", "nashpy", "numba"} <= set(about["versions"])
    assert about["seeds"] == 0
    assert about["machine"]["cpu"]
    assert about["machine"]["cores"] >= 1
    assert set(about["machine"]["cores_used_by_others"]) == {"solve-2x2", "import"}
    assert about["seconds"] > 0


def test_measures_what_was_asked_for_and_nothing_else(quick: tuple[dict, str, str]) -> None:
    about, _, _ = quick
    assert list(dict.fromkeys(row["name"] for row in about["rows"])) == ["solve-2x2", "import"]


def test_small_sizes_are_not_judged(quick: tuple[dict, str, str]) -> None:
    about, _, stdout = quick
    verdicts = {row["verdict"] for row in about["rows"] if row["bar"]}
    assert verdicts == {"not judged"}
    assert "bars not judged" in stdout


def test_figures_are_medians_of_several_runs(quick: tuple[dict, str, str]) -> None:
    about, _, _ = quick
    for row in about["rows"]:
        assert 0 <= row["min"] <= row["median"] <= row["max"], row
    by_what = {row["what"]: row for row in about["rows"]}
    started = by_what["whole process: import gametools"]
    assert started["runs"] == 3
    assert started["min"] > 0.01
    assert by_what["loaded by it, of torch, matplotlib, cma"]["median"] == 0


def test_a_batch_is_much_faster_than_the_peer(quick: tuple[dict, str, str]) -> None:
    about, _, _ = quick
    ratio = next(row for row in about["rows"] if row["what"].startswith("nashpy / ours per game"))
    assert ratio["median"] > 20


def test_table_is_printed_and_kept(quick: tuple[dict, str, str]) -> None:
    about, markdown, stdout = quick
    assert stdout.strip() in markdown
    assert stdout.count("\n| ") == len(about["rows"]) + 1  # and the line below the header
