"""Masks of actions that PettingZoo games give."""

import functools

import numpy as np
import pytest

from gametools.envs import FromPettingZoo, as_parallel_env

spaces = pytest.importorskip("gymnasium.spaces")
pettingzoo = pytest.importorskip("pettingzoo")

from chance_games import FIELDS, unequal  # noqa: E402


@pytest.mark.parametrize("where", ["info", "observation"])
def test_masks_of_actions(where):
    env = unequal(masked=where)
    env.reset(0)
    assert env.observation_sizes == (4, 3)
    assert env.masks()[0].tolist() == [[True, False, False], [True, True, False]]
    step = env.step([[0, 0], [0, 0]])
    assert step.masks[0].tolist() == [[True, False, True], [True, True, False]]


class Dwindling(pettingzoo.ParallelEnv):
    """Cut after three steps; after t steps the first 4 - t actions are allowed.

    An agent that takes action 1 has left, and is told that it may do nothing at all.
    """

    metadata = {"name": "dwindling"}  # noqa: RUF012
    possible_agents = ["a", "b"]  # noqa: RUF012

    def observation_space(self, agent):
        return spaces.Box(0, 3, (1,), np.float32)

    def action_space(self, agent):
        return spaces.Discrete(4)

    def reset(self, seed=None, options=None):
        self.agents, self.clock = ["a", "b"], 0
        return self.told(())

    def told(self, gone):
        masks = {a: np.arange(4) < (0 if a in gone else 4 - self.clock) for a in self.agents}
        seen = {a: np.full(1, self.clock, np.float32) for a in self.agents}
        return seen, {a: {"action_mask": masks[a].astype(np.int8)} for a in self.agents}

    def step(self, actions):
        self.clock += 1
        over = {agent: actions[agent] == 1 for agent in self.agents}
        cut = dict.fromkeys(self.agents, self.clock == 3)
        seen, infos = self.told([agent for agent in over if over[agent]])
        self.agents = [a for a in self.agents if not over[a] and not cut[a]]
        return seen, dict.fromkeys(over, 0.0), over, cut, infos


def allowed(masks):
    return masks.sum(axis=-1).tolist()


@pytest.mark.parametrize("workers", [0, pytest.param(2, id="2 workers")])
def test_masks_of_the_episode_that_ended(workers):
    with FromPettingZoo(Dwindling, 2, workers=workers) as env:
        env.reset(0)
        step = env.step([[0, 0], [0, 0]])
        assert step.final_masks is step.masks
        assert allowed(step.masks) == [[3, 3], [3, 3]]
        step = env.step([[0, 1], [1, 1]])  # in the second copy both leave
        assert step.ended.tolist() == [False, True]
        assert allowed(step.masks) == [[2, 4], [4, 4]]
        assert allowed(step.final_masks) == [[2, 4], [4, 4]]
        kept = step.final_masks.copy()
        later = env.step([[0, 0], [0, 0]])  # the time limit cuts the first copy
        assert later.truncated.tolist() == [True, False]
        assert allowed(later.masks) == [[4, 4], [3, 3]]
        assert allowed(later.final_masks) == [[1, 4], [3, 3]]
        np.testing.assert_array_equal(step.final_masks, kept)


def test_masks_at_an_end_out_and_in_again():
    make = functools.partial(FromPettingZoo, Dwindling)
    ours, back = make(1), FromPettingZoo(lambda: as_parallel_env(make(1)))
    ours.reset(0)
    back.reset(0)
    for _ in range(7):
        step, wanted = back.step([[0, 2]]), ours.step([[0, 2]])
        for field in [*FIELDS, "masks", "final_masks"]:
            np.testing.assert_array_equal(getattr(step, field), getattr(wanted, field), field)
