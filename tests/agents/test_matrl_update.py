"""One update of MATRL against its equations, agent by agent in plain torch; and what it learns."""

import copy
import dataclasses
import itertools

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from agent_cases import Alone, collected_by, small_spec  # noqa: E402

from gametools.agents import (  # noqa: E402
    MATRL,
    MATRLConfig,
    NetworkConfig,
    PPOStep,
    make_learner,
    play_episodes,
    spec_of,
)
from gametools.agents.collector import Collector  # noqa: E402
from gametools.agents.trust_region import TRPOStep  # noqa: E402
from gametools.envs import RepeatedMatrixGame  # noqa: E402

STEP = PPOStep(epochs=3, clip=0.1, value_clip=0.2, entropy=0.05, kl=0.3, value=0.7, policy=1.5)
TRIAL = PPOStep(epochs=4, clip=0.2, value_clip=0.3, entropy=0.02, kl=0.1, value=0.4)
CONFIG = MATRLConfig(
    network=NetworkConfig(hidden=(6,), activation="tanh", output_gain=1.0), step=STEP, trial=TRIAL,
    meta_game=(0.3, 0.8, 0.5), lr=0.01, gamma=0.9, lam=0.8, max_grad_norm=0.5, num_envs=3,
    steps_per_update=24,
)  # fmt: skip
RELEASED = {"mixture": "parameters", "anchor": "aggregated", "weight": "batch"}


def learner_with(**options):
    return MATRL(small_spec(agents=3), dataclasses.replace(CONFIG, **options), seed=0)


def agents_of(learner):
    return [Alone(learner, agent) for agent in range(3)]


def after_trial(agents, seen):
    trials = copy.deepcopy(agents)
    for agent, trial in zip(agents, trials, strict=True):
        trial.update(seen, agent.config.trial, agent.targets(seen))
    return trials


def mixed(current, predicted, share):
    """Parameters `share` of the way back; the critic stays the predicted one."""
    found = copy.deepcopy(predicted)
    with torch.no_grad():
        for own, old in zip(found.policy, current.policy, strict=True):
            own.copy_(share * old + (1 - share) * own)
    return found


@torch.no_grad()
def likelier(new, old, seen):
    """How much likelier an agent's actions are; 1 where its part is over."""
    ratio = (new.log_prob(seen) - old.log_prob(seen)).exp()
    return torch.where(seen.active[..., old.agent], ratio, 1.0)


def importance(i, aggregated, config):
    """Of every step for the response of agent i."""
    product = torch.ones_like(aggregated[i])
    for j in range(3):
        if j != i:
            product = product * aggregated[j]
    if config.weight == "batch":
        product = product.mean()
    return product.clamp(1 - config.weight_clip, 1 + config.weight_clip)


def next_agents(agents, trials, seen, rho):
    """Wen et al. (2021), algorithm 1 after the meta-game; and the importance of every step."""
    config = agents[0].config
    mixtures = [mixed(*both, share) for *both, share in zip(agents, trials, rho, strict=True)]
    if not config.best_response:
        return mixtures, None
    if config.mixture == "parameters":
        aggregated = [likelier(m, a, seen) for m, a in zip(mixtures, agents, strict=True)]
    else:
        aggregated = [
            share + (1 - share) * likelier(trial, agent, seen)
            for agent, trial, share in zip(agents, trials, rho, strict=True)
        ]
    weights = [importance(i, aggregated, config) for i in range(3)]
    anchors = {"current": agents, "aggregated": mixtures, "predicted": trials}
    found = copy.deepcopy(anchors[config.anchor])
    for agent, before, weight in zip(found, agents, weights, strict=True):
        agent.update(seen, config.step, before.targets(seen), weight)
    return found, weights


def assert_same(learner, expected):
    for found, agent in zip(agents_of(learner), expected, strict=True):
        for part in ("policy", "critic"):
            for one, other in zip(getattr(found, part), getattr(agent, part), strict=True):
                torch.testing.assert_close(one, other, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"meta_game": (0.0, 0.0, 0.0)},
        {"meta_game": "solve"},
        {"weight": "batch"},
        {"mixture": "parameters"},
        {"anchor": "aggregated"},
        {"anchor": "predicted"},
        RELEASED,
        {"best_response": False, "mixture": "parameters"},
    ],
    ids=lambda options: ", ".join(f"{name}={value}" for name, value in options.items()) or "plain",
)
def test_two_updates_are_their_equations_for_each_agent(options):
    """The second one finds the moments of the first in the optimisers."""
    learner = learner_with(**options)
    agents = agents_of(learner)
    for seed in range(2):
        seen = collected_by(learner, seed=seed)
        report = learner.update(seen)
        rho = [report[f"rho/{agent}"] for agent in range(3)]
        if learner.config.meta_game != "solve":
            assert rho == pytest.approx(learner.config.meta_game)
        agents, weights = next_agents(agents, after_trial(agents, seen), seen, rho)
        assert_same(learner, agents)
        if weights is not None and learner.config.weight == "sample":
            inside = (torch.stack(weights) - 1).abs() < CONFIG.weight_clip - 1e-6
            assert 0.1 < inside.float().mean() < 0.99  # some are clipped, some are not


@pytest.mark.parametrize("clip", [None, 0.05])
@pytest.mark.parametrize("payoff", ["joint-mean", "product-of-means"])
def test_the_reported_meta_game_is_its_equation(payoff, clip):
    learner = learner_with(meta_payoff=payoff, meta_clip=clip, normalise_advantages=False)
    agents, seen = agents_of(learner), collected_by(learner)
    trials = after_trial(agents, seen)
    report = learner.update(seen)
    ratios = [likelier(trial, agent, seen) for trial, agent in zip(trials, agents, strict=True)]
    if clip is not None:
        ratios = [ratio.clamp(1 - clip, 1 + clip) for ratio in ratios]
    for joint in itertools.product("cp", repeat=3):
        product = torch.ones_like(ratios[0])
        for ratio, choice in zip(ratios, joint, strict=True):
            product = product * ratio if choice == "p" else product
        for i, agent in enumerate(agents):
            active = seen.active[..., i]
            gained = agent.targets(seen)[0]
            if payoff == "joint-mean":
                expected = (gained * (product - 1))[active].mean()
            else:
                expected = gained[active].mean() * product.mean()
                assert abs(expected) > 1e-3
            if "p" not in joint:
                expected = 0.0
            found = report[f"meta_{''.join(joint)}/{i}"]
            assert found == pytest.approx(float(expected), abs=1e-5)


@pytest.mark.parametrize("rho", [(0.3, 0.8, 0.5), (0.0, 0.0, 0.0)], ids=str)
def test_a_trust_region_trial_is_followed_by_the_response(rho):
    trial = TRPOStep(radius=0.004)
    # A response that is too far to take a first step shows the trial's networks.
    still = dataclasses.replace(STEP, target_kl=1e-9)
    shown = learner_with(trial=trial, meta_game=rho, anchor="predicted", step=still)
    learner = learner_with(trial=trial, meta_game=rho)
    agents, seen = agents_of(learner), collected_by(learner)
    report = shown.update(seen)
    trials = agents_of(shown)
    for i, (old, new) in enumerate(zip(agents, trials, strict=True)):
        with torch.no_grad():
            before, after = old.logits(seen), new.logits(seen)
            kl = (before.exp() * (before - after)).sum(dim=-1)[seen.active[..., i]].mean()
        assert trial.radius / 10 < kl <= trial.radius + 1e-7
        assert report[f"trial_kl/{i}"] == pytest.approx(float(kl), abs=1e-6)
        for one, other in zip(old.critic, new.critic, strict=True):
            assert torch.equal(one, other)
    learner.update(seen)
    expected, _ = next_agents(agents, trials, seen, rho)
    assert_same(learner, expected)


@pytest.mark.parametrize("options", [{}, {"mixture": "parameters"}, {"weight": "batch"}], ids=str)
def test_what_agents_do_when_their_part_is_over_changes_nothing(options):
    one, other = learner_with(**options), learner_with(**options)
    seen = collected_by(one)
    assert not seen.active.all()
    changed = dataclasses.replace(
        seen,
        actions=torch.where(seen.active, seen.actions, (seen.actions + 1) % 4),
        log_probs=torch.where(seen.active, seen.log_probs, -0.1),
    )
    assert one.update(seen) == other.update(changed)
    for first, second in zip(one.model.parameters(), other.model.parameters(), strict=True):
        assert torch.equal(first, second)


@pytest.mark.parametrize("preset", ["trpo", "released"])
def test_presets_learn_to_coordinate(preset):
    """Uniform play earns 22/9 a step."""

    def make(num_envs):
        return RepeatedMatrixGame.penalty(num_envs, k=0.0)

    learner = make_learner(
        "matrl", spec_of(make(1)), seed=0, preset=preset, changes=["steps_per_update=500"]
    )
    own = learner.config
    env = make(own.num_envs)
    collector = Collector(env, np.random.default_rng(0), learner.initial_memory(own.num_envs))

    def earned():
        played = play_episodes(learner, make(100), seed=0, greedy=False).returns
        return played[:, 0].mean() / env.num_steps

    assert earned() == pytest.approx(22 / 9, abs=0.3)
    for _ in range(10):
        learner.update(collector.collect(learner.explore, own.steps_per_update // own.num_envs))
    assert earned() > 3.2
