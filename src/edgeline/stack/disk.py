"""The disks that the line writes to: how much is free on each, and which of them is full."""

import shutil
import tempfile
from pathlib import Path

from edgeline.files import no_room
from edgeline.stack.environment import state_folder

FULL_BYTES = 10_000_000
"""With less, nothing can be written: neither a row of a database nor the log that tells of it."""


def free_bytes(root: Path) -> dict[Path, int]:
    """Free bytes of every disk, named by the first of our folders that lies on it.

    The state folder, the data and DVC's cache may be links or mounts, each to another disk.
    """
    cache, temporary = root / ".dvc" / "cache", Path(tempfile.gettempdir())
    disks: dict[int, Path] = {}
    for folder in (state_folder(root), root / "data", cache, root, temporary):
        if folder.exists():
            disks.setdefault(folder.stat().st_dev, folder)
    return {folder: shutil.disk_usage(folder).free for folder in disks.values()}


def fullest(root: Path) -> Path:
    """The folder whose disk has the least room."""
    free = free_bytes(root)
    return min(free, key=lambda folder: free[folder])


def require_room(root: Path) -> None:
    """Raises EnvironmentUnfit: a disk is full; names the folder."""
    for folder, free in free_bytes(root).items():
        if free < FULL_BYTES:
            raise no_room(folder, f"{free / 1e6:.1f} MB")
