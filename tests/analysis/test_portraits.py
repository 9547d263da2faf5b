"""What the portraits show, and that the results in the repository are what the script writes."""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import gametools as gt
import portraits
from gametools.dynamics import parse_rule

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "results" / "portraits"
PATHS = portraits.trajectories(portraits.UPDATES)
REST = portraits.fixed_points()
ENDS = portraits.ends(PATHS, REST)
STEPS = portraits.steps(PATHS)


def test_results_are_what_the_script_computes():
    frames = {
        "fields": portraits.fields(portraits.GRID), "trajectories": PATHS, "steps": STEPS,
        "fixed_points": REST, "ends": ENDS,
    }  # fmt: skip
    for name, frame in frames.items():
        kept = pd.read_csv(FOLDER / f"{name}.csv")
        assert list(kept.columns) == list(frame.columns)
        for column in frame:
            if frame[column].dtype == np.float64:
                np.testing.assert_allclose(kept[column], frame[column], rtol=1e-5, atol=1e-9)
            else:
                assert kept[column].tolist() == frame[column].tolist()
    assert (FOLDER / "summary.md").read_text() == portraits.summary(STEPS, ENDS)


def test_the_manifest_knows_every_file():
    about = json.loads((FOLDER / "manifest.json").read_text())
    names = {path.name for path in FOLDER.iterdir()} - {"manifest.json"}
    assert set(about["sha256"]) == names
    for name, digest in about["sha256"].items():
        assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == digest
    assert sum((FOLDER / name).stat().st_size for name in names) < 1_000_000


@pytest.mark.parametrize(
    ("game", "name"),
    [
        ("stag_hunt", "coordination"),
        ("chicken", "anticoordination"),
        ("matching_pennies", "cyclic"),
        ("prisoners_dilemma", "dominance-solvable"),
    ],
)
def test_one_game_stands_for_each_class(game, name):
    assert set(REST[REST["game"] == game]["class"]) == {name}


@pytest.mark.parametrize(
    ("game", "kinds"),
    [
        ("stag_hunt", ["stable", "stable", "strict saddle"]),
        ("chicken", ["stable", "stable", "strict saddle"]),
        ("matching_pennies", ["centre"]),
        ("prisoners_dilemma", ["stable"]),
    ],
)
def test_fixed_points_are_of_the_kinds_of_the_textbook(game, kinds):
    assert sorted(REST[REST["game"] == game]["kind"]) == kinds


def end(picture, game, rule):
    own = ENDS[(ENDS["picture"] == picture) & (ENDS["game"] == game)]
    return own[own["rule"].str.startswith(rule)]


def test_matrl_comes_to_the_middle_of_matching_pennies():
    for picture in ("figure 7", "classes"):
        found = end(picture, "matching_pennies", "MATRL").iloc[0]
        assert abs(found["end0"] - 0.5) < 0.01
        assert abs(found["end1"] - 0.5) < 0.01
        assert found["exploitability"] < 0.01


def test_gradient_descent_circles_out_to_the_border_of_matching_pennies():
    own = PATHS[(PATHS["game"] == "matching_pennies") & PATHS["rule"].str.startswith("IGA")]
    far = np.hypot(own["x0"] - 0.5, own["x1"] - 0.5).to_numpy()
    free = own[["x0", "x1"]].to_numpy()
    outside = ((free == 0) | (free == 1)).any(axis=-1)
    first = int(outside.argmax())
    # One update turns by 4 step and stretches by sqrt(1 + (4 step)^2) while nothing is clipped.
    np.testing.assert_allclose(far[1:first] / far[: first - 1], np.hypot(1, 0.2), rtol=1e-9)
    assert far[-1] > 0.5


def test_the_prisoners_dilemma_ends_in_defection_whatever_the_rule_and_start():
    found = ENDS[ENDS["game"] == "prisoners_dilemma"]
    assert len(found) == 10
    assert not found[["end0", "end1"]].to_numpy().any()


@pytest.mark.parametrize(
    ("game", "wanted"), [("stag_hunt", {(0, 0), (1, 1)}), ("chicken", {(0, 1), (1, 0)})]
)
def test_games_with_pure_equilibria_end_in_all_of_them(game, wanted):
    found = end("classes", game, "")
    assert set(zip(found["end0"], found["end1"], strict=True)) == wanted
    assert not found["exploitability"].any()


def test_trajectories_go_on_from_row_to_row_by_the_rule():
    for (game, rule, start), own in PATHS.groupby(["game", "rule", "start"]):
        for _, path in own.groupby("picture"):
            points = path[["x0", "x1"]].to_numpy()
            again = gt.simulate(
                gt.named_game(game), parse_rule(rule), points[0], steps=len(points) - 1, rng=start
            )
            np.testing.assert_allclose(points, again.points, atol=1e-12)


def test_own_steps_pay_alone_and_both_may_cost():
    own = STEPS[STEPS["picture"] == "figure 1"].set_index("game")
    assert (own[["meta0_10", "meta1_01"]] > 0).all(axis=None)
    assert (own.loc["stag_hunt", ["meta0_11", "meta1_11"]] > own.loc["stag_hunt", "meta0_10"]).all()
    assert (own.loc["chicken", ["meta0_11", "meta1_11"]] < 0).all()


def test_figure_2_has_each_case_once_and_its_equilibrium():
    own = STEPS[STEPS["picture"] == "figure 2"].set_index("case")
    assert {case: tuple(row) for case, row in own[["rho0", "rho1"]].round(9).iterrows()} == {
        "both players": (0, 0),
        "player 1 alone": (0, 1),
        "player 2 alone": (1, 0),
        "neither player": pytest.approx((1 / 3, 1 / 3)),
    }


def test_the_mixed_equilibrium_stays_where_pure_ones_move_on():
    game = gt.named_game("chicken")
    ends = {}
    for selection in ("last-listed", "pure-first"):
        rule = gt.dynamics.MATRL(0.25, trial_step=0.5, selection=selection)
        ends[selection] = gt.simulate(game, rule, [0.9, 0.9], steps=1, rng=0).points[-1]
    np.testing.assert_allclose(ends["last-listed"], [0.9, 0.9], atol=1e-12)
    assert np.abs(ends["pure-first"] - 0.9).max() > 0.05
    assert str(gt.classify(game, [0.9, 0.9]).kind) == "not a fixed point"


def test_quick_writes_the_same_files_smaller(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["portraits.py", "--quick", "--out", str(tmp_path)])
    assert portraits.main() == 0
    assert capsys.readouterr().out.startswith("# Portraits")
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in FOLDER.iterdir()}
    assert len(pd.read_csv(tmp_path / "fields.csv")) == 4 * portraits.QUICK_GRID**2


def test_a_folder_that_cannot_be_written_is_one_line(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["portraits.py", "--quick", "--out", "/proc/nowhere"])
    assert portraits.main() == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "`--out`" in error
