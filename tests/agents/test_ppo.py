"""One update of independent PPO against its equations, agent by agent in plain torch."""

import copy
import dataclasses

import pytest

torch = pytest.importorskip("torch")

from agent_cases import random_experience, small_spec  # noqa: E402

from gametools.agents import ILPPO, ILPPOConfig, NetworkConfig, PPOStep, advantages  # noqa: E402

STEP = PPOStep(epochs=3, clip=0.1, value_clip=0.2, entropy=0.05, kl=0.3, value=0.7, policy=1.5)
CONFIG = ILPPOConfig(
    network=NetworkConfig(hidden=(6,), activation="tanh", output_gain=1.0),
    step=STEP, lr=0.01, gamma=0.9, lam=0.8, max_grad_norm=0.5, num_envs=3, steps_per_update=24,
)  # fmt: skip


def collected_by(learner, seed=0, **options):
    """Experience whose log-probabilities are the learner's own."""
    agents = learner.spec.num_agents
    seen = random_experience(times=8, envs=3, agents=agents, seed=seed, **options)
    with torch.no_grad():
        log_probs = learner.model.distribution(seen).log_prob(seen.actions)
    return dataclasses.replace(seen, log_probs=log_probs)


class Alone:
    """One agent's policy and value as plain matrices."""

    def __init__(self, model, agent):
        def own(network):
            layers = [*network.layers, network.head]
            return [
                torch.nn.Parameter(tensor[agent].detach().clone())
                for layer in layers
                for tensor in (layer.weight, layer.bias)
            ]

        self.agent, self.policy, self.critic = agent, own(model.policy.network), own(model.critic)

    @staticmethod
    def run(weights, x):
        (w1, b1, w2, b2) = weights
        return torch.tanh(x @ w1 + b1) @ w2 + b2

    def logits(self, x):
        return torch.log_softmax(self.run(self.policy, x), dim=-1)

    def value(self, x):
        return self.run(self.critic, x)[..., 0]

    def update(self, seen, weights=None):
        """Schulman et al. (2017), equation 9, written out for one agent."""
        i, mask = self.agent, seen.active[..., self.agent]
        x, actions = seen.observations[:, :, i], seen.actions[..., i]
        with torch.no_grad():
            old_values, old_logits = self.value(x), self.logits(x)
            single = {
                name: getattr(seen, name)[..., i : i + 1] for name in ("rewards", "terminated")
            }
            gained = advantages(
                dataclasses.replace(seen, **single), old_values[..., None],
                self.value(seen.next_observations[:, :, i])[..., None],
                gamma=CONFIG.gamma, lam=CONFIG.lam,
            )[..., 0]  # fmt: skip
            returns = gained + old_values
            mine = gained[mask]
            gained = (gained - mean(mine)) / (mine.var(correction=0).sqrt() + 1e-8)
            if weights is not None:
                gained = gained * weights[..., i]
        everything = [*self.policy, *self.critic]
        adam = torch.optim.Adam(everything, lr=CONFIG.lr, eps=1e-5)
        for _ in range(STEP.epochs):
            logits, values = self.logits(x), self.value(x)
            ratio = (logits.gather(-1, actions[..., None])[..., 0] - seen.log_probs[..., i]).exp()
            surrogate = torch.minimum(
                ratio * gained, ratio.clamp(1 - STEP.clip, 1 + STEP.clip) * gained
            )
            near = old_values + (values - old_values).clamp(-STEP.value_clip, STEP.value_clip)
            errors = torch.maximum((values - returns) ** 2, (near - returns) ** 2)
            entropy = -(logits.exp() * logits).sum(-1)
            kl = (old_logits.exp() * (old_logits - logits)).sum(-1)
            loss = mean(
                (-STEP.policy * surrogate + STEP.value * errors / 2
                 - STEP.entropy * entropy + STEP.kl * kl)[mask]
            )  # fmt: skip
            adam.zero_grad()
            loss.backward()
            for part in (self.policy, self.critic):
                torch.nn.utils.clip_grad_norm_(part, CONFIG.max_grad_norm)
            adam.step()


def mean(values):
    return values.sum() / len(values)


def test_one_update_is_its_equations_for_each_agent():
    learner = ILPPO(small_spec(), CONFIG, seed=0)
    seen = collected_by(learner)
    agents = [Alone(learner.model, agent) for agent in range(2)]
    report = learner.update(seen)
    for agent in agents:
        agent.update(seen)
        now = Alone(learner.model, agent.agent)
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


def test_minibatches_see_every_environment_once():
    """With the clip and the norm out of the way, one part or three differ only by their order."""
    step = dataclasses.replace(STEP, epochs=1, minibatches=3)
    learner = ILPPO(small_spec(), dataclasses.replace(CONFIG, step=step), seed=0)
    seen = collected_by(learner)
    before = copy.deepcopy(learner.model.state_dict())
    learner.update(seen)
    moved = [
        float((new - before[name]).abs().max())
        for name, new in learner.model.state_dict().items()
        if "head" in name
    ]
    # Three Adam steps of at most about the learning rate each.
    assert CONFIG.lr < max(moved) < 3.5 * CONFIG.lr


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
