"""The named games of two players: payoffs, source, and what each shows.

A cell holds the row player's payoff and the column player's; each line is one row player's action.
"""

from __future__ import annotations

__all__ = ["TWO_PLAYER_GAMES"]

_DRIMA = "DRIMA: Differential reward interaction for cooperative multi-agent reinforcement learning"
_GAMBIT = "test game distributed with Gambit"

TWO_PLAYER_GAMES: dict[str, tuple[str, str, str]] = {
    "prisoners_dilemma": (
        """2x2: 3,3  0,5
                5,0  1,1""",
        "Axelrod (1984), The Evolution of Cooperation; actions: cooperate, defect",
        "dominant actions whose outcome is worse for both",
    ),
    "drima_prisoners_dilemma": (
        """2x2: 10,10  0,18
                18,0   2,2""",
        f"{_DRIMA}, figure 1; actions: cooperate, defect",
        "independent learners end at (2, 2), those that share rewards at (10, 10)",
    ),
    "matching_pennies": (
        """2x2:  1,-1  -1,1
                -1,1   1,-1""",
        "von Neumann and Morgenstern (1944), Theory of Games and Economic Behavior",
        "the smallest game without a pure equilibrium",
    ),
    "stag_hunt": (
        """2x2: 2,2  0,1
                1,0  1,1""",
        "Osborne (2004), An Introduction to Game Theory, section 2.5; actions: stag, hare",
        "one equilibrium is best for both, the other is safe",
    ),
    "chicken": (
        """2x2: 6,6  2,7
                7,2  0,0""",
        "Aumann (1974), Subjectivity and correlation in randomized strategies",
        "anticoordination; a correlated equilibrium beats all mixtures of Nash equilibria",
    ),
    "battle_of_the_sexes": (
        """2x2: 2,1  0,0
                0,0  1,2""",
        "Osborne (2004), An Introduction to Game Theory, section 2.3",
        "both want to coordinate, each on another equilibrium",
    ),
    "zero_2x2": (
        """2x2: 0,0  0,0
                0,0  0,0""",
        f"{_GAMBIT} (zero.nfg)",
        "every profile is an equilibrium",
    ),
    "rock_paper_scissors": (
        """3x3: 0,0   -1,1   1,-1
                1,-1   0,0  -1,1
               -1,1    1,-1  0,0""",
        "von Neumann and Morgenstern (1944), Theory of Games and Economic Behavior",
        "zero-sum; replicator dynamics circle around the only equilibrium",
    ),
    "good_rock_paper_scissors": (
        """3x3: 0,0  -1,2   2,-1
                2,-1  0,0  -1,2
               -1,2   2,-1  0,0""",
        "Sandholm (2010), Population Games and Evolutionary Dynamics; a win is worth 2",
        "a win is worth more than a loss costs: one-population replicator dynamics converge",
    ),
    "bad_rock_paper_scissors": (
        """3x3: 0,0   -1,0.5  0.5,-1
              0.5,-1   0,0    -1,0.5
               -1,0.5  0.5,-1  0,0""",
        "Sandholm (2010), Population Games and Evolutionary Dynamics; a win is worth 0.5",
        "a win is worth less than a loss costs: one-population replicator dynamics diverge",
    ),
    "shapley_1964": (
        """3x3: 0,0  1,0  0,1
                0,1  0,0  1,0
                1,0  0,1  0,0""",
        "Shapley (1964), Some topics in two-person games",
        "fictitious play cycles for ever, ever more slowly",
    ),
    "climbing": (
        """3x3: 11,11  -30,-30  0,0
               -30,-30   7,7    6,6
                 0,0     0,0    5,5""",
        "Claus and Boutilier (1998), The dynamics of reinforcement learning in cooperative "
        "multiagent systems",
        "common interest; miscoordination next to the best outcome is costly",
    ),
    "penalty": (
        """3x3: 10,10  0,0  -100,-100
                 0,0   2,2     0,0
              -100,-100  0,0  10,10""",
        "Claus and Boutilier (1998), The dynamics of reinforcement learning in cooperative "
        "multiagent systems; k = -100",
        "common interest; two best equilibria and a safe one",
    ),
    "maintain": (
        """3x3: 20,15   0,0    0,0
                30,0   10,5    0,0
                 0,0    0,0    5,10""",
        f"{_DRIMA}, table 1, after Zhang et al. (2020), Bi-level actor-critic",
        "the best total (20, 15) is no equilibrium; (10, 5) and (5, 10) are",
    ),
    "hunting": (
        """2x2: 15,-5  5,0
                 0,-5  0,0""",
        f"{_DRIMA}, table 2; actions: approach, avoid",
        "dominant actions lead to (5, 0); the best total is (15, -5)",
    ),
    "collection": (
        """2x2: 10,5  20,0
                0,10   0,0""",
        f"{_DRIMA}, table 3; actions: approach, leave",
        "dominant actions lead to (10, 5); the best total is (20, 0)",
    ),
    "zeeman": (
        """3x3: 0,0   6,-3  -4,-1
               -3,6   0,0    5,3
               -1,-4  3,5    0,0""",
        "Zeeman (1980), Population dynamics from game theory",
        "symmetric; replicator dynamics attract to a mixture that is not evolutionarily stable",
    ),
    "coordination_3": (
        """3x3: 3,2  0,0  0,0
                0,0  2,2  0,0
                0,0  0,0  1,4""",
        f"{_GAMBIT} (coord3.nfg)",
        "seven equilibria, one for each set of coordinated actions",
    ),
    "shapley_1974": (
        """3x3: 0,0  3,2  0,3
                2,3  2,2  0,0
                3,0  0,0  1,1""",
        "Shapley (1974), A note on the Lemke-Howson algorithm, figure 3, due to R. Wilson",
        "three equilibria, two of which no Lemke-Howson path from the origin reaches",
    ),
    "winkels_1979": (
        """6x2: 1,1  3,2
                1,0  3,-1
                3,-2  1,2
                3,4  1,-1
                2.5,-1  2.5,6
                2.5,6  2.5,-1""",
        "Winkels (1979), An algorithm to determine all equilibrium points of a bimatrix game",
        "degenerate: twelve extreme equilibria",
    ),
    "von_stengel_1997": (
        """6x6:
          9504,72336       -660,48081      19976,29216
            -20526,14124      1776,1776       -8976,-8514
          -111771,-461736  31680,-300036   -130944,-178761
            168124,-84436    -8514,-8976      52764,52764
          397584,1227336   -113850,774576  451176,451176
            -586476,208626   29216,19976      -178761,-130944
          171204,-1718376  -45936,-1039236 208626,-586476
            -263076,-263076  14124,-20526     -84436,168124
          1303104,1303104  -453420,737154  1227336,397584
            -1718376,171204  72336,9504       -461736,-111771
          737154,-453420   -227040,-227040 774576,-113850
            -1039236,-45936  48081,-660       -300036,31680""",
        "von Stengel (1997), New lower bounds for the number of equilibria in bimatrix games",
        "75 equilibria, more than 2**6 - 1",
    ),
    "savani_von_stengel_2006": (
        """6x6: -81,72     36,36   -126,17   126,-3   -36,-36   90,-153
               -180,-180   72,-81  -333,-30  297,20  -153,90   270,270
                 20,297    -3,126    42,42   -33,-33   17,-126 -30,-333
                -30,-333   17,-126  -33,-33   42,42    -3,126   20,297
                270,270  -153,90    297,20  -333,-30   72,-81 -180,-180
                 90,-153  -36,-36   126,-3  -126,17    36,36   -81,72""",
        "Savani and von Stengel (2006), Hard-to-solve bimatrix games",
        "75 equilibria like von_stengel_1997, with small payoffs",
    ),
    "kreps_wilson_1982": (
        """3x2: 0,0    0,0
               -1,2   -1,0
               -2,-2   3,-1""",
        "Kreps and Wilson (1982), Sequential equilibria, as normal form in Gambit's e04.nfg",
        "normal form of a game in extensive form; three extreme equilibria",
    ),
    "burning_a_dollar": (
        """4x4: 2,1  2,1  -1,0  -1,0
               -1,0 -1,0   0,3   0,3
                3,1  0,0   3,1   0,0
                0,0  1,3   0,0   1,3""",
        "van Damme (1989), Stable equilibria and forward induction",
        "iterated weak dominance selects the outcome (3, 1), out of ten extreme equilibria",
    ),
    "mixed_dominance": (
        """4x4: 4,-4  1,-1  2,-2  3,-3
                6,-6  5,-5  7,-7  2,-2
                7,-7  2,-2  4,-4  1,-1
                5,-5  7,-7  1,-1  6,-6""",
        f"{_GAMBIT} (mixdom2.nfg)",
        "zero-sum; its dominated actions are dominated by mixtures only",
    ),
    "dominated_equilibrium": (
        """3x3: 3,1    0,0  0,1
                1.5,1  2,2  1.5,1
                0,1    0,0  3,1""",
        f"{_GAMBIT} (perfect1.nfg)",
        "degenerate; no dominated actions, and yet an equilibrium in dominated mixtures",
    ),
    "degenerate_3x3_a": (
        """3x3: 1,1  3,2  2,3
                2,3  2,2  2,1
                3,2  1,2  2,2""",
        f"{_GAMBIT} (deg1.nfg)",
        "degenerate: six extreme equilibria",
    ),
    "degenerate_3x3_b": (
        """3x3: 1,2  3,2  2,2
                2,1  2,2  2,3
                3,3  1,2  2,1""",
        f"{_GAMBIT} (deg2.nfg)",
        "degenerate: seven extreme equilibria",
    ),
    "random_8x8": (
        """8x8:
        1.131,1.210 4.452,4.549 4.225,5.277 7.566,4.655
          1.335,1.734 2.537,2.417 2.164,5.349 3.803,2.685
        2.426,2.429 1.655,1.347 4.837,5.645 7.076,4.423
          4.434,4.271 1.427,1.624 2.243,5.056 3.464,2.678
        2.326,2.422 2.747,2.243 1.478,2.544 1.759,2.705
          4.120,4.976 4.542,4.572 1.473,4.580 1.323,4.792
        3.222,3.024 3.518,3.062 1.973,7.486 1.735,4.043
          7.324,7.723 7.577,7.969 1.740,4.192 1.214,4.462
        1.223,1.358 4.564,4.326 4.483,5.764 7.247,4.943
          1.428,1.521 2.675,2.238 2.236,5.174 3.974,2.793
        2.234,2.238 1.762,1.576 4.995,5.754 7.362,4.382
          4.248,4.533 1.132,1.985 2.355,5.347 3.575,2.269
        5.255,5.334 5.634,5.675 4.383,1.436 4.642,1.897
          5.231,5.458 5.369,5.395 2.798,1.403 2.778,1.646
        2.643,2.873 2.455,6.523 4.864,5.267 4.042,3.830
          4.486,4.882 4.669,4.274 2.832,1.380 2.342,1.640""",
        f"{_GAMBIT} (8x8.nfg)",
        "a generic game of its size: five equilibria, three of them pure",
    ),
}
"""Name: (shape and cells, source, what it shows)."""
