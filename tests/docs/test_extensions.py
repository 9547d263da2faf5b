"""The reference shows every public name and every command."""

import importlib
import sys
from pathlib import Path

import pytest

pytest.importorskip("sphinx", reason="needs gametools[docs]")
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module", autouse=True)
def extensions():
    sys.path.insert(0, str(ROOT / "docs" / "_extensions"))
    yield
    sys.path.pop(0)


@pytest.fixture(scope="module")
def rooms(extensions):
    return importlib.import_module("rooms")


def test_every_package_of_the_public_face_has_a_page(rooms):
    import gametools

    packages = {name for name in gametools.__all__ if name in sys.modules["gametools"].__dict__}
    packages = {p for p in packages if hasattr(getattr(gametools, p), "__path__")}
    assert packages <= set(rooms.ROOMS)
    for room in rooms.ROOMS:
        page = (ROOT / "docs" / "reference" / f"{room}.rst").read_text()
        assert f".. room:: gametools.{room}" in page
        assert f"   {room}\n" in (ROOT / "docs" / "reference" / "index.rst").read_text()


def test_every_public_name_is_described_and_in_the_table(rooms):
    for room in rooms.ROOMS:
        package = f"gametools.{room}"
        names = importlib.import_module(package).__all__
        table = "\n".join(rooms.summary(package, names))
        for name in names:
            assert rooms.first_sentence(rooms.description(package, name))
            assert f"<{package}.{name}>`" in table


def test_a_name_without_a_docstring_stops_the_build(rooms, monkeypatch):
    import gametools.games

    monkeypatch.setattr(gametools.games, "undescribed", 3, raising=False)
    with pytest.raises(RuntimeError, match=r"gametools\.games\.undescribed is public"):
        rooms.description("gametools.games", "undescribed")


@pytest.mark.parametrize(
    ("text", "module", "meant"),
    [
        ("solve", "", "gametools.equilibria.solve"),
        ("gt.solve_2x2(games)", "", "gametools.equilibria.solve_2x2"),
        ("gametools.dynamics.MATRL", "", "gametools.dynamics.MATRL"),
        ("gt.dynamics.LookAhead(0.1)", "", "gametools.dynamics.LookAhead"),
        ("MATRL", "gametools.stability", "gametools.dynamics.MATRL"),
        ("step", "gametools.dynamics", None),
        ("gt.nothing", "", None),
        ("games.payoffs", "", None),
    ],
)
def test_a_word_of_a_docstring_leads_to_what_it_means(rooms, text, module, meant):
    assert rooms.full_name(text, module) == meant


def test_the_help_of_every_command_is_shown():
    from gametools.cli import main

    command_line = importlib.import_module("command_line")
    names = command_line.command_names()
    assert {"convergence", "solve", "classify", "simulate", "basins", "list"} <= set(names)
    for name in names:
        assert command_line.help_text(name).startswith(f"usage: gametools {name}")
    with pytest.raises(SystemExit):
        main(["no-such-command"])
