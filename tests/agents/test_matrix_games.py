"""Known answers: the climbing and the penalty game, 25 steps each (EPyMARL's reference games)."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from gametools.agents import make_learner, play_episodes, spec_of  # noqa: E402
from gametools.agents.collector import Collector  # noqa: E402
from gametools.envs import RepeatedMatrixGame  # noqa: E402

# Values must follow what the others do now, so little is remembered.
VALUES = [
    "gamma=0.9", "epsilon_steps=20000", "buffer_steps=5000", "updates=2",
    "target_every=200", "target_mix=1.0",
]  # fmt: skip
SETTINGS = {
    "vdn": ("default", [*VALUES, "batch=100"]),
    "qmix": ("default", [*VALUES, "batch=32"]),
    "il-ppo": ("shared", ["gamma=0.9", "step.entropy=0.06"]),
}


def trained(name, make, steps, seed):
    preset, changes = SETTINGS[name]
    learner = make_learner(name, spec_of(make(1)), seed=seed, preset=preset, changes=changes)
    own = learner.config
    env = make(own.num_envs)
    collector = Collector(env, np.random.default_rng(seed), learner.initial_memory(own.num_envs))
    for _ in range(steps // own.steps_per_update):
        learner.update(collector.collect(learner.explore, own.steps_per_update // own.num_envs))
    return learner


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", SETTINGS)
def test_climbing(name, seed):
    """The way up leads over 5 and 6 a step to 7 or to 11: 175 or 275 in 25 steps."""
    learner = trained(name, RepeatedMatrixGame.climbing, 120_000, seed)
    found = play_episodes(learner, RepeatedMatrixGame.climbing(1), seed=0).returns
    assert found[0, 0] == found[0, 1]
    assert found[0, 0] >= 175


@pytest.mark.slow
@pytest.mark.parametrize("name", SETTINGS)
def test_penalty(name):
    """Coordination on 10 a step risks -100; 2 a step is safe: at least 50 in 25 steps."""
    learner = trained(name, RepeatedMatrixGame.penalty, 40_000, seed=0)
    found = play_episodes(learner, RepeatedMatrixGame.penalty(1), seed=0).returns
    assert found[0, 0] == found[0, 1]
    assert found[0, 0] >= 50
