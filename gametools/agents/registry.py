"""The learners by name, with their settings by name."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from gametools.agents import ia2c, il_ppo, matrl, qmix, qtran, vdn
from gametools.agents.learner import Learner
from gametools.agents.ppo import PPOStep
from gametools.agents.settings import changed
from gametools.agents.spec import Spec
from gametools.own_code import own_object
from gametools.validation import choice

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LEARNERS", "LearnerEntry", "learners_frame", "make_learner"]


@dataclass(frozen=True)
class LearnerEntry:
    """How a learner is made from names.

    Attributes
    ----------
    make : callable
        ``make(spec, config, seed)``.
    presets : mapping of str to config
        Frozen dataclasses with `num_envs` and `steps_per_update`; one is named "default".
    what, source : str
        What it does, and where it comes from.

    Examples
    --------
    With these lines in ``mine.py``, ``gametools train mine:SLOW switch`` trains it.

    >>> from dataclasses import replace
    >>> from gametools.agents import ILPPO, LEARNERS, LearnerEntry
    >>> config = replace(LEARNERS["il-ppo"].presets["default"], lr=1e-5)
    >>> SLOW = LearnerEntry(ILPPO, {"default": config}, "independent PPO, slowly", "here")
    """

    make: Callable[[Spec, Any, int], Learner]
    presets: Mapping[str, Any]
    what: str
    source: str


def _without_response(spec: Spec, config: matrl.MATRLConfig, seed: int) -> Learner:
    if config.best_response:
        raise ValueError("`best_response` must be False for matrl-no-br; train matrl instead.")
    return matrl.MATRL(spec, config, seed)


_NO_RESPONSE = {
    name: replace(preset, best_response=False, mixture="parameters")
    for name, preset in matrl.PRESETS.items()
    if isinstance(preset.trial, PPOStep)
}


def _looking_ahead(spec: Spec, config: matrl.MATRLConfig, seed: int) -> Learner:
    if not config.best_response:
        raise ValueError("`best_response` must be True for il-la; train matrl-no-br instead.")
    if config.meta_game != "solve":
        raise ValueError("`meta_game` is (0, ..., 0) for il-la; train matrl with it instead.")
    return matrl.MATRL(spec, replace(config, meta_game=(0.0,) * spec.num_agents), seed)


_WEN = "Wen et al. (2021), A Game-Theoretic Approach to Multi-Agent Trust Region Optimization"
LEARNERS = {
    "il-ppo": LearnerEntry(
        il_ppo.ILPPO, il_ppo.PRESETS,
        "independent learners: to each agent the others are part of its world",
        "de Witt et al. (2020), Is Independent Learning All You Need in the StarCraft "
        "Multi-Agent Challenge?",
    ),
    "matrl": LearnerEntry(
        matrl.MATRL, matrl.PRESETS,
        "a trial update, a meta-game over it, a best response to its equilibrium", _WEN,
    ),
    "matrl-no-br": LearnerEntry(
        _without_response, _NO_RESPONSE,
        "MATRL that plays the meta-game's equilibrium, without a best response to it", _WEN,
    ),
    "il-la": LearnerEntry(
        _looking_ahead, matrl.PRESETS,
        "MATRL without the meta-game: a best response to all trial updates", _WEN,
    ),
    "ia2c": LearnerEntry(
        ia2c.IA2C, ia2c.PRESETS, "independent learners, one gradient step for each batch",
        "Mnih et al. (2016), Asynchronous Methods for Deep Reinforcement Learning",
    ),
    "vdn": LearnerEntry(
        vdn.VDN, vdn.PRESETS, "the team's value is the sum of the agents'",
        "Sunehag et al. (2018), Value-Decomposition Networks for Cooperative Multi-Agent Learning",
    ),
    "qmix": LearnerEntry(
        qmix.QMIX, qmix.PRESETS, "the team's value is monotonic in each agent's",
        "Rashid et al. (2018), QMIX: Monotonic Value Function Factorisation for Deep Multi-Agent "
        "Reinforcement Learning",
    ),
    "qtran": LearnerEntry(
        qtran.QTRAN, qtran.PRESETS,
        "an unrestricted team value, whose best joint action is made of the agents' best",
        "Son et al. (2019), QTRAN: Learning to Factorize with Transformation for Cooperative "
        "Multi-Agent Reinforcement Learning",
    ),
}  # fmt: skip
"""Every learner, by name."""


def make_learner(
    name: str, spec: Spec, *, seed: int, preset: str = "default", changes: Iterable[str] = ()
) -> Learner:
    """Make a learner from names.

    Parameters
    ----------
    name : str
        In `LEARNERS`, or ``module:NAME`` of a `LearnerEntry` of your own; the module is looked for
        in the current folder too.
    spec : Spec
        Of the environment, see `spec_of`.
    seed : int
    preset : str
        One of the learner's.
    changes : iterable of str
        Settings changed from the preset, see `changed`.

    Raises
    ------
    ValueError
        If a name or a setting is unknown, settings contradict one another, or the learner does
        not fit the environment; the message says which.
    """
    with _entry(name) as entry:
        config = changed(entry.presets[choice("preset", preset, entry.presets)], changes)
        return entry.make(spec, config, seed)


@contextlib.contextmanager
def _entry(name: str) -> Iterator[LearnerEntry]:
    """A learner's entry; one of the user's own may import what lies beside it meanwhile."""
    if name.startswith("__main__:"):
        raise ValueError(
            f"`learner` {name!r} must be in a module of its own, for seeds run in processes of "
            "theirs: put it in a file."
        )
    if ":" not in name:
        yield LEARNERS[choice("learner", name, LEARNERS)]
        return
    with own_object(name, "learner") as found:
        if not (hasattr(found, "make") and hasattr(found, "presets")):  # the module may be reloaded
            raise ValueError(
                f"`learner` {name!r} must be a LearnerEntry such as LearnerEntry(Mine, "
                f"{{'default': MineConfig()}}, what, source); got {found!r}."
            )
        yield cast("LearnerEntry", found)


def learners_frame() -> pd.DataFrame:
    """Return the learners as a frame: name, presets, what, source."""
    import pandas as pd

    rows = [
        {"name": name, "presets": ", ".join(entry.presets), "what": entry.what,
         "source": entry.source}
        for name, entry in LEARNERS.items()
    ]  # fmt: skip
    return pd.DataFrame(rows)
