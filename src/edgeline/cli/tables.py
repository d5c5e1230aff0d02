"""The answers of an audit as a person reads them: plain lines; whatever the width, digests are whole."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgeline.auditing.answers import Account, Difference, Entry, Lineage, Round, Withdrawn

Lines = Iterator[str]


def log(entries: "Iterable[Entry]") -> Lines:
    """A line for each, with the digest of what it is about."""
    row = "{:20}  {:10}  {:64}  {:>6}  {:18}  {}"
    yield row.format("time", "kind", "digest", "block", "status", "name")
    for one in entries:
        place = _time(one.time), one.kind, one.subject, one.block
        yield row.format(*place, one.status.word, one.name).rstrip()


def who(entries: "Iterable[Entry]") -> Lines:
    for one in entries:
        yield from _heading(one)
        yield _fact("anchored by", one.anchorer)
        yield from _objection(one)


def when(entries: "Iterable[Entry]") -> Lines:
    for one in entries:
        yield from _heading(one)
        yield _fact("anchored at", _time(one.time))
        yield _fact("block", f"{one.block}  {one.block_hash}")
        yield _fact("transaction", one.transaction)
        yield from _objection(one)


def what(entries: "Iterable[Entry]") -> Lines:
    for one in entries:
        yield from _heading(one)
        yield _fact("subject", one.subject)
        for key, value in one.about.items():
            yield _fact(key, value)
        for parent in one.parents:
            yield _fact("made from", parent)
        yield from _objection(one)


def lineage(found: "Lineage") -> Lines:
    """Parents first, each with the beginnings of its parents' digests; * is what was asked for."""
    subjects = {one.statement: one.subject or one.statement for one in found.entries}
    row = "{} {:64}  {:10}  {:24}  {:18}  {}"
    yield row.format(" ", "digest", "kind", "name", "status", "made from").rstrip()
    for one in found.entries:
        mark = "*" if found.asked in (one.subject, one.statement) else " "
        above = " ".join(subjects.get(parent, parent)[:12] for parent in one.parents)
        facts = subjects[one.statement], one.kind, one.name, one.status.word
        yield row.format(mark, *facts, above).rstrip()


def account(found: "Account") -> Lines:
    yield _fact("account", found.account)
    yield _fact("roles", ", ".join(found.roles) or "none")
    if found.predecessor:
        yield _fact("took over from", found.predecessor)
    if found.successor:
        yield _fact("handed on to", found.successor)
    if found.suspect_since:
        yield _fact("suspect since", _time(found.suspect_since))
    yield ""
    yield from log(found.entries)
    for one in found.revoked:
        yield _fact("revoked", f"{one.kind} {one.subject or one.statement} {one.status.reason}")


def rounds(found: "Iterable[Round]") -> Lines:
    for one in found:
        yield from _heading(one.entry)
        yield _fact("task", one.task)
        yield _fact("weights", one.entry.subject)
        yield _fact("closed by", f"{one.entry.anchorer} at {_time(one.entry.time)}")
        yield _fact("approved by", f"{', '.join(one.approvals)} ({one.quorum} needed)")
        yield _fact("clients", one.clients)
        yield _fact("their updates", one.updates)
        yield _fact("task began with", one.base)
        yield from _objection(one.entry)


def withdrawn(found: "Withdrawn") -> Lines:
    if not (found.entries or found.keys):
        yield "nothing was revoked, and no key is known to be compromised"
    for one in found.entries:
        yield from _heading(one)
        yield _fact("subject", one.subject or "not at hand")
        yield from _objection(one)
    for key in found.keys:
        yield _fact("compromised key", f"{key.account} since {_time(key.since)}, says {key.by}")
        yield from log(key.entries)
        yield ""


def diff(found: "Difference") -> Lines:
    row = "{:14}  {:10}  {:64}  {}"
    groups = {
        "in common": found.common,
        "parted after": found.parting,
        "only in A": found.only_a,
        "only in B": found.only_b,
    }
    for title, entries in groups.items():
        for one in entries:
            yield row.format(title, one.kind, one.subject or one.statement, one.name).rstrip()
        if not entries:
            yield f"{title:14}  nothing"
    for name, a, b in found.files:
        yield f"{'differs':14}  {name}"
        yield f"{'  in A':14}  {a or 'not there'}"
        yield f"{'  in B':14}  {b or 'not there'}"


def _heading(one: "Entry") -> Lines:
    yield _fact(one.kind, one.name or "(no statement at hand)")
    yield _fact("statement", one.statement)
    if one.tree:
        yield _fact("in tree", one.tree)


def _objection(one: "Entry") -> Lines:
    """Whether it holds; with an empty line behind it."""
    status = one.status
    yield _fact("status", status)
    if status.word == "revoked":
        yield _fact("revoked by", f"{status.by} at {_time(status.time)}")
    if status.word == "compromised":
        yield _fact("suspect since", _time(status.time))
    if status.detail:
        yield _fact("detail", status.detail)
    yield ""


def _fact(name: str, value: object) -> str:
    return f"{name:16} {value}"


def _time(seconds: int) -> str:
    from edgeline.auditing.answers import shown_time

    return shown_time(seconds) or ""
