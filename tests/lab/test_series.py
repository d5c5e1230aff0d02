"""Recordings cut into windows."""

import numpy as np
import pytest

from edgeline.datasets import raw
from edgeline.errors import RecipeError
from edgeline.recipe.data import Data
from edgeline.sources import recordings
from edgeline.sources.fetch import fetch


def recording(folder, path, *rows, names="ax,ay"):
    """A CSV whose rows are these numbers and their negatives."""
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    lines = [names, *(f"{row},{-row}" for row in rows)]
    (folder / path).write_text("\n".join(lines) + "\n", encoding="utf-8")


def fetch_raw(tmp_path, path="gait", **settings):
    data = tmp_path / "data" / "x"
    fetch(data, Data(source="series", path=path, **settings), root=tmp_path)
    return raw.read(data / "raw.npz")


@pytest.fixture
def folder(tmp_path):
    """Two classes with recordings of 5 and 2 steps."""
    recording(tmp_path / "gait", "run/1.csv", 1, 2, 3, 4, 5)
    recording(tmp_path / "gait", "walk/1.csv", 6, 7)
    return tmp_path / "gait"


def test_the_longest_recording_sets_the_steps_and_shorter_ones_lack_their_beginning(
    tmp_path, folder
):
    source = fetch_raw(tmp_path)

    assert source.columns == ("ax", "ay")
    assert source.classes == ("run", "walk")
    assert source.items.ids.tolist() == ["run/1.csv", "walk/1.csv"]
    assert source.items.values.shape == (2, 5, 2)
    assert source.items.values[0, :, 0].tolist() == [1, 2, 3, 4, 5]
    assert np.isnan(source.items.values[1, :3]).all()
    assert source.items.values[1, 3:].tolist() == [[6, -6], [7, -7]]


def test_long_recordings_become_windows_of_one_group(tmp_path, folder):
    source = fetch_raw(tmp_path, steps=2)

    assert source.items.ids.tolist() == ["run/1.csv@0", "run/1.csv@2", "walk/1.csv"]
    assert source.items.values[:, :, 0].tolist() == [[1, 2], [3, 4], [6, 7]]
    assert source.items.groups.tolist() == ["run/1.csv", "run/1.csv", "walk/1.csv"]


def test_windows_overlap_as_far_as_the_stride_says(tmp_path, folder):
    source = fetch_raw(tmp_path, steps=3, stride=1)

    assert source.items.ids.tolist() == [
        *("run/1.csv@0", "run/1.csv@1", "run/1.csv@2"),
        "walk/1.csv",
    ]


def test_one_file_is_told_apart_by_its_column_for_groups(tmp_path):
    rows = ["who,ax,label", "b,1,up", "a,2,up", "b,3,down", "a,4,up", "b,5,down"]
    (tmp_path / "log.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")

    source = fetch_raw(tmp_path, "log.csv", group="who", steps=2)

    assert source.items.ids.tolist() == ["log.csv:b", "log.csv:a"]
    assert source.items.groups.tolist() == ["b", "a"]
    assert source.items.values[:, :, 0].tolist() == [[1, 3], [2, 4]]
    assert source.classes == ("down", "up")


def test_the_last_step_names_the_class_of_a_window(tmp_path):
    rows = ["ax,label", "1,up", "2,down", "3,down", "4,up"]
    (tmp_path / "log.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")

    source = fetch_raw(tmp_path, "log.csv", steps=2)

    assert [source.classes[label] for label in source.items.labels] == ["down", "up"]


def test_windows_of_a_single_recording_are_in_no_group(tmp_path):
    """One group could not be in more than one set."""
    rows = ["ax,label", "1,up", "2,down", "3,down", "4,up"]
    (tmp_path / "log.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")

    assert fetch_raw(tmp_path, "log.csv", steps=2).items.groups.tolist() == ["", ""]


def test_recordings_may_be_arrays(tmp_path):
    for name, value in (("run", 1.0), ("walk", 2.0)):
        (tmp_path / "gait" / name).mkdir(parents=True)
        np.save(tmp_path / "gait" / name / "a.npy", np.full((4, 3), value))

    source = fetch_raw(tmp_path)

    assert source.columns == ("channel 1", "channel 2", "channel 3")
    assert source.items.values[:, 0, 0].tolist() == [1, 2]


def test_files_side_by_side_have_a_column_for_the_class_and_may_be_sets(tmp_path):
    for name, rows in (("train", "1,up\n2,down\n"), ("test", "3,up\n4,down\n")):
        (tmp_path / "gait").mkdir(exist_ok=True)
        (tmp_path / "gait" / f"{name}.csv").write_text("ax,label\n" + rows, encoding="utf-8")

    source = fetch_raw(tmp_path, steps=1)

    assert source.splits.tolist() == ["test", "test", "train", "train"]
    assert source.items.labels.tolist() == [1, 0, 1, 0]


def test_folders_may_name_sets_and_patients(tmp_path):
    for path in ("train/ill/p1/a.csv", "train/ill/p1/b.csv", "test/well/p2/a.csv"):
        recording(tmp_path / "gait", path, 1, 2)

    source = fetch_raw(tmp_path, group="folder")

    assert source.splits.tolist() == ["test", "train", "train"]
    assert source.items.groups.tolist() == ["p2", "p1", "p1"]


def test_bad_recordings_are_kept_out_with_their_reasons(tmp_path, folder):
    recording(folder, "run/2.csv", 1, 2, names="ax,az")
    (folder / "run" / "3.csv").write_text("ax,ay\n1,1\n2,oops\n3,3\n4,4\n5,5\n", encoding="utf-8")
    (folder / "run" / "4.csv").write_text("ax,ay\n1,1\n2,2,2\n3,3\n", encoding="utf-8")
    (folder / "run" / "5.csv").write_bytes(b"<html>")
    (folder / "run" / "6.npy").write_bytes(b"\x93NUMPY")
    np.save(folder / "run" / "7.npy", np.zeros((4, 3)))
    np.save(folder / "run" / "8.npy", np.array([{}], dtype=object))
    (folder / "run" / "9.csv").write_text("ax,ay\n", encoding="utf-8")
    (folder / "run" / "a.csv").symlink_to("/etc/passwd")

    source = fetch_raw(tmp_path)

    assert {bad.id: bad.reason for bad in source.quarantine} == {
        "run/2.csv": recordings.OTHER_CHANNELS,
        "run/3.csv": "text where a number belongs, in column ay",
        "run/4.csv:2": "a row of more or fewer cells than the first",
        "run/5.csv": recordings.NO_RECORDING,
        "run/6.npy": "damaged or cut off",
        "run/7.npy": recordings.OTHER_CHANNELS,
        "run/8.npy": "Python objects, which are loaded by executing them",
        "run/9.csv": "empty",
        "run/a.csv": "a link: copy the files (cp -L)",
    }
    assert source.items.ids.tolist() == ["run/1.csv", "run/4.csv", "walk/1.csv"]


def test_a_channel_that_is_time_alone_is_left_out(tmp_path):
    for path in ("run/1.csv", "walk/1.csv"):
        recording(tmp_path / "gait", path, *range(15), names="t,ax")
        lines = [f"{step / 50},{step % 4},easy,{step % 2}" for step in range(15)]
        (tmp_path / "gait" / path).write_text(
            "\n".join(["t,ax,note,label", *lines]), encoding="utf-8"
        )

    source = fetch_raw(tmp_path)

    assert source.columns == ("ax",)
    assert source.items.values[0, :5, 0].tolist() == [0, 1, 2, 3, 0]
    assert [str(note) for note in source.column_notes] == [
        "t left out: numbers that only rise, or only fall, from row to row",
        "note left out: text",
        "label left out: the folders name the classes",
    ]
    assert fetch_raw(tmp_path, columns=("t", "ax")).columns == ("t", "ax")


def test_the_recordings_of_one_file_are_looked_at_one_by_one(tmp_path):
    """One machine after the other, the time begins anew with each."""
    rows = [
        f"{who},{step},{step % 4},{'up' if step % 2 else 'down'}"
        for who in "ab"
        for step in range(15)
    ]
    (tmp_path / "log.csv").write_text("\n".join(["who,t,ax,label", *rows]), encoding="utf-8")

    assert fetch_raw(tmp_path, "log.csv", group="who", steps=5).columns == ("ax",)


def test_recordings_with_decimal_commas_are_read(tmp_path):
    for name in ("run", "walk"):
        (tmp_path / "gait" / name).mkdir(parents=True)
        (tmp_path / "gait" / name / "1.csv").write_text("ax;ay\n1,5;2\n-0,25;3\n", encoding="utf-8")

    source = fetch_raw(tmp_path)

    assert source.items.values[0].tolist() == [[1.5, 2], [-0.25, 3]]
    assert [str(note) for note in source.column_notes] == ["ax turned: decimal commas"]


def test_recordings_without_names_are_noticed(tmp_path, folder):
    (folder / "run" / "1.csv").write_text("1,-1\n2,-2\n", encoding="utf-8")

    with pytest.raises(
        RecipeError, match=r"two classes.*the first run/1.csv: numbers in the first line"
    ):
        fetch_raw(tmp_path)
    (folder / "walk" / "1.csv").write_text("0.5,-1\n2,-2\n", encoding="utf-8")
    with pytest.raises(RecipeError, match="recordings in gait; found numbers in the first line"):
        fetch_raw(tmp_path)


def test_columns_may_be_numbered(tmp_path):
    for name in ("run", "walk"):
        recording(tmp_path / "gait", f"{name}/1.csv", 5, 7, names="0,1")

    assert fetch_raw(tmp_path).columns == ("0", "1")


def test_a_list_of_the_files_beside_the_classes_is_no_recording(tmp_path, folder):
    (folder / "files.csv").write_text("name,class\n1.csv,run\n", encoding="utf-8")

    assert fetch_raw(tmp_path).items.ids.tolist() == ["run/1.csv", "walk/1.csv"]
    assert fetch_raw(tmp_path).quarantine == ()


def test_one_bad_file_side_by_side_with_others_is_kept_out(tmp_path):
    (tmp_path / "gait").mkdir()
    (tmp_path / "gait" / "a.csv").write_text("ax,label\n1,up\n2,down\n", encoding="utf-8")
    (tmp_path / "gait" / "b.csv").write_bytes(b"<html>")

    source = fetch_raw(tmp_path, steps=1)

    assert source.items.ids.tolist() == ["a.csv@0", "a.csv@1"]
    assert source.quarantine == (raw.QuarantineItem("b.csv", recordings.NO_RECORDING),)


def test_where_no_file_has_the_column_it_is_named(tmp_path):
    for name in ("a", "b"):
        (tmp_path / "gait").mkdir(exist_ok=True)
        (tmp_path / "gait" / f"{name}.csv").write_text("ax,state\n1,up\n", encoding="utf-8")

    with pytest.raises(RecipeError, match="a column label in a.csv; found ax, state"):
        fetch_raw(tmp_path)


def test_more_windows_than_there_is_room_for_are_refused_before_they_are_cut(tmp_path):
    (tmp_path / "gait" / "run").mkdir(parents=True)
    np.save(tmp_path / "gait" / "run" / "a.npy", np.zeros((200_000, 1), np.float32))

    with pytest.raises(RecipeError, match="150,001 of 50,000 steps"):
        fetch_raw(tmp_path, steps=50_000, stride=1)


@pytest.mark.parametrize("content", [b"", b"<html>", b"\x80\x04pickle", b"ax\n1\n"])
def test_a_file_that_is_no_recording_is_refused(tmp_path, content):
    (tmp_path / "log.csv").write_bytes(content)

    with pytest.raises(RecipeError):
        fetch_raw(tmp_path, "log.csv")


def test_an_array_alone_has_no_classes(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((4, 3)))

    with pytest.raises(RecipeError, match="found none"):
        fetch_raw(tmp_path, "a.npy")
