"""Records that only this workspace can have written: JSON with a keyed digest, HMAC-SHA256.

Who may write below `.edgeline`, and cannot read the workspace's key, can neither change what such a
record tells nor put it in another's place. The key is made at its first use, for its user alone.
"""

import hmac
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edgeline.errors import EnvironmentUnfit, Tampered
from edgeline.files import acquire_lock, open_atomically, read_json, write_json
from edgeline.workspace import Workspace

KEY_BYTES = 32
KEYED_DIGEST = "hmac_sha256"
PATIENCE_S = 60.0
"""For another process that makes the key."""


def write_record(workspace: Workspace, path: Path, value: Mapping[str, Any]) -> None:
    """Write an object as JSON with its keyed digest, whole or not at all."""
    write_json(path, {**value, KEYED_DIGEST: _digest(workspace, path, value)})


def read_record(workspace: Workspace, path: Path) -> dict[str, Any] | None:
    """The object that was written to `path`; None where there is none, or one that was cut off.

    Raises:
        Tampered: this workspace did not write it there.
    """
    value = read_json(path)
    if value is None:
        return None
    said = str(value.pop(KEYED_DIGEST, ""))
    if not hmac.compare_digest(said.encode(), _digest(workspace, path, value).encode()):
        raise Tampered(
            expected=f"the record {workspace.relative(path)} as this workspace wrote it",
            found="another keyed digest" if said else "no keyed digest",
            remedy="it counts for nothing",
        )
    return value


def _digest(workspace: Workspace, path: Path, value: Mapping[str, Any]) -> str:
    """Over the object as it is read again, and its place: a record of another step says nothing of this one."""
    read = json.loads(json.dumps(value))
    message = json.dumps([workspace.relative(path), read], sort_keys=True)
    return hmac.digest(_key(workspace.key), message.encode(), "sha256").hex()


def _key(path: Path) -> bytes:
    """The key in `path`, made where there is none, or one that was cut off."""
    if key := _read_key(path):
        return key
    lock = path.with_suffix(".lock")
    with acquire_lock(lock, "nobody else to make the workspace's key", patience_s=PATIENCE_S):
        if key := _read_key(path):
            return key
        key = secrets.token_bytes(KEY_BYTES)
        with open_atomically(path) as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(key)
    return key


def _read_key(path: Path) -> bytes:
    """Nothing where it is not there, or not whole."""
    try:
        key = path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise EnvironmentUnfit(
            expected=f"the key of this workspace's records, {path}",
            found=error.strerror or str(error),
            remedy="make it yours, or remove it: then every step is done again",
        ) from error
    return key if len(key) == KEY_BYTES else b""
