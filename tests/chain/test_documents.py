"""Statements are found by what they are about, and an outbox that is no outbox is one line."""

import sqlite3
import threading
from pathlib import Path

import pytest

from edgeline.anchoring.outbox import Outbox
from edgeline.errors import EnvironmentUnfit, NotAnchored
from tests.chain.conftest import Make


def test_statements_are_found_by_what_they_are_about(outbox: Outbox, make: Make) -> None:
    data = make("data", kind="data", about={"recipe": "digits", "revision": "5" * 32})
    tuned = make("tuned", data)
    small = make("small", tuned, data)
    outbox.add(data)
    tree = outbox.add_tree([small, tuned])

    assert outbox.statement(small.digest) == small
    assert outbox.statement("1" * 64) is None
    assert outbox.about(small.subject) == [small]
    assert outbox.revision("5" * 32) == [data]
    assert outbox.children(data.digest) == sorted([tuned.digest, small.digest])
    assert outbox.history(small.digest) == (data, tuned, small)
    assert [row.key for row in outbox.entries()] == [data.digest, tree]
    outbox.add(make("orphan", make("never seen")))
    with pytest.raises(NotAnchored, match=make("never seen").digest):
        outbox.history(make("orphan", make("never seen")).digest)


def test_a_long_line_of_rounds_is_followed_to_its_beginning(outbox: Outbox, make: Make) -> None:
    line = [make("0")]
    for number in range(1, 1500):
        line.append(make(str(number), line[-1], line[max(0, number - 7)]))
    outbox.add(*line)
    assert outbox.history(line[-1].digest) == tuple(line)


def test_many_may_add_at_the_same_time(make: Make, tmp_path: Path) -> None:
    start, errors = threading.Barrier(6), []

    def work(name: int) -> None:
        try:
            start.wait(timeout=60)
            with Outbox(tmp_path / "new" / "outbox.db") as mine:
                for number in range(10):
                    mine.add(make(str(number)))
                    mine.add(make(f"{name} {number}"))
        except Exception as error:  # noqa: BLE001 - shown by the test
            errors.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with Outbox(tmp_path / "new" / "outbox.db") as outbox:
        assert outbox.counts()["pending"] == 70


def test_a_damaged_outbox_is_one_line(tmp_path: Path, make: Make) -> None:
    path = tmp_path / "outbox.db"
    path.write_bytes(b"no database at all, but long enough to be one" * 100)
    with pytest.raises(
        EnvironmentUnfit, match=r"an outbox at .*outbox\.db; found file is not a database"
    ):
        Outbox(path)
    path.unlink()
    with Outbox(path) as outbox:
        outbox.add(make("model"))
    database = sqlite3.connect(path)
    with database:
        database.execute("UPDATE statements SET document = CAST('{}' AS BLOB)")
        database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(EnvironmentUnfit, match="found one of version 99"):
        Outbox(path)
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 2")
    database.close()
    with Outbox(path) as outbox, pytest.raises(EnvironmentUnfit, match="another document than"):
        outbox.statement(make("model").digest)
