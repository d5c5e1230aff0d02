"""What lies in an SQLite file may be opened by many at once, also when nobody has made it yet."""

import subprocess
import sys
from pathlib import Path

import pytest

INDEX = """
from edgeline.auditing.index import Index
from edgeline.provenance.record import Deployment

deployment = Deployment(1, "0x" + 64 * "0", "0x" + 40 * "0", "0x" + 64 * "0")
opened = lambda path: Index(path, None, deployment)
"""
OUTBOX = "from edgeline.anchoring.outbox import Outbox as opened"

TOGETHER = """
import multiprocessing, sys
from pathlib import Path

fork = multiprocessing.get_context("fork")
all_there = fork.Barrier(6, timeout=60)


def open_each(paths):
    for path in paths:
        all_there.wait()
        with opened(Path(path)):
            pass


processes = [fork.Process(target=open_each, args=(sys.argv[1:],)) for _ in range(6)]
for one in processes:
    one.start()
for one in processes:
    one.join()
print([one.exitcode for one in processes])
"""
"""Six processes that have imported everything before they begin, and open each file at one time."""


@pytest.mark.parametrize(
    ("opened", "before"),
    [(INDEX, b""), (INDEX, b"no database" * 1000), (OUTBOX, b"")],
    ids=["index", "damaged index", "outbox"],
)
def test_many_may_make_the_same_file_at_once(tmp_path: Path, opened: str, before: bytes) -> None:
    """Nobody is told that it is locked, and nobody removes as damaged what another one has just made."""
    paths = [tmp_path / f"{number}.db" for number in range(20)]
    for path in paths:
        path.write_bytes(before)
    done = subprocess.run(
        [sys.executable, "-c", opened + TOGETHER, *map(str, paths)], capture_output=True, text=True
    )
    assert done.stdout == f"{[0] * 6}\n", done.stderr
