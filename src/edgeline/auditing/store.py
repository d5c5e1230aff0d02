"""The SQLite file behind the index: a table for each kind of event, made anew when it is not what it should be.

It is a cache: nothing is lost with it.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

from edgeline.anchoring.events import EVENTS
from edgeline.errors import EdgelineError, EnvironmentUnfit
from edgeline.files import acquire_lock

LAYOUT = 2
"""Another one, as that of the earlier contract, is made anew."""
PATIENCE_S = 60.0
"""How long to wait for another process that opens or writes."""
CACHE_KIB, WAL_PAGES = 65536, 16000
"""SQLite's own 2 MB and 1,000 pages are too few for digests, which land anywhere in an index."""

INDEXED = {
    "Anchored": ("statement", "subject", "anchorer", "time"),
    "Derived": ("parent", "child"),
    "TreeAnchored": ("id",),
    "Revoked": ("statement",),
}


def open_store(path: Path | None, identity: bytes) -> sqlite3.Connection:
    """The database at `path` if it is this contract's and sound; else a new one in its place."""
    if path is None:
        return _prepared(":memory:", identity)
    # One after another: SQLite does not wait for whoever else makes the same file, and only so is what lies here
    # damaged still what is to be removed.
    lock = path.with_name(f"{path.name}.lock")
    with (
        explain_failure(path),
        acquire_lock(lock, f"nobody else to open {path}", patience_s=PATIENCE_S),
    ):
        try:
            return _prepared(str(path), identity)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            # with its journal, which would be laid over the new one
            for old in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
                old.unlink(missing_ok=True)
            return _prepared(str(path), identity)


@contextmanager
def explain_failure(path: Path | None) -> Iterator[None]:
    """Tells in one line what SQLite or the disk has against the file."""
    try:
        yield
    except EdgelineError:
        raise  # some of ours are errors of the system, too
    except (sqlite3.DatabaseError, OSError) as error:
        raise EnvironmentUnfit(
            expected=f"an index of events that can be read and written at {path or 'memory'}",
            found=str(error),
            remedy="free the disk, or delete the file: it is made anew",
        ) from None


def _prepared(place: str, identity: bytes) -> sqlite3.Connection:
    database = sqlite3.connect(place, timeout=PATIENCE_S, isolation_level=None)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        # A cache: after a power cut, the last pages may be read again.
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        database.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
        database.execute("BEGIN IMMEDIATE")
        if _identity(database) != (LAYOUT, identity):
            _make(database, identity)
        database.execute("COMMIT")
    except BaseException:
        database.close()
        raise
    return database


def _identity(database: sqlite3.Connection) -> object:
    named = database.execute("SELECT 1 FROM sqlite_master WHERE name = 'identity'").fetchone()
    return named and database.execute("SELECT * FROM identity").fetchone()


def _make(database: sqlite3.Connection, identity: bytes) -> None:
    tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    for (table,) in tables:
        database.execute(f"DROP TABLE {table}")
    database.execute("CREATE TABLE identity (layout, deployment)")
    database.execute("INSERT INTO identity VALUES (?, ?)", (LAYOUT, identity))
    database.execute("CREATE TABLE checkpoint (block INTEGER PRIMARY KEY, hash)")
    for body in EVENTS:
        table, names = body.__name__, ", ".join(field.name for field in fields(body))
        # Columns without a type keep what they are given: a tree's size may exceed SQLite's integers.
        columns = f"block, position, tx, block_hash, {names}, PRIMARY KEY (block, position)"
        database.execute(f"CREATE TABLE {table} ({columns}) WITHOUT ROWID")


def is_searchable(database: sqlite3.Connection) -> bool:
    """Whether events can be found without looking at all of them."""
    indexes = database.execute("SELECT 1 FROM sqlite_master WHERE type = 'index'")
    return indexes.fetchone() is not None


def make_searchable(database: sqlite3.Connection) -> None:
    """Once everything was read: to keep the order of digests while they pour in costs twice as much."""
    for table, names in INDEXED.items():
        for name in names:
            made = f"CREATE INDEX IF NOT EXISTS {table}_{name} ON {table} ({name})"
            database.execute(made)
