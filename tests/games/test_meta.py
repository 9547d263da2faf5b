import itertools

import numpy as np
import pytest
from slow_references import expected_payoffs_at

import gametools as gt
from gametools.games import current_or_predicted_game


@pytest.mark.parametrize("players", [1, 2, 3, 4])
def test_entries_are_expected_advantages_over_the_current_policies(players):
    rng = np.random.default_rng(players)
    game = gt.NormalFormGame(rng.normal(size=(players, *(2,) * players)), num_players=players)
    current, predicted = rng.random((2, players))
    meta = current_or_predicted_game(gt.ProbabilityGame(game), current, predicted)
    assert meta.num_players == players
    base = expected_payoffs_at(game.payoffs, current)
    for choice in itertools.product((0, 1), repeat=players):
        joint = np.where(choice, predicted, current)
        expected = expected_payoffs_at(game.payoffs, joint) - base
        np.testing.assert_allclose(meta.payoffs[(slice(None), *choice)], expected, atol=1e-14)


@pytest.mark.parametrize("dims", [(1, 1), (2, 1), (1, 2, 2)], ids=str)
def test_players_move_with_all_their_parameters(dims):
    rng = np.random.default_rng(len(dims))
    size = sum(dims)
    matrix = rng.normal(size=(size, size))
    game = gt.QuadraticGame(matrix + matrix.T, rng.normal(size=size), dims)
    current, predicted = rng.normal(size=(2, size))
    meta = current_or_predicted_game(game, current, predicted)
    players = np.repeat(np.arange(len(dims)), dims)
    for choice in itertools.product((0, 1), repeat=len(dims)):
        joint = np.where(np.take(choice, players), predicted, current)
        expected = game.losses(current) - game.losses(joint)
        np.testing.assert_allclose(meta.payoffs[(slice(None), *choice)], expected, atol=1e-12)


def test_staying_is_worth_exactly_nothing():
    rng = np.random.default_rng(0)
    view = gt.ProbabilityGame(gt.random_2x2("any", size=100, rng=rng))
    meta = current_or_predicted_game(view, *rng.random((2, 100, 2)))
    assert not meta.payoffs[:, :, 0, 0].any()


def test_batched_meta_games_equal_looped_ones():
    rng = np.random.default_rng(1)
    games = gt.random_2x2("any", size=20, rng=rng)
    current, predicted = rng.random((2, 20, 2))
    together = current_or_predicted_game(gt.ProbabilityGame(games), current, predicted)
    for k in range(20):
        alone = current_or_predicted_game(
            gt.ProbabilityGame(games[k]), current[k], predicted[k]
        )  # fmt: skip
        np.testing.assert_array_equal(together.payoffs[k], alone.payoffs)


def test_policies_are_left_as_they_were():
    rng = np.random.default_rng(2)
    current, predicted = rng.random((2, 5, 2))
    before = current.copy(), predicted.copy()
    view = gt.ProbabilityGame(gt.random_2x2("any", size=5, rng=rng))
    current_or_predicted_game(view, current, predicted)
    np.testing.assert_array_equal((current, predicted), before)
