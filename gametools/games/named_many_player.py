"""The named games of more than two players: payoffs, source, and what each shows.

A cell holds one payoff for each player. The last player's action changes from cell to cell within
a line, the first player's most slowly.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

__all__ = ["MANY_PLAYER_GAMES"]

_GAMBIT = "test game distributed with Gambit"
_NAU = (
    "Nau, Gomez Canovas and Hansen (2004), On the geometry of Nash equilibria and correlated "
    "equilibria"
)


def _cells(players: int, payoff: Callable[[tuple[int, ...], int], float]) -> str:
    """Return the cells of a two-action game from ``payoff(actions, player)``."""
    profiles = itertools.product((0, 1), repeat=players)
    cells = (",".join(str(payoff(s, i)) for i in range(players)) for s in profiles)
    return f"{'x'.join('2' * players)}: {' '.join(cells)}"


def _jordan(actions: tuple[int, ...], player: int) -> int:
    matches = actions[player] == actions[(player + 1) % 3]
    return 1 if matches != (player == 2) else -1


def _minority(actions: tuple[int, ...], player: int) -> int:
    return int(actions.count(actions[player]) == 1)


def _pigou(actions: tuple[int, ...], player: int) -> float:
    return -1.0 if actions[player] == 0 else -actions.count(1) / len(actions)


def _el_farol(actions: tuple[int, ...], player: int) -> int:
    return 0 if actions[player] == 1 else 1 if actions.count(0) <= 3 else -1


def _two_halves(actions: tuple[int, ...], player: int) -> int:
    del player
    return int(actions in ((0, 0, 1, 1), (1, 1, 0, 0)))


MANY_PLAYER_GAMES: dict[str, tuple[str, str, str]] = {
    "mckelvey_mclennan": (
        """2x2x2: 9,8,12  0,0,0   0,0,0  3,4,6
                  0,0,0   3,4,6   9,8,2  0,0,0""",
        "McKelvey and McLennan (1996), Computation of equilibria in finite games",
        "nine equilibria, the maximum for isolated ones of this size; four pure",
    ),
    "nau_2004_section_4": (
        """2x2x2: 3,0,2  1,0,0   0,2,0  0,1,0
                  0,1,0  0,3,0   1,0,0  2,0,3""",
        f"{_NAU}, section 4",
        "the only equilibrium has irrational probabilities",
    ),
    "nau_2004_section_5": (
        """2x2x2: 0,0,2  1,1,0   0,3,0  0,0,0
                  3,0,0  0,0,0   0,0,0  0,0,3""",
        f"{_NAU}, section 5",
        "three pure equilibria, two partly mixed ones and a continuum of completely mixed ones",
    ),
    "jordan_matching_pennies": (
        _cells(3, _jordan),
        "after Jordan (1993), Three problems in learning mixed-strategy Nash equilibria",
        "each wants to match the next, the last to differ from the first: learning cycles",
    ),
    "minority_3": (
        _cells(3, _minority),
        "Challet and Zhang (1997), Emergence of cooperation and organization in an evolutionary "
        "game; three players",
        "who is alone on a side wins",
    ),
    "gambit_3x3x3": (
        """3x3x3:
        1.131,1.210,2.426  2.429,2.326,2.422  3.222,3.024,1.223
        1.576,5.634,5.675  2.455,6.523,4.225  5.277,4.837,5.645
        1.735,4.043,7.247  4.943,7.362,4.382  4.642,1.897,4.042
        1.358,2.234,2.238  5.255,5.334,2.643  2.873,4.452,4.549
        1.478,2.544,1.973  7.486,4.483,5.764  4.995,5.754,4.383
        3.830,1.335,1.734  4.434,4.271,4.120  4.976,7.324,7.723
        1.655,1.347,2.747  2.243,3.518,3.062  4.564,4.326,1.762
        1.436,4.864,5.267  7.566,4.655,7.076  4.423,1.759,2.705
        1.428,1.521,4.248  4.533,5.231,5.458  4.486,4.882,2.537""",
        f"{_GAMBIT} (3x3x3.nfg)",
        "five equilibria, one of which is easily missed",
    ),
    "gambit_2x2x2x2": (
        """2x2x2x2:
        1.131,1.210,2.426,2.429  2.326,2.422,3.222,3.024
        1.223,1.358,2.234,2.238  5.255,5.334,2.643,2.873
        4.452,4.549,1.655,1.347  2.747,2.243,3.518,3.062
        4.564,4.326,1.762,1.576  5.634,5.675,2.455,6.523
        4.225,5.277,4.837,5.645  1.478,2.544,1.973,7.486
        4.483,5.764,4.995,5.754  4.383,1.436,4.864,5.267
        7.566,4.655,7.076,4.423  1.759,2.705,1.735,4.043
        7.247,4.943,7.362,4.382  4.642,1.897,4.042,3.830""",
        f"{_GAMBIT} (2x2x2x2.nfg)",
        "three equilibria of four players",
    ),
    "van_der_laan": (
        """2x2x2x2:
        -3,-4,-1,-6  -3,-6,-6,-2  -4,-2,-2,-3  -2,-4,-2,-6
        -3,-5,-3,-5  -3,-2,-3,-5  -4,-7,-6,-1  -1,-4,-5,-3
        -4,-5,-3,-3  -1,-3,-3,-4  -4,-3,-4,-2  -3,-6,-6,-7
        -1,-8,-3,-3  -1,-6,-2,-1  -6,-3,-1,-2  -8,-5,-5,-5""",
        f"van der Laan et al., {_GAMBIT} (g3.nfg)",
        "five mixed equilibria and no pure one, one of which is easily missed",
    ),
    "pigou_4": (
        _cells(4, _pigou),
        "Pigou (1920), The Economics of Welfare, as a congestion game (Rosenthal 1973); actions: "
        "a road that costs 1, one that costs the share of players on it",
        "the worst equilibrium costs 4/3 of the optimum",
    ),
    "two_halves": (
        _cells(4, _two_halves),
        "Kuba et al. (2022), Trust region policy optimisation in multi-agent reinforcement "
        "learning, proposition 1, for n = 4",
        "common interest; the best policy shared by all earns 1/8 of the optimum",
    ),
    "el_farol": (
        _cells(5, _el_farol),
        "Arthur (1994), Inductive reasoning and bounded rationality, with five players; the "
        "payoffs 1 (in the bar), -1 (in the crowd) and 0 (at home) are ours",
        "going pays for at most 60%: ten pure equilibria, none of them symmetric",
    ),
}
"""Name: (shape and cells, source, what it shows)."""
