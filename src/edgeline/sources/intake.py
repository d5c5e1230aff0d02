"""Files are checked before they are opened, and their content before it is decoded.

One bad item is left out with a reason. A source that is hostile or of another kind as a whole is
refused. This module knows nothing of pictures, arrays and tables.
"""

import os
import re
import stat
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple, NoReturn, TypeAlias

from edgeline.digest import NOT_PLAIN, digest_of, sha256_file
from edgeline.errors import RecipeError
from edgeline.file_type import HEAD_BYTES

Progress: TypeAlias = Callable[[int, int], None]

MAX_ITEM_BYTES = 2**26
"""Of one picture or recording."""
MAX_BYTES = 2**31
"""Of one file that holds a whole set, and of a set when it is decoded."""
MAX_FILES = 1_000_000
MAX_NAME = 512
"""Characters of a path below its folder."""

# What systems put beside a user's files: hidden ones, those of a NAS (@eaDir, #recycle), of macOS,
# Python and Windows (__MACOSX, $RECYCLE.BIN, Thumbs.db), and copies that editors keep.
LITTER_FOLDER = re.compile(
    r"[.@]|__|#(recycle|snapshot)$|\$recycle\.bin$|system volume information$|lost\+found$"
    r"|network trash folder$|temporary items$",
    re.IGNORECASE,
)
LITTER_FILE = re.compile(
    r"\.|~\$|.*~$|.*thumb.*\.(db|info)$|desktop\.ini$|icon\r$", re.IGNORECASE | re.DOTALL
)

EMPTY = "empty"
LINK = "a link: copy the files (cp -L)"
HARD_LINK = "a hard link to a file elsewhere: copy the files (cp -L)"


class BadItem(ValueError):
    """One item cannot be read; the message is the reason, one of a few fixed texts."""


class FileEntry(NamedTuple):
    """A file below a folder, as the file system describes it; it was not opened."""

    path: str
    """POSIX, below the folder."""
    size: int
    problem: str = ""
    """Why it must not be opened."""

    @property
    def id(self) -> str:
        return printable(self.path)


def no_progress(done: int, total: int) -> None:
    """The callback of a caller who shows no progress."""


def refuse(expected: str, found: str, remedy: str) -> NoReturn:
    """Raise the error of a source that cannot be used as a whole."""
    raise RecipeError(expected=expected, found=found, remedy=remedy) from None


def printable(path: str) -> str:
    """A name on one line, with odd characters escaped; different names stay different."""
    if path.isprintable() and "\\" not in path:
        return path
    return "".join(char if char.isprintable() and char != "\\" else _escape(char) for char in path)


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def list_files(folder: Path) -> list[FileEntry]:
    """Every file below `folder` except hidden ones and litter, sorted by path.

    No file is opened and no link is followed.

    Raises:
        RecipeError: a folder that cannot be read, or more than MAX_FILES files.
    """
    links: dict[tuple[int, int], list[int]] = {}
    entries: list[FileEntry] = []
    for path, entry in _walk(folder):
        status = entry.stat(follow_symlinks=False)
        if status.st_nlink > 1 and stat.S_ISREG(status.st_mode):
            inode = (status.st_dev, status.st_ino)
            links.setdefault(inode, [status.st_nlink]).append(len(entries))
        entries.append(FileEntry(path, status.st_size, _problem(path, status)))
        if len(entries) > MAX_FILES:
            refuse(f"at most {MAX_FILES:,} files in {folder}", "more", "use a part of them")
    for count, *positions in links.values():
        # All names of the file are in this folder: it is the user's own, not one from elsewhere.
        for position in positions if count != len(positions) else ():
            entries[position] = FileEntry(entries[position].path, 0, HARD_LINK)
    return sorted(entries, key=lambda file: file.path)


def _walk(folder: Path) -> Iterator[tuple[str, os.DirEntry[str]]]:
    waiting = [""]
    while waiting:
        prefix = waiting.pop()
        try:
            with os.scandir(f"{folder}/{prefix}") as entries:
                for entry in entries:
                    path, is_folder = prefix + entry.name, entry.is_dir(follow_symlinks=False)
                    if (LITTER_FOLDER if is_folder else LITTER_FILE).match(entry.name):
                        continue
                    if is_folder and len(path) <= MAX_NAME:
                        waiting.append(f"{path}/")
                    else:
                        yield path, entry
        except OSError as error:
            refuse(
                f"a readable folder {folder}/{printable(prefix)}",
                str(error.strerror),
                "change its permissions, or remove it",
            )


def _problem(path: str, status: os.stat_result) -> str:
    if len(path) > MAX_NAME:
        return f"a path of more than {MAX_NAME} characters"
    if path.encode(errors="ignore").decode() != path:
        return "a name that is not UTF-8"
    if stat.S_ISLNK(status.st_mode):
        return LINK
    if not stat.S_ISREG(status.st_mode):
        return NOT_PLAIN
    if status.st_size > MAX_ITEM_BYTES:
        return f"more than {MAX_ITEM_BYTES:,} bytes"
    return "" if status.st_size else EMPTY


def open_plain(path: str | Path) -> BinaryIO:
    """A plain file, opened for reading; its type is checked again once it is open, since names can move.

    Raises:
        BadItem: a link, a pipe, a device, or no right to read it.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        raise BadItem("a file that cannot be opened") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise BadItem(NOT_PLAIN)
    return os.fdopen(descriptor, "rb")


def read_head(path: Path, limit: int = MAX_BYTES) -> bytes:
    """The first bytes of a file that holds a whole set.

    Raises:
        RecipeError: it is not a plain file, cannot be read, or has more than `limit` bytes.
    """
    try:
        with open_plain(path) as file:
            if os.fstat(file.fileno()).st_size > limit:
                raise BadItem(f"more than {limit:,} bytes")
            return file.read(HEAD_BYTES)
    except BadItem as error:
        refuse(f"a plain file of at most {limit:,} bytes at {path}", str(error), "use another file")


def folder_digest(folder: Path) -> str:
    """SHA-256 over the names (in NFC, so that it is the same on every system) and digests of all files.

    Hidden files and litter do not count. A file that is not plain is not opened.
    """
    digests = [
        [unicodedata.normalize("NFC", file.id), _digest(folder, file)]
        for file in list_files(folder)
    ]
    return digest_of(sorted(digests))  # type: ignore[arg-type]  # a list of lists of text


def _digest(folder: Path, file: FileEntry) -> str:
    is_readable = not file.problem or file.size > MAX_ITEM_BYTES
    return sha256_file(f"{folder}/{file.path}") if is_readable else file.problem
