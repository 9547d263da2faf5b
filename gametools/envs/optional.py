"""Packages of the extra ``[envs]``, loaded when they are needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["load"]

_EXTRA = ("cloudpickle", "gymnasium", "lbforaging", "pettingzoo")


def load(package: str, who: str) -> Any:
    """Import a package of the extra, or say in one line how to install it."""
    try:
        return import_module(package)
    except ModuleNotFoundError as error:
        name = (error.name or "").split(".")[0]
        if name not in _EXTRA:
            raise
        raise ImportError(f"{who} needs {name}: pip install gametools[envs]") from None
