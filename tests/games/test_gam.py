"""GameTracer's files: order of payoffs, comments, errors with their place, broken files."""

import re

import numpy as np
import pytest
from game_strategies import games
from hypothesis import given
from mutations import mutants

import gametools as gt
from gametools.games.gam import format_gam, parse_gam

EXAMPLE = "2\n3 2\n\n3 2 0 3 5 6 3 2 3 2 6 1\n"


def test_the_common_example():
    payoffs = parse_gam(EXAMPLE).payoffs
    np.testing.assert_array_equal(payoffs[0], [[3, 3], [2, 5], [0, 6]])
    np.testing.assert_array_equal(payoffs[1], [[3, 2], [2, 6], [3, 1]])


def test_three_players_first_action_fastest_players_one_after_the_other():
    payoffs = parse_gam(f"3  2 3 2  {' '.join(map(str, range(36)))}").payoffs
    for player, a, b, c in np.ndindex(3, 2, 3, 2):
        assert payoffs[player, a, b, c] == 12 * player + a + 2 * b + 6 * c


@given(games())
def test_what_is_written_reads_back(game):
    again = parse_gam(format_gam(game))
    assert again.num_players == game.num_players
    np.testing.assert_array_equal(again.payoffs, game.payoffs)


def test_floats_come_back_bit_for_bit(tmp_path):
    payoffs = np.random.default_rng(0).standard_normal((3, 2, 3, 4)) * 10.0 ** np.arange(-8, 16, 6)
    gt.write_game(gt.NormalFormGame(payoffs), tmp_path / "game.gam")
    assert gt.read_game(tmp_path / "game.gam").payoffs.tobytes() == payoffs.tobytes()


def test_comments_and_ratios():
    text = '# Generated 1 2 3 "\n2 # players {\n3 2\n# payoffs\n' + EXAMPLE[6:].replace("5", "10/2")
    np.testing.assert_array_equal(parse_gam(text).payoffs, parse_gam(EXAMPLE).payoffs)


@pytest.mark.parametrize(
    ("text", "line", "column", "problem"),
    [
        ("", 1, 1, "expected the number of players (1 to 63); got the end of the file."),
        ("# 2", 1, 4, "expected the number of players"),
        ("0", 1, 1, "expected the number of players (1 to 63); got '0'."),
        ("64", 1, 1, "got '64'"),
        ("2.0 1 1", 1, 1, "got '2.0'"),
        ("2\n3", 2, 2, "expected how many actions player 2 has; got the end of the file."),
        ("2\n3 -2", 2, 3, "expected how many actions player 2 has; got '-2'."),
        ("2\n9999 9999 1", 2, 11, "expected at most 10000000 payoffs; got 2 players, 9999x9999"),
        ("2\n3 2\n\n1 2 x", 4, 5, "expected payoff 3 of 12 (2 players, 3x2 actions); got 'x'."),
        ("2\n3 2\n# 5\n1 {", 4, 3, "expected payoff 2 of 12 (2 players, 3x2 actions); got '{'."),
        ("1\n1\n1 2", 3, 3, "expected the end of the file after 1 payoffs; got '2'."),
        ('1\n1\n"', 3, 1, "never closed"),
    ],
)
def test_errors_say_where_and_what(text, line, column, problem):
    with pytest.raises(ValueError, match=re.escape(problem)) as error:
        parse_gam(text, "game.gam")
    assert str(error.value).startswith(f"game.gam:{line}:{column}: ")


def test_a_batch_is_refused():
    with pytest.raises(ValueError, match=r"single game for a \.gam file; got a batch"):
        format_gam(gt.random_2x2("any", size=3, rng=0))


def test_broken_files_give_a_game_or_an_error_with_its_place():
    shapes = ((2, 2), (3, 2), (2, 2, 2))
    originals = [format_gam(gt.random_game("normal", s, rng=0)).encode() for s in shapes]
    good = 0
    for data in mutants([EXAMPLE.encode(), *originals], 2000, seed=1):
        try:
            parse_gam(data.decode(errors="replace"), "broken.gam")
        except ValueError as error:
            problem = str(error)
        else:
            good, problem = good + 1, None
        assert problem is None or re.match(r"broken\.gam:\d+:\d+: [^\n]+$", problem), data
    assert 200 < good < 1800
