"""Text cut into tokens that know where they stand: what the readers of game files share."""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Sequence
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

__all__ = ["MAX_ENTRIES", "MAX_PLAYERS", "Scanner", "check_size", "format_number", "game_size"]

MAX_ENTRIES = 10_000_000
"""Most payoffs (over all players) of a game in a text file: 80 MB."""
MAX_PLAYERS = 63
"""Most players of a game: an array has at most 64 axes, and one counts the players."""

# Possessive quantifiers (`*+`, `++`): no input makes the matching backtrack.
_TOKENS = re.compile(
    r'"(?P<text>[^"\\]*+(?:\\.[^"\\]*+)*+)"'
    r'|(?P<word>[^\s{},"]++)'
    r"|(?P<mark>[{},])"
    r'|(?P<open>")',
    re.ASCII | re.DOTALL,
)
_COMMENTS = re.compile(r"#[^\n]*+")
_WHOLE = re.compile(r"[0-9]{1,18}")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_RATIO = re.compile(r"([+-]?[0-9]+)/([0-9]+)")
_MOST_DIGITS = 640  # Python may refuse to make an integer of more
_SHOWN = 40  # characters of an offending token that a message repeats


class Scanner:
    r"""The tokens of a text, one at a time, with errors that say line and column.

    Parameters
    ----------
    text : str
        Words, quoted texts (``\"`` stands for a quotation mark), braces and commas, separated by
        white space where they need be.
    name : str
        Stands at the front of every error; usually the path of the file.
    comments : bool
        Whether ``#`` begins a comment that lasts to the end of its line.

    Attributes
    ----------
    kind : str
        ``"word"``, ``"text"``, one of ``{``, ``}`` and ``,``, or ``"end"``.
    text : str
        The current token, without quotation marks.

    Examples
    --------
    >>> scanner = Scanner('{ "first" 5/2 x', "game.nfg")
    >>> scanner.expect("{", "a list"), scanner.expect("text", "a name")
    ('{', 'first')
    >>> scanner.number("a payoff"), scanner.number("a payoff")
    Traceback (most recent call last):
    ValueError: game.nfg:1:15: expected a payoff; got 'x'.
    """

    def __init__(self, text: str, name: str, *, comments: bool = False) -> None:
        if comments:  # blanked, so that everything else stays where it is
            text = _COMMENTS.sub(lambda found: " " * len(found[0]), text)
        self._source = text
        self._name = name
        self._tokens = _TOKENS.finditer(text)
        self._start = 0
        self.advance()

    def advance(self) -> None:
        """Go to the next token."""
        match = next(self._tokens, None)
        if match is None:
            self.kind, self.text, self._start = "end", "", len(self._source)
            return
        kind = match.lastgroup or ""
        self.text, self._start = match[kind], match.start()
        self.kind = self.text if kind == "mark" else kind
        if kind == "open":
            self.fail("this quotation mark is never closed; expected a second one.")

    def fail(self, problem: str) -> NoReturn:
        """Raise a ValueError that places `problem` at the current token."""
        before = self._source[: self._start]
        line = before.count("\n") + 1
        column = self._start - (before.rfind("\n") + 1) + 1
        raise ValueError(f"{self._name}:{line}:{column}: {problem}") from None

    def fail_expecting(self, what: str) -> NoReturn:
        """Raise a ValueError that says what was expected, and what stands here."""
        if self.kind == "end":
            self.fail(f"expected {what}; got the end of the file.")
        shown = self.text if len(self.text) <= _SHOWN else f"{self.text[:_SHOWN]}..."
        quoted = "the quoted text " if self.kind == "text" else ""
        self.fail(f"expected {what}; got {quoted}{shown!r}.")

    def expect(self, kind: str, what: str, text: str | None = None) -> str:
        """Return the current token and go on, if it is of `kind` (and reads `text`)."""
        if self.kind != kind or (text is not None and self.text != text):
            self.fail_expecting(what)
        found = self.text
        self.advance()
        return found

    def whole(self, what: str, *parts: object, at_least: int = 0, at_most: int) -> int:
        """Return the current token as a whole number within bounds, and go on.

        `what` % `parts` says what was expected; it is put together only where it is needed.
        """
        if self.kind == "word" and _WHOLE.fullmatch(self.text):
            value = int(self.text)
            if at_least <= value <= at_most:
                self.advance()
                return value
        self.fail_expecting(what % parts)

    def number(self, what: str, *parts: object) -> float:
        """Return the current token (integer, decimal, exponent or ratio) as a float, and go on."""
        text = self.text
        if self.kind != "word":
            self.fail_expecting(what % parts)
        if _DECIMAL.fullmatch(text):
            value = float(text)
        elif ratio := _RATIO.fullmatch(text):
            value = self._ratio(*ratio.groups())
        else:
            self.fail_expecting(what % parts)
        if math.isinf(value):
            self.fail(f"expected a number within the range of floats; got {text[:_SHOWN]!r}.")
        self.advance()
        return value

    def numbers(self, actions: Sequence[int]) -> NDArray[np.float64]:
        """Return all payoffs of a game; memory grows with what the text holds, not promises."""
        count, size = len(actions) * math.prod(actions), game_size(actions)
        found = array("d")
        for k in range(1, count + 1):
            found.append(self.number("payoff %d of %d (%s)", k, count, size))
        return np.array(found)

    def _ratio(self, above: str, below: str) -> float:
        if max(len(above), len(below)) > _MOST_DIGITS:
            self.fail(f"expected a ratio of numbers of at most {_MOST_DIGITS} digits.")
        if int(below) == 0:
            self.fail(f"expected a ratio with a denominator other than 0; got {self.text!r}.")
        try:
            return int(above) / int(below)  # rounded once
        except OverflowError:
            return math.inf


def game_size(actions: Sequence[int]) -> str:
    """Return a game's size in words, for messages.

    Examples
    --------
    >>> game_size([2, 3])
    '2 players, 2x3 actions'
    """
    players = f"{len(actions)} player{'s' * (len(actions) != 1)}"
    return f"{players}, {'x'.join(map(str, actions))} actions"


def check_size(scanner: Scanner, actions: Sequence[int]) -> None:
    """Fail at the scanner's place if a game of this size has too many players or payoffs."""
    if not 1 <= len(actions) <= MAX_PLAYERS:
        scanner.fail(f"expected 1 to {MAX_PLAYERS} players before this point; got {len(actions)}.")
    if len(actions) * math.prod(actions) > MAX_ENTRIES:
        scanner.fail(f"expected at most {MAX_ENTRIES} payoffs; got {game_size(actions)}.")


def format_number(value: float) -> str:
    """Return a number so that it reads back exactly: integers as such, others by `repr`.

    Examples
    --------
    >>> [format_number(x) for x in (3.0, -0.1, 1e300)]
    ['3', '-0.1', '1e300']
    """
    if value.is_integer() and abs(value) < 2**53 and (value or str(value) == "0.0"):
        return str(int(value))
    return repr(value).replace("e+", "e")  # Gambit 16 does not read 1e+300
