from dataclasses import dataclass

import nashpy
import numpy as np
import pytest
from game_strategies import generic_games_2x2
from hypothesis import given
from slow_references import all_small_games, extreme_equilibria

import gametools as gt


def listed(found, index=()):
    """The equilibria of one game as rounded pairs."""
    points = found.equilibria[index][: found.counts[index]]
    return {tuple(point) for point in points.round(9).tolist()}


def assert_same_points(found, expected):
    """Both lists hold the same points of every game, in any order; NaN is padding."""
    off = np.abs(found[:, :, None] - expected[:, None]).max(axis=-1)
    off = np.where(np.isnan(off), np.inf, off)
    for nearest, points in ((off.min(axis=2), found), (off.min(axis=1), expected)):
        assert (nearest[~np.isnan(points[..., 0])] < 1e-12).all()


@dataclass(frozen=True)
class Textbook:
    name: str
    row: list
    column: list
    expected: list  # in the order listed


TEXTBOOK = [
    Textbook("matching pennies", [[1, -1], [-1, 1]], [[-1, 1], [1, -1]], [(0.5, 0.5)]),
    Textbook("skewed pennies", [[3, -1], [-1, 1]], [[-1, 1], [1, -1]], [(0.5, 1 / 3)]),
    Textbook("dilemma", [[3, 0], [5, 1]], [[3, 5], [0, 1]], [(0, 0)]),
    Textbook("battle", [[3, 0], [0, 2]], [[2, 0], [0, 3]], [(1, 1), (0, 0), (0.6, 0.4)]),
    Textbook("chicken", [[0, -1], [1, -9]], [[0, 1], [-1, -9]], [(1, 0), (0, 1), (8 / 9, 8 / 9)]),
    Textbook("stag hunt", [[4, 0], [3, 3]], [[4, 3], [0, 3]], [(1, 1), (0, 0), (0.75, 0.75)]),
]


@pytest.mark.parametrize("case", TEXTBOOK, ids=lambda case: case.name)
def test_textbook_games_list_their_equilibria_in_order(case):
    found = gt.solve_2x2(gt.NormalFormGame.from_bimatrix(case.row, case.column))
    assert found.counts == len(case.expected)
    np.testing.assert_allclose(found.equilibria[: found.counts], case.expected, atol=1e-15)
    assert np.isnan(found.equilibria[found.counts :]).all()
    assert not found.degenerate


def test_all_extreme_equilibria_of_all_small_games_are_found_and_nothing_else():
    games = all_small_games()
    found = gt.solve_2x2(games)
    for k, (row, column) in enumerate(games.payoffs.astype(int).tolist()):
        exact = extreme_equilibria(row, column)
        assert found.counts[k] == len(exact), (row, column)
        assert listed(found, k) == {(round(float(p), 9), round(float(q), 9)) for p, q in exact}


def test_degenerate_games_are_those_with_a_tie():
    games = all_small_games()
    row, column = games.payoffs[:, 0], games.payoffs[:, 1]
    tied = (row[:, 0] == row[:, 1]).any(axis=1) | (column[:, :, 0] == column[:, :, 1]).any(axis=1)
    np.testing.assert_array_equal(gt.solve_2x2(games).degenerate, tied)


def test_every_equilibrium_of_all_small_games_is_certified():
    found = gt.solve_2x2(all_small_games())
    padded = np.isnan(found.equilibria[..., 0])
    np.testing.assert_array_equal(np.isnan(found.exploitability), padded)
    assert np.nanmax(found.exploitability) < 1e-14


@given(generic_games_2x2())
def test_generic_games_have_the_equilibria_that_a_peer_finds(game):
    row, column = game.payoffs
    peer = {
        (round(float(p[0]), 9), round(float(q[0]), 9))
        for p, q in nashpy.Game(row, column).support_enumeration()
    }
    assert listed(gt.solve_2x2(game)) == peer


def test_generic_games_have_an_odd_number_of_equilibria_pure_ones_first():
    found = gt.solve_2x2(gt.random_2x2("any", size=20_000, rng=0))
    assert set(np.unique(found.counts)) == {1, 3}
    is_pure = np.isin(found.equilibria, (0.0, 1.0)).all(axis=-1)
    three = found.counts == 3
    assert (is_pure[three, :3] == [True, True, False]).all()
    assert np.nanmax(found.exploitability) < 1e-13


@pytest.mark.parametrize("column_scale", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("row_scale", [1e-6, 1.0, 1e6])
class TestInvariances:
    """Each against each player's own scale, and against constants that no choice changes."""

    @pytest.fixture
    def games(self):
        return gt.random_2x2("any", size=2000, rng=1)

    @staticmethod
    def moved(games, row_scale, column_scale):
        row, column = games.payoffs[:, 0], games.payoffs[:, 1]
        return gt.NormalFormGame.from_bimatrix(
            row_scale * (row + np.array([[3.0, -4.0]])),
            column_scale * (column + np.array([[-2.0], [5.0]])),
        )

    def test_affine_payoffs_have_the_same_equilibria(self, games, row_scale, column_scale):
        before = gt.solve_2x2(games)
        after = gt.solve_2x2(self.moved(games, row_scale, column_scale))
        np.testing.assert_array_equal(before.counts, after.counts)
        np.testing.assert_allclose(before.equilibria, after.equilibria, atol=1e-11)

    def test_swapped_players_swap_the_coordinates(self, games, row_scale, column_scale):
        games = self.moved(games, row_scale, column_scale)
        swapped = gt.NormalFormGame(games.payoffs[:, ::-1].swapaxes(-1, -2))
        expected = gt.solve_2x2(games).equilibria[..., ::-1]
        assert_same_points(gt.solve_2x2(swapped).equilibria, expected)

    def test_renamed_actions_mirror_the_coordinate(self, games, row_scale, column_scale):
        games = self.moved(games, row_scale, column_scale)
        mirrored = gt.NormalFormGame(np.flip(games.payoffs, axis=-2))
        expected = gt.solve_2x2(games).equilibria * [-1, 1] + [1, 0]
        assert_same_points(gt.solve_2x2(mirrored).equilibria, expected)


def test_batched_equals_looped():
    payoffs = np.random.default_rng(2).integers(0, 4, (7, 9, 2, 2, 2))
    games = gt.NormalFormGame(payoffs, num_players=2)
    together = gt.solve_2x2(games)
    for index in np.ndindex(7, 9):
        alone = gt.solve_2x2(games[index])
        np.testing.assert_array_equal(together.equilibria[index], alone.equilibria)
        np.testing.assert_array_equal(together.exploitability[index], alone.exploitability)
        np.testing.assert_array_equal(together.boundary_distance[index], alone.boundary_distance)
        assert together.counts[index] == alone.counts
        assert together.degenerate[index] == alone.degenerate


def test_batches_longer_than_a_chunk_equal_their_halves():
    games = gt.random_2x2("any", size=9001, rng=3)
    whole, tail = gt.solve_2x2(games), gt.solve_2x2(games[4000:])
    np.testing.assert_array_equal(whole.equilibria[4000:], tail.equilibria)
    np.testing.assert_array_equal(whole.exploitability[4000:], tail.exploitability)


def test_games_are_left_as_they_were():
    games = gt.random_2x2("any", size=10, rng=4)
    before = games.payoffs.copy()
    gt.solve_2x2(games).exploitability  # noqa: B018 (computed on demand)
    np.testing.assert_array_equal(games.payoffs, before)


def test_boundary_distance_is_to_the_nearest_pure_strategy():
    found = gt.solve_2x2(gt.NormalFormGame.from_bimatrix([[3, 0], [0, 2]], [[9, 0], [0, 1]]))
    np.testing.assert_allclose(found.equilibria[2], (0.1, 0.4))
    np.testing.assert_allclose(found.boundary_distance[:3], [0, 0, 0.1], atol=1e-15)
    assert np.isnan(found.boundary_distance[3])


def test_exploitability_is_recomputed_from_the_payoffs():
    game = gt.NormalFormGame.from_bimatrix([[3, 0], [0, 2]], [[2, 0], [0, 3]])
    honest = gt.solve_2x2(game)
    wrong = honest.equilibria.copy()
    wrong[2] = (0.5, 0.4)
    tampered = type(honest)(game, wrong, honest.counts, honest.degenerate, honest.tolerance)
    np.testing.assert_allclose(tampered.exploitability[:3], [0, 0, 0.2], atol=1e-15)


def test_frame_has_a_row_for_each_equilibrium():
    games = gt.NormalFormGame.from_bimatrix(
        [[[3, 0], [0, 2]], [[1, -1], [-1, 1]], [[0, 0], [0, 1]]],
        [[[2, 0], [0, 3]], [[-1, 1], [1, -1]], [[0, 0], [0, 1]]],
    )
    frame = gt.solve_2x2(games).to_frame()
    assert frame["game"].tolist() == [0, 0, 0, 1, 2, 2]
    np.testing.assert_allclose(frame["p1"], [1, 0, 0.6, 0.5, 1, 0])
    np.testing.assert_allclose(frame["p2"], [1, 0, 0.4, 0.5, 1, 0])
    assert frame["degenerate"].tolist() == [False] * 4 + [True] * 2
    np.testing.assert_allclose(frame["boundary_distance"], [0, 0, 0.4, 0.5, 0, 0])
    assert (frame["exploitability"].abs() < 1e-15).all()


def test_frame_of_a_single_game_is_game_zero():
    frame = gt.solve_2x2(
        gt.NormalFormGame.from_bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]])
    ).to_frame()
    assert frame[["game", "p1", "p2"]].to_numpy().tolist() == [[0, 0, 0]]


def test_repr_counts_games_equilibria_and_degenerate_ones():
    games = gt.NormalFormGame.from_bimatrix(
        [[[3, 0], [0, 2]], [[0, 0], [0, 1]]], [[[2, 0], [0, 3]], [[0, 0], [0, 1]]]
    )
    assert repr(gt.solve_2x2(games)) == (
        "TwoByTwoEquilibria(5 equilibria of 2 games, 1 degenerate, exploitability at most 0.0e+00)"
    )
