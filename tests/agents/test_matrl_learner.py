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
)
from gametools.agents.trust_region import TRPOStep  # noqa: E402
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


def test_with_current_for_sure_it_is_one_update_of_independent_ppo():
    own = {f.name: getattr(CONFIG, f.name) for f in dataclasses.fields(ILPPOConfig)}
    independent = ILPPO(small_spec(), ILPPOConfig(**own), seed=0)
    matrl = MATRL(small_spec(), dataclasses.replace(CONFIG, meta_game=(1.0, 1.0)), seed=0)
    for seed in range(3):
        seen = collected_by(matrl, seed=seed)
        matrl.update(seen)
        independent.update(seen)
        assert_equal_parameters(matrl, independent)


def own_fields(**options):
    return {f.name: getattr(CONFIG, f.name) for f in dataclasses.fields(ILPPOConfig)} | options


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
