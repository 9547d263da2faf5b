"""VDN: exact additivity, and one update against its equation, time by time and agent by agent."""

import dataclasses

import pytest

torch = pytest.importorskip("torch")

from value_cases import (  # noqa: E402
    SPEC,
    TINY,
    assert_same_gradients,
    eventful,
    jolted,
    plain_estimates,
    weights_of,
)

from gametools.agents import VDN, QConfig  # noqa: E402
from gametools.agents.vdn import Sum  # noqa: E402

CONFIG = QConfig(
    network=TINY, lr=0.01, gamma=0.9, max_grad_norm=None, buffer_steps=7, warmup_steps=0, batch=3,
    updates=1, target_every=100, scale_rewards=False, num_envs=1, steps_per_update=7,
)  # fmt: skip


def test_the_team_is_the_sum():
    values = torch.randn(4, 3, 5, generator=torch.Generator().manual_seed(0))
    states = torch.zeros(4, 3, 2)
    moved = values.clone()
    moved[..., 2] += 1.5
    assert torch.equal(Sum()(values, states), values.sum(dim=-1))
    torch.testing.assert_close(
        Sum()(moved, states) - Sum()(values, states), torch.full((4, 3), 1.5)
    )


@pytest.mark.parametrize("double", [True, False])
@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_one_update_against_its_equation(seed, masked, double):
    learner = jolted(VDN(SPEC, dataclasses.replace(CONFIG, double=double), seed))
    network = learner.model["agents"].network
    learned = weights_of(network, learn=True)
    target = weights_of(learner.target["agents"].network, learn=False)
    seen = eventful(seed, masked=masked)

    loss = 0.0
    for chosen, _, following, reward, alive in plain_estimates(
        learned, target, seen, double=double
    ):
        goal = reward + 0.9 * alive * (following[0] + following[1])
        loss = loss + (chosen[0] + chosen[1] - goal) ** 2 / 7
    loss.backward()

    report = learner.update(seen)
    assert report["loss"] == pytest.approx(float(loss.detach()), rel=1e-5)
    assert_same_gradients(network, learned)
    for name, parameter in network.named_parameters():  # Adam's first step, bias-corrected
        slope = parameter.grad
        step = 0.01 * slope / (slope.abs() + 1e-8)
        torch.testing.assert_close(parameter.detach(), learned[name].detach() - step)


def test_gradients_are_clipped_together():
    norms = []
    for most in (None, 0.5):
        learner = VDN(SPEC, dataclasses.replace(CONFIG, max_grad_norm=most), 0)
        report = learner.update(eventful())
        slopes = [p.grad for p in learner.model.parameters()]
        norms.append((report["grad_norm"], float(sum(s.square().sum() for s in slopes)) ** 0.5))
    (reported, free), (also, clipped) = norms
    assert reported == pytest.approx(free, rel=1e-5)
    assert also == pytest.approx(free, rel=1e-5)
    assert free > 0.5
    assert clipped == pytest.approx(0.5, rel=1e-4)
