"""What files claim is checked before they are opened, and what they hold before it is decoded.

One bad item is kept out with a reason; a source that is hostile or of another kind as a whole is
refused in one line. Knows nothing of pictures, arrays and tables: those have their own modules.
"""

import os
import stat
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple, NoReturn, TypeAlias

from edgeline.digest import NOT_PLAIN, digest_of, sha256_file
from edgeline.errors import RecipeError

Progress: TypeAlias = Callable[[int, int], None]

MAX_ITEM_BYTES = 2**26
"""Of one picture or recording."""
MAX_BYTES = 2**31
"""Of one file that holds a whole set, and of a set when it is decoded."""
MAX_FILES = 1_000_000
MAX_NAME = 512
"""Characters of a path below its folder."""

# What some systems leave in folders and archives without being asked.
LITTER = ("__MACOSX", "Thumbs.db", "desktop.ini")

# What the first bytes of a file give away; the longest ones come first where two begin alike.
SIGNS = (
    (b"\x89PNG\r\n\x1a\n", "a PNG"),
    (b"\xff\xd8\xff", "a JPEG"),
    (b"GIF8", "a GIF"),
    (b"II*\0", "a TIFF"),
    (b"MM\0*", "a TIFF"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\x1f\x8b", "a gzip file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"PAR1", "a Parquet file"),
    (b"\x89HDF", "an HDF5 file"),
    (b"%PDF", "a PDF"),
    (b"\x7fELF", "a program"),
    (b"\xff\xfe", "text in UTF-16"),
    (b"\xfe\xff", "text in UTF-16"),
    *((bytes((0x80, version)), "a pickle") for version in range(2, 6)),
)


EMPTY = "empty"
LINK = "a link: copy the files (cp -L)"
HARD_LINK = "a hard link to a file elsewhere: copy the files (cp -L)"

PICTURES = ("a PNG", "a JPEG", "a GIF", "a TIFF")


class BadItem(ValueError):
    """One item cannot be read; the message is the reason, one of a few fixed texts."""


class Found(NamedTuple):
    """A file below a folder, as the file system describes it; it was not opened."""

    path: str
    """POSIX, below the folder."""
    size: int
    problem: str = ""
    """Why it must not be opened."""

    @property
    def id(self) -> str:
        return shown(self.path)


def nothing(done: int, total: int) -> None:
    """Progress that nobody looks at."""


def refuse(expected: str, found: str, remedy: str) -> NoReturn:
    """A whole source is of another kind, too large or hostile."""
    raise RecipeError(expected=expected, found=found, remedy=remedy) from None


def shown(path: str) -> str:
    """A name that fits on one line; no two paths look alike."""
    if path.isprintable() and "\\" not in path:
        return path
    plain = (char if char.isprintable() and char != "\\" else _escaped(char) for char in path)
    return "".join(plain)


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def files(folder: Path) -> list[Found]:
    """Every file below `folder` but hidden ones and litter, sorted by path; nothing is opened or followed.

    Raises:
        RecipeError: a folder that cannot be read, or more than MAX_FILES files.
    """
    seen: dict[tuple[int, int], list[int]] = {}
    found: list[Found] = []
    for path, entry in _walk(folder):
        found.append(_described(path, entry, seen, len(found)))
        if len(found) > MAX_FILES:
            refuse(f"at most {MAX_FILES:,} files in {folder}", "more", "give a part of them")
    for links, *at in seen.values():
        # As many names as the file has lie here: it is the user's own twice, not one from elsewhere.
        for position in at if links != len(at) else ():
            found[position] = Found(found[position].path, 0, HARD_LINK)
    return sorted(found, key=lambda file: file.path)


def _walk(folder: Path) -> Iterator[tuple[str, os.DirEntry[str]]]:
    waiting = [""]
    while waiting:
        prefix = waiting.pop()
        try:
            with os.scandir(f"{folder}/{prefix}") as entries:
                for entry in entries:
                    if entry.name.startswith(".") or entry.name in LITTER:
                        continue
                    path = prefix + entry.name
                    if entry.is_dir(follow_symlinks=False) and len(path) <= MAX_NAME:
                        waiting.append(f"{path}/")
                    else:
                        yield path, entry
        except OSError as error:
            refuse(
                f"a folder that can be read in {folder}",
                f"{shown(prefix) or 'itself'}: {error.strerror}",
                "give the right to read it, or take it away",
            )


def _described(
    path: str, entry: os.DirEntry[str], seen: dict[tuple[int, int], list[int]], at: int
) -> Found:
    status = entry.stat(follow_symlinks=False)
    if status.st_nlink > 1 and stat.S_ISREG(status.st_mode):
        seen.setdefault((status.st_dev, status.st_ino), [status.st_nlink]).append(at)
    return Found(path, status.st_size, _problem(path, status))


def _problem(path: str, status: os.stat_result) -> str:
    if len(path) > MAX_NAME:
        return f"a path of more than {MAX_NAME} characters"
    if not path.isascii() and not _is_utf8(path):
        return "a name that is not UTF-8"
    if stat.S_ISLNK(status.st_mode):
        return LINK
    if not stat.S_ISREG(status.st_mode):
        return NOT_PLAIN
    if status.st_size > MAX_ITEM_BYTES:
        return f"more than {MAX_ITEM_BYTES:,} bytes"
    return "" if status.st_size else EMPTY


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def open_plain(path: str | Path) -> BinaryIO:
    """A plain file, opened for reading; looked at again once it is open, since names can be moved.

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


def kind(head: bytes) -> str:
    """What the first bytes of a file say that it is, in words."""
    for sign, name in SIGNS:
        if head.startswith(sign):
            return name
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype html", b"<html")):
        return "HTML"
    if text.startswith((b"<svg", b"<?xml")):
        return "SVG or XML"
    return "something else" if head else "nothing"


def head(path: Path, limit: int = MAX_BYTES) -> bytes:
    """The first 64 bytes of a file that holds a whole set.

    Raises:
        RecipeError: it is not a plain file, cannot be read, or has more than `limit` bytes.
    """
    try:
        with open_plain(path) as file:
            if os.fstat(file.fileno()).st_size > limit:
                raise BadItem(f"more than {limit:,} bytes")
            return file.read(64)
    except BadItem as error:
        refuse(f"a plain file of at most {limit:,} bytes at {path}", str(error), "give another")


def folder_digest(folder: Path) -> str:
    """SHA-256 over the names (in NFC, so that it is the same on every system) and digests of all files.

    Hidden files and litter do not count, and what is not a plain file is not opened.
    """
    named = [
        [unicodedata.normalize("NFC", file.id), _digest(folder, file)] for file in files(folder)
    ]
    return digest_of(sorted(named))  # type: ignore[arg-type]  # a list of lists of text


def _digest(folder: Path, file: Found) -> str:
    opened = not file.problem or file.size > MAX_ITEM_BYTES
    return sha256_file(f"{folder}/{file.path}") if opened else file.problem
