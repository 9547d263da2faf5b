"""The released baseline: it learns from six steps of a batch, as its program does."""

import dataclasses

import pytest

torch = pytest.importorskip("torch")
from agent_cases import collected_by, small_spec  # noqa: E402

from gametools.agents import ILPPOConfig, NetworkConfig  # noqa: E402
from matrl_released_baseline import FirstSteps, first_steps  # noqa: E402

# Without normalised advantages and with lam 0, a step's part in the update is its own.
CONFIG = ILPPOConfig(
    network=NetworkConfig((8,)), normalise_advantages=False, lam=0.0, num_envs=3,
    steps_per_update=24,
)  # fmt: skip


def updated(rewards_of):
    """Parameters after an update, its rewards changed by `rewards_of(experience)`."""
    learner = FirstSteps(small_spec(), CONFIG, seed=0)
    seen = collected_by(learner)
    learner.update(dataclasses.replace(seen, rewards=rewards_of(seen)))
    return torch.cat([p.flatten() for p in learner.model.policy.parameters()])


def test_other_steps_change_nothing_and_each_of_the_six_something():
    base = updated(lambda seen: seen.rewards)
    seen = collected_by(FirstSteps(small_spec(), CONFIG, seed=0))
    chosen = first_steps(seen.starts)
    assert chosen.sum() == 6
    elsewhere = updated(lambda seen: torch.where(chosen, seen.rewards, 100.0))
    assert torch.equal(base, elsewhere)
    for time, env, _ in chosen.nonzero().tolist():
        changed = seen.rewards.clone()
        changed[time, env] += 5.0
        different = not torch.equal(base, updated(lambda _, changed=changed: changed))
        assert different == bool(seen.active[time, env].any())


@pytest.mark.parametrize(
    ("starts", "found"),
    [
        ([(0, 0), (0, 1)], (0, 0)),
        ([(3, 0), (1, 1)], (1, 1)),
        ([(4, 0)], (0, 0)),  # too late for six steps: no whole start, the first environment
        ([(3, 0)], (3, 0)),
    ],
)
def test_the_earliest_start_with_six_steps_to_go(starts, found):
    given = torch.zeros(9, 2, dtype=torch.bool)
    for place in starts:
        given[place] = True
    where = first_steps(given)[..., 0].nonzero().tolist()
    time, env = found
    assert where == [[time + k, env] for k in range(6)]
