import numpy as np
import pytest
from game_strategies import games, payoff_tensors, positive_scales
from hypothesis import given
from hypothesis import strategies as st

import gametools as gt

ROW, COLUMN = [[1, 2, 3], [4, 5, 6]], [[10, 20, 30], [40, 50, 60]]


@pytest.mark.parametrize(
    ("shape", "asked", "players", "actions", "batch"),
    [
        pytest.param((2, 2, 2), None, 2, (2, 2), (), id="one 2x2 game"),
        pytest.param((2, 3, 4), None, 2, (3, 4), (), id="one 3x4 game"),
        pytest.param((1, 5), None, 1, (5,), (), id="one player"),
        pytest.param((3, 2, 2, 2), None, 3, (2, 2, 2), (), id="fewest batch axes win"),
        pytest.param((3, 2, 2, 2), 2, 2, (2, 2), (3,), id="asked: three two-player games"),
        pytest.param((4, 2, 2, 2), None, 2, (2, 2), (4,), id="four is no number of players here"),
        pytest.param((7, 5, 2, 3, 2), None, 2, (3, 2), (7, 5), id="two batch axes"),
        pytest.param((1, 1, 4), 1, 1, (4,), (1,), id="a batch of one one-player game"),
        pytest.param((0, 2, 2, 2), 2, 2, (2, 2), (0,), id="an empty batch"),
    ],
)
def test_shape_is_read_as_players_actions_and_batch(shape, asked, players, actions, batch):
    game = gt.NormalFormGame(np.zeros(shape), num_players=asked)
    assert (game.num_players, game.num_actions, game.batch_shape) == (players, actions, batch)
    assert game.size == np.prod(batch, dtype=int)


def test_payoffs_are_a_read_only_copy():
    source = np.arange(8.0).reshape(2, 2, 2)
    game = gt.NormalFormGame(source)
    source[:] = -1
    assert game.payoffs[1, 0, 1] == 5
    with pytest.raises(ValueError, match="read-only"):
        game.payoffs[0, 0, 0] = 1


@pytest.mark.parametrize("order", ["C", "F"])
def test_memory_layout_is_kept_and_changes_no_entry(order):
    source = np.array(np.arange(40.0).reshape(5, 2, 2, 2), order=order)
    game = gt.NormalFormGame(source)
    assert game.payoffs.flags[f"{order}_CONTIGUOUS"]
    np.testing.assert_array_equal(game.payoffs, source)


def test_bimatrix_keeps_the_row_players_actions_on_rows_for_both():
    game = gt.NormalFormGame.from_bimatrix(ROW, COLUMN)
    assert game.num_actions == (2, 3)
    for i, j in np.ndindex(2, 3):
        assert game.payoffs[0, i, j] == ROW[i][j]
        assert game.payoffs[1, i, j] == COLUMN[i][j]


def test_batched_bimatrices_equal_their_games_one_by_one():
    rng = np.random.default_rng(0)
    rows, columns = rng.normal(size=(2, 4, 3, 2, 5))
    batch = gt.NormalFormGame.from_bimatrix(rows, columns)
    for index in np.ndindex(4, 3):
        one = gt.NormalFormGame.from_bimatrix(rows[index], columns[index])
        np.testing.assert_array_equal(batch[index].payoffs, one.payoffs)


@pytest.mark.parametrize(
    "index",
    [
        pytest.param(2, id="integer"),
        pytest.param(-1, id="from the end"),
        pytest.param((2, 1), id="both axes"),
        pytest.param(slice(1, 3), id="slice"),
        pytest.param((slice(None), 1), id="second axis"),
        pytest.param((..., 2), id="ellipsis"),
        pytest.param(np.array([3, 0, 0]), id="repeated picks"),
        pytest.param(np.array([True, False, False, True]), id="mask"),
        pytest.param((slice(0, 2), None), id="new axis"),
    ],
)
def test_indexing_picks_games_as_it_picks_labels(index):
    labels = np.arange(12).reshape(4, 3)
    games = gt.NormalFormGame(labels[..., None, None, None] + np.zeros((2, 3, 2)), num_players=2)
    picked = games[index]
    assert picked.num_actions == (3, 2)
    assert picked.batch_shape == labels[index].shape
    np.testing.assert_array_equal(picked.payoffs[..., 0, 0, 0], labels[index])
    np.testing.assert_array_equal(picked.payoffs[..., 1, 2, 1], labels[index])


def test_flattening_keeps_the_games_in_order():
    games = gt.NormalFormGame(np.random.default_rng(0).normal(size=(3, 4, 2, 2, 2)))
    flat = games.flatten()
    for k, index in enumerate(np.ndindex(3, 4)):
        np.testing.assert_array_equal(flat[k].payoffs, games[index].payoffs)


def test_a_single_game_flattens_to_a_batch_of_one():
    game = gt.NormalFormGame.from_bimatrix(ROW, COLUMN)
    assert game.flatten().batch_shape == (1,)
    np.testing.assert_array_equal(game.flatten()[0].payoffs, game.payoffs)


@given(games(), positive_scales(), st.integers(-5, 5))
def test_payoff_range_scales_and_does_not_shift(game, scale, shift):
    expected = scale * (max(game.payoffs.flat) - min(game.payoffs.flat))
    moved = gt.NormalFormGame(scale * (game.payoffs + shift), game.num_players)
    np.testing.assert_allclose(moved.payoff_range(), expected, rtol=1e-12, atol=1e-12 * scale)


@given(payoff_tensors((3, 4, 2, 2, 2)))
def test_payoff_range_is_that_of_each_game(payoffs):
    ranges = gt.NormalFormGame(payoffs).payoff_range()
    for index in np.ndindex(3, 4):
        assert ranges[index] == np.ptp(payoffs[index])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        pytest.param(
            ([[[1, 2], [3, np.nan]], [[0, 0], [0, 0]]],),
            ValueError, r"`payoffs` must be finite; entry \(0, 1, 1\) is nan", id="nan",
        ),
        pytest.param(
            ([[[1, 2], [3, 4]], [[0, -np.inf], [0, 0]]],),
            ValueError, r"`payoffs` must be finite; entry \(1, 0, 1\) is -inf", id="infinite",
        ),
        pytest.param(
            (np.zeros((3, 3)),), ValueError,
            r"`payoffs` must have shape .* got \(3, 3\)\. The axis before", id="no reading",
        ),
        pytest.param(
            (np.zeros((2, 2, 2)), 3), ValueError, r"with n = 3; got \(2, 2, 2\)", id="not three",
        ),
        pytest.param(
            (np.zeros((2, 2, 2)), 0), ValueError, "`num_players` must be at least 1; got 0",
            id="no players",
        ),
        pytest.param(
            (np.zeros((2, 2, 2)), 2.0), TypeError, "`num_players` must be a whole number; got 2.0",
            id="fractional players",
        ),
        pytest.param(
            (np.zeros((2, 0, 2)),), ValueError, "`payoffs` must give every player an action",
            id="no actions",
        ),
        pytest.param(
            ([[[1, 2], [3]], [[0, 0], [0, 0]]],), TypeError,
            "`payoffs` must be an array of numbers", id="ragged",
        ),
        pytest.param(("cyclic",), TypeError, "`payoffs` must be an array of numbers", id="text"),
    ],
)  # fmt: skip
def test_payoffs_that_cannot_be_read_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        gt.NormalFormGame(*arguments)


@pytest.mark.parametrize(
    ("row", "column"),
    [
        pytest.param([[1, 2]], [[1], [2]], id="different shapes"),
        pytest.param([1, 2], [1, 2], id="too few axes"),
    ],
)
def test_bimatrices_that_do_not_fit_are_refused(row, column):
    with pytest.raises(ValueError, match=r"`row` and `column` must have one shape .* got \("):
        gt.NormalFormGame.from_bimatrix(row, column)


def test_bimatrix_errors_name_the_matrix():
    with pytest.raises(ValueError, match=r"`column` must be finite; entry \(0, 1\) is inf"):
        gt.NormalFormGame.from_bimatrix([[1, 2]], [[1, np.inf]])


def test_a_single_game_cannot_be_indexed():
    with pytest.raises(IndexError, match="single game; only a batch"):
        gt.NormalFormGame.from_bimatrix(ROW, COLUMN)[0]


def test_repr_tells_players_actions_and_batch():
    assert repr(gt.NormalFormGame(np.zeros((1, 5)))) == "NormalFormGame(1 player, 5 actions)"
    assert (
        repr(gt.NormalFormGame(np.zeros((6, 2, 2, 3))))
        == "NormalFormGame(2 players, 2x3 actions, batch (6,))"
    )
