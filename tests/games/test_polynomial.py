import numpy as np
import pytest

import gametools as gt
from gametools.games import Box


def test_a_polynomial_of_degree_two_is_the_quadratic_game():
    quadratic = gt.QuadraticGame([[2, 3], [-4, 6]], [1, -1])
    losses = [{(2, 0): 1, (1, 1): 3, (1, 0): 1}, {(0, 2): 3, (1, 1): -4, (0, 1): -1}]
    polynomial = gt.PolynomialGame(losses)
    x = np.random.default_rng(0).normal(size=(5, 2))
    for method in ("losses", "gradient", "jacobian", "loss_jacobian"):
        found, wanted = (getattr(game, method)(x) for game in (polynomial, quadratic))
        np.testing.assert_allclose(found, wanted, rtol=1e-13, atol=1e-14)


def test_powers_of_zero_and_constants():
    game = gt.PolynomialGame([{(0, 0): 7, (1, 0): 2}, {}])
    np.testing.assert_array_equal(game.losses([0.0, 0.0]), [7, 0])
    np.testing.assert_array_equal(game.gradient([0.0, 0.0]), [2, 0])
    np.testing.assert_array_equal(game.jacobian([0.0, 0.0]), np.zeros((2, 2)))


def test_a_domain_keeps_simulations_inside():
    game = gt.PolynomialGame([{(1, 0): 1}, {(0, 1): -1}], domain=Box(-1, 1))
    path = gt.simulate(game, gt.dynamics.GradientDescent(0.7), [0.0, 0.0], steps=5)
    np.testing.assert_array_equal(path.points[-1], [-1, 1])


def test_games_keep_read_only_copies_and_say_what_they_are():
    table = {(3, 1): 1.0}
    game = gt.PolynomialGame([table, table])
    table[1, 1] = 5.0
    np.testing.assert_array_equal(game.losses([1.0, 1.0]), [1, 1])
    with pytest.raises(ValueError, match="read-only"):
        game.coefficients[0] = 1
    assert repr(game) == "PolynomialGame(2 players, dims (1, 1), degree 4)"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([],), ValueError, "`dims` must have an entry for each of 0 losses"),
        (([{}, {}], (1,)), ValueError, r"`dims` must have an entry for each of 2 losses; got \(1,"),
        (([{(1,): 1}, {}],), ValueError, r"keys of 2 exponents, .*; got \(1,\)"),
        (([{1: 1}, {}],), ValueError, "keys of 2 exponents, .*; got 1"),
        (([{(1, -1): 1}, {}],), ValueError, "exponents` must be at least 0; got -1"),
        (([{(1, 0.5): 1}, {}],), TypeError, "exponents` must be a whole number; got 0.5"),
        (([{}, {(1, 1): np.nan}],), ValueError, r"`losses\[1\]\[\(1, 1\)\]` must be finite"),
    ],
    ids=str,
)
def test_games_that_make_no_sense_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        gt.PolynomialGame(*arguments)
