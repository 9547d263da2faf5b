"""Repeated matrix games."""

import numpy as np
import pytest

import gametools as gt
from gametools.envs import Discrete, Environment, RepeatedMatrixGame

UNEQUAL = gt.NormalFormGame(np.arange(12.0).reshape(2, 2, 3), num_players=2)


def play(env, actions, steps):
    """Sum of the rewards of copy 0 over `steps` steps with the same joint action."""
    env.reset()
    return sum(env.step([actions] * env.num_envs).rewards[0] for _ in range(steps))


@pytest.mark.parametrize(
    ("env", "actions", "wanted"),
    [
        (RepeatedMatrixGame.climbing(), (0, 0), 275),
        (RepeatedMatrixGame.climbing(), (1, 1), 175),
        (RepeatedMatrixGame.climbing(), (2, 2), 125),
        (RepeatedMatrixGame.climbing(), (1, 2), 150),
        (RepeatedMatrixGame.climbing(), (2, 1), 0),
        (RepeatedMatrixGame.penalty(), (0, 0), 250),
        (RepeatedMatrixGame.penalty(), (1, 1), 50),
        (RepeatedMatrixGame.penalty(k=-25), (2, 0), -625),
        (RepeatedMatrixGame.penalty(), (0, 2), -2500),
    ],
)
def test_the_published_returns(env, actions, wanted):
    assert play(env, actions, 25).tolist() == [wanted, wanted]


@pytest.mark.parametrize("team", [False, True])
def test_rewards_are_the_payoffs_of_the_game(team):
    payoffs = np.random.default_rng(0).normal(size=(3, 2, 3, 2))
    game = gt.NormalFormGame(payoffs, num_players=3)
    cells = np.array(list(np.ndindex(2, 3, 2)))
    env = RepeatedMatrixGame(game, num_envs=len(cells), team=team)
    env.reset()
    rewards = env.step(cells).rewards
    wanted = np.array([game.payoffs[(slice(None), *cell)] for cell in cells])
    if team:
        wanted = np.repeat(wanted.mean(axis=1, keepdims=True), 3, axis=1)
    np.testing.assert_allclose(rewards, wanted)


def test_what_agents_see():
    one_hot = RepeatedMatrixGame(UNEQUAL)
    assert one_hot.reset()[0].tolist() == [[0] * 5] * 2
    assert one_hot.step([[1, 2]]).observations[0].tolist() == [[0, 1, 0, 0, 1]] * 2
    assert one_hot.state()[0].tolist() == pytest.approx([0, 1, 0, 0, 1, 1 / 25])
    clock = RepeatedMatrixGame(UNEQUAL, 4, observation="clock")
    assert clock.reset()[0].tolist() == [[0], [0]]
    assert clock.step([[1, 2]]).observations[0].tolist() == [[0.25], [0.25]]
    constant = RepeatedMatrixGame.climbing()
    assert constant.reset()[0].tolist() == [[1], [1]]
    assert constant.step([[1, 2]]).observations[0].tolist() == [[1], [1]]


def test_unequal_numbers_of_actions_are_masked():
    env = RepeatedMatrixGame(UNEQUAL, num_envs=2)
    assert isinstance(env, Environment)
    assert env.action_spaces == (Discrete(2), Discrete(3))
    wanted = [[[True, True, False], [True, True, True]]] * 2
    assert env.masks().tolist() == wanted
    env.reset()
    assert env.step([[1, 2], [0, 0]]).masks.tolist() == wanted
    with pytest.raises(ValueError, match="of agent 0 must be 0 to 1; got 2 in environment 1"):
        env.step([[1, 2], [2, 0]])
    assert RepeatedMatrixGame.climbing().masks() is None


def test_the_last_step_terminates_and_starts_again():
    env = RepeatedMatrixGame("climbing", 2, num_envs=3)
    first = env.reset()
    start = env.state()
    step = env.step([[0, 1]] * 3)
    assert not step.ended.any()
    assert step.final_observations is step.observations
    seen = step.observations
    kept = seen.copy()
    step = env.step([[2, 1]] * 3)
    assert step.ended.all()
    assert step.terminated.all()
    assert not step.truncated.any()
    np.testing.assert_array_equal(step.observations, first)
    np.testing.assert_array_equal(step.state, start)
    assert step.final_observations[0, 0].tolist() == [0, 0, 1, 0, 1, 0]
    assert step.final_state[0, -1] == 1
    np.testing.assert_array_equal(seen, kept)


def test_snapshot_and_restore():
    env = RepeatedMatrixGame("climbing", 5, num_envs=4)
    rng = np.random.default_rng(0)
    actions = rng.integers(0, 3, (12, 4, 2))
    env.reset()
    for chosen in actions[:3]:
        env.step(chosen)
    snapshot = env.snapshot()
    wanted = [env.step(chosen) for chosen in actions[3:]]
    other = RepeatedMatrixGame("climbing", 5, num_envs=4)
    other.restore(snapshot)
    for chosen, own in zip(actions[3:], wanted, strict=True):
        step = other.step(chosen)
        np.testing.assert_array_equal(step.observations, own.observations)
        np.testing.assert_array_equal(step.state, own.state)
        np.testing.assert_array_equal(step.ended, own.ended)
    with pytest.raises(ValueError, match="`snapshot` must be of an environment made alike"):
        RepeatedMatrixGame("climbing", 6, num_envs=4).restore(snapshot)


def test_a_picture():
    env = RepeatedMatrixGame(UNEQUAL)
    env.reset()
    start = env.render()
    env.step([[1, 2]])
    assert start.shape == (81, 121, 3)
    assert (env.render() != start).any()


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: RepeatedMatrixGame("climbin"), ValueError, "Did you mean 'climbing'"),
        (lambda: RepeatedMatrixGame(3), TypeError, "`game` must be a NormalFormGame"),
        (
            lambda: RepeatedMatrixGame(gt.random_2x2("cyclic", size=3, rng=0)),
            ValueError,
            "`game` must be a single game",
        ),
        (lambda: RepeatedMatrixGame("climbing", 0), ValueError, "`num_steps` must be at least 1"),
        (
            lambda: RepeatedMatrixGame("climbing", observation="action"),
            ValueError,
            "`observation` must be one of actions, clock, constant; got 'action'",
        ),
        (lambda: RepeatedMatrixGame.penalty(k=1), ValueError, "`k` must be at most 0; got 1"),
        (lambda: RepeatedMatrixGame("climbing").step([[0, 0]]), RuntimeError, "call `reset` first"),
    ],
)
def test_bad_input(make, error, message):
    with pytest.raises(error, match=message):
        make()
