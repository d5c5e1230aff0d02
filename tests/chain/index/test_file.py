"""The index's file is a cache: made anew, shared, and sound after kill -9."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import pytest

from edgeline.anchoring.deployment import Chain, write_chain
from edgeline.anchoring.node import Node
from edgeline.auditing.index import Head, Index
from edgeline.digest import canonical_json
from edgeline.errors import EdgelineError, EnvironmentUnfit
from edgeline.provenance.record import Deployment
from tests.chain.index.conftest import Anchorer, Limited, digest_of, index_of, statements


def test_an_index_of_another_contract_is_made_anew(
    own: Chain, anchorer: Anchorer, tmp_path: Path, deployment: Deployment
) -> None:
    anchorer.anchor("one")
    with index_of(own, tmp_path / "index.db") as index:
        index.refresh()
        assert statements(index)
    with Index(tmp_path / "index.db", Node(own.url), deployment) as index:
        assert (statements(index), index.head) == ([], Head(-1, ""))


def test_an_index_of_the_earlier_contract_is_made_anew(
    own: Chain, anchorer: Anchorer, tmp_path: Path
) -> None:
    path = tmp_path / "index.db"
    with closing(sqlite3.connect(path)) as earlier, earlier:
        earlier.execute("CREATE TABLE identity (layout, deployment)")
        earlier.execute("INSERT INTO identity VALUES (1, ?)", (_identity_of(own),))
        earlier.execute("CREATE TABLE checkpoint (block INTEGER PRIMARY KEY, hash)")
        earlier.execute("INSERT INTO checkpoint VALUES (7, '0x07')")
        earlier.execute("CREATE TABLE TaskOpened (block, position, tx, block_hash, task)")
        earlier.execute("CREATE TABLE Anchored (block, position, tx, block_hash, statement)")
        earlier.execute("CREATE INDEX Anchored_statement ON Anchored (statement)")
    anchorer.anchor("one")
    with index_of(own, path) as index:
        assert index.head == Head(own.block - 1, "")
        index.refresh()
        assert statements(index) == [digest_of("one")]
        tables = index.fetch("SELECT name FROM sqlite_master")
        assert "TaskOpened" not in [name for (name,) in tables]


def _identity_of(chain: Chain) -> bytes:
    """How an index of this contract names it: only the layout tells the earlier one apart."""
    return canonical_json({**asdict(chain.deployment), "from": chain.block})


def test_a_damaged_index_is_made_anew(own: Chain, anchorer: Anchorer, tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    path.write_bytes(b"no database" * 1000)
    anchorer.anchor("one")
    with index_of(own, path) as index:
        index.refresh()
        assert statements(index) == [digest_of("one")]


def test_an_index_that_cannot_be_written_is_told_in_one_line(own: Chain, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "file" / "index.db"):
        with pytest.raises(
            EnvironmentUnfit, match="index of events|a folder that can be written"
        ) as caught:
            index_of(own, path)
        assert "\n" not in str(caught.value)


def test_an_index_that_broke_while_it_is_read_is_told_in_one_line(
    own: Chain, anchorer: Anchorer, tmp_path: Path
) -> None:
    anchorer.anchor("one")
    with index_of(own, tmp_path / "index.db") as index:
        index.refresh()
        index.fetch("DROP TABLE Anchored")
        with pytest.raises(EnvironmentUnfit, match="made anew"):
            statements(index)
        anchorer.anchor("two")
        with pytest.raises(EnvironmentUnfit, match="made anew"):
            index.refresh()


def test_two_at_once_do_not_disturb_one_another(
    own: Chain, anchorer: Anchorer, tmp_path: Path
) -> None:
    names = [str(number) for number in range(20)]
    for name in names:
        anchorer.anchor(name)
    start, failures = threading.Barrier(3), []

    def read() -> None:
        try:
            node = Limited(own.url, most_blocks=1)
            with index_of(own, tmp_path / "index.db", node) as index:
                start.wait(timeout=60)
                index.refresh()
        except EdgelineError as error:
            failures.append(error)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with index_of(own, tmp_path / "index.db") as index:
        assert statements(index) == [digest_of(name) for name in names]


SLOWLY = """
import sys, time
from pathlib import Path
from edgeline.anchoring.deployment import read_chain
from edgeline.auditing.index import Index
from edgeline.anchoring.node import Node
from tests.chain.index.conftest import Limited

chain = read_chain(Path(sys.argv[1]))
node = Limited(chain.url, most_blocks=1)
with Index(Path(sys.argv[2]), node, chain.deployment, chain.block) as index:
    store = index._store
    def told(first, closing, events):
        store(first, closing, events)
        print(closing.number, flush=True)
        time.sleep(0.01)
    index._store = told
    index.refresh()
"""


def test_a_killed_reader_goes_on_where_it_was(
    own: Chain, anchorer: Anchorer, tmp_path: Path
) -> None:
    names = [str(number) for number in range(30)]
    for name in names:
        anchorer.anchor(name)
    described = write_chain(own, tmp_path / "own.json")
    path = tmp_path / "index.db"
    reached = own.block - 1
    for _ in range(3):
        before = reached
        command = [sys.executable, "-c", SLOWLY, str(described), str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as reader:
            assert reader.stdout is not None
            for _ in range(5):
                reached = int(reader.stdout.readline())
            os.kill(reader.pid, signal.SIGKILL)
        with index_of(own, path) as index:
            assert before + 5 <= reached <= index.head.number
            reached = index.head.number
    with index_of(own, path) as index:
        index.refresh()
        assert statements(index) == [digest_of(name) for name in names]
