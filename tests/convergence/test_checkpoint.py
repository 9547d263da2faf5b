import numpy as np
import pytest

from gametools.convergence import Outcome, checkpoint
from gametools.convergence.checkpoint import Checkpoint

OUTCOME = Outcome(np.array([[3, -1], [7, 2]], dtype=np.int32), np.array([False, True]))


def test_a_part_comes_back_as_it_went(tmp_path):
    store = Checkpoint(tmp_path / "new" / "folder")
    store.save("part", OUTCOME)
    back = store.load("part")
    for ours, theirs in ((OUTCOME.steps, back.steps), (OUTCOME.lost, back.lost)):
        np.testing.assert_array_equal(ours, theirs)
        assert ours.dtype == theirs.dtype


def test_a_part_that_was_never_kept_is_none(tmp_path):
    assert Checkpoint(tmp_path).load("part") is None


def test_keys_depend_on_every_item_and_where_it_ends():
    store = Checkpoint.__new__(Checkpoint)
    store._folder = "anywhere"
    items = [("ab", b"c"), ("a", b"bc"), ("abc",), ("abc", b""), ("ab", b"d"), (b"c", "ab")]
    assert len({store.key(*identity) for identity in items}) == len(items)
    assert store.key("ab", b"c") == store.key("ab", b"c")


def test_keys_depend_on_the_version(tmp_path, monkeypatch):
    store = Checkpoint(tmp_path)
    before = store.key("part")
    monkeypatch.setattr(checkpoint, "version", lambda: "0.0.0.other")
    assert store.key("part") != before


@pytest.mark.parametrize("keep", [0, 1, 40, 0.5, -1], ids=str)
def test_a_part_that_was_cut_off_is_none(tmp_path, keep):
    store = Checkpoint(tmp_path)
    store.save("part", OUTCOME)
    file = tmp_path / "part.npz"
    whole = file.read_bytes()
    file.write_bytes(whole[: int(keep * len(whole)) if isinstance(keep, float) else keep])
    assert store.load("part") is None


def test_a_part_with_a_damaged_byte_is_whole_or_none(tmp_path):
    store = Checkpoint(tmp_path)
    store.save("part", OUTCOME)
    file = tmp_path / "part.npz"
    whole = file.read_bytes()
    refused = 0
    for place in range(0, len(whole), 3):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        back = store.load("part")
        refused += back is None
        if back is not None:
            np.testing.assert_array_equal(back.steps, OUTCOME.steps)
            np.testing.assert_array_equal(back.lost, OUTCOME.lost)
    assert refused > 50


def test_without_a_folder_nothing_is_kept():
    store = Checkpoint(None)
    store.save(store.key("part"), OUTCOME)
    assert store.load(store.key("part")) is None
    store.clear()


def test_clearing_removes_the_parts_and_the_empty_folder(tmp_path):
    store = Checkpoint(tmp_path / "parts")
    store.save(store.key("part"), OUTCOME)
    store.clear()
    assert not (tmp_path / "parts").exists()


def test_clearing_leaves_a_folder_that_holds_something_else(tmp_path):
    store = Checkpoint(tmp_path)
    store.save(store.key("part"), OUTCOME)
    (tmp_path / "notes.npz").write_text("mine")
    store.clear()
    assert [file.name for file in tmp_path.iterdir()] == ["notes.npz"]


def test_a_folder_that_cannot_be_written_to_is_refused_by_its_argument(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match=r"`checkpoint` must be a folder that can be written to"):
        Checkpoint(tmp_path / "file")
