"""The update rules by name, and rules written as text."""

from __future__ import annotations

import dataclasses
import inspect
import re
from typing import TYPE_CHECKING, Any

from gametools.dynamics.adjusted import ConsensusOptimization, SymplecticGradient
from gametools.dynamics.alternating import AlternatingGradient
from gametools.dynamics.best_response import (
    ExploitabilityDescent,
    FictitiousPlay,
    LogitBestResponse,
)
from gametools.dynamics.gradient import GradientDescent
from gametools.dynamics.hill_climbing import PHC, WoLFPHC
from gametools.dynamics.implicit import CompetitiveGradient, ProximalPoint
from gametools.dynamics.kl_ball import KLBallStep
from gametools.dynamics.matrl import MATRL
from gametools.dynamics.opponent_shaping import LOLA, SOS
from gametools.dynamics.optimistic import OptimisticGradient
from gametools.dynamics.prediction import ExtraGradient, FirstOrderLookAhead, LookAhead
from gametools.dynamics.regret import RegretMatching, SampledRegretMatching
from gametools.dynamics.replicator import Hedge, Replicator
from gametools.dynamics.rule import UpdateRule
from gametools.dynamics.sampled_wpl import SampledWPL
from gametools.dynamics.variable_rate import WPL, GIGAWoLF
from gametools.dynamics.wolf import WoLF
from gametools.validation import choice

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ALIASES", "RULES", "parse_rule", "rules_frame"]

RULES: dict[str, type[UpdateRule]] = {
    rule.__name__: rule
    for rule in (
        GradientDescent,
        AlternatingGradient,
        LookAhead,
        FirstOrderLookAhead,
        ExtraGradient,
        OptimisticGradient,
        WoLF,
        GIGAWoLF,
        WPL,
        LOLA,
        SOS,
        ConsensusOptimization,
        SymplecticGradient,
        CompetitiveGradient,
        ProximalPoint,
        MATRL,
        KLBallStep,
        ExploitabilityDescent,
        Replicator,
        LogitBestResponse,
        FictitiousPlay,
        Hedge,
        RegretMatching,
        PHC,
        WoLFPHC,
        SampledRegretMatching,
        SampledWPL,
    )
}
"""Every update rule of the package, by the name of its class."""

ALIASES = {
    "IGA": "GradientDescent",
    "IGA-PP": "LookAhead",
    "CO": "ConsensusOptimization",
    "SGA": "SymplecticGradient",
    "CGD": "CompetitiveGradient",
    "EG": "ExtraGradient",
    "OGD": "OptimisticGradient",
    "MultiplicativeWeights": "Hedge",
}
"""What some rules are called: on matrix games, or by their initials."""


def parse_rule(text: str) -> UpdateRule:
    """Make a rule from text, ``NAME:parameter=value,parameter=value``.

    Parameters
    ----------
    text : str
        A name in `RULES` or `ALIASES`, a colon, and the rule's parameters.

    Raises
    ------
    ValueError
        If the name or a parameter is unknown or missing, or a value does not fit; the message
        says which.

    Examples
    --------
    >>> from gametools.dynamics import parse_rule
    >>> parse_rule("IGA-PP:step=0.02,trial_step=0.01")
    LookAhead(step=0.02, trial_step=0.01, project_prediction=False)
    >>> parse_rule("KLBallStep:radius=(0.01,0.02),order=(1,0)")
    KLBallStep(radius=(0.01, 0.02), order=(1, 0), divergence='old-new')
    """
    name, _, rest = text.partition(":")
    choice("rule", name, (*RULES, *ALIASES))
    rule = RULES[ALIASES.get(name, name)]
    known = _parameters(rule)
    given: dict[str, Any] = {}
    for item in filter(None, re.split(r",(?![^(]*\))", rest)):  # commas outside brackets
        key, equals, value = item.partition("=")
        choice(f"{name} parameter", key, known)
        if not equals or key in given:
            raise ValueError(f"`rule` must give `{key}=VALUE` once; got {text!r}.")
        given[key] = _value(value, whole=known[key].type == "int")
    missing = [key for key, field in known.items() if _required(field) and key not in given]
    if missing:
        example = ",".join(f"{key}=0.02" for key in missing)
        raise ValueError(f"`rule` lacks `{missing[0]}`; write, for example, {name}:{example}.")
    try:
        return rule(**given)
    except (TypeError, ValueError) as error:
        raise ValueError(f"rule {text!r}: {error}") from None


def rules_frame() -> pd.DataFrame:
    """Return the rules as a frame: name, alias, parameters, evaluations, what it does.

    Examples
    --------
    >>> from gametools.dynamics import rules_frame
    >>> rules_frame().loc[0, ["name", "parameters"]].tolist()
    ['GradientDescent', 'step']
    """
    import pandas as pd

    aliases = {name: alias for alias, name in ALIASES.items()}
    rows = [
        {
            "name": name,
            "alias": aliases.get(name, ""),
            "parameters": ", ".join(map(_shown, _parameters(rule).values())),
            "evaluations": rule.evaluations,
            "what": (inspect.getdoc(rule) or "")
            .split("\n\n")[0]
            .split(":")[0]
            .replace("\n", " ")
            .replace("*", ""),
        }
        for name, rule in RULES.items()
    ]
    return pd.DataFrame(rows)


def _parameters(rule: type[UpdateRule]) -> dict[str, dataclasses.Field[Any]]:
    return {field.name: field for field in dataclasses.fields(rule)}  # type: ignore[arg-type]


def _required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING


def _shown(field: dataclasses.Field[Any]) -> str:
    return field.name if _required(field) else f"{field.name}={field.default}"


def _value(text: str, *, whole: bool) -> float | bool | str | tuple[Any, ...] | None:
    """Read a number, True, False, None, or numbers in brackets; anything else is a name.

    Whole numbers in brackets stay whole: they may be players.
    """
    if text.startswith("(") and text.endswith(")"):
        items = filter(None, (item.strip() for item in text[1:-1].split(",")))
        return tuple(_value(item, whole=item.lstrip("-").isdigit()) for item in items)
    words = {"True": True, "False": False, "None": None}
    if text in words:
        return words[text]
    try:
        return int(text) if whole else float(text)
    except ValueError:
        return text
