import numpy as np
import pytest
from game_strategies import generic_games_2x2
from hypothesis import given, settings
from n_player_games import (
    PENNIES,
    SHAPLEY,
    SKEWED,
    normal_game,
    permute_actions,
    permute_players,
    rescale,
    share_gap,
)
from scipy.optimize import brentq
from scipy.special import softmax

import gametools as gt
from gametools.equilibria.logit import logit_path, quantal_response, trace_logit
from gametools.equilibria.nash_gap import DeviationGains
from gametools.equilibria.result import SolveStatus

SHAPES = [(2, 2), (3, 4), (2, 2, 2), (3, 3, 3), (2, 3, 1, 2), (2, 2, 2, 2, 2)]
every_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)


def logistic(z):
    return 1 / (1 + np.exp(-z))


def responses(game, lam, profile):
    """Each player's logit response to the others, from literal action payoffs."""
    gains = DeviationGains(game)
    earned = gains.action_payoffs(gains.join(profile)[None])[0]
    return [softmax(lam * earned[block]) for block in gains.blocks]


def assert_close(profile, expected, tolerance=1e-9):
    for strategy, other in zip(profile, expected, strict=True):
        np.testing.assert_allclose(strategy, other, atol=tolerance)


def end_of(game, **options):
    found = logit_path(game, **options)
    assert found.status is SolveStatus.SOME
    assert len(found.equilibria) == 1
    assert found.exploitability[0] <= 1e-9 * game.payoff_range()
    return found.equilibria[0]


class TestQuantalResponse:
    @pytest.mark.parametrize("lam", [0.0, 0.3, 5.0, 1e3, 1e6])
    def test_matching_pennies_are_played_evenly_at_every_precision(self, lam):
        assert_close(quantal_response(PENNIES, lam), ([0.5, 0.5], [0.5, 0.5]))

    @pytest.mark.parametrize("lam", [0.01, 0.5, 2.0, 10.0, 100.0])
    def test_asymmetric_pennies_agree_with_a_scalar_root(self, lam):
        game = gt.NormalFormGame.from_bimatrix([[9, 0], [0, 1]], [[0, 1], [1, 0]])

        def second(p):
            return logistic(lam * (1 - 2 * p))

        p = brentq(lambda p: p - logistic(lam * (10 * second(p) - 1)), 0, 1, xtol=1e-15)
        assert_close(quantal_response(game, lam), ([p, 1 - p], [second(p), 1 - second(p)]), 1e-10)

    def test_a_lone_player_chooses_by_softmax(self):
        game = gt.NormalFormGame([[1.0, 2.0, 4.0]], num_players=1)
        assert_close(quantal_response(game, 0.7), [softmax(0.7 * np.array([1, 2, 4]))], 1e-12)

    def test_dominated_actions_follow_the_closed_form(self):
        """In a dilemma whose gain from defecting is always 1, nobody's choice depends on anyone."""
        game = gt.NormalFormGame.from_bimatrix([[2, 0], [3, 1]], [[2, 3], [0, 1]])
        p = logistic(-1.7)
        assert_close(quantal_response(game, 1.7), ([p, 1 - p], [p, 1 - p]), 1e-12)

    @every_shape
    def test_players_respond_to_one_another(self, shape):
        game = normal_game(np.random.default_rng(sum(shape)), shape)
        for lam in (0.1, 1.0, 7.0, 300.0):
            profile = quantal_response(game, lam)
            assert_close(profile, responses(game, lam, profile), 1e-9)

    def test_where_the_branch_turns_back_the_first_passage_is_taken(self):
        game = normal_game(np.random.default_rng(33), (2, 2, 2))
        path = trace_logit(game)
        turns = np.flatnonzero(np.diff(np.sign(np.diff(path.lambdas))))
        assert len(turns) == 2  # forth, back and forth again
        top, bottom = path.lambdas[turns + 1]
        lam = (top + bottom) / 2
        first = next(k for k, reached in enumerate(path.lambdas) if reached >= lam)
        profile = quantal_response(game, lam)
        assert_close(profile, responses(game, lam, profile), 1e-9)
        off = [
            max(np.abs(s - t).max() for s, t in zip(profile, other, strict=True))
            for other in path.profiles
        ]
        assert int(np.argmin(off)) in (first - 1, first)

    def test_a_precision_out_of_reach_is_an_error_that_says_how_far_it_went(self):
        game = normal_game(np.random.default_rng(0), (4, 4, 4))
        with pytest.raises(RuntimeError, match=r"not followed to `lam` 1e\+?09.*raise `seconds`"):
            quantal_response(game, 1e9, seconds=1e-3)


class TestThePath:
    @every_shape
    def test_every_point_is_a_quantal_response_equilibrium(self, shape):
        game = normal_game(np.random.default_rng(10 + sum(shape)), shape)
        path = trace_logit(game)
        assert path.finished
        for k in range(0, len(path.lambdas), 3):
            lam = path.lambdas[k]
            # Payoffs are known to a rounding error, which the precision multiplies.
            slack = 1e-8 + 1e-13 * lam
            assert_close(path.profiles[k], responses(game, lam, path.profiles[k]), slack)
            gap = gt.exploitability(game, path.profiles[k])
            assert path.exploitability[k] == pytest.approx(gap, abs=1e-12)

    def test_it_starts_at_the_centroid_and_ends_where_it_was_told(self):
        game = normal_game(np.random.default_rng(1), (3, 4))
        for precision in (1e-2, 1e-5):
            path = trace_logit(game, precision=precision)
            assert path.lambdas[0] == 0
            assert_close(path.profiles[0], ([1 / 3] * 3, [1 / 4] * 4), 1e-15)
            assert path.exploitability[-1] <= precision * game.payoff_range()
            assert path.exploitability[-2] > precision * game.payoff_range()

    def test_it_is_followed_without_leaps(self):
        for seed in range(7):
            path = trace_logit(normal_game(np.random.default_rng(seed), (3, 3)))
            points = np.array([np.concatenate(profile) for profile in path.profiles])
            assert np.abs(np.diff(points, axis=0)).max() < 0.3
            assert not path.crossings.any()

    def test_symmetric_games_are_passed_straight_on_at_crossings(self):
        payoffs = np.array([[2.0, 0, 0], [0, 2, 0], [0, 0, 1]])
        game = gt.NormalFormGame.from_bimatrix(payoffs, payoffs)
        path = trace_logit(game)
        assert path.finished
        assert path.crossings.sum() == 1
        assert "1 crossing" in repr(path)
        for row, column in path.profiles:
            np.testing.assert_allclose(row, column, atol=1e-6)
            assert row[0] == pytest.approx(row[1], abs=1e-6)
        assert_close(end_of(game), ([0.5, 0.5, 0], [0.5, 0.5, 0]))

    def test_all_symmetric_games_are_followed_to_the_end(self):
        rng = np.random.default_rng(2)
        for _ in range(12):
            own = rng.normal(size=(4, 4))
            row, column = end_of(gt.NormalFormGame.from_bimatrix(own, own.T))
            np.testing.assert_allclose(row, column, atol=1e-6)

    def test_a_slight_asymmetry_decides_the_way(self):
        own = np.array([[0.0, -1], [1, -9]])
        tilt = np.array([[0, 0], [1e-3, 0]])
        row, column = end_of(gt.NormalFormGame.from_bimatrix(own + tilt, own.T))
        assert_close((row, column), ([0, 1], [1, 0]))
        row, column = end_of(gt.NormalFormGame.from_bimatrix(own - tilt, own.T))
        assert_close((row, column), ([1, 0], [0, 1]))

    def test_the_frame_has_a_row_for_each_probability(self):
        frame = trace_logit(SKEWED, precision=1e-2).to_frame()
        columns = ["point", "lambda", "player", "action", "probability", "exploitability"]
        assert frame.columns.tolist() == columns
        sums = frame.groupby(["point", "player"])["probability"].sum()
        np.testing.assert_allclose(sums, 1)
        assert frame.loc[frame["point"] == 0, "probability"].tolist() == [0.5] * 4

    def test_what_the_budget_allows_is_returned_unfinished(self):
        path = trace_logit(normal_game(np.random.default_rng(3), (4, 4, 4)), seconds=1e-9)
        assert not path.finished
        assert path.lambdas.tolist() == [0.0]


class TestTheEnd:
    def test_symmetric_coordination_ends_at_the_risk_dominant_equilibrium(self):
        rng = np.random.default_rng(4)
        seen = set()
        for _ in range(40):
            a, b, c, d = rng.normal(size=4)
            if not (a > c and d > b):
                continue
            own = np.array([[a, b], [c, d]])
            first = a - c > d - b
            seen.add(bool(first))
            expected = [1, 0] if first else [0, 1]
            assert_close(end_of(gt.NormalFormGame.from_bimatrix(own, own.T)), (expected, expected))
        assert seen == {True, False}

    def test_the_stag_hunt_ends_with_the_safe_hare_at_a_larger_payoff_of_the_stag(self):
        game = gt.NormalFormGame.from_bimatrix([[5, 0], [4, 4]], [[5, 4], [0, 4]])
        assert_close(end_of(game), ([0, 1], [0, 1]))

    @pytest.mark.parametrize(
        ("game", "expected"),
        [
            (PENNIES, ([0.5, 0.5], [0.5, 0.5])),
            (SKEWED, ([1 / 2, 1 / 2], [1 / 3, 2 / 3])),
            (SHAPLEY, ([1 / 3] * 3, [1 / 3] * 3)),
            (gt.NormalFormGame.from_bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]]), ([0, 1], [0, 1])),
            (gt.NormalFormGame([[1.0, 5.0, 2.0]], num_players=1), ([0, 1, 0],)),
        ],
        ids=["pennies", "skewed", "shapley", "dilemma", "one player"],
    )
    def test_a_unique_equilibrium_is_found(self, game, expected):
        assert_close(end_of(game), expected)

    @given(generic_games_2x2())
    @settings(max_examples=16)
    def test_it_is_one_of_the_equilibria_of_the_game(self, game):
        found = gt.solve_2x2(game)
        row, column = end_of(game)
        off = np.abs(found.equilibria[: found.counts] - [row[0], column[0]]).max(axis=1)
        assert off.min() < 1e-8

    @every_shape
    def test_random_games_are_solved_exactly(self, shape):
        rng = np.random.default_rng(5)
        for _ in range(2):
            end_of(normal_game(rng, shape))

    def test_the_end_lies_where_the_path_leads(self):
        rng = np.random.default_rng(6)
        for _ in range(7):
            found = logit_path(normal_game(rng, (3, 3)))
            last = found.details["path"].profiles[-1]
            assert_close(found.equilibria[0], last, 0.01)

    @pytest.mark.parametrize(
        ("shape", "seed"), [((3, 3), 7), ((2, 2, 2), 12), ((2, 2, 2), 51), ((4, 4), 0)]
    )
    def test_a_rough_precision_is_refined_until_the_end_is_clear(self, shape, seed):
        """In the first three, Newton's method would leap from there to another equilibrium."""
        game = normal_game(np.random.default_rng(seed), shape)
        rough, fine = logit_path(game, precision=0.01), logit_path(game, precision=1e-9)
        assert_close(rough.equilibria[0], fine.equilibria[0], 1e-9)

    @pytest.mark.parametrize("shape", [(3, 3), (2, 2, 2)], ids=str)
    def test_one_scale_for_all_payoffs_and_any_shift_change_only_lambda(self, shape):
        rng = np.random.default_rng(7)
        game = normal_game(rng, shape)
        moved = rescale(game, [1e-3] * len(shape), rng.normal(size=len(shape)))
        before, after = trace_logit(game), trace_logit(moved)
        assert_close(end_of(moved), end_of(game), 1e-8)
        assert after.lambdas[-1] / 1e3 == pytest.approx(before.lambdas[-1], rel=0.5)
        for lam in (0.5, 20.0):
            there = quantal_response(moved, 1e3 * lam)
            assert_close(there, quantal_response(game, lam), 1e-9)

    def test_order_of_players_and_actions_is_irrelevant(self):
        rng = np.random.default_rng(8)
        for _ in range(2):
            game = normal_game(rng, (2, 3, 2))
            end = end_of(game)
            order = rng.permutation(3)
            assert_close(end_of(permute_players(game, order)), [end[k] for k in order], 1e-8)
            orders = [rng.permutation(a) for a in game.num_actions]
            expected = [s[o] for s, o in zip(end, orders, strict=True)]
            assert_close(end_of(permute_actions(game, orders)), expected, 1e-8)

    def test_a_game_without_choices_rests_at_the_centroid(self):
        game = gt.NormalFormGame(np.full((2, 3, 2), 4.0), num_players=2)
        assert_close(end_of(game), ([1 / 3] * 3, [1 / 2] * 2))

    def test_payoffs_are_left_as_they_were_and_a_second_run_repeats_the_first(self):
        game = normal_game(np.random.default_rng(9), (3, 3))
        before = game.payoffs.copy()
        first, again = logit_path(game), logit_path(game)
        np.testing.assert_array_equal(game.payoffs, before)
        for strategy, other in zip(first.equilibria[0], again.equilibria[0], strict=True):
            np.testing.assert_array_equal(strategy, other)


class TestFailures:
    def test_a_spent_budget_is_a_status_and_shows_how_far_it_came(self):
        found = logit_path(normal_game(np.random.default_rng(0), (30, 30)), seconds=0.01)
        assert found.status is SolveStatus.BUDGET
        assert "raise `seconds`" in found.status
        assert not found.complete
        path = found.details["path"]
        assert not path.finished
        assert "broken off at lambda" in found.note

    def test_a_budget_spent_near_an_equilibrium_still_returns_it(self, monkeypatch):
        game = gt.NormalFormGame.from_bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]])
        steps = iter([False] * 12)
        monkeypatch.setattr(
            "gametools.equilibria.result.Budget.spent", lambda self: next(steps, True)
        )
        found = logit_path(game)
        assert found.status is SolveStatus.BUDGET
        assert not found.details["path"].finished
        assert_close(found.equilibria[0], ([0, 1], [0, 1]))

    def test_a_precision_too_rough_to_tell_the_end_is_refused(self):
        with pytest.raises(ValueError, match=r"`precision` must be at most 0\.01; got 0\.5"):
            logit_path(PENNIES, precision=0.5)

    @pytest.mark.parametrize("function", [logit_path, trace_logit])
    @pytest.mark.parametrize("precision", [0.0, -1e-3])
    def test_a_precision_that_is_not_positive_is_refused(self, function, precision):
        with pytest.raises(ValueError, match="`precision` must be positive"):
            function(PENNIES, precision=precision)

    def test_a_negative_lambda_is_refused(self):
        with pytest.raises(ValueError, match=r"`lam` must be at least 0; got -1\.0"):
            quantal_response(PENNIES, -1.0)

    @pytest.mark.parametrize(
        "function", [logit_path, trace_logit, lambda games: quantal_response(games, 1.0)]
    )
    def test_batches_are_refused(self, function):
        with pytest.raises(ValueError, match="`game` must be a single game; got a batch"):
            function(gt.random_2x2("any", size=3, rng=0))

    def test_budgets_must_be_positive(self):
        with pytest.raises(ValueError, match="`seconds` must be positive"):
            logit_path(PENNIES, seconds=0)


@pytest.mark.slow
def test_careful_steps_lead_to_the_same_ends(monkeypatch):
    """Five times shorter steps: a branch jumped over would show."""
    rng = np.random.default_rng(12)
    games = [normal_game(rng, shape) for shape in [(3, 3), (2, 2, 2), (5, 5)] for _ in range(40)]
    ends = [end_of(game) for game in games]
    for name, value in [("LONGEST_CORRECTION", 0.03), ("SHARPEST_TURN", 0.02)]:
        monkeypatch.setattr(f"gametools.equilibria.path_following.{name}", value)
    for game, end in zip(games, ends, strict=True):
        assert_close(end_of(game), end, 1e-7)
        assert share_gap(game, end) < 1e-10
