"""`gametools solve` as a user meets it."""

import json

import numpy as np
import pytest

import gametools as gt
from gametools.cli import main


def record(capsys, *words):
    assert main(["solve", *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_named_game_as_a_table(capsys):
    assert main(["solve", "battle_of_the_sexes", "--exact"]) == 0
    text = capsys.readouterr().out
    assert "(2/3, 1/3)" in text
    assert "3 equilibria by auto: vertex (exact)" in text
    assert "all equilibria found" in text


def test_json_says_what_the_function_says(capsys):
    found = record(capsys, "chicken")
    result = gt.solve(gt.named_game("chicken"))
    assert found["complete"] is True
    assert [e["strategies"] for e in found["equilibria"]] == [
        [s.tolist() for s in profile] for profile in result.equilibria
    ]
    assert [e["exact"] for e in found["equilibria"]] == [None] * len(result.equilibria)


@pytest.mark.parametrize("suffix", [".nfg", ".gam", ".json", ".npz"])
def test_every_kind_of_file(tmp_path, capsys, suffix):
    game = gt.named_game("shapley_1964")
    gt.write_game(game, tmp_path / f"game{suffix}")
    found = record(capsys, str(tmp_path / f"game{suffix}"))
    assert len(found["equilibria"]) == 1
    np.testing.assert_allclose(found["equilibria"][0]["strategies"], np.full((2, 3), 1 / 3))


def test_kinds_name_optima_saddles_and_components(capsys):
    assert {e["kind"] for e in record(capsys, "matching_pennies")["equilibria"]} == {
        "mixed, saddle"
    }
    assert "pure, global optimum" in {e["kind"] for e in record(capsys, "stag_hunt")["equilibria"]}
    degenerate = record(capsys, "winkels_1979")["equilibria"]
    assert any("component" in e["kind"] for e in degenerate)


def test_a_budget_stops_the_search(tmp_path, capsys):
    big = gt.random_game("normal", (4, 4, 4, 4), rng=0)
    gt.write_game(big, tmp_path / "big.npz")
    found = record(capsys, str(tmp_path / "big.npz"), "--budget", "1")
    assert found["complete"] is False
    assert "raise `seconds`" in found["status"]
    assert found["seconds"] < 10


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["chiken"], ["'chiken'", "Did you mean 'chicken'?"]),
        (["chicken", "--budget", "-1"], ["`seconds`", "positive"]),
        (["chicken", "--method", "logit", "--exact"], ["`exact`", "no option", "'logit'"]),
        (["jordan_matching_pennies", "--method", "vertex"], ["'vertex'", "two players", "3"]),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(words, wanted, capsys):
    assert main(["solve", *words]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert all(piece in captured.err for piece in wanted), captured.err


def test_a_broken_file_names_line_and_column(tmp_path, capsys):
    path = tmp_path / "broken.nfg"
    path.write_text('NFG 1 R "x" { "a" "b" } { 2 2 }\n\n1 2 3 oops')
    assert main(["solve", str(path)]) == 2
    assert "broken.nfg:3:7" in capsys.readouterr().err
