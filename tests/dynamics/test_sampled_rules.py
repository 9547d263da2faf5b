"""Rules that learn from play: literal updates with the same draws, seeds, and where they lead."""

import numpy as np
import pytest

import gametools as gt
from gametools.dynamics import PHC, SampledRegretMatching, SampledWPL, WoLFPHC

PENNIES = gt.named_game("matching_pennies")
STAGE = gt.NormalFormGame(np.random.default_rng(0).normal(size=(2, 3, 2)))
START = np.array([0.2, 0.5, 0.3, 0.6, 0.4])
SIZES = (3, 2)
SAMPLED = [
    PHC(0.01),
    WoLFPHC(0.01, 0.04),
    SampledWPL(0.01),
    SampledRegretMatching(),
    SampledRegretMatching(plus=True),
]


def drawn(strategies, rng):
    """Actions by inverse distribution functions, one uniform number for each player."""
    pairs = zip(strategies, rng.random(len(strategies)), strict=True)
    return [int(np.searchsorted(np.cumsum(s)[:-1], u, side="right")) for s, u in pairs]


def climb(strategy, estimates, step):
    best, others = int(np.argmax(estimates)), len(strategy) - 1
    taken = [min(p, step / others) for p in strategy]
    taken[best] = 0.0
    after = [p - t for p, t in zip(strategy, taken, strict=True)]
    after[best] += sum(taken)
    return after


def literal_path(rule, steps, rng):
    """One learner of each rule, written with lists."""
    present = [list(START[:3]), list(START[3:])]
    estimates, average = [[0.0] * k for k in SIZES], [list(s) for s in present]
    regrets = [np.zeros(k) for k in SIZES]
    path = [np.concatenate(present)]
    for t in range(1, steps + 1):
        mix = getattr(rule, "exploration", 0.0) if isinstance(rule, PHC | WoLFPHC) else 0.0
        played = [[(1 - mix) * p + mix / len(s) for p in s] for s in present]
        actions = drawn(played, rng)
        for i in range(2):
            earned = STAGE.payoffs[(i, *actions)]
            if isinstance(rule, SampledRegretMatching):
                options = STAGE.payoffs[i].take(actions[1 - i], axis=1 - i)
                regrets[i] = regrets[i] + options - earned
                if rule.plus:
                    regrets[i] = np.maximum(regrets[i], 0)
                positive = np.maximum(regrets[i], 0)
                if positive.sum() > 0:
                    present[i] = list(positive / positive.sum())
                continue
            q = estimates[i]
            q[actions[i]] += rule.learning_rate * (earned - q[actions[i]])
            if isinstance(rule, SampledWPL):
                mean = sum(p * v for p, v in zip(present[i], q, strict=True))
                moved = [
                    p + rule.step * (v - mean) * ((1 - p) if v > mean else p)
                    for p, v in zip(present[i], q, strict=True)
                ]
                floor = rule.exploration / len(q)
                inner = (np.array(moved) - floor) / (1 - rule.exploration)
                inner = gt.games.Simplex((len(q),)).project(inner)
                present[i] = list(floor + (1 - rule.exploration) * inner)
                continue
            if isinstance(rule, WoLFPHC):
                average[i] = [m + (p - m) / t for m, p in zip(average[i], present[i], strict=True)]
                ahead = np.dot(present[i], q) > np.dot(average[i], q)
                step = rule.step_win if ahead else rule.step_lose
            else:
                step = rule.step
            if rule.horizon is not None:
                step /= 1 + (t - 1) / rule.horizon
            present[i] = climb(present[i], q, step)
        path.append(np.concatenate(present))
    return np.array(path)


@pytest.mark.parametrize(
    "rule", [*SAMPLED, PHC(0.02, 0.3, 0.2, 50.0), WoLFPHC(0.01, 0.05, horizon=20.0)], ids=repr
)
def test_paths_are_those_of_the_published_update(rule):
    ours = gt.simulate(gt.SimplexGame(STAGE), rule, START, steps=200, rng=7).points
    literal = literal_path(rule, 200, np.random.default_rng(7))
    np.testing.assert_allclose(ours, literal, atol=1e-9)


@pytest.mark.parametrize("rule", SAMPLED, ids=repr)
def test_a_seed_is_a_path(rule):
    first, again, other = (
        gt.simulate(PENNIES, rule, [0.6, 0.3], steps=100, rng=seed).points for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("rule", SAMPLED, ids=repr)
def test_learners_of_one_batch_draw_apart(rule):
    end = gt.simulate(PENNIES, rule, np.full((20, 2), 0.6), steps=50, rng=0).points[-1]
    assert len(np.unique(end.round(12), axis=0)) > 10


@pytest.mark.parametrize("rule", SAMPLED, ids=repr)
def test_dominant_actions_are_learned_from_play(rule):
    games = gt.random_2x2("dominance-solvable", size=150, rng=3)
    payoffs = games.payoffs
    clear = (np.abs(payoffs[:, 0, 0] - payoffs[:, 0, 1]).min(axis=-1) > 0.7) & (
        np.abs(payoffs[:, 1, :, 0] - payoffs[:, 1, :, 1]).min(axis=-1) > 0.7
    )
    games = games[clear & (gt.games.dominant_players(games) == 2)]
    assert games.batch_shape[0] >= 5
    end = gt.simulate(games, rule, [0.5, 0.5], steps=2000, record=0, rng=4).points[-1]
    right = np.abs(end - gt.solve_2x2(games).equilibria[:, 0]) < 0.06
    assert right.mean() > 0.9


def test_wolf_settles_where_hill_climbing_alone_goes_round():
    starts = np.tile([0.8, 0.3], (30, 1))
    tails = {}
    for name, rule in (("phc", PHC(0.008)), ("wolf", WoLFPHC(0.002, 0.008))):
        path = gt.simulate(PENNIES, rule, starts, steps=3000, rng=5).points
        tails[name] = np.abs(path[-1000:] - 0.5).mean()
    assert tails["wolf"] < 0.75 * tails["phc"]


def test_average_play_of_sampled_regret_matching_is_an_equilibrium():
    path = gt.simulate(
        PENNIES, SampledRegretMatching(), np.full((10, 2), 0.7), steps=2500, rng=6
    ).points
    assert np.abs(path.mean(axis=0) - 0.5).max() < 0.05


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: PHC(0.1, learning_rate=1.5), "`learning_rate` must be at most 1"),
        (lambda: PHC(0.1, exploration=-0.1), "`exploration` must be at least 0"),
        (lambda: WoLFPHC(0.2, 0.1), "`step_win` must be at most `step_lose`"),
        (lambda: SampledWPL(0.1, exploration=2.0), "`exploration` must be at most 1"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
