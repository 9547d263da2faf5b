import numpy as np
import pytest

import gametools as gt
from gametools.games.released import RELEASED_CLASSES, released_2x2


def coordination(u):
    b = u()
    d = b + u()
    c = d + u()
    a = c + u()
    g = u()
    e = g + u()
    f = u()
    h = f + u()
    return a, b, c, d, e, f, g, h


def anticoordination(u):
    a = -u() - 1
    c = a + u()
    if u() < 0.5:
        b = abs(a) - 0.1 * u()
        d = (abs(c) if abs(c) < b else b) - 0.1 * u()
    else:
        d = c + 0.1 * u()
        b = d + 0.1 * u()
    e = u()
    g = e + u()
    h = u()
    f = h + u()
    return a, b, c, d, e, f, g, h


def cyclic(u):
    if u() < 0.5:
        e = u()
        g = e + u()
        h = u()
        f = h + u()
        a = 0.5 + u()
        c = -a + 0.1 * u()
        d = abs(c) - 0.1 * u()
        b = d - 0.1 * u()
    else:
        g = u()
        e = g + u()
        f = u()
        h = f + u()
        c = u() + 0.5
        a = -c + 0.1 * u()
        b = abs(a) - 0.1 * u()
        d = b - 0.1 * u()
    return a, b, c, d, e, f, g, h


SEQUENTIAL = {f.__name__: f for f in (coordination, anticoordination, cyclic)}


@pytest.mark.parametrize("game_class", RELEASED_CLASSES)
def test_games_equal_those_drawn_one_number_at_a_time(game_class):
    seeds = [*range(60), 2**32 - 1]
    games = released_2x2(game_class, seeds)
    for seed, payoffs in zip(seeds, games.payoffs, strict=True):
        a, b, c, d, e, f, g, h = SEQUENTIAL[game_class](np.random.RandomState(seed).random_sample)
        np.testing.assert_array_equal(payoffs, [[[a, b], [c, d]], [[e, g], [f, h]]])


@pytest.mark.parametrize("game_class", RELEASED_CLASSES)
def test_games_are_in_the_class_they_are_named_after(game_class):
    games = released_2x2(game_class, range(500))
    assert set(gt.classify_2x2(games)) == {game_class}


def test_global_random_state_is_left_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002 (what is checked)
    released_2x2("cyclic", range(3))
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_cyclic_equilibria_crowd_the_boundary():
    found = gt.solve_2x2(released_2x2("cyclic", range(1000)))
    share = np.mean(found.boundary_distance[:, 0] < 0.05)
    assert share == pytest.approx(0.91, abs=0.005)  # the released seeds are fixed: only rounding


@pytest.mark.parametrize(
    ("game_class", "seeds", "error", "message"),
    [
        ("cylcic", [0], ValueError, "`game_class` must be one of .* Did you mean 'cyclic'"),
        ("any", [0], ValueError, "`game_class` must be one of coordination.*got 'any'"),
        ("cyclic", [], ValueError, "`seeds` must name at least one game"),
        ("cyclic", [0, -1], ValueError, "`seeds` must be at least 0; got -1"),
        ("cyclic", [2**32], ValueError, r"`seeds` must be below 2\*\*32; got 4294967296"),
        ("cyclic", [0.5], TypeError, "`seeds` must be a whole number; got 0.5"),
    ],
    ids=["misspelt", "no released generator", "none", "negative", "too large", "fractional"],
)
def test_what_the_released_program_could_not_draw_is_refused(game_class, seeds, error, message):
    with pytest.raises(error, match=message):
        released_2x2(game_class, seeds)
