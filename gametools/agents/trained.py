"""Runs read back: the learner as it was at its last checkpoint."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from gametools.agents.checkpoint import load_checkpoint
from gametools.agents.learner import Learner
from gametools.agents.run import Run, check_run

__all__ = ["Trained", "load_trained"]


@dataclass(frozen=True, eq=False)
class Trained:
    """A learner of a run.

    Attributes
    ----------
    run : Run
    learner : Learner
    steps : int
        Joint steps that it has learned from.
    """

    run: Run
    learner: Learner
    steps: int


def load_trained(folder: str | Path) -> Trained:
    """Read the learner of a run.

    Parameters
    ----------
    folder : str or Path
        Of one run, see `train`.

    Raises
    ------
    ValueError
        If there is no run, or no checkpoint yet, or one of them is damaged.

    Notes
    -----
    A checkpoint is read by pickle: read only those that you trust.
    """
    place = Path(folder)
    about = place / "run.json"
    if not about.exists():
        raise ValueError(f"`run` must be a folder of `train`; got {str(place)!r}.")
    if not (place / "checkpoint.pt").exists():
        raise ValueError(f"`run` must have a checkpoint; {str(place)!r} has none yet.")
    try:
        written: dict[str, Any] = json.loads(about.read_text())
        own = {field.name: written[field.name] for field in fields(Run)}
        run = Run(**own | {"changes": tuple(own["changes"])})
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{about} is damaged ({type(error).__name__}: {error}).") from None
    learner = check_run(run, place)
    content = load_checkpoint(place / "checkpoint.pt")
    learner.load_state_dict(content["learner"])
    return Trained(run, learner, int(content["steps"]))
