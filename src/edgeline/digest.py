"""Identity is content: SHA-256 of bytes, files and folders, and the JSON whose bytes can be hashed.

Canonical JSON is RFC 8785 for the values that we hash: strings, integers, booleans, null, lists and
objects with ASCII keys. Floats are refused, since their shortest form differs between languages; write
them as decimal strings.
"""

import hashlib
import json
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NoReturn, TypeAlias

import rfc8785

from edgeline.errors import RecipeError
from edgeline.merkle import root

JsonValue: TypeAlias = "None | bool | int | str | list[JsonValue] | dict[str, JsonValue]"

MAX_SAFE_INTEGER = 2**53 - 1

NOT_PLAIN = "not a plain file"

OBJECT = re.compile(r"/.*/files/md5/[0-9a-f]{2}/[0-9a-f]{30}", re.DOTALL)
"""Where DVC's cache keeps a file, which is named by its MD5."""


def sha256_bytes(data: bytes) -> str:
    """Lower-case hexadecimal SHA-256 (64 characters)."""
    return hashlib.sha256(data).hexdigest()


def sha256_file(path: str | os.PathLike[str]) -> str:
    """SHA-256 of a file's bytes, read in blocks."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folder_digests(
    folder: Path, *, without: Iterable[str] = (), cached: bool = False
) -> dict[str, str]:
    """SHA-256 of every file below `folder`, by its sorted POSIX path; `without` names paths left out.

    A link, pipe or device is never opened: NOT_PLAIN stands for what it might hold. With `cached`, a
    link to an object of DVC's cache is the file that it leads to.
    """
    left_out = set(without)
    paths = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.is_symlink() or not path.is_dir()
    }
    return {
        name: _plain_digest(paths[name], cached) for name in sorted(paths) if name not in left_out
    }


def _plain_digest(path: Path, cached: bool) -> str:
    is_plain = path.is_file() and (not path.is_symlink() or (cached and _leads_to_object(path)))
    return sha256_file(path) if is_plain else NOT_PLAIN


def _leads_to_object(link: Path) -> bool:
    """Whether a link leads straight to a file of DVC's cache, where `cache.type` is symlink."""
    target = link.parent / link.readlink()
    return bool(OBJECT.fullmatch(target.as_posix())) and not target.is_symlink()


def folder_root(folder: Path, *, without: Iterable[str] = ()) -> str:
    """Digest of a folder that is neither artifact nor dataset: RFC 6962 root over its files.

    A leaf is the canonical JSON of a file's path (POSIX, in NFC), bytes and sha256; leaves are in
    the order of their paths. `without` names paths left out.

    Raises:
        RecipeError: a link, a pipe, a device, an unreadable or no file, or two files with one name.
    """
    try:
        leaves = _leaves(folder, set(without))
    except OSError as error:
        raise _unfit(folder, f"{error.filename}: {error.strerror}") from error
    if not leaves:
        raise _unfit(folder, "no file in it")
    return root(leaves).hex()


def _leaves(folder: Path, left_out: set[str]) -> list[bytes]:
    files: dict[str, Path] = {}
    for path in _plain_files(folder):
        name = unicodedata.normalize("NFC", path.relative_to(folder).as_posix())
        if files.setdefault(name, path) is not path:
            raise _unfit(folder, f"two files named {name!r}")
    return [_leaf(folder, name, files[name]) for name in sorted(files) if name not in left_out]


def _plain_files(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> NoReturn:
        raise error

    for parent, folders, names in os.walk(folder, onerror=refuse):
        for path in (Path(parent, name) for name in folders + names):
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                raise _unfit(folder, f"{path}, which is {NOT_PLAIN}")
        yield from (Path(parent, name) for name in names)


def _leaf(folder: Path, name: str, path: Path) -> bytes:
    size, digest = path.stat().st_size, sha256_file(path)
    try:
        return canonical_json({"path": name, "bytes": size, "sha256": digest})
    except ValueError as error:
        raise _unfit(folder, f"the name {name!r}, which is not UTF-8") from error


def _unfit(folder: Path, found: str) -> RecipeError:
    return RecipeError(
        expected=f"a folder of plain files in {folder}",
        found=found,
        remedy="copy what is to be named into a folder of its own",
    )


def digest_of(value: JsonValue) -> str:
    """SHA-256 of the canonical JSON of `value`."""
    return sha256_bytes(canonical_json(value))


def canonical_json(value: JsonValue) -> bytes:
    """RFC 8785 bytes of `value`.

    Raises:
        TypeError: a float, a non-ASCII key, an integer beyond 2**53 - 1, or anything that JSON has no form for.
        ValueError: text with half a surrogate pair, which UTF-8 has no form for.
    """
    _refuse_ambiguous(value)
    return rfc8785.dumps(value)


def parse_canonical(data: bytes) -> JsonValue:
    """The value whose canonical JSON is exactly these bytes.

    Raises:
        ValueError: there is none.
    """
    try:
        value: JsonValue = json.loads(data)
        canonical = canonical_json(value) == data
    except (ValueError, TypeError, RecursionError):
        canonical = False
    if not canonical:
        raise ValueError("bytes that are not canonical JSON")
    return value


def _refuse_ambiguous(value: object) -> None:
    match value:
        case int() if abs(value) > MAX_SAFE_INTEGER:
            raise TypeError(f"canonical JSON holds integers up to 2**53 - 1, not {value}")
        case None | bool() | str() | int():
            return
        case list() | tuple():
            for item in value:
                _refuse_ambiguous(item)
        case dict():
            for key, item in value.items():
                _refuse_odd_key(key)
                _refuse_ambiguous(item)
        case _:
            raise TypeError(f"canonical JSON has no {type(value).__name__}; write a decimal string")


def _refuse_odd_key(key: object) -> None:
    if not isinstance(key, str) or not key.isascii():
        raise TypeError(f"canonical JSON has ASCII keys, not {key!r}")
