"""Files that are whole or absent, and locks that name their holder."""

import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest

from edgeline.errors import EnvironmentUnfit, WorkspaceBusy
from edgeline.files import (
    acquire_lock,
    finite,
    json_text,
    open_atomically,
    read_json,
    write_atomically,
    write_json,
)


def test_a_file_is_the_old_one_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "below" / "notes.txt"
    write_atomically(path, "old")
    with open_atomically(path) as file:
        file.write(b"ne")
        file.flush()
        assert path.read_text() == "old"
        file.write(b"w")
    assert path.read_text() == "new"
    assert list(path.parent.iterdir()) == [path]


def test_a_write_that_fails_changes_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    write_atomically(path, "old")
    with pytest.raises(TypeError), open_atomically(path) as file:
        file.writelines([b"half", "no bytes"])  # type: ignore[list-item]
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_unfinished_file_lies_where_the_caller_wants_it(tmp_path: Path) -> None:
    sealed = tmp_path / "sealed"
    with open_atomically(sealed / "receipt.json", beside=sealed) as file:
        file.write(b"{}")
        assert list(sealed.iterdir()) == []
        assert [path.suffix for path in tmp_path.iterdir() if path != sealed] == [".partial"]
    assert [path.name for path in sealed.iterdir()] == ["receipt.json"]
    assert list(tmp_path.iterdir()) == [sealed]


def test_record_is_whole_or_absent(tmp_path: Path) -> None:
    path = tmp_path / "records" / "abc.json"
    write_json(path, {"a": 1})
    assert read_json(path) == {"a": 1}
    path.write_text('{"a": ')
    assert read_json(path) is None
    assert read_json(path.with_name("none.json")) is None


def test_json_has_null_where_a_number_is_not_finite() -> None:
    odd = {"a": float("inf"), "b": [1.5, (float("nan"), -float("inf"))], "c": {"d": True, "e": 7}}
    assert json_text(odd) == '{"a": null, "b": [1.5, [null, null]], "c": {"d": true, "e": 7}}'
    assert finite(odd)["b"] == [1.5, [None, None]]


def test_second_holder_learns_who_has_the_lock_and_since_when(tmp_path: Path) -> None:
    path = tmp_path / "locks" / "tiny.lock"
    holder = r"no other run; found process \d+, build-1, since 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC;"
    with (
        acquire_lock(path, "no other run", "build-1"),
        pytest.raises(WorkspaceBusy, match=holder),
        acquire_lock(path, "no other run", "build-2"),
    ):
        pass


def test_a_lock_is_waited_for_as_long_as_the_caller_is_patient(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    waited: list[int] = []
    with ExitStack() as first:
        first.enter_context(acquire_lock(path, "nobody else"))
        with pytest.raises(WorkspaceBusy), acquire_lock(path, "nobody else", patience_s=0.05):
            pass
        threading.Timer(0.05, first.close).start()
        with acquire_lock(path, "nobody else", patience_s=60, on_wait=waited.append):
            pass
    assert waited[0] == 0


def test_lock_of_a_killed_process_is_free_again(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    program = (
        "import os, pathlib, edgeline.files as files\n"
        f"with files.acquire_lock(pathlib.Path({str(path)!r}), 'nobody else'):\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -9
    with acquire_lock(path, "nobody else"):
        pass


def test_a_lock_in_a_folder_that_cannot_be_written_is_a_matter_of_the_environment(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(EnvironmentUnfit, match="a folder that can be written"),
        acquire_lock(tmp_path / "file" / "lock", "nobody else"),
    ):
        pass
