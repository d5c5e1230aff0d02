"""The questions of an audit, answered from the index and from the statements that are at hand.

Who, when and from what is what the chain says. The documents add names, the files of a statement, and
which statements a tree holds: their digests bind them to the chain. Imports no web3.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter

from edgeline.anchoring.events import (
    Anchored,
    Derived,
    Event,
    KeyCompromised,
    Revoked,
    RoundApproved,
    RoundClosed,
    TaskOpened,
    TreeAnchored,
)
from edgeline.anchoring.logs import malformed
from edgeline.auditing import answers
from edgeline.auditing.answers import Entry, Status
from edgeline.auditing.archive import Archive
from edgeline.auditing.entries import (
    Recorded,
    entry_of,
    key_of,
    named,
    of_statement,
    revocation_of,
    status_of,
)
from edgeline.auditing.index import Index
from edgeline.auditing.keyline import heirs, may_revoke, predecessors, roles, suspect_since
from edgeline.errors import NotAnchored


class Audit:
    """What one contract knows, with the documents at hand."""

    def __init__(self, index: Index, archive: Archive) -> None:
        self.index, self.archive = index, archive

    def about(self, digest: str) -> list[Entry]:
        """What is known of a subject, a statement or a tree with this digest, oldest first."""
        stated = [one.digest for one in self.archive.about(digest)]
        events: list[Recorded] = [
            *self.index.find(Anchored, subject=digest),
            *self.index.find(TreeAnchored, id=digest),
            *self.index.find(TreeAnchored, root=digest),
        ]
        found = {entry.statement: entry for entry in self._entries(events)}
        others = self.of([digest, *stated])
        found |= {key: entry for key, entry in others.items() if entry.known and key not in found}
        return sorted(found.values(), key=lambda entry: entry.block)

    def of(self, statements: Iterable[str]) -> dict[str, Entry]:
        """An entry for each of these statements or trees, also for those that the chain does not know."""
        wanted = list(dict.fromkeys(statements))
        events: list[Recorded] = [
            *self.index.among(Anchored, "statement", wanted),
            *self.index.among(TreeAnchored, "id", wanted),
        ]
        known = {entry.statement: entry for entry in self._entries(events)}
        others = [digest for digest in wanted if digest not in known]
        members = {digest: self.archive.tree_of(digest) for digest in others}
        trees = self._entries(self.index.among(TreeAnchored, "id", {*members.values()} - {None}))
        by_id = {entry.statement: entry for entry in trees}
        revoked = self._revoked(others)
        for digest in others:
            tree = by_id.get(members[digest] or "")
            known[digest] = self._member(digest, tree, revoked.get(digest))
        return {digest: known[digest] for digest in wanted}

    def log(self, since: int = 0) -> list[Entry]:
        """Everything that was anchored, at that time or later; newest first."""
        events: list[Recorded] = [
            *self.index.find(Anchored, since=since),
            *self.index.find(TreeAnchored, since=since),
        ]
        return self._entries(sorted(events, key=_place, reverse=True))

    def lineage(self, digest: str, *, up: bool = True, down: bool = True) -> answers.Lineage:
        """All ancestors and descendants, to any depth.

        Raises:
            NotAnchored: the chain knows nothing of this digest.
        """
        start = {entry.statement: entry for entry in self.require(digest)}
        above = self._reach(start, _parents) if up else start
        below = self.descendants(start) if down else start
        entries = above | {key: entry for key, entry in below.items() if entry.known}
        edges = [
            (parent, entry.statement)
            for entry in entries.values()
            for parent in entry.parents
            if parent in entries
        ]
        return answers.Lineage(digest, self._parents_first(entries), tuple(sorted(edges)))

    def ancestors(self, entry: Entry) -> tuple[Entry, ...]:
        """Everything that a statement came from, parents first."""
        history = self._reach({entry.statement: entry}, _parents)
        return self._parents_first(history)[:-1]

    def descendants(self, entries: dict[str, Entry]) -> dict[str, Entry]:
        """Everything that was made from these, themselves included, by statement."""
        return self._reach(entries, self._children)

    def require(self, digest: str) -> list[Entry]:
        """Like `about`, but nothing at all is an error."""
        found = self.about(digest)
        if not found:
            raise NotAnchored(
                expected=f"a statement about {digest} in contract {self.index.deployment.contract}",
                found=f"none up to block {self.index.head.number}",
                remedy="anchor it, or ask the chain of whoever made it",
            )
        return found

    def by(self, account: str) -> answers.Account:
        """What a key may do now, and all that it anchored and revoked."""
        events: list[Recorded] = [
            *self.index.find(Anchored, anchorer=account),
            *self.index.find(TreeAnchored, anchorer=account),
        ]
        before, after = predecessors(self.index, account), heirs(self.index, account)
        revoked = [event.body.statement for event in self.index.find(Revoked, by=account)]
        return answers.Account(
            account,
            roles(self.index, account),
            before[0][0] if before else "",
            after[0] if after else "",
            suspect_since(self.index, account),
            tuple(self._entries(sorted(events, key=_place))),
            tuple(self.of(revoked).values()),
        )

    def rounds(self, task: str, number: int | None = None) -> list[answers.Round]:
        """The closed rounds of a federated task, or one of them.

        Raises:
            NotAnchored: no such task, or no such round yet.
        """
        opened = self.index.find(TaskOpened, task=task)
        which = {} if number is None else {"number": number}
        closed = self.index.find(RoundClosed, task=task, **which)
        if not opened or (number is not None and not closed):
            what = "task" if not opened else f"round {number} of task"
            raise NotAnchored(
                expected=f"{what} {task} in contract {self.index.deployment.contract}",
                found=f"none up to block {self.index.head.number}",
                remedy="`edgeline audit log` lists what there is",
            )
        entries = self.of(event.body.statement for event in closed)
        start = opened[0].body
        return [self._round(start, one, entries[one.body.statement]) for one in closed]

    def withdrawn(self) -> answers.Withdrawn:
        """All that is not to be relied on any more: revoked, or anchored with a compromised key."""
        revoked = self.of(event.body.statement for event in self.index.find(Revoked))
        keys = {}
        for event in self.index.find(KeyCompromised):
            for account in (event.body.account, *heirs(self.index, event.body.account)):
                if since := suspect_since(self.index, account):
                    entries = tuple(
                        entry for entry in self.by(account).entries if entry.time >= since
                    )
                    keys[account] = answers.Key(account, event.body.by, since, entries)
        return answers.Withdrawn(tuple(revoked.values()), tuple(keys.values()))

    def diff(self, a: str, b: str) -> answers.Difference:
        """What two things have in common, and where their histories part."""
        one, other = _made(self.require(a)), _made(self.require(b))
        histories = [self._reach({entry.statement: entry}, _parents) for entry in (one, other)]
        common = [entry for key, entry in histories[0].items() if key in histories[1]]
        inner = {parent for entry in common for parent in entry.parents}
        alone = [
            [entry for key, entry in mine.items() if key not in theirs]
            for mine, theirs in (histories, histories[::-1])
        ]
        shared, only_a, only_b = (
            self._parents_first({entry.statement: entry for entry in some})
            for some in (common, *alone)
        )
        parting = tuple(entry for entry in shared if entry.statement not in inner)
        files = self._files(one.statement, other.statement)
        return answers.Difference(one, other, shared, parting, only_a, only_b, files)

    def _entries(self, events: Sequence[Recorded]) -> list[Entry]:
        """Events with all that is known of them, in the same order."""
        keys = [key_of(event) for event in events]
        parents: dict[str, list[str]] = {}
        for derived in self.index.among(Derived, "child", keys):
            parents.setdefault(derived.body.child, []).append(derived.body.parent)
        revoked = self._revoked(keys)
        accounts = {event.body.anchorer for event in events}
        suspect = {account: suspect_since(self.index, account) for account in accounts}
        entries = []
        for key, event in zip(keys, events, strict=True):
            status = status_of(event.body.time, suspect[event.body.anchorer])
            if key in revoked:
                status = revocation_of(revoked[key])
            entry = entry_of(event, tuple(sorted(parents.get(key, []))), status)
            entries.append(named(entry, self.archive.statement(key)))
        return entries

    def _member(self, digest: str, tree: Entry | None, revoked: Revoked | None) -> Entry:
        """A statement without a record of its own: in a tree, revoked as a leaf, or unknown."""
        document = self.archive.statement(digest)
        if tree and revoked and not may_revoke(self.index, revoked.by, tree.anchorer):
            revoked = None
        status = revocation_of(revoked) if revoked else Status(answers.UNKNOWN)
        kind = "leaf" if revoked else answers.UNKNOWN
        entry = of_statement(document) if document else Entry(digest, kind)
        if tree is None:
            return replace(entry, status=status)
        return replace(
            entry,
            anchorer=tree.anchorer,
            time=tree.time,
            block=tree.block,
            block_hash=tree.block_hash,
            transaction=tree.transaction,
            tree=tree.statement,
            status=status if revoked else tree.status,
        )

    def _revoked(self, keys: Iterable[str]) -> dict[str, Revoked]:
        return {
            one.body.statement: one.body for one in self.index.among(Revoked, "statement", keys)
        }

    def _children(self, entry: Entry) -> list[str]:
        derived = self.index.find(Derived, parent=entry.statement)
        return [*(e.body.child for e in derived), *self.archive.children(entry.statement)]

    def _reach(
        self, start: dict[str, Entry], onward: Callable[[Entry], Iterable[str]]
    ) -> dict[str, Entry]:
        """All that can be reached, a generation at a time."""
        found, newest = dict(start), start
        while newest:
            next_ones = {key for entry in newest.values() for key in onward(entry)}
            newest = self.of(sorted(next_ones - found.keys()))
            found |= newest
        return found

    def _round(self, opened: TaskOpened, event: Event[RoundClosed], entry: Entry) -> answers.Round:
        closed = event.body
        approvals = self.index.find(RoundApproved, task=closed.task, number=closed.number)
        # coordinators may also have agreed to something else; the last approval is the closing one
        final = {one.body.proposal for one in approvals if one.transaction == event.transaction}
        return answers.Round(
            closed.task,
            closed.number,
            opened.base,
            opened.coordinators,
            opened.quorum,
            tuple(one.body.coordinator for one in approvals if one.body.proposal in final),
            closed.updates,
            closed.clients,
            entry,
        )

    def _parents_first(self, entries: dict[str, Entry]) -> tuple[Entry, ...]:
        graph = {key: [p for p in entry.parents if p in entries] for key, entry in entries.items()}
        try:
            return tuple(entries[key] for key in TopologicalSorter(graph).static_order())
        except CycleError:
            raise malformed(self.index.deployment.contract) from None

    def _files(self, a: str, b: str) -> tuple[tuple[str, str, str], ...]:
        """Subjects, by name, that differ between two statements whose documents are at hand."""
        documents = self.archive.statement(a), self.archive.statement(b)
        if not (documents[0] and documents[1]):
            return ()
        one, other = ({s.name: s.sha256 for s in d.subjects} for d in documents if d)
        return tuple(
            (name, one.get(name, ""), other.get(name, ""))
            for name in sorted(one.keys() | other.keys())
            if one.get(name) != other.get(name)
        )


def _made(entries: Sequence[Entry]) -> Entry:
    """Of several statements about one thing the newest that tells how it was made, not that it was released."""
    return ([entry for entry in entries if entry.kind != "release"] or entries)[-1]


def _place(event: Recorded) -> tuple[int, int]:
    return event.block, event.position


def _parents(entry: Entry) -> tuple[str, ...]:
    return entry.parents
