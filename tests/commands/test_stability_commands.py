"""`gametools classify`, `simulate` and `basins` as a user meets them."""

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest

import gametools as gt
from gametools.cli import main
from gametools.dynamics import GradientDescent

MODULE = """
import gametools as gt
def spiral():
    return gt.QuadraticGame([[1, 10], [-10, 1]])
def number():
    return 3
def from_a_helper():
    import own_payoffs
    return gt.NormalFormGame.from_bimatrix(own_payoffs.ROW, own_payoffs.ROW)
def with_a_missing_helper():
    import no_such_helper
def broken():
    import numpy as np
    game = gt.QuadraticGame([[1, 10], [-10, 1]])
    class Broken(type(game)):
        def gradient(self, x, others=None):
            return np.where(np.abs(x) > 2, np.nan, super().gradient(x, others))
        def jacobian(self, x):
            return super().jacobian(x) * np.nan
    return Broken(game.matrix)
"""


def record(capsys, *words):
    assert main([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def in_a_folder(tmp_path, monkeypatch):
    (tmp_path / "own_games.py").write_text(MODULE)
    (tmp_path / "own_payoffs.py").write_text("ROW = [[2, 0], [0, 1]]")
    gt.write_game(gt.named_game("chicken"), tmp_path / "chicken.nfg")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_page_on_own_games_runs_as_it_is_written(tmp_path, monkeypatch, capsys):
    page = Path(__file__).parents[2] / "docs" / "bring-your-own-game.md"
    section = page.read_text().partition("## From the shell")[2]
    blocks = re.findall(r"```(python|sh)\n(.*?)```", section, re.DOTALL)
    (tmp_path / "my_games.py").write_text(
        "".join(text for what, text in blocks if what == "python")
    )
    monkeypatch.chdir(tmp_path)
    lines = "".join(text for what, text in blocks if what == "sh").splitlines()
    said = []
    for line in lines:
        assert main(line.split()[1:]) == 0
        said.append(capsys.readouterr().out)
    assert [line.split()[1] for line in lines] == ["classify", "simulate", "basins", "simulate"]
    wanted = ["largest safe step     0.43981", "all steps taken", "100.0%", "between updates"]
    assert all(piece in text for piece, text in zip(wanted, said, strict=True))


def test_classify_says_what_the_function_says(capsys):
    words = ["classify", "matching_pennies", "--at", "1/2,0.5", "--rule", "LookAhead:step=0.1"]
    found = record(capsys, *words)["points"][0]
    wanted = gt.classify(gt.named_game("matching_pennies"), [0.5, 0.5], gt.dynamics.LookAhead(0.1))
    assert found["kind"] == "centre"
    assert found["flags"]["is_stable"] is True
    assert found["update"]["spectral_radius"] == wanted.spectral_radius
    assert found["update"]["largest_safe_step"] == pytest.approx(0.25)
    assert found["update"]["safe_step_status"] == "derived"
    assert found["update"]["rate_error"] == 0
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
    assert "at a boundary in      step, trial_step\n" in text
    assert "a change of a parameter by 1% decides" in text


def test_a_measured_rate_has_an_error_and_an_unknown_safe_step_is_null(capsys):
    words = ["classify", "matching_pennies", "--at", "1/2,1/2", "--rule", "GIGAWoLF:step=0.1"]
    update = record(capsys, *words)["points"][0]["update"]
    assert (update["largest_safe_step"], update["safe_step_status"]) == (None, "unknown")
    assert update["spectral_radius"] is None
    assert 0 < update["rate_error"] < 0.01
    assert main(words) == 0
    rows = dict(
        line.split("  ", 1) for line in capsys.readouterr().out.splitlines() if "  " in line
    )
    assert rows["largest safe step"].strip() == "unknown"
    assert rows["measured rate"].strip().startswith(f"{update['rate']:.9g} +- ")
    assert "at a boundary in" not in rows


def test_a_safe_step_is_measured_where_asked_for(capsys):
    words = ["classify", "matching_pennies", "--at", "1/2,1/2", "--measure-safe-step"]
    update = record(capsys, *words, "--rule", "GIGAWoLF:step=0.1")["points"][0]["update"]
    assert update["safe_step_status"] == "measured"
    below, above = (
        gt.classify(
            gt.named_game("matching_pennies"),
            [0.5, 0.5],
            gt.dynamics.GIGAWoLF(update["largest_safe_step"] * factor),
        ).update.is_attracting
        for factor in (0.98, 1.02)
    )
    assert (below, above) == (True, False)
    assert main(words) == 2
    assert "`--measure-safe-step` needs `--rule` and `--at`" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("rule", "status"), [("CompetitiveGradient", "any tried"), ("GradientDescent", "none")]
)
def test_a_safe_step_that_is_no_number_is_null(rule, status, capsys):
    words = ["classify", "matching_pennies", "--at", "1/2,1/2", "--rule", f"{rule}:step=0.1"]
    update = record(capsys, *words)["points"][0]["update"]
    assert (update["largest_safe_step"], update["safe_step_status"]) == (None, status)


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


def test_a_function_may_import_what_lies_beside_its_module(in_a_folder, capsys):
    path = list(sys.path)
    found = record(capsys, "classify", "own_games:from_a_helper", "--at", "1,1")
    assert found["points"][0]["kind"] == "stable"
    with pytest.raises(ModuleNotFoundError, match="no_such_helper"):  # the user's own mistake
        main(["classify", "own_games:with_a_missing_helper", "--at", "1,1"])
    assert sys.path == path


def test_simulate_says_where_it_diverged(in_a_folder, capsys):
    words = ["simulate", "own_games:spiral", "--rule", "IGA:step=0.1", "--start", "-1,.5"]
    found = record(capsys, *words)
    path = gt.simulate(gt.QuadraticGame([[1, 10], [-10, 1]]), GradientDescent(0.1), [-1, 0.5])
    at = int(path.diverged_at)
    assert (found["diverged_after"], found["diverged_at"]) == (at - 1, at)
    assert found["status"] == "diverged; take smaller steps"
    assert main(words) == 0
    text = capsys.readouterr().out
    assert f"diverged; take smaller steps (between updates {at - 1} and {at}, from (" in text
    found = record(capsys, *words[:2], "--rule", "IGA:step=100", *words[4:])
    assert found["points"][-1] == [None, None]


def test_a_game_that_is_nan_is_named(in_a_folder, capsys):
    words = ["own_games:broken", "--rule", "IGA:step=0.1"]
    assert main(["simulate", *words, "--start", "1,1"]) == 0
    text = capsys.readouterr().out
    # (1, 1), (-0.1, 1.9), (-1.99, 1.61), (-3.401, -0.541): there it is NaN.
    assert "the game returned NaN or infinity" in text
    assert "between updates 3 and 4, at (-3.401, -0.541)" in text
    assert main(["classify", "own_games:broken"]) == 2
    assert "`game` must have finite losses and derivatives; got NaN" in capsys.readouterr().err


def test_points_may_begin_with_a_minus(in_a_folder, capsys):
    found = record(capsys, "classify", "own_games:spiral", "--at", "-0.0,-0")
    assert found["points"][0]["kind"] == "stable"
    words = ["--rule", "IGA:step=0.01", "--steps", "1"]
    for start in ("-1,0", "-1/1,0", "-1.0, 0"):
        found = record(capsys, "simulate", "own_games:spiral", *words, "--start", start)
        np.testing.assert_allclose(found["points"], [[-1, 0], [-0.99, -0.1]])
    words = ["basins", "own_games:spiral", "--rule", "IGA:step=0.01", "--window", "-2,-1"]
    assert record(capsys, *words, "--samples", "5")["starts"] == 5


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
        (["classify", "own_games:f", "--at", "0"], ["own_games has no 'f'"]),
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
