"""Every table that README and docs show stands in the results they name."""

import hashlib
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"<!-- from (\S+) -->\n(.*?)<!-- end -->", re.DOTALL)
BLOCKS = [(page, *match) for page in PAGES for match in BLOCK.findall(page.read_text())]


def test_the_readme_shows_both_tables():
    assert [source for page, source, _ in BLOCKS if page.name == "README.md"] == [
        "results/matrl_table1/summary.md"
    ] * 2


@pytest.mark.parametrize(("page", "source", "block"), BLOCKS)
def test_a_shown_block_stands_in_its_source(page, source, block):
    assert block.strip() in (ROOT / source).read_text()


@pytest.mark.parametrize("path", sorted((ROOT / "results").rglob("manifest.json")), ids=str)
def test_a_manifest_fits_the_files_beside_it(path):
    about = json.loads(path.read_text())
    assert about["sha256"]
    assert {"command", "seeds", "seconds", "versions"} <= set(about)
    for name, digest in about["sha256"].items():
        assert hashlib.sha256((path.parent / name).read_bytes()).hexdigest() == digest, name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), target
