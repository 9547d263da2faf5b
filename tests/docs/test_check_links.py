"""The link checker of the site finds what it is there to find."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_SPEC = importlib.util.spec_from_file_location("check_links", ROOT / ".ci" / "check_links.py")
check_links = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(check_links)

OTHER = '<html><body><h1 id="top">Other</h1><a name="old">x</a></body></html>'


def problems(folder, body, style=""):
    (folder / "sub").mkdir()
    (folder / "page.html").write_text(f"<html><body>{body}</body></html>")
    (folder / "sub" / "other page.html").write_text(OTHER)
    (folder / "site.css").write_text(style)
    return list(check_links.problems(folder))


@pytest.mark.parametrize(
    "body",
    [
        '<a href="sub/other%20page.html#top">x</a>',
        '<a href="sub/other%20page.html#old">x</a>',
        '<a href="https://elsewhere.org/paper.pdf">x</a>',
        '<a href="mailto:someone@elsewhere.org">x</a>',
        '<a href="#here">x</a><p id="here">y</p>',
        '<img src="data:image/png;base64,AAAA"><link rel="stylesheet" href="site.css?v=1">',
        '<link rel="next" href="sub/other%20page.html"><a href="sub/other%20page.html?q#top">x</a>',
    ],
)
def test_a_sound_page_passes(tmp_path, body):
    assert problems(tmp_path, body) == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('<a href="sub/other.html">x</a>', "no file for sub/other.html"),
        ('<a href="sub/other%20page.html#bottom">x</a>', "no anchor for"),
        ('<a href="#nowhere">x</a>', "no anchor for #nowhere"),
        ('<a href="../outside.html">x</a>', "no file for ../outside.html"),
        ('<img src="picture.png">', "no file for picture.png"),
        ('<img src="https://elsewhere.org/a.png">', "loads https://elsewhere.org/a.png"),
        ('<script src="//cdn.elsewhere.org/a.js"></script>', "loads //cdn.elsewhere.org/a.js"),
        ('<link rel="stylesheet" href="https://elsewhere.org/a.css">', "loads https://"),
        ('<link rel="preload" href="https://elsewhere.org/a.js">', "loads https://"),
        ('<p style="background: url(https://elsewhere.org/a.png)">x</p>', "loads https://"),
        ("<style>@import 'https://elsewhere.org/a.css';</style>", "loads https://"),
        ('<img srcset="https://elsewhere.org/a.png 2x">', "loads https://"),
    ],
)
def test_a_fault_is_reported_once_with_its_page(tmp_path, body, said):
    (found,) = problems(tmp_path, body)
    assert found.startswith("page.html: ")
    assert said in found


def test_a_style_sheet_may_not_load_a_font_from_elsewhere(tmp_path):
    style = "@font-face { src: url('https://elsewhere.org/a.woff2') }"
    assert problems(tmp_path, "", style) == ["site.css: loads https://elsewhere.org/a.woff2"]


def test_an_empty_folder_is_no_site(tmp_path):
    (found,) = check_links.problems(tmp_path)
    assert "no pages" in found
