"""Step for step the same as ma-gym, in every recorded episode."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from gametools.envs import Checkers, Switch

FILE = Path(__file__).parents[1] / "data" / "ma_gym_traces.json.gz"
TRACES = json.loads(gzip.decompress(FILE.read_bytes()))
MAKE = {
    "Checkers-v0": Checkers.ma_gym,
    "Switch2-v0": lambda num_envs: Switch(2, num_envs),
    "Switch4-v0": lambda num_envs: Switch(4, num_envs),
}


def replay(env, episode):
    """Steps of a single environment along the actions of an episode, after a reset."""
    first = env.reset()
    return first[0], [env.step([actions]) for actions in episode["actions"]]


def test_all_recorded_games_are_tested():
    assert set(TRACES) == set(MAKE)
    assert all(len(episodes) == 22 for episodes in TRACES.values())


@pytest.mark.parametrize("name", TRACES)
def test_every_episode_step_for_step(name):
    env = MAKE[name](num_envs=1)
    for episode in TRACES[name]:
        first, steps = replay(env, episode)
        np.testing.assert_allclose(first, episode["observations"][0], rtol=0, atol=1e-6)
        seen = [step.final_observations[0] for step in steps]
        np.testing.assert_allclose(seen, episode["observations"][1:], rtol=0, atol=1e-6)
        rewards = [step.rewards[0] for step in steps]
        np.testing.assert_array_equal(rewards, episode["rewards"])
        dones = [step.terminated[0] | step.truncated[0] for step in steps]
        np.testing.assert_array_equal(dones, episode["dones"])
        ends = [step.ended[0] for step in steps]
        assert ends == [False] * (len(steps) - 1) + [True]
        limit = len(steps) == env.max_steps
        assert bool(steps[-1].truncated[0]) == (limit and not steps[-1].terminated.all())


@pytest.mark.parametrize("name", TRACES)
def test_episodes_side_by_side(name):
    """All episodes at once, each in a copy of its own, although they end at different times."""
    episodes = TRACES[name]
    env = MAKE[name](num_envs=len(episodes))
    observations = env.reset()
    rng = np.random.default_rng(0)
    for t in range(env.max_steps):
        actions = rng.integers(0, 5, (len(episodes), len(env.agents)))
        live = [e for e, episode in enumerate(episodes) if t < len(episode["actions"])]
        for e in live:
            actions[e] = episodes[e]["actions"][t]
            wanted = episodes[e]["observations"][t]
            np.testing.assert_allclose(observations[e], wanted, rtol=0, atol=1e-6)
        step = env.step(actions)
        observations = step.observations
        for e in live:
            np.testing.assert_array_equal(step.rewards[e], episodes[e]["rewards"][t])
            assert step.ended[e] == (t + 1 == len(episodes[e]["actions"]))


@pytest.mark.parametrize("name", ["Switch2-v0", "Switch4-v0"])
def test_the_other_versions_of_switch_are_functions_of_the_first(name):
    n = int(name[6])
    for episode in TRACES[name][:6] + TRACES[name][-4:]:
        for version in (1, 2, 3):
            env = Switch(n, version=version)
            first, steps = replay(env, episode)
            seen = [first, *(step.final_observations[0] for step in steps)]
            for t, own in enumerate(episode["observations"]):
                vectors = np.array(own)
                if version in (2, 3):
                    vectors = np.column_stack([vectors, np.full(n, t / 50)])
                if version in (1, 3):
                    vectors = np.tile(vectors.ravel(), (n, 1))
                np.testing.assert_allclose(seen[t], vectors, rtol=0, atol=1e-6)
