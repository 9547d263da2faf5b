"""Distributions against torch's own."""

import pytest

torch = pytest.importorskip("torch")

from torch import distributions  # noqa: E402

from gametools.agents.heads import Categorical, Gaussian  # noqa: E402


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def scores(*shape, seed=0):
    return 2 * torch.randn(shape, generator=generator(seed))


def test_categorical_agrees_with_torch():
    ours = Categorical.of(scores(4, 3, 5))
    other = Categorical.of(scores(4, 3, 5, seed=1))
    theirs = distributions.Categorical(logits=scores(4, 3, 5))
    actions = theirs.sample()
    torch.testing.assert_close(ours.log_prob(actions), theirs.log_prob(actions))
    torch.testing.assert_close(ours.entropy(), theirs.entropy())
    torch.testing.assert_close(ours.probabilities, theirs.probs)
    expected = distributions.kl_divergence(
        theirs, distributions.Categorical(logits=scores(4, 3, 5, seed=1))
    )
    torch.testing.assert_close(other.divergence_from(ours), expected)
    assert torch.equal(ours.mode(), theirs.probs.argmax(-1))


def test_samples_follow_the_probabilities():
    head = Categorical.of(torch.tensor([0.0, 1.0, -1.0, 0.5]).expand(200_000, 4))
    counts = torch.bincount(head.sample(generator()), minlength=4) / 200_000
    assert (counts - head.probabilities[0]).abs().max() < 0.005  # 4.5 standard errors


def test_forbidden_actions_are_never_taken_and_count_for_nothing():
    masks = torch.tensor([True, False, True])
    head = Categorical.of(scores(1000, 3), masks)
    assert not (head.sample(generator()) == 1).any()
    assert not (head.mode() == 1).any()
    only = Categorical.of(scores(1000, 3)[:, [0, 2]])
    torch.testing.assert_close(head.entropy(), only.entropy())
    torch.testing.assert_close(head.probabilities[:, [0, 2]], only.probabilities)


def test_gaussian_agrees_with_torch_and_ignores_padding():
    used = torch.tensor([1.0, 1.0, 0.0]).expand(7, 3)
    ours = Gaussian(scores(7, 3), scores(7, 3, seed=1) / 4, used)
    new = Gaussian(scores(7, 3, seed=2), scores(7, 3, seed=3) / 4, used)

    def theirs(head):
        normal = distributions.Normal(head.mean[:, :2], head.log_std[:, :2].exp())
        return distributions.Independent(normal, 1)

    actions = ours.sample(generator(4))
    assert not actions[:, 2].any()
    torch.testing.assert_close(ours.log_prob(actions), theirs(ours).log_prob(actions[:, :2]))
    torch.testing.assert_close(ours.entropy(), theirs(ours).entropy())
    expected = distributions.kl_divergence(theirs(ours), theirs(new))
    torch.testing.assert_close(new.divergence_from(ours), expected)


def test_gaussian_samples_have_the_right_moments():
    shape = (200_000, 1)
    head = Gaussian(torch.full(shape, 2.0), torch.full(shape, -0.7), torch.ones(shape))
    drawn = head.sample(generator())
    assert float(drawn.mean()) == pytest.approx(2.0, abs=0.006)
    assert float(drawn.std()) == pytest.approx(float(torch.tensor(-0.7).exp()), rel=0.01)
