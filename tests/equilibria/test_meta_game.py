import itertools

import numpy as np
import pytest
from n_player_games import normal_game, permute_players
from scipy import stats
from slow_references import all_small_games

import gametools as gt
from gametools.equilibria import SELECTIONS, select_equilibrium
from gametools.equilibria.meta_game import solve_meta_game
from gametools.equilibria.polynomial import polynomial
from gametools.equilibria.pure import pure_profiles
from gametools.equilibria.sign_patterns import choose_2x2
from gametools.equilibria.three_players import solve_2x2x2

every_selection = pytest.mark.parametrize("selection", SELECTIONS)


def as_profile(rho):
    return [np.stack([p, 1 - p], axis=-1) for p in np.moveaxis(rho, -1, 0)]


def gap(games, rho):
    return float(np.max(gt.exploitability(games, as_profile(rho))))


def repeated(game, times):
    n = game.num_players
    return gt.NormalFormGame(np.repeat(game.payoffs[None], times, axis=0), n)


def meta_games(rng, players, size):
    """As the notes on MATRL: normal entries, 0 for all-current, own improvements positive."""
    payoffs = rng.normal(size=(size, players, *(2,) * players))
    payoffs[(slice(None), slice(None), *(0,) * players)] = 0
    for player in range(players):
        alone = (slice(None), player, *np.eye(players, dtype=int)[player])
        payoffs[alone] = np.abs(payoffs[alone])
    return gt.NormalFormGame(payoffs, players)


def share_without_pure(games):
    return 1 - pure_profiles(games).reshape(games.size, -1).any(axis=1).mean()


class TestWhatRemarkTwoSays:
    """A pure equilibrium always exists for two players, and need not for more."""

    @pytest.mark.parametrize(
        ("players", "expected", "within"), [(2, 0.0, 0.0), (3, 0.13, 0.01), (4, 0.23, 0.01)]
    )
    def test_own_improvement_promises_a_pure_equilibrium_to_two_players_only(
        self, players, expected, within
    ):
        games = meta_games(np.random.default_rng(0), players, 20_000)
        assert share_without_pure(games) == pytest.approx(expected, abs=within)

    def test_the_condition_as_printed_fails_for_three_in_thirty_two(self):
        """Both prefer all-predicted to all-current: 3/64 for each sense of the cycle."""
        payoffs = np.random.default_rng(1).normal(size=(100_000, 2, 2, 2))
        payoffs[:, :, 0, 0] = 0
        payoffs[:, :, 1, 1] = np.abs(payoffs[:, :, 1, 1])
        found = share_without_pure(gt.NormalFormGame(payoffs, 2))
        assert found == pytest.approx(3 / 32, abs=0.003)


@every_selection
class TestTwoPlayers:
    def test_it_is_the_selected_equilibrium_of_the_closed_form(self, selection):
        games = gt.random_2x2("any", size=10_000, rng=0)
        rho = solve_meta_game(games, selection=selection, rng=np.random.default_rng(1))
        expected = select_equilibrium(gt.solve_2x2(games), selection, np.random.default_rng(1))
        np.testing.assert_array_equal(rho, expected)
        assert gap(games, rho) < 1e-13

    def test_ties_are_no_obstacle(self, selection):
        rng = np.random.default_rng(2)
        games = gt.NormalFormGame(rng.integers(0, 2, (500, 2, 2, 2)), 2)
        assert gap(games, solve_meta_game(games, selection=selection, rng=rng)) < 1e-13


@pytest.mark.parametrize(
    ("selection", "players", "size"),
    [
        *((selection, *game) for selection in SELECTIONS for game in [(1, 50), (3, 2000), (4, 3)]),
        *(("random", *game) for game in [(5, 1), (6, 3), (8, 1)]),
        *(("best-total", *game) for game in [(5, 1), (6, 3)]),
        pytest.param("random", 12, 1, marks=pytest.mark.slow),
    ],
)
def test_what_is_returned_is_an_equilibrium(selection, players, size):
    games = normal_game(np.random.default_rng(players), (2,) * players, size=size)
    rho = solve_meta_game(games, selection=selection, rng=0)
    assert rho.shape == (size, players)
    assert gap(games, rho) < 1e-9


@pytest.mark.parametrize("players", [1, 2, 3, 4])
def test_the_batch_may_have_any_shape(players):
    games = normal_game(np.random.default_rng(players), (2,) * players, size=4)
    flat = solve_meta_game(games, selection="best-total")
    shaped = gt.NormalFormGame(games.payoffs.reshape(2, 1, 2, *games.payoffs.shape[1:]), players)
    np.testing.assert_array_equal(
        solve_meta_game(shaped, selection="best-total"), flat.reshape(2, 1, 2, players)
    )
    one = solve_meta_game(games[1], selection="best-total")
    np.testing.assert_array_equal(one, flat[1])


class TestPureEquilibria:
    """From four players on, pure equilibria come first."""

    PLAYERS = 4

    @pytest.fixture
    def games(self):
        every = normal_game(np.random.default_rng(3), (2,) * self.PLAYERS, size=400)
        pure = pure_profiles(every).reshape(400, -1).sum(axis=1)
        return every[np.flatnonzero(pure >= 2)]

    def literal(self, games):
        """Each game's pure equilibria in the order of their actions, and the sums of payoffs."""
        points, totals = [[] for _ in range(games.size)], [[] for _ in range(games.size)]
        for actions in itertools.product((0, 1), repeat=self.PLAYERS):
            point = 1.0 - np.array(actions)
            gaps = gt.exploitability(games, as_profile(np.tile(point, (games.size, 1))))
            for k in np.flatnonzero(gaps < 1e-12):
                points[k].append(point)
                totals[k].append(games.payoffs[(k, slice(None), *actions)].sum())
        return points, totals

    def test_selections_pick_what_their_name_says(self, games):
        found = {s: solve_meta_game(games, selection=s, rng=0) for s in SELECTIONS}
        for k, (points, totals) in enumerate(zip(*self.literal(games), strict=True)):
            np.testing.assert_array_equal(found["pure-first"][k], points[0])
            np.testing.assert_array_equal(found["last-listed"][k], points[-1])
            np.testing.assert_array_equal(found["best-total"][k], points[int(np.argmax(totals))])
            assert any((found["random"][k] == point).all() for point in points)

    def test_random_selection_takes_every_pure_equilibrium_equally_often(self, games):
        (points,), _ = self.literal(games[:1])
        chosen = solve_meta_game(repeated(games[0], 6000), rng=4)
        counts = [(chosen == point).all(axis=1).sum() for point in points]
        assert sum(counts) == 6000
        assert stats.chisquare(counts).pvalue > 0.001

    def test_of_equally_good_ones_the_first_is_taken(self):
        game = gt.NormalFormGame(np.zeros((4, 2, 2, 2, 2)))
        for selection in ("best-total", "pure-first"):
            np.testing.assert_array_equal(solve_meta_game(game, selection=selection), [1] * 4)
        np.testing.assert_array_equal(solve_meta_game(game, selection="last-listed"), [0] * 4)


class TestThreePlayers:
    """All equilibria are known, and every selection chooses among them."""

    @pytest.fixture
    def games(self):
        return normal_game(np.random.default_rng(5), (2, 2, 2), size=300)

    def test_selections_pick_what_their_name_says(self, games):
        points, counts = solve_2x2x2(games)
        found = {s: solve_meta_game(games, selection=s, rng=0) for s in SELECTIONS}
        for k in range(games.size):
            own = points[k, : counts[k]]
            view = gt.ProbabilityGame(games[k])
            totals = -view.losses(own).sum(axis=-1)
            np.testing.assert_array_equal(found["pure-first"][k], own[0])
            np.testing.assert_array_equal(found["last-listed"][k], own[-1])
            np.testing.assert_array_equal(found["best-total"][k], own[int(np.argmax(totals))])
            assert any((found["random"][k] == point).all() for point in own)

    def test_random_selection_takes_every_equilibrium_equally_often(self, games):
        points, counts = solve_2x2x2(games)
        k = int(np.argmax(counts))
        assert counts[k] >= 5
        chosen = solve_meta_game(repeated(games[k], 10_000), rng=6)
        hits = [(chosen == point).all(axis=1).sum() for point in points[k, : counts[k]]]
        assert sum(hits) == 10_000
        assert stats.chisquare(hits).pvalue > 0.001

    def test_degenerate_games_without_an_isolated_equilibrium_are_solved_too(self):
        payoffs = np.random.default_rng(0).integers(0, 3, size=(5000, 3, 2, 2, 2))
        games = gt.NormalFormGame(payoffs, 3)
        missed = np.flatnonzero(solve_2x2x2(games)[1] == 0)
        assert len(missed) > 5
        for k in missed[:3]:
            assert gap(games[int(k)], solve_meta_game(games[int(k)], rng=0)) < 1e-9


@every_selection
@pytest.mark.parametrize("players", [1, 2, 3, 4])
def test_a_batch_equals_its_games_in_turn(selection, players):
    games = normal_game(np.random.default_rng(16), (2,) * players, size=5)
    together = solve_meta_game(games, selection=selection, rng=np.random.default_rng(8))
    rng = np.random.default_rng(8)
    for k in range(5):
        alone = solve_meta_game(games[k], selection=selection, rng=rng)
        np.testing.assert_array_equal(together[k], alone)


@pytest.mark.parametrize("players", [2, 3, 4, 6])
@pytest.mark.parametrize("selection", sorted(set(SELECTIONS) - {"random"}))
def test_only_random_selection_draws(players, selection):
    rng = np.random.default_rng(9)
    before = rng.bit_generator.state
    games = normal_game(np.random.default_rng(0), (2,) * players, size=3)
    solve_meta_game(games, selection=selection, rng=rng)
    assert rng.bit_generator.state == before


@pytest.mark.parametrize(("players", "games"), [(3, 15), (4, 4)])
def test_order_of_players_and_scale_are_irrelevant_to_the_best_total(players, games):
    rng = np.random.default_rng(10)
    for _ in range(games):
        game = normal_game(rng, (2,) * players)
        rho = solve_meta_game(game, selection="best-total")
        order = rng.permutation(players)
        permuted = solve_meta_game(permute_players(game, order), selection="best-total")
        np.testing.assert_allclose(permuted, rho[order], atol=1e-9)
        scaled = gt.NormalFormGame(1e6 * game.payoffs - 3e5, players)
        np.testing.assert_allclose(solve_meta_game(scaled, selection="best-total"), rho, atol=1e-8)


class TestMethods:
    @pytest.mark.parametrize("players", [4, pytest.param(5, marks=pytest.mark.slow)])
    def test_exact_draws_from_mixed_equilibria_beside_pure_ones(self, players):
        rng = np.random.default_rng(11)
        while True:
            game = normal_game(rng, (2,) * players)
            pure = pure_profiles(game).sum()
            every = polynomial(game, progress=False).equilibria
            if 0 < pure < len(every):
                break
        assert set(np.unique(solve_meta_game(game, selection="last-listed"))) <= {0, 1}
        last = solve_meta_game(game, selection="last-listed", method="exact")
        assert ((last > 0) & (last < 1)).any()
        assert gap(game, last) < 1e-9
        totals = [
            -gt.ProbabilityGame(game).losses([s[0] for s in profile]).sum() for profile in every
        ]
        best = solve_meta_game(game, selection="best-total", method="exact")
        np.testing.assert_allclose(best, [s[0] for s in every[int(np.argmax(totals))]], atol=1e-9)

    @pytest.mark.parametrize("players", [1, 2, 3, 4, pytest.param(6, marks=pytest.mark.slow)])
    def test_cma_es_finds_one_equilibrium_whatever_the_number_of_players(self, players):
        games = normal_game(np.random.default_rng(12), (2,) * players, size=2)
        rho = solve_meta_game(games, method="cma-es", rng=0)
        again = solve_meta_game(games, method="cma-es", rng=1)
        np.testing.assert_array_equal(rho, again)  # one is known, so nothing is left to chance
        assert gap(games, rho) < 1e-9

    def test_exact_and_auto_are_the_same_up_to_three_players(self):
        for players in (1, 2, 3):
            games = normal_game(np.random.default_rng(13), (2,) * players, size=20)
            auto, exact = (solve_meta_game(games, rng=0, method=m) for m in ("auto", "exact"))
            np.testing.assert_array_equal(auto, exact)

    def test_a_game_that_nothing_solves_comes_with_a_warning(self, monkeypatch):
        rng = np.random.default_rng(14)
        games = normal_game(rng, (2,) * 6, size=30)
        hard = games[np.flatnonzero(~pure_profiles(games).reshape(30, -1).any(axis=1))[:2]]
        monkeypatch.setattr(
            "gametools.equilibria.meta_game._by_cma_es", lambda game: np.full(6, 0.25)
        )
        with pytest.warns(RuntimeWarning, match="no equilibrium found in 2 of 2 meta-games"):
            solve_meta_game(hard)


def test_payoffs_are_left_as_they_were():
    for players in (2, 3, 4):
        games = normal_game(np.random.default_rng(15), (2,) * players, size=4)
        before = games.payoffs.copy()
        solve_meta_game(games, rng=0)
        np.testing.assert_array_equal(games.payoffs, before)


@pytest.mark.parametrize(
    ("shape", "options", "message"),
    [
        ((2, 2, 3), {}, "`game` must have two actions for each player; got 2x2x3"),
        ((2, 3), {}, "`game` must have two actions for each player; got 2x3"),
        ((2, 2, 2), {"selection": "randon"}, "`selection` must be one of .* mean 'random'"),
        ((2, 2), {"selection": "randon"}, "`selection` must be one of .* mean 'random'"),
        ((2, 2, 2), {"method": "exakt"}, "`method` must be one of .* mean 'exact'"),
        ((2, 2), {"method": "exakt"}, "`method` must be one of .* mean 'exact'"),
        ((2,) * 6, {"method": "exact"}, "'exact' takes up to 5 players; got 6"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused(shape, options, message):
    with pytest.raises(ValueError, match=message):
        solve_meta_game(normal_game(np.random.default_rng(16), shape), **options)


@every_selection
@pytest.mark.parametrize("games", [all_small_games, lambda: gt.random_2x2("any", size=5000, rng=0)])
def test_looked_up_equilibria_are_those_of_the_whole_list(games, selection):
    """The small integer games hold every pattern of ties."""
    chosen = choose_2x2(games(), selection, np.random.default_rng(1))
    listed = select_equilibrium(gt.solve_2x2(games()), selection, np.random.default_rng(1))
    np.testing.assert_array_equal(chosen, listed)
