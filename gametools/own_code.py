"""A user's own code, named as ``module:NAME``."""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

__all__ = ["own_object"]


@contextlib.contextmanager
def own_object(reference: str, argument: str) -> Iterator[object]:
    """Import what ``module:NAME`` refers to.

    Parameters
    ----------
    reference : str
        The module is looked for in the current folder too, and so is what it imports while the
        context lasts.
    argument : str
        Whose value `reference` is, for the message.

    Raises
    ------
    ValueError
        If there is no such module, or nothing of that name in it.

    Examples
    --------
    >>> with own_object("math:pi", "number") as found:
    ...     found
    3.141592653589793
    """
    module_name, _, name = reference.partition(":")
    folder = str(Path.cwd())
    sys.path.insert(0, folder)
    try:
        try:
            module = importlib.import_module(module_name)
        except (ImportError, ValueError) as error:  # ValueError: of an empty name
            raise ValueError(f"`{argument}` {reference!r} names no module: {error}.") from error
        if not hasattr(module, name):
            raise ValueError(f"`{argument}` {reference!r}: {module_name} has no {name!r}.")
        yield getattr(module, name)
    finally:
        sys.path.remove(folder)
