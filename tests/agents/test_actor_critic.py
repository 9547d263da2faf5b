"""Values on one scale, whoever took part."""

import pytest

torch = pytest.importorskip("torch")

from gametools.agents.actor_critic import ValueScale  # noqa: E402


def test_the_scale_is_that_of_the_returns_seen():
    scale = ValueScale(1, decay=0.5)
    returns = torch.tensor([1.0, 3.0])[:, None, None]
    scale.observe(returns, torch.ones(2, 1, 1, dtype=torch.bool))
    assert scale.restored(torch.zeros(1)).item() == pytest.approx(2.0)
    assert scale.scaled(torch.tensor([3.0])).item() == pytest.approx(1.0)  # deviation 1


def test_stretches_without_an_agent_say_nothing_of_it():
    scale = ValueScale(2, decay=0.5)
    tens, both = torch.full((1, 4, 2), 10.0), torch.ones(1, 4, 2, dtype=torch.bool)
    scale.observe(tens, both)
    alone = both.clone()
    alone[..., 0] = False
    for _ in range(3):
        scale.observe(tens, alone)
    assert scale.restored(torch.zeros(2)).tolist() == pytest.approx([10.0, 10.0])
