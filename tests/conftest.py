"""What holds for every test: one core a worker, and files that stay together, the slowest first.

Tests of a file run in one worker of pytest-xdist, where they share the fixtures of the file. Files
with one `xdist_group` do too; each group says in a fixture's docstring what it shares.
"""

import os
import shutil
import signal
import tempfile
from pathlib import Path

import pytest

# Before anything imports numpy or torch; two workers of many threads each would fight for the cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# What a shell starts in the background ignores Ctrl-C, and so would the programs that tests interrupt.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

TESTS = Path(__file__).parent
RUN_FOLDER = "EDGELINE_TESTS"
SLOWEST_FIRST = ("pipeline", "chain", "browser", "lab", "edge", "core")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Group by file, before pytest-xdist reads the groups; it may do so ahead of this file's later hooks."""
    if not item.get_closest_marker("xdist_group"):
        item.add_marker(pytest.mark.xdist_group(str(item.path.relative_to(TESTS))))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the slow folders, so that no worker ends long after the others."""
    items.sort(key=lambda item: SLOWEST_FIRST.index(item.path.relative_to(TESTS).parts[0]))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Pytest 9.2 has pytest-xdist 3.8 group nothing, in silence: see pytest-dev/pytest-xdist#1386."""
    if is_worker() and session.config.getoption("loadgroup"):
        alone = [item.nodeid for item in session.items if "@" not in item.nodeid]
        assert not alone, (
            f"pytest-xdist does not group tests under pytest {pytest.__version__}: {alone[:3]}"
        )


def pytest_configure() -> None:
    if not is_worker():
        os.environ[RUN_FOLDER] = tempfile.mkdtemp(prefix="edgeline-tests-")


def pytest_unconfigure() -> None:
    """Where servers run, their guard removes the folder after it has ended them."""
    folder = Path(os.environ[RUN_FOLDER])
    if not is_worker() and not (folder / "guard").exists():
        shutil.rmtree(folder, ignore_errors=True)


def is_worker() -> bool:
    return "PYTEST_XDIST_WORKER" in os.environ


@pytest.fixture(scope="session")
def run_folder() -> Path:
    """A folder that the workers of one run have in common; pytest's own may go when the run ends."""
    return Path(os.environ[RUN_FOLDER])
