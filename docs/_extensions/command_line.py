"""Directive `command-line`: the help of `gametools` and of each command, as they print it."""

from __future__ import annotations

import contextlib
import io
import os
import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from gametools.cli import main

WIDTH = 88
"""Characters in a line of help; a code block of the site holds as many."""


def help_text(*words: str) -> str:
    """Return what ``gametools WORDS --help`` prints."""
    printed = io.StringIO()
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = str(WIDTH)
    try:
        with contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
            main([*words, "--help"])
    finally:
        os.environ.pop("COLUMNS")
        if before is not None:
            os.environ["COLUMNS"] = before
    return printed.getvalue().rstrip()


def command_names() -> list[str]:
    """Return the names of all commands, in the order of the help."""
    listed = help_text().partition("\ncommands:\n")[2].partition("\n\n")[0]
    names = re.findall(r"^ {4}([a-z][\w-]*)", listed, re.MULTILINE)
    if not names:
        raise RuntimeError("`gametools --help` lists no commands any more; mend command_names().")
    return names


class CommandLine(SphinxDirective):
    """A section for each command."""

    def run(self) -> list[nodes.Node]:
        lines = [".. code-block:: text", "", *_indented(help_text())]
        for name in command_names():
            title = f"gametools {name}"
            lines += ["", title, "-" * len(title), ""]
            lines += [".. code-block:: text", "", *_indented(help_text(name))]
        return self.parse_text_to_nodes("\n".join(lines), allow_section_headings=True)


def _indented(text: str) -> list[str]:
    return [f"   {line}".rstrip() for line in text.splitlines()]


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("command-line", CommandLine)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
