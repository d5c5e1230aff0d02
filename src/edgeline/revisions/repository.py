"""DVC itself, one process at a time, without telemetry and without files outside the project.

DVC remembers hashes by modification time and size, and would miss a byte that was changed without
a change of those. So every call here starts with an empty state, and reads every file again.
"""

import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from edgeline.errors import (
    EdgelineError,
    EnvironmentUnfit,
    GateMissed,
    RecipeError,
    Tampered,
    WorkspaceBusy,
)
from edgeline.files import acquire_lock, no_room, says_no_room
from edgeline.stack.environment import identity
from edgeline.stack.process_info import is_older
from edgeline.workspace import Workspace

PATIENCE_S = 600
"""How long to wait for another run's stages, which take seconds for the data that ship."""

MEMORY = "memory-"

KINDS = {
    one.exit_code: one
    for one in (EdgelineError, RecipeError, GateMissed, Tampered, EnvironmentUnfit)
}
"""The class of the error with which a process of ours ended, by its exit code."""


@contextmanager
def exclusive_dvc(root: Path) -> Iterator[Path]:
    """Hold the lock on DVC, which itself waits three seconds only; gives an empty folder for its state.

    Raises:
        WorkspaceBusy: another process uses DVC for longer than PATIENCE_S.
    """
    path = Workspace(root).lock_file("DVC")
    with acquire_lock(path, "DVC to be free", "at work on the data", patience_s=PATIENCE_S):
        _remove_left_lock(root)
        for left in Workspace(root).dvc.glob(f"{MEMORY}*"):
            # Left by a killed process, since only the holder of the lock has such a folder.
            shutil.rmtree(left, ignore_errors=True)
        with temporary_state(root, MEMORY) as folder:
            yield folder


def _remove_left_lock(root: Path) -> None:
    """Remove DVC's list of who reads and writes what, where a killed DVC left it cut off or names nobody alive.

    DVC writes that file in place, and believes a number that another process has by now. Whoever is
    named and was there when the file was written is a DVC that a person started: it is waited for.
    """
    path = root / ".dvc" / "tmp" / "rwlock"
    try:
        written, held = path.stat().st_mtime, json.loads(path.read_bytes())
        holders = [
            *held["write"].values(),
            *(one for many in held["read"].values() for one in many),
        ]
        if any(is_older(int(one["pid"]), written) for one in holders):
            return
    except FileNotFoundError:
        return
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        pass  # cut off
    path.unlink(missing_ok=True)


@contextmanager
def temporary_state(root: Path, prefix: str) -> Iterator[Path]:
    """An empty folder for what DVC remembers about files, deleted afterwards."""
    below = Workspace(root).dvc
    below.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=prefix, dir=below, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def dvc_environment(root: Path, memory: Path) -> dict[str, str]:
    """DVC's variables: no telemetry, no files outside the project, and a name for whoever has none."""
    below = Workspace(root).dvc
    return {
        **identity(Workspace(root).state),
        "DVC_NO_ANALYTICS": "1",
        "DVC_GLOBAL_CONFIG_DIR": str(below / "global"),
        "DVC_SYSTEM_CONFIG_DIR": str(below / "system"),
        "DVC_SITE_CACHE_DIR": str(memory),
        "PATH": os.pathsep.join(
            (str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath))
        ),
    }


@contextmanager
def repository(root: Path, memory: Path) -> Iterator[Any]:
    """DVC in this process, whose variables are set for it and restored afterwards."""
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    before = dict(os.environ)
    os.environ.update(dvc_environment(root, memory))
    try:
        with Repo(str(root)) as repo:
            yield repo
    except DvcException as error:
        raise parse_failure(str(error)) from None
    finally:
        for name in dvc_environment(root, memory):
            os.environ.pop(name, None)
            if name in before:
                os.environ[name] = before[name]


def cache_folder(root: Path) -> Path:
    """Where DVC keeps the objects, which its configuration may put outside of the project."""
    with temporary_state(root, "config-") as memory, repository(root, memory) as repo:
        return Path(repo.cache.local.path)


def parse_failure(output: str) -> EdgelineError:
    """The error that a stage printed, or else one with the last line of DVC's output."""
    code = re.search(r"exited with (\d+)", output)
    kind = KINDS.get(int(code[1]), EdgelineError) if code else EdgelineError
    if ours := re.search(r"^edgeline: expected (.*); found (.*?); (.*)$", output, re.MULTILINE):
        return kind(expected=ours[1], found=ours[2], remedy=ours[3])
    if "Unable to acquire lock" in output or "is busy" in output:
        kind = WorkspaceBusy
    if says_no_room(output):
        return no_room(Path(".dvc/cache"))
    last = output.strip().splitlines()[-1] if output.strip() else "no output of DVC"
    return kind(
        expected="an update of the data by DVC",
        found=last.removeprefix("ERROR: "),
        remedy="run `.venv/bin/dvc status` in the project's folder, which says more",
    )
