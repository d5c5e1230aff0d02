"""The files of an artifact's folder: plain ones, and only those that its manifest lists."""

import os
from pathlib import Path, PurePosixPath

from edgeline.digest import sha256_file
from edgeline.errors import Tampered
from edgeline.manifest import MAX_FILES, FileEntry


def list_files(folder: Path) -> set[str]:
    """POSIX paths of the files below; a link, a device or a folder without files is refused."""
    names: set[str] = set()
    for parent, folders, files in os.walk(folder):
        if not folders and not files:
            raise tampered(Path(parent), "only folders that hold files", "an empty one")
        for name in folders + files:
            path = Path(parent, name)
            if path.is_symlink() or not (path.is_dir() or path.is_file()):
                raise tampered(path, "plain files", "a link or a special file")
        names.update(Path(parent, name).relative_to(folder).as_posix() for name in files)
        if len(names) > MAX_FILES:
            raise tampered(folder, f"at most {MAX_FILES} files", "more")
    return names


def check_file(folder: Path, name: str, entry: FileEntry) -> None:
    """Raises Tampered where the file is not exactly the one that the manifest lists."""
    path = folder / name
    above = (folder / parent for parent in PurePosixPath(name).parents)
    if any(step.is_symlink() for step in above) or not is_plain(path):
        raise tampered(path, "a file that the manifest lists", "none, or a link")
    if (size := path.stat().st_size) != entry.bytes:
        raise tampered(path, f"{entry.bytes} bytes", f"{size}")
    if (digest := sha256_file(path)) != entry.sha256:
        raise tampered(path, f"SHA-256 {entry.sha256}", digest)


def is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def tampered(path: Path, expected: str, found: str) -> Tampered:
    """The error that names the file, however it is spelled."""
    where = str(path).encode(errors="backslashreplace").decode()
    return Tampered(
        expected=f"{where}: {expected}",
        found=found,
        remedy="remove that folder, and fetch the artifact or run the line again",
    )
