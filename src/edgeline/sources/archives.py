"""ZIP and tar archives: their announced sizes are checked before anything is unpacked, and the bytes counted.

A member whose name leaves the folder, a link or a device refuses the archive as a whole: nobody
makes those by accident.
"""

import gzip
import shutil
import stat
import struct
import tarfile
import zipfile
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, BinaryIO

from edgeline.datasets import items
from edgeline.file_type import file_type
from edgeline.sources.intake import (
    MAX_BYTES,
    MAX_FILES,
    MAX_NAME,
    BadItem,
    printable,
    read_head,
    refuse,
)

MAX_DIRECTORY = 2**26
"""Bytes of a ZIP's directory of its members, which is read as a whole."""
MAX_READ = 2**20
"""Bytes at a time; tar asks for more only for a header that claims to be longer."""

END_BYTES = 65_557 + 76
"""In which the records lie that say how large that directory is: 32 bits wide, or 64."""

# What zipfile, tarfile and the decompressors raise for archives that are damaged.
UNREADABLE = (
    *items.UNREADABLE,
    LookupError,
    ArithmeticError,
    RuntimeError,
    struct.error,
    tarfile.TarError,
)


def unpack(path: Path, scratch: Path) -> Path:
    """`path` itself where it is a folder, else what its archive unpacks to in `scratch`.

    Raises:
        RecipeError: neither, or an archive that is damaged, hostile or too large.
    """
    if path.is_dir():
        return path
    start = read_head(path)
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    try:
        if start.startswith(b"PK"):
            with zip_file(path, MAX_DIRECTORY) as archive:
                _write_members(_zip_members(archive), scratch)
        elif start.startswith(b"\x1f\x8b"):
            with gzip.open(path) as stream:
                _write_members(_tar_members(stream), scratch)
        else:
            with path.open("rb") as stream:
                if stream.read(512)[257:262] != b"ustar":
                    raise BadItem(file_type(start))
                stream.seek(0)
                _write_members(_tar_members(stream), scratch)
    except BadItem as error:
        refuse(
            f"a folder, a ZIP or a .tar.gz at {path.name}",
            str(error),
            "unpack it yourself and check its files",
        )
    except UNREADABLE as error:
        refuse(
            f"a whole archive at {path.name}",
            f"{type(error).__name__}: {error}",
            "download or copy it again",
        )
    return scratch


def zip_file(path: Path, max_directory: int) -> zipfile.ZipFile:
    """A ZIP opened for reading, once the size of its directory was checked.

    Raises:
        BadItem: more than `max_directory` bytes of directory.
        Any of UNREADABLE: it is damaged.
    """
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - END_BYTES))
        end = file.read()
    sizes = [*_fields(end, b"PK\x05\x06", "<L", 12), *_fields(end, b"PK\x06\x06", "<Q", 40)]
    # All ones in the old record say that the new one holds the number.
    if any(size > max_directory for size in sizes if size != 2**32 - 1):
        raise BadItem(f"more than {max_directory:,} bytes of names in it")
    return zipfile.ZipFile(path)


def _fields(end: bytes, sign: bytes, form: str, at: int) -> Iterator[int]:
    """The number `at` that many bytes from every place where a record of this sign might begin."""
    start = end.find(sign)
    while 0 <= start <= len(end) - at - struct.calcsize(form):
        yield struct.unpack_from(form, end, start + at)[0]
        start = end.find(sign, start + 1)


def check_members(members: list[zipfile.ZipInfo], max_members: int) -> None:
    """Raises BadItem where a ZIP announces too much, needs a password, or uses a method without limits."""
    if len(members) > max_members:
        raise BadItem(f"more than {max_members:,} members")
    if sum(member.file_size for member in members) > MAX_BYTES:
        raise BadItem(f"more than {MAX_BYTES:,} bytes when unpacked")
    for member in members:
        if member.flag_bits & 1:
            raise BadItem("a password")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise BadItem("another method than deflate")


def _zip_members(archive: zipfile.ZipFile) -> Generator[tuple[str, IO[bytes]]]:
    members = archive.infolist()
    check_members(members, MAX_FILES)
    for member in members:
        mode = member.external_attr >> 16
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise BadItem(f"{printable(member.filename)}, which is no plain file")
        _check_name(member.filename)
        if not member.is_dir():
            with archive.open(member) as content:
                yield member.filename, content


def _tar_members(stream: "BinaryIO | gzip.GzipFile") -> Generator[tuple[str, IO[bytes]]]:
    total = 0
    with tarfile.open(fileobj=_LimitedReader(stream), mode="r:") as archive:  # type: ignore[call-overload]
        for count, member in enumerate(archive):
            total += member.size
            if count >= MAX_FILES or total > MAX_BYTES or member.size < 0:
                raise BadItem(f"more than {MAX_BYTES:,} bytes or {MAX_FILES:,} members in it")
            _check_name(member.name)
            if not (member.isreg() or member.isdir()):
                raise BadItem(f"{printable(member.name)}, which is no plain file")
            content = archive.extractfile(member)
            if content is not None:
                yield member.name, content
            archive.members = []  # type: ignore[attr-defined]  # else it remembers them all


class _LimitedReader:
    """A stream that is never asked for much at once."""

    def __init__(self, stream: "BinaryIO | gzip.GzipFile") -> None:
        self.stream = stream
        self.seek, self.tell = stream.seek, stream.tell

    def read(self, size: int) -> bytes:
        if not 0 <= size <= MAX_READ:
            raise BadItem(f"a header of more than {MAX_READ:,} bytes")
        return self.stream.read(size)


def _check_name(name: str) -> None:
    parts = name.removesuffix("/").split("/")
    leaves = name.startswith("/") or ".." in parts or "\0" in name
    if leaves or len(name) > MAX_NAME or not name.isprintable():
        raise BadItem(f"a member named {printable(name[:60])!r}")


def _write_members(members: Generator[tuple[str, IO[bytes]]], into: Path) -> None:
    """Into an empty folder, as plain files; there are no links in it that a name could go through."""
    room = MAX_BYTES
    with closing(members):
        for name, content in members:
            target = into / name
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                with target.open("xb") as file:
                    while block := content.read(MAX_READ):
                        room -= len(block)
                        if room < 0:
                            raise BadItem(f"more than {MAX_BYTES:,} bytes when unpacked")
                        file.write(block)
            except FileExistsError:
                raise BadItem(f"two members named {printable(name)}") from None
