"""What policy steps aim at: critics learn on one scale, advantages are in units of reward."""

import dataclasses

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from agent_cases import random_experience, small_spec  # noqa: E402
from value_cases import TINY, plain_values, weights_of  # noqa: E402

from gametools.agents import ILPPO, ILPPOConfig  # noqa: E402

TIMES, ENVS = 6, 3
CONFIG = ILPPOConfig(
    network=TINY, gamma=0.9, lam=0.8, normalise_advantages=False, scale_values=True,
    num_envs=ENVS, steps_per_update=TIMES * ENVS,
)  # fmt: skip


def stretch(seed=0):
    return random_experience(times=TIMES, envs=ENVS, agents=2, seed=seed)


@torch.no_grad()
def outputs(learner, x):
    """What each agent's critic makes of its own row of x, shape ``(T, E, n, k)``."""
    weights = weights_of(learner.model.critic, learn=False)
    found = [plain_values(weights, agent, x[:, :, agent])[..., 0] for agent in range(2)]
    return torch.stack(found, dim=-1)


def estimated(seen, values, after):
    """Advantages as sums of errors, Schulman et al. (2016), equation 16, place by place."""
    found = np.zeros(values.shape)
    for t, e, i in np.ndindex(*found.shape):
        weight = 1.0
        for later in range(t, TIMES):
            over = bool(seen.terminated[later, e, i])
            following = 0.0 if over else 0.9 * after[later, e, i]
            error = float(seen.rewards[later, e, i]) + following - values[later, e, i]
            found[t, e, i] += weight * error
            weight *= 0.9 * 0.8
            if over or bool(seen.ended[later, e]):
                break
    return found


def test_advantages_are_in_units_of_reward_and_returns_on_the_scale_that_has_seen_them():
    learner, seen = ILPPO(small_spec(), CONFIG, seed=0), stretch()
    active = seen.active.numpy()
    earlier = np.random.default_rng(1).normal([5.0, -2.0], [3.0, 0.5], size=active.shape)
    learner.model.scale.observe(torch.tensor(earlier, dtype=torch.float32), seen.active)

    def moments(*batches):
        """Mean and deviation of the active agents' returns, batches alike in weight."""
        first, second = (
            [np.average(own**power, axis=(0, 1), weights=active) for own in batches]
            for power in (1, 2)
        )
        mean = np.mean(first, axis=0)
        return mean, np.sqrt(np.mean(second, axis=0) - mean**2)

    raw, after = (outputs(learner, x).numpy() for x in (seen.observations, seen.next_observations))
    mean, deviation = moments(earlier)
    values, following = raw * deviation + mean, after * deviation + mean
    gained = estimated(seen, values, following)
    returns = gained + values
    mean, deviation = moments(earlier, returns)

    found = learner.targets(seen)
    close = {"atol": 2e-3, "rtol": 1e-3}  # moments are kept in single precision
    np.testing.assert_allclose(found.advantages, gained, **close)
    np.testing.assert_allclose(found.returns, (returns - mean) / deviation, **close)
    np.testing.assert_allclose(found.values, raw, atol=1e-5)


def test_critics_of_the_state_see_it_and_others_do_not():
    """MAPPO's critics see what the environment shows nobody, before and after each step."""
    learner = ILPPO(small_spec(), dataclasses.replace(CONFIG, critic="state"), seed=0)
    seen, model = stretch(), learner.model
    now, later = (
        state[:, :, None].expand(-1, -1, 2, -1) for state in (seen.states, seen.next_states)
    )
    values, memories = model.scaled_values(seen)
    torch.testing.assert_close(values, outputs(learner, now))
    torch.testing.assert_close(model.next_scaled_values(seen, memories), outputs(learner, later))
    own = ILPPO(small_spec(), CONFIG, seed=0)
    torch.testing.assert_close(own.model.scaled_values(seen)[0], outputs(own, seen.observations))
