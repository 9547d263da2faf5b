import hashlib
import json
import os
from importlib import metadata
from pathlib import Path

import pytest

from gametools import storage
from gametools.storage import manifest, require_writable_folder, version, whole_file, write_results


def names(folder):
    return sorted(file.name for file in folder.iterdir())


def test_a_file_appears_whole(tmp_path):
    target = tmp_path / "table.csv"
    with whole_file(target) as file:
        file.write("a,b\n")
        assert not target.exists()
        file.write("é\n")
    assert target.read_bytes() == "a,b\né\n".encode()
    assert names(tmp_path) == ["table.csv"]


def test_bytes_are_written_as_they_are(tmp_path):
    with whole_file(tmp_path / "data", "wb") as file:
        file.write(b"\r\n\x00\xff")
    assert (tmp_path / "data").read_bytes() == b"\r\n\x00\xff"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_failure_leaves_the_old_file_and_no_draft(tmp_path, error):
    target = tmp_path / "table.csv"
    target.write_text("old")

    def fail():
        with whole_file(target) as file:
            file.write("half of the new")
            raise error

    with pytest.raises(error):
        fail()
    assert target.read_text() == "old"
    assert names(tmp_path) == ["table.csv"]


def test_two_writers_do_not_share_a_draft(tmp_path):
    target = tmp_path / "table.csv"
    with whole_file(target) as first, whole_file(target) as second:
        first.write("first")
        second.write("second")
    assert target.read_text() == "first"
    assert names(tmp_path) == ["table.csv"]


def test_a_folder_is_made_with_its_parents_and_left_empty(tmp_path):
    folder = require_writable_folder(tmp_path / "a" / "b")
    assert folder == tmp_path / "a" / "b"
    assert names(folder) == []


def test_files_in_a_folder_survive_its_test(tmp_path):
    (tmp_path / "probe").write_text("mine")
    require_writable_folder(str(tmp_path))
    assert (tmp_path / "probe").read_text() == "mine"
    assert names(tmp_path) == ["probe"]


@pytest.mark.parametrize("below", ["file", "file/deeper"])
def test_a_folder_that_cannot_be_made_is_refused_by_its_argument(tmp_path, below):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match=r"`--out` must be a folder that can be written to; got '.*"
                       r"file.*' \(.+\)\. Choose another folder\."):  # fmt: skip
        require_writable_folder(tmp_path / below, "--out")


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for root")
def test_a_read_only_folder_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(ValueError, match="Choose another folder"):
        require_writable_folder(tmp_path)


def test_a_manifest_tells_how_to_make_the_result_again():
    about = manifest(seeds=[0, 5], command="python x.py", seconds=1.23456, games=7)
    assert (about["seeds"], about["command"], about["games"]) == ([0, 5], "python x.py", 7)
    assert about["seconds"] == 1.23
    assert about["versions"]["gametools"] == version() == metadata.version("gametools")
    assert about["versions"]["numpy"] == metadata.version("numpy")
    json.dumps(about)


def test_results_come_with_a_manifest_of_their_checksums(tmp_path):
    write_results(tmp_path, {"a.csv": "x\n", "b.png": b"\x89PNG"}, {"seeds": 1})
    about = json.loads((tmp_path / "manifest.json").read_text())
    assert names(tmp_path) == ["a.csv", "b.png", "manifest.json"]
    assert about["seeds"] == 1
    assert about["sha256"] == {
        name: hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
        for name in ("a.csv", "b.png")
    }


class FullDisk(OSError):
    pass


def write_on_a_full_disk(monkeypatch, folder, name, method):
    """Write new results while one of the operations on the draft of `name` fails."""
    real = getattr(Path, method)

    def failing(path, *arguments, **options):
        if name in path.name:
            raise FullDisk
        return real(path, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(storage.Path, method, failing)
        with pytest.raises(FullDisk):
            write_results(folder, {"a.csv": "new", "b.csv": "new"}, {})


def test_a_draft_that_cannot_be_written_leaves_the_old_results(tmp_path, monkeypatch):
    write_results(tmp_path, {"a.csv": "old", "b.csv": "old"}, {})
    before = (tmp_path / "manifest.json").read_text()
    write_on_a_full_disk(monkeypatch, tmp_path, "b.csv", "open")
    assert (tmp_path / "a.csv").read_text() == (tmp_path / "b.csv").read_text() == "old"
    assert (tmp_path / "manifest.json").read_text() == before
    assert names(tmp_path) == ["a.csv", "b.csv", "manifest.json"]


def test_results_that_mix_old_and_new_have_no_manifest(tmp_path, monkeypatch):
    write_results(tmp_path, {"a.csv": "old", "b.csv": "old"}, {})
    write_on_a_full_disk(monkeypatch, tmp_path, "a.csv", "replace")
    assert names(tmp_path) == ["a.csv", "b.csv"]
