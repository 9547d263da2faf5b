"""The command as a user meets it: tables, JSON, files, and errors of one line."""

import json
import os
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

import gametools as gt
from gametools.cli import main
from gametools.dynamics import RULES

IGA = ["--rule", "IGA:step=0.02"]
CYCLIC = ["convergence", "cyclic", "--size", "60", *IGA]


def test_version(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"gametools {gt.storage.version()}\n"


def test_list_rules_names_them_all_with_their_parameters(capsys):
    assert main(["list", "rules"]) == 0
    text = capsys.readouterr().out
    assert all(name in text for name in RULES)
    assert main(["list", "rules", "--json"]) == 0
    wolf = next(r for r in json.loads(capsys.readouterr().out) if r["name"] == "WoLF")
    assert wolf["parameters"] == "step_win, step_lose"


def test_list_games_json(capsys):
    assert main(["list", "games", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    named = [*gt.games.NAMED_GAMES, *gt.games.NAMED_DIFFERENTIABLE_GAMES]
    assert [row["name"] for row in rows] == [*gt.games.ENSEMBLES_2X2, *named]
    tandem = next(row for row in rows if row["name"] == "tandem")
    assert (tandem["actions"], tandem["payoffs"]) == ("1+1", "losses")
    shapley = next(row for row in rows if row["name"] == "shapley_1964")
    assert (shapley["actions"], shapley["payoffs"]) == ("3x3", "given")
    assert "Some topics in two-person games" in shapley["source"]


def test_list_games_is_a_table_that_fits_a_screen(capsys):
    assert main(["list", "games"]) == 0
    lines = capsys.readouterr().out.splitlines()
    named = len(gt.games.NAMED_GAMES) + len(gt.games.NAMED_DIFFERENTIABLE_GAMES)
    assert len(lines) == 1 + len(gt.games.ENSEMBLES_2X2) + named
    assert lines[0].split() == ["name", "actions", "payoffs", "what"]
    assert max(map(len, lines)) <= 160


def test_the_command_equals_the_function(capsys):
    words = ["convergence", "cyclic", "--payoffs", "released", "--seeds", "5:65", *IGA]
    assert main([*words, "--start", "0.9,0.2", "--stay", "50", "--json"]) == 0
    row = json.loads(capsys.readouterr().out)["table"][0]
    games = gt.random_2x2("cyclic", payoffs="released", seeds=range(5, 65))
    frame = gt.convergence_study(
        games, gt.dynamics.GradientDescent(0.02), gt.Criterion(stay=50), start=[0.9, 0.2]
    )
    for column in ("games", "converged", "rate", "rate_low", "mean_steps", "median_steps"):
        assert row[column] == pytest.approx(frame.loc[0, column])


def test_a_readable_table_with_differences(capsys):
    words = [*CYCLIC, "--rule", "LookAhead:step=0.02", "--baseline", "IGA:step=0.02"]
    assert main(words) == 0
    text = capsys.readouterr().out
    assert "converged %" in text
    assert "Differences, paired by game [95%]" in text


def test_evaluations_as_the_budget(capsys):
    words = [*CYCLIC, "--rule", "ExtraGradient:step=0.02", "--evaluations", "300", "--json"]
    assert main(words) == 0
    rows = json.loads(capsys.readouterr().out)["table"]
    assert [row["budget_steps"] for row in rows] == [300, 150]


def test_a_game_file_from_many_starts(tmp_path, capsys):
    pennies = gt.NormalFormGame.from_bimatrix([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])
    path = tmp_path / "pennies.json"
    gt.write_game(pennies, path)
    words = ["convergence", str(path), "--starts", "40", "--measure", "nash-gap", "--json", *IGA]
    assert main(words) == 0
    assert json.loads(capsys.readouterr().out)["table"][0]["games"] == 40


def test_out_holds_tables_picture_and_manifest_and_nothing_else(tmp_path, capsys):
    out = tmp_path / "mine"
    words = [*CYCLIC, "--rule", "WoLF:step_win=0.01,step_lose=0.02", "--baseline", "IGA:step=0.02"]
    assert main([*words, "--out", str(out)]) == 0
    assert sorted(path.name for path in out.iterdir()) == [
        "curves.csv", "curves.png", "manifest.json", "pairs.csv", "table.csv",
    ]  # fmt: skip
    table, curves = pd.read_csv(out / "table.csv"), pd.read_csv(out / "curves.csv")
    last = curves.groupby("rule", sort=False)["share"].last()
    assert last.tolist() == pytest.approx(table["rate"].tolist())


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["convergence", "cyclc", *IGA], ["GAMES", "'cyclc'", "cyclic"]),
        (["convergence", "cyclic", "--rule", "IGAA:step=1"], ["rule", "'IGAA'", "'IGA'"]),
        (["convergence", "cyclic", "--rule", "IGA"], ["lacks `step`", "IGA:step=0.02"]),
        (["convergence", "cyclic", "--rule", "IGA:step=-1"], ["`step`", "positive", "-1"]),
        (["convergence", "cyclic", "--rule", "IGA:step=nan"], ["`step`", "finite", "nan"]),
        (["convergence", "cyclic", "--rule", "IGA:stp=1"], ["'stp'", "'step'"]),
        ([*CYCLIC, "--start", "0.9"], ["start", "(*batch, 2)"]),
        ([*CYCLIC, "--start", "0.9,1.5"], ["start", "1.5"]),
        ([*CYCLIC, "--start", "a,b"], ["--start", "'a,b'", "0.9,0.2"]),
        ([*CYCLIC, "--tolerance", "0"], ["`tolerance`", "positive"]),
        ([*CYCLIC, "--stay", "2000"], ["`stay`", "1000", "2000"]),
        ([*CYCLIC, "--seeds", "0:5"], ["--seeds", "released"]),
        ([*CYCLIC, "--baseline", "MATRL"], ["--baseline", "'MATRL'"]),
        ([*CYCLIC, "--out", "/proc/nowhere"], ["--out", "/proc/nowhere", "another folder"]),
        (["convergence", "dominance-solvable", "--payoffs", "released", "--seeds", "0:5", *IGA],
         ["game_class", "dominance-solvable"]),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else None,
)  # fmt: skip
def test_bad_input_is_one_line_and_exit_code_2(words, wanted, capsys):
    assert main(words) == 2
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    assert captured.out == ""
    assert all(piece in captured.err for piece in wanted), captured.err


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ([], "COMMAND"),
        (["convergence", "cyclic"], "--rule"),
        ([*CYCLIC, "--size", "0"], "'0'"),
        ([*CYCLIC, "--seeds", "9:3"], "'9:3'"),
        ([*CYCLIC, "--measure", "miles"], "'miles'"),
        (["lst"], "'lst'"),
    ],
)
def test_words_that_do_not_parse_are_one_line_and_exit_code_2(words, wanted, capsys):
    with pytest.raises(SystemExit) as stop:
        main(words)
    captured = capsys.readouterr()
    assert stop.value.code == 2
    assert captured.err.count("\n") == 1
    assert wanted in captured.err


def test_a_file_that_holds_no_game(tmp_path, capsys):
    path = tmp_path / "broken.json"
    path.write_text('{"players": 2,\n "payoffs": [1, }')
    assert main(["convergence", str(path), *IGA]) == 2
    assert "line 2, column" in capsys.readouterr().err


def _cells_of(folder):
    return {path.name for path in (folder / ".partial").glob("*.npz")}


INTERRUPTIONS = [
    signal.SIGINT,
    *(pytest.param(own, marks=pytest.mark.slow) for own in (signal.SIGTERM, signal.SIGKILL)),
]


@pytest.mark.slow
@pytest.mark.parametrize("signal_number", INTERRUPTIONS)
def test_an_interrupted_study_resumes_and_gives_the_same_table(tmp_path, signal_number):
    # Twelve parts: much is left to do when the first is done, however slow the machine.
    rules = [word for k in range(10, 22) for word in ("--rule", f"MATRL:step=0.0{k}")]
    words = ["convergence", "cyclic", "--size", "1000", "--stay", "5", "--steps", "250", *rules]
    command = [sys.executable, "-m", "gametools.cli", *words]
    cut, whole = tmp_path / "cut", tmp_path / "whole"
    process = subprocess.Popen(
        [*command, "--out", str(cut)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Shells let their background jobs ignore Ctrl-C, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 60
    while not _cells_of(cut) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(process.pid, signal_number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == (-9 if signal_number == signal.SIGKILL else 2)
    assert out == ""
    if signal_number != signal.SIGKILL:
        assert err.count("\n") == 1
        assert "resume" in err
    assert {path.name for path in cut.iterdir()} == {".partial"}
    assert _cells_of(cut)

    for folder in (cut, whole):
        subprocess.run([*command, "--out", str(folder)], check=True, capture_output=True)
    assert (cut / "table.csv").read_bytes() == (whole / "table.csv").read_bytes()
    assert not (cut / ".partial").exists()
