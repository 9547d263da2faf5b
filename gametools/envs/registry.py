"""The environments by name, and environments written as text."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gametools.envs.checkers import Checkers
from gametools.envs.foraging import Foraging
from gametools.envs.from_pettingzoo import FromPettingZoo
from gametools.envs.protocol import Environment
from gametools.envs.repeated_matrix import RepeatedMatrixGame
from gametools.envs.switch import Switch
from gametools.own_code import own_faults, own_object
from gametools.validation import choice, count

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ENVS", "envs_frame", "parse_env"]


def _pettingzoo(module: str, num_envs: int = 1, *, workers: int = 0) -> FromPettingZoo:
    """A PettingZoo environment: a module with a function parallel_env, one's own or installed.

    It may lie in the current folder. An example to install: mpe2.simple_v3 (pip install mpe2).

    Source: the module.
    """
    with own_object(f"{module}:parallel_env", "module") as make:
        if not callable(make):
            raise ValueError(f"`module` {module!r}: its parallel_env is no function.")
        with own_faults(f"`module` {module!r}: its parallel_env"):
            return FromPettingZoo(make, num_envs, workers=workers)


ENVS: dict[str, Callable[..., Environment]] = {
    "checkers": Checkers,
    "checkers_matrl": Checkers.matrl,
    "switch": Switch,
    "climbing": RepeatedMatrixGame.climbing,
    "penalty": RepeatedMatrixGame.penalty,
    "repeated": RepeatedMatrixGame,
    "foraging": Foraging,
    "pettingzoo": _pettingzoo,
}
"""What makes each environment, by name."""


def parse_env(text: str, num_envs: int = 1) -> Environment:
    """Make an environment from text, ``NAME:parameter=value,parameter=value``.

    Parameters
    ----------
    text : str
        A name in `ENVS`, a colon, and parameters. Instead of a name also ``module:NAME`` of your
        own: what makes an `Environment` of `num_envs` copies. The module is looked for in the
        current folder too.
    num_envs : int
        Number of copies, at least 1.

    Raises
    ------
    ValueError
        If the name or a parameter is unknown or missing, or a value does not fit; the message
        says which.
    ImportError
        If a package of the extra ``[envs]`` is missing.

    Examples
    --------
    >>> from gametools.envs import parse_env
    >>> parse_env("switch:num_agents=4,version=3", num_envs=8)
    Switch(num_agents=4, num_envs=8, version=3, arrival=5, step_cost=-0.1, max_steps=50)
    >>> parse_env("checkers:apple=(5,1),lemon=(-5,-1)").apple
    (5.0, 1.0)
    """
    count("num_envs", num_envs, at_least=1)
    name, _, rest = text.partition(":")
    own, _, more = rest.partition(":")
    if name not in ENVS and own.isidentifier():
        with own_object(f"{name}:{own}", "env") as make:
            return _own(make, f"{name}:{own}", more, num_envs)
    return _made(ENVS[choice("env", name, ENVS)], name, rest, num_envs)


def _own(make: Any, name: str, rest: str, num_envs: int) -> Environment:
    """Make an environment of the user's own, whose faults are the user's to mend."""
    if not callable(make) or "num_envs" not in inspect.signature(make).parameters:
        raise ValueError(f"`env` {name!r} must be called with `num_envs`, and is not.")
    with own_faults(f"`env` {name!r}"):
        env = _made(make, name, rest, num_envs)
    if not isinstance(env, Environment):
        raise ValueError(f"`env` {name!r} must make an Environment; got {type(env).__name__}.")
    return env


def _made(make: Callable[..., Environment], name: str, rest: str, num_envs: int) -> Environment:
    """Call what makes an environment with the parameters that a text names."""
    text = f"{name}:{rest}" if rest else name
    known = _parameters(make)
    given: dict[str, Any] = {}
    for item in filter(None, re.split(r",(?![^(]*\))", rest)):  # commas outside brackets
        key, equals, value = item.partition("=")
        choice(f"{name} parameter", key, known)
        if not equals or key in given:
            raise ValueError(f"`env` must give `{key}=VALUE` once; got {text!r}.")
        given[key] = _value(value)
    missing = [k for k, p in known.items() if p.default is p.empty and k not in given]
    if missing:
        raise ValueError(f"`env` lacks `{missing[0]}`; write {name}:{missing[0]}=VALUE.")
    try:
        return make(**given, num_envs=num_envs)
    except (TypeError, ValueError) as error:
        raise ValueError(f"env {text!r}: {error}") from None


def envs_frame() -> pd.DataFrame:
    """Return the environments as a frame: name, parameters, what it is, source.

    Examples
    --------
    >>> from gametools.envs import envs_frame
    >>> envs_frame().loc[2, ["name", "parameters"]].tolist()
    ['switch', 'num_agents=2, version=0, arrival=5.0, step_cost=-0.1, max_steps=50']
    """
    import pandas as pd

    rows = []
    for name, make in ENVS.items():
        about = inspect.getdoc(make) or ""
        own = getattr(make, "__self__", None)  # the class of a named constructor
        sources = [about, *([inspect.getdoc(own) or ""] if own is not None else [])]
        found = [m for m in (re.search(r"Source: ((?:.+\n?)+?)(?:\n|\Z)", s) for s in sources) if m]
        shown = [
            k if p.default is p.empty else f"{k}={p.default}" for k, p in _parameters(make).items()
        ]
        rows.append(
            {
                "name": name,
                "parameters": ", ".join(shown),
                "what": about.split("\n\n")[0].replace("\n", " "),
                "source": " ".join(found[0][1].split()) if found else "",
            }
        )
    return pd.DataFrame(rows)


def _parameters(make: Callable[..., Environment]) -> dict[str, inspect.Parameter]:
    parameters = inspect.signature(make).parameters
    return {name: own for name, own in parameters.items() if name != "num_envs"}


def _value(text: str) -> Any:
    """Read a number, True, False, None or a tuple; anything else is a name."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
