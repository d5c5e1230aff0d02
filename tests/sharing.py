"""What the workers of one run of the tests have in common, and what one run need not do after another."""

import hashlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from filelock import FileLock

MADE = ".made"
ROOTS = "roots"

ROOT = Path(__file__).parents[1]
PROVEN = (ROOT / "contracts", ROOT / "package-lock.json")
"""What a proof of the contract follows from: sources, compiled code, and the versions of the tools."""

GUARD = """
import shutil, sys, time
from pathlib import Path
import psutil
from edgeline.stack import services

runner = psutil.Process(int(sys.argv[1]))
while runner.is_running() and runner.status() != psutil.STATUS_ZOMBIE:
    time.sleep(0.2)
roots = Path(sys.argv[2])
for root in roots.read_text().splitlines():
    services.stop_all(Path(root))
shutil.rmtree(roots.parents[1], ignore_errors=True)
"""


def once(folder: Path, name: str, make: Callable[[Path], None]) -> Path:
    """The folder `name` of this run, filled by the first that asks while the others wait."""
    place = folder / name
    with FileLock(folder / f"{name}.lock"):
        if not (place / MADE).exists():
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            make(place)
            (place / MADE).touch()
    return place


def stopped_with_this_run(run_folder: Path, root: Path) -> None:
    """Servers of the project `root` end when the process ends that started the run, however it does."""
    runner = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()

    def start(folder: Path) -> None:
        command = [sys.executable, "-c", GUARD, str(runner), str(folder / ROOTS)]
        (folder / ROOTS).touch()
        # nobody waits for it, and Ctrl-C ends the processes of this session only
        os.posix_spawn(sys.executable, command, os.environ, setsid=True)

    with (once(run_folder, "guard", start) / ROOTS).open("a", encoding="utf-8") as file:
        file.write(f"{root}\n")


@contextmanager
def skipped_unless_changed(config: pytest.Config, name: str, *paths: Path) -> Iterator[None]:
    """Skip a slow test that has passed here with these very files, if what it says follows from them alone."""
    digest = hashlib.sha256()
    for path in sorted(file for one in paths for file in (one, *one.rglob("*"))):
        if path.suffix in (".sol", ".js", ".json", ".py", ".toml"):
            digest.update(f"{path}\n".encode() + path.read_bytes())
    if (cache := getattr(config, "cache", None)) is None:
        yield
        return
    if cache.get(f"passed/{name}", None) == digest.hexdigest():
        pytest.skip("it passed with the same files")
    yield
    cache.set(f"passed/{name}", digest.hexdigest())
