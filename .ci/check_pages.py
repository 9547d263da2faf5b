#!/usr/bin/env python3
# ruff: noqa: D103, T201
"""Open pages of the built site in a headless Chromium, as a reader would, at a desk and on a phone.

    python .ci/check_pages.py [SITE] [--screenshots FOLDER] [--only NAME]

A page passes if it renders, its console stays silent, everything it loads arrives and is its
own, no picture is broken, and nothing is wider than the window unless it scrolls by itself. The
browser is the one that is installed (`chromium`, `google-chrome`, or what the variable CHROMIUM
names).
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WINDOWS = {"desk": (1280, 900), "phone": (390, 844)}
TALLEST = 3000
"""Pixels of a long page that its screenshot shows."""
EMPTY = {"index.html", "search.html"}
"""The first leads on to the landing page, the second waits for a word."""

MEASURES = """() => ({
    text: document.body.innerText.trim().length,
    title: document.querySelector('h1')?.innerText ?? '',
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    pictures: [...document.images]
        .filter(image => !(image.complete && image.naturalWidth))
        .map(image => image.src),
    styled: [...document.styleSheets].length,
    cut: [...document.querySelectorAll('article *')]
        .filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
        .filter(e => {
            for (let up = e.parentElement; up.tagName != 'ARTICLE'; up = up.parentElement)
                if (['auto', 'scroll'].includes(getComputedStyle(up).overflowX)) return false;
            return !['auto', 'scroll'].includes(getComputedStyle(e).overflowX);
        })
        .slice(0, 3).map(e => `${e.tagName.toLowerCase()}.${e.className}`),
})"""


def browser_path() -> str:
    """Return the path of the installed browser."""
    named = os.environ.get("CHROMIUM")
    found = named or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        sys.exit("no Chromium found: install it (apt-get install chromium), or set CHROMIUM.")
    return found


def problems(browser: Browser, page: Path, window: str, screenshot: Path | None) -> Iterator[str]:
    """Open one page in one window and yield a line for each thing that is wrong."""
    width, height = WINDOWS[window]
    context = browser.new_context(viewport={"width": width, "height": height}, offline=True)
    # Pictures below the fold are loaded late; a reader scrolls to them.
    tab = context.new_page()
    said: list[str] = []
    tab.on("console", lambda m: said.append(m.text) if m.type in {"error", "warning"} else None)
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.on("requestfailed", lambda request: said.append(f"failed to load {request.url}"))
    tab.on("request", lambda r: said.append(f"loads {r.url}") if _foreign(r.url) else None)
    tab.goto(page.resolve().as_uri(), wait_until="load")
    _scroll(tab)
    if screenshot is not None:
        screenshot.parent.mkdir(parents=True, exist_ok=True)
        height = tab.evaluate("document.body.scrollHeight")
        clip = {"x": 0, "y": 0, "width": width, "height": min(height, TALLEST)}
        tab.screenshot(path=screenshot, full_page=True, clip=clip)
    measured = tab.evaluate(MEASURES)
    context.close()
    yield from said
    if measured["text"] < 200 or not measured["title"] or not measured["styled"]:
        yield f"does not render: {measured}"
    for picture in measured["pictures"]:
        yield f"picture is broken: {picture}"
    # A theme may cut off what is too wide, and then the document is not.
    if measured["wide"] > 0 or measured["cut"]:
        yield f"wider than the window by {measured['wide']} pixels: {measured['cut']}"


def _foreign(address: str) -> bool:
    return not address.startswith(("file:", "data:", "blob:"))


def _scroll(tab: Page) -> None:
    tab.evaluate("""async () => {
        for (const image of document.images) image.loading = 'eager';
        await Promise.all([...document.images].map(image => image.decode().catch(() => {})));
        window.scrollTo(0, document.body.scrollHeight);
        window.scrollTo(0, 0);
    }""")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("site", nargs="?", type=Path, default=Path("build/docs/html"))
    parser.add_argument("--screenshots", type=Path, help="folder for a picture of each page")
    parser.add_argument("--only", default="", help="pages whose path contains this")
    options = parser.parse_args()
    names = [path.relative_to(options.site) for path in sorted(options.site.rglob("*.html"))]
    names = [name for name in names if options.only in str(name) and str(name) not in EMPTY]
    wrong = 0
    with sync_playwright() as playwright:
        # Without a sandbox it also runs as root in a container; it opens our own files only.
        browser = playwright.chromium.launch(
            executable_path=browser_path(), args=["--no-sandbox", "--disable-gpu"]
        )
        for name in names:
            for window in WINDOWS:
                picture = f"{name.with_suffix('')}-{window}.png".replace("/", "-")
                shot = options.screenshots and options.screenshots / picture
                for line in problems(browser, options.site / name, window, shot):
                    wrong += 1
                    print(f"{name}, {window}: {line}")
        browser.close()
    print(f"{len(names)} pages at {len(WINDOWS)} widths: {wrong or 'no'} problems.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
