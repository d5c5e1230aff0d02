"""The answers of an audit as a person reads them: plain lines; whatever the width, digests are whole."""

from collections.abc import Iterable, Iterator

from edgeline.auditing.answers import (
    VALID,
    Account,
    Difference,
    Entry,
    Federation,
    Lineage,
    Withdrawn,
    shown_time,
)
from edgeline.cli.console import fact

Lines = Iterator[str]


def log(entries: Iterable[Entry]) -> Lines:
    """A line for each, with the digest of what it is about."""
    row = "{:20}  {:10}  {:64}  {:>6}  {:18}  {}"
    yield row.format("time", "kind", "digest", "block", "status", "name")
    for one in entries:
        place = _time(one.time), one.kind, one.subject, one.block
        yield row.format(*place, one.status.word, one.name).rstrip()


def who(entries: Iterable[Entry]) -> Lines:
    for one in entries:
        yield from _entry(one, ("anchored by", one.anchorer))


def when(entries: Iterable[Entry]) -> Lines:
    for one in entries:
        moment, block = _time(one.time), f"{one.block}  {one.block_hash}"
        place = ("block", block), ("transaction", one.transaction)
        yield from _entry(one, ("anchored at", moment), *place)


def what(entries: Iterable[Entry]) -> Lines:
    for one in entries:
        parents = (("made from", parent) for parent in one.parents)
        yield from _entry(one, ("subject", one.subject), *one.about.items(), *parents)


def lineage(answer: Lineage) -> Lines:
    """Parents first, each with the beginnings of its parents' digests; * is what was asked for."""
    subjects = {one.statement: one.subject or one.statement for one in answer.entries}
    row = "{} {:64}  {:10}  {:24}  {:18}  {}"
    yield row.format(" ", "digest", "kind", "name", "status", "made from").rstrip()
    for one in answer.entries:
        mark = "*" if answer.asked in (one.subject, one.statement) else " "
        above = " ".join(subjects.get(parent, parent)[:12] for parent in one.parents)
        facts = subjects[one.statement], one.kind, one.name, one.status.word
        yield row.format(mark, *facts, above).rstrip()


def graph(answer: Lineage) -> Lines:
    """The same for Graphviz."""
    yield from ("digraph lineage {", "  rankdir=LR;", '  node [shape=box, fontname="sans-serif"];')
    for one in answer.entries:
        label = _quoted(f"{one.kind} {one.name}".strip(), one.subject[:16])
        style = ', style="dashed"' if one.status.word != VALID else ""
        yield f'  "{one.statement}" [label={label}{style}];'
    for parent, child in answer.edges:
        yield f'  "{parent}" -> "{child}";'
    yield "}"


def account(answer: Account) -> Lines:
    yield fact("account", answer.account)
    yield fact("roles", ", ".join(answer.roles) or "none")
    if answer.suspect_since:
        yield fact("suspect since", _time(answer.suspect_since))
    yield ""
    yield from log(answer.entries)
    for one in answer.revoked:
        yield fact("revoked", f"{one.kind} {one.subject or one.statement} {one.status.reason}")


def rounds(answer: Federation) -> Lines:
    """The round before comes first; * is what was asked for."""
    for one in answer.rounds:
        entry = one.entry
        mark = "* " if answer.asked in (entry.subject, entry.statement) else ""
        yield fact("round", f"{mark}{entry.name or one.number}")
        yield fact("statement", entry.statement)
        yield fact("checkpoint", entry.subject)
        yield fact("follows", one.previous or "not at hand")
        yield fact("anchored by", f"{entry.anchorer} at {_time(entry.time)}")
        if one.clients is not None:
            yield fact("clients", one.clients)
            yield fact("their updates", one.updates or "not stated")
        yield from _objection(entry)
    for fork in answer.forks:
        many = len(fork.rounds)
        yield fact("fork", f"{many} rounds with number {fork.number} follow {fork.previous}")
        for statement in fork.rounds:
            yield fact("", statement)


def withdrawn(answer: Withdrawn) -> Lines:
    if not (answer.entries or answer.keys):
        yield "nothing was revoked, and no key is known to be compromised"
    for one in answer.entries:
        yield from _entry(one, ("subject", one.subject or "not at hand"))
    for key in answer.keys:
        yield fact("compromised key", f"{key.account} since {_time(key.since)}, says {key.by}")
        yield from log(key.entries)
        yield ""


def diff(answer: Difference) -> Lines:
    row = "{:14}  {:10}  {:64}  {}"
    groups = {
        "in common": answer.common,
        "parted after": answer.parting,
        "only in A": answer.only_a,
        "only in B": answer.only_b,
    }
    for title, entries in groups.items():
        for one in entries:
            yield row.format(title, one.kind, one.subject or one.statement, one.name).rstrip()
        if not entries:
            yield f"{title:14}  nothing"
    for file in answer.files:
        yield f"{'differs':14}  {file.name}"
        yield f"{'  in A':14}  {file.a or 'not there'}"
        yield f"{'  in B':14}  {file.b or 'not there'}"


def _entry(one: Entry, *facts: tuple[str, object]) -> Lines:
    """What it is, some facts of it, and whether it holds."""
    yield fact(one.kind, one.name or "(no statement at hand)")
    yield fact("statement", one.statement)
    if one.tree:
        yield fact("in tree", one.tree)
    for name, value in facts:
        yield fact(name, value)
    yield from _objection(one)


def _objection(one: Entry) -> Lines:
    """Whether it holds; with an empty line behind it."""
    status = one.status
    yield fact("status", status)
    if status.word == "revoked":
        yield fact("revoked by", f"{status.by} at {_time(status.time)}")
    if status.word == "compromised":
        yield fact("suspect since", _time(status.time))
    if status.detail:
        yield fact("detail", status.detail)
    yield ""


def _time(seconds: int) -> str:
    return shown_time(seconds) or ""


def _quoted(*lines: str) -> str:
    """A label of Graphviz."""
    escaped = [line.replace("\\", "\\\\").replace('"', '\\"') for line in lines if line]
    return '"' + "\\n".join(escaped) + '"'
