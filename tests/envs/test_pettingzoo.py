"""PettingZoo in and out."""

import functools
import pickle
import warnings

import numpy as np
import pytest

import gametools.envs as ge
from gametools.envs import Checkers, FromPettingZoo, RepeatedMatrixGame, Switch, as_parallel_env

spaces = pytest.importorskip("gymnasium.spaces")
pettingzoo = pytest.importorskip("pettingzoo")
conformance = pytest.importorskip("pettingzoo.test")

from chance_games import FIELDS, chance, unequal  # noqa: E402

OURS = {
    "checkers": Checkers,
    "switch": lambda num_envs=1: Switch(4, num_envs, version=3),
    "matrix": lambda num_envs=1: RepeatedMatrixGame("climbing", 7, num_envs),
}


def test_the_helper_itself_conforms():
    conformance.parallel_api_test(chance()(), num_cycles=20)


@pytest.mark.parametrize("make", OURS.values(), ids=OURS)
def test_conformance_out(make):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        conformance.parallel_api_test(as_parallel_env(make()), num_cycles=200)
        conformance.parallel_seed_test(lambda: as_parallel_env(make()), num_cycles=60)


@pytest.mark.parametrize(
    ("make", "workers"),
    [
        *((make, 0) for make in OURS.values()),
        pytest.param(OURS["switch"], 2, marks=pytest.mark.slow),
        pytest.param(OURS["checkers"], 2, marks=pytest.mark.slow),
        (OURS["matrix"], 2),
    ],
    ids=[*OURS, *(f"{name}-2 workers" for name in ("switch", "checkers", "matrix"))],
)
def test_out_and_in_again_is_the_original(make, workers):
    """All arrays but what agents see that are done: zeros, coming from PettingZoo."""
    ours = make(3)
    with FromPettingZoo(functools.partial(_out, make), 3, workers=workers) as back:
        assert back.observation_sizes == ours.observation_sizes
        assert back.action_spaces == ours.action_spaces
        assert back.agents == ours.agents
        assert isinstance(back, ge.Environment)
        np.testing.assert_array_equal(back.reset(0), ours.reset(0))
        done = np.zeros((3, len(ours.agents)), dtype=bool)
        rng = np.random.default_rng(0)
        sizes = ours.action_spaces[0].size
        for _ in range(60):
            actions = rng.integers(0, sizes, done.shape)
            step, wanted = back.step(actions), ours.step(actions)
            for field in FIELDS:
                np.testing.assert_array_equal(getattr(step, field), getattr(wanted, field), field)
            for seen, own in (
                (step.observations, wanted.observations),
                (step.final_observations, wanted.final_observations),
            ):
                gone = done & ~(wanted.ended[:, None] & (seen is step.observations))
                np.testing.assert_array_equal(seen, np.where(gone[..., None], 0, own))
            done = wanted.terminated & ~wanted.ended[:, None]
            np.testing.assert_array_equal(back.state(), ours.state())


def _out(make):
    return as_parallel_env(make())


def test_switch_with_an_arrival_out_and_in_again():
    ours, back = Switch(2), FromPettingZoo(lambda: as_parallel_env(Switch(2)))
    ours.reset()
    back.reset()
    run = [[4, 0], [4, 1], [4, 1], [4, 1], [4, 1], [4, 1], [4, 2], [4, 3], [0, 0], [3, 1]]
    for actions in run:
        step, wanted = back.step([actions]), ours.step([actions])
        for field in FIELDS:
            np.testing.assert_array_equal(getattr(step, field), getattr(wanted, field), field)
    assert step.terminated[0].tolist() == [False, True]
    assert step.observations[0, 1].tolist() == [0, 0]


def test_unequal_spaces_are_padded_and_shifted():
    env = unequal()
    assert env.observation_sizes == (4, 3)
    assert env.action_spaces == (ge.Discrete(3), ge.Discrete(2))
    assert env.state_size == 8
    first = env.reset(0)
    assert first.shape == (2, 2, 4)
    assert (first[:, 1, 3] == 0).all()
    assert (first[:, 1].sum(axis=1) == 1).all()  # one-hot
    assert env.masks().tolist() == [[[True] * 3, [True, True, False]]] * 2
    step = env.step([[0, 0], [2, 0]])
    assert step.rewards.tolist() == [[-1, 0], [1, 0]]  # the actions of "a" start at -1
    with pytest.raises(ValueError, match="of agent 1 must be 0 to 1; got 2 in environment 0"):
        env.step([[0, 2], [0, 0]])


def test_an_agent_that_leaves_and_an_episode_that_is_cut():
    env = unequal(num_envs=1)
    env.reset(0)
    step = env.step([[1, 1]])
    assert step.terminated.tolist() == [[False, True]]
    assert step.observations[0, 1].any()  # its last observation
    for _ in range(4):
        step = env.step([[2, 1]])
        assert step.rewards.tolist() == [[1, 0]]
        assert step.terminated.tolist() == [[False, True]]
        assert not step.observations[0, 1].any()
        assert not step.ended.any()
    step = env.step([[2, 1]])
    assert step.ended.tolist() == step.truncated.tolist() == [True]
    assert step.terminated.tolist() == [[False, True]]
    assert not step.final_observations[0, 1].any()
    assert step.observations[0, 1].any()  # of the next episode
    np.testing.assert_array_equal(step.final_state[0], step.final_observations[0].ravel())
    assert env.step([[2, 0]]).rewards.tolist() == [[1, 0]]


def test_continuous_actions():
    env = unequal(continuous=True)
    assert env.action_spaces == (
        ge.Continuous((-1.0, -1.0), (2.0, 2.0)),
        ge.Continuous((0.0,), (1.0,)),
    )
    env.reset(0)
    assert env.masks() is None
    step = env.step(np.array([[[0.5, 1.5], [0.25, 99]], [[-1, 2], [1, 0]]]))
    assert step.rewards.tolist() == [[2, 0.25], [1, 1]]
    assert step.masks is None
    bad = np.zeros((2, 2, 2))
    bad[1, 0, 1] = 2.5
    with pytest.raises(ValueError, match=r"agent 0 must be -1 to 2 in component 1; got 2\.5"):
        env.step(bad)
    bad[1, 0, 1] = np.nan
    with pytest.raises(ValueError, match="got nan in environment 1"):
        env.step(bad)
    with pytest.raises(ValueError, match=r"must have shape \(2, 2, 2\); got \(2, 2\)"):
        env.step(np.zeros((2, 2)))


def run_of(env, actions):
    return [env.step(joint) for joint in actions]


def same(steps, others, e=slice(None), f=slice(None)):
    for step, other in zip(steps, others, strict=True):
        for field in [*FIELDS, "observations", "final_observations", "masks", "final_masks"]:
            np.testing.assert_array_equal(getattr(step, field)[e], getattr(other, field)[f])


ACTIONS = np.random.default_rng(1).integers(0, 2, (40, 5, 2))


def test_workers_and_number_of_copies_change_nothing():
    alone = unequal(num_envs=5)
    first = alone.reset(3)
    wanted = run_of(alone, ACTIONS)
    with unequal(workers=2, num_envs=5) as spread:
        np.testing.assert_array_equal(spread.reset(3), first)
        same(run_of(spread, ACTIONS), wanted)
    fewer = unequal(num_envs=2)
    fewer.reset(3)
    same(run_of(fewer, ACTIONS[:, :2]), wanted, f=slice(0, 2))
    assert (alone.reset(4) != first).any()


@pytest.mark.parametrize(
    ("first", "then"), [(0, 0), (2, 0), pytest.param(0, 2, marks=pytest.mark.slow)]
)
def test_snapshot_and_restore_bit_for_bit(first, then):
    make = chance()
    with FromPettingZoo(make, 5, workers=first) as env:
        env.reset(7)
        run_of(env, ACTIONS[:9])
        snapshot = pickle.loads(pickle.dumps(env.snapshot()))
        seen, state = env._pool.arrays["observations"].copy(), env.state()
        wanted = run_of(env, ACTIONS[9:])
        np.testing.assert_array_equal(env.restore(snapshot), seen)
        same(run_of(env, ACTIONS[9:]), wanted)
    with FromPettingZoo(make, 5, workers=then) as other:
        np.testing.assert_array_equal(other.restore(snapshot), seen)
        np.testing.assert_array_equal(other.state(), state)
        same(run_of(other, ACTIONS[9:]), wanted)
        other.restore(snapshot)  # it can be used again
        same(run_of(other, ACTIONS[9:]), wanted)


def test_a_game_that_pickles_without_its_situation():
    """As games of Gymnasium's EzPickle do: their constructor's arguments are all that is kept."""

    class Forgetful(chance()):
        def __reduce__(self):
            return type(self), ()

    env, other = FromPettingZoo(Forgetful, 5), FromPettingZoo(Forgetful, 5)
    env.reset(7)
    run_of(env, ACTIONS[:9])
    other.restore(env.snapshot())
    same(run_of(other, ACTIONS[9:]), run_of(env, ACTIONS[9:]))


def test_a_game_that_does_not_repeat_itself_has_no_snapshot():
    class Fickle(chance()):
        def reset(self, seed=None, options=None):
            return super().reset(None if seed == 0 else int(np.random.default_rng().integers(99)))

    env = FromPettingZoo(Fickle, 2)
    env.reset(0)
    run_of(env, ACTIONS[:3, :2])
    with pytest.raises(RuntimeError, match="chance does not repeat itself from seed and actions"):
        env.snapshot()


def test_nothing_that_was_returned_changes():
    env = unequal(num_envs=5)
    first = env.reset(0)
    kept = first.copy()
    steps = run_of(env, ACTIONS[:8])
    copies = [(step.observations.copy(), step.masks.copy()) for step in steps]
    run_of(env, ACTIONS[8:])
    np.testing.assert_array_equal(first, kept)
    for step, (seen, masks) in zip(steps, copies, strict=True):
        np.testing.assert_array_equal(step.observations, seen)
        np.testing.assert_array_equal(step.masks, masks)


def test_a_game_that_has_no_picture_and_later_fails_in_a_worker():
    with unequal(workers=1, num_envs=2, fails=True) as env:
        env.reset(0)
        stay = np.zeros((2, 2), dtype=int)
        with pytest.raises(NotImplementedError, match="gives no picture; it needs a `render`"):
            env.render()
        env.step(stay)
        env.step(stay)
        with pytest.raises(RuntimeError, match=r"environments 0 to 1: (.|\n)*the game broke down"):
            env.step(stay)
        with pytest.raises(RuntimeError, match="make it anew"):
            env.step(stay)


def test_a_worker_that_is_killed():
    with unequal(workers=2, num_envs=2) as env:
        env.reset(0)
        env._pool._processes[1].kill()
        with pytest.raises(RuntimeError, match=r"environments 1 to 1: it ended with exit code -9"):
            env.step([[0, 0], [0, 0]])


def test_a_limit_that_holds_for_one_agent_only():
    env = unequal(uneven=True)
    env.reset(0)
    with pytest.raises(RuntimeError, match="a time limit cut 'b' while others go on"):
        run_of(env, np.zeros((3, 2, 2), dtype=int))


def test_pictures():
    env = FromPettingZoo(lambda: as_parallel_env(Switch(2)), 2)
    env.reset()
    env.step([[4, 4], [0, 4]])
    one = Switch(2)
    one.reset()
    np.testing.assert_array_equal(env.render(), one.render())
    assert (env.render(1) != env.render(0)).any()


class Unbound:
    """A game that is no ParallelEnv and has no `render`."""

    def __init__(self):
        self.game = chance()()
        self.possible_agents = self.game.possible_agents

    def __getattr__(self, name):
        if name == "render":
            raise AttributeError(name)
        return getattr(self.game, name)


def test_a_game_without_a_picture_says_so_and_can_be_played_on():
    class Blank(chance()):
        def render(self):
            return None

    for make in (chance(), Blank, Unbound):
        env = FromPettingZoo(make)
        env.reset(0)
        with pytest.raises(NotImplementedError, match="gives no picture; it needs a `render`"):
            env.render()
        env.step([[0, 0]])


def test_bad_input():
    with pytest.raises(TypeError, match="`make` must be a function that returns a game; got 3"):
        FromPettingZoo(3)
    with pytest.raises(ValueError, match="`num_envs` must be at least 1; got 0"):
        unequal(num_envs=0)
    with pytest.raises(RuntimeError, match="call `reset` first"):
        unequal().step([[0, 0], [0, 0]])
    with pytest.raises(ValueError, match="`env` must have num_envs=1; got 2"):
        as_parallel_env(Switch(2, 2))
    with pytest.raises(TypeError, match="`env` must be an environment of"):
        as_parallel_env("switch")
    out = as_parallel_env(Switch(2))
    out.reset(seed=0)
    with pytest.raises(ValueError, match="`actions` must have one for 'agent_1'"):
        out.step({"agent_0": 4})

    class Mixed(chance()):
        def action_space(self, agent):
            return spaces.MultiDiscrete([2, 2]) if agent == "a" else spaces.Discrete(2)

    with pytest.raises(TypeError, match="actions of 'a' must be Discrete or a Box; got Multi"):
        FromPettingZoo(Mixed)
