"""Identity is content: SHA-256 of bytes, files and folders, and the JSON whose bytes can be hashed.

Canonical JSON is RFC 8785 for the values that we hash: strings, integers, booleans, null, lists and
objects with ASCII keys. Floats are refused, since their shortest form differs between languages; write
them as decimal strings.
"""

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

JsonValue: TypeAlias = "None | bool | int | str | list[JsonValue] | dict[str, JsonValue]"

MAX_SAFE_INTEGER = 2**53 - 1

NOT_PLAIN = "not a plain file"


def sha256_bytes(data: bytes) -> str:
    """Lower-case hexadecimal SHA-256 (64 characters)."""
    return hashlib.sha256(data).hexdigest()


def sha256_file(path: str | os.PathLike[str]) -> str:
    """SHA-256 of a file's bytes, read in blocks."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folder_digests(folder: Path, *, without: Iterable[str] = ()) -> dict[str, str]:
    """SHA-256 of every file below `folder`, by its sorted POSIX path; `without` names paths left out.

    A link, pipe or device is never opened: NOT_PLAIN stands for what it might hold.
    """
    left_out = set(without)
    paths = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.is_symlink() or not path.is_dir()
    }
    return {name: _plain_digest(paths[name]) for name in sorted(paths) if name not in left_out}


def _plain_digest(path: Path) -> str:
    return NOT_PLAIN if path.is_symlink() or not path.is_file() else sha256_file(path)


def digest_of(value: JsonValue) -> str:
    """SHA-256 of the canonical JSON of `value`."""
    return sha256_bytes(canonical_json(value))


def canonical_json(value: JsonValue) -> bytes:
    """RFC 8785 bytes of `value`.

    Raises:
        TypeError: a float, a non-ASCII key, an integer beyond 2**53 - 1, or anything that JSON has no form for.
    """
    _refuse_ambiguous(value)
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


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
