"""The reproduction as a command."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import matrl_report
import matrl_table1

ROOT = Path(__file__).parents[2]
REFERENCE = json.loads((ROOT / "tests" / "data" / "table1_released.json").read_text())


def table1(*words):
    return subprocess.run(
        [sys.executable, str(ROOT / "analysis" / "matrl_table1.py"), *map(str, words)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_released_json_agrees_with_the_record(tmp_path):
    path = tmp_path / "steps.json"
    done = table1("--protocol", "released", "--seeds", "20:60", "--json", path, "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    records = json.loads(path.read_text())
    assert {record["rule"] for record in records} == {"IGA", "IGA-PP", "MATRL", "WoLF"}
    assert len(records) == 3 * 4 * 40
    for record in records:
        if record["rule"] != "WoLF":
            assert record["steps"] == REFERENCE[record["class"]][record["seed"]][record["rule"]]


@pytest.mark.slow
def test_quick_writes_everything_once(tmp_path):
    done = table1("--games", "20", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "What survives" in done.stdout
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {
        "released.csv", "released_pairs.csv", "published_vs_released.csv", "matched.csv",
        "matched_pairs.csv", "near_boundary.csv", "curves.csv", "summary.md", "survival.png",
        "manifest.json",
    }  # fmt: skip
    matched = pd.read_csv(tmp_path / "matched.csv")
    keys = ["class", "payoffs", "start", "rule", "step_size", "budget", "stay"]
    assert len(matched) == 3 * 3 * 2 * 6 * 2 * 2 * 2
    assert not matched.duplicated(keys).any()
    two = matched[matched["rule"] == "MATRL"]
    assert set(two["budget_steps"]) == {1000, 500}


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["--seeds", "5"], "A:B"),
        (["--games", "0"], "'0'"),
        (["--protocol", "realeased"], "'realeased'"),
        (["--out", "/proc/nowhere"], "`--out`"),
        (["--protocol", "matched", "--json", "x.json"], "`--json`"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(words, wanted, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["matrl_table1.py", *words])
    with pytest.raises(SystemExit) as ended:
        sys.exit(matrl_table1.main())
    assert ended.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert wanted in captured.err


def test_z_scores_by_hand():
    frame = pd.DataFrame(
        {"ensemble": ["cyclic"], "rule": ["MATRL"], "games": [1000], "rate": [0.8],
         "rate_low": [0.7], "rate_high": [0.9], "mean_steps": [350.0], "sd_steps": [200.0]}
    )  # fmt: skip
    row = matrl_report.beside_published(frame).iloc[0]
    pooled = (0.8 + 0.846) / 2
    assert row.rate_z == pytest.approx((0.8 - 0.846) / (pooled * (1 - pooled) * 2 / 1000) ** 0.5)
    assert row.steps_z == pytest.approx((350 - 369.4) / (200**2 / 800 + 200**2 / 846) ** 0.5)
