"""Training from the shell: stopped in any way, the same command goes on to the same end."""

import contextlib
import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pandas as pd
import pytest

torch = pytest.importorskip("torch")
from training_runs import assert_same_result  # noqa: E402

from gametools.agents import Run, train  # noqa: E402
from gametools.agents.checkpoint import save_checkpoint  # noqa: E402
from gametools.cli import main  # noqa: E402

SETTINGS = ("num_envs=4", "steps_per_update=40", "network.hidden=(8,)")
ENV = "switch:max_steps=7"


def words(out, *more, learner="il-ppo", env=ENV, steps=80, seeds="0:2"):
    own = [word for setting in SETTINGS for word in ("--set", setting)]
    return [
        "train", learner, env, "--steps", str(steps), "--out", str(out), "--seeds", seeds,
        "--evaluate-every", "4000", "--episodes", "2", *own, *more,
    ]  # fmt: skip


def alone(folder, seed, steps):
    torch.set_num_threads(1)
    run = Run("il-ppo", ENV, seed, steps, changes=SETTINGS, evaluate_every=4000,
              evaluation_episodes=2)  # fmt: skip
    return train(run, folder)


@contextlib.contextmanager
def on_a_terminal(arguments):
    """Start the command as a user does, and yield the process and its terminal."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 120, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "gametools.cli", *arguments],
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )  # fmt: skip
    os.close(theirs)
    try:
        yield process, ours
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        os.close(ours)


def read_until(terminal, pattern="(?!)", seconds=120):
    """Read what a terminal shows until a pattern is there, or to the end."""
    shown, deadline = "", time.monotonic() + seconds
    while time.monotonic() < deadline and not re.search(pattern, shown):
        try:
            shown += os.read(terminal, 4096).decode(errors="replace")
        except OSError:  # everybody has closed it
            break
    return shown


def children(process):
    """Return the processes that train, by id."""
    text = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    return [
        int(word) for word in text.split()
        if b"spawn_main" in Path(f"/proc/{word}/cmdline").read_bytes()
    ]  # fmt: skip


UNDER_WAY = r"0 of 2 seeds done:.*[1-9][\d.]*k?/.*<.*steps/s"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("how", ["ctrl-c", "sigterm", "sigkill"])
def test_stopped_and_started_again_it_ends_as_if_it_had_not_been(how, tmp_path):
    steps, out = 6000, tmp_path / "out"
    with on_a_terminal(words(out, steps=steps)) as (process, terminal):
        shown = read_until(terminal, UNDER_WAY)
        assert re.search(UNDER_WAY, shown), shown
        workers = children(process)
        assert workers
        if how == "ctrl-c":
            os.write(terminal, b"\x03")
        else:
            os.kill(process.pid, getattr(signal, how.upper()))
        shown += read_until(terminal)
        code = process.wait()
        deadline = time.monotonic() + 60
        while any(Path(f"/proc/{worker}").exists() for worker in workers):
            assert time.monotonic() < deadline, "processes that train go on"
            time.sleep(0.05)
    if how != "sigkill":
        assert code == 2
        last = shown.replace("\r", "\n").strip().splitlines()[-1]
        assert last.endswith(
            f"{out} holds the seeds that had begun; start it again as before to resume."
        )
    assert "Traceback" not in shown
    assert any((out / f"seed_{seed}" / "checkpoint.pt").exists() for seed in (0, 1))
    assert not any((out / f"seed_{seed}" / "finished.json").exists() for seed in (0, 1))
    assert main(words(out, steps=steps)) == 0
    for seed in (0, 1):
        assert_same_result(alone(tmp_path / str(seed), seed, steps), out / f"seed_{seed}")


@pytest.mark.slow
def test_seeds_are_reported_and_one_that_fails_makes_exit_code_1(tmp_path, capsys):
    last = json.loads((alone(tmp_path / "seed_0", 0, 80) / "finished.json").read_text())
    (tmp_path / "seed_1").mkdir()
    save_checkpoint(tmp_path / "seed_1" / "checkpoint.pt", {"format": 0})
    assert main(words(tmp_path)) == 1
    shown = capsys.readouterr()
    returns = "greedy {greedy:.4g}, sampled {sampled:.4g}".format(**last["evaluation"])
    assert shown.out == f"seed 0: {returns} after 80 steps (had finished before)\n"
    first, last = shown.err.splitlines()
    assert first.startswith("seed 1: failed: ValueError: ")
    assert "no checkpoint of this version" in first
    assert last == "1 of 2 seeds did not finish."
    assert main(words(tmp_path, seeds="0:1")) == 0
    (tmp_path / "seed_1" / "checkpoint.pt").write_bytes(b"")
    assert main(words(tmp_path)) == 2
    assert "damaged one; remove" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_seed_that_is_killed_does_not_stop_the_other(tmp_path):
    with on_a_terminal(words(tmp_path, steps=6000)) as (process, terminal):
        read_until(terminal, UNDER_WAY)
        os.kill(children(process)[0], signal.SIGKILL)
        shown = read_until(terminal)
        assert process.wait() == 1
    assert "failed: killed by SIGKILL" in shown
    assert "1 of 2 seeds did not finish." in shown
    assert len(list(tmp_path.glob("*/finished.json"))) == 1


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"learner": "il-pqo"}, "`learner` must be one of"),
        ({"learner": "no_such_module:MINE"}, "`learner` 'no_such_module:MINE' names no module"),
        ({"learner": "math:MINE"}, "`learner` 'math:MINE': math has no 'MINE'"),
        ({"learner": "math:pi"}, "must be a LearnerEntry such as"),
        ({"learner": "__main__:MINE"}, "must be in a module of its own"),
        ({"env": "swich"}, "`env` must be one of"),
        ({"env": "switch:agents=2"}, "`switch parameter` must be one of"),
        ({"more": ["--preset", "papr"]}, "`preset` must be one of"),
        ({"more": ["--set", "lrr=1"]}, "`set` must be one of"),
        ({"more": ["--set", "num_envs=3"]}, "`steps_per_update` must be a multiple"),
        ({"seeds": "0"}, "argument --seeds: must be A:B"),
        ({"steps": 0}, "argument --steps: must be a whole number of at least 1"),
        ({"more": ["--jobs", "0"]}, "argument --jobs: must be a whole number"),
    ],
    ids=str,
)
def test_bad_input_is_one_line_exit_code_2_and_nothing_written(more, message, tmp_path, capsys):
    extra = more.get("more", [])
    own = {name: value for name, value in more.items() if name != "more"}
    try:
        code = main(words(tmp_path / "out", *extra, **own))
    except SystemExit as stop:
        code = stop.code
    shown = capsys.readouterr()
    assert code == 2
    assert (shown.out, shown.err.count("\n")) == ("", 1)
    assert message in shown.err
    assert not (tmp_path / "out").exists()


def test_a_missing_extra_is_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    assert main(words(tmp_path / "out", "--tensorboard")) == 2
    line = "event files need tensorboard: pip install gametools[tensorboard]"
    assert line in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_folder_of_other_settings_is_refused(tmp_path, capsys):
    (tmp_path / "seed_0").mkdir()
    (tmp_path / "seed_0" / "run.json").write_text(json.dumps({"learner": "matrl"}))
    assert main(words(tmp_path)) == 2
    assert "holds a run with learner = 'matrl', not 'il-ppo'" in capsys.readouterr().err


@pytest.mark.slow
def test_a_learner_and_an_environment_of_ones_own_are_trained_evaluated_and_compared(
    tmp_path, monkeypatch, capsys
):
    """In a process of one seed, to which both must be known."""
    pytest.importorskip("pettingzoo")
    (tmp_path / "my_parts.py").write_text("WHAT = 'as ever'\n")
    (tmp_path / "my_learners.py").write_text(
        "import my_parts\n"
        "from gametools.agents import ILPPO, LEARNERS, LearnerEntry\n"
        "class Mine(ILPPO):\n"
        "    def improve(self, experience):\n"
        "        return super().improve(experience) | {'mine': 7.0}\n"
        "MINE = LearnerEntry(Mine, LEARNERS['il-ppo'].presets, my_parts.WHAT, 'here')\n"
    )
    (tmp_path / "my_world.py").write_text(
        "from gametools.envs import Switch, as_parallel_env\n"
        "def parallel_env():\n    return as_parallel_env(Switch(2, max_steps=7))\n"
    )
    monkeypatch.chdir(tmp_path)
    own = {"learner": "my_learners:MINE", "env": "pettingzoo:module=my_world"}
    assert main(words(tmp_path / "runs", seeds="1:2", **own)) == 0
    assert capsys.readouterr().out.count(" after 80 steps") == 1
    progress = pd.read_csv(tmp_path / "runs" / "seed_1" / "progress.csv")
    assert (progress["mine"] == 7).all()
    assert main(["evaluate", "runs/seed_1", "--episodes", "2"]) == 0
    assert main(["compare", "runs"]) == 0
    assert "my_learners:MINE  1 of 1" in capsys.readouterr().out


def test_learners_are_listed(capsys):
    assert main(["list", "learners"]) == 0
    assert re.search(r"^il-ppo +default, paper", capsys.readouterr().out, re.MULTILINE)
