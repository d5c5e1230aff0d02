"""An SQLite file that several processes open, read and change at the same time."""

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from edgeline.errors import EdgelineError, EnvironmentUnfit
from edgeline.files import acquire_lock

PATIENCE_S = 60.0
"""How long to wait for another process that opens or writes."""
CACHE_KIB, WAL_PAGES = 2**16, 2**14
"""SQLite's own 2 MB and 1,000 pages are too few for digests, which land anywhere in an index."""


class Database(ABC):
    """The database at `path`, which is made where there is none; None keeps it in memory. To be closed after use.

    Raises (all methods):
        EnvironmentUnfit: the database cannot be read or written.
    """

    what: str
    """What a person calls it, with its article."""
    remedy: str
    is_cache = False
    """Whether it is made anew when it is damaged, and may lose its newest changes with a power cut."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        with self._explain_failure(), self._lock():
            try:
                self._db = self._connect()
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError:
                if path is None or not self.is_cache:
                    raise
                # with its journal, which would be laid over the new one
                for old in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
                    old.unlink(missing_ok=True)
                self._db = self._connect()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def fetch(self, query: str, *values: object) -> list[sqlite3.Row]:
        with self._explain_failure():
            return self._db.execute(query, values).fetchall()

    @contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """All of it or nothing, and for others to see when it is over."""
        with self._explain_failure(), _transaction(self._db):
            yield self._db

    @abstractmethod
    def _is_current(self, db: sqlite3.Connection) -> bool:
        """Whether the tables are those of this version; raises sqlite3.NotSupportedError if they cannot become it."""

    @abstractmethod
    def _make(self, db: sqlite3.Connection) -> None:
        """Makes the tables, or makes those of an earlier version this one's; within a transaction."""

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path or ":memory:", timeout=PATIENCE_S, isolation_level=None)
        try:
            db.row_factory = sqlite3.Row
            db.execute("PRAGMA journal_mode = WAL")
            db.execute(f"PRAGMA synchronous = {'NORMAL' if self.is_cache else 'FULL'}")
            db.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            db.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
            if not self._is_current(db):
                with _transaction(db):
                    self._make(db)
        except BaseException:
            db.close()
            raise
        return db

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """Files are opened one after another: SQLite does not wait for whoever else makes the same file.

        So whatever is damaged here was not just made by another. The lock whose name ends in .lock alone
        is for whoever sends what is in an outbox.
        """
        if self.path is None:
            yield
            return
        lock = self.path.with_name(f"{self.path.name}.lock")
        with acquire_lock(lock, f"nobody else to open {self.path}", patience_s=PATIENCE_S):
            yield

    @contextmanager
    def _explain_failure(self) -> Iterator[None]:
        """Tells in one line what SQLite or the disk has against the file."""
        try:
            yield
        except EdgelineError:
            raise  # some of ours are errors of the system, too
        except (sqlite3.DatabaseError, OSError) as error:
            raise self.unfit(str(error)) from None

    def unfit(self, found: str) -> EnvironmentUnfit:
        """To raise when what it holds makes no sense."""
        return EnvironmentUnfit(
            expected=f"{self.what} at {self.path or 'memory'}",
            found=found,
            remedy=self.remedy,
        )


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
