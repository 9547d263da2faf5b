"""Pages written for a code host, made ready for the site."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from rooms import full_name, linked
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform


class LinkCode(SphinxTransform):
    """Make ``gt.name`` in running text a link to its reference."""

    default_priority = 400

    def apply(self, **keywords: Any) -> None:
        for literal in list(self.document.findall(nodes.literal)):
            if not re.match(r"(gt|gametools)\.\w", literal.astext()):
                continue
            if _inside(literal, (nodes.reference, addnodes.pending_xref, nodes.title)):
                continue
            target = full_name(literal.astext())
            if target is not None:
                literal.replace_self(linked(literal.deepcopy(), target, self.env.docname))


class TrimCode(SphinxTransform):
    """Drop the empty line that ends an example, which doctest needs and readers do not."""

    default_priority = 401

    def apply(self, **keywords: Any) -> None:
        for block in self.document.findall(nodes.literal_block):
            if len(block.children) == 1 and isinstance(block[0], nodes.Text):
                block.rawsource = block.rawsource.rstrip("\n")
                block[0] = nodes.Text(block.astext().rstrip("\n"))


def _inside(node: nodes.Node, kinds: tuple[type, ...]) -> bool:
    while node is not None:
        if isinstance(node, kinds):
            return True
        node = node.parent
    return False


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_transform(LinkCode)
    app.add_transform(TrimCode)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
