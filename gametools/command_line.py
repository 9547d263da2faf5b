"""What every command shares: one-line errors, exit code 2, and no traceback for bad input."""

from __future__ import annotations

import argparse
import re
import signal
import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import NoReturn

__all__ = ["Parser", "aligned", "run_command", "seed_range", "whole_number"]

BAD_INPUT = 2
"""Exit code of bad input and of an interrupted run."""


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors take one line, and whose help keeps its examples' lines."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        kwargs.setdefault("allow_abbrev", False)
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        # By default a word such as -1,0 or -1/2 is an unknown option; here it is a value.
        self._negative_number_matcher = re.compile(r"-[\d.]")

    def error(self, message: str) -> NoReturn:
        """Print one line on standard error and exit with code 2."""
        self.exit(BAD_INPUT, f"{self.prog}: {message}\n")


def run_command(name: str, body: Callable[[], int | None], *, resume: str = "") -> int:
    """Run the body of a command and return its exit code.

    Parameters
    ----------
    name : str
        The command's name, the first word of an error.
    body : callable
        The work; it may return an exit code of its own. ``ValueError``, ``TypeError`` and
        ``OSError`` are the user's to mend and become one line on standard error; any other
        exception is ours and keeps its traceback.
    resume : str
        What to tell the user whose run was interrupted (by Ctrl-C or by SIGTERM).

    Returns
    -------
    int
        That of the body, 0 by default; 2 after bad input or an interruption.
    """
    previous = signal.signal(signal.SIGTERM, _interrupt)
    try:
        code = body()
    except KeyboardInterrupt:
        return _fail(name, f"interrupted; {resume or 'nothing was written.'}")
    except (ValueError, TypeError, OSError) as error:
        return _fail(name, " ".join(str(error).split()))
    finally:
        signal.signal(signal.SIGTERM, previous)
    return code or 0


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Return rows of cells as text with aligned columns.

    Examples
    --------
    >>> print(aligned([["name", "n"], ["IGA", "1"]]))
    name  n
    IGA   1
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def seed_range(text: str) -> range:
    """Read ``A:B`` as the seeds A to B - 1; for `type=` of an argument."""
    low, _, high = text.partition(":")
    if low.isdecimal() and high.isdecimal() and int(low) < int(high) <= 2**32:
        return range(int(low), int(high))
    raise argparse.ArgumentTypeError(f"must be A:B with 0 <= A < B; got {text!r}")


def whole_number(text: str) -> int:
    """Read a whole number of at least 1; for `type=` of an argument."""
    if text.isdecimal() and int(text) > 0:
        return int(text)
    raise argparse.ArgumentTypeError(f"must be a whole number of at least 1; got {text!r}")


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    del number, frame
    raise KeyboardInterrupt


def _fail(name: str, message: str) -> int:
    print(f"{name}: {message}", file=sys.stderr)
    return BAD_INPUT
