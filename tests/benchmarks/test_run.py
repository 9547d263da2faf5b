"""The benchmarks run, and say what they measured."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks import run as command
from benchmarks import startup
from benchmarks.measure import Spread
from benchmarks.report import Bar, Row

ROOT = Path(__file__).resolve().parents[2]


def here(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run the command in this process."""
    monkeypatch.setattr(sys, "argv", ["benchmarks", *arguments])
    return command.main()


def replace_measure(
    monkeypatch: pytest.MonkeyPatch, name: str, measure: Callable[[bool], list[Row]]
) -> None:
    entry = dataclasses.replace(command.ENTRIES[name], measure=measure)
    monkeypatch.setitem(command.ENTRIES, name, entry)


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The import takes seconds that are made up."""
    several = Spread.of([0.1, 9.0, 0.2])
    rows = [Row("held", several, "s", Bar(0.2)), Row("not held", several, "s", Bar(0.1))]
    replace_measure(monkeypatch, "import", lambda quick: rows)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_without_numba_the_loop_is_a_line_that_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.delitem(sys.modules, "benchmarks.fused_loop", raising=False)
    assert here(monkeypatch, "--quick", "--only", "fused-loop", "--out", str(tmp_path)) == 0
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


def test_unknown_name_takes_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        here(monkeypatch, "--only", "solve")
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert len(error.strip().splitlines()) == 1
    assert "solve" in error


def test_full_size_starts_more_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    took = iter([99.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7])  # the first compiles
    monkeypatch.setattr(startup, "process", lambda _: SimpleNamespace(seconds=next(took)))
    monkeypatch.setattr(startup, "modules_loaded", lambda: {"sys", "torch"})
    started, loaded = startup.import_time(quick=False)
    assert started.spread == Spread.of([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7])
    assert started.bar == Bar(0.5)
    assert (loaded.spread.median, loaded.note) == (1, "torch")
    assert loaded.verdict(judged=True) == "missed"


def test_bars_hold_in_the_direction_they_name() -> None:
    spread = Spread.of([1.0, 9.0, 3.0])
    verdicts = [
        Row("", spread, bar=Bar(limit, direction)).verdict(judged=True)
        for direction in ("at most", "at least")
        for limit in (2.0, 3.0, 4.0)
    ]
    assert verdicts == ["missed", "met", "met", "met", "met", "missed"]


@pytest.mark.usefixtures("made_up")
def test_an_entry_that_fails_does_not_lose_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(quick: bool) -> list[Row]:
        raise RuntimeError("broken on purpose")

    replace_measure(monkeypatch, "scaling", fail)
    assert here(monkeypatch, "--only", "scaling", "import", "--out", str(tmp_path)) == 2
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last == "benchmarks: scaling failed; see above."
    rows = json.loads((tmp_path / "benchmarks.json").read_text())["rows"]
    assert [row["name"] for row in rows] == ["scaling", "import", "import"]
    assert rows[0]["note"] == "RuntimeError: broken on purpose"
    assert [row["verdict"] for row in rows] == ["failed", "met", "missed"]
    assert rows[1]["bar"] == {"direction": "at most", "limit": 0.2}
    assert (rows[1]["runs"], rows[1]["median"]) == (3, 0.2)


@pytest.mark.usefixtures("made_up")
def test_an_interruption_keeps_what_was_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(quick: bool) -> list[Row]:
        raise KeyboardInterrupt

    replace_measure(monkeypatch, "scaling", interrupt)
    out = ["--out", str(tmp_path)]
    assert here(monkeypatch, "--quick", "--only", "import", "scaling", *out) == 2
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last == f"benchmarks: interrupted; what had been measured is in {tmp_path}."
    rows = json.loads((tmp_path / "benchmarks.json").read_text())["rows"]
    assert [row["name"] for row in rows] == ["import", "import"]
    assert "| held" in (tmp_path / "benchmarks.md").read_text()


def test_peak_memory_is_that_of_the_process_alone() -> None:
    code = """
import numpy as np
from benchmarks.measure import process
own = np.ones(50_000_000)     # 400 MB here must not count as the other process's
print(process(["-c", "import numpy as np; np.ones(25_000_000)"]).peak_bytes)
"""
    done = run("-c", code)
    assert 200e6 < int(done.stdout) < 300e6, done.stderr
