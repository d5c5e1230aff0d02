"""A full disk: named with the folder, exit 5, and no traceback. The disks are small ones that root mounts here."""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from edgeline.errors import EnvironmentUnfit
from edgeline.files import lacks_room, write_atomically
from edgeline.revisions.repository import parse_failure
from edgeline.stack import disk, services
from edgeline.stack.doctor import examine
from flows.session import _log_to_file

MEGABYTES = 16


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of sixteen megabytes."""
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", str(place)]
    if os.getuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a small disk")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.fixture
def root(tmp_path: Path, small: Path) -> Path:
    """A project whose state folder lies on that disk."""
    root = tmp_path / "project"
    (root / "recipes").mkdir(parents=True)
    for name in ("dvc.yaml", "requirements.lock"):
        (root / name).touch()
    (root / "pyproject.toml").write_text('[project]\nrequires-python = ">=3.11"\n')
    (root / ".edgeline").symlink_to(small)
    return root


def fill(place: Path) -> None:
    with pytest.raises(OSError, match="No space left"):
        (place / "filler").write_bytes(bytes((MEGABYTES + 1) * 2**20))


def test_the_disk_of_the_state_folder_is_measured(root: Path) -> None:
    free = disk.free_bytes(root)

    assert free.pop(root / ".edgeline") <= MEGABYTES * 2**20
    assert all(bytes_ > MEGABYTES * 2**20 for bytes_ in free.values())
    assert disk.fullest(root) == root / ".edgeline"
    disk.require_room(root)
    finding = next(one for one in examine(root) if one.check == f"disk of {root}/.edgeline")
    assert (finding.state, finding.found) == ("broken", "0.0 GB free")


def test_nothing_is_started_on_a_full_disk(root: Path, small: Path) -> None:
    fill(small)

    with pytest.raises(EnvironmentUnfit) as error:
        services.ensure_all(["nats"], root)
    assert error.value.exit_code == 5
    assert error.value.expected == f"room on the disk of {root}/.edgeline"


def test_a_library_that_hides_the_reason_is_seen_through(small: Path) -> None:
    fill(small)
    with pytest.raises(EnvironmentUnfit, match=f"room on the disk of {small}") as ours:
        write_atomically(small / "more", bytes(2**20))
    library = RuntimeError("could not save")
    library.__cause__ = ours.value.__cause__

    assert lacks_room(library)
    assert lacks_room(RuntimeError("(sqlite3.OperationalError) database or disk is full"))
    assert lacks_room(RuntimeError("IoError(Os { code: 28, kind: StorageFull, message: ... })"))
    with (small / "array").open("wb") as file, pytest.raises(OSError, match="written") as numpy:
        np.zeros(2**20).tofile(file)
    assert lacks_room(numpy.value)
    assert not lacks_room(RuntimeError("could not save"))


def test_what_dvc_says_of_a_full_disk_is_exit_5() -> None:
    error = parse_failure("ERROR: unexpected error - [Errno 28] No space left on device: 'x'")

    assert (error.exit_code, error.expected) == (5, "room on the disk of .dvc/cache")


def test_a_log_without_room_fills_no_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("recipes", ".edgeline/logs"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "dvc.yaml").touch()
    (tmp_path / ".edgeline" / "logs" / "run.log").symlink_to("/dev/full")
    monkeypatch.chdir(tmp_path)

    with _log_to_file():
        logging.getLogger().error("this does not fit")
    assert capsys.readouterr().err == ""
    assert logging.raiseExceptions


COMMAND = """
import sys
from edgeline import cli

def write():
    try:
        open(sys.argv[1], "wb").write(bytes(2 ** 25))
    except OSError as error:
        raise RuntimeError("not saved") from error

cli.app = write
cli.main()
"""


def test_a_command_ends_with_five_and_names_the_folder(root: Path, small: Path) -> None:
    command = [sys.executable, "-c", COMMAND, str(small / "model")]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)

    assert done.returncode == 5
    line = f"edgeline: expected room on the disk of {root}/.edgeline; found a full disk; free some"
    assert done.stderr.startswith(line)
    assert len(done.stderr.splitlines()) == 1
