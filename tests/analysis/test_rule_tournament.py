"""The tournament as a command, at a tiny size."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import rule_tournament
import rule_tournament_report
from gametools.dynamics import RULES, parse_rule

ROOT = Path(__file__).parents[2]


def tournament(*words):
    return subprocess.run(
        [sys.executable, str(ROOT / "analysis" / "rule_tournament.py"), *map(str, words)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.slow
def test_a_small_tournament(tmp_path):
    done = tournament(
        "--rules", "GradientDescent,ExtraGradient,Replicator", "--on", "rotational,cournot_duopoly",
        "--starts", 5, "--games", 8, "--steps", 300, "--workers", 1, "--out", tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {
        "catalogue.csv", "classes_2x2.csv", "not_fitting.csv", "summary.md", "manifest.json",
    }  # fmt: skip
    catalogue = pd.read_csv(tmp_path / "catalogue.csv").set_index(["game", "rule"])
    # Extragradient's multiplier is 1 - z + z**2 at z = 0.1 (1 + 10i): |-0.09 - 0.8i|.
    found = catalogue.loc[("rotational", "ExtraGradient")]
    assert (found["outcome"], found["kind"], found["share"]) == ("fixed point", "stable", 1)
    assert found["predicted_rate"] == pytest.approx(abs(-0.09 - 0.8j), abs=1e-5)
    assert found["measured_rate"] == pytest.approx(found["predicted_rate"], rel=1e-3)
    assert found["log_ratio"] == pytest.approx(1, abs=1e-3)
    assert catalogue.loc[("rotational", "GradientDescent"), "outcome"] == "diverged"
    assert catalogue.loc[("cournot_duopoly", "GradientDescent"), "measured_rate"] == pytest.approx(
        0.9, abs=1e-3
    )
    unfit = pd.read_csv(tmp_path / "not_fitting.csv")
    assert set(zip(unfit["rule"], unfit["game"], strict=True)) == {
        ("Replicator", "rotational"),
        ("Replicator", "cournot_duopoly"),
    }
    assert unfit["reason"].str.contains("mixed strategies").all()
    classes = pd.read_csv(tmp_path / "classes_2x2.csv")
    assert (classes.groupby(["class", "rule"])["runs"].sum() == 8).all()
    assert classes["share"].between(classes["share_low"], classes["share_high"]).all()
    compared = classes.dropna(subset=["measured_rate"])
    assert (compared["agree_in_log"] <= compared["compared"]).all()
    assert "## Finding" in (tmp_path / "summary.md").read_text()


def test_rates_are_compared_as_times_to_converge():
    # 1.00053 and 1.00158 agree within 1%, and are a factor of 3 apart in the time to double.
    found = rule_tournament.log_ratio(
        [1.00053, 0.9, 0, 1, 1 + 1e-12, 0.99], [1.00158, 0.81, 0, 1, 1, 1]
    )
    assert found[:5] == pytest.approx([0.33562, 0.5, 1, 1, 1], abs=1e-4)
    assert found[5] == -float("inf")


def test_pairs_off_in_the_logarithm_are_named():
    pairs = pd.DataFrame({"rule": ["A", "B"], "game": "g", "log_ratio": [1.001, 0.336]})
    text = rule_tournament_report.in_log(pairs)
    assert "in 1, the others" in text
    assert "B on g (0.336)" in text
    assert "A on g" not in text


def test_every_rule_has_a_setting():
    assert list(rule_tournament.SETTINGS) == list(RULES)
    for name in rule_tournament.SETTINGS:
        assert name in str(parse_rule(rule_tournament.rule_text(name)))


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["--rules", "GradientDecent"], "GradientDescent"),
        (["--on", "tandm"], "tandem"),
        (["--steps", "3"], "--steps"),
    ],
)
def test_bad_arguments(words, wanted, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["rule_tournament.py", *words, "--out", str(tmp_path)])
    with pytest.raises(SystemExit) as ended:
        sys.exit(rule_tournament.main())
    assert ended.value.code == 2
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    assert wanted in captured.err
    assert not list(tmp_path.iterdir())
