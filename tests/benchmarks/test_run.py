"""The benchmarks run, and say what they measured."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WITHOUT_NUMBA = """
import sys
sys.modules["numba"] = None
from benchmarks.run import main
sys.exit(main())
"""
ONE_FAILS = """
import dataclasses, sys
from benchmarks import run
def fail(quick):
    raise RuntimeError("broken on purpose")
run.ENTRIES["scaling"] = dataclasses.replace(run.ENTRIES["scaling"], measure=fail)
sys.exit(run.main())
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict, str, str]:
    out = tmp_path_factory.mktemp("benchmarks")
    only = ["--only", "solve-2x2", "--only", "import"]
    done = run("-m", "benchmarks.run", "--quick", *only, "--out", str(out))
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


def test_without_numba_the_loop_is_a_line_that_names_the_extra(tmp_path: Path) -> None:
    done = run("-c", WITHOUT_NUMBA, "--quick", "--only", "fused-loop", "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    (row,) = json.loads((tmp_path / "benchmarks.json").read_text())["rows"]
    assert row["note"] == "numba is not installed: pip install gametools[bench]"
    assert row["median"] is None


@pytest.mark.slow
def test_a_picture_takes_a_process_and_little_of_our_own(tmp_path: Path) -> None:
    done = run("-m", "benchmarks.run", "--quick", "--only", "plot", "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    process, own = json.loads((tmp_path / "benchmarks.json").read_text())["rows"]
    assert process["what"].startswith("fresh process: gametools plot matching_pennies --arrows")
    assert process["bar"] == {"direction": "at most", "limit": 3}
    assert own["bar"] == {"direction": "at most", "limit": 50}
    assert (process["unit"], own["unit"]) == ("s", "ms")
    assert 1 < own["median"] < 1e3 * process["median"]


OWN = """
import cProfile, sys, time
from pathlib import Path
from benchmarks.startup import ROOT, own_seconds

def placed(text, *folders, **known):
    names = {"time": time} | known
    exec(compile(text, ROOT.joinpath(*folders, "slow.py"), "exec"), names)
    return names["slow"]

busy = "def slow(seconds):\\n end = time.perf_counter() + seconds\\n"
busy += " while time.perf_counter() < end:\\n  pass"
elsewhere, ours = placed(busy, "gametools_too"), placed(busy, "gametools", "plotting")
calls = "def slow():\\n time.sleep(0.5)\\n elsewhere(0.5)\\n ours(0.2)"
profile = cProfile.Profile()
profile.runcall(placed(calls, "gametools", elsewhere=elsewhere, ours=ours))
profile.dump_stats(sys.argv[1])
print(own_seconds(Path(sys.argv[1])))
"""


def test_own_time_leaves_out_what_the_package_calls(tmp_path: Path) -> None:
    done = run("-c", OWN, str(tmp_path / "profile"))
    assert 0.05 < float(done.stdout) < 0.25, done.stderr


def test_unknown_name_takes_one_line() -> None:
    done = run("-m", "benchmarks.run", "--only", "solve")
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "solve" in done.stderr


def test_verdicts_compare_the_median_with_the_bar(tmp_path: Path) -> None:
    done = run("-m", "benchmarks.run", "--only", "import", "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    started, loaded = json.loads((tmp_path / "benchmarks.json").read_text())["rows"]
    assert started["runs"] == 7
    assert started["bar"] == {"direction": "at most", "limit": 0.5}
    assert started["verdict"] == ("met" if started["median"] <= 0.5 else "missed")
    assert loaded["verdict"] == "met"


def test_bars_hold_in_the_direction_they_name() -> None:
    code = """
from benchmarks.measure import Spread
from benchmarks.report import Bar, Row
spread = Spread.of([1.0, 9.0, 3.0])
for direction in ("at most", "at least"):
    for limit in (2.0, 3.0, 4.0):
        print(Row("", spread, bar=Bar(limit, direction)).verdict(judged=True))
"""
    done = run("-c", code)
    assert done.stdout.split() == ["missed", "met", "met", "met", "met", "missed"], done.stderr


def test_an_entry_that_fails_does_not_lose_the_others(tmp_path: Path) -> None:
    done = run("-c", ONE_FAILS, "--quick", "--only", "scaling", "import", "--out", str(tmp_path))
    assert done.returncode == 2
    assert done.stderr.strip().splitlines()[-1] == "benchmarks: scaling failed; see above."
    rows = json.loads((tmp_path / "benchmarks.json").read_text())["rows"]
    assert [row["name"] for row in rows] == ["scaling", "import", "import"]
    assert rows[0]["verdict"] == "failed"
    assert rows[0]["note"] == "RuntimeError: broken on purpose"


def test_an_interruption_keeps_what_was_measured(tmp_path: Path) -> None:
    interrupted = ONE_FAILS.replace('RuntimeError("broken on purpose")', "KeyboardInterrupt")
    done = run("-c", interrupted, "--quick", "--only", "import", "scaling", "--out", str(tmp_path))
    assert done.returncode == 2
    last = done.stderr.strip().splitlines()[-1]
    assert last == f"benchmarks: interrupted; what had been measured is in {tmp_path}."
    rows = json.loads((tmp_path / "benchmarks.json").read_text())["rows"]
    assert [row["name"] for row in rows] == ["import", "import"]
    assert "whole process: import gametools" in (tmp_path / "benchmarks.md").read_text()


def test_peak_memory_is_that_of_the_process_alone() -> None:
    code = """
import numpy as np
from benchmarks.measure import process
own = np.ones(50_000_000)     # 400 MB here must not count as the other process's
print(process(["-c", "import numpy as np; np.ones(25_000_000)"]).peak_bytes)
"""
    done = run("-c", code)
    assert 200e6 < int(done.stdout) < 300e6, done.stderr
