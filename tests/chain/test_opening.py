"""What lies in an SQLite file may be opened by many at once, also when nobody has made it yet."""

import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

INDEX = """
from edgeline.auditing.index import Index
from edgeline.provenance.record import Deployment

deployment = Deployment(1, "0x" + 64 * "0", "0x" + 40 * "0", "0x" + 64 * "0")
opened = lambda path: Index(path, None, deployment)
"""
OUTBOX = "from edgeline.anchoring.outbox import Outbox as opened"

OPENER = """
import sys
from pathlib import Path

for line in sys.stdin:
    with opened(Path(line.strip())):
        pass
    print("opened", flush=True)
"""


@pytest.mark.parametrize(
    ("opened", "before"),
    [(INDEX, b""), (INDEX, b"no database" * 1000), (OUTBOX, b"")],
    ids=["index", "damaged index", "outbox"],
)
def test_many_may_make_the_same_file_at_once(tmp_path: Path, opened: str, before: bytes) -> None:
    """Nobody is told that it is locked, and nobody removes as damaged what another one has just made."""
    command, pipe = [sys.executable, "-c", opened + OPENER], subprocess.PIPE
    with ExitStack() as ending:
        many = [
            ending.enter_context(subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True))
            for _ in range(6)
        ]
        for number in range(20):
            path = tmp_path / f"{number}.db"
            path.write_bytes(before)
            for one in many:
                print(path, file=one.stdin, flush=True)
            assert [one.stdout.readline() for one in many] == ["opened\n"] * 6
