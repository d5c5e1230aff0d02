"""The questions of an audit, answered from the index and from the statements that are at hand.

The chain says who anchored what, when and from what. The documents add names, the files of a statement,
and which statements a tree holds: their digests bind them to the chain.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from graphlib import CycleError

from edgeline.anchoring.events import (
    Anchored,
    Derived,
    KeyCompromised,
    Revoked,
    TreeAnchored,
    malformed,
)
from edgeline.auditing import answers, entries
from edgeline.auditing.answers import Entry, FileDifference, Status
from edgeline.auditing.archive import StatementArchive
from edgeline.auditing.entries import RecordEvent, key_of
from edgeline.auditing.index import Index
from edgeline.auditing.key_history import may_revoke, roles, suspect_since
from edgeline.errors import NotAnchored


class Audit:
    """What one contract holds, with the documents at hand."""

    def __init__(self, index: Index, archive: StatementArchive) -> None:
        self.index, self.archive = index, archive

    def about(self, digest: str) -> list[Entry]:
        """What there is of a subject, a statement or a tree with this digest, oldest first."""
        events: list[RecordEvent] = [
            *self.index.find(Anchored, subject=digest),
            *self.index.find(TreeAnchored, id=digest),
            *self.index.find(TreeAnchored, root=digest),
        ]
        recorded = {entry.statement: entry for entry in self._entries(events)}
        statements = self.of([digest, *(one.digest for one in self.archive.about(digest))])
        anchored = {key: entry for key, entry in statements.items() if entry.is_anchored}
        return sorted((anchored | recorded).values(), key=lambda entry: entry.block)

    def of(self, statements: Iterable[str]) -> dict[str, Entry]:
        """An entry for each of these statements or trees, also for those that the chain does not hold."""
        keys = list(dict.fromkeys(statements))
        events: list[RecordEvent] = [
            *self.index.among(Anchored, "statement", keys),
            *self.index.among(TreeAnchored, "id", keys),
        ]
        recorded = {entry.statement: entry for entry in self._entries(events)}
        others = [key for key in keys if key not in recorded]
        tree_of = {key: self.archive.tree_of(key) for key in others}
        trees = self._entries(self.index.among(TreeAnchored, "id", {*tree_of.values()} - {None}))
        by_id = {entry.statement: entry for entry in trees}
        revoked = self._revoked(others)
        members = {
            key: self._member(key, by_id.get(tree_of[key] or ""), revoked.get(key))
            for key in others
        }
        return {key: recorded.get(key) or members[key] for key in keys}

    def log(self, since: int = 0) -> list[Entry]:
        """Everything that was anchored, at that time or later; newest first."""
        events: list[RecordEvent] = [
            *self.index.find(Anchored, since=since),
            *self.index.find(TreeAnchored, since=since),
        ]
        return self._entries(sorted(events, key=_position, reverse=True))

    def lineage(self, digest: str, *, up: bool = True, down: bool = True) -> answers.Lineage:
        """All ancestors and descendants, to any depth.

        Raises:
            NotAnchored: the chain holds nothing with this digest.
        """
        start = {entry.statement: entry for entry in self.require(digest)}
        above = self.reach(start, parents) if up else start
        below = self.descendants(start) if down else start
        related = above | {key: entry for key, entry in below.items() if entry.is_anchored}
        edges = [
            (parent, entry.statement)
            for entry in related.values()
            for parent in entry.parents
            if parent in related
        ]
        return answers.Lineage(digest, self.parents_first(related), tuple(sorted(edges)))

    def ancestors(self, entry: Entry) -> tuple[Entry, ...]:
        """Everything that a statement came from, parents first."""
        history = self.reach({entry.statement: entry}, parents)
        del history[entry.statement]
        return self.parents_first(history)

    def descendants(self, start: dict[str, Entry]) -> dict[str, Entry]:
        """Everything that was made from these, themselves included, by statement."""
        return self.reach(start, self.children)

    def children(self, entry: Entry) -> list[str]:
        """The statements that name this one as a parent."""
        derived = self.index.find(Derived, parent=entry.statement)
        return [*(one.body.child for one in derived), *self.archive.children(entry.statement)]

    def reach(
        self,
        start: dict[str, Entry],
        onward: Callable[[Entry], Iterable[str]],
        follows: Callable[[Entry], bool] = lambda _: True,
    ) -> dict[str, Entry]:
        """All that can be reached through entries that it `follows`, a generation at a time."""
        reached, newest = dict(start), start
        while newest:
            next_keys = {key for entry in newest.values() for key in onward(entry)}
            others = self.of(sorted(next_keys - reached.keys()))
            newest = {key: entry for key, entry in others.items() if follows(entry)}
            reached |= newest
        return reached

    def parents_first(self, related: dict[str, Entry]) -> tuple[Entry, ...]:
        """These entries, each after its parents."""
        try:
            return entries.parents_first(related)
        except CycleError:
            raise malformed(self.index.deployment.contract) from None

    def require(self, digest: str) -> list[Entry]:
        """Like `about`, but nothing at all is an error."""
        about = self.about(digest)
        if not about:
            raise NotAnchored(
                expected=f"a statement about {digest} in contract {self.index.deployment.contract}",
                found=f"none up to block {self.index.head.number}",
                remedy="anchor it, or ask the chain of whoever made it",
            )
        return about

    def by(self, account: str) -> answers.Account:
        """What a key may do now, and all that it anchored and revoked."""
        events: list[RecordEvent] = [
            *self.index.find(Anchored, anchorer=account),
            *self.index.find(TreeAnchored, anchorer=account),
        ]
        revoked = [event.body.statement for event in self.index.find(Revoked, by=account)]
        return answers.Account(
            account,
            roles(self.index, account),
            suspect_since(self.index, account),
            tuple(self._entries(sorted(events, key=_position))),
            tuple(self.of(revoked).values()),
        )

    def withdrawn(self) -> answers.Withdrawn:
        """All that is not to be relied on any more: revoked, or anchored with a compromised key."""
        revoked = self.of(event.body.statement for event in self.index.find(Revoked))
        keys = {}
        for event in self.index.find(KeyCompromised):
            account, since = event.body.account, suspect_since(self.index, event.body.account)
            doubtful = (entry for entry in self.by(account).entries if entry.time >= since)
            keys[account] = answers.Key(account, event.body.by, since, tuple(doubtful))
        return answers.Withdrawn(tuple(revoked.values()), tuple(keys.values()))

    def judge_ancestry(self, judged: Iterable[Entry]) -> list[Entry]:
        """The same entries; what is valid although something that it came from is not, says so."""
        withdrawn = self.withdrawn()
        doubtful = [*withdrawn.entries, *(entry for key in withdrawn.keys for entry in key.entries)]
        bad = {one.statement: one for one in doubtful if one.status.word != answers.VALID}
        below = self.descendants(bad) if bad else {}
        return [
            replace(entry, status=Status(answers.ANCESTOR))
            if entry.statement in below and entry.status.word == answers.VALID
            else entry
            for entry in judged
        ]

    def diff(self, a: str, b: str) -> answers.Difference:
        """What two things have in common, and where their histories part."""
        one, other = _newest(self.require(a)), _newest(self.require(b))
        histories = [self.reach({entry.statement: entry}, parents) for entry in (one, other)]
        both = histories[0].keys() & histories[1].keys()
        common = self.parents_first({key: histories[0][key] for key in both})
        only_a, only_b = (
            self.parents_first({key: entry for key, entry in mine.items() if key not in both})
            for mine in histories
        )
        inner = {parent for entry in common for parent in entry.parents}
        parting = tuple(entry for entry in common if entry.statement not in inner)
        files = self._files(one.statement, other.statement)
        return answers.Difference(one, other, common, parting, only_a, only_b, files)

    def _entries(self, events: Sequence[RecordEvent]) -> list[Entry]:
        """Events with all that is at hand of them, in the same order."""
        keys = [key_of(event) for event in events]
        parents: dict[str, list[str]] = {}
        for derived in self.index.among(Derived, "child", keys):
            parents.setdefault(derived.body.child, []).append(derived.body.parent)
        revoked = self._revoked(keys)
        accounts = {event.body.anchorer for event in events}
        suspect = {account: suspect_since(self.index, account) for account in accounts}
        found = []
        for key, event in zip(keys, events, strict=True):
            status = entries.record_status(event.body.time, suspect[event.body.anchorer])
            if key in revoked:
                status = entries.revocation_status(revoked[key])
            entry = entries.event_entry(event, tuple(sorted(parents.get(key, []))), status)
            found.append(entries.describe(entry, self.archive.statement(key)))
        return found

    def _member(self, digest: str, tree: Entry | None, revoked: Revoked | None) -> Entry:
        """A statement without a record of its own: in a tree, revoked as a leaf, or unknown."""
        document = self.archive.statement(digest)
        if tree and revoked and not may_revoke(self.index, revoked.by, tree.anchorer):
            revoked = None
        status = entries.revocation_status(revoked) if revoked else Status(answers.UNKNOWN)
        kind = "leaf" if revoked else answers.UNKNOWN
        entry = entries.statement_entry(document) if document else Entry(digest, kind)
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
        events = self.index.among(Revoked, "statement", keys)
        return {event.body.statement: event.body for event in events}

    def _files(self, a: str, b: str) -> tuple[FileDifference, ...]:
        """Subjects that differ between two statements whose documents are at hand."""
        documents = self.archive.statement(a), self.archive.statement(b)
        if not (documents[0] and documents[1]):
            return ()
        one, other = ({s.name: s.sha256 for s in d.subjects} for d in documents if d)
        return tuple(
            FileDifference(name, one.get(name, ""), other.get(name, ""))
            for name in sorted(one.keys() | other.keys())
            if one.get(name) != other.get(name)
        )


def _newest(about: Sequence[Entry]) -> Entry:
    """Of several statements about one thing the newest that tells how it was made, not that it was released."""
    return ([entry for entry in about if entry.kind != "release"] or about)[-1]


def _position(event: RecordEvent) -> tuple[int, int]:
    return event.block, event.position


def parents(entry: Entry) -> tuple[str, ...]:
    return entry.parents
