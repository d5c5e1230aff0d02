"""Statements by digest, by what they are about, and by their place in a lineage; nothing is ever dropped."""

import sqlite3
from collections.abc import Sequence

from edgeline.database import Database
from edgeline.errors import NotAnchored
from edgeline.provenance.statement import Statement, parse_statement

# Digests are kept as their 32 bytes, and documents one behind the other: with text for keys, and documents between
# the keys, a tree of a thousand statements costs five times as much.
TABLES = """
CREATE TABLE IF NOT EXISTS statements (id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, document BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS subjects (sha256 BLOB, id INTEGER, PRIMARY KEY (sha256, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS revisions (revision TEXT, id INTEGER, PRIMARY KEY (revision, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS parents (parent BLOB, id INTEGER, PRIMARY KEY (parent, id)) WITHOUT ROWID;
"""


class Documents(Database):
    """A database with statements: one that has these tables."""

    def statement(self, digest: str) -> Statement | None:
        """The statement with this digest."""
        found = self._statements("SELECT * FROM statements WHERE digest = ?", _bytes(digest))
        return found[0] if found else None

    def about(self, sha256: str, kind: str = "") -> list[Statement]:
        """The statements of which one subject has this SHA-256, all of them or those of one kind."""
        query = "SELECT * FROM statements NATURAL JOIN subjects WHERE sha256 = ? ORDER BY digest"
        found = self._statements(query, _bytes(sha256))
        return [one for one in found if kind in ("", one.kind)]

    def revision(self, revision: str) -> list[Statement]:
        """The statements about this revision of data, by DVC's name of it."""
        query = "SELECT * FROM statements NATURAL JOIN revisions WHERE revision = ? ORDER BY digest"
        return self._statements(query, revision)

    def children(self, digest: str) -> list[str]:
        """Digests of the statements that name this one as a parent."""
        query = (
            "SELECT digest FROM statements NATURAL JOIN parents WHERE parent = ? ORDER BY digest"
        )
        return [row["digest"].hex() for row in self.fetch(query, _bytes(digest))]

    def history(self, digest: str) -> tuple[Statement, ...]:
        """Every ancestor of a statement, parents first, and itself last; the same order every time.

        Raises:
            NotAnchored: one of them, or the statement itself, is not here.
        """
        done: dict[str, Statement] = {}
        waiting = [self._known(digest)]
        while waiting:
            youngest = waiting[-1]
            missing = [parent for parent in youngest.parents if parent not in done]
            if missing:
                waiting.append(self._known(missing[0]))
            else:
                done[waiting.pop().digest] = youngest
        return tuple(done.values())

    def _known(self, digest: str) -> Statement:
        statement = self.statement(digest)
        if statement is None:
            raise NotAnchored(
                expected=f"statement {digest} in {self.path}",
                found="none",
                remedy="verify something that has a receipt with it, or ask who stated it",
            )
        return statement

    def _statements(self, query: str, value: object) -> list[Statement]:
        return [
            self._parsed(row["digest"].hex(), row["document"]) for row in self.fetch(query, value)
        ]

    def _parsed(self, digest: str, document: bytes) -> Statement:
        try:
            statement = parse_statement(document)
        except ValueError:
            statement = None
        if statement is None or statement.digest != digest:
            raise self.unfit(f"another document than statement {digest}")
        return statement


def keep(db: sqlite3.Connection, statements: Sequence[Statement]) -> dict[str, int]:
    """Stores statements in a transaction of the caller's; gives their digests, in their order, and their numbers."""
    return {statement.digest: _kept(db, statement) for statement in statements}


def _kept(db: sqlite3.Connection, statement: Statement) -> int:
    digest = _bytes(statement.digest)
    known = db.execute("SELECT id FROM statements WHERE digest = ?", (digest,)).fetchone()
    if known:
        return int(known["id"])
    row = (digest, statement.canonical)
    number = db.execute("INSERT INTO statements (digest, document) VALUES (?, ?)", row).lastrowid
    keys = {
        "subjects": [_bytes(about.sha256) for about in statement.subjects],
        "parents": map(_bytes, statement.parents),
        "revisions": [str(name)] if (name := statement.about.get("revision")) else [],
    }
    for table, values in keys.items():
        rows = [(value, number) for value in values]
        db.executemany(f"INSERT OR IGNORE INTO {table} VALUES (?, ?)", rows)
    assert number is not None
    return number


def _bytes(digest: str) -> bytes:
    """The bytes of a digest; none of any other text, so that no query finds it."""
    try:
        return bytes.fromhex(digest)
    except ValueError:
        return b""
