"""What VDN, QMIX and QTRAN share: exploring, ends of episodes, targets, replay, resuming."""

import dataclasses
import io

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from agent_cases import random_experience, small_spec  # noqa: E402
from training_runs import same  # noqa: E402
from value_cases import SPEC, TINY, eventful, jolted  # noqa: E402

from gametools.agents import LEARNERS, NetworkConfig, QConfig, Situation, Spec  # noqa: E402
from gametools.agents import VDN as SomeLearner  # noqa: E402
from gametools.agents.action_values import ActionValues  # noqa: E402
from gametools.agents.reward_scale import RewardScale  # noqa: E402
from gametools.agents.settings import changed  # noqa: E402

CONFIG = QConfig(
    network=TINY, buffer_steps=70, warmup_steps=0, batch=4, updates=1, scale_rewards=False,
    num_envs=1, steps_per_update=7,
)  # fmt: skip
NAMES = ("vdn", "qmix", "qtran")


def learner_of(seed=0, **changes):
    return SomeLearner(SPEC, dataclasses.replace(CONFIG, **changes), seed)


def test_exploring_falls_linearly_over_the_steps_seen():
    learner = learner_of(epsilon_start=0.9, epsilon_end=0.1, epsilon_steps=28)
    found = [learner.epsilon] + [learner.update(eventful(k))["epsilon"] for k in range(6)]
    assert found == pytest.approx([0.9, 0.7, 0.5, 0.3, 0.1, 0.1, 0.1])


def test_exploring_is_uniform_over_allowed_actions():
    agents = ActionValues(SPEC, TINY, torch.Generator().manual_seed(0))
    envs = 40_000
    one = torch.randn(2, 5, generator=torch.Generator().manual_seed(1))
    masks = torch.tensor([[True, False, True, True], [False, True, True, True]])
    situation = Situation(
        one.expand(envs, 2, 5), torch.zeros(envs, dtype=torch.bool), masks.expand(envs, 2, 4),
        torch.zeros(envs, 2, 0),
    )  # fmt: skip
    best = agents.act(situation, 0.0, torch.Generator())
    assert (best.log_probs == 0).all()
    decision = agents.act(situation, 0.3, torch.Generator().manual_seed(2))
    # Agent 1 has three actions only, and one of those is forbidden now.
    for agent, allowed in enumerate(([0, 2, 3], [1, 2])):
        greedy = int(best.actions[0, agent])
        assert greedy in allowed
        for action in range(4):
            share = 0.3 / len(allowed) * (action in allowed) + 0.7 * (action == greedy)
            chosen = decision.actions[:, agent] == action
            assert float(chosen.float().mean()) == pytest.approx(share, abs=0.0125)  # 5 errors
            if share:
                log_probs = decision.log_probs[chosen, agent]
                torch.testing.assert_close(log_probs, torch.full_like(log_probs, np.log(share)))
    both = (decision.actions != best.actions).float()
    together = float((both[:, 0] * both[:, 1]).mean())
    assert together == pytest.approx(0.2 * 0.15, abs=0.005)  # agents explore by themselves


def test_an_evaluation_changes_nothing():
    learner = learner_of()
    learner.update(eventful())
    before = learner.state_dict()
    state = io.BytesIO()
    torch.save(before, state)
    situation = Situation(
        torch.randn(3, 2, 5), torch.ones(3, dtype=torch.bool), None, learner.initial_memory(3)
    )
    for greedy in (True, False):
        learner.play(situation, torch.Generator().manual_seed(0), greedy=greedy)
    state.seek(0)
    assert same(learner.state_dict(), torch.load(state))


def test_a_time_limit_is_bootstrapped_and_an_end_is_not():
    learner = jolted(learner_of())
    seen = eventful()
    found = learner.estimates(seen)
    assert found.lives[:, 0].tolist() == [1, 1, 1, 0, 1, 1, 1]  # all over at 3, cut at 5
    gone = seen.terminated[:, 0]
    assert (found.next_values[:, 0][gone] == 0).all()
    assert (found.next_values[:, 0][~gone] != 0).all()
    assert (found.chosen[:, 0][~seen.active[:, 0]] == 0).all()
    torch.testing.assert_close(found.rewards, seen.rewards[..., 0] + seen.rewards[..., 1])
    ending = learner_of(time_limits="end").estimates(seen)
    assert ending.lives[:, 0].tolist() == [1, 1, 1, 0, 1, 0, 1]


@pytest.mark.parametrize("name", NAMES)
def test_what_comes_after_an_end_does_not_count(name):
    """Next observations after the end, and those of agents whose part is over, are never used."""
    reports = []
    for shift in (0.0, 100.0):
        make = LEARNERS[name]
        config = changed(make.presets["default"], PARTS)
        learner = jolted(make.make(SPEC, config, 0))
        seen = eventful()
        gone = seen.terminated[..., None]
        over = seen.terminated.all(dim=-1)[..., None]
        seen = dataclasses.replace(
            seen,
            next_observations=seen.next_observations + shift * gone,
            next_states=seen.next_states + shift * over,
            observations=seen.observations + shift * ~seen.active[..., None],
        )
        reports.append(learner.update(seen))
    assert reports[0] == pytest.approx(reports[1], rel=1e-5)


PARTS = [
    "network.hidden=(6,)", "network.sharing=none", "buffer_steps=70", "warmup_steps=0", "batch=4",
    "num_envs=1", "steps_per_update=7",
]  # fmt: skip


@pytest.mark.parametrize("mix", [1.0, 0.25])
def test_target_networks_follow_every_few_gradient_steps(mix):
    learner = jolted(learner_of(target_every=3, target_mix=mix, updates=1))
    for step in range(1, 8):
        before = [p.clone() for p in learner.target.parameters()]
        learner.update(eventful(step))
        pairs = zip(learner.target.parameters(), learner.model.parameters(), before, strict=True)
        for target, learned, old in pairs:
            share = mix if step % 3 == 0 else 0.0
            torch.testing.assert_close(target, (1 - share) * old + share * learned)
            assert torch.equal(target, learned) == (step % 3 == 0 and mix == 1.0)


def test_learning_waits_for_enough_experience():
    learner = learner_of(warmup_steps=20)
    learns = ["loss" in learner.update(eventful(k)) for k in range(4)]
    assert learns == [False, False, True, True]


RECURRENT = dataclasses.replace(TINY, recurrent=4)


def slopes_of(seen, **changes):
    learner = jolted(learner_of(network=RECURRENT, max_grad_norm=None, **changes))
    learner.update(seen)
    return torch.cat([p.grad.flatten() for p in learner.model.parameters()])


def test_a_burn_in_only_remembers():
    seen = eventful(memory=4)

    def altered(name):
        moved = getattr(seen, name).clone()
        moved[:2] += 1.0
        return dataclasses.replace(seen, **{name: moved})

    plain = slopes_of(seen, burn_in=2)
    assert torch.equal(slopes_of(altered("rewards"), burn_in=2), plain)
    assert not torch.equal(slopes_of(altered("rewards")), slopes_of(seen))
    assert not torch.allclose(slopes_of(altered("observations"), burn_in=2), plain)


def test_stored_memory_counts_until_the_episode_ends():
    seen = eventful(memory=4)
    seen = dataclasses.replace(seen, starts=torch.zeros_like(seen.starts))
    other = dataclasses.replace(seen, memory=seen.memory + 1.0)
    assert not torch.allclose(slopes_of(seen), slopes_of(other))
    fresh = torch.ones_like(seen.starts)
    forgotten = [slopes_of(dataclasses.replace(own, starts=fresh)) for own in (seen, other)]
    assert torch.equal(*forgotten)


@pytest.mark.parametrize("recurrent", [0, 4])
@pytest.mark.parametrize("name", NAMES)
def test_resumed_is_uninterrupted(name, recurrent):
    entry = LEARNERS[name]
    config = changed(
        entry.presets["default"],
        [f"network.recurrent={recurrent}", "network.hidden=(6,)", "buffer_steps=40", "batch=3",
         "warmup_steps=8", "num_envs=2", "steps_per_update=8", "target_every=5"],
    )  # fmt: skip
    spec = small_spec()
    batches = [
        random_experience(times=4, envs=2, agents=2, seed=k, memory=recurrent) for k in range(14)
    ]
    through, stopped = entry.make(spec, config, 0), entry.make(spec, config, 0)
    for seen in batches[:7]:  # the buffer is full after five, and half written over
        through.update(seen)
        stopped.update(seen)
    file = io.BytesIO()
    torch.save(stopped.state_dict(), file)
    file.seek(0)
    resumed = entry.make(spec, config, 1)
    resumed.load_state_dict(torch.load(file))
    situation = Situation(
        torch.randn(3, 2, 5), torch.ones(3, dtype=torch.bool), None, through.initial_memory(3)
    )
    for seen in batches[7:]:
        one, two = through.explore(situation), resumed.explore(situation)
        assert torch.equal(one.actions, two.actions)
        assert through.update(seen) == resumed.update(seen)
    assert same(through.state_dict(), resumed.state_dict())


def test_rewards_are_scaled_by_their_deviation():
    rng = np.random.default_rng(0)
    parts = [rng.normal(3.0, 7.0, size=(k, 2)) for k in (1, 5, 30)]
    scale = RewardScale()
    for part in parts:
        scale.observe(torch.as_tensor(part))
    expected = np.concatenate(parts).std()
    assert float(scale.scaled(torch.tensor(1.0))) == pytest.approx(1 / expected)
    still = RewardScale()
    still.observe(torch.full((4,), 2.5))
    assert float(still.scaled(torch.tensor(2.5))) == 2.5


def test_learners_take_scaled_rewards():
    plain, scaled = learner_of(), learner_of(scale_rewards=True)
    seen = eventful()
    plain.update(seen)
    scaled.update(seen)
    deviation = seen.rewards.sum(dim=-1).std(correction=0)
    one, two = plain.estimates(seen), scaled.estimates(seen)
    torch.testing.assert_close(two.rewards, one.rewards / deviation)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("epsilon_start=1.5", "`epsilon_start` must be at most 1"),
        ("burn_in=10", "`burn_in` must be at most 9"),
        ("steps_per_update=105", "multiple of `num_envs`, 10; got 105"),
        ("buffer_steps=50", "`buffer_steps` must be at least 100"),
        ("target_mix=0.0", "`target_mix` must be positive"),
        ("time_limits=never", "`time_limits` must be one of bootstrap, end; got 'never'"),
        ("updates=0", "`updates` must be at least 1"),
    ],
)
def test_settings_that_do_not_fit(change, message):
    with pytest.raises(ValueError, match=message):
        changed(QConfig(), [change])


@pytest.mark.parametrize("name", NAMES)
def test_continuous_actions_do_not_fit(name):
    spec = Spec(2, 5, (1, 1), 7, True, ((-1.0,),) * 2, ((1.0,),) * 2)
    entry = LEARNERS[name]
    with pytest.raises(ValueError, match="`learner` needs discrete actions"):
        entry.make(spec, entry.presets["default"], 0)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("sharing", ["none", "all", (0, 0, 1)])
def test_any_sharing_and_preset_learns(name, sharing):
    entry = LEARNERS[name]
    for preset in entry.presets.values():
        network = NetworkConfig((6,), "relu", sharing=sharing, recurrent=preset.network.recurrent)
        config = dataclasses.replace(
            preset, network=network, warmup_steps=0, batch=2, buffer_steps=200, num_envs=2,
            steps_per_update=24,
        )  # fmt: skip
        learner = entry.make(small_spec(agents=3), config, 0)
        memory = learner.initial_memory(2).shape[-1]
        seen = random_experience(times=12, envs=2, agents=3, seed=0, memory=memory)
        assert all(np.isfinite(value) for value in learner.update(seen).values())
        moved = [p.grad.abs().max() > 0 for p in learner.model["agents"].parameters()]
        assert all(moved)
