"""The reference: directive `room` documents all names of a package's `__all__`, a table first.

Names in docstrings (`name`) become links where they are known; `prose` does so elsewhere.
"""

from __future__ import annotations

import enum
import importlib
import inspect
import re
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.ext.napoleon.docstring import NumpyDocstring
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective

ROOMS = [
    "games",
    "equilibria",
    "dynamics",
    "stability",
    "convergence",
    "plotting",
    "envs",
    "agents",
    "evaluation",
]
"""Packages with a page of their own, in the order of their imports."""
GROUPS = ["Classes", "Functions", "Values"]


@cache
def public_names() -> dict[str, str]:
    """Return the full name of every public name, e.g. ``solve`` -> ``gametools.equilibria.solve``.

    Also with its room: ``equilibria.solve``. The first room with a name has its short form.
    """
    found: dict[str, str] = {}
    for room in ROOMS:
        for name in importlib.import_module(f"gametools.{room}").__all__:
            found[f"{room}.{name}"] = f"gametools.{room}.{name}"
            found.setdefault(name, f"gametools.{room}.{name}")
    return found


def full_name(text: str, module: str = "") -> str | None:
    """Return the full name that a word of a docstring or of prose means, or None."""
    word = re.sub(r"\(.*\)$", "", text.strip(), flags=re.DOTALL)
    word = re.sub(r"^(gt|gametools)\.", "", word)
    names = public_names()
    own = f"{module.removeprefix('gametools.')}.{word}"
    return names.get(own) or names.get(word)


@cache
def described_values(package: str) -> dict[str, str]:
    """Return the docstrings of module-level values, which belong to the module that sets them."""
    found: dict[str, str] = {}
    for path in sorted(Path(importlib.import_module(package).__path__[0]).glob("*.py")):
        analyzer = ModuleAnalyzer.for_file(path, f"{package}.{path.stem}")
        for (scope, name), lines in analyzer.find_attr_docs().items():
            if not scope:
                found.setdefault(name, "\n".join(lines).strip())
    return found


def group(value: object) -> str:
    """Return the group of the page that a value belongs to."""
    if inspect.isclass(value):
        return "Classes"
    return "Functions" if inspect.isroutine(value) else "Values"


def description(package: str, name: str) -> str:
    """Return the docstring of a public name.

    Raises
    ------
    RuntimeError
        If it has none: whatever is public is described.
    """
    value = getattr(importlib.import_module(package), name)
    if group(value) == "Values":
        text = described_values(package).get(name)
    else:
        text = inspect.getdoc(value)
    if not text:
        raise RuntimeError(f"{package}.{name} is public and has no docstring.")
    return text


def first_sentence(text: str) -> str:
    """Return the first sentence of a docstring, on one line.

    Examples
    --------
    >>> first_sentence("All equilibria, e.g. of 2x2 games.  Slowly.\\n\\nNotes")
    'All equilibria, e.g. of 2x2 games.'
    """
    paragraph = " ".join(text.partition("\n\n")[0].split())
    match = re.match(r"(.+?(?<!e\.g)(?<!i\.e)\.)(\s|$)", paragraph)
    return match.group(1) if match else paragraph.rstrip(":;,")


def summary(package: str, names: list[str]) -> list[str]:
    """Return lines of a table: a linked name and its first sentence."""
    lines = [".. list-table::", "   :class: summary", "   :widths: auto", ""]
    for name in names:
        target = full_name(name, package)
        if target is None:
            continue
        owner = target.rpartition(".")[0]
        lines.append(f"   * - :py:obj:`{name} <{target}>`")
        lines.append(f"     - {first_sentence(description(owner, name))}")
    return [*lines, ""]


def document(package: str, name: str, hidden: str) -> list[str]:
    """Return the directive that documents one name."""
    value = getattr(importlib.import_module(package), name)
    target = f"{package}.{name}"
    if group(value) == "Functions":
        return [f".. autofunction:: {target}", ""]
    if group(value) == "Values":
        text = NumpyDocstring(description(package, name)).lines()
        lines = [f"   {line}".rstrip() for line in text]
        return [f".. py:data:: {name}", f"   :type: {type(value).__name__}", "", *lines, ""]
    lines = [f".. autoclass:: {target}", "   :members:"]
    if issubclass(value, enum.Enum):
        lines.append("   :undoc-members:")
    elif hidden and not getattr(value, "_is_protocol", False):
        lines.append(f"   :exclude-members: {hidden}")
    return [*lines, ""]


class Room(SphinxDirective):
    """All public names of a package.

    ``:hide:`` names methods that every class of the room has; they are described once, with the
    protocol. ``:summary:`` leaves the table alone.
    """

    required_arguments = 1
    option_spec = {"hide": directives.unchanged, "summary": directives.flag}  # noqa: RUF012

    def run(self) -> list[nodes.Node]:
        package = self.arguments[0]
        module = importlib.import_module(package)
        by_group: dict[str, list[str]] = {title: [] for title in GROUPS}
        for name in module.__all__:
            value = getattr(module, name)
            if not inspect.ismodule(value):
                by_group[group(value)].append(name)
        # A page is built again when a file of its package changes.
        for path in map(str, module.__path__):
            self.env.note_dependency(path)
        lines = [] if "summary" in self.options else [f".. automodule:: {package}", ""]
        for title, names in by_group.items():
            if names:
                lines += [f".. rubric:: {title}", "", *summary(package, names)]
        if "summary" not in self.options:
            lines += [f".. py:currentmodule:: {package}", ""]
            for title, names in by_group.items():
                lines += [title, "-" * len(title), ""] if names else []
                for name in names:
                    lines += document(package, name, self.options.get("hide", ""))
        return self.parse_text_to_nodes("\n".join(lines), allow_section_headings=True)


def known(
    name: str, rawtext: str, text: str, lineno: int, inliner: Any, *rest: Any
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    """Role of `text` in docstrings: code, and a link where it is a public name."""
    env = inliner.document.settings.env
    target = full_name(text, env.ref_context.get("py:module") or "")
    return [linked(nodes.literal(rawtext, text, classes=["py"]), target, env.docname)], []


def linked(literal: nodes.literal, target: str | None, docname: str) -> nodes.Node:
    """Return a piece of code, as a link if it has a target."""
    if target is None:
        return literal
    reference = addnodes.pending_xref(
        "", literal, refdomain="py", reftype="obj", reftarget=target, refexplicit=True,
        refwarn=True, refdoc=docname,
    )  # fmt: skip
    return reference


def hide_fields(
    app: Sphinx, what: str, name: str, value: object, options: Any, arguments: str, returns: str
) -> tuple[str, str] | None:
    """Leave out the signature of a class that users receive and do not make: it has Attributes."""
    text = inspect.getdoc(value) or ""
    if what == "class" and "\nAttributes\n---" in text and "\nParameters\n---" not in text:
        return "", ""
    return None


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("room", Room)
    app.add_role("known", known)
    app.connect("autodoc-process-signature", hide_fields)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
