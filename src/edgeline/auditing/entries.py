"""One line of an answer, made of an event and of the statement behind it."""

from collections.abc import Mapping
from dataclasses import replace
from graphlib import TopologicalSorter
from heapq import heappop, heappush

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
            extra = str(about.get("number", ""))
        case "part":
            extra = f"{about.get('index', '?')} of {about.get('of', '?')}"
        case _:
            extra = str(about.get("revision", ""))[:12]
    return f"{about.get('recipe', '')} {extra}".strip() or statement.subjects[0].name


def statement_entry(document: Statement) -> Entry:
    """What a statement says about itself."""
    entry = Entry(document.digest, document.kind, document.subject, parents=document.parents)
    return describe(entry, document)


def describe(entry: Entry, document: Statement | None) -> Entry:
    """The entry with the name and the remarks of its document, if there is one."""
    if document is None:
        return entry
    return replace(entry, name=name_of(document), about=document.about)


def event_entry(event: RecordEvent, parents: tuple[str, ...], status: Status) -> Entry:
    """What the event of a record says."""
    body = event.body
    entry = Entry(
        key_of(event),
        "tree",
        anchorer=body.anchorer,
        time=body.time,
        block=event.block,
        block_hash=event.block_hash,
        transaction=event.transaction,
        parents=parents,
        status=status,
    )
    if isinstance(body, TreeAnchored):
        return replace(entry, subject=body.root, name=f"{body.size} statements")
    return replace(entry, kind=kind_name(body.kind), subject=body.subject)


def key_of(event: RecordEvent) -> str:
    return event.body.id if isinstance(event.body, TreeAnchored) else event.body.statement


def record_status(time: int, suspect_since: int) -> Status:
    """Of a record that was not revoked."""
    if suspect_since and time >= suspect_since:
        return Status(answers.COMPROMISED, time=suspect_since, reason="key compromised")
    return Status(answers.VALID)


def revocation_status(event: Revoked) -> Status:
    detail = event.detail if event.detail.strip("0") else ""
    return Status(answers.REVOKED, event.by, event.time, reason_name(event.reason), detail)


def parents_first(entries: Mapping[str, Entry]) -> tuple[Entry, ...]:
    """These entries by block and digest, but each after those of its parents that are among them.

    Raises:
        CycleError: one of them descends from itself, which no chain can hold.
    """
    order = sorted(entries.values(), key=lambda entry: (entry.block, entry.statement))
    numbers = {entry.statement: number for number, entry in enumerate(order)}
    sorter = TopologicalSorter(
        {entry.statement: [one for one in entry.parents if one in entries] for entry in order}
    )
    sorter.prepare()
    waiting: list[int] = []
    ordered: list[Entry] = []
    while sorter.is_active():
        for ready in sorter.get_ready():
            heappush(waiting, numbers[ready])
        entry = order[heappop(waiting)]
        ordered.append(entry)
        sorter.done(entry.statement)
    return tuple(ordered)
