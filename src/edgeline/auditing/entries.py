"""One line of an answer, made of an event and of the statement behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from graphlib import TopologicalSorter

from edgeline.anchoring.events import Anchored, Event, Revoked, TreeAnchored
from edgeline.auditing import answers
from edgeline.auditing.answers import Entry, Status
from edgeline.provenance.record import reason_name
from edgeline.provenance.statement import Statement, kind_name

RecordEvent = Event[Anchored] | Event[TreeAnchored]


def name_of(statement: Statement) -> str:
    """What people call it beside its kind, after what the statement says about itself."""
    about = statement.about
    match statement.kind:
        case "round":
            extra = str(about.get("number", "")) + (", not kept" if is_abandoned(about) else "")
        case "part":
            extra = f"{about.get('index', '?')} of {about.get('of', '?')}"
        case _:
            extra = str(about.get("revision", ""))[:12]
    return f"{about.get('recipe', '')} {extra}".strip() or statement.subjects[0].name


def is_abandoned(about: Mapping[str, str | int]) -> bool:
    """Whether a round says of itself that no network came of it."""
    return about.get("kept") == 0


def statement_entry(document: Statement) -> Entry:
    """What a statement says about itself."""
    entry = Entry(document.digest, document.kind, document.subject, parents=document.parents)
    return describe(entry, document)


def describe(entry: Entry, document: Statement | None) -> Entry:
    """The entry with the name and the remarks of its document, if there is one."""
    if document is None:
        return entry
    return replace(entry, name=name_of(document), about=document.about)


def event_entry(event: RecordEvent, parents: Sequence[str], status: Status) -> Entry:
    """What the event of a record says."""
    body = event.body
    if isinstance(body, TreeAnchored):
        entry = Entry(body.id, "tree", body.root, f"{body.size} statements")
    else:
        entry = Entry(body.statement, kind_name(body.kind), body.subject)
    return replace(
        entry,
        anchorer=body.anchorer,
        time=body.time,
        block=event.block,
        block_hash=event.block_hash,
        transaction=event.transaction,
        parents=tuple(sorted(parents)),
        status=status,
    )


def key_of(event: RecordEvent) -> str:
    return event.body.id if isinstance(event.body, TreeAnchored) else event.body.statement


def record_status(time: int, suspect_since: int, revoked: Revoked | None) -> Status:
    """Of a record of this time, whose anchorer's key is suspect since then (0: it is not)."""
    if revoked:
        return revocation_status(revoked)
    if suspect_since and time >= suspect_since:
        return Status(answers.COMPROMISED, time=suspect_since, reason="key compromised")
    return Status(answers.VALID)


def revocation_status(event: Revoked) -> Status:
    detail = event.detail if event.detail.strip("0") else ""
    return Status(answers.REVOKED, event.by, event.time, reason_name(event.reason), detail)


def parents_first(entries: Mapping[str, Entry]) -> tuple[Entry, ...]:
    """These entries by block, but each after those of its parents that are among them.

    Raises:
        CycleError: one of them descends from itself, which no chain can hold.
    """
    parents = {
        key: [one for one in entry.parents if one in entries] for key, entry in entries.items()
    }
    places: dict[str, tuple[int, int]] = {}
    """Block and generation: behind every parent's in either."""
    for key in TopologicalSorter(parents).static_order():
        above = (places[parent] for parent in parents[key])
        behind = [(block, generation + 1) for block, generation in above]
        places[key] = max([(entries[key].block, 0), *behind])
    return tuple(
        sorted(entries.values(), key=lambda entry: (places[entry.statement], entry.statement))
    )
