"""Lists of equilibria: comparisons, and what holds of every list that is proved to be whole."""

import numpy as np
from n_player_games import share_gap

import gametools as gt
from gametools.equilibria.polynomial import polynomial
from gametools.equilibria.result import SolveStatus


def solved(game, **options):
    return polynomial(game, progress=False, **options)


def distances(found, expected):
    """How far the profiles of two lists are apart, shape (found, expected)."""
    found, expected = (np.array([np.concatenate(p) for p in q]) for q in (found, expected))
    return np.abs(found[:, None] - expected[None]).max(axis=-1)


def assert_contains(found, expected, atol=1e-9):
    assert distances(found, expected).min(axis=0).max() < atol


def assert_same_set(found, expected, atol=1e-9):
    assert len(found) == len(expected)
    assert_contains(found, expected, atol)
    assert_contains(expected, found, atol)


def assert_proved(game, result):
    """What holds of the equilibria of every regular game, and of a certified list."""
    assert result.complete
    assert result.status == SolveStatus.COMPLETE
    assert len(result.equilibria) % 2 == 1
    assert result.details["index_sum"] == sum(result.details["index"]) == 1
    assert result.components == tuple((k,) for k in range(len(result.equilibria)))
    for profile in result.equilibria:
        assert share_gap(game, profile) < 1e-13


def random_game(seed, shape):
    """Normal payoffs for odd seeds, uniform ones for even seeds."""
    rng = np.random.default_rng([seed, *shape])
    payoffs = rng.normal if seed % 2 else rng.uniform
    return gt.NormalFormGame(payoffs(size=(len(shape), *shape)), len(shape))
