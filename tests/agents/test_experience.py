"""Advantages against their definition as a sum."""

import dataclasses

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from agent_cases import random_experience  # noqa: E402

from gametools.agents.experience import advantages, as_team  # noqa: E402


def by_definition(experience, values, next_values, gamma, lam):
    """Sums of discounted errors up to where the agent's part, or the episode, is over."""
    times, envs, agents = values.shape
    result = np.zeros((times, envs, agents))
    for env in range(envs):
        for agent in range(agents):
            for start in range(times):
                weight = 1.0
                for t in range(start, times):
                    over = bool(experience.terminated[t, env, agent])
                    future = 0.0 if over else gamma * float(next_values[t, env, agent])
                    earned = float(experience.rewards[t, env, agent])
                    result[start, env, agent] += weight * (
                        earned + future - float(values[t, env, agent])
                    )
                    if over or bool(experience.ended[t, env]):
                        break
                    weight *= gamma * lam
    return result


@pytest.mark.parametrize(("gamma", "lam"), [(0.99, 0.95), (0.9, 0.0), (1.0, 1.0), (0.0, 0.5)])
def test_advantages_are_sums_of_discounted_errors(gamma, lam):
    experience = random_experience(times=12, envs=3, agents=2, seed=0)
    rng = np.random.default_rng(1)
    values, next_values = torch.as_tensor(rng.normal(size=(2, 12, 3, 2)))
    found = advantages(experience, values, next_values, gamma=gamma, lam=lam)
    expected = by_definition(experience, values, next_values, gamma, lam)
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-12)


def test_the_time_limit_is_no_termination():
    experience = random_experience(times=3, envs=1, agents=1, seed=0)
    cut = dataclasses.replace(
        experience,
        terminated=torch.zeros(3, 1, 1, dtype=torch.bool),
        ended=torch.tensor([False, False, True])[:, None],
    )
    over = dataclasses.replace(cut, terminated=cut.ended[..., None])
    values, next_values = torch.zeros(3, 1, 1), torch.full((3, 1, 1), 10.0)
    difference = advantages(cut, values, next_values, gamma=0.5, lam=1.0) - advantages(
        over, values, next_values, gamma=0.5, lam=1.0
    )
    assert difference.flatten().tolist() == pytest.approx([1.25, 2.5, 5.0])


def test_with_lambda_one_advantages_are_returns_minus_values():
    """Over whole episodes that terminate, by hand: rewards 1, 2, 3 and gamma 0.5."""
    experience = random_experience(times=3, envs=1, agents=1, seed=0)
    over = torch.tensor([False, False, True])[:, None]
    seen = dataclasses.replace(
        experience,
        rewards=torch.tensor([1.0, 2.0, 3.0])[:, None, None],
        ended=over,
        terminated=over[..., None],
    )
    values = torch.tensor([4.0, 5.0, 6.0])[:, None, None]
    later = torch.tensor([5.0, 6.0, 99.0])[:, None, None]
    found = advantages(seen, values, later, gamma=0.5, lam=1.0)
    assert found.flatten().tolist() == pytest.approx([2.75 - 4, 3.5 - 5, 3.0 - 6])


def test_picking_environments_picks_all_their_tensors():
    experience = random_experience(times=4, envs=5, agents=2, seed=2, memory=3)
    part = experience.environments(torch.tensor([3, 1]))
    for field in dataclasses.fields(experience):
        whole, own = getattr(experience, field.name), getattr(part, field.name)
        if whole is None:
            assert own is None
        elif field.name == "memory":
            assert torch.equal(own, whole[[3, 1]])
        else:
            assert torch.equal(own, whole[:, [3, 1]])


def test_means_are_over_active_steps():
    seen = random_experience(times=6, envs=4, agents=3, seed=3)
    values = torch.rand(6, 4, 3, generator=torch.Generator().manual_seed(0))
    for agent in range(3):
        own = values[..., agent][seen.active[..., agent]]
        assert seen.mean(values)[agent] == pytest.approx(float(own.mean()))


def test_a_team_earns_together_until_the_last_one_is_done():
    """By hand: two agents, the first one done after the first of three steps."""
    seen = random_experience(times=3, envs=1, agents=2, seed=0)
    seen = dataclasses.replace(
        seen,
        rewards=torch.tensor([[5.0, -1.0], [0.0, -1.0], [0.0, 5.0]])[:, None],
        terminated=torch.tensor([[True, False], [True, False], [True, True]])[:, None],
        ended=torch.tensor([False, False, True])[:, None],
    )
    team = as_team(seen)
    assert team.rewards.squeeze().tolist() == [[4.0, 4.0], [-1.0, -1.0], [5.0, 5.0]]
    assert team.terminated.squeeze().tolist() == [[False] * 2, [False] * 2, [True] * 2]
    assert team.active.all()
    zero = torch.zeros(3, 1, 2)
    returns = advantages(team, zero, zero, gamma=1.0, lam=1.0).squeeze()
    assert returns.tolist() == [[8.0, 8.0], [4.0, 4.0], [5.0, 5.0]]  # of both agents alike
    alone = advantages(seen, zero, zero, gamma=1.0, lam=1.0).squeeze()
    assert alone[0].tolist() == [5.0, 3.0]
