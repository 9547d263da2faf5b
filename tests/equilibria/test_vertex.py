"""All equilibria of two-player games: complete, certified, invariant."""

import itertools
import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gametools as gt
from gametools.equilibria.vertex import simplest_fraction

REFERENCE = Path(__file__).parents[1] / "data" / "equilibria_by_gambit.json"
RECORDS = [g for g in json.loads(REFERENCE.read_text()) if len(g["shape"]) == 2]


def flat(profiles):
    """Profiles as a sorted array, one row each."""
    rows = {tuple(np.concatenate([np.asarray(s, float) for s in p]).round(9)) for p in profiles}
    return np.array(sorted(rows))


def bimatrix(row, column):
    return gt.NormalFormGame.from_bimatrix(row, column)


@pytest.mark.parametrize("record", RECORDS, ids=lambda g: f"{g['kind']}-{g['shape']}")
def test_the_recorded_sets(record):
    result = gt.solve(bimatrix(*record["payoffs"]), method="vertex")
    assert result.complete
    np.testing.assert_allclose(flat(result.equilibria), flat(record["equilibria"]), atol=1e-8)


@pytest.mark.parametrize("record", RECORDS[::5], ids=lambda g: f"{g['kind']}-{g['shape']}")
def test_fractions_and_floating_point_agree(record):
    game = bimatrix(*record["payoffs"])
    exact = gt.solve(game, method="vertex", exact=True)
    np.testing.assert_allclose(
        flat(exact.equilibria), flat(gt.solve(game, method="vertex").equilibria), atol=1e-12
    )
    for x, y in exact.exact:
        assert sum(x) == sum(y) == 1


def brute_force(row, column):
    """Extreme equilibria by solving every square subsystem of inequalities in fractions."""

    def vertices(matrix, own, labels):
        d = len(matrix[0])
        lines = [[Fraction(int(i == j)) for j in range(d)] for i in range(d)]
        lines += [[Fraction(v) for v in line] for line in matrix]
        rhs = [Fraction(0)] * d + [Fraction(1)] * len(matrix)
        found = {}
        for chosen in itertools.combinations(range(len(lines)), d):
            point = solve_exactly([lines[i] for i in chosen], [rhs[i] for i in chosen])
            if point is None or any(z < 0 for z in point):
                continue
            values = [sum(a * z for a, z in zip(line, point, strict=True)) for line in lines]
            if any(v > 1 for v in values[d:]):
                continue
            tight = {own[i] for i in range(d) if values[i] == 0}
            tight |= {labels[i] for i in range(len(matrix)) if values[d + i] == 1}
            found[tuple(point)] = frozenset(tight)
        return found

    m, n = len(row), len(row[0])
    low = min(map(min, row + column))
    a = [[v - low + 1 for v in line] for line in row]
    b = [[column[i][j] - low + 1 for i in range(m)] for j in range(n)]
    rows, columns = list(range(m)), list(range(m, m + n))
    result = set()
    firsts, seconds = vertices(b, rows, columns), vertices(a, columns, rows)
    for (x, lx), (y, ly) in itertools.product(firsts.items(), seconds.items()):
        if len(lx | ly) == m + n and any(x) and any(y):
            result.add((tuple(v / sum(x) for v in x), tuple(v / sum(y) for v in y)))
    return result


def solve_exactly(matrix, rhs):
    """Gauss elimination in fractions; None if singular."""
    lines = [[*line, b] for line, b in zip(matrix, rhs, strict=True)]
    for k in range(len(lines)):
        pivot = next((i for i in range(k, len(lines)) if lines[i][k] != 0), None)
        if pivot is None:
            return None
        lines[k], lines[pivot] = lines[pivot], lines[k]
        lines[k] = [v / lines[k][k] for v in lines[k]]
        for i in range(len(lines)):
            if i != k:
                lines[i] = [v - lines[i][k] * w for v, w in zip(lines[i], lines[k], strict=True)]
    return [line[-1] for line in lines]


@pytest.mark.parametrize(
    ("size", "games"),
    [(2, 60), (3, 25), pytest.param(2, 500, marks=pytest.mark.slow),
     pytest.param(3, 300, marks=pytest.mark.slow)],
)  # fmt: skip
def test_degenerate_games_are_complete_by_an_exact_independent_route(size, games):
    rng = np.random.default_rng((size, games))
    for payoffs in rng.integers(0, 3, (games, 2, size, size)).tolist():
        wanted = brute_force(*payoffs)
        exact = gt.solve(bimatrix(*payoffs), exact=True)
        assert exact.complete
        assert set(exact.exact) == wanted
        default = gt.solve(bimatrix(*payoffs))
        assert default.complete
        np.testing.assert_allclose(flat(default.equilibria), flat(wanted), atol=1e-9)


def generic_games(size, games, payoffs, rng):
    for _ in range(games):
        row, column = getattr(rng, payoffs)(size=(2, size, size))
        yield bimatrix(row, column)


@pytest.mark.parametrize("payoffs", ["standard_normal", "random"])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize(
    ("size", "games"),
    [(s, 30) for s in (2, 3, 4, 5)]
    + [pytest.param(s, 1000, marks=pytest.mark.slow) for s in (2, 3, 4, 5)],
)
def test_generic_games_have_an_odd_number_of_certified_equilibria(size, games, payoffs, scale):
    rng = np.random.default_rng((size, games))
    for game in generic_games(size, games, payoffs, rng):
        scaled = gt.NormalFormGame(scale * game.payoffs)
        result = gt.solve(scaled, method="vertex")
        assert result.complete
        assert len(result.equilibria) % 2 == 1
        assert result.exploitability.max() <= 1e-12 * scaled.payoff_range()
        assert all(len(members) == 1 for members in result.components)


@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    scale=st.floats(0.01, 100),
    shift=st.floats(-5, 5),
    integer=st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_the_set_is_invariant(seed, shape, scale, shift, integer):
    rng = np.random.default_rng(seed)
    m, n = shape
    draw = rng.integers(0, 4, (2, m, n)) if integer else rng.standard_normal((2, m, n))
    row, column = draw.astype(float)
    base = gt.solve(bimatrix(row, column), method="vertex").equilibria

    if not integer:  # an affine map in floating point breaks exact ties
        mapped = bimatrix(scale * row + shift, column * 3 - 1)
        np.testing.assert_allclose(
            flat(gt.solve(mapped, method="vertex").equilibria), flat(base), atol=1e-7
        )
    order = rng.permutation(m)
    permuted = gt.solve(bimatrix(row[order], column[order]), method="vertex").equilibria
    np.testing.assert_allclose(flat(permuted), flat([(x[order], y) for x, y in base]), atol=1e-9)
    swapped = gt.solve(bimatrix(column.T, row.T), method="vertex").equilibria
    np.testing.assert_allclose(flat([(x, y) for y, x in swapped]), flat(base), atol=1e-9)


def test_two_by_two_games_agree_with_the_closed_form():
    games = gt.random_2x2("any", size=200, rng=5)
    closed = gt.solve_2x2(games)
    for k in range(games.size):
        first = np.array([[x[0], y[0]] for x, y in gt.solve(games[k]).equilibria])
        wanted = closed.equilibria[k, : closed.counts[k]]
        np.testing.assert_allclose(
            first[np.lexsort(first.T)], wanted[np.lexsort(wanted.T)], atol=1e-12
        )


def test_components_and_maximal_subsets_of_a_degenerate_game():
    # Row matches, column does not care: a path of three segments of equilibria.
    game = bimatrix([[1, 0], [0, 1]], [[0, 0], [0, 0]])
    result = gt.solve(game, exact=True)
    one, half = (Fraction(1), Fraction(0)), (Fraction(1, 2),) * 2
    two = one[::-1]
    assert set(result.exact) == {(one, one), (two, two), (one, half), (two, half)}
    assert result.components == ((0, 1, 2, 3),)
    subsets = {frozenset(result.exact[k] for k in subset) for subset in result.subsets}
    assert subsets == {
        frozenset({(one, one), (one, half)}),
        frozenset({(one, half), (two, half)}),
        frozenset({(two, half), (two, two)}),
    }


@pytest.mark.parametrize("seed", range(20))
def test_strategies_of_a_maximal_subset_mix_freely(seed):
    payoffs = np.random.default_rng(seed).integers(0, 2, (2, 3, 3))
    game = gt.NormalFormGame(payoffs)
    result = gt.solve(game, exact=True)
    assert {k for subset in result.subsets for k in subset} == set(range(len(result.exact)))
    for subset in result.subsets:
        assert any(set(subset) <= set(members) for members in result.components)
        strategies = [sorted({result.exact[k][i] for k in subset}) for i in (0, 1)]
        for weight in (0.25, 0.6):
            x, y = mix(strategies[0], weight), mix(strategies[1], 1 - weight)
            assert gt.exploitability(game, (x, y)) < 1e-12


def mix(strategies, weight):
    """A mixture of the first and the last strategy."""
    ends = [np.array(s, float) for s in (strategies[0], strategies[-1])]
    return weight * ends[0] + (1 - weight) * ends[1]


def test_the_zero_game_is_one_component():
    result = gt.solve(gt.NormalFormGame(np.zeros((2, 3, 3))))
    assert len(result.equilibria) == 9
    assert result.components == (tuple(range(9)),)
    assert result.subsets == (tuple(range(9)),)


def test_decimals_are_read_as_the_fractions_they_stand_for():
    game = bimatrix([[0.1, 0.3], [0.2, 0.3]], [[1, 1], [1, 1]])
    result = gt.solve(game, exact=True)
    assert {x for x, _ in result.exact} == {(1, 0), (0, 1)}
    assert simplest_fraction(2.5) == Fraction(5, 2)
    assert simplest_fraction(np.nextafter(0.1, 1)) == Fraction(float(np.nextafter(0.1, 1)))


def test_a_spent_budget_is_a_status():
    row, column = np.random.default_rng(0).standard_normal((2, 30, 30))
    result = gt.solve(bimatrix(row, column), method="vertex", seconds=0.2)
    assert result.status == gt.equilibria.SolveStatus.BUDGET
    assert not result.complete
    assert result.equilibria == []
    assert "lemke-howson" in result.note


def test_too_large_a_game_names_the_other_method():
    with pytest.raises(ValueError, match="lemke-howson"):
        gt.solve(gt.NormalFormGame(np.zeros((2, 32, 31))), method="vertex")
