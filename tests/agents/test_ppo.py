"""One update of independent PPO against its equations, agent by agent in plain torch."""

import copy
import dataclasses

import pytest

torch = pytest.importorskip("torch")

from agent_cases import Alone, collected_by, random_experience, small_spec  # noqa: E402

from gametools.agents import ILPPO, ILPPOConfig, NetworkConfig, PPOStep  # noqa: E402

STEP = PPOStep(epochs=3, clip=0.1, value_clip=0.2, entropy=0.05, kl=0.3, value=0.7, policy=1.5)
CONFIG = ILPPOConfig(
    network=NetworkConfig(hidden=(6,), activation="tanh", output_gain=1.0),
    step=STEP, lr=0.01, gamma=0.9, lam=0.8, max_grad_norm=0.5, num_envs=3, steps_per_update=24,
)  # fmt: skip


def test_one_update_is_its_equations_for_each_agent():
    learner = ILPPO(small_spec(), CONFIG, seed=0)
    seen = collected_by(learner)
    agents = [Alone(learner, agent) for agent in range(2)]
    report = learner.update(seen)
    for agent in agents:
        agent.update(seen, STEP, agent.targets(seen))
        now = Alone(learner, agent.agent)
        for expected, found in zip(
            [*agent.policy, *agent.critic], [*now.policy, *now.critic], strict=True
        ):
            torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)
    assert report["kl/0"] > 0


def test_a_good_action_becomes_likelier_and_a_bad_one_less_likely():
    learner = ILPPO(small_spec(), CONFIG, seed=1)
    seen = collected_by(learner)
    good = (seen.actions == 2).float()
    seen = dataclasses.replace(
        seen, rewards=good, terminated=torch.ones_like(seen.terminated),
        active=torch.ones_like(seen.active), ended=torch.ones_like(seen.ended),
    )  # fmt: skip
    before = learner.model.distribution(seen).probabilities[..., 2].mean()
    for _ in range(5):
        learner.update(collected_like(seen, learner))
    assert learner.model.distribution(seen).probabilities[..., 2].mean() > before + 0.1


def collected_like(seen, learner):
    with torch.no_grad():
        log_probs = learner.model.distribution(seen).log_prob(seen.actions)
    return dataclasses.replace(seen, log_probs=log_probs)


def test_an_agent_that_is_far_enough_stops_and_the_others_do_not():
    patient = dataclasses.replace(STEP, epochs=40, target_kl=0.002, entropy=0.0, kl=0.0)
    learner = ILPPO(small_spec(), dataclasses.replace(CONFIG, step=patient, lr=0.02), seed=2)
    seen = collected_by(learner)
    seen.rewards[..., 1] = 0.0  # nothing to learn but the critic's own error
    report = learner.update(seen)
    free = ILPPO(
        small_spec(), dataclasses.replace(CONFIG, step=dataclasses.replace(patient, target_kl=None),
                                          lr=0.02), seed=2,
    )  # fmt: skip
    far = free.update(seen)
    assert far["kl/0"] > 0.01
    assert 0.003 < report["kl/0"] < 0.01


def test_continuous_agents_learn_where_to_go():
    spec = dataclasses.replace(
        small_spec(), action_sizes=(2, 1), continuous=True,
        low=((-1.0, -1.0), (-1.0,)), high=((1.0, 1.0), (1.0,)),
    )  # fmt: skip
    learner = ILPPO(spec, dataclasses.replace(CONFIG, lr=0.02), seed=0)
    for round_ in range(40):
        seen = random_experience(times=8, envs=3, agents=2, seed=round_, continuous=2)
        with torch.no_grad():
            found = learner.model.distribution(seen)
            actions = found.sample(torch.Generator().manual_seed(round_))
            seen = dataclasses.replace(
                seen, actions=actions, log_probs=found.log_prob(actions),
                rewards=-(actions[..., 0] - 0.5) ** 2, terminated=torch.ones_like(seen.terminated),
                ended=torch.ones_like(seen.ended), active=torch.ones_like(seen.active),
            )  # fmt: skip
        learner.update(seen)
    with torch.no_grad():
        modes = learner.model.distribution(seen).mode()
    assert float((modes[..., 0] - 0.5).abs().mean()) < 0.25


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": 0.0}, "`lr`"),
        ({"gamma": 1.5}, "`gamma`"),
        ({"critic": "oracle"}, "`critic`"),
        ({"num_envs": 7}, "multiple of `num_envs`"),
    ],
)
def test_settings_that_contradict_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(CONFIG, **options)


def test_a_recurrent_learner_can_be_restored_bit_for_bit():
    network = NetworkConfig(hidden=(6,), recurrent=3, sharing="all", agent_id=True)
    config = dataclasses.replace(CONFIG, network=network, scale_values=True)
    first, second = (ILPPO(small_spec(), config, seed=seed) for seed in (0, 9))
    first.update(collected_by(first, memory=3))
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    seen = collected_by(first, seed=5, memory=3)
    assert first.update(seen) == second.update(seen)
    for one, two in zip(first.model.parameters(), second.model.parameters(), strict=True):
        assert torch.equal(one, two)


@pytest.mark.parametrize("sharing", ["none", "all"])
def test_a_team_learns_from_its_reward(sharing):
    """Sharing the sum is what agents do who are each given the sum by their environment."""
    network = dataclasses.replace(CONFIG.network, sharing=sharing)
    own = ILPPO(small_spec(), dataclasses.replace(CONFIG, network=network), 0)
    team = ILPPO(small_spec(), dataclasses.replace(CONFIG, network=network, rewards="team"), 0)
    seen = random_experience(times=8, envs=3, agents=2, seed=5)
    everyone = torch.ones_like(seen.active)
    over = seen.terminated.all(dim=-1, keepdim=True).expand_as(seen.terminated)
    total = seen.rewards.sum(dim=-1, keepdim=True).expand_as(seen.rewards)
    team.update(seen)
    own.update(dataclasses.replace(seen, rewards=total, active=everyone, terminated=over))
    for one, other in zip(own.model.parameters(), team.model.parameters(), strict=True):
        assert torch.equal(one, other)
