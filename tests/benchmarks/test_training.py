"""Where a training run's time goes: parts that add up, and nothing left behind."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

NESTED = """
import itertools, json, time
from benchmarks.training import Stopwatch
clock = itertools.count()
time.perf_counter = lambda: float(next(clock))      # every look takes a second
watch = Stopwatch()
inner = watch.watched(lambda *_: "inner", lambda fails: 1 / (not fails))
def body(often):
    for _ in range(often):
        inner(False)
    try:
        inner(True)
    except ZeroDivisionError:
        time.perf_counter()
outer = watch.watched(lambda often: f"outer {often}", body)
outer(2)
outer(0)
print(json.dumps(watch.seconds))
"""

PARTS = """
import json
import benchmarks.training as own
from gametools.agents import matrl, trainer
from gametools.agents.collector import Collector
before = [matrl.ppo_step, trainer.play_episodes, Collector.collect, trainer._Session.save]
rows = own._parts(2000, 1)
after = [matrl.ppo_step, trainer.play_episodes, Collector.collect, trainer._Session.save]
assert before == after
print(json.dumps({row.what.partition(": ")[2]: row.spread.median for row in rows}))
"""


def said(code: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, float] = json.loads(done.stdout)
    return found


def test_time_within_a_part_counts_for_the_inner_one_only() -> None:
    # An inner call is 1 s long; around each the outer one has 1 s up to the next look.
    assert said(NESTED) == {"inner": 4.0, "outer 2": 5.0, "outer 0": 3.0}


@pytest.mark.slow
def test_parts_of_a_run_are_all_there_and_add_up() -> None:
    pytest.importorskip("torch")
    shares = said(PARTS)
    assert set(shares) == {
        "collecting: acting and storing", "environments' steps", "advantages", "trial",
        "meta-game", "response", "diagnostics", "evaluation", "saving", "all else",
    }  # fmt: skip
    assert sum(shares.values()) == pytest.approx(100)
    assert min(shares.values()) > 0
    assert list(shares.values()) == sorted(shares.values(), reverse=True)
