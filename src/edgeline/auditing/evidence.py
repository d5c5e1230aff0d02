"""What a receipt or a chain says about one thing, held against the thing and against the chain.

Each function raises where they disagree, and says who is wrong and what a person should do.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edgeline.anchoring.events import Anchored, Derived, TreeAnchored
from edgeline.anchoring.logs import decode
from edgeline.anchoring.subject import Named
from edgeline.auditing.answers import Entry
from edgeline.auditing.entries import of_statement
from edgeline.auditing.withdrawal import newest_valid
from edgeline.errors import NotAnchored, Tampered
from edgeline.manifest import MANIFEST
from edgeline.merkle import build, tree_id
from edgeline.provenance.receipt import Receipt
from edgeline.provenance.record import Deployment, Record
from edgeline.provenance.statement import KINDS, LEAF, Statement

if TYPE_CHECKING:
    from edgeline.anchoring.contract import AnchorContract
    from edgeline.auditing.audit import Audit

LASTING = ("anchorer", "time", "block", "kind")
"""What never changes in a record; its flags do."""


@dataclass(frozen=True)
class Evidence:
    """A statement, its place on the chain, and what it came from."""

    entry: Entry
    record: Record
    ancestors: tuple[Entry, ...]
    """Parents first."""

    @classmethod
    def from_receipt(cls, receipt: Receipt) -> "Evidence":
        """As the receipt says it."""
        entry = replace(
            of_statement(receipt.statement),
            anchorer=receipt.record.anchorer,
            time=receipt.record.time,
            block=receipt.record.block,
            block_hash=receipt.block_hash,
            transaction=receipt.transaction,
            tree=receipt.record.key if receipt.inclusion else "",
        )
        return cls(entry, receipt.record, tuple(map(of_statement, receipt.lineage)))


def of_receipt(registry: "AnchorContract", receipt: Receipt) -> Evidence:
    """What the receipt says, after the chain said the same in every field."""
    _require_place(receipt.deployment, registry.deployment)
    claimed, actual = receipt.record, registry.record(receipt.record.key)
    if actual is None:
        raise Tampered(
            expected=f"the record of {claimed.key} that the receipt claims",
            found=f"no such record in contract {registry.deployment.contract}",
            remedy="do not use this thing; ask whoever gave it to you",
        )
    for name in LASTING:
        _require_same(name, getattr(claimed, name), getattr(actual, name))
    if claimed.flags:
        _require_same("flags", claimed.flags, actual.flags)
    if claimed.kind != LEAF:
        _require_written(registry, receipt)
    return replace(Evidence.from_receipt(receipt), record=actual)


def of_chain(registry: "AnchorContract", audit: "Audit", named: Named) -> Evidence:
    """What the chain says about a thing without a receipt; of several statements, the newest that holds."""
    known = [entry for entry in audit.about(named.digest) if _fits(entry, named)]
    if not known:
        raise NotAnchored(
            expected=f"a record of {named.digest} on chain {registry.deployment.chain_id}",
            found=f"none in contract {registry.deployment.contract}",
            remedy="anchor it, or ask who made it",
        )
    histories = {entry.statement: audit.ancestors(entry) for entry in known}
    agreeing = [e for e in known if not _disagreement(named, e, histories[e.statement])]
    # where none tells the manifest's history, the newest one is reported by `require_history`
    entry = newest_valid(named, agreeing) if agreeing else known[-1]
    record = registry.record(entry.tree or entry.statement)
    if record is None or (record.anchorer, record.time) != (entry.anchorer, entry.time):
        raise registry.node.contradiction(
            f"the record of {entry.statement} that its events announce", "another one, or none"
        )
    _require_document(audit, entry)
    return Evidence(entry, record, histories[entry.statement])


def require_files(named: Named, statement: Statement) -> None:
    """A statement about an artifact is about each of its files, and nothing else."""
    if named.manifest is None:
        return
    files = {name: file.sha256 for name, file in named.manifest.files.items()}
    said = {subject.name: subject.sha256 for subject in statement.subjects}
    actual = {MANIFEST: named.digest, **files}
    for name in sorted(said.keys() | actual.keys()):
        _require_same(f"SHA-256 of {name}", said.get(name, "none"), actual.get(name, "none"))
    _require_same("kind", statement.kind, "artifact")
    _require_same("subject", statement.subject, named.digest)


def require_history(named: Named, evidence: Evidence) -> None:
    """What an artifact's manifest tells of its history is what was anchored."""
    if found := _disagreement(named, evidence.entry, evidence.ancestors):
        subject, said, told = found
        raise Tampered(
            expected=f"{subject} on the chain as {said}",
            found=f"{told}, anchored by {evidence.record.anchorer}",
            remedy="find out who gave it another history; the chain never overwrites",
        )


def _disagreement(
    named: Named, entry: Entry, ancestors: Sequence[Entry]
) -> tuple[str, str, str] | None:
    """A digest, what the manifest says of it, and what the chain says of it; None if they agree."""
    if named.manifest is None:
        return None
    manifest = named.manifest
    said = {one.digest: (one.kind, frozenset(one.parents)) for one in manifest.lineage}
    said[named.digest] = ("artifact", frozenset(manifest.parents.values()))
    subjects = {one.statement: one.subject for one in ancestors}
    told = {
        one.subject: (one.kind, frozenset(subjects.get(key, key) for key in one.parents))
        for one in (*ancestors, entry)
    }
    for digest in sorted(said.keys() | told.keys()):
        if said.get(digest) != told.get(digest):
            return digest, _history(said.get(digest)), _history(told.get(digest))
    return None


def _fits(entry: Entry, named: Named) -> bool:
    """Whether this could be what anchored the thing: not the tree that has its digest as root."""
    if named.manifest is not None:
        return entry.kind == "artifact" and entry.subject == named.digest
    return entry.kind != "tree" or named.what == "digest"


def _require_written(registry: "AnchorContract", receipt: Receipt) -> None:
    """The transaction that the receipt names must have written this record and these parents."""
    (mined,) = registry.node.mined([receipt.transaction])
    if mined is None:
        raise _contradiction("transaction", receipt.transaction, "one that is in a block")
    _require_same("block_hash", receipt.block_hash, mined.block_hash)
    contract, statement, record = registry.deployment.contract, receipt.statement, receipt.record
    events = [decode(log, contract) for log in mined.logs if _is_of(log, contract)]
    said = [event.body for event in events if event]
    parents = [
        body.parent for body in said if isinstance(body, Derived) and body.child == record.key
    ]
    written: Anchored | TreeAnchored = Anchored(
        record.key, statement.subject, record.anchorer, KINDS[statement.kind], record.time
    )
    if receipt.inclusion:
        root, size = receipt.inclusion.root, receipt.inclusion.size
        written = TreeAnchored(record.key, root, record.anchorer, size, record.time)
        parents = list(statement.parents)  # of what is in a tree, the chain knows none
    if written not in said:
        raise _contradiction("transaction", receipt.transaction, "the one that wrote the record")
    _require_same("parents", statement.parents, tuple(sorted(parents)))


def _is_of(log: object, contract: str) -> bool:
    return isinstance(log, dict) and str(log.get("address")).lower() == contract


def _require_document(audit: "Audit", entry: Entry) -> None:
    """The statement at hand, if any, says what the events say; and is in the tree that is said to hold it."""
    document = audit.archive.statement(entry.statement)
    if document is not None:
        for name in ("kind", "subject", "parents"):
            _require_same(name, getattr(document, name), getattr(entry, name))
    # a receipt, too, may have told which tree it is; it was proven, and names no other members
    if entry.tree and (members := audit.archive.members(entry.tree)):
        tree = build([bytes.fromhex(member) for member in members])
        _require_same("tree", tree_id(tree.root, tree.size).hex(), entry.tree)


def _require_place(claimed: Deployment, here: Deployment) -> None:
    if claimed == here:
        return
    raise NotAnchored(
        expected=f"a receipt of contract {here.contract} on chain {here.chain_id}, genesis {here.genesis}",
        found=f"one of contract {claimed.contract} on chain {claimed.chain_id}, genesis {claimed.genesis}",
        remedy="ask a node of that chain: name it with --chain or --url",
    )


def _require_same(field: str, claimed: object, actual: object) -> None:
    if claimed != actual:
        raise _contradiction(field, claimed, actual)


def _contradiction(field: str, claimed: object, actual: object) -> Tampered:
    return Tampered(
        expected=f"a receipt with {field} {_shown(actual)}",
        found=_shown(claimed),
        remedy="take the thing from its source again, or delete its receipt (receipt.json, or "
        "FILE.receipt.json) and ask the chain",
    )


def _history(told: tuple[str, frozenset[str]] | None) -> str:
    if told is None:
        return "nothing at all"
    kind, parents = told
    return f"{kind} from parents [{', '.join(sorted(parents))}]"


def _shown(value: object) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)
