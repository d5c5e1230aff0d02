"""The state folder: found from below, locked by one, written whole, and fingerprinted by content."""

import json
import os
from pathlib import Path

import pytest

from edgeline.errors import EnvironmentUnfit, WorkspaceBusy
from edgeline.fingerprint import fingerprint
from edgeline.workspace import AWKWARD, Workspace, forget_runs, lock


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    root = tmp_path / "un projet"
    for folder in ("recipes", "flows", "tasks", "contracts", "data/tiny"):
        (root / folder).mkdir(parents=True)
    (root / "dvc.yaml").touch()
    (root / "flows" / "build.py").write_text("from tasks.helper import double\n")
    (root / "tasks" / "helper.py").write_text("def double(x): return 2 * x\n")
    (root / "contracts" / "ModelAnchor.json").write_text("{}")
    (root / "data" / "tiny" / "raw.npz").write_bytes(b"abc")
    return Workspace(root)


def test_project_is_found_from_a_folder_below(workspace: Workspace) -> None:
    assert Workspace.find(workspace.root / "data" / "tiny").root == workspace.root


def test_outside_a_project_there_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentUnfit, match="inside the project's folder"):
        Workspace.find(tmp_path)


def test_the_state_folder_is_its_users_alone_also_one_of_before(workspace: Workspace) -> None:
    workspace.state.mkdir(0o755)
    Workspace.find(workspace.root)
    assert workspace.state.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("character", [*AWKWARD, "\n", "\udce9"])
def test_path_that_a_tool_cannot_bear_is_refused(tmp_path: Path, character: str) -> None:
    root = tmp_path / f"50{character}"
    (root / "recipes").mkdir(parents=True)
    (root / "dvc.yaml").touch()
    with pytest.raises(EnvironmentUnfit, match="rename"):
        Workspace.find(root)


@pytest.mark.parametrize(
    "name", ["un été d'hiver", "訓練\u3000場", "a\xa0b", "R&D (2) #1; ~x=[y]{z}*!"]
)
def test_other_paths_are_taken(tmp_path: Path, name: str) -> None:
    root = tmp_path / name
    (root / "recipes").mkdir(parents=True)
    (root / "dvc.yaml").touch()
    assert Workspace.find(root).root == root


def test_second_holder_of_a_lock_learns_who_has_it(workspace: Workspace) -> None:
    with (
        lock(workspace, "tiny", "build-1"),
        pytest.raises(WorkspaceBusy, match=r"process \d+, build-1, since 20\d\d-"),
        lock(workspace, "tiny", "build-2"),
    ):
        pass


def test_locks_of_different_recipes_do_not_meet(workspace: Workspace) -> None:
    with lock(workspace, "tiny", "a"), lock(workspace, "other", "b"):
        assert len(list((workspace.state / "locks").iterdir())) == 2


def test_fingerprint_follows_code_settings_data_and_lock(workspace: Workspace) -> None:
    first = fingerprint(workspace, "tiny", "{}")
    assert fingerprint(workspace, "tiny", "{}") == first
    seen = {first, fingerprint(workspace, "tiny", '{"epochs": 3}')}
    helper, contract = workspace.root / "tasks" / "helper.py", workspace.contract
    helper.write_text("def double(x): return x + x\n")
    seen.add(fingerprint(workspace, "tiny", "{}"))
    contract.write_text('{"abi": []}')
    seen.add(fingerprint(workspace, "tiny", "{}"))
    (workspace.root / "data" / "tiny" / "raw.npz").write_bytes(b"abd")
    seen.add(fingerprint(workspace, "tiny", "{}"))
    (workspace.root / "requirements.lock").write_text("numpy==2.4.6\n")
    seen.add(fingerprint(workspace, "tiny", "{}"))
    seen.add(fingerprint(workspace, "tiny", "{}", ["0" * 64]))
    assert len(seen) == 7


def test_old_runs_go_with_the_step_folders_that_only_they_used(workspace: Workspace) -> None:
    steps = {"1": ["a", "b"], "2": ["b", "c"], "3": ["c"]}
    for age, (day, keys) in enumerate(steps.items()):
        journal = workspace.journal(f"digits-build-2026010{day}-000000")
        journal.parent.mkdir(parents=True)
        entries = [json.dumps({"step": "shrink", "key": key}) for key in keys]
        journal.write_text("\n".join([*entries, '{"step": "cut o']), encoding="utf-8")
        os.utime(journal.parent, (age, age))
    for key in "abc":
        workspace.step("shrink", key).mkdir(parents=True)
        workspace.step("shrink", key).with_suffix(".json").touch()
    other = workspace.run("voice-build-20250101-000000")
    other.mkdir()

    forget_runs(workspace, "digits", 2)

    assert sorted(path.name[20] for path in workspace.runs.glob("digits-*")) == ["2", "3"]
    left = {path.name for path in (workspace.state / "steps" / "shrink").iterdir()}
    assert left == {"b", "b.json", "c", "c.json"}
    assert other.is_dir()
