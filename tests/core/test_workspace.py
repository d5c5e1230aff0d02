"""The state folder: found from below, locked by one, written whole, and fingerprinted by content."""

import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest

from edgeline.errors import EnvironmentUnfit, WorkspaceBusy
from edgeline.workspace import Workspace, fingerprint, held, lock, read_json, write_json


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    root = tmp_path / "un projet"
    for folder in ("recipes", "tasks", "data/tiny"):
        (root / folder).mkdir(parents=True)
    (root / "dvc.yaml").touch()
    (root / "tasks" / "helper.py").write_text("def double(x): return 2 * x\n")
    (root / "data" / "tiny" / "raw.npz").write_bytes(b"abc")
    return Workspace(root)


def test_project_is_found_from_a_folder_below(workspace: Workspace) -> None:
    assert Workspace.find(workspace.root / "data" / "tiny") == workspace


def test_outside_a_project_there_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentUnfit, match="inside the project's folder"):
        Workspace.find(tmp_path)


@pytest.mark.parametrize("character", "%?")
def test_path_that_breaks_database_addresses_is_refused(tmp_path: Path, character: str) -> None:
    root = tmp_path / f"50{character}"
    (root / "recipes").mkdir(parents=True)
    (root / "dvc.yaml").touch()
    with pytest.raises(EnvironmentUnfit, match="rename"):
        Workspace.find(root)


def test_second_holder_of_a_lock_learns_who_has_it(workspace: Workspace) -> None:
    with (
        lock(workspace, "tiny", "build-1", "10:00"),
        pytest.raises(WorkspaceBusy, match="build-1, since 10:00"),
        lock(workspace, "tiny", "build-2", "10:01"),
    ):
        pass


def test_locks_of_different_recipes_do_not_meet(workspace: Workspace) -> None:
    with lock(workspace, "tiny", "a", "10:00"), lock(workspace, "other", "b", "10:00"):
        assert len(list((workspace.state / "locks").iterdir())) == 2


def test_lock_of_a_killed_process_is_free_again(workspace: Workspace) -> None:
    program = (
        "import os, pathlib, edgeline.workspace as w\n"
        f"with w.lock(w.Workspace(pathlib.Path({str(workspace.root)!r})), 'tiny', 'a', '1'):\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -9
    with lock(workspace, "tiny", "b", "2"):
        pass


def test_a_lock_is_waited_for_as_long_as_was_said(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with ExitStack() as first:
        first.enter_context(held(path, "nobody else"))
        with pytest.raises(WorkspaceBusy), held(path, "nobody else", patience_s=0.05):
            pass
        threading.Timer(0.05, first.close).start()
        with held(path, "nobody else", patience_s=60):
            pass


def test_fingerprint_follows_code_settings_data_and_lock(workspace: Workspace) -> None:
    first = fingerprint(workspace, "tiny", "{}")
    assert fingerprint(workspace, "tiny", "{}") == first
    seen = {first, fingerprint(workspace, "tiny", '{"epochs": 3}')}
    (workspace.root / "tasks" / "helper.py").write_text("def double(x): return x + x\n")
    seen.add(fingerprint(workspace, "tiny", "{}"))
    (workspace.root / "data" / "tiny" / "raw.npz").write_bytes(b"abd")
    seen.add(fingerprint(workspace, "tiny", "{}"))
    (workspace.root / "requirements.lock").write_text("numpy==2.4.6\n")
    seen.add(fingerprint(workspace, "tiny", "{}"))
    seen.add(fingerprint(workspace, "tiny", "{}", ["0" * 64]))
    assert len(seen) == 6


def test_record_is_whole_or_absent(workspace: Workspace) -> None:
    path = workspace.step("tune", "abc").with_suffix(".json")
    write_json(path, {"a": 1})
    assert read_json(path) == {"a": 1}
    path.write_text('{"a": ')
    assert read_json(path) is None
    assert read_json(path.with_name("none.json")) is None
