"""All events of one contract in an SQLite file, so that questions need no walk over the chain.

The file is a cache: it can be deleted at any time, is made anew when it belongs to another contract or
is damaged, and goes on where it was after kill -9, since every page of blocks is one transaction.

A chain may change its mind about its newest blocks. So the hash of each page's last block is kept,
asked for before the page's events; when the newest no longer agrees, everything above the last one
that does is dropped and read again.
"""

import json
import sqlite3
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from edgeline.anchoring.events import EVENTS, Event, Fields, event, malformed
from edgeline.anchoring.events import row as read_row
from edgeline.anchoring.node import Node, Refused
from edgeline.database import Database
from edgeline.digest import canonical_json
from edgeline.errors import ServiceUnavailable
from edgeline.provenance.record import Deployment

LAYOUT = 2
"""Another one, as that of the earlier contract, is made anew."""
INDEXED = {
    "Anchored": ("statement", "subject", "anchorer"),
    "Derived": ("parent", "child"),
    "TreeAnchored": ("id",),
    "Revoked": ("statement",),
}
"""Fields by which events are searched."""
FIRST_PAGE = 64
"""Blocks in the first page; pages grow while the node answers, and are halved when it refuses."""
PAGE_EVENTS = 10_000
"""What pages grow towards: about seven megabytes of JSON."""
PATIENCE = 8
"""Pages that must go well after a refusal before a larger one is tried again."""
MAX_REWINDS = 20

B = TypeVar("B")
Progress = Callable[[int, int], None]
Rows = list[tuple[type[Any], Fields]]
"""Events as they are stored: what each is, and its plain values."""


@dataclass(frozen=True)
class Head:
    """The block up to which the index knows everything."""

    number: int
    hash: str


class Index(Database):
    """What one contract said, as far as it was read."""

    what = "an index of events that can be read and written"
    remedy = "free the disk, or delete the file: it is made anew"
    is_cache = True

    def __init__(
        self, path: Path | None, node: Node, deployment: Deployment, first_block: int = 0
    ) -> None:
        self.deployment, self.first_block, self._node = deployment, first_block, node
        self._identity = LAYOUT, canonical_json({**asdict(deployment), "from": first_block})
        super().__init__(path)

    @property
    def head(self) -> Head:
        newest = "SELECT block, hash FROM checkpoint ORDER BY block DESC LIMIT 1"
        heads = self.fetch(newest)
        return Head(*heads[0]) if heads else Head(self.first_block - 1, "")

    def find(self, body: type[B], **wanted: Collection[str | int]) -> list[Event[B]]:
        """Events of one kind in the chain's order, those whose fields are each among the values that are wanted."""
        tests = [f"{name} IN (SELECT value FROM json_each(?))" for name in wanted]
        where = f"WHERE {' AND '.join(tests)}" if tests else ""
        values = [json.dumps(list(some)) for some in wanted.values()]
        query = f"SELECT * FROM {body.__name__} {where} ORDER BY block, position"
        return [event(body, tuple(row)) for row in self.fetch(query, *values)]

    def refresh(self, progress: Progress | None = None) -> Head:
        """Reads what is new; `progress` gets the block reached and the last one.

        Raises:
            ServiceUnavailable: the node does not answer, or its chain changes all the time.
            Tampered: the node lists what the contract cannot have said.
        """
        target = self._node.head()
        span, patience, rewinds = FIRST_PAGE, 0, 0
        while True:
            rewinds += self._rewind()
            first = self.head.number + 1
            last = min(first + span - 1, target)
            if first > last:
                self._make_searchable()
                return self.head
            if rewinds > MAX_REWINDS:
                raise self._unsettled(f"a chain that changed {rewinds} times meanwhile")
            try:
                closing, rows = self._read(first, last)
            except (Refused, ServiceUnavailable):
                if first == last:
                    raise
                self._node.head()  # raises where nobody answers: it was not the page that was too much
                span, patience = (last - first + 1) // 2, PATIENCE
                continue
            self._store(first, closing, rows)
            patience = max(patience - 1, 0)
            if not patience:
                span = min(span * 4, max(1, (last - first + 1) * PAGE_EVENTS // max(len(rows), 1)))
            if progress:
                progress(last, target)

    def _is_current(self, db: sqlite3.Connection) -> bool:
        named = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'identity'").fetchone()
        return (
            bool(named) and tuple(db.execute("SELECT * FROM identity").fetchone()) == self._identity
        )

    def _make(self, db: sqlite3.Connection) -> None:
        tables = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            db.execute(f"DROP TABLE {table}")
        db.execute("CREATE TABLE identity (layout, deployment)")
        db.execute("INSERT INTO identity VALUES (?, ?)", self._identity)
        db.execute("CREATE TABLE checkpoint (block INTEGER PRIMARY KEY, hash)")
        for body in EVENTS:
            table, names = body.__name__, ", ".join(field.name for field in fields(body))
            # Columns without a type keep what they are given: a tree's size may exceed SQLite's integers.
            columns = f"block, position, tx, block_hash, {names}, PRIMARY KEY (block, position)"
            db.execute(f"CREATE TABLE {table} ({columns}) WITHOUT ROWID")

    def _make_searchable(self) -> None:
        """Once everything was read: to keep the order of digests while they pour in costs twice as much."""
        if self.fetch("SELECT 1 FROM sqlite_master WHERE type = 'index'"):
            return
        with self.change() as db:
            for table, names in INDEXED.items():
                for name in names:
                    db.execute(f"CREATE INDEX IF NOT EXISTS {table}_{name} ON {table} ({name})")

    def _read(self, first: int, last: int) -> tuple[Head, Rows]:
        """A page: the hash of its last block, and then the events up to it."""
        closing = self._node.block(last)
        if closing is None:
            raise self._unsettled(f"no block {last}")
        contract = self.deployment.contract
        where = {"address": contract, "fromBlock": hex(first), "toBlock": hex(last)}
        logs = self._node.ask("eth_getLogs", where)
        if not isinstance(logs, list):
            raise malformed(contract)
        rows = [read for log in logs if (read := read_row(log, contract))]
        if any(not first <= values[0] <= last for _, values in rows):
            raise malformed(contract)
        return Head(last, closing.hash), rows

    def _rewind(self) -> bool:
        """Drops what the chain no longer holds; whether that was anything."""
        query = "SELECT block, hash FROM checkpoint ORDER BY block"
        checkpoints = [(number, hash_) for number, hash_ in self.fetch(query)]
        num_held = self._node.num_held(checkpoints)
        if num_held == len(checkpoints):
            return False
        keep = checkpoints[num_held - 1][0] if num_held else self.first_block - 1
        with self.change() as db:
            for table in ("checkpoint", *(body.__name__ for body in EVENTS)):
                db.execute(f"DELETE FROM {table} WHERE block > ?", (keep,))
        return True

    def _store(self, first: int, closing: Head, rows: Rows) -> None:
        with self.change() as db:
            if self.head.number + 1 != first:
                return  # another process was faster
            try:
                for body, values in rows:
                    marks = ", ".join("?" * len(values))
                    db.execute(f"INSERT INTO {body.__name__} VALUES ({marks})", values)
            except sqlite3.IntegrityError:
                raise malformed(self.deployment.contract) from None
            db.execute("INSERT INTO checkpoint VALUES (?, ?)", (closing.number, closing.hash))

    def _unsettled(self, found: str) -> ServiceUnavailable:
        return ServiceUnavailable(
            expected=f"a settled chain at {self._node.place}",
            found=found,
            remedy="try again, or ask another node of the same chain",
        )
