"""Adam over stacks against one Adam for each network."""

import pytest

torch = pytest.importorskip("torch")

from gametools.agents.optimiser import StackedAdam  # noqa: E402

NETWORKS = 3


def parameters(seed=0):
    generator = torch.Generator().manual_seed(seed)
    shapes = [(NETWORKS, 4, 2), (NETWORKS, 1, 2)]
    return [torch.nn.Parameter(torch.randn(shape, generator=generator)) for shape in shapes]


def loss_of(weights, k, time):
    return sum(((time + 1 + k) * w.sin()).sum() for w in weights)


def apart(own, steps, max_norm=None, stop_after=(99,) * NETWORKS):
    result = []
    for k in range(NETWORKS):
        mine = [torch.nn.Parameter(p[k].detach().clone()) for p in own]
        adam = torch.optim.Adam(mine, lr=0.1, eps=1e-5)
        for time in range(min(steps, stop_after[k])):
            adam.zero_grad()
            loss_of(mine, k, time).backward()
            if max_norm is not None:  # the two parameters are groups of their own
                for parameter in mine:
                    torch.nn.utils.clip_grad_norm_([parameter], max_norm)
            adam.step()
        result.append(mine)
    return result


def assert_equal_to(stacked, separate):
    for k, mine in enumerate(separate):
        for whole, own in zip(stacked, mine, strict=True):
            torch.testing.assert_close(whole[k], own)


@pytest.mark.parametrize("max_norm", [None, 0.5])
def test_networks_learn_as_they_would_alone(max_norm):
    own = parameters()
    expected = apart(own, 5, max_norm)
    adam = StackedAdam(own[:1], own[1:], lr=0.1, max_norm=max_norm)
    for time in range(5):
        adam.step(sum(loss_of([p[k] for p in own], k, time) for k in range(NETWORKS)))
    assert_equal_to(own, expected)


@pytest.mark.parametrize("stop_after", [(99, 2, 4), (0, 99, 99)])
def test_a_stopped_network_stays_and_the_others_go_on(stop_after):
    own = parameters()
    expected = apart(own, 5, stop_after=stop_after)
    adam = StackedAdam(own, lr=0.1)
    for time in range(5):
        learning = torch.tensor([time < stop for stop in stop_after])
        adam.step(sum(loss_of([p[k] for p in own], k, time) for k in range(NETWORKS)), learning)
    assert_equal_to(own, expected)


def test_a_restored_optimiser_goes_on_as_if_nothing_had_happened():
    first, second = parameters(), parameters()
    one, two = StackedAdam(first, lr=0.1), StackedAdam(second, lr=0.1)
    for time in range(3):
        one.step(loss_of(first, 0, time))
        two.step(loss_of(second, 0, time))
    again = StackedAdam(second, lr=0.1)
    again.load_state_dict(two.state_dict())
    one.step(loss_of(first, 0, 9))
    again.step(loss_of(second, 0, 9))
    for a, b in zip(first, second, strict=True):
        assert torch.equal(a, b)


def test_networks_may_stop_before_a_parameter_has_had_a_gradient():
    used, unused = parameters()
    adam = StackedAdam([used], [unused], lr=0.1)
    before = unused.detach().clone()
    adam.step(used.sin().sum(), torch.tensor([True, False, True]))
    assert torch.equal(unused, before)


def test_a_loaded_state_is_a_copy():
    first, second = parameters(), parameters()
    one, two = StackedAdam(first, lr=0.1), StackedAdam(second, lr=0.1)
    one.step(loss_of(first, 0, 0))
    two.load_state_dict(one.state_dict())
    kept = [
        tensor.clone() for state in two.state_dict()["state"].values() for tensor in state.values()
    ]
    one.step(loss_of(first, 0, 5))
    now = [tensor for state in two.state_dict()["state"].values() for tensor in state.values()]
    for before, after in zip(kept, now, strict=True):
        assert torch.equal(before, after)
