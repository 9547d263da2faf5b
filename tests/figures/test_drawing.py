"""Results that become values again, and the pictures' files."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import drawing
import gametools as gt
from gametools.dynamics import matrl_step, parse_rule

ROOT = Path(__file__).resolve().parents[2]
PORTRAITS = ROOT / "results" / "portraits"
STEPS = pd.read_csv(PORTRAITS / "steps.csv")
NAMES = sorted(
    path.stem
    for path in (ROOT / "figures").glob("*.py")
    if path.stem not in ("__main__", "drawing")
)


def test_a_field_is_that_of_its_game():
    fields = pd.read_csv(PORTRAITS / "fields.csv")
    for game in fields["game"].unique():
        again = drawing.vector_field(fields, game)
        field = gt.vector_field(gt.named_game(game), shape=again.speed.shape)
        for name in ("points", "directions", "losses", "free", "x", "y", "u", "v"):
            np.testing.assert_allclose(getattr(again, name), getattr(field, name), atol=1e-5)


@pytest.mark.parametrize("row", [0, 2, 3, 4, 5, 6, 8])
def test_a_step_is_that_of_its_rule(row):
    about = STEPS.iloc[row]
    again = drawing.matrl_step(STEPS.iloc[[row]])
    game, rule = gt.named_game(about["game"]), parse_rule(about["rule"])
    step = matrl_step(game, [about["current0"], about["current1"]], rule, rng=0)
    assert again.batch_shape == ()
    assert str(again.case) == about["case"] == str(step.case)
    for name in ("current", "losses", "gradient", "predicted", "rho", "aggregated", "next"):
        np.testing.assert_allclose(getattr(again, name), getattr(step, name), atol=1e-5)
    np.testing.assert_allclose(again.meta.payoffs, step.meta.payoffs, atol=1e-5)


def test_steps_of_a_trajectory_are_a_batch():
    own = STEPS[(STEPS["picture"] == "figure 7") & (STEPS["game"] == "chicken")]
    batch = drawing.matrl_steps(own)
    assert batch.batch_shape == (len(own),)
    assert [str(case) for case in batch.case[:3]] == own["case"].tolist()[:3]


def test_fixed_points_keep_their_places_and_kinds():
    rows = pd.read_csv(PORTRAITS / "fixed_points.csv")
    own = rows[rows["game"] == "chicken"]
    again = drawing.fixed_points(own)
    known = gt.classify(gt.named_game("chicken"), own[["x0", "x1"]].to_numpy().round(12))
    np.testing.assert_array_equal(again.point, own[["x0", "x1"]])
    assert sorted(map(str, again.kind)) == ["stable", "stable", "strict saddle"]
    for k in np.flatnonzero(again.kind == "stable"):
        assert known.kind[k] == "stable"


@pytest.mark.slow
def test_all_scripts_draw_the_same_bytes_again(tmp_path):
    """In two processes, so that nothing left over from one picture can enter the next."""
    runs = [tmp_path / "one", tmp_path / "two"]
    for folder in runs:
        words = [sys.executable, ROOT / "figures", "--quick", "--pdf", "--out", folder]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
    wanted = {f"{name}.{kind}" for name in NAMES for kind in ("png", "pdf")}
    assert {path.name for path in runs[0].iterdir()} == wanted
    for name in sorted(wanted):
        one, two = ((folder / name).read_bytes() for folder in runs)
        assert one == two, name
        if name.endswith(".pdf"):
            assert b"/FontFile2" in one
            assert b"/Type3" not in one


def test_pictures_in_the_repository_are_there_and_small():
    folder = ROOT / "results" / "figures"
    assert {path.stem for path in folder.glob("*.png")} == set(NAMES)
    for path in folder.glob("*.png"):
        assert path.stat().st_size < 300_000, path.name
        with Image.open(path) as picture:
            assert picture.width == pytest.approx(drawing.WIDTH * drawing.DPI, abs=1)


def test_every_script_says_what_it_reads():
    for name in NAMES:
        text = (ROOT / "figures" / f"{name}.py").read_text()
        assert re.search(rf"python figures/{name}\.py \[RESULTS_FOLDER\] \[--out FOLDER\]", text)


@pytest.mark.parametrize(
    "name", [pytest.param("matrl_figure3", marks=pytest.mark.slow), "table1_survival"]
)
def test_missing_results_are_one_line_and_leave_nothing(name, tmp_path):
    words = [sys.executable, ROOT / "figures" / f"{name}.py", tmp_path / "none"]
    done = subprocess.run(
        [*words, "--out", tmp_path / "out"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "none" in done.stderr
    assert not (tmp_path / "out").exists()
