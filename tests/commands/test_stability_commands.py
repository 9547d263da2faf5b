"""`gametools classify`, `simulate` and `basins` as a user meets them."""

import json

import numpy as np
import pytest

import gametools as gt
from gametools.cli import main

MODULE = """
import gametools as gt
def spiral():
    return gt.QuadraticGame([[1, 10], [-10, 1]])
def number():
    return 3
"""


def record(capsys, *words):
    assert main([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def in_a_folder(tmp_path, monkeypatch):
    (tmp_path / "own_games.py").write_text(MODULE)
    gt.write_game(gt.named_game("chicken"), tmp_path / "chicken.nfg")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_classify_says_what_the_function_says(capsys):
    words = ["classify", "matching_pennies", "--at", "1/2,0.5", "--rule", "LookAhead:step=0.1"]
    found = record(capsys, *words)["points"][0]
    wanted = gt.classify(gt.named_game("matching_pennies"), [0.5, 0.5], gt.dynamics.LookAhead(0.1))
    assert found["kind"] == "centre"
    assert found["flags"]["is_stable"] is True
    assert found["update"]["spectral_radius"] == wanted.spectral_radius
    assert found["update"]["largest_safe_step"] == pytest.approx(0.25)
    assert main(words) == 0
    text = capsys.readouterr().out
    assert text.startswith("(0.5, 0.5): centre\n")
    assert "is local nash" in text
    assert "LookAhead(step=0.1" in text


def test_classify_searches_without_a_point(capsys):
    found = record(capsys, "classify", "battle_of_the_sexes")
    kinds = [point["kind"] for point in found["points"]]
    assert sorted(kinds) == ["stable", "stable", "strict saddle"]
    assert sum(point["share_of_starts"] for point in found["points"]) == pytest.approx(1)


def test_classify_warns_at_a_boundary_of_stability(tmp_path, capsys):
    game = gt.NormalFormGame.from_bimatrix([[1, 0], [0, 1]], [[-1, 0], [0, -1]])
    gt.write_game(game, tmp_path / "cyclic.json")
    rule = "LookAhead:step=0.02,trial_step=0.01"
    assert main(["classify", str(tmp_path / "cyclic.json"), "--at", "0.5,0.5", "--rule", rule]) == 0
    text = capsys.readouterr().out
    assert "1.00000032" in text
    assert "a change of a parameter by 1% decides" in text


def test_a_function_of_a_module_and_a_file(in_a_folder, capsys):
    found = record(capsys, "classify", "own_games:spiral", "--at", "0,0")
    assert found["points"][0]["kind"] == "stable"
    found = record(capsys, "classify", "chicken.nfg", "--at", "0,1")
    assert found["points"][0]["eigenvalues"] == []


def test_simulate_says_what_the_function_says(in_a_folder, capsys):
    words = ["simulate", "own_games:spiral", "--rule", "LookAhead:step=0.02", "--start", "0.5,0.5"]
    found = record(capsys, *words, "--steps", "100", "--record", "50")
    assert found["times"] == [0, 50, 100]
    np.testing.assert_allclose(np.linalg.norm(found["points"][-1]), 0.0122, atol=5e-5)
    assert main([*words, "--steps", "100"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["step", "x0", "x1", "gradient"]
    assert len(lines) == 1 + 21 + 2


def test_simulate_says_where_it_diverged(in_a_folder, capsys):
    words = ["simulate", "own_games:spiral", "--rule", "IGA:step=100", "--start", "1,1"]
    found = record(capsys, *words)
    assert found["diverged_at"] > 0
    assert found["points"][-1] == [None, None]
    assert main(words) == 0
    assert "take smaller steps" in capsys.readouterr().out


def test_basins_of_a_grid_and_of_a_sample(capsys):
    words = ["basins", "battle_of_the_sexes", "--rule", "IGA:step=0.05"]
    found = record(capsys, *words, "--grid", "20,20")
    assert found["grid"] == [20, 20]
    assert sum(row["share"] for row in found["outcomes"]) == pytest.approx(1)
    assert main([*words, "--samples", "100"]) == 0
    text = capsys.readouterr().out
    assert "100 starts (random sample), at most 1000 steps." in text
    assert "(1, 1)" in text


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["classify", "chiken", "--at", "0,0"], ["`GAME`", "Did you mean 'chicken'?"]),
        (["classify", "chicken", "--at", "0,2"], ["`point`", "Box", "[0.0, 2.0]"]),
        (["classify", "chicken", "--at", "a,b"], ["`--at`", "'a,b'", "1/3"]),
        (["classify", "chicken", "--at", "1/0,0"], ["`--at`"]),
        (["classify", "chicken", "--rule", "IGAA:step=1"], ["'IGAA'", "'IGA'"]),
        (["classify", "chicken", "--starts", "0"], ["`starts`", "at least 1"]),
        (["classify", "no_such_module:f", "--at", "0"], ["names no module", "no_such_module"]),
        (["classify", "own_games:f", "--at", "0"], ["no function 'f'"]),
        (["classify", "own_games:number", "--at", "0"], ["must return a game", "int"]),
        (["simulate", "chicken", "--rule", "IGA:step=0.1", "--start", "0.5"], ["`start`", "2"]),
        (["simulate", "chicken", "--rule", "IGA", "--start", "0,0"], ["lacks `step`"]),
        (["basins", "chicken", "--rule", "IGA:step=0.1", "--grid", "2.5,3"], ["`--grid`", "whole"]),
        (["basins", "chicken", "--rule", "IGA:step=0.1", "--grid", "3"], ["`grid`", "2 numbers"]),
        (["basins", "rock_paper_scissors", "--rule", "IGA:step=0.1"], ["`samples`"]),
        (["basins", "chicken", "--rule", "IGA:step=0.1", "--tolerance", "0"], ["`tolerance`"]),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, list) else None,
)
def test_bad_input_is_one_line_and_exit_code_2(in_a_folder, words, wanted, capsys):
    assert main(words) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert all(piece in captured.err for piece in wanted), captured.err


@pytest.mark.parametrize("command", ["classify", "simulate", "basins"])
def test_help_has_examples(command, capsys):
    with pytest.raises(SystemExit) as stop:
        main([command, "--help"])
    assert stop.value.code == 0
    assert f"gametools {command} " in capsys.readouterr().out
