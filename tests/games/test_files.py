"""Games to files and back."""

import contextlib

import numpy as np
import pytest
from mutations import mutants

import gametools as gt


@pytest.mark.parametrize("suffix", [".json", ".npz"])
@pytest.mark.parametrize("shape", [(2, 2, 2), (3, 2, 3, 4), (5, 2, 2, 2)])
def test_a_game_comes_back_bit_for_bit(tmp_path, suffix, shape):
    payoffs = np.random.default_rng(0).standard_normal(shape) * 1e7
    game = gt.NormalFormGame(payoffs)
    gt.write_game(game, tmp_path / f"game{suffix}")
    again = gt.read_game(tmp_path / f"game{suffix}")
    assert again.num_players == game.num_players
    np.testing.assert_array_equal(again.payoffs, payoffs)


def test_the_number_of_players_is_kept_where_the_shape_is_ambiguous(tmp_path):
    three_games = gt.NormalFormGame(np.zeros((3, 2, 2, 2)), num_players=2)
    gt.write_game(three_games, tmp_path / "g.json")
    assert gt.read_game(tmp_path / "g.json").batch_shape == (3,)


@pytest.mark.parametrize(
    ("name", "content", "wanted"),
    [
        ("g.json", b"{", "line 1, column"),
        ("g.json", b'{"players": 2}', "lacks 'payoffs'"),
        ("g.json", b'{"players": 2, "payoffs": [1, 2]}', "shape"),
        ("g.json", b'{"players": 2, "payoffs": "x"}', "numbers"),
        ("g.json", b"[1]", "does not hold a game"),
        ("g.json", b"\xff\xfe", "does not hold a game"),
        ("g.npz", b"not a zip file", "does not hold a game"),
        ("g.npz", b"", "does not hold a game"),
        ("g.txt", b"", "must end in .json or .npz or .nfg or .gam"),
    ],
)
def test_a_broken_file_is_named(tmp_path, name, content, wanted):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"g\.") as error:
        gt.read_game(path)
    assert wanted in str(error.value)


def test_nan_in_a_file_is_refused(tmp_path):
    path = tmp_path / "g.json"
    path.write_text('{"players": 2, "payoffs": [[[1, 2], [3, NaN]], [[1, 2], [3, 4]]]}')
    with pytest.raises(ValueError, match="finite"):
        gt.read_game(path)


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "g.json"
    game = gt.NormalFormGame(np.zeros((2, 2, 2)))
    gt.write_game(game, path)
    before = path.read_bytes()
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "disk full")))
    with pytest.raises(OSError, match="disk full"):
        gt.write_game(gt.NormalFormGame(np.ones((2, 2, 2))), path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["g.json"]


@pytest.mark.parametrize("suffix", [".nfg", ".gam"])
def test_text_formats_keep_the_payoffs_and_name_the_file_in_errors(tmp_path, suffix):
    game = gt.random_game("normal", (2, 3, 2), rng=0)
    path = tmp_path / f"game{suffix}"
    gt.write_game(game, path)
    np.testing.assert_array_equal(gt.read_game(path).payoffs, game.payoffs)
    path.write_text(path.read_text() + "\n!")
    with pytest.raises(ValueError, match=rf"game\{suffix}:\d+:1: expected the end of the file"):
        gt.read_game(path)


@pytest.mark.parametrize(
    "content", [b"[" * 100_000, b'{"players": 1e999, "payoffs": [1]}'], ids=["deep", "infinite"]
)
def test_hostile_json_is_refused_in_one_line(tmp_path, content):
    (tmp_path / "g.json").write_bytes(content)
    with pytest.raises(ValueError, match=r"g\.json does not hold a game: [^\n]*$"):
        gt.read_game(tmp_path / "g.json")


@pytest.mark.parametrize("suffix", [".json", ".npz"])
def test_broken_files_of_our_own_give_a_game_or_an_error(tmp_path, suffix):
    path = tmp_path / f"broken{suffix}"
    gt.write_game(gt.named_game("mckelvey_mclennan"), path)
    good = 0
    for data in mutants([path.read_bytes()], 500, seed=1):
        path.write_bytes(data)
        with contextlib.suppress(ValueError):
            good += np.isfinite(gt.read_game(path).payoffs).all()
    assert 0 < good < 500
