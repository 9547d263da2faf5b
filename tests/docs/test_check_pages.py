"""The browser check of the site finds what it is there to find."""

import importlib.util
import shutil
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="needs gametools[docs]")
_FILE = Path(__file__).parents[2] / ".ci" / "check_pages.py"
_SPEC = importlib.util.spec_from_file_location("check_pages", _FILE)
check_pages = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(check_pages)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not any(map(shutil.which, check_pages.NAMES)), reason="no Chromium is installed"
    ),
]
PAGE = """<!doctype html><html><head><meta charset="utf-8"><link rel="icon" href="data:,">
<style>html {{ overflow-x: {overflow} }}</style></head>
<body><article>{title}<p>{text}</p>{body}</article></body></html>"""
TEXT = "Where do learners go, how fast, and is it any good there? " * 5
WIDE = '<div style="width: 700px">wide</div>'


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=check_pages.browser_path(), args=["--no-sandbox"]
        )
        yield found
        found.close()


def problems(browser, folder, window, body, title="<h1>Title</h1>", text=TEXT, overflow="visible"):
    page = folder / "page.html"
    page.write_text(PAGE.format(body=body, title=title, text=text, overflow=overflow))
    return list(check_pages.problems(browser, page, window, None))


@pytest.mark.parametrize("window", check_pages.WINDOWS)
def test_a_sound_page_passes(browser, tmp_path, window):
    body = f'<div style="overflow-x: auto">{WIDE}</div><a href="https://elsewhere.org">x</a>'
    assert problems(browser, tmp_path, window, body) == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<script>nothing.there()</script>", "nothing is not defined"),
        ("<script>console.error('oh')</script>", "oh"),
        ("<script>console.warn('hm')</script>", "hm"),
        ("<img src='none.png'>", "picture is broken"),
        ("<script src='https://elsewhere.org/a.js'></script>", "loads https://elsewhere.org/a.js"),
        ("<script>fetch('https://elsewhere.org/').catch(() => 0)</script>", "loads https://"),
    ],
)
def test_a_fault_is_reported(browser, tmp_path, body, said):
    assert any(said in line for line in problems(browser, tmp_path, "desk", body))


@pytest.mark.parametrize("overflow", ["visible", "hidden"])
def test_what_is_too_wide_for_a_phone_only_is_reported_there(browser, tmp_path, overflow):
    assert problems(browser, tmp_path, "desk", WIDE, overflow=overflow) == []
    (line,) = problems(browser, tmp_path, "phone", WIDE, overflow=overflow)
    assert "wider than the window" in line


@pytest.mark.parametrize("change", [{"title": ""}, {"text": "short"}])
def test_a_page_without_a_title_or_text_does_not_render(browser, tmp_path, change):
    (line,) = problems(browser, tmp_path, "desk", "", **change)
    assert "does not render" in line
