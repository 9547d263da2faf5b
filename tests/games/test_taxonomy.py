import numpy as np
import pytest
from game_strategies import games_2x2
from hypothesis import given
from slow_references import all_small_games

import gametools as gt
from gametools.games.taxonomy import TIE_TOLERANCE

NAMED = {
    "stag hunt": ([[4, 0], [3, 3]], [[4, 3], [0, 3]], "coordination"),
    "chicken": ([[0, -1], [1, -9]], [[0, 1], [-1, -9]], "anticoordination"),
    "matching pennies": ([[1, -1], [-1, 1]], [[-1, 1], [1, -1]], "cyclic"),
    "pennies, players swapped": ([[-1, 1], [1, -1]], [[1, -1], [-1, 1]], "cyclic"),
    "prisoner's dilemma": ([[3, 0], [5, 1]], [[3, 5], [0, 1]], "dominance-solvable"),
    "one dominant action": ([[2, 2], [1, 1]], [[1, 0], [0, 1]], "dominance-solvable"),
    "one tie": ([[1, 0], [1, 1]], [[1, 0], [0, 1]], "degenerate"),
    "all zero": ([[0, 0], [0, 0]], [[0, 0], [0, 0]], "degenerate"),
    "weakly dominant action": ([[1, 1], [1, 0]], [[1, 0], [1, 0]], "degenerate"),
}


def literal_class(row, column):
    """The class by its definition: ties, dominance, then where the pure equilibria lie."""
    if any(row[0][j] == row[1][j] for j in (0, 1)) or any(c[0] == c[1] for c in column):
        return "degenerate"
    row_best = [max((0, 1), key=lambda i, j=j: row[i][j]) for j in (0, 1)]
    column_best = [max((0, 1), key=lambda j, i=i: column[i][j]) for i in (0, 1)]
    if row_best[0] == row_best[1] or column_best[0] == column_best[1]:
        return "dominance-solvable"
    pure = {(i, j) for i, j in np.ndindex(2, 2) if row_best[j] == i and column_best[i] == j}
    names = {
        frozenset({(0, 0), (1, 1)}): "coordination",
        frozenset({(0, 1), (1, 0)}): "anticoordination",
        frozenset(): "cyclic",
    }
    return names[frozenset(pure)]


@pytest.mark.parametrize(("row", "column", "expected"), NAMED.values(), ids=NAMED)
def test_named_games_are_in_their_class(row, column, expected):
    assert gt.classify_2x2(gt.NormalFormGame.from_bimatrix(row, column)) == expected


def test_classes_of_all_small_games_follow_the_definition():
    games = all_small_games()
    expected = [literal_class(row, column) for row, column in games.payoffs.tolist()]
    assert gt.classify_2x2(games).tolist() == expected


def test_dominant_players_of_all_small_games_are_counted_by_the_definition():
    games = all_small_games()
    expected = [
        any(row[i][0] > row[1 - i][0] and row[i][1] > row[1 - i][1] for i in (0, 1))
        + any(column[0][j] > column[0][1 - j] and column[1][j] > column[1][1 - j] for j in (0, 1))
        for row, column in games.payoffs.tolist()
    ]
    assert gt.games.dominant_players(games).tolist() == expected


def test_batched_classes_equal_looped_ones():
    games = gt.NormalFormGame(np.random.default_rng(0).integers(0, 4, (3, 5, 2, 2, 2)))
    classes = gt.classify_2x2(games)
    assert classes.shape == (3, 5)
    for index in np.ndindex(3, 5):
        assert classes[index] == gt.classify_2x2(games[index])


@pytest.mark.parametrize("column_scale", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("row_scale", [1e-6, 1.0, 1e6])
def test_class_is_blind_to_each_players_scale_and_zero(row_scale, column_scale):
    games = all_small_games()
    row, column = np.moveaxis(games.payoffs, 1, 0)
    against_column, against_row = np.array([[30.0, -40.0]]), np.array([[2.0], [-70.0]])
    moved = gt.NormalFormGame.from_bimatrix(
        row_scale * (row + against_column), column_scale * (column + against_row)
    )
    np.testing.assert_array_equal(gt.classify_2x2(moved), gt.classify_2x2(games))


@given(games_2x2())
def test_class_is_blind_to_the_order_of_the_players(game):
    row, column = game.payoffs
    swapped = gt.NormalFormGame.from_bimatrix(column.T, row.T)
    assert gt.classify_2x2(swapped) == gt.classify_2x2(game)


@given(games_2x2())
def test_renaming_one_players_actions_exchanges_the_two_kinds_of_coordination(game):
    exchanged = {"coordination": "anticoordination", "anticoordination": "coordination"}
    before = str(gt.classify_2x2(game))
    for axis in (1, 2):
        renamed = gt.NormalFormGame(np.flip(game.payoffs, axis=axis))
        assert gt.classify_2x2(renamed) == exchanged.get(before, before)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize(
    ("advantage", "expected"),
    [(0.5 * TIE_TOLERANCE, "degenerate"), (4 * TIE_TOLERANCE, "coordination")],
    ids=["within the tolerance", "beyond it"],
)
def test_ties_are_judged_relative_to_the_players_own_payoff_range(scale, advantage, expected):
    row = scale * np.array([[advantage, 0], [0, 1]])
    assert gt.classify_2x2(gt.NormalFormGame.from_bimatrix(row, [[1, 0], [0, 1]])) == expected


@pytest.mark.parametrize("function", [gt.classify_2x2, gt.games.dominant_players, gt.solve_2x2])
@pytest.mark.parametrize("shape", [(2, 2, 3), (3, 2, 2, 2)], ids=["2x3", "three players"])
def test_games_that_are_not_2x2_are_refused_with_a_remedy(function, shape):
    with pytest.raises(ValueError, match=r"`game` must be 2x2; got .*num_players=2"):
        function(gt.NormalFormGame(np.zeros(shape)))
