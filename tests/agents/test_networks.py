"""Stacked networks against the same networks one by one."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from gametools.agents.networks import NetworkConfig, StackedNetwork, sharing_groups  # noqa: E402

T, E, N, SIZE, OUT = 5, 4, 3, 6, 2
SHARING = ["none", "all", (0, 1, 0), (4, 4, 4), (2, 0, 1)]


def made(**options):
    config = NetworkConfig(**{"hidden": (8, 7), "output_gain": 1.0} | options)
    return StackedNetwork(SIZE, OUT, N, config, torch.Generator().manual_seed(0))


def inputs(memory_size=0):
    rng = np.random.default_rng(0)
    x = torch.as_tensor(rng.normal(size=(T, E, N, SIZE)), dtype=torch.float32)
    memory = torch.as_tensor(rng.normal(size=(E, N, memory_size)), dtype=torch.float32)
    return x, memory, torch.as_tensor(rng.random((T, E)) < 0.3)


def alone(network, agent, x, memory, starts, activation):
    """One agent's network, one environment and one time after the other."""
    k = network.groups[agent]
    out = torch.zeros(T, E, OUT)
    for env in range(E):
        h = memory[env, agent]
        for t in range(T):
            row = x[t, env, agent]
            if network.agent_id:
                row = torch.cat([row, torch.eye(N)[agent]])
            for layer in network.layers:
                row = activation(row @ layer.weight[k] + layer.bias[k, 0])
            if network.memory_size:
                if starts[t, env]:
                    h = torch.zeros_like(h)
                cell = torch.nn.GRUCell(len(row), network.memory_size)
                cell.weight_ih.data, cell.bias_ih.data = (
                    network.gates_in.weight[k].T, network.gates_in.bias[k, 0],
                )  # fmt: skip
                cell.weight_hh.data, cell.bias_hh.data = (
                    network.gates_memory.weight[k].T, network.gates_memory.bias[k, 0],
                )  # fmt: skip
                row = h = cell(row[None], h[None])[0]
            out[t, env] = row @ network.head.weight[k] + network.head.bias[k, 0]
    return out


@pytest.mark.parametrize("sharing", SHARING, ids=str)
@pytest.mark.parametrize("agent_id", [False, True])
@pytest.mark.parametrize("recurrent", [0, 4])
def test_stacked_equals_one_by_one(sharing, agent_id, recurrent):
    network = made(sharing=sharing, agent_id=agent_id, recurrent=recurrent)
    x, memory, starts = inputs(recurrent)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 0.1 * torch.randn(
                parameter.shape, generator=torch.Generator().manual_seed(1)
            )
        together, memories = network(x, memory, starts)
        assert together.shape == (T, E, N, OUT)
        assert memories.shape == (T, E, N, recurrent)
        for agent in range(N):
            expected = alone(network, agent, x, memory, starts, torch.nn.functional.leaky_relu)
            torch.testing.assert_close(together[:, :, agent], expected, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("recurrent", [0, 4])
def test_a_step_goes_on_from_each_memory(recurrent):
    network = made(recurrent=recurrent)
    x, memory, _ = inputs(recurrent)
    never = torch.zeros(T, E, dtype=torch.bool)
    with torch.no_grad():
        values, memories = network(x, memory, never)
        stepped = network.step(x[1:], memories[:-1])
    torch.testing.assert_close(stepped, values[1:], atol=1e-6, rtol=1e-5)


def test_agents_of_one_group_share_and_others_do_not():
    network = made(sharing=(0, 1, 0))
    x, memory, starts = inputs()
    x[:, :, 2] = x[:, :, 1] = x[:, :, 0]
    with torch.no_grad():
        out, _ = network(x, memory, starts)
    torch.testing.assert_close(out[:, :, 0], out[:, :, 2])
    assert (out[:, :, 0] - out[:, :, 1]).abs().max() > 1e-3
    assert sum(p.numel() for p in network.parameters()) == 2 * sum(
        p.numel() for p in made(sharing="all").parameters()
    )


def test_the_start_is_the_generators_alone():
    torch.manual_seed(3)
    first = made()
    torch.manual_seed(4)
    second = made()
    for one, two in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(one, two)


def test_groups_are_numbered_by_first_use_and_checked():
    assert sharing_groups((5, 2, 5), 3) == (0, 1, 0)
    with pytest.raises(ValueError, match="3 agents"):
        sharing_groups((0, 1), 3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"activation": "gelu"}, "`activation`"),
        ({"sharing": "some"}, "`sharing`"),
        ({"hidden": (0,)}, "`hidden`"),
        ({"output_gain": 0.0}, "`output_gain`"),
    ],
)
def test_bad_settings_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        NetworkConfig(**options)
