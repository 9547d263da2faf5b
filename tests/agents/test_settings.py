import dataclasses
import json

import pytest

pytest.importorskip("torch")
from gametools.agents import ILPPOConfig
from gametools.agents.settings import as_plain, changed


def test_values_fit_their_fields():
    config = changed(ILPPOConfig(), ["network.hidden=[4,4]", "lr=1", "max_grad_norm=None"])
    assert config.network.hidden == (4, 4)
    assert (config.lr, type(config.lr), config.max_grad_norm) == (1.0, float, None)


@dataclasses.dataclass(frozen=True)
class Own:
    """Settings of one's own; annotations are classes here, and words above."""

    flag: bool = True
    rate: float = 0.5
    most: float | None = None


def test_settings_of_ones_own_need_no_postponed_annotations():
    config = changed(Own(), ["rate=1", "most=2"])
    assert (type(config.rate), type(config.most)) == (float, float)
    with pytest.raises(ValueError, match="`flag` must be True or False; got 'false'"):
        changed(Own(), ["flag=false"])


def test_settings_change_together_whatever_their_order():
    # One by one the first would leave 256 steps for 5 environments, which do not divide them.
    words = ["num_envs=5", "steps_per_update=35", "step.epochs=2", "step.clip=0.3"]
    for order in (words, words[::-1]):
        config = changed(ILPPOConfig(), order)
        assert (config.num_envs, config.steps_per_update) == (5, 35)
        assert (config.step.epochs, config.step.clip) == (2, 0.3)


def test_the_last_of_two_words_counts_and_the_old_settings_stay():
    before = ILPPOConfig()
    assert changed(before, ["lr=0.1", "lr=0.2"]).lr == 0.2
    assert before == ILPPOConfig()


def test_settings_are_what_json_holds():
    plain = as_plain(ILPPOConfig())
    assert json.loads(json.dumps(plain)) == plain
    assert plain["network"]["hidden"] == [128, 128]


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("lr", "`set` must be NAME=VALUE"),
        ("=1", "`set` must be NAME=VALUE"),
        ("lrr=1", "`set` must be one of .*Did you mean 'lr'"),
        ("lr=fast", "`lr` must be a number; got 'fast'"),
        ("lr=-1", "`lr` must be positive"),
        ("lr.x=1", "'lr.x': lr holds no settings"),
        ("step=1", "`set` must name one of step.epochs"),
        ("step.epoch=1", "`set` must be one of step.epochs, .*Did you mean 'step.epochs'"),
        ("step.epochs=1.5", "`epochs` must be a whole number; got 1.5"),
        ("scale_values=false", "`scale_values` must be True or False; got 'false'"),
        ("network.hidden=64", r"`hidden` must be a tuple, such as \(64, 64\); got 64"),
        ("network.sharing=1", r"`sharing` must be 'none', 'all' or a group .*; got 1"),
        ("network.sharing=(0.5,0)", r"`sharing` must be 'none', 'all' or a group .*; got \(0.5"),
        ("num_envs=7", "`steps_per_update` must be a multiple of `num_envs`, 7"),
    ],
)
def test_bad_words_are_refused_with_what_would_do(word, message):
    with pytest.raises(ValueError, match=message):
        changed(ILPPOConfig(), [word])
