"""DVC itself, one process at a time, with nothing sent and nothing written outside the project.

DVC remembers hashes by modification time and size, and would believe a file whose byte was changed
behind its back. So every call here begins with an empty memory, and reads every file again.
"""

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
from edgeline.files import acquire_lock
from edgeline.workspace import Workspace

PATIENCE_S = 600
"""How long to wait for another run's stages, which take seconds for the data that ship."""

MEMORY = "memory-"


@contextmanager
def alone(root: Path) -> Iterator[Path]:
    """One at a time, as DVC gives up after three seconds; gives an empty folder for its memory.

    Raises:
        WorkspaceBusy: another process works with DVC, for longer than can be waited for.
    """
    path = Workspace(root).lock_file("DVC")
    with acquire_lock(path, "DVC to be free", "at work on the data", patience_s=PATIENCE_S):
        for left in Workspace(root).dvc.glob(f"{MEMORY}*"):
            # of a process that was killed: whoever holds the lock is the only one alive
            shutil.rmtree(left, ignore_errors=True)
        with memory(root, MEMORY) as folder:
            yield folder


@contextmanager
def memory(root: Path, prefix: str) -> Iterator[Path]:
    """An empty folder for what DVC remembers about files, forgotten afterwards."""
    below = Workspace(root).dvc
    below.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=prefix, dir=below, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def surroundings(root: Path, memory: Path) -> dict[str, str]:
    """DVC's own variables: nothing is sent, and nothing is written outside the project."""
    below = Workspace(root).dvc
    return {
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
    """DVC in this process; it takes its variables from the process, which gets its own back."""
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    before = dict(os.environ)
    os.environ.update(surroundings(root, memory))
    try:
        with Repo(str(root)) as repo:
            yield repo
    except DvcException as error:
        raise failure(str(error)) from None
    finally:
        for name in surroundings(root, memory):
            os.environ.pop(name, None)
            if name in before:
                os.environ[name] = before[name]


def failure(said: str) -> EdgelineError:
    """An error of ours: the one that a stage printed, or else DVC's last words."""
    kinds = {one.exit_code: one for one in (RecipeError, GateMissed, Tampered, EnvironmentUnfit)}
    code = re.search(r"exited with (\d+)", said)
    kind = kinds.get(int(code[1]), EdgelineError) if code else EdgelineError
    if ours := re.search(r"^edgeline: expected (.*); found (.*?); (.*)$", said, re.MULTILINE):
        return kind(expected=ours[1], found=ours[2], remedy=ours[3])
    if "Unable to acquire lock" in said or "is busy" in said:
        kind = WorkspaceBusy
    last = said.strip().splitlines()[-1] if said.strip() else "no word from DVC"
    return kind(
        expected="DVC to bring the data up to date",
        found=last.removeprefix("ERROR: "),
        remedy="`.venv/bin/dvc status` in the project's folder says more",
    )
