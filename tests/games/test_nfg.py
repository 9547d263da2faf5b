"""Gambit's files: both versions, every kind of number, errors with their place, broken files."""

import re
import time
import tracemalloc

import numpy as np
import pytest
from game_strategies import games
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from mutations import mutants
from reference_files import nfg_files

import gametools as gt
from gametools.games.nfg import format_nfg, parse_nfg

HEAD = 'NFG 1 R "t" { "a" "b" } '
# The example of Gambit's documentation, in both versions.
PAYOFFS = """NFG 1 R "Selten (IJGT, 75), Figure 2, normal form"
{ "Player 1" "Player 2" } { 3 2 }

1 1 0 2 0 2 1 1 0 3 2 0
"""
OUTCOMES = """NFG 1 R "Selten (IJGT, 75), Figure 2, normal form" { "Player 1" "Player 2" }

{
{ "1" "2" "3" }
{ "1" "2" }
}

{
{ "" 1, 1 }
{ "" 0, 2 }
{ "" 0, 3 }
{ "" 2, 0 }
}
1 2 2 1 3 4
"""


@pytest.mark.parametrize("text", [PAYOFFS, OUTCOMES], ids=["payoffs", "outcomes"])
def test_the_documented_example(text):
    payoffs = parse_nfg(text).payoffs
    np.testing.assert_array_equal(payoffs[0], [[1, 1], [0, 0], [0, 2]])
    np.testing.assert_array_equal(payoffs[1], [[1, 1], [2, 3], [2, 0]])


def test_three_players_first_action_fastest():
    text = f'NFG 1 R "" {{ "" "" "" }} {{ 2 3 2 }} {" ".join(map(str, range(36)))}'
    payoffs = parse_nfg(text).payoffs
    for player, a, b, c in np.ndindex(3, 2, 3, 2):
        assert payoffs[player, a, b, c] == player + 3 * (a + 2 * b + 6 * c)


def floats():
    special = [-0.0, 5e-324, 1.7976931348623157e308, 2.0**53, 1e22, 0.1, 1 / 3]
    return st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(special)


@given(
    array_shapes(min_dims=1, max_dims=4, max_side=3).flatmap(
        lambda actions: arrays(np.float64, (len(actions), *actions), elements=floats())
    )
)
def test_what_is_written_reads_back_bit_for_bit(payoffs):
    game = gt.NormalFormGame(payoffs, payoffs.ndim - 1)
    again = parse_nfg(format_nfg(game))
    assert again.num_players == game.num_players
    assert again.payoffs.tobytes() == np.ascontiguousarray(payoffs).tobytes()


@given(games(), st.sampled_from(["\n", "\t ", "\r\n", " \f\v"]))
def test_white_space_does_not_matter_and_both_versions_agree(game, space):
    text = format_nfg(game)
    rows = game.payoffs.reshape((game.num_players, -1), order="F").T.tolist()
    numbers = " ".join(str(k + 1) for k in range(len(rows)))
    listed = " ".join('{ "" ' + " , ".join(map(repr, row)) + " }" for row in rows)
    head = text.split("\n")[0].replace(" { 1 }", ' { { "x" } }')
    for version in (text, f"{head} {{ {listed} }} {numbers}"):
        read = parse_nfg(re.sub(r"(?<=[^\"]) (?=[^\"])", lambda _: space, version))
        np.testing.assert_array_equal(read.payoffs, game.payoffs)


def test_integers_are_written_as_integers():
    game = gt.NormalFormGame.from_bimatrix([[3.0, -1e15]], [[0.5, 1e22]])
    assert format_nfg(game).endswith("{ 1 2 }\n\n3 0.5\n-1000000000000000 1e22\n")


@pytest.mark.parametrize(
    ("number", "value"),
    [
        ("7", 7.0),
        ("-7", -7.0),
        ("+7", 7.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("1.5e-3", 0.0015),
        ("2E2", 200.0),
        ("1e+2", 100.0),
        ("5/2", 2.5),
        ("-1/3", -1 / 3),
        ("1" + "0" * 400 + "/1" + "0" * 200, 1e200),
        ("1" * 300 + "/7", int("1" * 300) / 7),
    ],
)
def test_numbers(number, value):
    assert parse_nfg(f"{HEAD} {{ 1 1 }} {number} 0").payoffs[0, 0, 0] == value


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "{ 1 2 } 1 2 3 4",
        HEAD.replace("R", "D") + '{ 1 2 } "a comment" 1 2 3 4',
        HEAD + '{ { "x" } { "y" "z" } } "" 1 2 3 4',
        HEAD + '{ { "{" } { "\\"" "two\nlines" } } 1 2 3 4',
        'NFG 1 R"t"{"a""b"}{1 2}1 2 3 4',
        HEAD + '{ 1 2 } { { "o" 1 2 } { "p" 3, 4, } } 1 2',
        HEAD + '{ 1 2 } { { "p" 3, 4 } { "unused" 9, 9 } { "o" 1, 2 } } 3 1',
    ],
)
def test_ways_to_write_the_same_game(text):
    np.testing.assert_array_equal(parse_nfg(text).payoffs, [[[1, 3]], [[2, 4]]])


def test_outcome_0_pays_nobody_anything():
    payoffs = parse_nfg(HEAD + '{ 2 1 } { { "" 5, 6 } } 0 1').payoffs
    np.testing.assert_array_equal(payoffs, [[[0], [5]], [[0], [6]]])


@pytest.mark.parametrize("content", ["\ufeff" + PAYOFFS, PAYOFFS.replace("\n", "\r\n")])
def test_files_of_other_systems(tmp_path, content):
    (tmp_path / "game.nfg").write_bytes(content.encode())
    np.testing.assert_array_equal(
        gt.read_game(tmp_path / "game.nfg").payoffs, parse_nfg(PAYOFFS).payoffs
    )


def test_a_title_in_another_encoding_is_no_obstacle(tmp_path):
    (tmp_path / "game.nfg").write_bytes(
        (HEAD.replace('"t"', '"Köln"') + "{ 1 1 } 1 2").encode("l1")
    )
    assert gt.read_game(tmp_path / "game.nfg").payoffs.ravel().tolist() == [1, 2]


@pytest.mark.parametrize(
    ("text", "line", "column", "problem"),
    [
        ("", 1, 1, "expected the word NFG at the start of the file; got the end of the file."),
        ('EFG 2 R "x"', 1, 1, "got 'EFG'"),
        ("NFG 2 R", 1, 5, "expected version 1 of the format; got '2'."),
        ("NFG 1 X", 1, 7, "expected the letter R (or D)"),
        ("NFG 1 R { ", 1, 9, "expected the game's title in quotation marks; got '{'."),
        ('NFG 1 R "t', 1, 9, "never closed"),
        ('NFG 1 R "t" { }', 1, 16, "expected 1 to 63 players before this point; got 0."),
        ('NFG 1 R "t" { "a" 2 }', 1, 19, "expected the quoted name of another player, or a clos"),
        (HEAD + "1 2", 1, 25, "expected the numbers of actions (such as { 3 2 }) or lists"),
        (HEAD + "{ 1 0 }", 1, 29, "expected how many actions player 2 has; got '0'."),
        (HEAD + "{ 2.0 2 }", 1, 27, "expected how many actions player 1 has; got '2.0'."),
        (HEAD + "{ 2 }", 1, 29, "expected how many actions player 2 has; got '}'."),
        (HEAD + "{ 2 2 2 }", 1, 31, "a closing brace after the actions of 2 player(s); got '2'."),
        (HEAD + '{ { "x" } { } }', 1, 39, "expected an action of player 2 before this point"),
        (HEAD + "{ 9999 9999 }", 1, 38, "at most 10000000 payoffs; got 2 players, 9999x9999 acti"),
        (HEAD + "{ 1 1 }\n1 x", 2, 3, "expected payoff 2 of 2 (2 players, 1x1 actions); got 'x'."),
        (HEAD + "{ 1 1 }\n1 nan", 2, 3, "got 'nan'"),
        (HEAD + "{ 1 1 }\n1 1_0", 2, 3, "got '1_0'"),
        (HEAD + "{ 1 1 }\n1 ½", 2, 3, "got '½'"),
        (HEAD + "{ 1 1 }\n1\n 1.5/2", 3, 2, "got '1.5/2'"),
        (HEAD + "{ 1 1 }\n1 2/0", 2, 3, "expected a ratio with a denominator other than 0"),
        (HEAD + "{ 1 1 }\n1 1e999", 2, 3, "expected a number within the range of floats"),
        (HEAD + "{ 1 1 }\n1 " + "9" * 400 + "/1", 2, 3, "within the range of floats"),
        (HEAD + "{ 1 1 }\n1 " + "9" * 700, 2, 3, "within the range of floats"),
        (HEAD + "{ 1 1 }\n1 1/" + "9" * 641, 2, 3, "expected a ratio of numbers of at most 640"),
        (HEAD + "{ 1 1 }\n1 ", 2, 3, "expected payoff 2 of 2 (2 players, 1x1 actions); got the e"),
        (HEAD + "{ 1 1 }\n1 2\n\n3", 4, 1, "expected the end of the file (a game of 2 players, 1x"),
        (HEAD + '{ 1 1 } { { 1, 2 } } 1', 1, 37, "expected the name of outcome 1 in quotation mar"),
        (HEAD + '{ 1 1 } { { "" 1 } } 1', 1, 42, "expected the payoff of player 2 in outcome 1"),
        (HEAD + '{ 1 1 } { { "" 1 2 3 } } 1', 1, 44, "a closing brace after the 2 payoff(s) of ou"),
        (HEAD + '{ 1 1 } { { "" 1 2 } } 2', 1, 48, "expected outcome 1 of 1, a number from 0 to 1"),
        (HEAD + '{ 1 1 } { { "" 1 2 } } -1', 1, 48, "got '-1'"),
    ],
)  # fmt: skip
def test_errors_say_where_and_what(text, line, column, problem):
    with pytest.raises(ValueError, match=re.escape(problem)) as error:
        parse_nfg(text, "game.nfg")
    assert str(error.value).startswith(f"game.nfg:{line}:{column}: ")
    assert "\n" not in str(error.value)


def test_a_long_token_is_not_repeated_in_full():
    with pytest.raises(ValueError, match="got 'x") as error:
        parse_nfg(f"{HEAD} {{ 1 1 }} 1 {'x' * 10_000}")
    assert len(str(error.value)) < 150


@pytest.mark.parametrize("body", ["1 2 3", '{ { "" 1, 2 } } 1 1 1'])
def test_a_promise_of_many_payoffs_takes_no_memory(body):
    tracemalloc.start()
    with pytest.raises(ValueError, match="got the end of the file"):
        parse_nfg(HEAD + "{ 3000 1600 } " + body)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


def test_too_many_players_are_refused_and_63_are_not():
    for players, fits in ((63, True), (64, False)):
        text = f'NFG 1 R "" {{ {players * chr(34) * 2} }} {{ {"1 " * players} }} {"1 " * players}'
        if fits:
            assert parse_nfg(text).num_players == players
        else:
            with pytest.raises(ValueError, match="expected 1 to 63 players"):
                parse_nfg(text)


def test_a_batch_is_refused(tmp_path):
    batch = gt.random_2x2("any", size=3, rng=0)
    with pytest.raises(ValueError, match=r"single game for a \.nfg file; got a batch of"):
        gt.write_game(batch, tmp_path / "batch.nfg")
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not nfg_files(), reason="the reference files are not here")
@pytest.mark.parametrize("path", nfg_files(), ids=lambda path: path.stem)
def test_reference_files_read_and_come_back(tmp_path, path):
    game = gt.read_game(path)
    gt.write_game(game, tmp_path / "again.nfg")
    np.testing.assert_array_equal(gt.read_game(tmp_path / "again.nfg").payoffs, game.payoffs)


def originals():
    games = [gt.random_game("normal", shape, rng=0) for shape in ((2, 2), (3, 2), (2, 2, 2))]
    ours = [PAYOFFS, OUTCOMES, *(format_nfg(game) for game in games)]
    return [text.encode() for text in ours] + [path.read_bytes() for path in nfg_files()]


def read_mutants(read, count, seed):
    """Read mutated files; return how many were games, and the longest time that one took."""
    good, slowest = 0, 0.0
    for data in mutants(originals(), count, seed):
        began = time.perf_counter()
        try:
            game, problem = read(data), None
        except ValueError as error:
            game, problem = None, str(error)
        slowest = max(slowest, time.perf_counter() - began)
        if problem is None:
            good += 1
            assert np.isfinite(game.payoffs).all()
        else:
            assert re.match(r"[^\n]*broken\.nfg:\d+:\d+: [^\n]+$", problem), data
    return good, slowest


def test_broken_files_give_a_game_or_an_error_with_its_place(tmp_path):
    path = tmp_path / "broken.nfg"

    def read(data):
        path.write_bytes(data)
        return gt.read_game(path)

    good, slowest = read_mutants(read, 2000, seed=1)
    assert 200 < good < 1800
    assert slowest < 1.0


@pytest.mark.slow
def test_a_hundred_thousand_broken_files(capsys):
    def read(data):  # as read_game does, but from memory: the disk would take most of the time
        return parse_nfg(data.decode("utf-8-sig", errors="replace"), "broken.nfg")

    began = time.perf_counter()
    good, slowest = read_mutants(read, 100_000, seed=2)
    rate = 100_000 / (time.perf_counter() - began)
    with capsys.disabled():
        print(f"\n100000 mutants: {good} games, {rate:.0f} files/s, slowest {1e3 * slowest:.1f} ms")
    assert 10_000 < good < 90_000
    assert slowest < 1.0
