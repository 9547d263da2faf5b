"""Environments by name, GIFs, and what happens without the extra."""

import json
import subprocess
import sys

import numpy as np
import pytest

from gametools.cli import main
from gametools.envs import ENVS, Checkers, Environment, Switch, envs_frame, parse_env, write_gif


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("switch", repr(Switch(2, 3))),
        ("switch:num_agents=4,version=3", repr(Switch(4, 3, version=3))),
        ("switch:step_cost=-1", repr(Switch(2, 3, step_cost=-1))),
        ("checkers", repr(Checkers(3))),
        ("checkers_matrl:max_steps=50", repr(Checkers.matrl(3, max_steps=50))),
        ("checkers:apple=(5,1),lemon=(-5,-1)", repr(Checkers.matrl(3))),
        (
            "repeated:game=stag_hunt,num_steps=4,team=True",
            "RepeatedMatrixGame('stag_hunt', num_steps=4, num_envs=3, team=True, "
            "observation='actions')",
        ),
    ],
)
def test_environments_from_text(text, shown):
    env = parse_env(text, num_envs=3)
    assert isinstance(env, Environment)
    assert repr(env) == shown


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("swich", "`env` must be one of .* got 'swich'. Did you mean 'switch'?"),
        ("switch:agents=4", "`switch parameter` must be one of .* Did you mean 'num_agents'?"),
        ("switch:num_envs=4", "`switch parameter` must be one of"),
        ("switch:version", "`env` must give `version=VALUE` once"),
        ("switch:version=1,version=2", "`env` must give `version=VALUE` once"),
        ("switch:version=7", "env 'switch:version=7': `version` must be 0, 1, 2 or 3; got 7"),
        ("switch:version=one", "`version` must be a whole number; got 'one'"),
        ("repeated", "`env` lacks `game`; write repeated:game=VALUE"),
        ("pettingzoo:module=gametools.nowhere", "`module` .* names no module"),
    ],
)
def test_bad_text(text, message):
    with pytest.raises(ValueError, match=message):
        parse_env(text)


def test_the_list():
    frame = envs_frame()
    assert frame["name"].tolist() == list(ENVS)
    assert (frame["what"] != "").all()
    assert frame["source"].str.len().gt(5).all()


def test_the_command_that_lists(capsys):
    assert main(["list", "envs", "--json"]) == 0
    assert [row["name"] for row in json.loads(capsys.readouterr().out)] == list(ENVS)


@pytest.mark.parametrize("package", ["lbforaging", "gymnasium", "pettingzoo"])
def test_without_the_extra(package):
    """In a fresh interpreter in which the package cannot be imported."""
    for needed in ("lbforaging", "pettingzoo"):
        pytest.importorskip(needed)
    use = "as_parallel_env(Switch(2))" if package == "pettingzoo" else "parse_env('foraging')"
    code = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from gametools.envs import FromPettingZoo, Switch, as_parallel_env, parse_env\n"
        "Switch(2).reset()\n"
        "try:\n"
        f"    {use}\n"
        "except ImportError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.count("\n") == 1
    assert f"needs {package}: pip install gametools[envs]" in done.stdout


def test_importing_loads_no_optional_package():
    code = (
        "import sys, gametools.envs as ge\n"
        "ge.parse_env('switch').reset(0); ge.parse_env('climbing').reset(0)\n"
        "print(*{'gymnasium', 'pettingzoo', 'lbforaging', 'torch', 'PIL', 'pandas', 'scipy'}"
        " & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_a_gif_holds_all_frames(tmp_path):
    image = pytest.importorskip("PIL.Image")
    env = Switch(4)
    env.reset()
    frames = [env.render()]
    for actions in ([0, 0, 2, 2], [1, 1, 1, 1], [3, 3, 3, 3]):
        env.step([actions])
        frames.append(env.render())
    path = tmp_path / "run.gif"
    write_gif(path, frames, per_second=4)
    with image.open(path) as gif:
        assert gif.n_frames == 4
        assert gif.info["duration"] == 250
        assert gif.info["loop"] == 0
        for k, frame in enumerate(frames):
            gif.seek(k)
            shown = np.asarray(gif.convert("RGB")).astype(int)
            assert np.abs(shown - frame).max() <= 8  # a palette of 256 colours
    assert [p.name for p in tmp_path.iterdir()] == ["run.gif"]


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        ([], "`frames` must have at least one picture"),
        ([np.zeros((4, 4, 3))], r"frame 0 is float64 \(4, 4, 3\)"),
        ([np.zeros((4, 4, 3), "uint8"), np.zeros((4, 5, 3), "uint8")], "must have one shape"),
    ],
)
def test_bad_frames_write_nothing(frames, message, tmp_path):
    pytest.importorskip("PIL.Image")
    with pytest.raises(ValueError, match=message):
        write_gif(tmp_path / "run.gif", frames)
    assert not list(tmp_path.iterdir())


OWN = """
from gametools.envs import Switch
def corridor(num_envs, agents=2, fault=None):
    if fault:
        raise RuntimeError(fault)
    return Switch(agents, num_envs)
def nothing(num_envs):
    return None
def alone():
    return Switch(2)
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    (tmp_path / "my_batched_env.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "my_batched_env", raising=False)


def test_an_environment_of_ones_own_lies_in_the_current_folder(own):
    assert repr(parse_env("my_batched_env:corridor", num_envs=3)) == repr(Switch(2, 3))
    assert repr(parse_env("my_batched_env:corridor:agents=4")) == repr(Switch(4, 1))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("corridor:agent=4", "`my_batched_env:corridor parameter` must be one of agents, fault"),
        ("corridor:agents=7", "my_batched_env:corridor:agents=7': `num_agents` must"),
        ("corridor:fault=boom", "`env` 'my_batched_env:corridor' failed: RuntimeError: boom"),
        ("nothing", "must make an Environment; got NoneType"),
        ("alone", "must be called with `num_envs`, and is not"),
        ("OWN", "my_batched_env has no 'OWN'"),
    ],
)
def test_environments_of_ones_own_that_cannot_be_made_say_why(text, message, own):
    with pytest.raises(ValueError, match=message):
        parse_env(f"my_batched_env:{text}")


@pytest.mark.parametrize(
    ("body", "message"),
    [("raise RuntimeError('boom')", "RuntimeError: boom"), ("return 1 / 0", "ZeroDivisionError")],
)
def test_a_pettingzoo_environment_that_cannot_be_made_says_why(
    body, message, tmp_path, monkeypatch
):
    (tmp_path / "my_broken_env.py").write_text(f"def parallel_env():\n    {body}\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "my_broken_env", raising=False)
    with pytest.raises(ValueError, match=f"'my_broken_env': its parallel_env failed: {message}"):
        parse_env("pettingzoo:module=my_broken_env")


@pytest.mark.parametrize("workers", [0, 2])
def test_a_pettingzoo_environment_of_ones_own_lies_in_the_current_folder(
    workers, tmp_path, monkeypatch
):
    pytest.importorskip("pettingzoo")
    (tmp_path / "my_own_env.py").write_text(
        "from gametools.envs import Switch, as_parallel_env\n"
        "def parallel_env():\n    return as_parallel_env(Switch(2))\n"
    )
    monkeypatch.chdir(tmp_path)
    env = parse_env(f"pettingzoo:module=my_own_env,workers={workers}", num_envs=2)
    try:
        assert env.reset(0).shape == Switch(2, 2).reset(0).shape
    finally:
        env.close()
