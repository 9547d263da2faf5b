"""As released, to the digit: every game of the reference that the published program produced."""

import json
from pathlib import Path

import nashpy
import numpy as np
import pytest

import gametools as gt
from gametools.games.released import RELEASED_CLASSES
from matrl_studies import PAPER_START, RELEASED_RULES, STEPS, run_released
from released_matrl import ReleasedMATRL

REFERENCE = json.loads((Path(__file__).parents[1] / "data" / "table1_released.json").read_text())
RULES = ("IGA", "IGA-PP", "MATRL")


def released(name):
    return gt.random_2x2(name, payoffs="released", seeds=[game["seed"] for game in REFERENCE[name]])


@pytest.fixture(scope="module")
def cells():
    table = run_released(range(200), None)
    return {(cell.ensemble, cell.rule): cell for cell in table.cells}


@pytest.fixture(scope="module")
def trajectories():
    """The points after each update, for every class and rule."""
    found = {}
    for name in RELEASED_CLASSES:
        games = released(name)
        for rule in RULES:
            path = gt.simulate(games, RELEASED_RULES[rule], PAPER_START, steps=STEPS).points[1:]
            found[name, rule] = path
    return found


every_class = pytest.mark.parametrize("name", RELEASED_CLASSES)
every_rule = pytest.mark.parametrize("rule", RULES)


@every_class
def test_payoffs_are_those_of_the_reference_to_the_bit(name):
    assert [game["seed"] for game in REFERENCE[name]] == list(range(200))
    expected = [[game["row"], game["column"]] for game in REFERENCE[name]]
    np.testing.assert_array_equal(released(name).payoffs, expected)


@every_class
def test_equilibria_are_those_of_the_reference_in_its_order(name):
    found = gt.solve_2x2(released(name))
    for k, game in enumerate(REFERENCE[name]):
        expected = game["equilibria"]
        assert found.counts[k] == len(expected)
        np.testing.assert_allclose(found.equilibria[k, : found.counts[k]], expected, atol=1e-12)


@every_class
@every_rule
def test_first_hits_are_those_of_the_reference_in_every_game(cells, name, rule):
    cell = cells[name, rule]
    ours = [int(s) if hit else None for s, hit in zip(cell.steps, cell.converged, strict=True)]
    assert ours == [game[rule] for game in REFERENCE[name]]


@every_class
@every_rule
def test_final_states_are_those_of_the_reference(trajectories, name, rule):
    path = trajectories[name, rule]
    finals = np.array([game[f"{rule}_final"] for game in REFERENCE[name]])
    for k, game in enumerate(REFERENCE[name]):
        equilibria = np.array(game["equilibria"])
        off = np.abs(path[:, k, None] - equilibria).max(axis=-1).min(axis=-1)
        hits = np.flatnonzero(off < 0.05)
        last = path[hits[0] if len(hits) else -1, k]
        np.testing.assert_allclose(last, finals[k], atol=1e-12, err_msg=f"seed {k}")


MEASURED = {
    ("coordination", "IGA"): (98.5, 132.3),
    ("coordination", "IGA-PP"): (98.5, 130.1),
    ("coordination", "MATRL"): (98.5, 84.6),
    ("coordination", "WoLF"): (99.5, 67.0),
    ("anticoordination", "IGA"): (98.0, 79.9),
    ("anticoordination", "IGA-PP"): (98.0, 75.6),
    ("anticoordination", "MATRL"): (98.5, 59.5),
    ("anticoordination", "WoLF"): (99.5, 36.5),
    ("cyclic", "IGA"): (76.5, 430.0),
    ("cyclic", "IGA-PP"): (80.5, 411.0),
    ("cyclic", "MATRL"): (82.5, 342.3),
    ("cyclic", "WoLF"): (94.5, 157.6),
}


@pytest.mark.parametrize("cell", MEASURED, ids=", ".join)
def test_rates_and_mean_steps_are_those_of_the_released_program(cells, cell):
    row = cells[cell].summary()
    rate, steps = MEASURED[cell]
    assert 100 * row["rate"] == pytest.approx(rate, abs=1e-9)
    assert row["mean_steps"] == pytest.approx(steps, abs=0.05)


def literal_update(rule, row, column, alpha, beta):
    """One update with Python numbers, quirk by quirk; and the number of meta-equilibria."""
    lr, response, weight = rule.trial_step, rule.response_step, rule.divergence_weight
    (a, b), (c, d) = row
    (e, g), (f, h) = column

    def slopes(p, q):
        return q * (a - b - c + d) + b - d, p * (e - g - f + h) + f - h

    def divergence(p, q):
        if p in (0, 1) or q in (0, 1):
            return 0.0
        if not 0 < q < 1:
            return float("nan")
        return p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q))

    def predict(p, slope):
        trial = p + lr * (slope + weight * divergence(p, p + lr * slope))
        return 1.0 if np.isnan(trial) else min(max(trial, 0.0), 1.0)

    slope = slopes(alpha, beta)
    ahead = predict(alpha, slope[0]), predict(beta, slope[1])
    meta = np.zeros((2, 2, 2))
    for player, payoffs in enumerate((row, column)):
        value = sum(
            payoffs[i][j] * (alpha if i == 0 else 1 - alpha) * (beta if j == 0 else 1 - beta)
            for i in (0, 1)
            for j in (0, 1)
        )
        advantage = np.array(payoffs) - value
        for s, t in ((0, 1), (1, 0), (1, 1)):
            p, q = (alpha, ahead[0])[s], (beta, ahead[1])[t]
            meta[player, s, t] = (
                (p * q - alpha * beta) * advantage[0, 0]
                + (p * (1 - q) - alpha * (1 - q)) * advantage[0, 1]
                + ((1 - p) * beta - (1 - alpha) * beta) * advantage[1, 0]
                + ((1 - p) * (1 - q) - (1 - alpha) * (1 - beta)) * advantage[1, 1]
            )
    *others, last = nashpy.Game(*meta).support_enumeration()
    mixed = [
        float(last[k][0]) * now + (1 - float(last[k][0])) * then + weight * divergence(now, then)
        for k, (now, then) in enumerate(zip((alpha, beta), ahead, strict=True))
    ]
    step = slopes(*mixed)
    after = alpha + response * step[0], beta + response * step[1]
    return [min(max(p, 0.0), 1.0) for p in after], 1 + len(others)


@pytest.mark.parametrize(
    "rule",
    [ReleasedMATRL(), ReleasedMATRL(trial_step=0.5, divergence_weight=0.1)],
    ids=["as released", "long trial steps"],
)
def test_one_update_equals_the_literal_one(rule):
    rng = np.random.default_rng(0)
    games = gt.random_2x2("anticoordination", size=400, rng=rng)
    x = rng.uniform(0.01, 0.99, (400, 2))
    after = gt.simulate(games, rule, x, steps=1).points[1]
    several = 0
    for k in range(400):
        expected, count = literal_update(rule, *games.payoffs[k].tolist(), *x[k].tolist())
        np.testing.assert_allclose(after[k], expected, atol=1e-11, err_msg=str(k))
        several += count > 1
    assert rule == ReleasedMATRL() or several > 10


def test_one_game_from_many_points_equals_copies_of_it():
    game = gt.random_2x2("cyclic", payoffs="released", seeds=[0])
    copies = gt.NormalFormGame(np.tile(game.payoffs, (5, 1, 1, 1)), num_players=2)
    x = np.random.default_rng(1).random((5, 2))
    one, many = (gt.simulate(g, ReleasedMATRL(), x, steps=50).points for g in (game[0], copies))
    np.testing.assert_array_equal(one, many)


def test_points_that_are_no_flat_batch_are_refused():
    game = gt.random_2x2("cyclic", payoffs="released", seeds=[0])[0]
    with pytest.raises(TypeError, match=r"ReleasedMATRL needs a flat batch of points; got \(2,\)"):
        gt.simulate(game, ReleasedMATRL(), [0.9, 0.2])


def test_games_that_are_not_2x2_are_refused():
    game = gt.NormalFormGame(np.zeros((3, 2, 2, 2)))
    with pytest.raises(TypeError, match="ReleasedMATRL needs 2x2 games"):
        gt.simulate(game, ReleasedMATRL(), [0.5, 0.5, 0.5])
