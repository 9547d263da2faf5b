"""What is trained, and the folder that says so."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gametools.agents.checkpoint import check_checkpoint
from gametools.agents.learner import Learner
from gametools.agents.registry import make_learner
from gametools.agents.settings import as_plain
from gametools.agents.spec import spec_of
from gametools.envs.protocol import Environment
from gametools.envs.registry import parse_env
from gametools.storage import require_writable_folder, version, whole_file
from gametools.validation import count, number

__all__ = ["Run", "check_run", "close", "described", "prepare_run", "write_json"]


@dataclass(frozen=True)
class Run:
    """What is trained: one learner, one environment, one seed.

    Attributes
    ----------
    learner : str
        Name in `LEARNERS`, or ``module:NAME`` of your own, see `make_learner`.
    env : str
        As `parse_env` reads it, for example ``"switch:num_agents=4"``.
    seed : int
    steps : int
        Joint environment steps in all; the last update may pass it.
    preset : str
        Name of the learner's settings.
    changes : tuple of str
        Settings changed from the preset, see `changed`.
    evaluate_every : int
        Joint steps between evaluations; the first is before any learning.
    evaluation_episodes : int
        Greedy ones, and as many sampled ones.
    checkpoint_every : float
        Seconds between checkpoints, more where one takes over a twentieth of that; 0 after every
        update.
    """

    learner: str
    env: str
    seed: int
    steps: int
    preset: str = "default"
    changes: tuple[str, ...] = ()
    evaluate_every: int = 20_000
    evaluation_episodes: int = 20
    checkpoint_every: float = 10.0

    def __post_init__(self) -> None:
        count("seed", self.seed)
        count("steps", self.steps, at_least=1)
        count("evaluate_every", self.evaluate_every, at_least=1)
        count("evaluation_episodes", self.evaluation_episodes, at_least=1)
        number("checkpoint_every", self.checkpoint_every, at_least=0)


def described(run: Run) -> dict[str, Any]:
    """Return every setting of a run and its learner, as ``run.json`` has them."""
    return _written_down(run, _untrained(run))


def check_run(run: Run, folder: str | Path) -> Learner:
    """Check a run and its folder; nothing is written.

    Returns
    -------
    Learner
        Untrained.

    Raises
    ------
    ValueError
        As `train`.
    """
    learner = _untrained(run)
    waits = getattr(learner.config, "warmup_steps", 0)
    if waits > run.steps:
        raise ValueError(
            f"`warmup_steps` must be at most `steps`, or nothing is learned; got {waits} and "
            f"{run.steps}."
        )
    path = Path(folder) / "run.json"
    if path.exists():
        _require_same(path, _written_down(run, learner))
    if not (path.parent / "finished.json").exists():
        check_checkpoint(path.parent / "checkpoint.pt")
    return learner


def prepare_run(run: Run, folder: str | Path) -> Learner:
    """Check a run and its folder, and write down in ``run.json`` what is to be done there.

    Returns and raises what `check_run` does.
    """
    learner = check_run(run, folder)
    path = require_writable_folder(folder, "out") / "run.json"
    if not path.exists():
        write_json(path, _written_down(run, learner) | {"versions": _versions()})
    return learner


def _untrained(run: Run) -> Learner:
    env = parse_env(run.env, num_envs=1)
    sizes = spec_of(env)
    close(env)
    return make_learner(run.learner, sizes, seed=run.seed, preset=run.preset, changes=run.changes)


def _written_down(run: Run, learner: Learner) -> dict[str, Any]:
    return dict(as_plain(run) | {"config": as_plain(learner.config)})


def _require_same(path: Path, wanted: dict[str, Any]) -> None:
    """Raise where a folder holds another run."""
    try:
        found = json.loads(path.read_text())
        assert isinstance(found, dict)
    except (ValueError, AssertionError):
        raise ValueError(f"{path} is damaged; choose another folder.") from None
    for name, value in wanted.items():
        if found.get(name) != json.loads(json.dumps(value)):
            raise ValueError(
                f"`out` holds a run with {name} = {found.get(name)!r}, not {value!r}: "
                f"{path.parent}. Choose another folder."
            )


def _versions() -> dict[str, str]:
    return {package: version(package) for package in ("gametools", "torch", "numpy")}


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON file, whole."""
    with whole_file(path) as file:
        json.dump(content, file, indent=2)
        file.write("\n")


def close(env: Environment) -> None:
    """Close an environment that can be closed."""
    if hasattr(env, "close"):
        env.close()
