import itertools

import nashpy
import numpy as np
import pytest
from scipy import stats
from slow_references import expected_payoffs_at

import gametools as gt
from gametools.dynamics import ANCHORS, MATRL, GradientDescent, LookAhead
from gametools.equilibria import SELECTIONS
from gametools.equilibria.meta_game import solve_meta_game
from gametools.games import current_or_predicted_game

FIGURE_3 = gt.QuadraticGame([[1, 10], [-10, 1]])
CHICKEN = gt.NormalFormGame.from_bimatrix([[0, -1], [1, -9]], [[0, 1], [-1, -9]])


def distance_after_100_steps(rule):
    path = gt.simulate(FIGURE_3, rule, [0.5, 0.5], steps=100, rng=0).points
    return np.linalg.norm(path[-1])


@pytest.mark.parametrize(
    ("anchor", "distance"), [("current", 0.0122), ("aggregated", 0.563), ("predicted", 0.729)]
)
def test_distances_of_figure_3_from_every_anchor(anchor, distance):
    measured = distance_after_100_steps(MATRL(0.02, anchor=anchor))
    assert measured == pytest.approx(distance, rel=5e-3)


def test_a_longer_trial_step_is_faster_in_figure_3():
    assert distance_after_100_steps(MATRL(0.02, trial_step=0.06)) == pytest.approx(3.2e-6, rel=0.02)


def trial_meta_game(game, x, trial):
    view = gt.games.as_differentiable(game)
    predicted = view.domain.project(x - trial * view.gradient(x))
    return current_or_predicted_game(view, x, predicted), predicted


@pytest.mark.parametrize("selection", SELECTIONS)
def test_where_staying_dominates_it_is_an_independent_gradient_step(selection):
    # The trial step overshoots each player's own minimum, whatever the other does.
    game, trial = gt.QuadraticGame([[2.0, 0.1], [-0.1, 2.0]], [1.0, -1.0]), 1.5
    x = np.random.default_rng(0).normal([-0.5, 0.5], size=(200, 2))
    meta, _ = trial_meta_game(game, x, trial)
    stay = (meta.payoffs[:, 0, 0] > meta.payoffs[:, 0, 1]).all(axis=-1) & (
        meta.payoffs[:, 1, :, 0] > meta.payoffs[:, 1, :, 1]
    ).all(axis=-1)
    assert stay.sum() > 100
    for anchor in ("current", "aggregated"):
        rule = MATRL(0.05, trial_step=trial, anchor=anchor, selection=selection)
        ours, plain = (
            gt.simulate(game, r, x[stay], steps=1, rng=0).points[1]
            for r in (rule, GradientDescent(0.05))
        )
        np.testing.assert_allclose(ours, plain, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("trial", [0.05, 0.6], ids=["inside", "projected"])
@pytest.mark.parametrize("selection", SELECTIONS)
def test_where_moving_dominates_it_is_look_ahead_with_projected_prediction(selection, trial):
    games = gt.random_2x2("dominance-solvable", size=400, rng=1)
    games = games[gt.games.dominant_players(games) == 2]
    x = np.random.default_rng(2).uniform(0.1, 0.9, (games.size, 2))
    meta, predicted = trial_meta_game(games, x, trial)
    assert (gt.solve_2x2(meta).equilibria[:, 0] == 0).all()
    assert (trial < 0.5) or np.isin(predicted, (0, 1)).mean() > 0.3
    ours, look_ahead = (
        gt.simulate(games, rule, x, steps=1, rng=0).points[1]
        for rule in (
            MATRL(0.03, trial_step=trial, selection=selection),
            LookAhead(0.03, trial_step=trial, project_prediction=True),
        )
    )
    np.testing.assert_allclose(ours, look_ahead, rtol=1e-13, atol=1e-15)


def literal_update(payoffs, x, step, trial, anchor):
    """One update, player by player and entry by entry, and the meta-game's equilibrium.

    The mixed equilibrium is taken where there is one.
    """

    def slope(player, point):
        ends = []
        for probability in (1.0, 0.0):
            end = np.array(point)
            end[player] = probability
            ends.append(expected_payoffs_at(payoffs, end)[player])
        return ends[0] - ends[1]

    predicted = np.clip([x[i] + trial * slope(i, x) for i in (0, 1)], 0, 1)
    advantage = np.zeros((2, 2, 2))
    for i, j in itertools.product((0, 1), repeat=2):
        joint = (x[0], predicted[0])[i], (x[1], predicted[1])[j]
        gain = expected_payoffs_at(payoffs, joint) - expected_payoffs_at(payoffs, x)
        advantage[:, i, j] = gain
    *_, last = nashpy.Game(*advantage).support_enumeration()
    rho = [strategy[0] for strategy in last]
    mixed = [rho[i] * x[i] + (1 - rho[i]) * predicted[i] for i in (0, 1)]
    origin = {"current": x, "aggregated": mixed, "predicted": predicted}[anchor]
    return np.clip([origin[i] + step * slope(i, mixed) for i in (0, 1)], 0, 1), rho


@pytest.mark.parametrize("anchor", ANCHORS)
def test_one_update_equals_a_literal_one(anchor):
    rng = np.random.default_rng(3)
    sizes = {"any": 40, "anticoordination": 120}
    parts = [gt.random_2x2(name, size=size, rng=rng) for name, size in sizes.items()]
    games = gt.NormalFormGame(np.concatenate([part.payoffs for part in parts]), num_players=2)
    # In the second part both players want to leave the vertex, and neither if the other does.
    x = np.concatenate([rng.uniform(0.05, 0.95, (40, 2)), rng.uniform(0.8, 1, (120, 2))])
    rule = MATRL(0.05, trial_step=0.5, anchor=anchor, selection="last-listed")
    after = gt.simulate(games, rule, x, steps=1).points[1]
    mixed = 0
    for k in range(160):
        expected, rho = literal_update(games.payoffs[k], x[k], 0.05, 0.5, anchor)
        np.testing.assert_allclose(after[k], expected, atol=1e-12)
        mixed += 0 < rho[0] < 1
    assert mixed > 10


def test_meta_games_of_two_players_that_improve_alone_have_a_pure_equilibrium():
    games = gt.random_2x2("any", size=5000, rng=6)
    x = np.random.default_rng(7).random((5000, 2))
    for trial in (0.02, 0.5):
        meta, _ = trial_meta_game(games, x, trial)
        first = gt.solve_2x2(meta).equilibria[:, 0]
        assert np.isin(first, (0, 1)).all()


@pytest.mark.parametrize("anchor", ANCHORS)
def test_players_with_several_parameters_move_as_one(anchor):
    rng = np.random.default_rng(4)
    game = gt.QuadraticGame(
        [[1, 0.2, 2], [0.2, 0.5, 3], [2, 3, 0.4]], rng.normal(size=3), dims=(2, 1)
    )
    step, trial, mixed = 0.1, 0.9, 0
    rule = MATRL(step, trial_step=trial, anchor=anchor, selection="last-listed")
    for x in rng.normal(size=(80, 3)):
        meta, predicted = trial_meta_game(game, x, trial)
        found = gt.solve_2x2(meta)
        p, q = found.equilibria[found.counts - 1]
        aggregated = [p, p, q] * x + [1 - p, 1 - p, 1 - q] * predicted
        origin = {"current": x, "aggregated": aggregated, "predicted": predicted}[anchor]
        first = np.append(origin[:2], aggregated[2])
        second = np.append(aggregated[:2], origin[2])
        slopes = np.append(game.gradient(first)[:2], game.gradient(second)[2])
        after = gt.simulate(game, rule, x, steps=1).points[1]
        np.testing.assert_allclose(after, origin - step * slopes, rtol=1e-12, atol=1e-13)
        mixed += 0 < p < 1
    assert mixed > 5


def test_random_selection_takes_each_equilibrium_of_the_meta_game_equally_often():
    x, trial, step = np.array([0.93, 0.95]), 0.3, 0.02
    meta, predicted = trial_meta_game(CHICKEN, x, trial)
    found = gt.solve_2x2(meta)
    assert found.counts == 3
    view = gt.ProbabilityGame(CHICKEN)
    outcomes = []
    for rho in found.equilibria[:3]:
        aggregated = rho * x + (1 - rho) * predicted
        outcomes.append(np.clip(x - step * view.gradient(x, aggregated), 0, 1))
    rule = MATRL(step, trial_step=trial)
    after = gt.simulate(CHICKEN, rule, np.tile(x, (9000, 1)), steps=1, rng=5).points[1]
    counts = [(np.abs(after - outcome) < 1e-12).all(axis=-1).sum() for outcome in outcomes]
    assert sum(counts) == 9000
    assert stats.chisquare(counts).pvalue > 0.001


def test_where_the_meta_game_is_unique_the_seed_does_not_matter():
    first, second = (
        gt.simulate(FIGURE_3, MATRL(0.02), [0.5, 0.5], steps=100, rng=rng).points for rng in (0, 1)
    )
    np.testing.assert_array_equal(first, second)


def test_steps_that_are_too_long_end_in_a_status():
    path = gt.simulate(FIGURE_3, MATRL(5.0), [0.5, 0.5], steps=200, rng=0)
    assert path.status is gt.dynamics.Status.DIVERGED


class TestManyPlayers:
    """The same update with the meta-game of n players."""

    @staticmethod
    def games(players, size=20):
        payoffs = np.random.default_rng(players).normal(size=(size, players, *(2,) * players))
        return gt.NormalFormGame(payoffs, players)

    @pytest.mark.parametrize("players", [1, 3, 4])
    def test_one_update_is_that_of_the_paper(self, players):
        games = self.games(players)
        view = gt.ProbabilityGame(games)
        x = np.random.default_rng(0).random((20, players))
        predicted = np.clip(x - 0.4 * view.gradient(x), 0, 1)
        meta = current_or_predicted_game(view, x, predicted)
        rho = solve_meta_game(meta, selection="best-total")
        mixed = rho * x + (1 - rho) * predicted
        rule = MATRL(0.3, trial_step=0.4, selection="best-total")
        after = gt.simulate(games, rule, x, steps=1, rng=0).points[1]
        expected = np.clip(x - 0.3 * view.gradient(mixed), 0, 1)
        np.testing.assert_allclose(after, expected, atol=1e-14)

    @pytest.mark.parametrize("selection", SELECTIONS)
    def test_a_batch_equals_its_games_one_by_one(self, selection):
        games = self.games(3)
        view = gt.ProbabilityGame(games)
        x = np.random.default_rng(1).random((20, 3))
        rule = MATRL(0.5, selection=selection)
        together, _ = rule.update(view, x, None, np.random.default_rng(2))
        rng = np.random.default_rng(2)
        for k in range(20):
            alone, _ = rule.update(gt.ProbabilityGame(games[k]), x[k], None, rng)
            np.testing.assert_array_equal(together[k], alone)

    def test_a_rotation_of_three_is_left_by_gradients_and_entered_by_matrl(self):
        chain = gt.QuadraticGame([[1.0, 10, 0], [-10, 1, 10], [0, -10, 1]])
        ends = {
            rule: gt.simulate(chain, rule, [0.5, 0.5, 0.5], steps=100, record=0, rng=0).points[-1]
            for rule in (MATRL(0.02), GradientDescent(0.02))
        }
        assert np.linalg.norm(ends[MATRL(0.02)]) < 0.1
        assert np.linalg.norm(ends[GradientDescent(0.02)]) > 3

    def test_players_may_have_several_parameters_each(self):
        owner = np.repeat([0, 1, 2], (2, 1, 2))
        game = gt.QuadraticGame(np.eye(5) + np.sign(owner - owner[:, None]), dims=(2, 1, 2))
        start = [1.0, -1, 2, 0.5, 1]
        path = gt.simulate(game, MATRL(0.1), start, steps=150, rng=0).points
        assert np.linalg.norm(path[-1]) < 1e-3

    def test_a_strict_equilibrium_of_eight_players_is_reached(self):
        """Each earns as many points as others choose what it chooses."""
        actions = np.indices((2,) * 8)
        same = (actions[:, None] == actions[None]).sum(axis=1) - 1
        game = gt.NormalFormGame(same.astype(float), 8)
        end = gt.simulate(game, MATRL(0.05), [0.7] * 8, steps=5, record=0, rng=0).points[-1]
        np.testing.assert_array_equal(end, np.ones(8))


def test_more_players_than_a_meta_game_can_hold_are_refused():
    with pytest.raises(ValueError, match=r"MATRL .* players.*; got 13"):
        gt.simulate(gt.QuadraticGame(np.eye(13)), MATRL(0.1), np.zeros(13))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"anchor": "curent"}, "`anchor` must be one of current, .* Did you mean 'current'"),
        ({"selection": "first"}, "`selection` must be one of random, .*got 'first'"),
        ({"selection": None}, "`selection` must be one of random, .*got None"),
    ],
    ids=str,
)
def test_unknown_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        MATRL(0.1, **options)
