import numpy as np
import pytest
from n_player_games import PENNIES, anonymous_game, normal_game, permute_players, rescale, share_gap
from scipy.optimize import brentq
from scipy.stats import binom

import gametools as gt
from gametools.equilibria.descent import gap_descent
from gametools.equilibria.mean_field import CROWDS, mean_field
from gametools.equilibria.result import SolveStatus

every_crowd = pytest.mark.parametrize("crowd", CROWDS)


def road(players):
    """The first action earns less the more others take it; the second earns 0.3."""
    return anonymous_game(
        players, lambda _, action, share: (1 - share**2) * (action == 0) + 0.3 * action
    )


def fashion(players):
    """Both actions earn more the more others take them; tastes differ a little."""
    return anonymous_game(
        players,
        lambda i, action, share: share if action == 0 else 0.4 + 0.2 * (i + 0.5) / players,
    )


def outside_options(players):
    """The road again, but each player's second action earns something else."""
    return anonymous_game(
        players,
        lambda i, action, share: (1 - share) ** 2 if action == 0 else 0.8 * (i + 0.5) / players,
    )


@pytest.mark.parametrize("players", [2, 3, 5, 8, 12])
def test_symmetric_equilibria_of_anonymous_games_are_exact_with_the_binomial_crowd(players):
    others = np.arange(players)

    def advantage(p):
        return binom.pmf(others, players - 1, p) @ (1 - (others / (players - 1)) ** 2) - 0.3

    p = brentq(advantage, 0, 1, xtol=1e-15)
    game = road(players)
    found = mean_field(game, tolerance=1e-10)
    assert found.status is SolveStatus.SOME
    for strategy in found.equilibria[0]:
        np.testing.assert_allclose(strategy, [p, 1 - p], atol=1e-10)
    assert found.exploitability[0] < 1e-10


def test_the_error_of_the_average_crowd_falls_with_the_number_of_players():
    """The variance of the share that the limit neglects is p (1 - p) / (n - 1)."""
    gaps = {}
    for players in (4, 6, 8, 10, 12):
        found = mean_field(road(players), crowd="average")
        assert found.status is SolveStatus.NONE  # 1e-3 takes about a hundred players
        gaps[players] = found.details["best_gap"]
    assert gaps[12] < 0.6 * gaps[4]
    assert gaps[12] < gaps[8] < gaps[6]
    # Once the interpolation between whole numbers is fine enough, like 1 / (n - 1).
    share = np.sqrt(0.7)
    assert gaps[12] * 11 == pytest.approx(share**2 * (1 - share), rel=0.15)


@every_crowd
def test_the_error_of_unlike_players_falls_with_their_number(crowd):
    few = [mean_field(outside_options(n), crowd=crowd).details["best_gap"] for n in (3, 4, 5)]
    many = [mean_field(outside_options(n), crowd=crowd).details["best_gap"] for n in (10, 11, 12)]
    assert np.mean(many) < 0.5 * np.mean(few)
    assert max(many) < 0.02


@every_crowd
def test_all_mean_field_equilibria_of_a_coordination_game_are_listed(crowd):
    """All first, all second, and three around the point where the tastes divide the players."""
    found = mean_field(fashion(8), crowd=crowd)
    assert sorted(found.details["shares"])[::4] == [0.0, 1.0]
    assert len(found.details["shares"]) == 5
    assert sorted(found.details["gaps"])[:2] == [0.0, 0.0]
    assert found.exploitability[0] == 0
    assert "5 mean-field equilibria" in found.note


@every_crowd
def test_dominant_actions_are_played_whoever_the_others_are(crowd):
    rng = np.random.default_rng(0)
    payoffs = rng.random((4, 2, 2, 2, 2))
    expected = [0, 1, 1, 0]
    for player, action in enumerate(expected):
        np.moveaxis(payoffs[player], player, 0)[action] += 2
    found = mean_field(gt.NormalFormGame(payoffs, 4), crowd=crowd)
    assert [int(strategy.argmax()) for strategy in found.equilibria[0]] == expected
    assert found.exploitability[0] == 0


def test_what_others_do_is_averaged_over_who_they_are():
    """Only the sum over the others counts: a game and its anonymous mean give one answer."""
    rng = np.random.default_rng(1)
    game = normal_game(rng, (2, 2, 2))
    first = mean_field(game, seconds=None)
    payoffs = game.payoffs.copy()
    for player, (i, j) in enumerate([(1, 2), (0, 2), (0, 1)]):
        payoffs[player] = (payoffs[player] + payoffs[player].swapaxes(i, j)) / 2
    # A player's payoff range counts as the unit of its gains, not in the answer.
    second = mean_field(gt.NormalFormGame(payoffs, 3))
    np.testing.assert_allclose(first.details["shares"], second.details["shares"], atol=1e-9)


@every_crowd
def test_order_scale_and_shift_are_irrelevant(crowd):
    rng = np.random.default_rng(2)
    for game in (outside_options(5), normal_game(rng, (2, 2, 2, 2))):
        n = game.num_players
        before = mean_field(game, crowd=crowd)
        moved = rescale(game, 2.0 ** rng.integers(-20, 20, n), np.zeros(n))
        after = mean_field(moved, crowd=crowd)
        np.testing.assert_allclose(after.details["gaps"], before.details["gaps"], atol=1e-9)
        order = rng.permutation(n)
        permuted = mean_field(permute_players(game, order), crowd=crowd)
        np.testing.assert_allclose(
            sorted(permuted.details["gaps"]), sorted(before.details["gaps"]), atol=1e-9
        )


def test_two_players_see_each_other_through_their_common_average():
    """For two unlike players the average is a poor picture, and the certificate says so."""
    found = mean_field(PENNIES)
    assert found.status is SolveStatus.SOME  # but pennies are alike: half and half
    rng = np.random.default_rng(3)
    gaps = [mean_field(normal_game(rng, (2, 2))).details["best_gap"] for _ in range(50)]
    assert max(gaps) > 0.1


@pytest.mark.parametrize("players", [2, 3, 4, 5, 9])
@every_crowd
def test_a_root_in_the_middle_is_not_lost(players, crowd):
    """Every second player wants to be with the majority, the others with the minority."""
    game = anonymous_game(players, lambda i, action, share: (-1) ** (i + action) * (share - 0.5))
    found = mean_field(game, crowd=crowd)
    assert 0.5 in found.details["shares"]


def test_every_game_has_a_mean_field_equilibrium_and_its_gap_is_recomputed():
    rng = np.random.default_rng(4)
    for players in (2, 3, 4, 5):
        for crowd in CROWDS:
            for _ in range(25):
                game = normal_game(rng, (2,) * players)
                found = mean_field(game, crowd=crowd)
                best = found.details["best_gap"]
                assert len(found.details["gaps"]) >= 1
                assert best == min(found.details["gaps"])
                assert best == pytest.approx(share_gap(game, found.details["best_profile"]))
                assert bool(found.equilibria) == (best <= 1e-3)


@every_crowd
def test_players_who_do_not_care_do_both(crowd):
    game = gt.NormalFormGame(np.zeros((3, 2, 2, 2)))
    found = mean_field(game, crowd=crowd)
    for strategy in found.equilibria[0]:
        np.testing.assert_array_equal(strategy, [0.5, 0.5])


def test_descent_sharpens_a_rough_answer():
    game = road(6)
    rough = mean_field(game, crowd="average")
    assert rough.equilibria == []
    sharp = gap_descent(game, start=rough.details["best_profile"])
    assert sharp.exploitability[0] < 1e-9
    for strategy, other in zip(sharp.equilibria[0], rough.details["best_profile"], strict=True):
        np.testing.assert_allclose(strategy, other, atol=0.1)


def test_a_spent_budget_is_a_status():
    found = mean_field(outside_options(6), seconds=1e-9)
    assert found.status is SolveStatus.BUDGET
    assert found.details["best_gap"] > 1e-3


@pytest.mark.parametrize(
    ("game", "options", "message"),
    [
        (gt.NormalFormGame(np.zeros((2, 2, 3)), 2), {}, "two actions each; got .*2x3.*'descent'"),
        (gt.NormalFormGame([[1.0, 2.0]], 1), {}, "two or more players"),
        (gt.random_2x2("any", size=3, rng=0), {}, "`game` must be a single game; got a batch"),
        (PENNIES, {"crowd": "binomal"}, "`crowd` must be one of .* Did you mean 'binomial'"),
        (PENNIES, {"tolerance": 0.0}, "`tolerance` must be at least 1e-12"),
        (PENNIES, {"seconds": 0.0}, "`seconds` must be positive"),
    ],
    ids=["actions", "one player", "batch", "crowd", "tolerance", "seconds"],
)
def test_what_does_not_fit_is_refused(game, options, message):
    with pytest.raises(ValueError, match=message):
        mean_field(game, **options)
