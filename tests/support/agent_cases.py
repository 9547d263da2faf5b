"""Experience and small models for the tests of deep learners."""

import numpy as np
import torch

from gametools.agents.experience import Experience
from gametools.agents.spec import Spec


def random_experience(*, times, envs, agents, seed, actions=4, size=5, memory=0, continuous=0):
    """Experience of nothing in particular: agents leave, episodes end, actions are masked."""
    rng = np.random.default_rng(seed)

    def normal(*shape):
        return torch.as_tensor(rng.normal(size=shape), dtype=torch.float32)

    ended = rng.random((times, envs)) < 0.2
    terminated = rng.random((times, envs, agents)) < 0.2
    starts = np.vstack([np.ones((1, envs), dtype=bool), ended[:-1]])
    active = np.vstack([np.ones((1, envs, agents), dtype=bool), ~terminated[:-1]])
    active |= starts[..., None]
    shape = (times, envs, agents)
    drawn = torch.as_tensor(rng.integers(actions, size=shape))
    taken = normal(*shape, continuous) if continuous else drawn
    return Experience(
        observations=normal(*shape, size),
        next_observations=normal(*shape, size),
        states=normal(times, envs, 7),
        next_states=normal(times, envs, 7),
        masks=None,
        next_masks=None,
        actions=taken,
        log_probs=-normal(*shape).abs(),
        rewards=normal(*shape),
        terminated=torch.as_tensor(terminated),
        ended=torch.as_tensor(ended),
        starts=torch.as_tensor(starts),
        active=torch.as_tensor(active),
        memory=normal(envs, agents, memory),
    )


def small_spec(agents=2, actions=4):
    return Spec(
        num_agents=agents, observation_size=5, action_sizes=(actions,) * agents, state_size=7
    )
