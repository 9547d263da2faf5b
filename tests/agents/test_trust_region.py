"""The trust-region step against dense matrices, and what it promises."""

import dataclasses

import pytest

torch = pytest.importorskip("torch")

from agent_cases import random_experience, small_spec  # noqa: E402

from gametools.agents import ILPPO, ILPPOConfig, NetworkConfig  # noqa: E402
from gametools.agents.ppo import policy_targets  # noqa: E402
from gametools.agents.trust_region import TRPOStep, trpo_step  # noqa: E402


def prepared(sharing="none", seed=0, agents=2):
    network = NetworkConfig(hidden=(4,), activation="tanh", output_gain=1.0, sharing=sharing)
    config = ILPPOConfig(network=network, num_envs=3, steps_per_update=24)
    learner = ILPPO(small_spec(agents=agents, actions=3), config, seed=seed)
    seen = random_experience(times=8, envs=3, agents=agents, seed=seed, actions=3)
    with torch.no_grad():
        log_probs = learner.model.distribution(seen).log_prob(seen.actions)
    seen = dataclasses.replace(seen, log_probs=log_probs)
    return (
        learner.model,
        seen,
        policy_targets(learner.model, seen, gamma=0.9, lam=0.9, normalise=True),
    )


def dense_step(model, seen, targets, settings, agent):
    """One agent's full step: Fisher matrix and gradient of its own parameters, by autograd."""
    parameters = list(model.policy.parameters())
    sizes = [p[agent].numel() for p in parameters]
    start = torch.cat([p[agent].detach().flatten() for p in parameters])

    def placed(vector):
        parts = vector.split(sizes)
        return [
            torch.cat([p[:agent].detach(), part.view_as(p[agent])[None], p[agent + 1 :].detach()])
            for p, part in zip(parameters, parts, strict=True)
        ]

    names = [name for name, _ in model.policy.named_parameters()]

    def policy(vector):
        values = dict(zip(names, placed(vector), strict=True))
        found, _ = torch.func.functional_call(
            Distribution(model.policy),
            {f"policy.{name}": value for name, value in values.items()}, (seen,),
        )  # fmt: skip
        return found

    mask = seen.active[..., agent]

    def divergence(vector):
        return policy(vector).divergence_from(targets.old)[..., agent][mask].mean()

    def surrogate(vector):
        new = policy(vector).log_prob(seen.actions)
        ratios = (new - seen.log_probs).exp()[..., agent]
        return (ratios * targets.advantages[..., agent])[mask].mean()

    gradient = torch.func.grad(surrogate)(start)
    fisher = torch.func.jacrev(torch.func.grad(divergence))(start) + settings.damping * torch.eye(
        len(start)
    )
    direction = torch.linalg.solve(fisher, gradient)
    length = (2 * settings.radius / (direction @ fisher @ direction)).sqrt()
    return start, direction * length, surrogate, divergence


class Distribution(torch.nn.Module):
    def __init__(self, policy):
        super().__init__()
        self.policy = policy

    def forward(self, seen):
        return self.policy.distribution(seen.observations, seen.memory, seen.starts, seen.masks)


def test_the_step_is_the_damped_natural_gradient_of_each_agent():
    settings = TRPOStep(radius=1e-4, damping=0.1, iterations=60, accept=0.0)
    model, seen, targets = prepared()
    expected = [dense_step(model, seen, targets, settings, agent) for agent in range(2)]
    trpo_step(model, seen, targets, settings)
    for agent, (start, full, _, _) in enumerate(expected):
        now = torch.cat([p[agent].detach().flatten() for p in model.policy.parameters()])
        moved = now - start
        scale = float(moved @ full / (full @ full))
        torch.testing.assert_close(moved, scale * full, atol=2e-5, rtol=5e-3)
        powers = [0.8**k for k in range(10)]
        assert min(abs(scale - power) for power in powers) < 0.01


@pytest.mark.parametrize("sharing", ["none", "all", (0, 1, 0)], ids=str)
def test_divergence_stays_within_the_radius_and_the_surrogate_grows(sharing):
    for seed in range(5):
        model, seen, targets = prepared(sharing, seed, agents=3)
        with torch.no_grad():
            before = targets.advantages * seen.active
            before = before.sum(dim=(0, 1)) / seen.active.sum(dim=(0, 1))
        report = trpo_step(model, seen, targets, TRPOStep(radius=0.01))
        groups = model.policy.network.groups
        for k in range(model.networks):
            own = [agent for agent in range(3) if groups[agent] == k]
            assert sum(report[f"kl/{a}"] for a in own) / len(own) <= 0.01 + 1e-7
            gain = sum(report[f"surrogate/{a}"] - float(before[a]) for a in own)
            assert gain > 0
            assert all(report[f"accepted/{a}"] for a in own)


def test_nothing_moves_where_nothing_is_to_be_gained():
    model, seen, targets = prepared()
    flat = dataclasses.replace(targets, advantages=torch.zeros_like(targets.advantages))
    before = [p.detach().clone() for p in model.policy.parameters()]
    report = trpo_step(model, seen, flat, TRPOStep())
    for old, new in zip(before, model.policy.parameters(), strict=True):
        assert torch.equal(old, new)
    assert report["kl/0"] == pytest.approx(0, abs=1e-7)
    assert not report["accepted/0"]


def test_critics_stay():
    model, seen, targets = prepared()
    before = [p.detach().clone() for p in model.critic.parameters()]
    trpo_step(model, seen, targets, TRPOStep())
    for old, new in zip(before, model.critic.parameters(), strict=True):
        assert torch.equal(old, new)


@pytest.mark.parametrize("options", [{"radius": 0.0}, {"shrink": 1.5}, {"iterations": 0}], ids=str)
def test_bad_settings_are_named(options):
    with pytest.raises(ValueError, match=f"`{next(iter(options))}`"):
        TRPOStep(**options)
