"""What holds by itself, and was made from something that does not."""

from collections.abc import Iterable
from dataclasses import replace

from edgeline.auditing import answers
from edgeline.auditing.answers import Entry, Status
from edgeline.auditing.audit import Audit


def judged(audit: Audit, entries: Iterable[Entry]) -> list[Entry]:
    """The same entries; what is valid although something that it came from is not, says so."""
    told = audit.withdrawn()
    known = (*told.entries, *(entry for key in told.keys for entry in key.entries))
    bad = {entry.statement: entry for entry in known if entry.status.word != answers.VALID}
    below = audit.descendants(bad) if bad else {}
    return [
        replace(entry, status=Status(answers.ANCESTOR))
        if entry.statement in below and entry.status.word == answers.VALID
        else entry
        for entry in entries
    ]
