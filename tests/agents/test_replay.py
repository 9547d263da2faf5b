"""The ring of stretches: what is kept, what is drawn, and resuming it."""

import dataclasses

import pytest

torch = pytest.importorskip("torch")

from agent_cases import random_experience  # noqa: E402
from value_cases import eventful  # noqa: E402

from gametools.agents.replay import Replay  # noqa: E402


def same(one, two):
    """Whether two experiences are equal, bit for bit."""
    for field in dataclasses.fields(one):
        a, b = getattr(one, field.name), getattr(two, field.name)
        if (a is None) != (b is None) or (a is not None and not torch.equal(a, b)):
            return False
    return True


def numbered(number, envs=2, memory=3):
    """Stretches whose rewards and memories all say which they are."""
    seen = random_experience(times=4, envs=envs, agents=2, seed=number, memory=memory)
    which = 10.0 * number + torch.arange(envs)
    rewards = which[None, :, None].expand(4, -1, 2).clone()
    return dataclasses.replace(
        seen, rewards=rewards, memory=which[:, None, None].expand(-1, 2, memory).clone()
    )


def kept(replay):
    """The numbers of the stretches that can be drawn."""
    drawn = replay.draw(2000, torch.Generator().manual_seed(0))
    assert torch.equal(drawn.rewards[0, :, 0], drawn.memory[:, 0, 0])  # times and memory together
    assert (drawn.rewards == drawn.rewards[:1]).all()
    return set(drawn.rewards[0, :, 0].tolist())


def test_the_oldest_gives_way():
    replay = Replay(capacity=5)
    expected = [{10, 11}, {10, 11, 20, 21}, {11, 20, 21, 30, 31}, {21, 30, 31, 40, 41}]
    for number, there in enumerate(expected, start=1):
        replay.add(numbered(number))
        assert kept(replay) == there
        assert replay.size == min(2 * number, 5)


def test_what_is_drawn_is_what_was_put_in():
    for seen in (numbered(1, envs=3), eventful(envs=3), eventful(envs=3, masked=False)):
        replay = Replay(capacity=3)
        replay.add(seen)
        index = torch.randint(3, (6,), generator=torch.Generator().manual_seed(4))
        drawn = replay.draw(6, torch.Generator().manual_seed(4))
        assert same(drawn, seen.environments(index))


def test_draws_are_uniform():
    replay = Replay(capacity=8)
    for number in range(3):
        replay.add(numbered(number))
    drawn = replay.draw(60_000, torch.Generator().manual_seed(0)).rewards[0, :, 0]
    shares = torch.unique(drawn, return_counts=True)[1] / 60_000
    assert len(shares) == 6
    assert (shares - 1 / 6).abs().max() < 0.008  # 5 standard errors


@pytest.mark.parametrize("fillings", [0, 1, 4])
def test_a_resumed_buffer_goes_on_alike(fillings):
    one, two = Replay(capacity=5), Replay(capacity=5)
    for number in range(fillings):
        one.add(numbered(number))
    state = one.state_dict()
    two.load_state_dict(state)
    for number in range(fillings, fillings + 4):
        one.add(numbered(number))
        two.add(numbered(number))
        a, b = (r.draw(50, torch.Generator().manual_seed(number)) for r in (one, two))
        assert same(a, b)
    if state["kept"] is not None:  # a saved state does not change with the buffer
        assert state["kept"]["rewards"].shape[1] == min(2 * fillings, 5)
        assert set(state["kept"]["rewards"].unique().tolist()) <= {0, 1, 10, 11, 20, 21, 30, 31}


def test_bad_input():
    replay = Replay(capacity=3)
    with pytest.raises(RuntimeError, match="buffer is empty"):
        replay.draw(1, torch.Generator())
    with pytest.raises(ValueError, match="at most 3 stretches; got 4"):
        replay.add(numbered(0, envs=4))
    replay.add(numbered(0))
    with pytest.raises(ValueError, match="4 times, as before; got 6"):
        replay.add(random_experience(times=6, envs=2, agents=2, seed=0, memory=3))
    with pytest.raises(ValueError, match="`capacity` must be at least 1; got 0"):
        Replay(capacity=0)
