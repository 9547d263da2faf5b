"""Experience and small models for the tests of deep learners."""

import dataclasses

import numpy as np
import torch

from gametools.agents.experience import Experience, advantages
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


def collected_by(learner, seed=0, **options):
    """Experience whose log-probabilities are the learner's own."""
    agents = learner.spec.num_agents
    seen = random_experience(times=8, envs=3, agents=agents, seed=seed, **options)
    with torch.no_grad():
        log_probs = learner.model.distribution(seen).log_prob(seen.actions)
    return dataclasses.replace(seen, log_probs=log_probs)


class Alone:
    """One agent of a learner as plain matrices, one hidden layer of tanh, and an Adam of its own.

    Nothing of the learner's updates is used, so that it can stand against them.
    """

    def __init__(self, learner, agent):
        def own(network):
            layers = [*network.layers, network.head]
            return [
                torch.nn.Parameter(tensor[agent].detach().clone())
                for layer in layers
                for tensor in (layer.weight, layer.bias)
            ]

        model = learner.model
        self.agent, self.config = agent, learner.config
        self.policy, self.critic = own(model.policy.network), own(model.critic)
        self.adam = torch.optim.Adam([*self.policy, *self.critic], lr=self.config.lr, eps=1e-5)

    @staticmethod
    def run(weights, x):
        (w1, b1, w2, b2) = weights
        return torch.tanh(x @ w1 + b1) @ w2 + b2

    def logits(self, seen):
        return torch.log_softmax(self.run(self.policy, seen.observations[:, :, self.agent]), dim=-1)

    def log_prob(self, seen):
        return self.logits(seen).gather(-1, seen.actions[..., self.agent, None])[..., 0]

    def value(self, x):
        return self.run(self.critic, x[:, :, self.agent])[..., 0]

    @torch.no_grad()
    def targets(self, seen):
        """Advantages, returns, values and logits before the update."""
        i, config = self.agent, self.config
        values, after = self.value(seen.observations), self.value(seen.next_observations)
        single = {name: getattr(seen, name)[..., i : i + 1] for name in ("rewards", "terminated")}
        gained = advantages(
            dataclasses.replace(seen, **single), values[..., None], after[..., None],
            gamma=config.gamma, lam=config.lam,
        )[..., 0]  # fmt: skip
        returns = gained + values
        if config.normalise_advantages:
            mine = gained[seen.active[..., i]]
            gained = (gained - mine.mean()) / (mine.var(correction=0).sqrt() + 1e-8)
        return gained, returns, values, self.logits(seen)

    def update(self, seen, step, targets, weights=1.0):
        """Schulman et al. (2017), equation 9, written out for one agent."""
        mask = seen.active[..., self.agent]
        gained, returns, old_values, old_logits = targets
        gained = gained * weights
        for _ in range(step.epochs):
            logits, values = self.logits(seen), self.value(seen.observations)
            ratio = (self.log_prob(seen) - seen.log_probs[..., self.agent]).exp()
            surrogate = torch.minimum(
                ratio * gained, ratio.clamp(1 - step.clip, 1 + step.clip) * gained
            )
            near = old_values + (values - old_values).clamp(-step.value_clip, step.value_clip)
            errors = torch.maximum((values - returns) ** 2, (near - returns) ** 2)
            entropy = -(logits.exp() * logits).sum(-1)
            kl = (old_logits.exp() * (old_logits - logits)).sum(-1)
            loss = (
                -step.policy * surrogate + step.value * errors / 2
                - step.entropy * entropy + step.kl * kl
            )[mask].mean()  # fmt: skip
            self.adam.zero_grad()
            loss.backward()
            for part in (self.policy, self.critic):
                torch.nn.utils.clip_grad_norm_(part, self.config.max_grad_norm)
            self.adam.step()
