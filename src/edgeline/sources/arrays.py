"""NumPy's own files: a header's claims are compared with the bytes that are there, and no object is loaded.

`np.load` alone would unpack 3 GiB from 3 MB, or ask for 512 GiB because a header says so.
"""

import math
import os
import zipfile
from collections.abc import Container
from pathlib import Path
from typing import IO, Any

from numpy.lib import format as npy
from numpy.typing import NDArray

from edgeline.file_type import file_type
from edgeline.sources import archives
from edgeline.sources.intake import (
    MAX_ITEM_BYTES,
    BadItem,
    open_plain,
    read_head,
    refuse,
)

MAX_ARRAYS = 64
MAX_DIRECTORY = 2**16
MAX_HEADER = 10_000
"""Characters; what NumPy itself holds to be safe to parse."""

OBJECTS = "Python objects, which are loaded by executing them"
CLAIMS = "an array whose header claims more or less than is there"
DAMAGED = "damaged or cut off"


def read_npz(path: Path, names: Container[str]) -> dict[str, NDArray[Any]]:
    """Those arrays of an .npz file that have one of these names.

    Raises:
        RecipeError: another kind of file, too large, damaged, or one that holds objects.
    """
    start = read_head(path)
    try:
        if not start.startswith(b"PK"):
            raise BadItem(file_type(start))
        with archives.zip_file(path, MAX_DIRECTORY) as archive:
            members = archive.infolist()
            archives.check_members(members, MAX_ARRAYS)
            if any(member.filename.endswith(".pkl") for member in members):
                raise BadItem(OBJECTS)
            members_by_name = {member.filename.removesuffix(".npy"): member for member in members}
            return {
                name: _read_member(archive, members_by_name[name])
                for name in members_by_name
                if name in names
            }
    except BadItem as error:
        problem = str(error)
    except archives.UNREADABLE as error:
        problem = f"{type(error).__name__}: {error}"
    return refuse(
        f"arrays in {path.name}, an .npz file", problem, "save the arrays again with np.savez"
    )


def find_names(path: Path) -> set[str]:
    """Names of the arrays in an .npz file; none where it is damaged, of another type or holds more than a few.

    Raises:
        RecipeError: it is not a plain file, cannot be read, or is too large.
    """
    if not read_head(path).startswith(b"PK"):
        return set()
    try:
        with archives.zip_file(path, MAX_DIRECTORY) as archive:
            return {name.removesuffix(".npy") for name in archive.namelist()}
    except (BadItem, *archives.UNREADABLE):
        return set()


def read_npy(path: str | Path) -> NDArray[Any]:
    """The array of one .npy file of at most MAX_ITEM_BYTES.

    Raises:
        BadItem: another kind of file, too large, damaged, or one that holds objects.
    """
    with open_plain(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > MAX_ITEM_BYTES:
            raise BadItem(f"more than {MAX_ITEM_BYTES:,} bytes")
        return _read_array(file, size)


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> NDArray[Any]:
    with archive.open(member) as file:
        array = _read_array(file, member.file_size)
        # Only at its end does zipfile compare the checksum.
        if file.read(1):
            raise BadItem(CLAIMS)
    return array


def _read_array(file: IO[bytes], size: int) -> NDArray[Any]:
    """An array from a file of `size` bytes, of which nothing was read."""
    try:
        version = npy.read_magic(file)
        read = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}[version]
        shape, _, dtype = read(file, max_header_size=MAX_HEADER)
    except (ValueError, KeyError, OSError, EOFError, TypeError):
        raise BadItem(DAMAGED) from None
    if dtype.hasobject:
        raise BadItem(OBJECTS)
    if dtype.kind not in "biufU":
        raise BadItem("an array of other things than numbers")
    if math.prod(shape) * dtype.itemsize != size - file.tell():
        raise BadItem(CLAIMS)
    file.seek(0)
    try:
        return npy.read_array(file, allow_pickle=False, max_header_size=MAX_HEADER)
    except (ValueError, OverflowError):
        raise BadItem(DAMAGED) from None
