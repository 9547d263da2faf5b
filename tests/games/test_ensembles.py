"""Random ensembles: the property that defines each, its distribution, and refused arguments."""

import itertools

import numpy as np
import pytest
from scipy import stats

import gametools as gt
from gametools.games import ENSEMBLES

NEEDED = {"covariant": {"rho": 0.3}, "graphical": {"edge_probability": 0.5}}
SHAPES = [(2, 2), (3, 2), (2, 3, 2), (2, 2, 2, 2)]
SIZE = 20_000


def draw(kind, shape=(2, 3, 2), size=None, rng=0, **options):
    return gt.random_game(kind, shape, size, rng=rng, **NEEDED.get(kind, {}) | options)


def shape_for(kind, shape):
    return (2,) * len(shape) if kind == "symmetric" else shape


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("kind", ENSEMBLES)
def test_shapes_and_seeds(kind, shape):
    shape = shape_for(kind, shape)
    game, batch = draw(kind, shape), draw(kind, shape, 5)
    assert (game.num_actions, game.batch_shape) == (shape, ())
    assert (batch.num_actions, batch.batch_shape) == (shape, (5,))
    np.testing.assert_array_equal(draw(kind, shape, 1).payoffs[0], game.payoffs)
    np.testing.assert_array_equal(
        draw(kind, shape, 5, np.random.default_rng(0)).payoffs, batch.payoffs
    )
    assert (draw(kind, shape, 5, rng=1).payoffs != batch.payoffs).any()
    assert len({one.payoffs.tobytes() for one in (batch[k] for k in range(5))}) == 5


NORMAL = [kind for kind in ENSEMBLES if kind not in ("uniform", "potential", "polymatrix")]


@pytest.mark.parametrize("kind", NORMAL)
def test_each_payoff_is_standard_normal(kind):
    payoffs = draw(kind, shape_for(kind, (2, 3, 2)), SIZE).payoffs.reshape(SIZE, -1)
    values = [stats.kstest(column, "norm").pvalue for column in payoffs.T]
    assert min(values) > 0.001 / len(values)


def test_uniform_payoffs():
    payoffs = draw("uniform", (2, 2), SIZE).payoffs.reshape(SIZE, -1)
    assert min(stats.kstest(column, "uniform").pvalue for column in payoffs.T) > 0.001 / 8


def correlations(game):
    """Correlations of all payoffs, between cells too, as a matrix."""
    return np.corrcoef(game.payoffs.reshape(game.size, -1).T)


@pytest.mark.parametrize("kind", ["normal", "uniform"])
def test_unstructured_payoffs_are_uncorrelated(kind):
    off_diagonal = correlations(draw(kind, (2, 3, 2), SIZE)) - np.eye(36)
    assert abs(off_diagonal).max() < 5 / np.sqrt(SIZE)


@pytest.mark.parametrize("rho", [-0.5, -0.2, 0.0, 0.7, 1.0])
def test_covariant_payoffs_correlate_within_profiles_only(rho):
    found = correlations(draw("covariant", (2, 3, 2), SIZE, rho=rho))
    wanted = np.kron(np.full((3, 3), rho) + (1 - rho) * np.eye(3), np.eye(12))
    assert abs(found - wanted).max() < 5 / np.sqrt(SIZE)


@pytest.mark.parametrize("total", [None, 0.0, 7.5])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_zero_sum_payoffs_sum_to_the_total(shape, total):
    payoffs = draw("zero-sum", shape, 100, total=total).payoffs
    sums = payoffs.sum(axis=1)
    np.testing.assert_allclose(sums, total or 0, atol=1e-14)
    if len(shape) == 2 and not total:
        np.testing.assert_array_equal(payoffs[:, 0], -payoffs[:, 1])


def test_zero_sum_is_the_extreme_covariant_game_and_shares_a_total_evenly():
    found = correlations(draw("zero-sum", (2, 2, 2), SIZE))
    wanted = np.kron(1.5 * np.eye(3) - 0.5, np.eye(8))
    assert abs(found - wanted).max() < 5 / np.sqrt(SIZE)
    means = draw("zero-sum", (2, 2, 2), SIZE, total=6.0).payoffs.mean(axis=(0, 2, 3, 4))
    np.testing.assert_allclose(means, 2, atol=0.02)


def test_common_interest_payoffs_are_shared():
    payoffs = draw("common-interest", (2, 3, 2), 100).payoffs
    assert (payoffs == payoffs[:, :1]).all()


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_potential_games_gain_nothing_around_four_cycles(shape):
    """Monderer and Shapley (1996), theorem 2.8: an exact potential exists if and only if so."""
    payoffs = draw("potential", shape, 50).payoffs
    for i, j in itertools.combinations(range(len(shape)), 2):
        gain_i = np.diff(payoffs[:, i], axis=1 + i)  # between neighbouring actions suffices
        gain_j = np.diff(payoffs[:, j], axis=1 + j)
        round_trip = np.diff(gain_i, axis=1 + j) - np.diff(gain_j, axis=1 + i)
        np.testing.assert_allclose(round_trip, 0, atol=1e-13)
    gains = np.diff(payoffs[:, 0], axis=1), np.diff(payoffs[:, 1], axis=2)
    assert all(abs(gain).min() > 0 for gain in gains)  # and no trivial ones


def test_payoffs_of_potential_games_have_variance_two_and_a_pure_equilibrium():
    games = draw("potential", (2, 3, 2), SIZE)
    np.testing.assert_allclose(games.payoffs.var(axis=0), 2, atol=0.1)
    best = [games.payoffs[:, i].max(axis=1 + i, keepdims=True) for i in range(3)]
    stable = np.all([games.payoffs[:, i] >= best[i] for i in range(3)], axis=0)
    assert stable.any(axis=(1, 2, 3)).all()


@pytest.mark.parametrize("shape", [(3,), (3, 3), (2, 2, 2), (3, 3, 3), (2, 2, 2, 2)], ids=str)
def test_symmetric_games_do_not_care_who_is_who(shape):
    payoffs = draw("symmetric", shape, 20).payoffs
    for order in itertools.permutations(range(len(shape))):
        renamed = payoffs[:, order].transpose(0, 1, *(2 + i for i in order))
        np.testing.assert_array_equal(renamed, payoffs)


def test_symmetric_games_have_all_the_freedom_that_symmetry_leaves():
    # Own action (3), and a multiset of the two others' actions (6).
    assert len(np.unique(draw("symmetric", (3, 3, 3)).payoffs)) == 18


GRAPH = np.array([[0, 1, 0], [0, 0, 0], [1, 1, 1]], dtype=bool)  # directed; a loop is ignored


def influences(payoffs):
    """Whether player j's action matters to player i, for each game, shape (games, n, n)."""
    n = payoffs.shape[1]
    found = [
        [np.ptp(payoffs[:, i], axis=1 + j).max(axis=tuple(range(1, n))) > 0 for j in range(n)]
        for i in range(n)
    ]
    return np.moveaxis(np.array(found), -1, 0) | np.eye(n, dtype=bool)


@pytest.mark.parametrize("kind", ["graphical", "polymatrix"])
def test_only_neighbours_matter(kind):
    games = gt.random_game(kind, (2, 3, 2), 30, graph=GRAPH, rng=0)
    np.testing.assert_array_equal(influences(games.payoffs), [GRAPH | np.eye(3, dtype=bool)] * 30)
    graphs = np.random.default_rng(0).random((30, 3, 3)) < 0.5
    games = gt.random_game(kind, (2, 3, 2), 30, graph=graphs, rng=0)
    np.testing.assert_array_equal(influences(games.payoffs), graphs | np.eye(3, dtype=bool))


@pytest.mark.parametrize("kind", ["graphical", "polymatrix"])
def test_random_graphs_are_undirected_and_differ(kind):
    found = influences(draw(kind, (2, 2, 2), 4000, edge_probability=0.3).payoffs)
    np.testing.assert_array_equal(found, found.swapaxes(1, 2))
    edges = np.array([found[:, i, j] for i, j in ((0, 1), (0, 2), (1, 2))])
    np.testing.assert_allclose(edges.mean(axis=1), 0.3, atol=0.035)
    assert abs(np.corrcoef(edges) - np.eye(3)).max() < 0.08


def test_the_complete_graph_is_the_default_of_polymatrix_games_and_the_end_of_the_other():
    assert influences(draw("polymatrix", (2, 2, 2), 10).payoffs).all()
    np.testing.assert_allclose(draw("polymatrix", (2, 2, 2), SIZE).payoffs.var(axis=0), 2, atol=0.1)
    empty = draw("polymatrix", (2, 2, 2), 10, edge_probability=0.0).payoffs
    assert not empty.any()


@pytest.mark.parametrize("shape", [(2, 3, 2), (2, 2, 2, 2)], ids=str)
def test_polymatrix_payoffs_are_sums_over_pairs(shape):
    """The interaction of any two opponents vanishes."""
    payoffs = draw("polymatrix", shape, 20).payoffs
    graphical = draw("graphical", shape, 20, edge_probability=1.0).payoffs
    for i in range(len(shape)):
        for j, k in itertools.combinations(set(range(len(shape))) - {i}, 2):
            mixed = np.diff(np.diff(payoffs[:, i], axis=1 + j), axis=1 + k)
            np.testing.assert_allclose(mixed, 0, atol=1e-13)
            assert abs(np.diff(np.diff(graphical[:, i], axis=1 + j), axis=1 + k)).min() > 0


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("gaussian", (2, 2)), ValueError, "`kind` must be one of normal, uniform"),
        (("normal", 3), TypeError, "`num_actions` must hold a number of actions.*got 3"),
        (("normal", ()), ValueError, "at least one player"),
        (("normal", (2, 0)), ValueError, "`num_actions` must be at least 1; got 0"),
        (("normal", (2, 2.0)), TypeError, "`num_actions` must be a whole number; got 2.0"),
        (("normal", (2, 2), 0), ValueError, "`size` must be at least 1; got 0"),
        (("covariant", (2, 2)), ValueError, "`rho` must be given"),
        (("zero-sum", (2,)), ValueError, "two or more players for kind 'zero-sum'; got 1"),
        (("symmetric", (2, 3)), ValueError, r"same for all players.*got \(2, 3\)"),
        (("graphical", (2, 2)), ValueError, "`graph` or `edge_probability` must be given"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        gt.random_game(*arguments)


@pytest.mark.parametrize(
    ("kind", "options", "error", "message"),
    [
        ("normal", {"rho": 0.0}, TypeError, "is no option of kind 'normal', which takes none"),
        ("covariant", {"graph": []}, TypeError, "`graph` is no option.*which takes `rho`"),
        ("polymatrix", {"total": 1}, TypeError, "which takes `graph` and `edge_probability`"),
        ("covariant", {"rho": -0.6}, ValueError, "`rho` must be at least -0.5; got -0.6"),
        ("covariant", {"rho": 1.1}, ValueError, "`rho` must be at most 1; got 1.1"),
        ("zero-sum", {"total": np.nan}, ValueError, "`total` must be finite"),
        ("polymatrix", {"edge_probability": 2}, ValueError, "`edge_probability` must be at most 1"),
        ("polymatrix", {"graph": np.ones((2, 2))}, ValueError, "must hold booleans, shape"),
        ("polymatrix", {"graph": np.full((3, 3), 0.5)}, ValueError, "`graph` must hold booleans"),
        ("graphical", {"graph": GRAPH, "edge_probability": 0.5}, ValueError, "exclude each other"),
    ],
)  # fmt: skip
def test_options_that_do_not_fit_are_refused(kind, options, error, message):
    with pytest.raises(error, match=message):
        gt.random_game(kind, (2, 2, 2), rng=0, **options)
