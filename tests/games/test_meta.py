import itertools
from fractions import Fraction

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


VIEWS = [gt.ProbabilityGame, gt.SimplexGame, gt.SoftmaxGame]


@pytest.mark.parametrize("players", [1, 2, 3, 4])
@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(("games", "points"), [((), ()), ((5,), ()), ((), (5,)), ((3, 1), (3, 4))])
def test_changes_are_differences_of_losses(view, players, games, points):
    rng = np.random.default_rng(players)
    sizes = (2,) * players if view is gt.ProbabilityGame else (2, 3, 2, 1)[:players]
    matrix = gt.NormalFormGame(rng.normal(size=(*games, players, *sizes)), players)
    game = view(matrix)
    starts = rng.dirichlet(np.ones(sum(game.dims)), size=(2, *points))
    if view is gt.SimplexGame:
        starts = game.domain.project(starts)
    current, moved = starts
    changes = np.moveaxis(
        game.loss_changes(current, moved), range(players + 1), range(-players - 1, 0)
    )
    owner = np.repeat(np.arange(players), game.dims)
    for who in itertools.product((0, 1), repeat=players):
        joint = np.where(np.take(who, owner), moved, current)
        expected = game.losses(joint) - game.losses(current)
        np.testing.assert_allclose(changes[(..., slice(None), *who)], expected, atol=1e-14)


@pytest.mark.parametrize("dims", [(1, 1), (2, 1), (1, 2, 2), (1, 1, 1, 1)], ids=str)
def test_changes_of_quadratic_games_are_differences_and_keep_their_digits(dims):
    rng = np.random.default_rng(len(dims))
    size = sum(dims)
    matrix = rng.integers(-4, 5, size=(size, size)).astype(float)
    game = gt.QuadraticGame(matrix + matrix.T, rng.integers(-3, 4, size=size).astype(float), dims)
    owner = np.repeat(np.arange(len(dims)), dims)
    for scale in (1.0, 1e-9):
        current = rng.normal(size=size)
        moved = current + scale * rng.normal(size=size)
        changes = game.loss_changes(current, moved)
        for who in itertools.product((0, 1), repeat=len(dims)):
            joint = np.where(np.take(who, owner), moved, current)
            exact = [
                float(b - a)
                for a, b in zip(
                    *(fractional_losses(game, x) for x in (current, joint)), strict=True
                )
            ]
            np.testing.assert_allclose(changes[(slice(None), *who)], exact, atol=1e-13 * scale)


def fractional_losses(game, x):
    """Losses in exact arithmetic."""
    x = [Fraction(float(value)) for value in x]
    owner = np.repeat(np.arange(len(game.dims)), game.dims)
    losses = [Fraction(0)] * len(game.dims)
    for j, mine in enumerate(owner):
        losses[mine] += x[j] * Fraction(float(game.offset[j]))
        for k, theirs in enumerate(owner):
            entry = Fraction(float(game.matrix[j, k]))
            losses[mine] += x[j] * x[k] * entry / (2 if mine == theirs else 1)
    return losses


def test_moves_near_a_mixed_equilibrium_keep_their_digits():
    """Differences of losses would keep none: the gains are 1e-20 of the payoffs."""
    a, b = [[3, -1], [-2, 4]], [[-1, 2], [3, -5]]
    game = gt.ProbabilityGame(gt.NormalFormGame.from_bimatrix(a, b))
    (rest,) = (e for e in gt.solve_2x2(game.matrix_game).equilibria[:1])
    current = rest + np.array([1e-10, -3e-10])
    moved = current - 0.02 * game.gradient(current)
    meta = current_or_predicted_game(game, current, moved)
    old, new = ([Fraction(float(v)) for v in point] for point in (current, moved))

    def earned(payoffs, p, q):
        rows = ((p, 0), (1 - p, 1))
        columns = ((q, 0), (1 - q, 1))
        return sum(x * y * payoffs[i][j] for x, i in rows for y, j in columns)

    for i, j in ((0, 1), (1, 0), (1, 1)):
        point = (new if i else old)[0], (new if j else old)[1]
        for player, payoffs in enumerate((a, b)):
            exact = earned(payoffs, *point) - earned(payoffs, *old)
            # The gradient itself is known to 1e-16 of the payoffs, at a distance of 1e-10.
            assert meta.payoffs[player, i, j] == pytest.approx(float(exact), rel=1e-5)
