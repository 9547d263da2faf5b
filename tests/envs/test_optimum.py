"""Exact optima: known ones, other ways to them, and the stored runs."""

import heapq
import itertools
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gametools.envs import Checkers, Switch, optimum, parse_env

RESULTS = Path(__file__).parents[2] / "results" / "grid_world_optima" / "optima.json"


def team_return(env, actions):
    """Sum of all rewards along a run, and its last step."""
    env.reset()
    steps = [env.step([joint]) for joint in actions]
    assert not any(step.ended[0] for step in steps[:-1])
    return sum(step.rewards.sum() for step in steps), steps[-1]


@pytest.mark.parametrize(
    ("env", "wanted"),
    [
        (Switch(2), 8.3),
        (Switch(4), 16.1),
        (Checkers.ma_gym(), 86.26),
        (Checkers.matrl(), 41.26),
    ],
    ids=["switch 2", "switch 4", "checkers", "checkers of matrl"],
)
def test_known_optima_and_their_runs(env, wanted):
    found = optimum(env)
    assert found.value == pytest.approx(wanted, abs=1e-9)
    earned, last = team_return(env, found.actions)
    assert earned == pytest.approx(found.value, abs=1e-9)
    assert last.ended[0]
    assert bool(last.truncated[0]) is not found.finished


@pytest.mark.parametrize("stored", json.loads(RESULTS.read_text()), ids=lambda own: own["name"])
def test_stored_runs_earn_what_is_stored(stored):
    env = parse_env(stored["env"])
    earned, last = team_return(env, stored["actions"])
    assert earned == pytest.approx(stored["value"], abs=1e-9)
    assert last.ended[0]
    assert bool(last.truncated[0]) is not stored["finished"]


@pytest.mark.parametrize(
    "make",
    [
        lambda n, limit: Checkers(n, max_steps=limit),
        lambda n, limit: Checkers(n, max_steps=limit, apple=(1, 2), lemon=(3, -2), step_cost=-1),
        lambda n, limit: Checkers(n, max_steps=limit, apple=(-1, -2), lemon=(3, 3), step_cost=0),
        lambda n, limit: Switch(2, n, max_steps=limit),
        lambda n, limit: Switch(2, n, max_steps=limit, arrival=-1, step_cost=0),
    ],
)
@pytest.mark.parametrize("limit", [1, 3])
def test_every_short_run_tried(make, limit):
    """The copies of a batch take all sequences of joint actions there are."""
    choices = np.array(list(itertools.product(range(25), repeat=limit)))
    env = make(len(choices), limit)
    env.reset()
    total = np.zeros(len(choices))
    for t in range(limit):
        joint = np.stack(np.divmod(choices[:, t], 5), axis=1)
        total += env.step(joint).rewards.sum(axis=1)
    found = optimum(make(1, limit))
    assert found.value == pytest.approx(total.max(), abs=1e-9)
    assert team_return(make(1, limit), found.actions)[0] == pytest.approx(found.value)


def test_backward_induction_on_switch():
    """Values of all joint places, one step to go, two, ...: the other way through time."""
    env = Switch(2, 225 * 25)
    env.reset()
    codes = np.repeat(np.arange(225), 25)
    env.restore(env.snapshot() | {"codes": codes})
    joint = np.array(list(itertools.product(range(5), repeat=2)))
    step = env.step(np.tile(joint, (225, 1)))
    after = np.where(step.ended, 0, env.snapshot()["codes"])
    value = np.zeros(225)
    for _ in range(50):
        to_go = step.rewards.sum(axis=1) + np.where(step.ended, 0.0, value[after])
        value = to_go.reshape(225, 25).max(axis=1)
    assert value[Switch(2).start] == pytest.approx(8.3, abs=1e-9)
    assert value[Switch(2).start] == pytest.approx(optimum(Switch(2)).value, abs=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lemon", "step", "wanted"), [(100, 1, 86.26), (10, 2, None), (30, 3, None)]
)
def test_shortest_path_through_checkers(lemon, step, wanted):
    """Dijkstra's algorithm on rules written anew: sets of cells, hundredths of a point."""
    rows = ("RYRYRY..", "YRYRYR..", "RYRYRY..")
    food = {(r, c): mark for r in range(3) for c, mark in enumerate(rows[r]) if mark != "."}
    loss = {("R", 0): 0, ("R", 1): 900, ("Y", 0): 1000, ("Y", 1): lemon}

    def moves(place, other):
        for dr, dc in ((1, 0), (0, -1), (-1, 0), (0, 1), (0, 0)):
            there = (place[0] + dr, place[1] + dc)
            inside = 0 <= there[0] < 3 and 0 <= there[1] < 8 and there != other
            yield there if inside else place

    start = ((0, 6), (2, 6), frozenset(food))
    best, queue, serial = {start: 0}, [(0, 0, start)], itertools.count(1)
    while queue:
        cost, _, situation = heapq.heappop(queue)
        if cost > best[situation]:
            continue
        one, two, left = situation
        if not any(food[cell] == "R" for cell in left):
            break
        for a in moves(one, two):
            paid = cost + 2 * step + (loss[food[a], 0] if a in left else 0)
            rest = left - {a}
            for b in moves(two, a):
                new = (a, b, rest - {b})
                total = paid + (loss[food[b], 1] if b in rest else 0)
                if total < best.get(new, 1 << 30):
                    best[new] = total
                    heapq.heappush(queue, (total, next(serial), new))
    found = optimum(Checkers(lemon=(-10, -lemon / 100), step_cost=-step / 100))
    assert 90 - cost / 100 == pytest.approx(found.value, abs=1e-9)
    assert wanted is None or found.value == pytest.approx(wanted, abs=1e-9)


@pytest.mark.slow
def test_the_script_writes_what_is_stored(tmp_path):
    script = RESULTS.parents[2] / "analysis" / "grid_world_optima.py"
    done = subprocess.run(
        [sys.executable, str(script), "--out", str(tmp_path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "optima.json").read_text() == RESULTS.read_text()
    assert (tmp_path / "manifest.json").exists()


def test_a_search_that_is_given_up_returns_nothing():
    with pytest.raises(RuntimeError, match="raise `max_transitions`"):
        optimum(Checkers(), max_transitions=1000)


@pytest.mark.parametrize(
    ("world", "error", "message"),
    [
        ("switch", TypeError, "`world` must be Checkers or Switch; got 'switch'"),
        (Switch(2, step_cost=0.1), ValueError, "`world` must not pay for a step"),
    ],
)
def test_bad_input(world, error, message):
    with pytest.raises(error, match=message):
        optimum(world)
