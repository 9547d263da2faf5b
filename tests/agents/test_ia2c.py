"""Independent A2C: one update against the textbook gradient, agent by agent in loops."""

import dataclasses

import pytest

torch = pytest.importorskip("torch")

from value_cases import (  # noqa: E402
    SPEC,
    TINY,
    assert_same_gradients,
    eventful,
    plain_values,
    weights_of,
)

from gametools.agents import IA2C, IA2CConfig  # noqa: E402

CONFIG = IA2CConfig(
    network=TINY, lr=0.01, gamma=0.9, lam=1.0, entropy=0.3, value=0.7, max_grad_norm=None,
    scale_values=False, num_envs=1, steps_per_update=7,
)  # fmt: skip


def logits_of(weights, agent, seen, time):
    raw = plain_values(weights, agent, seen.observations[time, 0, agent])
    allowed = torch.arange(4) < SPEC.action_sizes[agent]
    if seen.masks is not None:
        allowed = allowed & seen.masks[time, 0, agent]
    return torch.log_softmax(raw[allowed], dim=0), allowed.nonzero()[:, 0].tolist()


def returns_of(critic, agent, seen, scale=(0.0, 1.0)):
    """Sums of discounted rewards to the end of the episode, or to what a value stands for."""
    with torch.no_grad():
        later, found = None, []
        for t in reversed(range(len(seen.ended))):
            cut = bool(seen.ended[t, 0]) or later is None
            if bool(seen.terminated[t, 0, agent]):
                after = 0.0
            elif cut:
                value = plain_values(critic, agent, seen.next_observations[t, 0, agent])[0]
                after = value * scale[1] + scale[0]
            else:
                after = later
            later = seen.rewards[t, 0, agent] + 0.9 * after
            found.append(later)
    return found[::-1]


def times_of(agent, seen):
    return [t for t in range(len(seen.ended)) if bool(seen.active[t, 0, agent])]


def agents_loss(policy, critic, agent, seen, scale=(0.0, 1.0), learned=(0.0, 1.0)):
    """The loss of an agent whose values have a mean and deviation, and learn returns by others."""
    times = times_of(agent, seen)
    returns, loss = returns_of(critic, agent, seen, scale), 0.0
    for t in times:
        value = plain_values(critic, agent, seen.observations[t, 0, agent])[0]
        logits, actions = logits_of(policy, agent, seen, t)
        gained = returns[t] - (value.detach() * scale[1] + scale[0])
        log_prob = logits[actions.index(int(seen.actions[t, 0, agent]))]
        entropy = -(logits.exp() * logits).sum()
        error = (value - (returns[t] - learned[0]) / learned[1]) ** 2
        loss = loss + (-log_prob * gained + 0.7 * 0.5 * error - 0.3 * entropy) / len(times)
    return loss


def coherent(seen):
    """The same stretch, each step beginning where the last one led; all actions taken allowed."""
    after = torch.cat([seen.observations[1:], seen.next_observations[-1:]])
    after = torch.where(seen.ended[..., None, None], seen.next_observations, after)
    taken = torch.nn.functional.one_hot(seen.actions, 4).bool()
    masks = None if seen.masks is None else seen.masks | taken
    return dataclasses.replace(seen, masks=masks, next_observations=after)


@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_one_update_against_its_equations(seed, masked):
    learner = IA2C(SPEC, CONFIG, seed)
    nets = learner.model.policy.network, learner.model.critic
    policy, critic = (weights_of(net, learn=True) for net in nets)
    seen = coherent(eventful(seed, masked=masked))
    (agents_loss(policy, critic, 0, seen) + agents_loss(policy, critic, 1, seen)).backward()
    learner.update(seen)
    for network, weights in zip(nets, (policy, critic), strict=True):
        assert_same_gradients(network, weights)
        for name, parameter in network.named_parameters():  # Adam's first step, epsilon 1e-5
            step = 0.01 * parameter.grad / (parameter.grad.abs() + 1e-5)
            torch.testing.assert_close(parameter.detach(), weights[name].detach() - step)


def test_shared_networks_descend_the_average():
    shared = dataclasses.replace(CONFIG, network=dataclasses.replace(TINY, sharing="all"))
    learner = IA2C(SPEC, shared, 0)
    nets = learner.model.policy.network, learner.model.critic
    policy, critic = (weights_of(net, learn=True) for net in nets)
    doubled = [{k: w.expand(2, *w.shape[1:]) for k, w in own.items()} for own in (policy, critic)]
    seen = coherent(eventful(masked=False))
    (sum(agents_loss(*doubled, agent, seen) for agent in range(2)) / 2).backward()
    learner.update(seen)
    assert_same_gradients(nets[0], policy)
    assert_same_gradients(nets[1], critic)


def test_values_on_one_scale_against_the_same_equations():
    """Half of all returns came before and half are new: values go by the former's moments."""
    learner = IA2C(SPEC, dataclasses.replace(CONFIG, scale_values=True), 0)
    nets = learner.model.policy.network, learner.model.critic
    policy, critic = (weights_of(net, learn=True) for net in nets)
    seen = coherent(eventful())
    earlier = 2.0 + 3.0 * torch.randn(7, 1, 2, generator=torch.Generator().manual_seed(1))
    learner.model.scale.observe(earlier, seen.active)
    for agent in range(2):
        times = times_of(agent, seen)
        before = earlier[times, 0, agent]
        scale = before.mean(), before.std(correction=0)
        returns = torch.stack(returns_of(critic, agent, seen, scale))[times]
        everything = torch.cat([before, returns])
        learned = everything.mean(), everything.std(correction=0)
        agents_loss(policy, critic, agent, seen, scale, learned).backward()
    learner.update(seen)
    for network, weights in zip(nets, (policy, critic), strict=True):
        for name, parameter in network.named_parameters():
            # Moments are kept in single precision.
            torch.testing.assert_close(parameter.grad, weights[name].grad, rtol=1e-3, atol=1e-3)


def test_bad_input():
    with pytest.raises(ValueError, match="multiple of `num_envs`, 10; got 55"):
        IA2CConfig(steps_per_update=55)
    with pytest.raises(ValueError, match="`lam` must be at most 1; got 2"):
        IA2CConfig(lam=2)
