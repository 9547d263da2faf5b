"""Points whose kind of rest is known, each with its source."""

from dataclasses import dataclass

import numpy as np
import pytest

import gametools as gt
from gametools.games import Box
from gametools.stability import Kind

Q, P = gt.QuadraticGame, gt.PolynomialGame


def cyclic(u, v):
    """A cyclic 2x2 game with the given u and u' and its interior equilibrium at (0.5, 0.5)."""
    return gt.NormalFormGame.from_bimatrix([[u / 2, 0], [0, u / 2]], [[v / 2, 0], [0, v / 2]])


@dataclass(frozen=True)
class Known:
    name: str
    source: str
    game: object
    point: tuple
    kind: str
    flags: str  # those that are True; a ? marks one that is undecided


S, U, X, W, A, N, D = "stable", "unstable", "strict_saddle", "weak_stable", "attracting", (
    "local_nash"), "differential_nash"  # fmt: skip
ALL = f"{S} {W} {A} {N} {D}"
BILINEAR = "Mescheder et al. 2017: x y and -x y"
VERTEX = "a strict equilibrium presses on both bounds"
MIXED = "H = [[0, -u], [-u', 0]]"
BATTLE, DILEMMA = gt.named_game("battle_of_the_sexes"), gt.named_game("prisoners_dilemma")
CHICKEN, STAG = gt.named_game("chicken"), gt.named_game("stag_hunt")
PENNIES, RPS = gt.named_game("matching_pennies"), gt.named_game("rock_paper_scissors")
LETCHER = "Letcher et al. 2019"
THIRDS = (1 / 3,) * 6

POINTS = [
    Known("bilinear", BILINEAR, Q([[0, 1], [-1, 0]]), (0, 0), "centre", f"{S} {W} {N}"),
    Known("bilinear turned", BILINEAR, Q([[0, -3], [3, 0]]), (0, 0), "centre", f"{S} {W} {N}"),
    Known("bilinear moved", BILINEAR, Q([[0, 1], [-1, 0]], [-2, 1]), (1, 2), "centre",
          f"{S} {W} {N}"),
    Known("xy, xy", f"{LETCHER}: local Nash, not stable", Q([[0, 1], [1, 0]]), (0, 0),
          "strict saddle", f"{X} {W} {N}"),
    Known("x^3 + xy, -xy", f"{LETCHER}: stable, not local Nash",
          P([{(3, 0): 1, (1, 1): 1}, {(1, 1): -1}]), (0, 0), "centre", f"{S} {W}"),
    Known("x^4 + xy, -xy", "own curvature 0, a minimum all the same",
          P([{(4, 0): 1, (1, 1): 1}, {(1, 1): -1}]), (0, 0), "centre", f"{S} {W} {N}"),
    Known("-x^4 + xy, -xy", "own curvature 0, a maximum",
          P([{(4, 0): -1, (1, 1): 1}, {(1, 1): -1}]), (0, 0), "centre", f"{S} {W}"),
    Known("spiral", "Wen et al. 2021, figure 3", Q([[1, 10], [-10, 1]]), (0, 0), "stable", ALL),
    Known("two hills", "spectral-radius table", Q([[-1, 0], [0, -1]]), (0, 0), "unstable",
          f"{U} {X}"),
    Known("spiral out", "S < 0", Q([[-1, 10], [-10, -1]]), (0, 0), "unstable", f"{U} {X}"),
    Known("two bowls", "S > 0", Q([[1, 0], [0, 2]]), (0, 0), "stable", ALL),
    Known("coupled bowls", "eigenvalues 1/2, 3/2", Q([[1, 0.5], [0.5, 1]]), (0, 0), "stable", ALL),
    Known("coupled too much", "eigenvalues -1, 3", Q([[1, 2], [2, 1]]), (0, 0), "strict saddle",
          f"{X} {W} {N} {D}"),
    Known("bowl and hill", "the hill's player deviates", Q([[1, 0], [0, -1]]), (0, 0),
          "strict saddle", f"{X} {W}"),
    Known("weak hill, strong bowl", "Mazumdar et al. 2020: attracting, not Nash: trace 1, det 3",
          Q([[2, 5], [-1, -1]]), (0, 0), "attracting", f"{W} {A}"),
    Known("hill and bowl, turned", "trace 1, det 3", Q([[-1, -1], [5, 2]]), (0, 0), "attracting",
          f"{W} {A}"),
    Known("skewed bowls", "S has eigenvalues 1 +- 2: Nash, attracting, not stable",
          Q([[1, 4], [0, 1]]), (0, 0), "attracting", f"{W} {A} {N} {D}"),
    Known("skewed hills", "eigenvalues -1: escapes, S indefinite", Q([[-1, 4], [0, -1]]), (0, 0),
          "strict saddle", f"{X} {W}"),
    Known("skewed centre", "eigenvalues +-2i, S indefinite", Q([[0, 4], [-1, 0]]), (0, 0),
          "centre", f"{W} {N}"),
    Known("tandem", f"{LETCHER}: a line of fixed points, S >= 0",
          Q([[2, 2], [2, 2]], [-2, -2]), (0.25, 0.75), "undecided", f"{W} {N} {D}"),
    Known("nothing at stake", "H = 0", Q([[0, 0], [0, 0]]), (3, 4), "undecided", f"{W} {N}"),
    Known("no rest", "xi = (1, 2)", Q([[1, 0], [0, 1]]), (1, 2), "not a fixed point", ""),
    Known("three in a ring", "x y, y z, z x: eigenvalues are the cube roots of 1",
          Q([[0, 1, 0], [0, 0, 1], [1, 0, 0]]), (0, 0, 0), "strict saddle", f"{X} {W} {N}"),
    Known("three bowls in a chain", "S = 1", Q([[1, 10, 0], [-10, 1, 10], [0, -10, 1]]),
          (0, 0, 0), "stable", ALL),
    Known("one player, a saddle", "no game, a function", Q([[1, 0], [0, -1]], dims=(2,)), (0, 0),
          "strict saddle", f"{X} {W}"),
    Known("one player, a bowl", "no game, a function", Q([[1, 0], [0, 1]], dims=(2,)), (0, 0),
          "stable", ALL),
    Known("x^2 y^2 for one", "flat on the axes, positive elsewhere: sampling cannot prove it",
          P([{(2, 2): 1}], dims=(2,)), (0, 0), "undecided", f"{W} ?{N}"),
    Known("matching pennies", "u u' < 0, u + u' = 0", PENNIES, (0.5, 0.5), "centre",
          f"{S} {W} {N}"),
    Known("cyclic, general", f"{MIXED}: u u' < 0, u + u' != 0", cyclic(2, -3), (0.5, 0.5),
          "centre", f"{W} {N}"),
    Known("cyclic, zero sum", MIXED, cyclic(-2, 2), (0.5, 0.5), "centre", f"{S} {W} {N}"),
    Known("battle, mixed", f"{MIXED}: u u' > 0", BATTLE, (2 / 3, 1 / 3), "strict saddle",
          f"{X} {W} {N}"),
    Known("battle, first", VERTEX, BATTLE, (1, 1), "stable", ALL),
    Known("battle, second", VERTEX, BATTLE, (0, 0), "stable", ALL),
    Known("battle, apart", "both would change", BATTLE, (1, 0), "not a fixed point", ""),
    Known("chicken, mixed", f"{MIXED}: u u' > 0", CHICKEN, (2 / 3, 2 / 3), "strict saddle",
          f"{X} {W} {N}"),
    Known("chicken, (1, 0)", VERTEX, CHICKEN, (1, 0), "stable", ALL),
    Known("chicken, (0, 1)", VERTEX, CHICKEN, (0, 1), "stable", ALL),
    Known("stag hunt, stag", VERTEX, STAG, (1, 1), "stable", ALL),
    Known("dilemma, defection", VERTEX, DILEMMA, (0, 0), "stable", ALL),
    Known("dilemma, cooperation", "both would change", DILEMMA, (1, 1), "not a fixed point", ""),
    Known("on an edge, pressed", "x pressed against 0, y's bowl inside",
          P([{(1, 0): 1}, {(0, 2): 1, (0, 1): -1}], domain=Box(0.0, 1.0)), (0, 0.5), "stable", ALL),
    Known("on an edge, a hill", "x pressed against 0, y on top of its hill",
          P([{(1, 0): 1}, {(0, 2): -1, (0, 1): 1}], domain=Box(0.0, 1.0)), (0, 0.5), "unstable",
          f"{U} {X}"),
    Known("on an edge, not pressed", "S > 0 settles it",
          P([{(2, 0): 1}, {(0, 2): 1, (0, 1): -1}], domain=Box(0.0, 1.0)), (0, 0.5), "stable", ALL),
    Known("weak vertex", "a tie at the vertex: half a neighbourhood cannot tell",
          gt.NormalFormGame.from_bimatrix([[1, 0], [1, 0]], [[1, 0], [1, 0]]), (1, 1),
          "undecided", f"{N} ?{S} ?{U} ?{X} ?{W} ?{A}"),
    Known("edge, a profitable way in", "-x^2 at its bound 0",
          P([{(2, 0): -1}, {(0, 2): 1, (0, 1): -1}], domain=Box(0.0, 1.0)), (0, 0.5), "undecided",
          f"?{S} ?{U} ?{X} ?{W} ?{A}"),
    Known("xy in a corner", "indefinite, and yet no way leads down",
          P([{(1, 1): 1}], dims=(2,), domain=Box(0.0, 1.0)), (0, 0), "undecided",
          f"?{S} ?{U} ?{X} ?{W} ?{A} ?{N}"),
    Known("rock paper scissors", "zero sum, mixed", RPS, THIRDS, "centre", f"{S} {W} {N}"),
    Known("rock against rock", "paper pays more", RPS, (1, 0, 0, 1, 0, 0), "not a fixed point", ""),
    Known("battle on simplices, vertex", VERTEX, gt.SimplexGame(BATTLE), (1, 0, 1, 0), "stable",
          ALL),
    Known("battle on simplices, mixed", MIXED, gt.SimplexGame(BATTLE), (2 / 3, 1 / 3, 1 / 3, 2 / 3),
          "strict saddle", f"{X} {W} {N}"),
    Known("Jordan's pennies", "Jordan 1993: eigenvalues are cube roots",
          gt.named_game("jordan_matching_pennies"), (0.5, 0.5, 0.5), "strict saddle",
          f"{X} {W} {N}"),
]  # fmt: skip
FLAGS = [f"is_{name}" for name in (S, U, X, W, A, N, D)]


def flags_of(found):
    return {name: getattr(found, name) for name in FLAGS}


def wanted_flags(text):
    wanted = dict.fromkeys(FLAGS, False)
    for word in text.split():
        wanted[f"is_{word.lstrip('?')}"] = None if word.startswith("?") else True
    return wanted


def scaled(game, factor):
    """The same game with all payoffs or losses times `factor`."""
    if isinstance(game, gt.NormalFormGame):
        return gt.NormalFormGame(game.payoffs * factor, game.num_players)
    if isinstance(game, gt.SimplexGame):
        return gt.SimplexGame(scaled(game.matrix_game, factor))
    if isinstance(game, gt.QuadraticGame):
        return Q(game.matrix * factor, game.offset * factor, game.dims)
    terms = [
        {tuple(powers): value * factor for powers, value in zip(game.exponents, row, strict=True)}
        for row in game.coefficients
    ]
    return P(terms, game.dims, game.domain)


@pytest.mark.parametrize("known", POINTS, ids=lambda known: known.name)
def test_kind_and_flags(known):
    found = gt.classify(known.game, known.point)
    assert isinstance(found.kind, Kind)
    assert found.kind == known.kind
    assert flags_of(found) == wanted_flags(known.flags)


def test_there_are_many_of_every_kind():
    assert len(POINTS) >= 40
    assert {known.kind for known in POINTS} == set(Kind)


@pytest.mark.parametrize("factor", [1e-6, 1e6])
@pytest.mark.parametrize("known", POINTS, ids=lambda known: known.name)
def test_the_unit_of_payoffs_changes_nothing(known, factor):
    found = gt.classify(scaled(known.game, factor), known.point)
    assert found.kind == known.kind
    assert flags_of(found) == wanted_flags(known.flags)
    before = gt.classify(known.game, known.point)
    np.testing.assert_allclose(found.eigenvalues, factor * before.eigenvalues, rtol=1e-9,
                               atol=1e-12 * factor)  # fmt: skip
    np.testing.assert_allclose(found.margin, before.margin, rtol=1e-6, atol=1e-12)


CATALOGUE = [
    (name, rest)
    for name in gt.games.NAMED_DIFFERENTIABLE_GAMES
    for rest in gt.games.known_fixed_points(name)
]


@pytest.mark.parametrize(("name", "rest"), CATALOGUE, ids=lambda value: str(value)[:40])
def test_the_catalogue_of_differentiable_games(name, rest):
    found = gt.classify(gt.games.named_differentiable_game(name), rest.point)
    assert found.kind == rest.kind
    assert found.is_stable is rest.is_stable
    assert found.is_local_nash in {rest.is_local_nash, None}
