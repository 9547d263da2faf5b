"""Level-based foraging."""

import numpy as np
import pytest

from gametools.envs import Discrete, Environment, Foraging, foraging

gym = pytest.importorskip("gymnasium")
lbforaging = pytest.importorskip("lbforaging")


@pytest.mark.parametrize("task", ["8x8-2p-2f-coop", "2s-8x8-2p-2f-coop", "2s-10x10-3p-3f"])
def test_the_same_as_the_package(task):
    """An episode of the package's own registered task from the same seed."""
    seed = int(np.random.default_rng(5).spawn(1)[0].integers(2**31))
    theirs = gym.make(f"Foraging-{task}-v3", disable_env_checker=True).unwrapped
    ours = Foraging(task)
    n = len(ours.agents)
    seen, _ = theirs.reset(seed=seed)
    np.testing.assert_array_equal(ours.reset(5)[0], seen)
    rng = np.random.default_rng(0)
    for _ in range(50):
        actions = rng.integers(0, 6, n)
        seen, rewards, over, *_ = theirs.step(actions)
        step = ours.step([actions])
        np.testing.assert_array_equal(step.final_observations[0], np.array(seen))
        np.testing.assert_array_equal(step.rewards[0], rewards)
        assert step.ended[0] == over
        assert step.truncated[0] == (over and theirs.field.any())
        assert step.terminated.all() == (not theirs.field.any())
        if over:
            break
    assert over


def test_an_episode_depends_on_its_seed_alone():
    """In the package agents cannot start where others stood when the last episode ended."""
    game = foraging._ForagingGame(foraging._settings("5x5-3p-1f") | {"max_episode_steps": 50})
    rng = np.random.default_rng(0)
    for seed in range(40):
        first, _ = game.reset(seed=seed)
        for _ in range(5):
            actions = rng.integers(0, 5, 3)
            game.step(dict(zip(game.agents, actions, strict=True)))
        again, _ = game.reset(seed=seed)
        for agent, seen in first.items():
            np.testing.assert_array_equal(again[agent], seen)


def test_all_food_together_is_worth_one():
    """Random play until many episodes have ended: those that terminate have paid 1 in all."""
    env = Foraging("5x5-2p-1f", num_envs=16)
    env.reset(0)
    rng = np.random.default_rng(0)
    returns, finished, cut = np.zeros(16), [], []
    for _ in range(300):
        step = env.step(rng.integers(0, 6, (16, 2)))
        returns += step.rewards.sum(axis=1)
        over = step.terminated.all(axis=1)
        assert (step.ended == (over | step.truncated)).all()
        finished += returns[over].tolist()
        cut += returns[step.truncated].tolist()
        returns[step.ended] = 0
    assert len(finished) > 10
    assert len(cut) > 10
    assert finished == pytest.approx(np.ones(len(finished)))
    assert cut == [0.0] * len(cut)


def test_shapes_and_limits():
    env = Foraging(num_envs=3, max_steps=2)
    assert isinstance(env, Environment)
    assert env.action_spaces == (Discrete(6), Discrete(6))
    env.reset(0)
    assert env.masks() is None
    env.step(np.zeros((3, 2), dtype=int))
    step = env.step(np.zeros((3, 2), dtype=int))
    assert step.truncated.all()
    assert not step.terminated.any()
    assert step.masks is None
    assert (step.final_observations != step.observations).any(axis=(1, 2)).all()  # new fields
    np.testing.assert_array_equal(step.final_state, step.final_observations.reshape(3, -1))


@pytest.mark.parametrize("workers", [0, 2])
def test_snapshot_and_restore(workers):
    actions = np.random.default_rng(0).integers(0, 6, (120, 4, 2))
    env = Foraging("5x5-2p-2f", 4)
    env.reset(1)
    for joint in actions[:30]:
        env.step(joint)
    snapshot = env.snapshot()
    with Foraging("5x5-2p-2f", 4, workers=workers) as other:
        other.restore(snapshot)
        total = 0.0
        for joint in actions[30:]:
            step, wanted = other.step(joint), env.step(joint)
            np.testing.assert_array_equal(step.observations, wanted.observations)
            np.testing.assert_array_equal(step.rewards, wanted.rewards)
            np.testing.assert_array_equal(step.ended, wanted.ended)
            total += step.rewards.sum()
    assert total > 0
    with pytest.raises(ValueError, match="`snapshot` must be of an environment made alike"):
        Foraging("5x5-2p-2f", 4, penalty=0.1).restore(snapshot)


def test_a_picture():
    env = Foraging()
    env.reset(0)
    before = env.render()
    assert before.shape == (321, 321, 3)
    for action in (1, 2, 3, 4):
        env.step([[action, action]])
    assert (env.render() != before).any()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Foraging("8x8"), "`task` must be like '8x8-2p-2f-coop'; got '8x8'"),
        (lambda: Foraging("3x3-2p-1f"), "`task` must have a field of at least 5x5"),
        (lambda: Foraging(max_steps=0), "`max_steps` must be at least 1"),
        (lambda: Foraging(penalty=-1.0), "`penalty` must be at least 0"),
    ],
)
def test_bad_input(make, message):
    with pytest.raises(ValueError, match=message):
        make()
