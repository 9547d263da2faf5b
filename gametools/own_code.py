"""A user's own code, named as ``module:NAME``."""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

__all__ = ["own_faults", "own_object"]


@contextlib.contextmanager
def own_object(reference: str, argument: str) -> Iterator[object]:
    """Import what ``module:NAME`` refers to.

    Parameters
    ----------
    reference : str
        The module is looked for in the current folder too, and so is what it imports while the
        context lasts. One that has been imported before is not read again.
    argument : str
        Whose value `reference` is, for the message.

    Raises
    ------
    ValueError
        If there is no such module, it cannot be imported, or it has nothing of that name.

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
        except Exception as error:  # whatever the user's module raises is the user's to mend
            raise ValueError(_reason(reference, argument, module_name, error)) from error
        if not hasattr(module, name):
            raise ValueError(f"`{argument}` {reference!r}: {module_name} has no {name!r}.")
        yield getattr(module, name)
    finally:
        sys.path.remove(folder)


@contextlib.contextmanager
def own_faults(what: str) -> Iterator[None]:
    """Turn what a user's own code raises into a ValueError of one line, the user's to mend.

    Parameters
    ----------
    what : str
        What is run, for the message.

    Raises
    ------
    ValueError
        If the code raises anything but an ImportError, a TypeError or a ValueError, which pass:
        these are of the arguments, and whoever called knows them.

    Examples
    --------
    >>> with own_faults("`env` 'mine:Maze'"):
    ...     {}["wall"]
    Traceback (most recent call last):
    ...
    ValueError: `env` 'mine:Maze' failed: KeyError: 'wall'.
    """
    try:
        yield
    except (ImportError, TypeError, ValueError):
        raise
    except Exception as error:
        raise ValueError(f"{what} failed: {type(error).__name__}: {error}.") from error


def _reason(reference: str, argument: str, module_name: str, error: Exception) -> str:
    """Say why a module could not be imported, and what to do."""
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    if missing is not None and f"{module_name}.".startswith(f"{missing}."):
        return (
            f"`{argument}` {reference!r} names no module: none is installed, and none lies in "
            f"{Path.cwd()}. Go to its folder, or install it."
        )
    return f"`{argument}` {reference!r} cannot be imported: {type(error).__name__}: {error}."
