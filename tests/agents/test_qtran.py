"""QTRAN: one update of both variants against their losses, written out in loops."""

import dataclasses
import itertools

import pytest

torch = pytest.importorskip("torch")

from value_cases import (  # noqa: E402
    SPEC,
    TINY,
    assert_same_gradients,
    best_action,
    eventful,
    jolted,
    permitted,
    plain_estimates,
    plain_values,
    weights_of,
)

from gametools.agents import QTRAN, QTRANConfig, Spec  # noqa: E402

CONFIG = QTRANConfig(
    network=TINY, lr=0.01, gamma=0.9, max_grad_norm=None, buffer_steps=7, warmup_steps=0, batch=2,
    updates=1, target_every=100, scale_rewards=False, num_envs=1, steps_per_update=7,
    optimal=0.7, other=0.4, joint_width=5,
)  # fmt: skip


def run(weights, part, x):
    """One of the team's two networks."""
    for layer in ("layers.0", "layers.1"):
        x = torch.relu(
            x @ weights[f"{part}.{layer}.weight"][0] + weights[f"{part}.{layer}.bias"][0, 0]
        )
    return (x @ weights[f"{part}.head.weight"][0] + weights[f"{part}.head.bias"][0, 0])[0]


def team_value(weights, state, actions):
    """Q_jt(s, u); an agent without an action (None) adds zeros."""
    played = torch.zeros(2, 4)
    for agent, action in enumerate(actions):
        if action is not None:
            played[agent, action] = 1.0
    return run(weights, "value", torch.cat([state, played.flatten()]))


def plain_loss(learned, target, joint, target_joint, seen, variant):
    """Equations 3 to 5 of the paper for "base"; equation 10 in place of 5 for "alt"."""
    total = 0.0
    for t, row in enumerate(plain_estimates(learned, target, seen)):
        chosen, next_actions, _, reward, alive = row
        state, active = seen.states[t, 0], seen.active[t, 0].tolist()
        taken = [int(a) if on else None for a, on in zip(seen.actions[t, 0], active, strict=True)]
        over = seen.terminated[t, 0].tolist()
        after = [None if gone else a for a, gone in zip(next_actions, over, strict=True)]
        goal = reward + 0.9 * alive * team_value(target_joint, seen.next_states[t, 0], after)
        value, offset = team_value(joint, state, taken), run(joint, "offset", state)
        values = [plain_values(learned, i, seen.observations[t, 0, i]) for i in range(2)]
        best = [best_action(values[i], permitted(seen.masks, t, i)) for i in range(2)]
        at_best = team_value(
            joint, state, [a if on else None for a, on in zip(best, active, strict=True)]
        )
        sum_best = sum(values[i][best[i]] for i in range(2) if active[i])
        optimal = (sum_best - at_best.detach() + offset) ** 2
        if variant == "base":
            gap = chosen[0] + chosen[1] - value.detach() + offset
            other = gap**2 if gap < 0 else 0.0
        else:
            gaps = []
            for i in (i for i in range(2) if active[i]):
                least = None
                for a in permitted(seen.masks, t, i):
                    instead = [a if j == i else taken[j] for j in range(2)]
                    gap = values[i][a] + chosen[1 - i] + offset
                    gap = gap - team_value(joint, state, instead).detach()
                    least = gap if least is None or gap < least else least
                gaps.append(least**2)
            other = sum(gaps) / len(gaps)
        total = total + ((value - goal.detach()) ** 2 + 0.7 * optimal + 0.4 * other) / 7
    return total


@pytest.mark.parametrize("variant", ["base", "alt"])
@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_one_update_against_its_equations(seed, masked, variant):
    learner = jolted(QTRAN(SPEC, dataclasses.replace(CONFIG, variant=variant), seed))
    network, team = learner.model["agents"].network, learner.model["joint"]
    learned, joint = weights_of(network, learn=True), weights_of(team, learn=True)
    target = weights_of(learner.target["agents"].network, learn=False)
    target_joint = weights_of(learner.target["joint"], learn=False)
    seen = eventful(seed, masked=masked)
    loss = plain_loss(learned, target, joint, target_joint, seen, variant)
    loss.backward()

    report = learner.update(seen)
    assert report["loss"] == pytest.approx(float(loss.detach()), rel=1e-5)
    assert report["other_loss"] > 0
    assert_same_gradients(network, learned)
    assert_same_gradients(team, joint)


def test_alternatives_are_one_agents_own():
    learner = QTRAN(Spec(3, 5, (4, 4, 4), 7), CONFIG, 0)
    team = learner.model["joint"]
    generator = torch.Generator().manual_seed(0)
    states = torch.randn(2, 3, 7, generator=generator)
    actions = torch.randint(4, (2, 3, 3), generator=generator)
    active = torch.rand(2, 3, 3, generator=generator) < 0.7
    played = team.one_hot(actions, active)
    found = team.own_alternatives(states, played)
    for agent, action in itertools.product(range(3), range(4)):
        instead = played.clone()
        instead[:, :, agent] = 0
        instead[:, :, agent, action] = 1
        torch.testing.assert_close(found[:, :, agent, action], team.values(states, instead))


def test_bad_input():
    with pytest.raises(ValueError, match="needs a state"):
        QTRAN(Spec(2, 5, (4, 3), 0), CONFIG, 0)
    with pytest.raises(ValueError, match="`variant` must be one of base, alt; got 'old'"):
        QTRANConfig(variant="old")
    with pytest.raises(ValueError, match="`optimal` must be at least 0; got -1"):
        QTRANConfig(optimal=-1)
