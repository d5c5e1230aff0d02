"""The questions of an audit, answered from the index and from the statements that are at hand.

The chain says who anchored what, when and from what. The documents add names, the files of a statement,
and which statements a tree holds: their digests bind them to the chain.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from graphlib import CycleError

from edgeline.anchoring.events import (
    Anchored,
    Derived,
    KeyCompromised,
    Revoked,
    RolesChanged,
    TreeAnchored,
    malformed,
)
from edgeline.anchoring.interface import ROLES
from edgeline.anchoring.outbox import Outbox
from edgeline.auditing import answers, entries
from edgeline.auditing.answers import Entry, FileDifference, Status
from edgeline.auditing.entries import RecordEvent, key_of
from edgeline.auditing.index import Index
from edgeline.errors import NotAnchored
from edgeline.provenance.statement import KINDS

TREE_FIELDS = {"statement": "id", "subject": "root"}
"""What the event of a tree calls the fields of a statement's."""
PLACE = ("anchorer", "time", "block", "block_hash", "transaction")
"""What a statement in a tree has in common with the tree."""


class Audit:
    """What one contract holds, with the documents at hand."""

    def __init__(self, index: Index, archive: Outbox) -> None:
        self.index, self.archive = index, archive

    def about(self, digest: str) -> list[Entry]:
        """What there is of a subject, a statement or a tree with this digest, oldest first."""
        recorded = {entry.statement: entry for entry in self._records(subject=[digest])}
        documents = self.archive.about(digest)
        statements = self.of([digest, *(one.digest for one in documents)])
        anchored = {key: entry for key, entry in statements.items() if entry.is_anchored}
        return sorted((anchored | recorded).values(), key=lambda entry: entry.block)

    def of(self, statements: Iterable[str]) -> dict[str, Entry]:
        """An entry for each of these statements or trees, also for those that the chain does not hold."""
        keys = list(dict.fromkeys(statements))
        recorded = {entry.statement: entry for entry in self._records(statement=keys)}
        others = [key for key in keys if key not in recorded]
        tree_of = {key: tree for key in others if (tree := self.archive.tree_of(key))}
        trees = {entry.statement: entry for entry in self._records(statement=tree_of.values())}
        revoked = self._revoked(others)
        members = {
            key: self._member(key, trees.get(tree_of.get(key, "")), revoked.get(key))
            for key in others
        }
        return {key: recorded.get(key) or members[key] for key in keys}

    def log(self, since: int = 0) -> list[Entry]:
        """Everything that was anchored, at that time or later; newest first."""
        return self._records(since)[::-1]

    def releases(self) -> list[Entry]:
        """Everything that was stated to be released, oldest first."""
        found = self.index.find(Anchored, kind=[KINDS["release"]])
        return list(self.of(event.body.statement for event in found).values())

    def lineage(self, digest: str, *, up: bool = True, down: bool = True) -> answers.Lineage:
        """All ancestors and descendants, to any depth.

        Raises:
            NotAnchored: the chain holds nothing with this digest.
        """
        start = {entry.statement: entry for entry in self.require(digest)}
        above = self.reach(start, parents) if up else start
        below = self.reach(start, self.children) if down else start
        related = above | {key: entry for key, entry in below.items() if entry.is_anchored}
        edges = [
            (parent, entry.statement)
            for entry in related.values()
            for parent in entry.parents
            if parent in related
        ]
        return answers.Lineage(digest, self.parents_first(related), tuple(sorted(edges)))

    def history(self, entry: Entry) -> tuple[Entry, ...]:
        """Everything that a statement came from, parents first, and last the statement itself."""
        return self.parents_first(self.reach({entry.statement: entry}, parents))

    def children(self, entry: Entry) -> list[str]:
        """The statements that name this one as a parent."""
        derived = self.index.find(Derived, parent=[entry.statement])
        stated = self.archive.children(entry.statement)
        return [*(one.body.child for one in derived), *stated]

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
        changes = self.index.find(RolesChanged, account=[account])
        held = changes[-1].body.roles if changes else 0
        revoked = [event.body.statement for event in self.index.find(Revoked, by=[account])]
        return answers.Account(
            account,
            tuple(name for name, bit in ROLES.items() if held & bit),
            self.suspect_keys().get(account, 0),
            tuple(self._records(anchorer=[account])),
            tuple(self.of(revoked).values()),
        )

    def suspect_keys(self) -> dict[str, int]:
        """Since when the records of keys are not to be trusted, as the contract reckons: the earliest time declared."""
        since: dict[str, int] = {}
        for event in self.index.find(KeyCompromised):
            account, declared = event.body.account, event.body.since
            since[account] = min(declared, since.get(account, declared))
        return since

    def withdrawn(self) -> answers.Withdrawn:
        """All that is not to be relied on any more: revoked, or anchored with a compromised key."""
        revoked = self.of(event.body.statement for event in self.index.find(Revoked))
        declared_by = {e.body.account: e.body.by for e in self.index.find(KeyCompromised)}
        keys = []
        for account, since in self.suspect_keys().items():
            doubtful = [one for one in self._records(anchorer=[account]) if one.time >= since]
            keys.append(answers.Key(account, declared_by[account], since, tuple(doubtful)))
        return answers.Withdrawn(tuple(revoked.values()), tuple(keys))

    def judge_ancestry(self, judged: Iterable[Entry]) -> list[Entry]:
        """The same entries; what is valid although something that it came from is not, says so."""
        withdrawn = self.withdrawn()
        doubtful = [*withdrawn.entries, *(entry for key in withdrawn.keys for entry in key.entries)]
        bad = {one.statement: one for one in doubtful if one.status.word != answers.VALID}
        below = self.reach(bad, self.children)
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

    def _records(self, since: int = 0, **wanted: Collection[str]) -> list[Entry]:
        """What has a record of its own, statements and trees, in the chain's order, with all that is at hand of it."""
        of_trees = {TREE_FIELDS.get(name, name): values for name, values in wanted.items()}
        events: list[RecordEvent] = [
            *self.index.find(Anchored, **wanted),
            *self.index.find(TreeAnchored, **of_trees),
        ]
        events = sorted(
            (one for one in events if one.body.time >= since),
            key=lambda one: (one.block, one.position),
        )
        keys = [key_of(event) for event in events]
        parents = defaultdict(list)
        for derived in self.index.find(Derived, child=keys):
            parents[derived.body.child].append(derived.body.parent)
        revoked, suspect = self._revoked(keys), self.suspect_keys()
        found = []
        for key, event in zip(keys, events, strict=True):
            suspect_since = suspect.get(event.body.anchorer, 0)
            status = entries.record_status(event.body.time, suspect_since, revoked.get(key))
            entry = entries.event_entry(event, parents[key], status)
            found.append(entries.describe(entry, self.archive.statement(key)))
        return found

    def _member(self, digest: str, tree: Entry | None, revoked: Revoked | None) -> Entry:
        """A statement without a record of its own: in a tree, revoked as a leaf, or unknown."""
        document = self.archive.statement(digest)
        if tree and revoked and not self._may_revoke(revoked.by, tree.anchorer):
            revoked = None
        kind = "leaf" if revoked else answers.UNKNOWN
        entry = entries.statement_entry(document) if document else Entry(digest, kind)
        if tree:
            place = {name: getattr(tree, name) for name in PLACE}
            entry = replace(entry, tree=tree.statement, status=tree.status, **place)
        return replace(entry, status=entries.revocation_status(revoked)) if revoked else entry

    def _may_revoke(self, account: str, anchorer: str) -> bool:
        """Whether a leaf's revocation by this account concerns a tree of that anchorer; the contract's own rule.

        Anybody who may anchor can put a stranger's statement into a tree of their own and revoke it there.
        """
        changes = self.index.find(RolesChanged, account=[account])
        is_revoker = any(event.body.roles & ROLES["REVOKER"] for event in changes)
        return account == anchorer or is_revoker

    def _revoked(self, keys: Collection[str]) -> dict[str, Revoked]:
        events = self.index.find(Revoked, statement=keys)
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


def parents(entry: Entry) -> tuple[str, ...]:
    return entry.parents
