import json
import shutil

import pytest

torch = pytest.importorskip("torch")
from training_runs import small_run  # noqa: E402

from gametools.agents import play_episodes, train  # noqa: E402
from gametools.agents.trained import load_trained  # noqa: E402
from gametools.cli import main  # noqa: E402
from gametools.envs import parse_env  # noqa: E402

ENV = "switch:max_steps=7"


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two seeds of one run."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("runs")
    for seed in (0, 1):
        train(small_run(env=ENV, seed=seed), folder / f"seed_{seed}")
    return folder


def test_returns_are_those_of_the_last_checkpoint(runs, capsys):
    assert (
        main(["evaluate", str(runs / "seed_0"), "--episodes", "30", "--seed", "5", "--json"]) == 0
    )
    greedy, sampled = json.loads(capsys.readouterr().out)
    learner = load_trained(runs / "seed_0").learner
    for row, kind in ((greedy, "greedy"), (sampled, "sampled")):
        played = play_episodes(
            learner, parse_env(ENV, num_envs=30), seed=5, greedy=kind == "greedy"
        )
        assert (row["actions"], row["episodes"], row["steps"]) == (kind, 30, 200)
        assert row["return"] == pytest.approx(played.team.mean())
        assert row["agents"] == pytest.approx(played.returns.mean(axis=0).tolist())
        assert row["low"] <= row["return"] <= row["high"]
        assert row["length"] == played.lengths.mean()
    assert greedy["optimum"] == pytest.approx(3.7)  # one arrives after 6 steps: 5 - 0.6 - 0.7


def test_the_table_has_a_row_for_each_seed_and_kind(runs, capsys):
    assert main(["evaluate", str(runs), "--episodes", "4"]) == 0
    title, _, head, *rows = capsys.readouterr().out.splitlines()
    assert title == f"il-ppo on {ENV}, 4 greedy and as many sampled episodes"
    assert head.split("  ")[0] == "seed"
    assert "optimum" in head
    assert [row.split()[0::2][:1] + row.split()[2:3] for row in rows] == [
        [seed, kind] for seed in "01" for kind in ("greedy", "sampled")
    ]


def test_learners_have_tables_of_their_own(runs, tmp_path, capsys):
    for name, learner in (("a", "il-ppo"), ("b", "vdn")):
        train(small_run(learner, ENV, steps=40), tmp_path / name)
    assert main(["evaluate", str(tmp_path), "--episodes", "2"]) == 0
    titles = [line for line in capsys.readouterr().out.splitlines() if " on " in line]
    assert [title.split()[0] for title in titles] == ["il-ppo", "vdn"]


def test_a_film_shows_every_step(runs, tmp_path, capsys):
    image = pytest.importorskip("PIL.Image")
    path = tmp_path / "run.gif"
    words = ["evaluate", str(runs / "seed_0"), "--episodes", "1", "--gif", str(path)]
    assert main([*words, "--sampled"]) == 0
    with image.open(path) as film:
        assert 1 < film.n_frames <= 7  # equal pictures are merged
    assert "nan" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--gif", "out.png"], "`--gif` must end in .gif; got 'out.png'"),
        (["--gif", "no/such/folder/out.gif"], "`--gif` must be a file in a folder"),
        (["--seed", "-1"], "`--seed` must be at least 0; got -1"),
        (["--episodes", "0"], "argument --episodes: must be a whole number"),
    ],
)
def test_bad_input_is_one_line(runs, more, message, capsys):
    try:
        code = main(["evaluate", str(runs / "seed_0"), *more])
    except SystemExit as stop:
        code = stop.code
    shown = capsys.readouterr()
    assert (code, shown.out, shown.err.count("\n")) == (2, "", 1)
    assert message in shown.err


def test_a_film_of_many_runs_and_a_folder_of_none_are_refused(runs, tmp_path, capsys):
    assert main(["evaluate", str(runs), "--gif", str(tmp_path / "x.gif")]) == 2
    assert "`--gif` draws one run; RUN holds 2" in capsys.readouterr().err
    assert main(["evaluate", str(tmp_path)]) == 2
    assert "`RUN` must be folders of `gametools train`" in capsys.readouterr().err


def test_a_run_without_a_checkpoint_and_a_damaged_one_are_refused(runs, tmp_path, capsys):
    (tmp_path / "run.json").write_bytes((runs / "seed_0" / "run.json").read_bytes())
    assert main(["evaluate", str(tmp_path)]) == 2
    assert "must have a checkpoint" in capsys.readouterr().err
    data = (runs / "seed_0" / "checkpoint.pt").read_bytes()
    (tmp_path / "checkpoint.pt").write_bytes(data[:-1])
    assert main(["evaluate", str(tmp_path)]) == 2
    assert "is no checkpoint, or a damaged one" in capsys.readouterr().err


def test_seeds_that_have_saved_nothing_are_left_out_and_named(runs, tmp_path, capsys):
    shutil.copytree(runs / "seed_0", tmp_path / "seed_0")
    empty = tmp_path / "seed_9"
    empty.mkdir()
    (empty / "run.json").write_text((runs / "seed_1" / "run.json").read_text())
    assert main(["evaluate", str(tmp_path), "--episodes", "2", "--json"]) == 0
    captured = capsys.readouterr()
    assert {row["seed"] for row in json.loads(captured.out)} == {0}
    assert captured.err.splitlines() == [f"left out: {empty} has no checkpoint yet"]
    assert main(["evaluate", str(empty)]) == 2
    assert "must have a checkpoint" in capsys.readouterr().err


def test_what_does_not_draw_itself_is_not_filmed(runs, tmp_path, capsys, monkeypatch):
    def render(self, index=0):
        raise NotImplementedError("no render")

    monkeypatch.setattr("gametools.envs.switch.Switch.render", render)
    film = tmp_path / "film.gif"
    assert main(["evaluate", str(runs / "seed_0"), "--episodes", "2", "--gif", str(film)]) == 2
    error = capsys.readouterr().err
    assert f"`--gif` needs an environment that draws itself; {ENV} does not" in error
    assert not film.exists()


def test_neither_is_a_game_of_pettingzoo_that_has_no_pictures(tmp_path, monkeypatch, capsys):
    pytest.importorskip("pettingzoo")
    (tmp_path / "my_blind_env.py").write_text(
        "from gametools.envs import Switch, as_parallel_env\n"
        "def parallel_env():\n"
        "    game = as_parallel_env(Switch(2, max_steps=7))\n"
        "    game.render = lambda: None\n"
        "    return game\n"
    )
    monkeypatch.chdir(tmp_path)
    env = "pettingzoo:module=my_blind_env"
    train(small_run(env=env, steps=40), "run")
    assert main(["evaluate", "run", "--episodes", "2", "--gif", "film.gif"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert f"`--gif` needs an environment that draws itself; {env} does not" in error
