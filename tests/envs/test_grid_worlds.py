"""Checkers and Switch: batching, ends of episodes, invariants, bad input."""

import copy
import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gametools.envs import Checkers, Discrete, Environment, Switch

WORLDS = {
    "checkers": lambda num_envs=1, **more: Checkers(num_envs, **more),
    "checkers of matrl": lambda num_envs=1, **more: Checkers.matrl(num_envs, **more),
    "switch 2": lambda num_envs=1, **more: Switch(2, num_envs, **more),
    "switch 3": lambda num_envs=1, **more: Switch(3, num_envs, **more),
    "switch 4, version 3": lambda num_envs=1, **more: Switch(4, num_envs, version=3, **more),
}
worlds = pytest.mark.parametrize("make", WORLDS.values(), ids=WORLDS)
FIELDS = [
    "observations", "rewards", "terminated", "truncated", "ended", "state",
    "final_observations", "final_state",
]  # fmt: skip


def random_actions(env, steps, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 5, (steps, env.num_envs, len(env.agents)))


@worlds
def test_the_protocol_is_kept(make):
    env = make(3)
    assert isinstance(env, Environment)
    n, o = len(env.agents), max(env.observation_sizes)
    assert env.action_spaces == (Discrete(5),) * n
    observations = env.reset(0)
    step = env.step(np.zeros((3, n), dtype=int))
    for seen in (observations, step.observations, step.final_observations):
        assert (seen.shape, seen.dtype) == ((3, n, o), np.float32)
    for state in (env.state(), step.state, step.final_state):
        assert (state.shape, state.dtype) == ((3, env.state_size), np.float32)
    assert (step.rewards.shape, step.rewards.dtype) == ((3, n), np.float64)
    assert (step.terminated.shape, step.terminated.dtype) == ((3, n), np.bool_)
    for flag in (step.truncated, step.ended):
        assert (flag.shape, flag.dtype) == ((3,), np.bool_)
    assert step.masks is None
    assert env.masks() is None
    np.testing.assert_array_equal(env.state(), step.state)


@worlds
def test_batched_equals_looped(make):
    many, singles = make(5), [make() for _ in range(5)]
    first = many.reset(0)
    np.testing.assert_array_equal(first, [env.reset(0)[0] for env in singles])
    for actions in random_actions(many, 130):
        together = many.step(actions)
        alone = [env.step(actions[[e]]) for e, env in enumerate(singles)]
        for field in FIELDS:
            wanted = [getattr(step, field)[0] for step in alone]
            np.testing.assert_array_equal(getattr(together, field), wanted, err_msg=field)


@worlds
def test_nothing_that_was_returned_changes(make):
    env = make(4, max_steps=7)
    steps = []
    copied = []
    returned = [env.reset(), env.state()]
    before = [array.copy() for array in returned]
    for actions in random_actions(env, 20):
        steps.append(env.step(actions))
        copied.append({f: getattr(steps[-1], f).copy() for f in FIELDS})
    for array, own in zip(returned, before, strict=True):
        np.testing.assert_array_equal(array, own)
    for step, own in zip(steps, copied, strict=True):
        for field in FIELDS:
            np.testing.assert_array_equal(getattr(step, field), own[field])


@worlds
def test_a_part_that_is_kept_does_not_change_either(make):
    """Memory is used again, but only when views on it are gone too."""
    env = make(4, max_steps=7)
    env.reset()
    kept = []
    for actions in random_actions(env, 40):
        step = env.step(actions)
        row, bytes_seen = step.observations[2, 1], memoryview(step.final_state)
        kept.append((row, row.copy(), bytes_seen, bytes_seen.tobytes()))
        del step
    for row, own, bytes_seen, before in kept:
        np.testing.assert_array_equal(row, own)
        assert bytes_seen.tobytes() == before


def test_memory_is_used_again():
    env = Checkers(64)
    env.reset()
    addresses = {env.step([[4, 4]] * 64).observations.ctypes.data for _ in range(50)}
    assert len(addresses) <= 3


@worlds
def test_a_copy_of_an_environment_goes_its_own_way(make):
    env = make(3)
    env.reset()
    other = copy.deepcopy(env)
    actions = random_actions(env, 30)
    for chosen in actions:
        env.step(chosen)
    one, two = make(3), other
    one.reset()
    for chosen in actions[::-1]:
        np.testing.assert_array_equal(one.step(chosen).observations, two.step(chosen).observations)


@worlds
def test_an_episode_that_the_limit_cuts(make):
    env = make(2, max_steps=3)
    first = env.reset()
    start = env.state()
    stay = np.full((2, len(env.agents)), 4)
    for _ in range(2):
        step = env.step(stay)
        assert step.final_observations is step.observations
        assert step.final_state is step.state
        assert not step.ended.any()
    step = env.step(stay)
    assert step.truncated.all()
    assert step.ended.all()
    assert not step.terminated.any()
    np.testing.assert_array_equal(step.observations, first)
    np.testing.assert_array_equal(step.state, start)
    assert (step.final_state[:, -1] == 1).all()  # the clock, before it was set back
    assert not env.step(stay).ended.any()


def test_only_the_copy_that_ends_is_reset():
    env = Checkers(2, max_steps=40)
    env.reset()
    snapshot = env.snapshot()
    snapshot["clock"][1] = 39
    env.restore(snapshot)
    step = env.step([[1, 4], [1, 4]])
    assert step.ended.tolist() == [False, True]
    assert step.final_observations is not step.observations
    np.testing.assert_array_equal(step.final_observations[0], step.final_observations[1])
    np.testing.assert_array_equal(step.final_observations[0], step.observations[0])
    assert step.observations[1, 0, 1] == np.float32(0.86)  # back at column 6
    assert step.final_observations[1, 0, 1] == np.float32(0.71)


def test_arriving_at_the_limit_terminates_and_does_not_truncate():
    run = [[4, 0], [4, 1], [4, 1], [4, 1], [4, 1], [4, 1], [4, 2]]  # agent 2 clears the way
    # Agent 2 walks (0,5) -> (1,5) -> (1,0) -> (0,0); agent 1 follows the other way round.
    run += [[0, 4], [3, 4], [3, 4], [3, 4], [3, 4], [3, 4], [2, 4]]
    for limit, cut in ((len(run), False), (len(run) - 1, True)):
        env = Switch(2, max_steps=limit)
        env.reset()
        steps = [env.step([actions]) for actions in run[:limit]]
        assert bool(steps[-1].truncated[0]) is cut
        assert steps[-1].terminated[0].tolist() == [not cut, True]
        assert steps[-1].ended[0]
        assert [bool(step.terminated[0, 1]) for step in steps].index(True) == 6
        # Arrived: 5, then nothing; its actions no longer count.
        own = [step.rewards[0, 1] for step in steps]
        assert own == [-0.1] * 6 + [5.0] + [0.0] * (limit - 7)


def test_an_agent_that_has_arrived_stays_as_an_obstacle():
    env = Switch(2)
    env.reset()
    for actions in ([4, 0], [4, 1], [4, 1], [4, 1], [4, 1], [4, 1], [4, 2]):
        env.step([actions])
    for away in (0, 1, 2, 3):
        step = env.step([[1, away]])  # agent 1 runs against agent 2, which tries to leave
        np.testing.assert_array_equal(step.observations[0], np.float32([[0, 0.17], [0, 0]]))
        assert step.rewards[0].tolist() == [-0.1, 0.0]


@pytest.mark.parametrize("snapshot_at", [0, 3, 7, 41])
@worlds
def test_snapshot_and_restore_bit_for_bit(make, snapshot_at):
    env, other = make(3, max_steps=10), make(3, max_steps=10)
    env.reset(0)
    actions = random_actions(env, 60)
    for chosen in actions[:snapshot_at]:
        env.step(chosen)
    snapshot = env.snapshot()
    now = env.state()
    rest = [env.step(chosen) for chosen in actions[snapshot_at:]]
    other.restore(snapshot)
    np.testing.assert_array_equal(other.state(), now)
    for chosen, wanted in zip(actions[snapshot_at:], rest, strict=True):
        step = other.step(chosen)
        for field in FIELDS:
            np.testing.assert_array_equal(getattr(step, field), getattr(wanted, field))


joint = st.lists(st.lists(st.integers(0, 4), min_size=4, max_size=4), min_size=1, max_size=60)


def places(env):
    """Rows and columns of the agents, from the state."""
    n = len(env.agents)
    return [tuple(pair) for pair in env.state()[0, : 2 * n].reshape(n, 2).tolist()]


@given(run=joint, n=st.integers(2, 4))
def test_switch_invariants(run, n):
    env = Switch(n, max_steps=1000)
    env.reset()
    arrived = np.zeros(n, dtype=bool)
    total = 0.0
    steps = np.zeros(n)
    for actions in run:
        before = places(env)
        step = env.step([actions[:n]])
        if step.ended[0]:
            return
        after = places(env)
        assert len(set(after)) == n  # no two in one cell
        for i in np.flatnonzero(arrived):
            assert after[i] == before[i]
        moved = np.abs(np.subtract(after, before)).astype(bool).sum(axis=1)
        assert (moved <= 1).all()  # one row or one column
        assert (step.terminated[0] >= arrived).all()
        steps += ~arrived & ~step.terminated[0]
        arrived = step.terminated[0].copy()
        total += step.rewards[0].sum()
        assert total == pytest.approx(5 * arrived.sum() - 0.1 * steps.sum())


@given(run=joint)
def test_checkers_invariants(run):
    env = Checkers(max_steps=1000)
    env.reset()
    food = env.state()[0, 4:-1]
    for actions in run:
        before, cells = food, places(env)
        step = env.step([actions[:2]])
        if step.ended[0]:
            return
        food, after = step.state[0, 4:-1], places(env)
        assert len(set(after)) == 2
        assert (food <= before).all()  # nothing grows back
        eaten = np.round(step.rewards[0] + 0.01, 9)
        assert eaten[0] in {0, 10, -10}
        assert eaten[1] in {0, 1, -1}
        assert np.count_nonzero(eaten) == (before - food).sum()
        stayed = np.array([was == now for was, now in zip(cells, after, strict=True)])
        assert not (stayed & (eaten != 0)).any()
    sees = step.observations[0, :, 2:].reshape(2, 9, 5)
    assert (sees.sum(axis=2) <= 1).all()  # at most one thing in a cell
    assert sees[0, 4].tolist() == [0, 0, 1, 0, 0]
    assert sees[1, 4].tolist() == [0, 0, 0, 1, 0]


def test_the_rewards_of_matrl():
    env = Checkers.matrl()
    env.reset()
    first = env.step([[1, 1]])  # both step on a lemon
    assert first.rewards[0].tolist() == [-5.01, -1.01]
    assert env.step([[0, 2]]).rewards[0].tolist() == [4.99, -0.01]  # agent 2 is blocked


@worlds
def test_pictures(make):
    env = make(2)
    env.reset()
    start = env.render()
    assert start.dtype == np.uint8
    assert start.ndim == 3
    assert start.shape[2] == 3
    env.step([[4] * len(env.agents), [0, 2, 0, 2][: len(env.agents)]])
    np.testing.assert_array_equal(env.render(), start)
    assert (env.render(index=1) != start).any()
    with pytest.raises(ValueError, match="`index` must be less than the 2 environments; got 2"):
        env.render(2)


@worlds
def test_no_step_before_a_reset(make):
    env = make()
    for use in (env.state, env.snapshot, env.render, lambda: env.step([[0] * len(env.agents)])):
        with pytest.raises(RuntimeError, match="call `reset` first"):
            use()


@pytest.mark.parametrize(
    ("actions", "error", "message"),
    [
        ([[0, 0]], ValueError, r"`actions` must have shape \(2, 2\); got \(1, 2\)"),
        ([[0, 0], [0, 5]], ValueError, "of agent 1 must be 0 to 4; got 5 in environment 1"),
        ([[-1, 0], [0, 0]], ValueError, "of agent 0 must be 0 to 4; got -1 in environment 0"),
        ([[0.0, 1.0], [0.0, 1.0]], TypeError, "must be whole numbers; got an array of float64"),
        ([[True, True], [True, True]], TypeError, "got an array of bool"),
    ],
)
def test_bad_actions_change_nothing(actions, error, message):
    env = Checkers(2)
    env.reset()
    before = env.state()
    with pytest.raises(error, match=message):
        env.step(actions)
    np.testing.assert_array_equal(env.state(), before)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Checkers(0), ValueError, "`num_envs` must be at least 1; got 0"),
        (lambda: Checkers(2.0), TypeError, "`num_envs` must be a whole number; got 2.0"),
        (lambda: Checkers(apple=5), ValueError, "`apple` must be a pair of numbers"),
        (lambda: Checkers(lemon=(1, float("nan"))), ValueError, "`lemon` must be finite"),
        (lambda: Checkers(max_steps=0), ValueError, "`max_steps` must be at least 1"),
        (lambda: Switch(5), ValueError, "`num_agents` must be 2, 3 or 4; got 5"),
        (lambda: Switch(2, version=4), ValueError, "`version` must be 0, 1, 2 or 3; got 4"),
        (lambda: Switch(2, arrival="5"), TypeError, "`arrival` must be a number; got '5'"),
        (lambda: Switch(2).reset("seed"), TypeError, "`rng` must be a whole number"),
    ],
)
def test_bad_arguments(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_a_snapshot_of_another_world_is_refused():
    env = Switch(2)
    env.reset()
    with pytest.raises(ValueError, match=r"`snapshot` must be of an environment made alike"):
        Switch(2, version=1).restore(env.snapshot())
    with pytest.raises(TypeError, match="`snapshot` must be what snapshot"):
        env.restore([1, 2])


def test_steps_are_frozen():
    env = Switch(2)
    env.reset()
    with pytest.raises(dataclasses.FrozenInstanceError):
        env.step([[0, 0]]).rewards = None
