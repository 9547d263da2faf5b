"""Rules by name and from text."""

import dataclasses

import pytest

from gametools.dynamics import (
    ALIASES,
    MATRL,
    RULES,
    AlternatingGradient,
    CompetitiveGradient,
    KLBallStep,
    LookAhead,
    ProximalPoint,
    WoLF,
    parse_rule,
    rules_frame,
)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("LookAhead:step=0.02", LookAhead(0.02)),
        ("IGA-PP:step=0.02,trial_step=1e-2", LookAhead(0.02, 0.01)),
        ("LookAhead:step=1,project_prediction=True", LookAhead(1.0, None, True)),
        ("WoLF:step_win=0.01,step_lose=0.06", WoLF(0.01, 0.06)),
        ("MATRL:step=0.1,anchor=aggregated,selection=best-total",
         MATRL(0.1, None, "aggregated", "best-total")),
        ("ProximalPoint:step=0.1,rounds=20", ProximalPoint(0.1, 20)),
        ("CGD:step=0.1", CompetitiveGradient(0.1)),
        ("KLBallStep:radius=(0.1,2),order=(1,0)", KLBallStep((0.1, 2), (1, 0))),
        ("AlternatingGradient:order=(2, 0, 1),step=0.1", AlternatingGradient(0.1, (2, 0, 1))),
    ],
)  # fmt: skip
def test_text_gives_the_rule(text, rule):
    assert parse_rule(text) == rule


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Wander:step=1", "'Wander'"),
        ("WoLF:step_win=0.1", "lacks `step_lose`"),
        ("IGA:step=1,step=2", "once"),
        ("IGA:step", "`step=VALUE`"),
        ("MATRL:step=0.1,anchor=here", "'here'"),
        ("WoLF:step_win=2,step_lose=1", "at most `step_lose`"),
        ("IGA:step=big", "'big'"),
        ("IGA:step=(1", "'(1'"),
        ("AlternatingGradient:step=0.1,order=(0,0)", "order"),
        ("KLBallStep:radius=(0.1,x)", "'x'"),
    ],
)
def test_bad_text_is_named(text, wanted):
    with pytest.raises(ValueError, match=r"rule|parameter|anchor") as error:
        parse_rule(text)
    assert wanted in str(error.value)


def test_every_rule_is_a_frozen_dataclass_and_listed():
    assert rules_frame()["name"].tolist() == list(RULES)
    assert set(ALIASES.values()) <= set(RULES)
    for rule in RULES.values():
        assert dataclasses.is_dataclass(rule)
        assert rule.__dataclass_params__.frozen
