"""Files that are whole or absent, and locks that name their holder."""

import json
import math
import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from filelock import FileLock, Timeout

from edgeline.errors import EnvironmentUnfit, WorkspaceBusy

NO_ROOM = (
    *("no space left on device", "disk quota exceeded", "disk is full"),
    *("storagefull", "requested and "),
)
"""How the system, databases, Rust and numpy ("9 requested and 0 written") say that a disk is full, in small letters."""

PARTIAL = ".partial"
"""The ending of a file that is being written; one that lies there for long was left by a killed process."""

POLL_S = 0.01
HOLDER_CHARACTERS = 200


@contextmanager
def open_atomically(path: Path, *, beside: Path | None = None) -> Iterator[IO[bytes]]:
    """A new file that takes the place of `path` when the block ends well, and leaves nothing when it does not.

    Its bytes are on the disk before it has its name. Until then it lies in the folder of `path`, or
    in that of `beside`, for a folder in which every file counts. Both must be on one file system.

    Raises:
        EnvironmentUnfit: the disk is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    place = beside or path
    partial = place.with_name(f".{place.name}.{secrets.token_hex(4)}{PARTIAL}")
    try:
        with partial.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except BaseException as error:
        partial.unlink(missing_ok=True)
        if isinstance(error, OSError) and lacks_room(error):
            raise no_room(path.parent) from error
        raise


def write_atomically(path: Path, content: bytes | str, *, beside: Path | None = None) -> None:
    """Write `content`, text as UTF-8, as `open_atomically` does."""
    with open_atomically(path, beside=beside) as file:
        file.write(content.encode() if isinstance(content, str) else content)


def write_private(path: Path, text: str) -> None:
    """Write a file that its owner alone may read, whole or not at all."""
    with open_atomically(path) as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(text.encode())


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write an object as indented JSON, whole or not at all."""
    write_atomically(path, json.dumps(value, indent=1))


def json_text(value: Any, indent: int | None = None) -> str:
    """JSON as any program reads it, with null in place of numbers that are not finite."""
    return json.dumps(finite(value), indent=indent, allow_nan=False)


def finite(value: Any) -> Any:
    """The value of dicts and lists with None for every infinity and NaN, of which JSON knows nothing."""
    match value:
        case float() if not math.isfinite(value):
            return None
        case dict():
            return {key: finite(one) for key, one in value.items()}
        case list() | tuple():
            return [finite(one) for one in value]
    return value


def read_json(path: Path) -> dict[str, Any] | None:
    """The object in `path`; None where the file is missing, was cut off, or holds something else."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


@contextmanager
def acquire_lock(
    path: Path,
    expected: str,
    doing: str = "",
    *,
    patience_s: float = 0.0,
    on_wait: Callable[[int], None] | None = None,
) -> Iterator[None]:
    """Hold the lock file `path`; the kernel releases it however the process ends.

    The file stays where it is and names its last holder, which is `doing` something. While another
    holds the lock, `on_wait` is told every second for how many it was waited for.

    Raises:
        WorkspaceBusy: another process, or another thread of this one, holds it for longer than `patience_s`.
        EnvironmentUnfit: the file cannot be written, or its file system knows no locks.
    """
    # Without flock, filelock would fall back to a file that a killed process leaves behind.
    lock = FileLock(path, poll_interval=POLL_S, thread_local=False, fallback_to_soft=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=patience_s, cancel_check=_report_each_second(on_wait))
        path.write_text(f"process {os.getpid()}{doing and f', {doing}'}", encoding="utf-8")
    except Timeout:
        raise WorkspaceBusy(
            expected=expected, found=_holder(path), remedy="wait for it, or end it: nothing is lost"
        ) from None
    except OSError as error:
        lock.release()
        raise EnvironmentUnfit(
            expected=f"a folder that can be written, {path.parent}",
            found=error.strerror or str(error),
            remedy="make it yours, or free some of the disk",
        ) from error
    try:
        yield
    finally:
        lock.release()


def lacks_room(error: BaseException | None) -> bool:
    """Whether an error, or one that it came from, says that a disk is full."""
    while error is not None:
        if says_no_room(str(error)):
            return True
        error = error.__cause__ or error.__context__
    return False


def says_no_room(text: str) -> bool:
    return any(words in text.lower() for words in NO_ROOM)


def no_room(folder: Path, free: str = "a full disk") -> EnvironmentUnfit:
    """To raise where nothing more can be written."""
    return EnvironmentUnfit(
        expected=f"room on the disk of {folder}",
        found=free,
        remedy="free some of it; the same command goes on where this one stopped",
    )


def _report_each_second(on_wait: Callable[[int], None] | None) -> Callable[[], bool] | None:
    """For filelock, which asks at every poll whether to give up."""
    if on_wait is None:
        return None
    began, due = time.monotonic(), 0

    def is_cancelled() -> bool:
        nonlocal due
        if time.monotonic() - began >= due:
            on_wait(due)
            due += 1
        return False

    return is_cancelled


def _holder(path: Path) -> str:
    """Who holds the lock and since when: the holder writes its name into the file as it takes it."""
    with path.open(encoding="utf-8", errors="replace") as file:
        name = file.read(HOLDER_CHARACTERS).strip()
        since = datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC)
    return f"{name}, since {since:%Y-%m-%d %H:%M:%S} UTC" if name else "one that is just starting"
