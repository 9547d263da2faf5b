"""Seeds as a set: what is done is skipped, what failed is said, and nothing stops the rest."""

import dataclasses
import json

import pytest

torch = pytest.importorskip("torch")
from training_runs import assert_same_result, small_run  # noqa: E402

from gametools.agents import seed_process, seeds, train  # noqa: E402
from gametools.agents.checkpoint import save_checkpoint  # noqa: E402
from gametools.agents.seeds import train_seeds  # noqa: E402


@pytest.mark.slow
def test_a_set_is_its_seeds_alone_finished_ones_are_skipped_failed_ones_said(tmp_path):
    run, alone = small_run(), {}
    for seed in (1, 7):
        alone[seed] = train(dataclasses.replace(run, seed=seed), tmp_path / f"alone_{seed}")
    together = tmp_path / "together"
    finished = train(dataclasses.replace(run, seed=7), together / "seed_7")
    before = (finished / "checkpoint.pt").stat().st_mtime_ns
    (together / "seed_2").mkdir()
    save_checkpoint(together / "seed_2" / "checkpoint.pt", {"format": 0})
    reports = train_seeds(run, [7, 2, 1], together, jobs=2)
    assert [report.seed for report in reports] == [7, 2, 1]
    assert [report.skipped for report in reports] == [True, False, False]
    assert [report.failed for report in reports] == [False, True, False]
    assert "checkpoint.pt is no checkpoint of this version" in reports[1].reason
    left = json.loads((together / "seed_2" / "failed.json").read_text())
    assert left["reason"].startswith("ValueError: ")
    assert "load_checkpoint" in left["traceback"]
    assert (finished / "checkpoint.pt").stat().st_mtime_ns == before
    for report in (reports[0], reports[2]):
        assert_same_result(alone[report.seed], report.folder)


def test_one_folder_of_another_run_stops_the_set_before_it_begins(tmp_path):
    train(small_run(seed=1), tmp_path / "seed_1")
    other = small_run("il-ppo", "switch:max_steps=7", "lr=0.5")
    with pytest.raises(ValueError, match="`out` holds a run with changes"):
        train_seeds(other, range(3), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["seed_1"]


def test_one_damaged_checkpoint_stops_the_set_before_it_begins(tmp_path):
    damaged = tmp_path / "seed_1" / "checkpoint.pt"
    damaged.parent.mkdir()
    damaged.write_bytes(b"no checkpoint")
    with pytest.raises(ValueError, match=f"{damaged} .* damaged one; remove {damaged.parent}, and"):
        train_seeds(small_run(), range(3), tmp_path)
    assert list(tmp_path.iterdir()) == [damaged.parent]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seeds": []}, "`seeds` must hold at least one seed"),
        ({"seeds": [0], "jobs": 0}, "`jobs` must be at least 1; got 0"),
        ({"seeds": [-1]}, "`seed` must be at least 0; got -1"),
    ],
)
def test_bad_sets_are_refused(options, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        train_seeds(small_run(), folder=tmp_path / "new", **options)
    assert not (tmp_path / "new").exists()


def test_a_process_that_was_killed_is_named():
    assert seeds._killed(-9) == "killed by SIGKILL"
    assert seeds._killed(3) == "the process ended with exit code 3"


class Line:
    """A connection that remembers, or that nobody listens to any more."""

    def __init__(self, broken=False):
        self.broken, self.sent = broken, []

    def send(self, message):
        if self.broken:
            raise BrokenPipeError
        self.sent.append(message)


def test_a_process_stops_after_the_update_when_asked_and_when_nobody_listens(tmp_path):
    teller = seed_process._Teller(Line())
    teller.report(40, {})
    assert teller.connection.sent == [("steps", 40)]
    teller.request_stop(15, None)
    with pytest.raises(seed_process._Stopped):
        teller.report(80, {})
    deserted = seed_process._Teller(Line(broken=True))
    with pytest.raises(seed_process._Stopped):
        train(small_run(), tmp_path, report=lambda step, row: step and deserted.report(step, row))
    assert (tmp_path / "checkpoint.pt").exists()


def test_event_files_get_every_row(tmp_path):
    written = {}

    class Events:
        def add_scalar(self, name, value, step):
            written[name, step] = value

    teller = seed_process._Teller(Line())
    teller.log = Events()
    train(small_run(), tmp_path, report=teller.report)
    assert {step for name, step in written if name == "kl/0"} == {40, 80, 120, 160, 200}
    assert {step for name, step in written if name == "greedy"} == {0, 80, 160, 200}


def test_tensorboard_that_is_missing_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "tensorboard", None)
    with pytest.raises(ImportError, match=r"pip install gametools\[tensorboard\]"):
        train_seeds(small_run(), [0], tmp_path / "new", tensorboard=True)
    assert not (tmp_path / "new").exists()
