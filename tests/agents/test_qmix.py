"""QMIX: monotone in every agent's value, and one update against its equations in loops."""

import pytest

torch = pytest.importorskip("torch")

from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from value_cases import (  # noqa: E402
    SPEC,
    TINY,
    assert_same_gradients,
    eventful,
    jolted,
    plain_estimates,
    weights_of,
)

from gametools.agents import QMIX, QMIXConfig, Spec  # noqa: E402
from gametools.agents.qmix import MonotoneMixer  # noqa: E402

CONFIG = QMIXConfig(
    network=TINY, lr=0.01, gamma=0.9, max_grad_norm=None, buffer_steps=7, warmup_steps=0, batch=2,
    updates=1, target_every=100, scale_rewards=False, num_envs=1, steps_per_update=7,
    mixing_width=3, hypernet_width=5,
)  # fmt: skip


def random_mixer(agents, state_size, seed, scale):
    """A mixer all of whose weights and biases are random, of both signs."""
    generator = torch.Generator().manual_seed(seed)
    mixer = MonotoneMixer(agents, state_size, width=4, hypernet_width=6, generator=generator)
    with torch.no_grad():
        for parameter in mixer.parameters():
            parameter.copy_(scale * torch.randn(parameter.shape, generator=generator))
    return mixer, generator


@given(
    agents=st.integers(1, 5), state_size=st.integers(1, 6), seed=st.integers(0, 10**6),
    scale=st.sampled_from([0.1, 1.0, 3.0]),
)  # fmt: skip
def test_the_team_gains_with_every_agent(agents, state_size, seed, scale):
    mixer, generator = random_mixer(agents, state_size, seed, scale)
    values = (5 * torch.randn(3, 8, agents, generator=generator)).requires_grad_()
    states = 2 * torch.randn(3, 8, state_size, generator=generator)
    team = mixer(values, states)
    (slopes,) = torch.autograd.grad(team.sum(), values)
    assert (slopes >= 0).all()
    gains = torch.rand(values.shape, generator=generator)
    more = mixer(values + gains, states)
    assert (more - team >= -1e-4 * (1 + team.abs())).all()


def test_the_best_joint_action_is_made_of_the_best_actions():
    mixer, generator = random_mixer(2, 3, 1, 1.0)
    values = torch.randn(1, 50, 2, 4, generator=generator)
    states = torch.randn(1, 50, 3, generator=generator)
    pairs = [(a, b) for a in range(4) for b in range(4)]
    joint = torch.stack(
        [mixer(torch.stack([values[..., 0, a], values[..., 1, b]], -1), states) for a, b in pairs]
    )
    at_best = mixer(values.amax(dim=-1), states)
    torch.testing.assert_close(joint.amax(dim=0), at_best)


def test_the_state_matters_and_can_lower_the_team():
    mixer, generator = random_mixer(2, 3, 1, 1.0)
    values = torch.ones(1, 200, 2)
    team = mixer(values, torch.randn(1, 200, 3, generator=generator)).detach()
    assert team.min() < 0 < team.max()


def plain_mix(weights, chosen, state):
    """Figure 2 of the paper, entry by entry."""
    units = state @ weights["weight"] + weights["bias"]
    hyper_first, hyper_last, bias, for_offset = units[:5], units[5:10], units[10:13], units[13:]

    def layer(name, x):
        return x @ weights[f"{name}.weight"][0] + weights[f"{name}.bias"][0, 0]

    first = layer("first", torch.relu(hyper_first)).abs()
    last = layer("last", torch.relu(hyper_last)).abs()
    team = layer("offset", torch.relu(for_offset))[0]
    for k in range(3):
        hidden = bias[k] + chosen[0] * first[k] + chosen[1] * first[3 + k]
        team = team + last[k] * (hidden if hidden > 0 else torch.exp(hidden) - 1)
    return team


@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_one_update_against_its_equations(seed, masked):
    learner = jolted(QMIX(SPEC, CONFIG, seed))
    network, mixer = learner.model["agents"].network, learner.model["joint"]
    learned, mixing = weights_of(network, learn=True), weights_of(mixer, learn=True)
    target = weights_of(learner.target["agents"].network, learn=False)
    target_mixing = weights_of(learner.target["joint"], learn=False)
    seen = eventful(seed, masked=masked)

    loss = 0.0
    for t, row in enumerate(plain_estimates(learned, target, seen)):
        chosen, _, following, reward, alive = row
        after = plain_mix(target_mixing, following, seen.next_states[t, 0])
        goal = reward + 0.9 * alive * after
        loss = loss + (plain_mix(mixing, chosen, seen.states[t, 0]) - goal) ** 2 / 7
    loss.backward()

    report = learner.update(seen)
    assert report["loss"] == pytest.approx(float(loss.detach()), rel=1e-5)
    assert_same_gradients(network, learned)
    assert_same_gradients(mixer, mixing)


def test_bad_input():
    blind = Spec(num_agents=2, observation_size=5, action_sizes=(4, 3), state_size=0)
    with pytest.raises(ValueError, match="needs a state"):
        QMIX(blind, CONFIG, 0)
    with pytest.raises(ValueError, match="`mixing_width` must be at least 1; got 0"):
        QMIXConfig(mixing_width=0)
    with pytest.raises(ValueError, match="`hypernet_width` must be at least 1; got 0"):
        QMIXConfig(hypernet_width=0)
