"""Frozen configurations: changed by name, written down, read back."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterable
from types import UnionType
from typing import Any

from gametools.validation import choice

__all__ = ["as_plain", "changed"]


def changed(config: Any, changes: Iterable[str]) -> Any:
    """Return a configuration with some settings changed.

    Parameters
    ----------
    config : dataclass instance
        It may hold others.
    changes : iterable of str
        ``"lr=0.001"``, ``"step.epochs=10"``, ``"network.hidden=(64, 64)"``; a word that is no
        Python value is taken as text.

    Raises
    ------
    ValueError
        If a name is unknown or a value does not fit; the message says which.

    Examples
    --------
    >>> from gametools.agents import ILPPOConfig
    >>> from gametools.agents.settings import changed
    >>> config = changed(ILPPOConfig(), ["lr=0.001", "step.epochs=10", "network.sharing=all"])
    >>> config.lr, config.step.epochs, config.network.sharing
    (0.001, 10, 'all')
    """
    tree = _Tree()
    for change in changes:
        path, equals, text = change.partition("=")
        if not equals or not path:
            raise ValueError(f"`set` must be NAME=VALUE, for example lr=0.001; got {change!r}.")
        *groups, name = path.split(".")
        node = tree
        for group in groups:
            inner = node.setdefault(group, _Tree())
            if not isinstance(inner, _Tree):
                raise ValueError(f"`set` {path!r}: {group} holds no settings.")
            node = inner
        node[name] = _value(text)
    try:
        return _replaced(config, tree)
    except TypeError as error:
        raise ValueError(str(error)) from None


class _Tree(dict[str, Any]):
    """New values by name; of groups of settings trees in turn."""


def as_plain(config: Any) -> Any:
    """Return a configuration as what JSON can hold."""
    if dataclasses.is_dataclass(config) and not isinstance(config, type):
        fields = dataclasses.fields(config)
        return {field.name: as_plain(getattr(config, field.name)) for field in fields}
    if isinstance(config, tuple | list):
        return [as_plain(item) for item in config]
    return config


def _replaced(config: Any, tree: _Tree, group: str = "") -> Any:
    """Change all settings at once, for they are checked against one another."""
    known = {field.name: field for field in dataclasses.fields(config)}
    new = {}
    for name, value in tree.items():
        choice("set", group + name, [group + other for other in known])
        inner = getattr(config, name)
        if dataclasses.is_dataclass(inner):
            if not isinstance(value, _Tree):
                own = ", ".join(f"{name}.{field.name}" for field in dataclasses.fields(inner))
                raise ValueError(f"`set` must name one of {own}; got {name!r}.")
            new[name] = _replaced(inner, value, f"{group}{name}.")
        elif isinstance(value, _Tree):
            raise ValueError(f"`set` {name + '.' + next(iter(value))!r}: {name} holds no settings.")
        else:
            new[name] = _fitting(known[name], value)
    return dataclasses.replace(config, **new)


def _fitting(field: dataclasses.Field[Any], value: Any) -> Any:
    """Return a value as its field wants it: whole numbers as floats, lists as tuples."""
    kind = field.type if isinstance(field.type, str | UnionType) else field.type.__name__
    kinds = [kind.strip() for kind in str(kind).split("|")]
    if kinds == ["bool"] and not isinstance(value, bool):
        raise ValueError(f"`{field.name}` must be True or False; got {value!r}.")
    if "float" in kinds and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if all(kind.startswith("tuple") for kind in kinds) and not isinstance(value, tuple | list):
        raise ValueError(f"`{field.name}` must be a tuple, such as (64, 64); got {value!r}.")
    return tuple(value) if isinstance(value, list) else value


def _value(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
