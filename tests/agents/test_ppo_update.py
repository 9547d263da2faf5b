"""One update of independent PPO in loops: masks, unequal actions, continuous ones, sharing, parts.

Schulman et al. (2017), equations 8 and 9, a time, an environment and an agent at a time;
distributions are torch's own.
"""

import copy
import dataclasses
import itertools

import pytest

torch = pytest.importorskip("torch")

from agent_cases import random_experience  # noqa: E402
from torch.distributions import Categorical, Normal, kl_divergence  # noqa: E402
from value_cases import (  # noqa: E402
    SPEC,
    TINY,
    assert_same_gradients,
    permitted,
    plain_values,
    weights_of,
)

from gametools.agents import ILPPO, ILPPOConfig, PPOStep  # noqa: E402
from gametools.agents.experience import Experience  # noqa: E402

TIMES, ENVS = 5, 3
STEP = PPOStep(epochs=2, clip=0.1, value_clip=0.2, entropy=0.05, kl=0.3, value=0.7, policy=1.5)
CONFIG = ILPPOConfig(
    network=TINY, step=STEP, lr=0.01, gamma=0.9, lam=0.8, max_grad_norm=0.3,
    num_envs=ENVS, steps_per_update=TIMES * ENVS,
)  # fmt: skip
MOVING = dataclasses.replace(
    SPEC, action_sizes=(2, 1), continuous=True,
    low=((-1.0, -1.0), (-1.0,)), high=((1.0, 1.0), (1.0,)),
)  # fmt: skip


class Plain:
    """The learner's weights, and what follows from them for one agent at one place."""

    def __init__(self, learner):
        model = learner.model
        self.config, self.spec, self.networks = learner.config, learner.spec, model.networks
        self.network_of = (0, 0) if self.networks == 1 else (0, 1)
        self.policy = weights_of(model.policy.network, learn=True)
        if self.spec.continuous:
            self.log_std = model.policy.log_std.detach().clone().requires_grad_()
        self.critic = weights_of(model.critic, learn=True)
        self.parts = ([*self.policy.values()], [*self.critic.values()])
        if self.spec.continuous:
            self.parts[0].append(self.log_std)
        self.adam = torch.optim.Adam(itertools.chain(*self.parts), lr=self.config.lr, eps=1e-5)

    def acting(self, seen, t, e, i):
        """The distribution, and the action taken as it counts them."""
        output = plain_values(self.policy, self.network_of[i], seen.observations[t, e, i])
        size = self.spec.action_sizes[i]
        if self.spec.continuous:
            spread = self.log_std[self.network_of[i], :size].exp()
            return Normal(output[:size], spread), seen.actions[t, e, i, :size]
        allowed = permitted(seen.masks, t, i, e)
        taken = allowed.index(int(seen.actions[t, e, i]))
        return Categorical(logits=output[allowed]), torch.tensor(taken)

    def log_prob(self, seen, *place):
        distribution, action = self.acting(seen, *place)
        return distribution.log_prob(action).sum()

    def value(self, observation, i):
        return plain_values(self.critic, self.network_of[i], observation)[0]

    @torch.no_grad()
    def targets(self, seen):
        """At every place of an active agent: advantage, return, old value, old distribution."""
        found = {}
        for e, i in itertools.product(range(ENVS), range(2)):
            gained = 0.0
            for t in reversed(range(TIMES)):
                over = bool(seen.terminated[t, e, i])
                if over or bool(seen.ended[t, e]):
                    gained = 0.0
                after = 0.0 if over else self.value(seen.next_observations[t, e, i], i)
                now = self.value(seen.observations[t, e, i], i)
                error = seen.rewards[t, e, i] + self.config.gamma * after - now
                gained = error + self.config.gamma * self.config.lam * gained
                if bool(seen.active[t, e, i]):
                    found[t, e, i] = gained, gained + now, now, self.acting(seen, t, e, i)[0]
        for i in range(2):
            mine = torch.stack([aim[0] for place, aim in found.items() if place[2] == i])
            for place in [place for place in found if place[2] == i]:
                gained, *others = found[place]
                found[place] = (gained - mine.mean()) / mine.std(correction=0), *others
        return found

    def loss(self, seen, place, aim):
        step = self.config.step
        gained, goal, old_value, old = aim
        distribution, action = self.acting(seen, *place)
        ratio = (distribution.log_prob(action).sum() - seen.log_probs[place]).exp()
        clipped = min(max(ratio, 1 - step.clip), 1 + step.clip)
        value = self.value(seen.observations[place], place[2])
        near = old_value + min(max(value - old_value, -step.value_clip), step.value_clip)
        error = max((value - goal) ** 2, (near - goal) ** 2)
        return (
            -step.policy * min(ratio * gained, clipped * gained)
            - step.entropy * distribution.entropy().sum()
            + step.kl * kl_divergence(old, distribution).sum()
            + step.value * 0.5 * error
        )

    def descend(self, seen, envs, targets):
        """Each agent's mean over its places in these environments; of sharers, the average."""
        total = 0.0
        for i in range(2):
            places = [place for place in targets if place[2] == i and place[1] in envs]
            losses = [self.loss(seen, place, targets[place]) for place in places]
            total = total + sum(losses) / len(places) / (2 if self.networks == 1 else 1)
        self.adam.zero_grad()
        total.backward()
        for part, network in itertools.product(self.parts, range(self.networks)):
            norm = sum(float(weight.grad[network].square().sum()) for weight in part) ** 0.5
            for weight in part:
                weight.grad[network] *= min(1.0, (self.config.max_grad_norm or norm) / norm)
        self.adam.step()


def stretch(learner, *, masked=False):
    """Experience of policies near the learner's, so that some ratios leave the clip."""
    width = 2 if learner.spec.continuous else 0
    seen = random_experience(times=TIMES, envs=ENVS, agents=2, seed=3, actions=3, continuous=width)
    generator = torch.Generator().manual_seed(4)
    if masked:
        taken = torch.nn.functional.one_hot(seen.actions, 4).bool()
        allowed = taken | (torch.rand(taken.shape, generator=generator) < 0.5)
        seen = dataclasses.replace(seen, masks=allowed, next_masks=allowed)
    log_probs, plain = torch.empty(TIMES, ENVS, 2), Plain(learner)
    for place in itertools.product(range(TIMES), range(ENVS), range(2)):
        log_probs[place] = plain.log_prob(seen, *place).detach()
    noise = 0.15 * torch.randn(log_probs.shape, generator=generator)
    return dataclasses.replace(seen, log_probs=log_probs + noise)


def dealt_to_minibatches(monkeypatch):
    """Keep a list of the environments that each minibatch holds."""
    dealt, pick = [], Experience.environments

    def environments(experience, index):
        dealt.append(index.tolist())
        return pick(experience, index)

    monkeypatch.setattr(Experience, "environments", environments)
    return dealt


@pytest.mark.parametrize(
    ("spec", "changes", "masked"),
    [
        (SPEC, {}, False),
        (SPEC, {}, True),
        (MOVING, {}, False),
        (SPEC, {"network": dataclasses.replace(TINY, sharing="all"), "max_grad_norm": None}, True),
        (SPEC, {"step": dataclasses.replace(STEP, minibatches=2)}, True),
    ],
    ids=["unequal actions", "masks", "continuous", "sharing", "minibatches"],
)
def test_one_update_against_its_equations(spec, changes, masked, monkeypatch):
    learner = ILPPO(spec, dataclasses.replace(CONFIG, **changes), seed=0)
    if spec.continuous:
        learner.model.policy.log_std.data += torch.tensor([[0.3, -0.2], [-0.4, 0.0]])
    seen, plain = stretch(learner, masked=masked), Plain(learner)
    dealt = dealt_to_minibatches(monkeypatch)
    report = learner.update(seen)
    targets = plain.targets(seen)
    for envs in dealt or [range(ENVS)] * STEP.epochs:
        plain.descend(seen, envs, targets)
    model = learner.model
    assert 0 < report["clipped/0"] < 1
    for network, weights in ((model.policy.network, plain.policy), (model.critic, plain.critic)):
        assert_same_gradients(network, weights)
        for name, found in network.named_parameters():
            torch.testing.assert_close(found, weights[name], atol=1e-5, rtol=1e-4)
    if spec.continuous:
        torch.testing.assert_close(model.policy.log_std, plain.log_std, atol=1e-5, rtol=1e-4)


def test_policies_stay_in_an_update_of_values_alone():
    """Even though the optimiser has momentum from an update before."""
    learner = ILPPO(SPEC, CONFIG, seed=0)
    seen = stretch(learner)
    learner.update(seen)
    parts = {True: learner.model.policy, False: learner.model.critic}  # which are to stay
    before = {stays: copy.deepcopy(part.state_dict()) for stays, part in parts.items()}
    alone = dataclasses.replace(STEP, policy=0.0, entropy=0.0, kl=0.0)
    learner.config = dataclasses.replace(CONFIG, step=alone)
    learner.update(seen)
    for stays, part in parts.items():
        now = part.state_dict()
        assert all(torch.equal(before[stays][name], now[name]) for name in now) == stays
    with pytest.raises(ValueError, match="must be positive; all are 0"):
        dataclasses.replace(alone, value=0.0)


def test_every_pass_sees_every_environment_once_in_an_order_of_its_own(monkeypatch):
    step = dataclasses.replace(STEP, epochs=6, minibatches=2)
    learner = ILPPO(SPEC, dataclasses.replace(CONFIG, step=step), seed=0)
    seen = stretch(learner)
    dealt = dealt_to_minibatches(monkeypatch)
    learner.update(seen)
    passes = [first + second for first, second in zip(dealt[::2], dealt[1::2], strict=True)]
    assert [sorted(envs) for envs in passes] == [[0, 1, 2]] * 6
    assert len(set(map(tuple, passes))) > 1
