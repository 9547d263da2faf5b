"""Small runs for the tests of training, and what they left compared bit for bit."""

import dataclasses

import numpy as np
import torch

from gametools.agents import LEARNERS, Run
from gametools.agents.checkpoint import load_checkpoint

SMALL = {
    "num_envs": 4, "steps_per_update": 40, "network.hidden": (8,),
    # Learning begins at once, the buffer overflows, targets move, exploration ends.
    "warmup_steps": 40, "batch": 3, "buffer_steps": 120, "target_every": 3, "epsilon_steps": 120,
}  # fmt: skip
FILES = ("progress.csv", "evaluation.csv", "finished.json")


def small_run(learner="il-ppo", env="switch:max_steps=7", *more, seed=3, **about):
    """A run of a few updates; settings that the learner does not have are left out."""
    default = LEARNERS[learner].presets["default"]
    known = {field.name for field in dataclasses.fields(default)}
    own = [f"{name}={value}" for name, value in SMALL.items() if name.split(".")[0] in known]
    about = {"steps": 200, "evaluate_every": 80, "evaluation_episodes": 2} | about
    return Run(learner, env, seed, changes=(*own, *more), **about)


def same(one, two):
    """Whether two contents of checkpoints are equal, bit for bit, types included."""
    if type(one) is not type(two):
        return False
    if isinstance(one, dict):
        return list(one) == list(two) and all(same(one[key], two[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(two) and all(map(same, one, two))
    if isinstance(one, torch.Tensor):
        return one.dtype == two.dtype and torch.equal(one, two)
    if isinstance(one, np.ndarray):
        return one.dtype == two.dtype and np.array_equal(one, two)
    return one == two


def assert_same_result(one, two):
    """Assert that two folders hold the same tables and the same state, bit for bit."""
    for name in FILES:
        assert (one / name).read_bytes() == (two / name).read_bytes(), name
    first, second = (load_checkpoint(folder / "checkpoint.pt") for folder in (one, two))
    for content in (first, second):  # pickles of other packages' games: equal in what they do only
        content["collector"]["env"].pop("games", None)
    different = [key for key in first if not same(first[key], second[key])]
    assert not different
