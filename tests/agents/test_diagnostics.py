"""Alignment of gradients: a team agrees, duellists do not."""

import dataclasses

import pytest

torch = pytest.importorskip("torch")

from agent_cases import random_experience, small_spec  # noqa: E402

from gametools.agents import ILPPO, ILPPOConfig, NetworkConfig  # noqa: E402
from gametools.agents.diagnostics import gradient_alignment, joint_divergence  # noqa: E402
from gametools.agents.ppo import Targets  # noqa: E402


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


def test_the_joint_divergence_is_the_sum():
    assert joint_divergence({"kl/0": 0.1, "kl/1": 0.2, "trial_kl/0": 9.0}) == pytest.approx(0.3)
