"""Recurrent learners of values: target networks remember by themselves, as torch's cell does."""

import dataclasses

import pytest

torch = pytest.importorskip("torch")

from value_cases import (  # noqa: E402
    SPEC,
    TINY,
    best_action,
    eventful,
    jolted,
    permitted,
    weights_of,
)

from gametools.agents import VDN, QConfig  # noqa: E402

NETWORK = dataclasses.replace(TINY, recurrent=4)


class Agent:
    """One agent's network, time after time: a layer, torch's gated unit, a head."""

    def __init__(self, network, agent, memory):
        weights = weights_of(network, learn=False)
        self.own = {name: tensor[agent] for name, tensor in weights.items()}
        self.memory = memory
        self.cell = torch.nn.GRUCell(6, 4)
        for ours, theirs in (("gates_in", "ih"), ("gates_memory", "hh")):
            getattr(self.cell, f"weight_{theirs}").data = self.own[f"{ours}.weight"].T
            getattr(self.cell, f"bias_{theirs}").data = self.own[f"{ours}.bias"][0]

    def after(self, observation):
        """Values of an observation that comes next, and the memory that it would leave."""
        own = self.own
        hidden = torch.tanh(observation @ own["layers.0.weight"] + own["layers.0.bias"][0])
        memory = self.cell(hidden, self.memory)
        return memory @ own["head.weight"] + own["head.bias"][0], memory

    def see(self, observation, starts):
        """Values of an observation, which is remembered."""
        if starts:
            self.memory = torch.zeros(4)
        values, self.memory = self.after(observation)
        return values


@pytest.mark.parametrize("double", [True, False])
@torch.no_grad()
def test_learned_and_target_networks_each_go_on_from_their_own_memory(double):
    config = QConfig(
        network=NETWORK, double=double, buffer_steps=7, batch=1, num_envs=1, steps_per_update=7
    )
    learner, seen = jolted(VDN(SPEC, config, 0)), eventful(memory=4)
    seen.starts[0] = False  # what was remembered when the stretch began counts
    found = learner.estimates(seen)
    for i in range(2):
        learned, target = (
            Agent(model["agents"].network, i, seen.memory[0, i])
            for model in (learner.model, learner.target)
        )
        for t in range(7):
            now, later = seen.observations[t, 0, i], seen.next_observations[t, 0, i]
            values = learned.see(now, bool(seen.starts[t, 0]))
            target.see(now, bool(seen.starts[t, 0]))
            torch.testing.assert_close(found.values[t, 0, i], values)
            following, _ = target.after(later)
            chooser = learned.after(later)[0] if double else following
            action = best_action(chooser, permitted(seen.next_masks, t, i))
            assert found.next_actions[t, 0, i] == action
            if not seen.terminated[t, 0, i]:
                torch.testing.assert_close(found.next_values[t, 0, i], following[action])
