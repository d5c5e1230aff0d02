"""What holds for every test: one core a worker, and files that stay together, the slowest first.

Tests of a file run in one worker of pytest-xdist, where they share the fixtures of the file. Files
with one `xdist_group` do too; each group says in a fixture's docstring what it shares.
"""

import os
import signal
from pathlib import Path

import pytest

# Before anything imports numpy or torch; two workers of many threads each would fight for the cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# What a shell starts in the background ignores Ctrl-C, and so would the programs that tests interrupt.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

TESTS = Path(__file__).parent
SLOWEST_FIRST = ("pipeline", "chain", "browser", "lab", "edge", "core")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Group by file and begin with the slow folders, so that no worker ends long after the others."""
    for item in items:
        if not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(str(item.path.relative_to(TESTS))))
    items.sort(key=lambda item: SLOWEST_FIRST.index(item.path.relative_to(TESTS).parts[0]))


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the workers of one run have in common."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
