import io
import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from run_folders import make_run

from gametools.cli import main
from gametools.evaluation import compare_runs, learning_curves, read_runs, seed_scores


@pytest.fixture
def runs(tmp_path):
    rng = np.random.default_rng(0)
    folder = tmp_path / "runs"
    for seed in range(4):
        make_run(folder / "a", seed, rng.normal(2.0, 0.2, 4))
        make_run(folder / "b", seed, rng.normal(5.0, 0.2, 4), learner="matrl")
    make_run(folder / "b", 4, [1.0], status="failed", reason="kl/0 not finite", learner="matrl",
             budget=3000)  # fmt: skip
    make_run(folder / "b", 5, [], status="not begun", learner="matrl", budget=3000)
    return folder


def test_the_command_is_the_functions(runs, capsys):
    assert main(["compare", str(runs), "--resamples", "300", "--seed", "3", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    read = read_runs(runs)
    expected = {
        "table": compare_runs(read, resamples=300, rng=3, optimum={"switch": 8.3}),
        "seeds": seed_scores(read),
    }
    for part, frame in expected.items():
        again = pd.read_json(io.StringIO(frame.to_json(orient="records")))
        pd.testing.assert_frame_equal(pd.DataFrame(found[part]), again, check_dtype=False)


def test_the_table_names_every_seed_without_a_score(runs, capsys):
    assert main(["compare", str(runs / "a"), str(runs / "b"), "--resamples", "100"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "switch, at 3000 steps, optimum 8.3"
    assert "P(better than il-ppo)" in lines[2]
    assert lines[3].split()[:4] == ["il-ppo", "4", "of", "4"]
    assert lines[4].split()[:4] == ["matrl", "4", "of", "6"]
    assert lines[4].split()[-4:-1] == ["1.00", "[1.00,", "1.00]"]
    assert lines[6] == "without a score:"
    assert lines[7] == ("switch, matrl, seed 4: failed, evaluated up to step 0 (kl/0 not finite)")
    assert lines[8] == "switch, matrl, seed 5: not begun, never evaluated"
    assert lines[9:] == [
        "", "different seeds:", "switch, il-ppo: 0 1 2 3", "switch, matrl: 0 1 2 3 4 5",
    ]  # fmt: skip
    assert "nan" not in "\n".join(lines).lower()


def test_learners_scored_later_than_others_are_shown(tmp_path, capsys):
    make_run(tmp_path / "a", 0, [1.0, 2.0], budget=900)
    make_run(tmp_path / "b", 0, [1.0, 2.0, 3.0], every=450, budget=900, learner="matrl")
    assert main(["compare", str(tmp_path), "--resamples", "100"]) == 0
    title, _, head, *rows = capsys.readouterr().out.splitlines()
    assert title == "switch, at 900 steps, optimum 8.3"
    assert head.endswith("scored after steps")
    assert [row.split()[-1] for row in rows] == ["1000", "900"]


def test_seeds_that_failed_after_they_were_scored_are_named(runs, capsys):
    make_run(runs / "a", 7, [1.0, 2.0, 3.0], status="failed", reason="kl/1 not finite",
             budget=3000)  # fmt: skip
    assert main(["compare", str(runs / "a"), "--at", "2000", "--resamples", "100"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[3].split()[:4] == ["il-ppo", "5", "of", "5"]
    assert lines[5:] == [
        "failed after they were scored:",
        "switch, il-ppo, seed 7: failed, evaluated up to step 2000 (kl/1 not finite)",
    ]


def test_a_step_that_nobody_reached_is_refused(runs, capsys):
    assert main(["compare", str(runs), "--at", "99999"]) == 2
    error = capsys.readouterr().err
    assert "`--at` must be a step up to which a seed was evaluated, at most 3000;" in error


def test_runs_that_have_not_begun_cannot_be_compared(tmp_path, capsys):
    make_run(tmp_path / "a", 0, [], status="not begun", budget=3000)
    assert main(["compare", str(tmp_path)]) == 2
    assert "`runs` must hold one that has been evaluated" in capsys.readouterr().err


def test_options_reach_the_statistics(runs, capsys):
    words = ["compare", str(runs), "--json", "--resamples", "50", "--metric", "sampled"]
    assert main([*words, "--at", "2000", "--tail", "2", "--optimum", "7", "--level", "0.8"]) == 0
    table = pd.DataFrame(json.loads(capsys.readouterr().out)["table"])
    read = read_runs(runs)
    expected = compare_runs(
        read, metric="sampled", at=2000, tail=2, optimum=7.0, level=0.8, resamples=50
    )
    np.testing.assert_allclose(table["iqm_low"], expected["iqm_low"])
    np.testing.assert_allclose(table["gap"], expected["gap"])


def test_files_are_written(runs, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["compare", str(runs), "--resamples", "100", "--out", str(out)]) == 0
    assert capsys.readouterr().err == f"Written to {out}.\n"
    about = json.loads((out / "manifest.json").read_text())
    assert about["seeds"] == [0, 1, 2, 3, 4, 5]
    assert set(about["sha256"]) == {
        "comparison.csv", "seeds.csv", "curves.csv", "learning_curves.png",
    }  # fmt: skip
    curves = pd.read_csv(out / "curves.csv")
    pd.testing.assert_frame_equal(curves, learning_curves(read_runs(runs), resamples=100))
    assert (out / "learning_curves.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    before = (out / "learning_curves.png").read_bytes()
    assert main(["compare", str(runs), "--resamples", "100", "--out", str(out)]) == 0
    assert (out / "learning_curves.png").read_bytes() == before


def test_one_seed_has_no_intervals_and_no_empty_brackets(tmp_path, capsys):
    make_run(tmp_path, 0, [1.0, 2.0])
    assert main(["compare", str(tmp_path), "--out", str(tmp_path / "out")]) == 0
    shown = capsys.readouterr().out
    assert "nan" not in shown.lower()
    assert "[]" not in shown
    assert "[, ]" not in shown


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--metric", "gredy"], "`metric` must be one of"),
        (["--level", "2"], "`level` must lie between 0 and 1"),
        (["--seed", "-1"], "`--seed` must be at least 0"),
        (["no_such_folder"], "`RUN` must be folders of `gametools train`; got 'no_such_folder'"),
        (["--at", "0"], "argument --at: must be a whole number of at least 1"),
    ],
)
def test_bad_input_is_one_line(runs, more, message, capsys):
    try:
        code = main(["compare", str(runs), *more])
    except SystemExit as stop:
        code = stop.code
    shown = capsys.readouterr()
    assert (code, shown.out, shown.err.count("\n")) == (2, "", 1)
    assert message in shown.err


def test_no_torch_is_needed(runs):
    script = (
        "import sys; sys.modules['torch'] = None\n"
        "from gametools.cli import main\n"
        f"sys.exit(main(['compare', {str(runs)!r}, '--resamples', '10']))"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)
