import itertools

import numpy as np
import pytest
from differentiable_games import random_matrix_game

import gametools as gt
from gametools.games import RepeatedGame

DILEMMA = gt.NormalFormGame.from_bimatrix([[-1, -3], [0, -2]], [[-1, 0], [-3, -2]])
COOPERATE, DEFECT = [1.0] * 5, [0.0] * 5
TIT_FOR_TAT, WIN_STAY = [1, 1, 0, 1, 0], [1, 1, 0, 0, 1]
GRIM = [1, 1, 0, 0, 0]


def played(payoffs, profile, discount, rounds):
    """Discounted losses, round by round, each player's own action first in its memory."""
    total, weight = np.zeros(2), 1.0
    mine, theirs = (list(strategy) for strategy in profile)
    chances = {"start": 1.0}
    for _ in range(rounds):
        after = dict.fromkeys(itertools.product((0, 1), repeat=2), 0.0)
        for memory, chance in chances.items():
            if memory == "start":
                a, b = mine[0], theirs[0]
            else:
                a = mine[1 + 2 * memory[0] + memory[1]]
                b = theirs[1 + 2 * memory[1] + memory[0]]
            for first, second in after:
                after[first, second] += chance * (
                    (a if first == 0 else 1 - a) * (b if second == 0 else 1 - b)
                )
        for (first, second), chance in after.items():
            total -= weight * chance * payoffs[:, first, second]
        chances, weight = after, weight * discount
    return total


@pytest.mark.parametrize("discount", [0.0, 0.5, 0.96])
@pytest.mark.parametrize("seed", range(3))
def test_losses_are_those_of_play_round_by_round(discount, seed):
    payoffs = random_matrix_game((2, 2), seed=seed).payoffs
    profile = np.random.default_rng(seed).random((2, 5))
    game = RepeatedGame(gt.NormalFormGame(payoffs), discount, coordinates="probability")
    found = game.losses(game.point(profile))
    np.testing.assert_allclose(found, played(payoffs, profile, discount, 1000), rtol=1e-10)


@pytest.mark.parametrize(
    ("profile", "average"),
    [
        ((COOPERATE, COOPERATE), (1, 1)),
        ((DEFECT, DEFECT), (2, 2)),
        ((COOPERATE, DEFECT), (3, 0)),
        ((TIT_FOR_TAT, TIT_FOR_TAT), (1, 1)),
        ((WIN_STAY, WIN_STAY), (1, 1)),
        ((TIT_FOR_TAT, DEFECT), (0.04 * 3 + 0.96 * 2, 0.96 * 2)),
        ((DEFECT, GRIM), (0.96 * 2, 0.04 * 3 + 0.96 * 2)),
    ],
    ids=["CC", "DD", "CD", "TFT", "WSLS", "TFT against D", "D against grim"],
)
def test_strategies_of_the_prisoners_dilemma_cost_what_they_should(profile, average):
    game = RepeatedGame(DILEMMA, 0.96, coordinates="probability", normalised=True)
    np.testing.assert_allclose(game.losses(game.point(profile)), average, rtol=1e-12)


def test_win_stay_forgives_where_the_own_action_comes_first():
    """A slip of either player is forgiven after one round of mutual defection."""
    game = RepeatedGame(DILEMMA, 0.5, coordinates="probability")
    slip = [0, 1, 0, 0, 1]
    # DC, DD, then CC for ever: after DC player 1 must shift and player 2 too.
    losses = [0 + 0.5 * 2 + 0.25 * 2, 3 + 0.5 * 2 + 0.25 * 2]
    np.testing.assert_allclose(game.losses(game.point((slip, WIN_STAY))), losses, rtol=1e-12)
    swapped = game.losses(game.point((WIN_STAY, slip)))
    np.testing.assert_allclose(swapped, losses[::-1], rtol=1e-12)


def test_a_symmetric_game_is_symmetric_in_its_players():
    game = RepeatedGame(DILEMMA, 0.9)
    x = np.random.default_rng(0).normal(size=(6, 10))
    swapped = np.roll(x, 5, axis=-1)
    np.testing.assert_allclose(game.losses(swapped), game.losses(x)[:, ::-1], rtol=1e-12)
    np.testing.assert_allclose(
        game.gradient(swapped), np.roll(game.gradient(x), 5, axis=-1), rtol=1e-11, atol=1e-13
    )
    np.testing.assert_allclose(
        game.jacobian(swapped),
        np.roll(game.jacobian(x), (5, 5), axis=(-2, -1)),
        rtol=1e-10,
        atol=1e-12,
    )


def test_without_a_future_it_is_the_stage_game():
    stage = random_matrix_game((2, 2), seed=4)
    game = RepeatedGame(stage, 0.0, coordinates="probability")
    once = gt.ProbabilityGame(stage)
    x = np.random.default_rng(1).random((3, 10))
    start = x[:, [0, 5]]
    np.testing.assert_allclose(game.losses(x), once.losses(start), rtol=1e-12)
    np.testing.assert_allclose(game.gradient(x)[:, [0, 5]], once.gradient(start), atol=1e-14)
    others = np.delete(game.gradient(x), [0, 5], axis=-1)
    np.testing.assert_array_equal(others, 0)


def test_averages_are_sums_times_one_minus_the_discount():
    sums, averages = (RepeatedGame(DILEMMA, 0.96, normalised=flag) for flag in (False, True))
    x = np.random.default_rng(2).normal(size=(3, 10))
    for method in ("losses", "gradient", "jacobian", "loss_jacobian"):
        expected = 0.04 * getattr(sums, method)(x)
        found = getattr(averages, method)(x)
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


def test_constants_for_each_round_add_up():
    moved = gt.NormalFormGame(DILEMMA.payoffs + 5)
    x = np.random.default_rng(3).normal(size=10)
    found = RepeatedGame(moved, 0.96).losses(x)
    np.testing.assert_allclose(found, RepeatedGame(DILEMMA, 0.96).losses(x) - 5 / 0.04, rtol=1e-12)


def test_plain_learners_end_in_mutual_defection():
    """Step 1 on the unnormalised loss, 100 steps: mean loss 1.99, standard error about 0.01."""
    game = gt.named_differentiable_game("iterated_prisoners_dilemma")
    start = np.random.default_rng(4).normal(size=(300, 10))
    for rule, published in ((gt.dynamics.GradientDescent(1.0), 1.99),
                            (gt.dynamics.ExtraGradient(1.0), 1.98)):  # fmt: skip
        end = gt.simulate(game, rule, start, steps=100, record=0).points[-1]
        mean = 0.04 * game.losses(end)[:, 0].mean()
        assert mean == pytest.approx(published, abs=0.03)


@pytest.mark.parametrize("coordinates", ["sigmoid", "probability"])
def test_profiles_become_points_and_come_back(coordinates):
    game = RepeatedGame(DILEMMA, coordinates=coordinates)
    profile = np.random.default_rng(5).uniform(0.1, 0.9, (2, 4, 5))
    x = game.point(profile)
    assert x.shape == (4, 10)
    assert game.domain.contains(x).all()
    np.testing.assert_allclose(game.profile(x), profile, rtol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((np.eye(2),), {}, TypeError, "`stage` must be a NormalFormGame; got"),
        ((gt.named_game("rock_paper_scissors"),), {}, ValueError, "`stage` must have .* got 3x3"),
        ((random_matrix_game((2, 2, 2)),), {}, ValueError, "`stage` must have .* got 2x2x2"),
        ((DILEMMA, 1.0), {}, ValueError, "`discount` must be less than 1; got 1.0"),
        ((DILEMMA, -0.1), {}, ValueError, "`discount` must be at least 0; got -0.1"),
        ((DILEMMA,), {"coordinates": "simplex"}, ValueError, "`coordinates` must be one of sigm"),
    ],
    ids=str,
)
def test_games_that_make_no_sense_are_refused(arguments, options, error, message):
    with pytest.raises(error, match=message):
        RepeatedGame(*arguments, **options)


@pytest.mark.parametrize(
    ("profile", "message"),
    [
        ([COOPERATE], "`profile` must hold two players' strategies; got 1"),
        ([[1, 1, 1, 1], [1, 1, 1, 1]], "`profile` must hold five probabilities for each"),
        ([[1, 1, 1, 1, 2], COOPERATE], "`profile` must hold five probabilities for each"),
    ],
)
def test_profiles_that_are_none_are_refused(profile, message):
    with pytest.raises(ValueError, match=message):
        RepeatedGame(DILEMMA, coordinates="probability").point(profile)


def test_certain_actions_have_no_logits():
    with pytest.raises(ValueError, match="`profile` must hold probabilities between 0 and 1"):
        RepeatedGame(DILEMMA).point([COOPERATE, DEFECT])


def test_games_say_what_they_are():
    game = RepeatedGame(DILEMMA, 0.9, normalised=True)
    assert repr(game) == (
        "RepeatedGame(NormalFormGame(2 players, 2x2 actions), discount 0.9, average, sigmoid)"
    )
