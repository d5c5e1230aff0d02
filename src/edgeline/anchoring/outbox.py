"""What is to be anchored, kept until it is, and after: an entry is here before anything of it is sent.

An entry is pending, then sent (signed bytes and hash are here before they leave), then mined, then final; a
chain that forgets makes it pending or sent again. Knows no network: `flush` moves the entries.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from edgeline.anchoring.documents import TABLES, Documents, keep
from edgeline.anchoring.outbox_entry import OutboxEntry
from edgeline.files import acquire_lock
from edgeline.merkle import build, tree_id
from edgeline.provenance.receipt import Inclusion
from edgeline.provenance.record import Deployment
from edgeline.provenance.statement import KINDS, Statement

OUTBOX = "outbox.db"
"""The name of its file, in the folder of its chain."""
EARLIER_VERSION, VERSION = 1, 2
STATES = ("pending", "sent", "mined", "final")

ROWS = """
CREATE TABLE IF NOT EXISTS place (
    one INTEGER PRIMARY KEY CHECK (one = 1), chain_id INTEGER, genesis TEXT, contract TEXT);
CREATE TABLE IF NOT EXISTS rows (
    id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, what TEXT NOT NULL,
    function TEXT NOT NULL, arguments TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending', reason TEXT NOT NULL DEFAULT '',
    sender TEXT, nonce INTEGER, price TEXT, raw BLOB,
    "transaction" TEXT, block INTEGER, block_hash TEXT);
CREATE INDEX IF NOT EXISTS by_state ON rows (state, id);
CREATE INDEX IF NOT EXISTS by_block ON rows (block, block_hash);
CREATE TABLE IF NOT EXISTS members (
    tree INTEGER, place INTEGER, leaf INTEGER, PRIMARY KEY (tree, place)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_leaf ON members (leaf, tree);
CREATE TABLE IF NOT EXISTS revocations (
    key TEXT PRIMARY KEY, function TEXT NOT NULL, arguments TEXT NOT NULL) WITHOUT ROWID;
"""


class Outbox(Documents):
    """The entries and the statements of one chain, in an SQLite database. Safe to add to while it is flushed."""

    what = "an outbox"
    remedy = "free the disk, or take the file from its backup; without it, start a new one by renaming it"

    def add(self, *statements: Statement) -> int:
        """Queues statements in their order, all or none of them; gives how many were not here.

        The next flush anchors them: parents come first.
        """
        with self.change() as db:
            keep(db, statements)
            return sum(
                _queue(db, one.digest, "statement", "anchor", _call(one)) for one in statements
            )

    def add_tree(self, statements: Sequence[Statement]) -> str:
        """Queues the root of a tree of statements; gives the tree's id. They are no keys of their own.

        Raises:
            ValueError: no statements, or one of them twice.
        """
        if not statements:
            raise ValueError("a tree without statements")
        with self.change() as db:
            leaves = keep(db, statements)
            if len(leaves) != len(statements):
                raise ValueError("a tree with a statement twice")
            root = build(list(map(bytes.fromhex, leaves))).root
            key = tree_id(root, len(leaves)).hex()
            if _queue(db, key, "tree", "anchorTree", [root.hex(), len(leaves)]):
                (tree,) = db.execute("SELECT id FROM rows WHERE key = ?", (key,)).fetchone()
                members = [(tree, place, leaf) for place, leaf in enumerate(leaves.values())]
                db.executemany("INSERT INTO members VALUES (?, ?, ?)", members)
        return key

    def entries(self, state: str | None = None) -> list[OutboxEntry]:
        """All entries, or those in one state, in the order in which they were added."""
        where, values = ("", []) if state is None else ("WHERE state = ?", [state])
        rows = self.fetch(f"SELECT * FROM rows {where} ORDER BY id", *values)
        return [_entry(row) for row in rows]

    def entry(self, key: str) -> OutboxEntry | None:
        rows = self.fetch("SELECT * FROM rows WHERE key = ?", key)
        return _entry(rows[0]) if rows else None

    def stated(self, kind: str) -> list[Statement]:
        """The statements of a kind that were queued by themselves, newest first."""
        rows = self.fetch(
            "SELECT key FROM rows WHERE what = 'statement' AND json_extract(arguments, '$[2]') = ? ORDER BY id DESC",
            KINDS[kind],
        )
        return [one for row in rows if (one := self.statement(row["key"]))]

    def counts(self) -> dict[str, int]:
        """How many entries are in each state, and how many of the pending ones were refused."""
        entries = self.entries()
        numbers = {state: sum(entry.state == state for entry in entries) for state in STATES}
        return {**numbers, "refused": sum(bool(entry.reason) for entry in entries)}

    def tree_of(self, digest: str) -> str | None:
        """Id of a tree that holds this statement; the newest on the chain, if there are several."""
        found = self.fetch(
            "SELECT key FROM members JOIN rows ON rows.id = tree JOIN statements ON statements.id = leaf "
            "WHERE digest = ? ORDER BY state IN ('mined', 'final') DESC, rows.id DESC",
            bytes.fromhex(digest),
        )
        return found[0]["key"] if found else None

    def members(self, tree: str) -> list[str]:
        """Digests of the statements in a tree, in the order of its leaves."""
        found = self.fetch(
            "SELECT digest FROM rows JOIN members ON tree = rows.id "
            "JOIN statements ON statements.id = leaf WHERE key = ? ORDER BY place",
            tree,
        )
        return [row["digest"].hex() for row in found]

    def inclusion(self, tree: str, digest: str) -> Inclusion:
        """The proof that a statement is in a tree."""
        members = self.members(tree)
        made, place = build([bytes.fromhex(one) for one in members]), members.index(digest)
        path = tuple(step.hex() for step in made.path(place))
        return Inclusion(made.root.hex(), made.size, place, path)

    def note_revocation(self, key: str, function: str, arguments: Sequence[object]) -> None:
        """Keeps a call that revokes; to be called before it is sent."""
        with self.change() as db:
            db.execute(
                "INSERT OR IGNORE INTO revocations VALUES (?, ?, ?)",
                (key, function, json.dumps(arguments)),
            )

    def revocations(self) -> list[tuple[str, str, list[Any]]]:
        """Key of what was ever revoked from here, the function that does it, and its arguments."""
        found = self.fetch("SELECT * FROM revocations ORDER BY key")
        return [(row["key"], row["function"], json.loads(row["arguments"])) for row in found]

    def exclusive(self, patience_s: float = 0.0) -> AbstractContextManager[None]:
        """Being the only one who flushes, or WorkspaceBusy."""
        assert self.path is not None, "what is in memory is never sent"
        expected = f"nobody else to send what is in {self.path}"
        return acquire_lock(self.path.with_suffix(".lock"), expected, patience_s=patience_s)

    def bind(self, deployment: Deployment) -> int:
        """Notes for which contract the states are; at another one nothing is anchored yet.

        Returns how many entries had been anchored elsewhere, and wait again now.
        """
        place = (deployment.chain_id, deployment.genesis, deployment.contract)
        found = self.fetch("SELECT chain_id, genesis, contract FROM place")
        if [place] == [tuple(row) for row in found]:
            return 0
        entries = self.entries()
        self.save(entry.freed() for entry in entries)
        with self.change() as db:
            db.execute("INSERT OR REPLACE INTO place VALUES (1, ?, ?, ?)", place)
        return sum(entry.state in ("mined", "final") for entry in entries)

    def save(self, entries: Iterable[OutboxEntry]) -> None:
        """Keeps how far these entries got; to be called before their transactions leave."""
        with self.change() as db:
            db.executemany(
                "UPDATE rows SET state = :state, reason = :reason, sender = :sender, nonce = :nonce, "
                'price = :price, raw = :raw, "transaction" = :transaction, block = :block, '
                "block_hash = :block_hash WHERE key = :key",
                map(vars, entries),
            )

    def blocks(self) -> list[tuple[int, str]]:
        """Number and hash of every block that holds something of ours, oldest first."""
        found = self.fetch(
            "SELECT DISTINCT block, block_hash FROM rows "
            "WHERE state IN ('mined', 'final') AND block IS NOT NULL ORDER BY block, block_hash"
        )
        return [(row["block"], row["block_hash"]) for row in found]

    def reopen(self, after: int) -> int:
        """What was anchored after this block was not; gives how many entries that are.

        An entry that we sent counts as sent, since its transaction may still be taken.
        """
        with self.change() as db:
            return db.execute(
                "UPDATE rows SET state = CASE WHEN nonce IS NULL THEN 'pending' ELSE 'sent' END, "
                "block = NULL, block_hash = NULL "
                "WHERE state IN ('mined', 'final') AND (block > ? OR block IS NULL)",
                (after,),
            ).rowcount

    def finalise(self, until: int) -> int:
        """What was anchored up to this block stays; gives how many entries became final."""
        with self.change() as db:
            return db.execute(
                "UPDATE rows SET state = 'final' WHERE state = 'mined' AND (block <= ? OR block IS NULL)",
                (until,),
            ).rowcount

    def _is_current(self, db: sqlite3.Connection) -> bool:
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if version not in (0, EARLIER_VERSION, VERSION):
            raise sqlite3.NotSupportedError(f"one of version {version}")
        return bool(version == VERSION)

    def _make(self, db: sqlite3.Connection) -> None:
        """Of the earlier version, makes plain statements of rounds; a federation's opening is no entry any more."""
        for statement in filter(str.strip, (TABLES + ROWS).split(";")):
            db.execute(statement)
        rounds = db.execute("SELECT key, arguments FROM rows WHERE what = 'round'").fetchall()
        for key, text in rounds:
            [[_, _, _, subject, parents, _, _]] = json.loads(text)
            call = json.dumps([key, subject, KINDS["round"], parents])
            db.execute(
                "UPDATE rows SET what = 'statement', function = 'anchor', arguments = ? WHERE key = ?",
                (call, key),
            )
        db.execute("DELETE FROM rows WHERE what = 'task'")
        db.execute(f"PRAGMA user_version = {VERSION}")


def _call(one: Statement) -> list[Any]:
    return [one.digest, one.subject, KINDS[one.kind], list(one.parents)]


def _queue(
    db: sqlite3.Connection, key: str, what: str, function: str, arguments: list[Any]
) -> bool:
    row = (key, what, function, json.dumps(arguments))
    query = "INSERT OR IGNORE INTO rows (key, what, function, arguments) VALUES (?, ?, ?, ?)"
    return bool(db.execute(query, row).rowcount)


def _entry(row: sqlite3.Row) -> OutboxEntry:
    values = dict(row)
    del values["id"]
    values["arguments"] = tuple(json.loads(values["arguments"]))
    values["price"] = None if values["price"] is None else int(values["price"])
    return OutboxEntry(**values)
