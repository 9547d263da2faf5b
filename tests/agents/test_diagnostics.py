"""Alignment of gradients: a team agrees, duellists do not."""

import dataclasses

import pytest

torch = pytest.importorskip("torch")

from agent_cases import random_experience, small_spec  # noqa: E402

from gametools.agents import (  # noqa: E402
    ILPPO,
    ILPPOConfig,
    NetworkConfig,
    diagnostics,
    make_learner,
    spec_of,
)
from gametools.agents.collector import Collector  # noqa: E402
from gametools.agents.diagnostics import (  # noqa: E402
    gradient_alignment,
    joint_divergence,
    policy_churn,
)
from gametools.agents.ppo import Targets  # noqa: E402
from gametools.envs import RepeatedMatrixGame  # noqa: E402
from gametools.games import named_game  # noqa: E402


def prepared(advantages, sharing="none", agents=2):
    network = NetworkConfig(hidden=(4,), sharing=sharing, output_gain=1.0)
    config = ILPPOConfig(network=network, num_envs=3, steps_per_update=24)
    model = ILPPO(small_spec(agents=agents), config, seed=0).model
    seen = random_experience(times=8, envs=3, agents=agents, seed=0)
    seen = dataclasses.replace(seen, active=torch.ones_like(seen.active))
    gained = advantages(torch.randn(8, 3, 1, generator=torch.Generator().manual_seed(1)))
    return model, seen, Targets(gained, gained, gained, model.distribution(seen))


@pytest.mark.parametrize(("sign", "expected"), [(1.0, 1.0), (-1.0, -1.0)])
def test_a_team_agrees_and_duellists_do_not(sign, expected):
    case = prepared(lambda drawn: torch.cat([drawn, sign * drawn], dim=-1))
    report = gradient_alignment(*case)
    assert report == pytest.approx({"alignment_01": expected, "alignment_10": expected}, abs=1e-5)


def test_the_cosine_is_that_of_the_score_function_gradients():
    noise = torch.randn(8, 3, 2, generator=torch.Generator().manual_seed(2))
    model, seen, targets = prepared(lambda drawn: drawn + noise)
    report = gradient_alignment(model, seen, targets)
    found = []
    for i in range(2):  # both agents' wishes for agent 1
        loss = targets.advantages[..., i] * model.distribution(seen).log_prob(seen.actions)[..., 1]
        gradients = torch.autograd.grad(loss.sum(), list(model.policy.parameters()))
        found.append(torch.cat([gradient[1].flatten() for gradient in gradients]))
    expected = torch.nn.functional.cosine_similarity(found[0], found[1], dim=0)
    assert report["alignment_01"] == pytest.approx(float(expected), abs=1e-5)


def test_nothing_is_said_where_an_agent_wants_nothing():
    case = prepared(lambda drawn: torch.cat([drawn, 0 * drawn], dim=-1))
    assert gradient_alignment(*case) == {}


def test_agents_that_share_are_compared_once_on_their_own_gradients():
    case = prepared(lambda drawn: drawn.expand(-1, -1, 3), sharing="all", agents=3)
    assert set(gradient_alignment(*case)) == {"alignment_01", "alignment_02", "alignment_12"}


def test_every_pair_of_many_agents_has_a_name_of_its_own():
    report = gradient_alignment(*prepared(lambda drawn: drawn.expand(-1, -1, 12), agents=12))
    assert {"alignment_1_11", "alignment_11_1", "alignment_1_10", "alignment_11_0"} <= set(report)
    assert len(report) == 12 * 11


def test_the_joint_divergence_is_the_sum():
    assert joint_divergence({"kl/0": 0.1, "kl/1": 0.2, "trial_kl/0": 9.0}) == pytest.approx(0.3)


def test_agents_of_a_group_are_compared_on_their_network_and_others_on_each_ones():
    noise = torch.randn(8, 3, 3, generator=torch.Generator().manual_seed(2))
    model, seen, targets = prepared(lambda drawn: drawn + noise, sharing=(0, 0, 1), agents=3)
    report = gradient_alignment(model, seen, targets)
    assert set(report) == {f"alignment_{pair}" for pair in ("01", "02", "12", "20", "21")}

    def wish(i, j, network):
        log_probs = model.distribution(seen).log_prob(seen.actions)
        value = (targets.advantages[..., i] * log_probs[..., j]).sum()
        gradients = torch.autograd.grad(value, list(model.policy.parameters()))
        return torch.cat([gradient[network].flatten() for gradient in gradients])

    cosine = torch.nn.functional.cosine_similarity
    expected = {
        "01": cosine(wish(0, 0, 0), wish(1, 1, 0), dim=0),
        "02": cosine(wish(0, 2, 1), wish(2, 2, 1), dim=0),
        "12": cosine(wish(1, 2, 1), wish(2, 2, 1), dim=0),
        "20": cosine(wish(2, 0, 0), wish(0, 0, 0), dim=0),
        "21": cosine(wish(2, 1, 0), wish(1, 1, 0), dim=0),
    }
    for pair, value in expected.items():
        assert report[f"alignment_{pair}"] == pytest.approx(float(value), abs=1e-5)


def test_long_stretches_are_judged_by_their_first_environments(monkeypatch):
    noise = torch.randn(8, 3, 2, generator=torch.Generator().manual_seed(2))
    model, seen, targets = prepared(lambda drawn: drawn + noise)
    few = torch.arange(2)
    expected = gradient_alignment(model, seen.environments(few), targets.environments(few))
    monkeypatch.setattr(diagnostics, "STEPS", 20)  # 8 times: two environments and a half
    assert gradient_alignment(model, seen, targets) == pytest.approx(expected)
    assert gradient_alignment(model, seen, targets) != pytest.approx(
        gradient_alignment(model, seen.environments(few[:1]), targets.environments(few[:1]))
    )


@pytest.mark.parametrize("learner", ["il-ppo", "ia2c", "matrl", "matrl-no-br", "il-la"])
def test_every_learner_by_policy_gradients_says_what_its_update_did(learner):
    env = RepeatedMatrixGame(named_game("stag_hunt"), 5, num_envs=4)
    shape = ("num_envs=4", "steps_per_update=40", "network.hidden=(8,)")
    own = make_learner(learner, spec_of(env), seed=0, changes=shape)
    seen = Collector(env, 0, own.initial_memory(4)).collect(own.explore, 10)
    with torch.no_grad():
        old = own.model.distribution(seen).logits
    report = own.update(seen)
    assert {"kl/0", "kl/1", "entropy/0", "surrogate/1", "alignment_01", "joint_kl"} <= set(report)
    with torch.no_grad():
        new = own.model.distribution(seen).logits
    kl = (old.exp() * (old - new)).sum(dim=-1).mean(dim=(0, 1)).tolist()
    assert [report["kl/0"], report["kl/1"]] == pytest.approx(kl, rel=1e-3)
    assert min(kl) > 0
    assert report["joint_kl"] == pytest.approx(sum(kl), rel=1e-3)


def test_churn_is_the_share_of_steps_whose_best_action_changed():
    before = torch.tensor([[[0, 1]], [[2, 1]], [[0, 0]], [[1, 1]]])
    after = torch.tensor([[[1, 1]], [[2, 0]], [[1, 1]], [[1, 0]]])
    active = torch.tensor([[[True, True]], [[True, True]], [[True, False]], [[False, False]]])
    found = policy_churn(before, after, active)
    assert {name: float(value) for name, value in found.items()} == pytest.approx(
        {"churn/0": 2 / 3, "churn/1": 1 / 2, "joint_churn": 1.0}
    )


@pytest.mark.parametrize("name", ["vdn", "qmix", "qtran"])
def test_learners_of_values_report_how_their_best_actions_changed(name):
    changes = ["num_envs=3", "steps_per_update=24", "warmup_steps=48", "buffer_steps=48", "batch=4"]
    learner = make_learner(name, small_spec(), seed=0, changes=[*changes, "lr=0.05"])
    seen = random_experience(times=8, envs=3, agents=2, seed=0)
    waiting, learning = learner.update(seen), learner.update(seen)
    names = ("churn/0", "churn/1", "joint_churn")
    assert [waiting[name] for name in names] == [0, 0, 0]
    first, second, joint = (learning[name] for name in names)
    assert 0 < max(first, second) <= joint <= 1
