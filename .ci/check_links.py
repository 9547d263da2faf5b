#!/usr/bin/env python3
# ruff: noqa: D102, D103, T201
"""Check a built site: every link leads somewhere, and nothing is loaded from another host.

    python .ci/check_links.py build/docs/html

Only the standard library is needed. Links to other hosts are not followed.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# Attributes whose address a browser fetches by itself. A <link> is fetched unless it only tells
# which page comes next.
LOADS = {("script", "src"), ("img", "src"), ("source", "src"), ("iframe", "src"), ("link", "href")}
LOADS |= {("video", "src"), ("audio", "src"), ("object", "data"), ("embed", "src")}
ONLY_NAMED = {"next", "prev", "index", "search", "canonical", "author", "license"}
CSS_LOADS = re.compile(r"""(?:@import\s+|url\(\s*)["']?([^"')\s;]+)""")


class Page(HTMLParser):
    """What a page links to, what it loads, and the anchors it has."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self._in_style = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value for name, value in attrs if value is not None}
        self._in_style = tag == "style"
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        self.loads += CSS_LOADS.findall(given.get("style", ""))
        if "srcset" in given:
            self.loads += [part.split()[0] for part in given["srcset"].split(",") if part.split()]
        for name in ("href", "src", "data"):
            if name not in given:
                continue
            named = tag == "link" and set(given.get("rel", "").split()) & ONLY_NAMED
            fetched = (tag, name) in LOADS and not named
            (self.loads if fetched else self.links).append(given[name])

    def handle_endtag(self, tag: str) -> None:
        self._in_style = False

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.loads += CSS_LOADS.findall(data)


def problems(root: Path) -> Iterator[str]:
    """Yield a line for each link that leads nowhere and each file loaded from another host."""
    root = root.resolve()
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in sorted(root.rglob("*.html"))}
    if not pages:
        yield f"{root}: no pages"
    for path, page in pages.items():
        where = path.relative_to(root)
        for address in page.loads:
            yield from _foreign(where, address)
        for address in dict.fromkeys(page.links + page.loads):
            yield from _broken(root, pages, path, address)
    for path in sorted(root.rglob("*.css")):
        for address in CSS_LOADS.findall(path.read_text(encoding="utf-8")):
            yield from _foreign(path.relative_to(root), address)


def _foreign(where: Path, address: str) -> Iterator[str]:
    parts = urlsplit(address)
    if parts.netloc or parts.scheme not in {"", "data"}:
        yield f"{where}: loads {address}"


def _broken(root: Path, pages: dict[Path, Page], path: Path, address: str) -> Iterator[str]:
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return
    target = path if not parts.path else (path.parent / unquote(parts.path)).resolve()
    where = path.relative_to(root)
    if target.is_dir():
        target = target / "index.html"
    if root not in target.parents or not target.is_file():
        yield f"{where}: no file for {address}"
        return
    anchors = pages[target].anchors if target in pages else set()
    if parts.fragment and target in pages and unquote(parts.fragment) not in anchors:
        yield f"{where}: no anchor for {address}"


def main() -> int:
    root = Path(sys.argv[1] if len(sys.argv) > 1 else "build/docs/html")
    found = list(problems(root))
    print(*found, sep="\n", end="\n" if found else "")
    pages = len(list(root.rglob("*.html")))
    print(f"{pages} pages: {len(found) or 'no'} broken links or foreign files.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
