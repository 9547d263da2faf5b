"""Differentiable games that have a name, each with its source and what is known of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gametools.games.catalogue import named_game
from gametools.games.differentiable import DifferentiableGame, QuadraticGame
from gametools.games.gaussian import GaussianGame
from gametools.games.normal_form import NormalFormGame
from gametools.games.polynomial import PolynomialGame
from gametools.games.repeated import RepeatedGame
from gametools.games.sigmoid import SigmoidGame
from gametools.validation import choice

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "NAMED_DIFFERENTIABLE_GAMES",
    "KnownFixedPoint",
    "differentiable_catalogue_frame",
    "known_fixed_points",
    "named_differentiable_game",
]

_MECHANICS = "Balduzzi et al. (2018), The Mechanics of n-Player Differentiable Games"
_SOS = "Letcher et al. (2019), Stable Opponent Shaping in Differentiable Games"
_LOLA = "Foerster et al. (2018), Learning with Opponent-Learning Awareness"
_MATRL = "Wen et al. (2021), A Game-Theoretic Approach to Multi-Agent Trust Region Optimization"


class KnownFixedPoint(NamedTuple):
    """A point where the simultaneous gradient is 0, and what kind of rest it is.

    Attributes
    ----------
    point : tuple of float
        The joint parameters.
    kind : str
        "stable", "unstable", "strict saddle", "centre", or "undecided" where the game's Jacobian
        is singular; the first that applies in the order undecided, stable (symmetric part
        positive definite), unstable (negative definite), strict saddle (an eigenvalue with a
        negative real part), centre.
    is_stable : bool
        Whether the symmetric part has no negative eigenvalue and the Jacobian is invertible.
    is_local_nash : bool
        Whether no player gains by a small deviation of its own.
    """

    point: tuple[float, ...]
    kind: str
    is_stable: bool
    is_local_nash: bool


class _Entry(NamedTuple):
    make: Callable[[], DifferentiableGame]
    source: str
    shows: str
    rests: tuple[KnownFixedPoint, ...]


def _at_origin(
    kind: str, stable: bool, nash: bool, parameters: int = 2
) -> tuple[KnownFixedPoint, ...]:
    return (KnownFixedPoint((0.0,) * parameters, kind, stable, nash),)


def _iterated_prisoners_dilemma() -> RepeatedGame:
    stage = NormalFormGame.from_bimatrix([[-1, -3], [0, -2]], [[-1, 0], [-3, -2]])
    return RepeatedGame(stage, 0.96)


def _four_player_rotation() -> QuadraticGame:
    beyond = np.triu(np.ones((4, 4)), 1)
    return QuadraticGame(0.01 * np.eye(4) + beyond - beyond.T)


_GAMES: dict[str, _Entry] = {
    "bilinear": _Entry(
        lambda: QuadraticGame([[0, 1], [-1, 0]]),
        f"{_MECHANICS}; losses xy and -xy",
        "gradient descent spirals away from the only Nash equilibrium, at any step",
        _at_origin("centre", True, True),
    ),
    "strict_saddle": _Entry(
        lambda: QuadraticGame([[0, 1], [1, 0]]),
        f"{_SOS}; losses xy and xy",
        "a local Nash equilibrium that is not stable: learners should escape it",
        _at_origin("strict saddle", False, True),
    ),
    "stable_not_nash": _Entry(
        lambda: PolynomialGame([{(3, 0): 1, (1, 1): 1}, {(1, 1): -1}]),
        f"{_MECHANICS}; losses x**3 + xy and -xy",
        "a stable fixed point that is not a local Nash equilibrium",
        _at_origin("centre", True, False),
    ),
    "rotational": _Entry(
        lambda: QuadraticGame([[1, 10], [-10, 1]]),
        f"{_MATRL}, figure 3; losses x**2/2 + 10xy and y**2/2 - 10xy",
        "a stable fixed point that gradient descent leaves at steps above 2/101",
        _at_origin("stable", True, True),
    ),
    "hill": _Entry(
        lambda: PolynomialGame([{(2, 0): -0.5, (0, 2): -0.5}] * 2),
        f"{_MECHANICS}; loss -(x**2 + y**2)/2 for both",
        "a maximum of both losses, to which consensus optimisation may be drawn",
        _at_origin("unstable", False, False),
    ),
    "tandem": _Entry(
        lambda: PolynomialGame(
            [
                {(2, 0): 1, (1, 1): 2, (0, 2): 1, (1, 0): -2},
                {(2, 0): 1, (1, 1): 2, (0, 2): 1, (0, 1): -2},
            ]
        ),
        f"{_SOS}; losses (x + y)**2 - 2x and (x + y)**2 - 2y",
        "a line of fixed points, x + y = 1, that LOLA leaves, to the harm of both",
        tuple(
            KnownFixedPoint(point, "undecided", False, True)
            for point in ((0.5, 0.5), (1.0, 0.0), (-1.0, 2.0))
        ),
    ),
    "limit_cycle": _Entry(
        lambda: PolynomialGame(
            [
                {(1, 1): s, (2, 0): -s / 2, (0, 2): s / 2, (4, 0): s / 4, (0, 4): -s / 4}
                for s in (1, -1)
            ]
        ),
        "Letcher (2021), On the Impossibility of Global Convergence in Multi-Loss Optimization; "
        "losses +-(xy - x**2/2 + y**2/2 + x**4/4 - y**4/4)",
        "the only fixed point is a maximum for both: learners cycle for ever, or stop there",
        _at_origin("unstable", False, False),
    ),
    "four_player_rotation": _Entry(
        _four_player_rotation,
        f"{_MECHANICS}, appendix D; loss i is 0.01 w_i**2/2 + w_i (sum of the later w_j, minus "
        "that of the earlier ones)",
        "a weak attractor that strong rotation hides, with four players",
        _at_origin("stable", True, True, 4),
    ),
    "cournot_duopoly": _Entry(
        lambda: QuadraticGame([[2, 1], [1, 2]], [-9, -9]),
        "Cournot (1838); Osborne (2004), An Introduction to Game Theory, section 3.1: price "
        "10 - q1 - q2, unit cost 1; quantities are not kept above 0",
        "a stable interior equilibrium, reached by most rules",
        (KnownFixedPoint((3.0, 3.0), "stable", True, True),),
    ),
    "sigmoid_matching_pennies": _Entry(
        lambda: SigmoidGame(named_game("matching_pennies")),
        f"{_SOS}; matching pennies in logits",
        "a centre whose rotation slows down far out, where sigmoids are flat",
        _at_origin("centre", True, True),
    ),
    "gaussian_product": _Entry(
        lambda: GaussianGame(lambda actions: actions.prod(axis=-1), 2),
        "Kuba et al. (2022), Trust Region Policy Optimisation in Multi-Agent Reinforcement "
        "Learning, figure 1; payoff a1 a2 for both, means of unit-variance policies",
        "each agent's improvement is a loss if both make it at once, a gain one by one",
        _at_origin("strict saddle", False, True),
    ),
    "iterated_prisoners_dilemma": _Entry(
        _iterated_prisoners_dilemma,
        f"{_SOS}; {_LOLA}; losses CC 1, CD 3, DC 0, DD 2, discount 0.96, memory one, in logits",
        "plain gradient learners defect; learners that shape each other learn tit for tat",
        (),
    ),
    "iterated_matching_pennies": _Entry(
        lambda: RepeatedGame(named_game("matching_pennies"), 0.9),
        f"{_LOLA}; discount 0.9, memory one, in logits",
        "even mixing after every round is a centre in ten dimensions",
        _at_origin("centre", True, True, 10),
    ),
}

NAMED_DIFFERENTIABLE_GAMES = tuple(_GAMES)
"""Names that `named_differentiable_game` takes."""


def named_differentiable_game(name: str) -> DifferentiableGame:
    """Return a differentiable game of the literature by its name.

    Parameters
    ----------
    name : str
        A name in `NAMED_DIFFERENTIABLE_GAMES`; `differentiable_catalogue_frame` says more about
        each.

    Raises
    ------
    ValueError
        If there is no game of this name; the message suggests the nearest one.

    Notes
    -----
    Source: the column ``source`` of `differentiable_catalogue_frame`, which gives the losses;
    nothing differs.

    Examples
    --------
    >>> import gametools as gt
    >>> gt.named_differentiable_game("tandem").gradient([1.0, 1.0])
    array([2., 2.])
    """
    return _GAMES[choice("name", name, NAMED_DIFFERENTIABLE_GAMES)].make()


def known_fixed_points(name: str) -> tuple[KnownFixedPoint, ...]:
    """Return what is known of a named game's fixed points; some of them where they are many.

    Raises
    ------
    ValueError
        If there is no game of this name; the message suggests the nearest one.

    Notes
    -----
    Source: as of the game; kinds and flags follow from the losses by hand.

    Examples
    --------
    >>> import gametools as gt
    >>> rest, = gt.games.known_fixed_points("stable_not_nash")
    >>> rest.point, rest.kind, rest.is_stable, rest.is_local_nash
    ((0.0, 0.0), 'centre', True, False)
    """
    return _GAMES[choice("name", name, NAMED_DIFFERENTIABLE_GAMES)].rests


def differentiable_catalogue_frame() -> pd.DataFrame:
    """Return the named differentiable games as a frame: name, dims, kinds, source, shows.

    Examples
    --------
    >>> import gametools as gt
    >>> frame = gt.games.differentiable_catalogue_frame().set_index("name")
    >>> frame.loc["rotational", ["dims", "rests"]].tolist()
    ['1+1', 'stable']
    """
    import pandas as pd

    rows = [
        {
            "name": name,
            "dims": "+".join(map(str, entry.make().dims)),
            "rests": ", ".join(dict.fromkeys(rest.kind for rest in entry.rests)),
            "source": entry.source,
            "shows": entry.shows,
        }
        for name, entry in _GAMES.items()
    ]
    return pd.DataFrame(rows)
