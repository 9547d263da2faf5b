"""Settings by name are those published, or found by the search of the grid worlds' study."""

import dataclasses

import pytest

pytest.importorskip("torch")

from gametools.agents import LEARNERS

# The MATRL paper, appendix F, table 3, and what its released configurations say besides.
COMMON = {
    "lr": 0.002, "gamma": 0.99, "lam": 0.97, "steps_per_update": 2000, "rewards": "own",
    "critic": "observation", "network.hidden": (128, 128), "network.activation": "leaky_relu",
    "network.sharing": "none", "network.recurrent": 0,
}  # fmt: skip
LOSS = {"clip": 0.1, "value_clip": 0.1, "entropy": 0.05, "kl": 0.001, "policy": 1.0,
        "target_kl": 0.1, "minibatches": 1}  # fmt: skip
EQUATIONS = {
    "meta_game": "solve", "meta_payoff": "joint-mean", "meta_clip": 0.1, "weight_clip": 0.1,
    "mixture": "probabilities", "anchor": "current", "best_response": True, "weight": "sample",
}  # fmt: skip
PROGRAM = {
    "meta_game": "solve", "meta_payoff": "product-of-means", "meta_clip": None, "solver": "cma-es",
    "mixture": "parameters", "anchor": "aggregated", "best_response": True, "weight": "batch",
}  # fmt: skip


def step(name, epochs, value):
    losses = LOSS | {"epochs": epochs, "value": value}
    return {f"{name}.{own}": setting for own, setting in losses.items()}


@pytest.mark.parametrize(
    ("learner", "preset", "published"),
    [
        ("il-ppo", "paper", step("step", 10, 1.0)),
        ("il-ppo", "paper-switch", step("step", 10, 0.01)),
        ("il-ppo", "released", step("step", 5, 1.0)),
        ("il-ppo", "released-switch", step("step", 5, 0.001)),
        ("matrl", "paper", step("trial", 10, 1.0) | step("step", 5, 1.0) | EQUATIONS),
        ("matrl", "paper-switch", step("trial", 10, 0.01) | step("step", 5, 0.01) | EQUATIONS),
        ("matrl", "released", step("trial", 5, 1.0) | step("step", 5, 1.0) | PROGRAM),
        ("matrl", "released-switch", step("trial", 5, 0.001) | step("step", 5, 0.001) | PROGRAM),
    ],
)
def test_settings_are_the_published_ones(learner, preset, published):
    found = flat(LEARNERS[learner].presets[preset])
    expected = COMMON | published
    assert {name: found[name] for name in expected} == expected


def flat(config, before=""):
    """Every setting by its dotted name."""
    found = {}
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        inner = dataclasses.is_dataclass(value)
        found |= flat(value, f"{before}{field.name}.") if inner else {before + field.name: value}
    return found


QUIET, TEAM = {"step.entropy": 0.0}, {"rewards": "team"}
TUNED = [
    ("il-ppo", "tuned", "paper", QUIET | TEAM),
    ("il-ppo", "tuned-switch", "paper-switch", QUIET),
    ("matrl", "tuned", "paper", QUIET | TEAM | {"trial.entropy": 0.0}),
    ("matrl", "tuned-switch", "paper-switch", QUIET | {"trial.entropy": 0.0}),
    *(
        (learner, preset, "default", {"time_limits": "end"} | more)
        for learner in ("vdn", "qmix", "qtran")
        for preset, more in (("tuned", {}), ("tuned-switch", {"updates": 5}))
    ),
]


@pytest.mark.parametrize(("learner", "preset", "other", "changes"), TUNED)
def test_tuned_settings_differ_in_what_was_found_alone(learner, preset, other, changes):
    presets = LEARNERS[learner].presets
    found, before = flat(presets[preset]), flat(presets[other])
    assert {name: value for name, value in found.items() if value != before[name]} == changes
