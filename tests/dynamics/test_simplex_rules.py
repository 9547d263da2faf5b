"""Rules on mixed strategies: literal updates, regret, and where they lead."""

import math

import numpy as np
import pytest

import gametools as gt
from gametools.dynamics import (
    WPL,
    ExploitabilityDescent,
    FictitiousPlay,
    GIGAWoLF,
    Hedge,
    LogitBestResponse,
    RegretMatching,
    Replicator,
)

RPS = np.array([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]])
PENNIES = gt.named_game("matching_pennies")
SHAPLEY = gt.NormalFormGame.from_bimatrix(np.eye(3), np.roll(np.eye(3), 1, axis=1))


def random_view(seed, shape=(3, 4)):
    rng = np.random.default_rng(seed)
    game = gt.NormalFormGame(rng.normal(size=(len(shape), *shape)))
    start = np.concatenate([rng.dirichlet(np.ones(a)) for a in shape])
    return gt.SimplexGame(game), start


def one_update(rule, view, x):
    return rule.update(view, x, rule.init(view, x), np.random.default_rng(0))[0]


def payoffs_of_actions(view, x):
    row, column = view.matrix_game.payoffs
    k = len(row)
    return row @ x[k:], x[:k] @ column


@pytest.mark.parametrize("seed", range(3))
def test_one_update_is_the_formula_of_each_rule(seed):
    view, x = random_view(seed)
    step = 0.2
    expected = {
        name: [] for name in ("exponential", "euler", "logit", "fictitious", "wpl", "regret")
    }
    for s, u in zip((x[:3], x[3:]), payoffs_of_actions(view, x), strict=True):
        grown = s * np.exp(step * u)
        gains = u - s @ u
        expected["exponential"].append(grown / grown.sum())
        expected["euler"].append(s * (1 + step * gains))
        soft = np.exp(u / 0.7)
        expected["logit"].append(s + step * (soft / soft.sum() - s))
        expected["fictitious"].append((3 * s + np.eye(len(u))[u.argmax()]) / 4)
        moved = s + step * np.where(gains > 0, 1 - s, s) * gains
        expected["wpl"].append(moved)
        expected["regret"].append(np.maximum(gains, 0) / np.maximum(gains, 0).sum())
    rules = {
        "exponential": [Replicator(step), Hedge(step), Hedge(step, decay=True)],
        "euler": [Replicator(step, form="euler")],
        "logit": [LogitBestResponse(step, 0.7)],
        "fictitious": [FictitiousPlay(weight=3.0)],
        "regret": [RegretMatching(), RegretMatching(plus=True)],
    }
    for name, group in rules.items():
        for rule in group:
            after = one_update(rule, view, x)
            np.testing.assert_allclose(after, np.concatenate(expected[name]), atol=1e-14)
    moved = view.domain.project(np.concatenate(expected["wpl"]))
    np.testing.assert_allclose(one_update(WPL(step), view, x), moved, atol=1e-14)


def test_later_updates_use_all_payoffs_and_regrets_so_far():
    view, x = random_view(5)
    points = {
        rule: gt.simulate(view, rule, x, steps=6).points
        for rule in (
            Hedge(0.3),
            Hedge(0.3, decay=True),
            RegretMatching(),
            RegretMatching(plus=True),
        )
    }
    for rule, path in points.items():
        total, start = np.zeros(7), x
        for t, point in enumerate(path[:-1], 1):
            u = np.concatenate(payoffs_of_actions(view, point))
            gains = u - np.repeat([point[:3] @ u[:3], point[3:] @ u[3:]], [3, 4])
            if isinstance(rule, Hedge):
                total = total + u
                weights = start * np.exp(rule.step / (math.sqrt(t) if rule.decay else 1) * total)
            else:
                total = np.maximum(total + gains, 0 if rule.plus else -np.inf)
                weights = np.maximum(total, 0)
            expected = np.concatenate([w / w.sum() for w in (weights[:3], weights[3:])])
            np.testing.assert_allclose(path[t], expected, atol=1e-13, err_msg=repr(rule))


def test_hedge_with_a_constant_step_is_the_exponential_replicator():
    view, x = random_view(6, (2, 3, 2))
    one, other = (
        gt.simulate(view, rule, x, steps=50).points for rule in (Hedge(0.1), Replicator(0.1))
    )
    np.testing.assert_allclose(one, other, atol=1e-12)


def regret(row, path):
    """Largest average external regret of both players of a zero-sum game after each update."""
    worst = []
    first, second = path[:, :3], path[:, 3:]
    for own, payoffs in ((first, second @ row.T), (second, -first @ row)):
        earned = (own * payoffs).sum(axis=1)
        best = np.cumsum(payoffs, axis=0).max(axis=1)
        worst.append((best - np.cumsum(earned)) / np.arange(1, len(path) + 1))
    return np.max(worst, axis=0)


def zero_sum(rows):
    return gt.NormalFormGame(np.stack([rows, -rows], axis=1), num_players=2)


@pytest.mark.parametrize(
    "rule", [Hedge(1.0, decay=True), RegretMatching(), RegretMatching(plus=True)], ids=repr
)
def test_average_regret_stays_below_the_bound_of_order_one_over_the_root_of_time(rule):
    rng = np.random.default_rng(0)
    rows = rng.uniform(-1, 1, (3, 3, 3))
    starts = rng.dirichlet(np.ones(3), (3, 2)).reshape(3, 6)
    paths = gt.simulate(zero_sum(rows), rule, starts, steps=2048).points
    for row, start, path in zip(rows, starts, paths.swapaxes(0, 1), strict=True):
        # Bounds over sqrt(t) for payoffs in a range of 2: range * sqrt(A) for matching; for Hedge
        # with step 1/sqrt(t), range^2 / 4 and the logarithm of the least probability.
        hedge = 1 - np.log(start.min())
        bound = hedge if isinstance(rule, Hedge) else 2 * np.sqrt(3)
        average = regret(row, path)
        times = np.arange(1, len(average) + 1)
        assert (average * np.sqrt(times) <= bound).all()
        # The order, fitted to the peaks over windows that double: no slower than 1/sqrt(t).
        edges = 2 ** np.arange(7, 11)
        peaks = [max(average[t : 2 * t].max(), 1e-9) for t in edges]
        slope = np.polyfit(np.log(edges), np.log(peaks), 1)[0]
        assert slope < -0.45


def test_hedge_against_the_worst_sequence_falls_like_the_root_of_time():
    # An opponent that does not learn but alternates: payoffs turn each round, so that a horizon's
    # step of sqrt(8 log 2 / T) has regret of just that order.
    orders = []
    horizons = np.array([100, 400, 1600])
    views = {
        sign: gt.ProbabilityGame(
            gt.NormalFormGame.from_bimatrix([[sign, sign], [-sign, -sign]], np.zeros((2, 2)))
        )
        for sign in (-1.0, 1.0)
    }
    for horizon in horizons:
        step = np.sqrt(8 * np.log(2) / horizon)
        rng = np.random.default_rng(3)
        flips = rng.choice([-1.0, 1.0], horizon)
        totals = np.concatenate([[0.0], np.cumsum(flips)])
        first = 1 / (1 + np.exp(-2 * step * totals[:-1]))
        # Hedge's own strategies, got from the rule by a game that changes every round.
        state, x = None, np.array([0.5, 0.5])
        played = []
        for sign in flips:
            view = views[sign]
            state = Hedge(step).init(view, x) if state is None else state
            played.append(x[0])
            x, state = Hedge(step).update(view, x, state, None)
        np.testing.assert_allclose(played, first, atol=1e-10)
        lost = abs(totals[-1]) - ((2 * np.array(played) - 1) * flips).sum()
        orders.append(lost / horizon * np.sqrt(horizon))
        assert lost <= 2 * np.sqrt(horizon * np.log(2) / 2) + 1e-9
    assert 0.2 < min(orders) <= max(orders) < 2


def test_fictitious_play_approaches_the_value_of_zero_sum_games():
    rows = [np.random.default_rng(seed).integers(-3, 4, (3, 3)) for seed in range(3)]
    games = zero_sum(np.array(rows, dtype=float))
    view = gt.SimplexGame(games)
    path = gt.simulate(view, FictitiousPlay(), np.full(6, 1 / 3), steps=3000).points
    early, late = (gt.exploitability(games, view.profile(path[t])) for t in (30, 3000))
    assert (late < 0.05).all()
    assert (late < early / 3).all()


def test_fictitious_play_cycles_in_shapleys_game_in_growing_runs():
    view = gt.SimplexGame(SHAPLEY)
    start = np.array([0.5, 0.3, 0.2, 0.2, 0.5, 0.3])
    path = gt.simulate(view, FictitiousPlay(), start, steps=4000).points
    off = np.abs(path[1000:] - 1 / 3).max(axis=-1)
    assert off.min() > 0.05  # the averages stay away from the only equilibrium
    plays = np.rint(
        np.arange(2, 4002)[:, None] * path[1:] - np.arange(1, 4001)[:, None] * path[:-1]
    )
    joint = plays[:, :3].argmax(axis=1) * 3 + plays[:, 3:].argmax(axis=1)
    changes = np.flatnonzero(np.diff(joint))
    runs = np.diff(changes)
    assert len(np.unique(joint[changes[-1] + 1 :])) == 1
    assert (runs[-6:] > 1.2 * runs[-12:-6]).all()  # each run is longer by the same factor
    factors = runs[-5:] / runs[-6:-1]
    assert factors.std() < 0.1 * factors.mean()


def test_equally_good_actions_share_evenly_in_fictitious_play():
    game = gt.NormalFormGame.from_bimatrix(np.ones((3, 2)), np.ones((3, 2)))
    after = one_update(FictitiousPlay(), gt.SimplexGame(game), np.array([1.0, 0, 0, 0, 1]))
    np.testing.assert_allclose(after, [2 / 3, 1 / 6, 1 / 6, 1 / 4, 3 / 4])


@pytest.mark.parametrize("temperature", [0.2, 1.0, 5.0])
def test_logit_responses_come_to_rest_at_logit_equilibria(temperature):
    games = gt.random_2x2("dominance-solvable", size=50, rng=0)
    end = gt.simulate(games, LogitBestResponse(0.1, temperature), [0.5, 0.5], steps=3000).points[-1]
    slopes = -gt.ProbabilityGame(games).gradient(end)
    np.testing.assert_allclose(end, 1 / (1 + np.exp(-slopes / temperature)), atol=1e-9)


@pytest.mark.slow
def test_exploitability_descent_lowers_exploitability_in_zero_sum_games():
    for seed in range(5):
        rng = np.random.default_rng(seed)
        row = rng.normal(size=(3, 4))
        game = gt.NormalFormGame.from_bimatrix(row, -row)
        view = gt.SimplexGame(game)
        start = np.concatenate([rng.dirichlet(np.ones(3)), rng.dirichlet(np.ones(4))])
        path = gt.simulate(view, ExploitabilityDescent(0.01), start, steps=3000).points
        gaps = [gt.exploitability(game, view.profile(path[t])) for t in (0, 3000)]
        assert gaps[1] < min(0.05, gaps[0] / 4)


def test_exploitability_descent_of_quadratic_games_steps_against_the_best_responses():
    game = gt.QuadraticGame([[2, 0.5, 1], [0.5, 1, -1], [3, 1, 4]], [1, 0, -1], dims=(2, 1))
    x = np.array([0.3, -0.5, 0.7])
    h, b = game.matrix, game.offset
    first = np.linalg.solve(h[:2, :2], -(b[:2] + h[:2, 2:] @ x[2:]))
    second = -(b[2] + h[2, :2] @ x[:2]) / h[2, 2]
    slopes = [
        *(h[:2, :2] @ x[:2] + h[:2, 2] * second + b[:2]),
        h[2, 2] * x[2] + h[2, :2] @ first + b[2],
    ]
    after = one_update(ExploitabilityDescent(0.1), game, x)
    np.testing.assert_allclose(after, x - 0.1 * np.array(slopes), atol=1e-14)
    with pytest.raises(ValueError, match="positive definite"):
        gt.simulate(gt.QuadraticGame([[0, 1], [-1, 0]]), ExploitabilityDescent(0.1), [0.1, 0.1])


@pytest.mark.parametrize("step", [0.01, 0.3])
def test_giga_wolf_is_the_published_update(step):
    for seed in range(5):
        view, x = random_view(seed)
        z = np.array(x)
        path = gt.simulate(view, GIGAWoLF(step), x, steps=10).points
        for t in range(10):
            slope = -view.gradient(path[t])
            hat = view.domain.project(path[t] + step * slope)
            nearer = view.domain.project(z + step * slope / 3)
            expected = []
            for block in (slice(0, 3), slice(3, 7)):
                far = np.linalg.norm(nearer[block] - hat[block])
                share = min(1, np.linalg.norm(nearer[block] - z[block]) / far) if far else 1
                expected.extend(hat[block] + share * (nearer[block] - hat[block]))
            np.testing.assert_allclose(path[t + 1], expected, atol=1e-13)
            z = nearer


@pytest.mark.parametrize("rule", [GIGAWoLF(0.01), WPL(0.01)], ids=repr)
def test_rules_of_variable_rate_approach_the_equilibrium_of_matching_pennies(rule):
    path = gt.simulate(PENNIES, rule, [0.9, 0.2], steps=8000).points
    early, late = np.abs(path[500:1000] - 0.5).max(), np.abs(path[-500:] - 0.5).max()
    assert late < min(0.03, early / 2)


def test_wpl_in_probabilities_is_the_analysed_dynamic():
    games = gt.random_2x2("any", size=50, rng=1)
    x = np.random.default_rng(2).random((50, 2))
    rise = -gt.ProbabilityGame(games).gradient(x)
    expected = np.clip(x + 0.1 * rise * np.where(rise > 0, 1 - x, x), 0, 1)
    after = gt.simulate(games, WPL(0.1), x, steps=1).points[1]
    np.testing.assert_allclose(after, expected, atol=1e-14)


SIMPLEX_RULES = [
    Replicator(0.2),
    Hedge(0.2, decay=True),
    LogitBestResponse(0.2, 0.5),
    FictitiousPlay(),
    RegretMatching(),
    RegretMatching(plus=True),
    gt.dynamics.KLBallStep(0.02),
    gt.dynamics.KLBallStep((0.02, 0.05), "fixed", "new-old"),
    gt.dynamics.PHC(0.02),
    gt.dynamics.WoLFPHC(0.01, 0.04),
    gt.dynamics.SampledRegretMatching(),
    gt.dynamics.SampledWPL(0.01),
]


@pytest.mark.parametrize("rule", SIMPLEX_RULES, ids=repr)
def test_strategies_move_the_same_in_probabilities_and_on_the_simplex(rule):
    games = gt.random_2x2("any", size=30, rng=3)
    x = np.random.default_rng(4).uniform(0.1, 0.9, (30, 2))
    wide = np.stack([x, 1 - x], axis=-1).reshape(30, 4)
    short = gt.simulate(games, rule, x, steps=15, rng=5).points
    long = gt.simulate(gt.SimplexGame(games), rule, wide, steps=15, rng=5).points
    np.testing.assert_allclose(long[..., ::2], short, atol=1e-9)
    np.testing.assert_allclose(long[..., ::2] + long[..., 1::2], 1, atol=1e-12)


@pytest.mark.parametrize("rule", SIMPLEX_RULES, ids=repr)
def test_rules_of_strategies_refuse_games_without(rule):
    with pytest.raises(TypeError, match=f"{type(rule).__name__} needs a game of mixed strategies"):
        gt.simulate(gt.QuadraticGame([[0, 1], [-1, 0]]), rule, [0.1, 0.2])
