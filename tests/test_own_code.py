"""A user's own modules: found beside the user, and what they raise is told."""

import sys

import pytest

from gametools.own_code import own_object


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_a_module_may_import_what_lies_beside_it_while_the_context_lasts(folder):
    (folder / "beside_it.py").write_text("NUMBER = 7")
    (folder / "of_mine.py").write_text(
        "def number():\n    from beside_it import NUMBER\n    return NUMBER\n"
    )
    path = list(sys.path)
    with own_object("of_mine:number", "x") as number:
        assert number() == 7
    assert sys.path == path


@pytest.mark.parametrize(
    ("source", "reference", "message"),
    [
        (None, "no_such:X", "`x` 'no_such:X' names no module: .* Go to its folder, or install it"),
        (None, "no_such.part:X", "names no module"),
        (None, ":X", "cannot be imported: ValueError"),
        (None, ".rel:X", "`x` '.rel:X' cannot be imported: TypeError"),
        ("import not_installed", "broken:X", "cannot be imported: .*No module named 'not_inst"),
        ("raise ValueError('my mistake')", "broken:X", "cannot be imported: .*my mistake"),
        ("def (", "broken:X", "cannot be imported: SyntaxError"),
        ("Y = 1", "broken:X", "broken has no 'X'"),
    ],
)
def test_what_is_wrong_is_said(folder, source, reference, message):
    if source is not None:
        (folder / "broken.py").write_text(source)
    path = list(sys.path)
    with pytest.raises(ValueError, match=message), own_object(reference, "x"):
        pass
    assert sys.path == path
