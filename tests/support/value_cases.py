"""A stretch in which everything happens, and learners of values written out in loops."""

import dataclasses

import torch
from agent_cases import random_experience

from gametools.agents.experience import Experience
from gametools.agents.networks import NetworkConfig
from gametools.agents.spec import Spec

TINY = NetworkConfig(hidden=(6,), activation="tanh", output_gain=1.0)
SPEC = Spec(num_agents=2, observation_size=5, action_sizes=(4, 3), state_size=7)


def eventful(seed=0, *, masked=True, envs=1, memory=0):
    """Seven times: agent 0 leaves early, all leave, a time limit; masks and unequal actions."""
    seen = random_experience(times=7, envs=envs, agents=2, seed=seed, actions=3, memory=memory)
    terminated = torch.zeros(7, envs, 2, dtype=torch.bool)
    terminated[1:4, :, 0] = terminated[3, :, 1] = True
    ended = torch.zeros(7, envs, dtype=torch.bool)
    ended[3] = ended[5] = True
    starts = torch.zeros_like(ended)
    starts[0] = starts[4] = starts[6] = True
    active = torch.ones_like(terminated)
    active[2:4, :, 0] = False
    masks = next_masks = None
    if masked:
        generator = torch.Generator().manual_seed(seed)
        shape = (7, envs, 2, 4)
        masks, next_masks = (torch.rand(shape, generator=generator) < 0.5 for _ in "ab")
        masks[..., 0] = next_masks[..., 0] = True
    return dataclasses.replace(
        seen, terminated=terminated, ended=ended, starts=starts, active=active, masks=masks,
        next_masks=next_masks,
    )  # fmt: skip


def permitted(masks, time, agent, env=0):
    """The actions that an agent has and may take."""
    own = range(SPEC.action_sizes[agent])
    return [a for a in own if masks is None or bool(masks[time, env, agent, a])]


def plain_values(weights, agent, observation):
    """An agent's action values, from its own slice of the stacked weights."""
    hidden = torch.tanh(
        observation @ weights["layers.0.weight"][agent] + weights["layers.0.bias"][agent, 0]
    )
    return hidden @ weights["head.weight"][agent] + weights["head.bias"][agent, 0]


def best_action(values, actions):
    return max(actions, key=lambda a: float(values[a].detach()))


def plain_estimates(learned, target, seen: Experience, *, double=True):
    """For every time: chosen values, next actions, their target values, reward, whether alive."""
    rows = []
    for t in range(len(seen.ended)):
        chosen, actions, following = [], [], []
        for i in range(2):
            now = plain_values(learned, i, seen.observations[t, 0, i])
            chosen.append(now[seen.actions[t, 0, i]] * float(seen.active[t, 0, i]))
            after = seen.next_observations[t, 0, i]
            theirs = plain_values(target, i, after)
            chooser = plain_values(learned, i, after) if double else theirs
            action = best_action(chooser, permitted(seen.next_masks, t, i))
            actions.append(action)
            over = bool(seen.terminated[t, 0, i])
            following.append(torch.zeros(()) if over else theirs[action].detach())
        alive = not bool(seen.terminated[t, 0, 0] and seen.terminated[t, 0, 1])
        rows.append((chosen, actions, following, seen.rewards[t, 0].sum(), float(alive)))
    return rows


def weights_of(module, *, learn):
    """Independent copies of a module's parameters, by name."""
    return {
        name: tensor.detach().clone().requires_grad_(learn)
        for name, tensor in module.named_parameters()
    }


def jolted(learner, seed=5):
    """The learner with target networks that differ from the learned ones."""
    generator = torch.Generator().manual_seed(seed)
    state = learner.state_dict()
    state["target"] = {
        name: tensor + 0.3 * torch.randn(tensor.shape, generator=generator)
        if tensor.is_floating_point()
        else tensor
        for name, tensor in state["target"].items()
    }
    learner.load_state_dict(state)
    return learner


def assert_same_gradients(module, weights):
    """Assert that a module's gradients are those of independent copies of its parameters."""
    for name, parameter in module.named_parameters():
        expected = weights[name].grad
        torch.testing.assert_close(parameter.grad, expected, rtol=1e-4, atol=1e-6, msg=name)
