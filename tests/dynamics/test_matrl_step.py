import numpy as np
import pytest

import gametools as gt
from gametools.dynamics import ANCHORS, MATRL, MATRLStep, MetaCase, matrl_step
from gametools.dynamics.simulate import start_points
from gametools.equilibria import SELECTIONS

FIGURE_3 = gt.QuadraticGame([[1, 10], [-10, 1]])
CHICKEN = gt.named_game("chicken")
PENNIES = gt.named_game("matching_pennies")
THREE = gt.NormalFormGame(np.random.default_rng(3).normal(size=(20, 3, 2, 2, 2)), 3)
BLOCKS = gt.QuadraticGame(
    [[2, 0.5, 3, 0], [0.5, 1, 0, 3], [-3, 0, 1, 0], [0, -3, 0, 2]], dims=(2, 2)
)


def same_as_update(game, x, rule, seed=7):
    view = gt.games.as_differentiable(game)
    step = matrl_step(game, x, rule, np.random.default_rng(seed))
    after, _ = rule.update(view, start_points(view, x), None, np.random.default_rng(seed))
    np.testing.assert_array_equal(step.next, after, strict=True)
    return step


@pytest.mark.parametrize("selection", SELECTIONS)
@pytest.mark.parametrize("anchor", ANCHORS)
class TestNextIsWhatTheRuleReturns:
    """Bit for bit: every anchor, every selection, with the same draws."""

    def test_two_players(self, anchor, selection):
        games = gt.random_2x2("any", size=500, rng=1)
        x = np.random.default_rng(2).random((500, 2))
        step = same_as_update(games, x, MATRL(0.3, 0.4, anchor, selection))
        assert set(step.case) == set(MetaCase) - {MetaCase.NO_IMPROVEMENT}

    def test_several_equilibria(self, anchor, selection):
        x = np.tile([0.9, 0.9], (200, 1))
        step = same_as_update(CHICKEN, x, MATRL(0.1, 0.5, anchor, selection))
        assert len(np.unique(step.rho, axis=0)) == (3 if selection == "random" else 1)

    def test_three_players(self, anchor, selection):
        x = np.random.default_rng(4).random((20, 3))
        same_as_update(THREE, x, MATRL(0.3, 0.4, anchor, selection))

    def test_several_parameters_each(self, anchor, selection):
        x = np.random.default_rng(5).normal(size=(50, 4))
        same_as_update(BLOCKS, x, MATRL(0.1, 0.6, anchor, selection))

    def test_one_point(self, anchor, selection):
        same_as_update(FIGURE_3, [0.5, 0.5], MATRL(0.02, None, anchor, selection))


def test_a_run_of_the_driver_is_a_chain_of_steps():
    rule = MATRL(0.1, 0.5)
    path = gt.simulate(CHICKEN, rule, [0.9, 0.88], steps=5, rng=3).points
    rng, x = np.random.default_rng(3), path[0]
    for after in path[1:]:
        x = matrl_step(CHICKEN, x, rule, rng).next
        np.testing.assert_array_equal(x, after)


def test_the_parts_of_figure_3_by_hand():
    """From (0.5, 0.5): xi = (5.5, -4.5), the trial goes to (0.39, 0.59).

    Losses x**2/2 + 10xy and y**2/2 - 10xy: each gains by its trial step, whatever the other does.
    """
    step = matrl_step(FIGURE_3, [0.5, 0.5], MATRL(0.02))
    np.testing.assert_allclose(step.current, [0.5, 0.5])
    np.testing.assert_allclose(step.losses, [2.625, -2.375])
    np.testing.assert_allclose(step.gradient, [5.5, -4.5])
    np.testing.assert_allclose(step.predicted, [0.39, 0.59])
    np.testing.assert_array_equal(step.rho, [0, 0])
    np.testing.assert_allclose(step.aggregated, [0.39, 0.59])
    np.testing.assert_allclose(step.response_gradient, [0.5 + 5.9, 0.5 - 3.9])
    np.testing.assert_allclose(step.next, [0.5 - 0.128, 0.5 + 0.068])
    both = 2.625 - (0.39**2 / 2 + 10 * 0.39 * 0.59)
    assert step.meta.payoffs[0, 1, 1] == pytest.approx(both)
    assert step.case is MetaCase.BOTH
    assert (step.game, step.rule) == (FIGURE_3, MATRL(0.02))


def test_gains_of_chicken_by_hand():
    """Daring instead of swerving earns 3q - 2 where the other swerves with probability q."""
    step = matrl_step(CHICKEN, [0.9, 0.8], MATRL(0.1, 0.5))
    predicted = [0.9 - 0.5 * 0.4, 0.8 - 0.5 * 0.7]
    np.testing.assert_allclose(step.predicted, predicted)
    moves = np.array([[0.2], [0.35]])
    slopes = [[3 * 0.8 - 2, 3 * predicted[1] - 2], [3 * 0.9 - 2, 3 * predicted[0] - 2]]
    np.testing.assert_allclose(step.gains, moves * slopes)
    np.testing.assert_array_equal(step.improves, [[1, -1], [1, 1]])
    assert step.case is MetaCase.SECOND


def test_cases_say_which_equilibria_the_meta_game_has():
    games = gt.random_2x2("any", size=3000, rng=8)
    x = np.random.default_rng(9).uniform(0.05, 0.95, (3000, 2))
    step = matrl_step(games, x, MATRL(0.3, 0.4), 0)
    found = gt.solve_2x2(step.meta)
    pure = {MetaCase.BOTH: [0, 0], MetaCase.FIRST: [0, 1], MetaCase.SECOND: [1, 0]}
    for case, rho in pure.items():
        mine = step.case == case
        assert mine.sum() > 20
        assert (found.counts[mine] == 1).all()
        np.testing.assert_array_equal(found.equilibria[mine, 0], np.tile(rho, (mine.sum(), 1)))
    either = step.case == MetaCase.NEITHER
    assert either.sum() > 5
    assert (found.counts[either] == 3).all()
    np.testing.assert_array_equal(found.equilibria[either, :2].sum(axis=-1), 1)


def test_a_player_at_its_best_reply_has_nothing_to_gain():
    step = matrl_step(PENNIES, [0.3, 0.5], MATRL(0.1))
    np.testing.assert_array_equal(step.improves, [[0, 0], [1, 1]])
    assert step.case is MetaCase.NO_IMPROVEMENT


@pytest.mark.parametrize("shift", [0.0, 1e6])
def test_a_tie_is_a_tie_whatever_the_rounding(shift):
    """The trial of player 2 ends at 1/2, where player 1 does not care."""
    shifted = gt.NormalFormGame(0.1 * PENNIES.payoffs + shift)
    step = matrl_step(shifted, [0.3, 0.4], MATRL(1.25))
    assert step.gains[0, 1] == pytest.approx(0, abs=1e-12)
    assert step.predicted[1] == pytest.approx(0.5)
    np.testing.assert_array_equal(step.improves, [[1, 0], [1, 1]])
    assert step.case is MetaCase.NO_IMPROVEMENT


def test_a_batch_equals_its_updates_one_by_one():
    games = gt.random_2x2("any", size=30, rng=1)
    x = np.random.default_rng(2).random((30, 2))
    rule = MATRL(0.3, 0.4, selection="last-listed")
    together = matrl_step(games, x, rule)
    assert together.batch_shape == (30,)
    for k in range(30):
        alone = matrl_step(games[k], x[k], rule)
        for name in ("gradient", "predicted", "rho", "aggregated", "anchor", "next", "gains"):
            np.testing.assert_array_equal(getattr(together, name)[k], getattr(alone, name))
        assert together.case[k] is alone.case


@pytest.mark.parametrize(
    ("x", "rule", "error", "message"),
    [
        ([0.5, 0.5], gt.dynamics.GradientDescent(0.1), TypeError, "`rule` must be MATRL, .*step"),
        ([0.5, 0.5], MATRL, TypeError, "`rule` must be MATRL"),
        ([0.5, 1.5], MATRL(0.1), ValueError, "`x` must lie in Box"),
        ([0.5], MATRL(0.1), ValueError, r"`x` must have shape \(\*batch, 2\)"),
    ],
    ids=str,
)
def test_arguments_that_do_not_fit_are_refused(x, rule, error, message):
    with pytest.raises(error, match=message):
        matrl_step(PENNIES, x, rule)


def test_too_many_players_are_refused_before_any_work():
    with pytest.raises(ValueError, match="MATRL takes up to 12 players"):
        matrl_step(gt.QuadraticGame(np.eye(13)), np.zeros(13), MATRL(0.1))


def test_gains_are_for_two_players():
    step = matrl_step(THREE[0], [0.5, 0.5, 0.5], MATRL(0.1), 0)
    assert isinstance(step, MATRLStep)
    with pytest.raises(ValueError, match="`gains` are for two players; got 3"):
        _ = step.case


def test_reprs_are_short():
    assert repr(matrl_step(PENNIES, [0.5, 0.5], MATRL(0.1), 0)).startswith(
        "MATRLStep(current (0.5, 0.5), predicted (0.5, 0.5)"
    )
    assert repr(matrl_step(PENNIES, np.full((3, 2), 0.4), MATRL(0.1))).startswith(
        "MATRLStep(batch (3,) of MATRL(step=0.1"
    )
