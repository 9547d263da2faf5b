"""Games to and from nashpy and pygambit; the latter is played by a stand-in where it is missing."""

import importlib.util
import sys
import types
from fractions import Fraction

import numpy as np
import pytest
from game_strategies import games
from hypothesis import given

import gametools as gt
from gametools.games.nfg import format_nfg, parse_nfg

HAVE_PYGAMBIT = importlib.util.find_spec("pygambit") is not None


@given(games(max_players=2).filter(lambda game: game.num_players == 2))
def test_to_nashpy_and_back(game):
    theirs = gt.games.to_nashpy(game)
    np.testing.assert_array_equal(theirs.payoff_matrices[0], game.payoffs[0])
    np.testing.assert_array_equal(theirs.payoff_matrices[1], game.payoffs[1])
    np.testing.assert_array_equal(gt.games.from_nashpy(theirs).payoffs, game.payoffs)


def test_nashpy_earns_the_same():
    game = gt.random_game("normal", (3, 4), rng=0)
    row, column = np.array([0.2, 0.3, 0.5]), np.array([0.1, 0.2, 0.3, 0.4])
    ours = np.einsum("iab,a,b->i", game.payoffs, row, column)
    np.testing.assert_allclose(gt.games.to_nashpy(game)[row, column], ours)


def test_nashpy_gets_copies():
    game = gt.named_game("chicken")
    gt.games.to_nashpy(game).payoff_matrices[0][:] = 99
    assert game.payoffs.max() == 7


def test_a_zero_sum_game_of_nashpy_has_two_payoff_matrices():
    nashpy = pytest.importorskip("nashpy")
    game = gt.games.from_nashpy(nashpy.Game([[1, -1], [-1, 1]]))
    np.testing.assert_array_equal(game.payoffs, gt.named_game("matching_pennies").payoffs)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: gt.games.from_nashpy(3), TypeError, "`game` must be a nashpy.Game; got int"),
        (lambda: gt.games.from_pygambit(3), TypeError, r"pygambit 16\.3 or later\); got int"),
        (lambda: gt.games.to_nashpy(gt.named_game("minority_3")), ValueError, "two players.*got 3"),
        (lambda: gt.games.to_nashpy(gt.random_2x2("any", 2)), ValueError, "nashpy.Game; got a b"),
        (lambda: gt.games.to_pygambit(gt.random_2x2("any", 2)), ValueError, "Game; got a batch"),
    ],
)
def test_what_does_not_fit_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(
    ("package", "call"), [("nashpy", gt.games.to_nashpy), ("pygambit", gt.games.to_pygambit)]
)
def test_a_missing_package_is_one_line_that_names_it(monkeypatch, package, call):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=f"needs the package {package}.*pip install {package}$"):
        call(gt.named_game("chicken"))


@pytest.fixture
def pygambit(monkeypatch):
    """The real package, or a stand-in with the two functions that the adapters call."""
    if HAVE_PYGAMBIT:
        return importlib.import_module("pygambit")

    class Game:
        def __init__(self, text):
            self.game = parse_nfg(text)

        def to_nfg(self):  # as Gambit writes: with outcomes, payoffs as ratios
            game = self.game
            head = format_nfg(game).split("\n")[0]
            rows = game.payoffs.reshape((game.num_players, -1), order="F").T.tolist()
            ratios = [", ".join(str(Fraction(x)) for x in row) for row in rows]
            listed = "\n".join(f'{{ "_{k}" {row} }}' for k, row in enumerate(ratios, 1))
            return f'{head}\n""\n{{\n{listed}\n}}\n{" ".join(map(str, range(1, len(rows) + 1)))}\n'

    fake = types.SimpleNamespace(read_nfg=lambda file: Game(file.read()))
    monkeypatch.setitem(sys.modules, "pygambit", fake)
    return fake


def test_to_pygambit_and_back(pygambit):
    for k, shape in enumerate([(3,), (2, 2), (3, 2), (2, 3, 2)]):
        game = gt.random_game("normal", shape, rng=k)
        again = gt.games.from_pygambit(gt.games.to_pygambit(game))
        assert again.num_players == game.num_players
        np.testing.assert_array_equal(again.payoffs, game.payoffs)


@pytest.mark.skipif(not HAVE_PYGAMBIT, reason="pygambit is not installed")
def test_pygambit_has_the_same_payoffs_on_the_same_axes(pygambit):
    game = gt.named_game("mckelvey_mclennan")
    arrays = gt.games.to_pygambit(game).to_arrays(pygambit.Rational)
    np.testing.assert_array_equal(np.array([a.astype(float) for a in arrays]), game.payoffs)
