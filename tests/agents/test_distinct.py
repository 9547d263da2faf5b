"""Different rows: nothing is lost by seeing equal ones once, in values or in gradients."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

pytest.importorskip("torch")

import torch

from gametools.agents import make_learner, spec_of
from gametools.agents.collector import Collector
from gametools.agents.distinct import WORTHWHILE, distinct
from gametools.envs import parse_env


@given(arrays(np.float32, (6, 4, 3, 2), elements=st.sampled_from([0.0, 1.0, 2.5, -1.0])))
@settings(max_examples=50, deadline=None)
def test_rows_spread_are_the_rows(x):
    found = distinct(torch.as_tensor(x))
    different = [len(np.unique(x[:, :, agent].reshape(-1, 2), axis=0)) for agent in range(3)]
    if max(different) > WORTHWHILE * 24:
        assert found is None
        return
    assert found.rows.shape[1] == max(different)
    assert (found.spread(found.rows).numpy() == x).all()


def test_nothing_is_gained_where_all_differ():
    assert distinct(torch.arange(24.0).view(6, 4, 1, 1)) is None
    assert distinct(torch.zeros(6, 4, 1, 0)) is None


@pytest.mark.parametrize("sharing", ["none", "all", "(0, 0, 1, 1)"])
def test_outputs_and_gradients_are_those_of_all_rows(sharing):
    env = parse_env("switch:num_agents=4", num_envs=5)
    learner = make_learner(
        "il-ppo", spec_of(env), seed=0, changes=(f"network.sharing={sharing}",
                                                 "network.agent_id=True"),
    )  # fmt: skip
    collector = Collector(env, np.random.default_rng(0), learner.initial_memory(5))
    seen = collector.collect(learner.explore, 40)
    network = learner.model.policy.network.double()  # so that the order of sums does not show
    x, memory = seen.observations.double(), seen.memory.double()
    few = distinct(x)
    assert few.rows.shape[1] < 25
    found, gradients = [], []
    for rows in (None, few):
        output, _ = network.over(x, memory, seen.starts, rows)
        weights = torch.linspace(-1, 1, output.numel(), dtype=output.dtype).view_as(output)
        found.append(output)
        gradients.append(
            torch.autograd.grad((output.sin() * weights).sum(), list(network.parameters()))
        )
    torch.testing.assert_close(found[0], found[1], rtol=0, atol=1e-12)
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-11)


def test_recurrent_networks_see_every_row():
    env = parse_env("switch", num_envs=3)
    learner = make_learner("il-ppo", spec_of(env), seed=0, changes=("network.recurrent=8",))
    collector = Collector(env, np.random.default_rng(0), learner.initial_memory(3))
    seen = collector.collect(learner.explore, 20)
    assert seen.distinct is not None
    # An agent with a memory may act in two ways where it sees the same thing twice.
    logits = learner.model.distribution(seen).logits[:, 0, 0]
    places = seen.distinct.places[:, 0, 0]
    place = places.bincount().argmax()
    assert logits[places == place].std(dim=0).max() > 1e-6
