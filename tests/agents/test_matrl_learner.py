"""MATRL as a deep learner: its meta-game, its limits, its settings."""

import copy
import dataclasses
import itertools

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from agent_cases import collected_by, small_spec  # noqa: E402

import gametools as gt  # noqa: E402
from gametools.agents import (  # noqa: E402
    ILPPO,
    MATRL,
    ILPPOConfig,
    MATRLConfig,
    NetworkConfig,
    PPOStep,
    make_learner,
    sampled_meta_game,
    spec_of,
)
from gametools.agents.collector import Collector  # noqa: E402
from gametools.agents.ppo import ppo_step  # noqa: E402
from gametools.agents.trust_region import TRPOStep  # noqa: E402
from gametools.envs import RepeatedMatrixGame  # noqa: E402
from gametools.games import current_or_predicted_game  # noqa: E402

RESPONSE = PPOStep(epochs=3, clip=0.2, entropy=0.02, target_kl=None)
CONFIG = MATRLConfig(
    network=NetworkConfig(hidden=(6,), activation="tanh", output_gain=1.0),
    step=RESPONSE, trial=dataclasses.replace(RESPONSE, epochs=7), lr=0.01,
    num_envs=3, steps_per_update=24,
)  # fmt: skip


@pytest.mark.parametrize("agents", [2, 3])
def test_the_sampled_meta_game_is_the_exact_one_within_sampling_error(agents):
    """A one-state game: advantages are exact, policies are probabilities."""
    rng = np.random.default_rng(agents)
    game = gt.NormalFormGame(rng.normal(size=(agents, *(2,) * agents)), num_players=agents)
    view = gt.ProbabilityGame(game)
    current, predicted = rng.uniform(0.2, 0.8, size=(2, agents))
    exact = current_or_predicted_game(view, current, predicted)
    size = 400_000
    actions = (rng.random((size, agents)) >= current).astype(int)
    payoffs = np.moveaxis(game.payoffs[(slice(None), *actions.T)], 0, -1)
    advantages = payoffs + view.losses(current)
    before, after = (np.where(actions == 0, policy, 1 - policy) for policy in (current, predicted))
    ratios = after / before

    def tensor(values):
        return torch.as_tensor(values)[:, None]

    active = torch.ones(size, 1, agents, dtype=torch.bool)
    found = sampled_meta_game(tensor(advantages), tensor(ratios), active)
    for choice in itertools.product((0, 1), repeat=agents):
        chosen = ratios[:, np.array(choice, dtype=bool)].prod(axis=1, keepdims=True)
        error = (advantages * (chosen - 1)).std(axis=0) / np.sqrt(size)
        at = (slice(None), *choice)
        assert (np.abs(found.payoffs[at] - exact.payoffs[at]) <= 4.5 * error + 1e-12).all()


def test_the_meta_game_of_what_was_collected_is_the_exact_one_within_sampling_error():
    """A matrix game played by networks and judged by critics, whose constant cancels."""
    changes = [
        "network.output_gain=1.0", "gamma=0.0", "normalise_advantages=False", "num_envs=400",
        "steps_per_update=20000", "trial.epochs=20", "lr=0.02",
    ]  # fmt: skip
    env = RepeatedMatrixGame.climbing(400)
    learner = make_learner("matrl", spec_of(env), seed=0, changes=changes)
    collector = Collector(env, np.random.default_rng(0), learner.initial_memory(400))
    seen = collector.collect(learner.explore, 50)
    targets = learner.targets(seen)
    predicted = learner.model.clone()
    ppo_step(predicted, seen, targets, learner.config.trial, learner.generator)
    with torch.no_grad():
        moved = predicted.distribution(seen).log_prob(seen.actions)
    ratios = (moved - seen.log_probs).exp()
    found = sampled_meta_game(targets.advantages, ratios, seen.active)
    policies = [policies_at_a_constant(model, seen) for model in (learner.model, predicted)]
    assert not np.allclose(*policies, atol=0.02)

    def exact(own, other):
        return policies[own][0] @ env.game.payoffs[0] @ policies[other][1]

    for own, other in itertools.product((0, 1), repeat=2):
        weight = (ratios[..., 0] if own else 1.0) * (ratios[..., 1] if other else 1.0)
        for agent in range(2):
            gained = targets.advantages[..., agent] * (weight - 1)
            error = 4.5 * float(gained.std()) / gained.numel() ** 0.5 + 1e-6
            expected = exact(own, other) - exact(0, 0)
            assert found.payoffs[agent, own, other] == pytest.approx(expected, abs=error)


def policies_at_a_constant(model, seen):
    """Each agent's probabilities, shape (agents, actions), where observations never change."""
    with torch.no_grad():
        each = [
            model.distribution(seen).log_prob(torch.full_like(seen.actions, action))[0, 0]
            for action in range(3)
        ]
    return torch.stack(each, dim=-1).exp().double().numpy()


def test_inactive_steps_count_for_nothing():
    rng = np.random.default_rng(0)
    advantages, ratios = torch.as_tensor(rng.uniform(0.5, 1.5, size=(2, 10, 3, 2)))
    active = torch.as_tensor(rng.random((10, 3, 2)) < 0.6)
    found = sampled_meta_game(advantages, ratios, active)
    other = sampled_meta_game(
        torch.where(active, advantages, 77.0), torch.where(active, ratios, 55.0), active
    )
    np.testing.assert_array_equal(found.payoffs, other.payoffs)


def test_clipped_ratios_bound_the_payoffs():
    advantages = torch.ones(10, 1, 2)
    found = sampled_meta_game(
        advantages, torch.full((10, 1, 2), 9.0), torch.ones(10, 1, 2, dtype=torch.bool), clip=0.1
    )
    assert found.payoffs.max() == pytest.approx(1.1**2 - 1, rel=1e-6)


def parameters(learner):
    return [parameter.detach().clone() for parameter in learner.model.parameters()]


def assert_equal_parameters(one, two, **tolerance):
    for first, second in zip(parameters(one), parameters(two), strict=True):
        torch.testing.assert_close(first, second, **(tolerance or {"atol": 0, "rtol": 0}))


def own_fields(**options):
    return {f.name: getattr(CONFIG, f.name) for f in dataclasses.fields(ILPPOConfig)} | options


@pytest.mark.parametrize("minibatches", [1, 3])
def test_with_current_for_sure_it_is_one_update_of_independent_ppo(minibatches):
    step, trial = (
        dataclasses.replace(one, minibatches=minibatches) for one in (CONFIG.step, CONFIG.trial)
    )
    independent = ILPPO(small_spec(), ILPPOConfig(**own_fields(step=step)), seed=0)
    config = dataclasses.replace(CONFIG, meta_game=(1.0, 1.0), step=step, trial=trial)
    matrl = MATRL(small_spec(), config, seed=0)
    for seed in range(3):
        seen = collected_by(matrl, seed=seed)
        matrl.update(seen)
        independent.update(seen)
        assert_equal_parameters(matrl, independent)


def test_with_predicted_for_sure_it_is_il_la():
    """IL-LA responds to all trials, whatever the meta-game would say."""
    changes = [
        "num_envs=3", "steps_per_update=24", "network.hidden=(6,)", "network.output_gain=1.0",
        "lr=0.05", "trial.entropy=3.0",  # so much that trials do not pay
    ]  # fmt: skip
    looking_ahead, fixed, solved = (
        make_learner(name, small_spec(), seed=0, preset="paper", changes=[*changes, *more])
        for name, more in (("il-la", []), ("matrl", ["meta_game=(0.0,0.0)"]), ("matrl", []))
    )
    met = set()
    for seed in range(6):
        seen = collected_by(fixed, seed=seed)
        reports = [learner.update(seen) for learner in (looking_ahead, fixed, solved)]
        assert_equal_parameters(looking_ahead, fixed)
        assert reports[0]["rho/0"] == reports[0]["rho/1"] == 0
        met.add((reports[2]["rho/0"], reports[2]["rho/1"]))
    assert met != {(0.0, 0.0)}
    assert any((a != b).any() for a, b in zip(*map(parameters, (fixed, solved)), strict=True))


def test_the_trial_leaves_no_trace():
    """Trials of any length give the same next policies where the meta-game says: current."""
    learners = []
    for epochs in (1, 9):
        trial = dataclasses.replace(CONFIG.trial, epochs=epochs)
        config = dataclasses.replace(CONFIG, meta_game=(1.0, 1.0), trial=trial)
        learner = MATRL(small_spec(), config, seed=0)
        for seed in range(2):
            learner.update(collected_by(learner, seed=seed))
        learners.append(learner)
    assert_equal_parameters(*learners)


@pytest.mark.parametrize("rho", [(1.0, 1.0), (0.0, 0.0), (0.3, 0.8)])
def test_without_response_the_next_networks_are_the_mixture(rho):
    config = dataclasses.replace(CONFIG, best_response=False, mixture="parameters", meta_game=rho)
    learner = MATRL(small_spec(), config, seed=0)
    seen = collected_by(learner)
    current = copy.deepcopy(learner.model.policy.state_dict())
    trial = ILPPO(small_spec(), ILPPOConfig(**own_fields(step=CONFIG.trial)), seed=0)
    trial.update(seen)
    predicted = trial.model.policy.state_dict()
    learner.update(seen)
    for name, found in learner.model.policy.state_dict().items():
        share = torch.tensor(rho).view(-1, *(1,) * (found.dim() - 1))
        expected = share * current[name] + (1 - share) * predicted[name]
        torch.testing.assert_close(found, expected)


def test_reports_hold_the_meta_game_and_its_equilibrium():
    learner = MATRL(small_spec(), CONFIG, seed=0)
    report = learner.update(collected_by(learner))
    payoffs = np.array(
        [[[report[f"meta_{a}{b}/{i}"] for b in "cp"] for a in "cp"] for i in range(2)]
    )
    assert not payoffs[:, 0, 0].any()
    game = gt.NormalFormGame(payoffs)
    rho = np.array([report["rho/0"], report["rho/1"]])
    profile = tuple(np.array([p, 1 - p]) for p in rho)
    assert gt.exploitability(game, profile) == pytest.approx(0, abs=1e-9)
    assert report["trial_kl/0"] > report["kl/0"] / 10


def test_three_agents_learn_and_can_be_restored():
    spec = small_spec(agents=3)
    first, second = (MATRL(spec, CONFIG, seed=seed) for seed in (0, 5))
    first.update(collected_by(first))
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    seen = collected_by(first, seed=3)
    assert first.update(seen) == second.update(seen)
    assert_equal_parameters(first, second)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"meta_game": (0.5, 2.0)}, "`meta_game`"),
        ({"meta_game": "solved"}, "`meta_game` must be 'solve'"),
        ({"meta_game": 1}, "`meta_game` must be 'solve'"),
        ({"trial": TRPOStep(), "best_response": False}, "`trial` must be a PPOStep"),
        ({"anchor": "there"}, "`anchor`"),
        ({"network": NetworkConfig(sharing="all"), "mixture": "parameters"}, "sharing"),
        ({"network": NetworkConfig(sharing="all"), "best_response": False}, "sharing"),
        ({"weight_clip": 0.0}, "`weight_clip`"),
        ({"solver": "magic"}, "`solver`"),
    ],
)
def test_settings_that_contradict_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(CONFIG, **options)


def test_a_fixed_meta_game_needs_a_share_for_each_agent():
    config = dataclasses.replace(CONFIG, meta_game=(1.0, 1.0))
    with pytest.raises(ValueError, match="3 agents"):
        MATRL(small_spec(agents=3), config, seed=0)


@pytest.mark.parametrize(
    ("name", "change"), [("il-la", "meta_game=(1,1)"), ("matrl-no-br", "best_response=True")]
)
def test_an_ablation_cannot_be_undone_silently(name, change):
    with pytest.raises(ValueError, match=change.split("=")[0]):
        make_learner(name, small_spec(), seed=0, preset="paper", changes=[change])
