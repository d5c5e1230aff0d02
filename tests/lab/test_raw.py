import numpy as np
import pytest

from edgeline.datasets import items, raw
from edgeline.datasets.items import Items
from edgeline.datasets.raw import ColumnNote, QuarantineItem, Raw
from edgeline.digest import sha256_file
from edgeline.errors import EnvironmentUnfit, Tampered

RAW = Raw(
    Items(
        np.arange(4, dtype=np.float32).reshape(2, 2),
        np.array([1, 0]),
        np.array(["a/1.png", "ü/2.png"]),
        np.array(["", "p7"]),
    ),
    np.array(["train", ""]),
    classes=("well", "ill"),
    columns=("dose", "age"),
    quarantine=(QuarantineItem("a/3.png", "empty"), QuarantineItem("b", "a link")),
    column_notes=(
        ColumnNote("when", raw.LEFT_OUT, "dates"),
        ColumnNote("dose", raw.TURNED, "commas"),
    ),
)


def test_raw_items_come_back_from_their_file(tmp_path):
    raw.write(tmp_path / "raw.npz", RAW)
    source = raw.read(tmp_path / "raw.npz")

    assert source.items.values.tolist() == [[0, 1], [2, 3]]
    assert source.items.labels.tolist() == [1, 0]
    assert source.items.ids.tolist() == ["a/1.png", "ü/2.png"]
    assert source.items.groups.tolist() == ["", "p7"]
    assert source.splits.tolist() == ["train", ""]
    assert (source.classes, source.columns) == (RAW.classes, RAW.columns)
    assert source.quarantine == RAW.quarantine
    assert source.column_notes == RAW.column_notes


def test_there_need_be_no_columns_and_no_quarantine(tmp_path):
    raw.write(tmp_path / "raw.npz", Raw(RAW.items, RAW.splits, ("a", "b"), ()))

    assert raw.read(tmp_path / "raw.npz").columns == ()
    assert raw.read(tmp_path / "raw.npz").quarantine == ()
    assert raw.read(tmp_path / "raw.npz").column_notes == ()
    assert "column_notes" not in items.read_arrays(tmp_path / "raw.npz")


def test_the_same_items_give_the_same_bytes(tmp_path):
    for name in ("a.npz", "b.npz"):
        raw.write(tmp_path / name, RAW)

    assert sha256_file(tmp_path / "a.npz") == sha256_file(tmp_path / "b.npz")


def test_items_with_a_reason_against_them_join_the_quarantine():
    kept = raw.quarantine_items(RAW, np.array(["not finite", ""]))

    assert kept.items.ids.tolist() == ["ü/2.png"]
    assert kept.splits.tolist() == [""]
    assert kept.quarantine == (*RAW.quarantine, QuarantineItem("a/1.png", "not finite"))


def test_a_missing_file_says_how_to_make_it(tmp_path):
    with pytest.raises(EnvironmentUnfit, match="dvc repro"):
        raw.read(tmp_path / "raw.npz")


@pytest.mark.parametrize("content", [b"", b"not a zip archive", b"PK\x03\x04 cut off"])
def test_a_damaged_file_is_named(tmp_path, content):
    (tmp_path / "raw.npz").write_bytes(content)

    with pytest.raises(Tampered, match=r"raw\.npz"):
        raw.read(tmp_path / "raw.npz")


def test_a_set_is_not_raw(tmp_path):
    items.write(tmp_path / "raw.npz", RAW.items)

    with pytest.raises(Tampered, match="raw items"):
        raw.read(tmp_path / "raw.npz")


def test_a_pickled_object_is_never_loaded(tmp_path):
    np.savez(tmp_path / "raw.npz", values=np.array([{"any": "object"}], dtype=object))

    with pytest.raises(Tampered, match="ValueError"):
        raw.read(tmp_path / "raw.npz")
