"""What agents did and saw is kept as it was: also where an episode ends and the next one begins."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from gametools.agents import ILPPO, ILPPOConfig, make_learner, spec_of  # noqa: E402
from gametools.agents.collector import Collector  # noqa: E402
from gametools.envs import Continuous, FromPettingZoo, RepeatedMatrixGame, Step, Switch  # noqa: E402
from gametools.games import random_game  # noqa: E402

LIMIT = 3


class Dwindling:
    """Cut after three steps; after t steps an agent may take the first 4 - t actions."""

    def __init__(self):
        self.possible_agents, self.agents = ["a", "b"], []

    def observation_space(self, agent):
        return self.box((1,))

    def action_space(self, agent):
        return self.discrete(4)

    def reset(self, seed=None):
        self.agents, self.clock = list(self.possible_agents), 0
        return self.told()

    def told(self):
        mask = (np.arange(4) < 4 - self.clock).astype(np.int8)
        seen = dict.fromkeys(self.possible_agents, np.full(1, self.clock, np.float32))
        return seen, {agent: {"action_mask": mask} for agent in self.possible_agents}

    def step(self, actions):
        self.clock += 1
        cut = self.clock == LIMIT
        if cut:
            self.agents = []
        none, all_cut = (dict.fromkeys(actions, value) for value in (False, cut))
        seen, infos = self.told()
        return seen, dict.fromkeys(actions, 1.0), none, all_cut, infos


@pytest.fixture
def env():
    spaces = pytest.importorskip("gymnasium.spaces")
    Dwindling.box = staticmethod(lambda shape: spaces.Box(0, LIMIT, shape, np.float32))
    Dwindling.discrete = staticmethod(spaces.Discrete)
    return FromPettingZoo(Dwindling, num_envs=2)


def collected(env, learner, times):
    collector = Collector(env, 0, learner.initial_memory(env.num_envs))
    return collector.collect(learner.explore, times)


def test_masks_after_the_last_step_are_of_the_episode_that_ended(env):
    learner = make_learner("il-ppo", spec_of(env), seed=0)
    seen = collected(env, learner, 2 * LIMIT)
    before, after = (m.sum(dim=-1)[:, 0, 0].tolist() for m in (seen.masks, seen.next_masks))
    assert before == [4, 3, 2] * 2
    assert after == [3, 2, 1] * 2
    np.testing.assert_array_equal(seen.next_observations[:, 0, 0, 0], [1, 2, 3] * 2)
    assert seen.ended[:, 0].tolist() == [False, False, True] * 2
    assert (seen.masks.gather(-1, seen.actions[..., None])).all()


def test_what_is_bootstrapped_at_a_time_limit_was_allowed_there(env):
    """Networks that like the last action best: after the last step only the first is allowed."""
    learner = make_learner("vdn", spec_of(env), seed=0, changes=["network.agent_id=False"])
    for model in (learner.model, learner.target):
        for parameter in model.parameters():
            parameter.data.zero_()
        model["agents"].network.head.bias.data += torch.arange(4.0)
    found = learner.estimates(collected(env, learner, LIMIT))
    assert found.lives.all()
    assert found.next_actions[:, 0, 0].tolist() == [2, 1, 0]
    assert found.next_values[:, 0, 0].tolist() == [2.0, 1.0, 0.0]


def test_without_masks_nothing_is_kept():
    env = Switch(2, 3)
    seen = collected(env, make_learner("il-ppo", spec_of(env), seed=0), 4)
    assert seen.masks is None
    assert seen.next_masks is None


def test_masks_of_actions_that_an_agent_lacks_hold_to_the_end():
    env = RepeatedMatrixGame(random_game("normal", (2, 3), rng=0), 2, num_envs=2)
    seen = collected(env, make_learner("il-ppo", spec_of(env), seed=0), 4)
    assert (seen.next_masks == seen.masks).all()
    assert seen.masks[0, 0].tolist() == [[True, True, False], [True, True, True]]


def test_continuous_actions_reach_the_game_within_bounds_and_are_kept_as_drawn():
    from gametools.agents import play_episodes

    class Pushing:
        """One step, two agents, one and two dimensions; refuses what is out of bounds."""

        num_envs, agents, state_size = 50, ("a", "b"), 1
        observation_sizes = (1, 1)
        action_spaces = (Continuous((-0.1,), (0.1,)), Continuous((-1.0, 0.0), (1.0, 0.2)))

        def reset(self, rng=None):
            return np.zeros((50, 2, 1), dtype=np.float32)

        def state(self):
            return np.zeros((50, 1), dtype=np.float32)

        def masks(self):
            return None

        def step(self, actions):
            assert np.abs(actions[:, 0, 0]).max() <= np.float32(0.1)
            assert not actions[:, 0, 1].any()
            assert (actions[:, 1] >= [-1, 0]).all()
            assert (actions[:, 1] <= np.float32([1, 0.2])).all()
            over = np.ones(50, dtype=bool)
            seen, state = self.reset(), self.state()
            return Step(
                seen, np.zeros((50, 2)), np.ones((50, 2), dtype=bool), ~over, over, state, None,
                seen, state, None,
            )  # fmt: skip

    env = Pushing()
    config = ILPPOConfig(num_envs=50, steps_per_update=100)
    learner = ILPPO(spec_of(env), config, seed=0)
    seen = Collector(env, 0, learner.initial_memory(50)).collect(learner.explore, 2)
    assert seen.actions.abs().max() > 1.5
    again = learner.model.distribution(seen).log_prob(seen.actions)
    torch.testing.assert_close(again, seen.log_probs)
    learner.update(seen)
    play_episodes(learner, env, seed=0, greedy=False)
