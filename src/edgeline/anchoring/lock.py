"""One process at a time, by a lock file; the kernel gives it back however the process ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edgeline.errors import WorkspaceBusy


@contextmanager
def held(path: Path, expected: str) -> Iterator[None]:
    """Holds the lock file.

    Raises:
        WorkspaceBusy: another process does, or another thread of this one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            raise WorkspaceBusy(
                expected=expected,
                found=file.read(100).strip() or "a process that is just starting",
                remedy="wait for it: nothing is lost",
            ) from None
        file.truncate(0)
        file.write(f"process {os.getpid()}")
        file.flush()
        yield
