"""What a receipt or a chain says about one thing, compared with the thing and with the chain.

Each function raises where they disagree, and says which one is wrong and what a person should do.
"""

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from edgeline.anchoring.events import Anchored, Derived, TreeAnchored, decode
from edgeline.anchoring.subject import Named
from edgeline.auditing.answers import Entry
from edgeline.auditing.entries import statement_entry
from edgeline.auditing.withdrawal import newest_valid
from edgeline.errors import NotAnchored, Tampered
from edgeline.manifest import MANIFEST
from edgeline.merkle import build, tree_id
from edgeline.provenance.receipt import Receipt
from edgeline.provenance.record import Deployment
from edgeline.provenance.statement import KINDS, LEAF

if TYPE_CHECKING:
    from edgeline.anchoring.contract import AnchorContract
    from edgeline.auditing.audit import Audit

LASTING = ("anchorer", "time", "block", "kind")
"""What never changes in a record; its flags do."""

Origin = tuple[str, frozenset[str]]
"""Kind of a thing, and the digests of what it was made from."""
History = tuple[Entry, ...]
"""Everything that a thing came from, parents first, and last the thing's own statement with its place on the chain."""


def stated_history(receipt: Receipt) -> History:
    """As the receipt says it."""
    entry = replace(
        statement_entry(receipt.statement),
        anchorer=receipt.record.anchorer,
        time=receipt.record.time,
        block=receipt.record.block,
        block_hash=receipt.block_hash,
        transaction=receipt.transaction,
        tree=receipt.record.key if receipt.inclusion else "",
    )
    return (*map(statement_entry, receipt.lineage), entry)


def check_receipt(contract: "AnchorContract", receipt: Receipt) -> History:
    """What the receipt says, after the chain said the same in every field."""
    _require_deployment(receipt, contract.deployment)
    claimed, actual = receipt.record, contract.record(receipt.record.key)
    if actual is None:
        where = f"that contract {contract.deployment.contract} holds"
        raise _contradiction(receipt, "a record", claimed.key, where)
    for field in LASTING:
        _require_same(receipt, field, getattr(claimed, field), getattr(actual, field))
    if claimed.flags:
        _require_same(receipt, "flags", claimed.flags, actual.flags)
    if claimed.kind != LEAF:
        _require_events(contract, receipt)
    return stated_history(receipt)


def search_chain(contract: "AnchorContract", audit: "Audit", thing: Named) -> History:
    """What the chain says about a thing without a receipt; of several statements, the newest that holds."""
    statements = [entry for entry in audit.about(thing.digest) if _fits(entry, thing)]
    if not statements:
        raise NotAnchored(
            expected=f"a record of {thing.digest} on chain {contract.deployment.chain_id}",
            found=f"none in contract {contract.deployment.contract}",
            remedy="anchor it, or ask who made it",
        )
    found = {entry.statement: audit.history(entry) for entry in statements}
    agreeing = []
    for entry in statements:
        with suppress(Tampered):
            require_history(thing, found[entry.statement])
            agreeing.append(entry)
    # where none has the manifest's history, the newest one is reported by `require_history`
    entry = newest_valid(thing, agreeing) if agreeing else statements[-1]
    record = contract.record(entry.tree or entry.statement)
    if record is None or (record.anchorer, record.time) != (entry.anchorer, entry.time):
        raise contract.node.contradiction(
            f"the record of {entry.statement} that its events announce", "another one, or none"
        )
    _require_document(audit, entry)
    # by its own count of blocks, which need not be the events' (Arbitrum)
    return (*found[entry.statement][:-1], replace(entry, block=record.block))


def require_files(thing: Named, receipt: Receipt) -> None:
    """A statement about an artifact is about each of its files, and nothing else."""
    if thing.manifest is None:
        return
    statement = receipt.statement
    stated = {subject.name: subject.sha256 for subject in statement.subjects}
    sealed = {name: file.sha256 for name, file in thing.manifest.files.items()}
    sealed[MANIFEST] = thing.digest
    for name in sorted(stated.keys() | sealed.keys()):
        hashes = stated.get(name, "none"), sealed.get(name, "none")
        _require_same(receipt, f"SHA-256 of {name}", *hashes)
    _require_same(receipt, "kind", statement.kind, "artifact")
    _require_same(receipt, "subject", statement.subject, thing.digest)


def require_history(thing: Named, history: History) -> None:
    """The history in an artifact's manifest is the one that was anchored."""
    if thing.manifest is None:
        return
    in_manifest: dict[str, Origin] = {
        one.digest: (one.kind, frozenset(one.parents)) for one in thing.manifest.lineage
    }
    in_manifest[thing.digest] = ("artifact", frozenset(thing.manifest.parents.values()))
    subjects = {one.statement: one.subject for one in history}
    on_chain: dict[str, Origin] = {
        one.subject: (one.kind, frozenset(subjects.get(key, key) for key in one.parents))
        for one in history
    }
    for digest in sorted(in_manifest.keys() | on_chain.keys()):
        stated, anchored = in_manifest.get(digest), on_chain.get(digest)
        if stated != anchored:
            raise Tampered(
                expected=f"{digest} on the chain as {_in_words(stated)}",
                found=f"{_in_words(anchored)}, anchored by {history[-1].anchorer}",
                remedy="find out who gave it another history; the chain never overwrites",
            )


def _fits(entry: Entry, thing: Named) -> bool:
    """Whether this could be what anchored the thing: not the tree that has its digest as root."""
    if thing.manifest is not None:
        return entry.kind == "artifact" and entry.subject == thing.digest
    return entry.kind != "tree" or thing.what == "digest"


def _require_events(contract: "AnchorContract", receipt: Receipt) -> None:
    """The transaction that the receipt names must have written this record and these parents."""
    (mined,) = contract.node.mined([receipt.transaction])
    if mined is None:
        raise _contradiction(receipt, "a transaction", receipt.transaction, "that is in a block")
    _require_same(receipt, "block_hash", receipt.block_hash, mined.block_hash)
    address, statement, record = contract.deployment.contract, receipt.statement, receipt.record
    events = [decode(log, address) for log in mined.logs if _is_of(log, address)]
    bodies = [event.body for event in events if event]
    parents = [one.parent for one in bodies if isinstance(one, Derived) and one.child == record.key]
    written: Anchored | TreeAnchored = Anchored(
        record.key, statement.subject, record.anchorer, KINDS[statement.kind], record.time
    )
    if receipt.inclusion:
        root, size = receipt.inclusion.root, receipt.inclusion.size
        written = TreeAnchored(record.key, root, record.anchorer, size, record.time)
        parents = list(statement.parents)  # of what is in a tree, the chain knows none
    if written not in bodies:
        raise _contradiction(receipt, "a transaction", receipt.transaction, "that wrote the record")
    _require_same(receipt, "parents", statement.parents, tuple(sorted(parents)))


def _is_of(log: object, contract: str) -> bool:
    return isinstance(log, dict) and str(log.get("address")).lower() == contract


def _require_document(audit: "Audit", entry: Entry) -> None:
    """The statement at hand, if any, says what the events say, and is in the tree that should hold it."""
    document = audit.archive.statement(entry.statement)
    fields = ("kind", "subject", "parents") if document else ()
    kept = [(field, getattr(document, field), getattr(entry, field)) for field in fields]
    # The tree may also be known from a receipt: that one was proven, and names no other members.
    if entry.tree and (members := audit.archive.members(entry.tree)):
        tree = build([bytes.fromhex(member) for member in members])
        kept.append(("tree", tree_id(tree.root, tree.size).hex(), entry.tree))
    for field, stated, recorded in kept:
        if stated != recorded:
            raise Tampered(
                expected=f"statement {entry.statement} with {field} {_shown(recorded)}, as the chain has it",
                found=f"{_shown(stated)} in what is kept here",
                remedy="do not use it; ask another node of the same chain, and whoever anchored it",
            )


def _require_deployment(receipt: Receipt, asked: Deployment) -> None:
    claimed = receipt.deployment
    if claimed == asked:
        return
    place = f"on chain {claimed.chain_id}, genesis {claimed.genesis}"
    remedy = (
        "name that chain with --chain, or outside of a project a node of it with --url; if this project's chain was "
        "reset, `edgeline chain flush` renews receipts of artifacts, `edgeline chain anchor` those of other things"
    )
    if (claimed.chain_id, claimed.genesis) == (asked.chain_id, asked.genesis):
        place = "on the same chain, which is none of this project's now"
        remedy = (
            "if its contract was replaced, `edgeline chain anchor` writes a receipt of the present one; "
            "what the old receipt proves, `edgeline verify --offline` tells"
        )
    raise NotAnchored(
        expected=f"a receipt of contract {asked.contract} on chain {asked.chain_id}, genesis {asked.genesis}",
        found=f"{receipt} of contract {claimed.contract} {place}",
        remedy=remedy,
    )


def _require_same(receipt: Receipt, field: str, claimed: object, actual: object) -> None:
    if claimed != actual:
        raise _contradiction(receipt, field, claimed, actual)


def _contradiction(receipt: Receipt, field: str, claimed: object, actual: object) -> Tampered:
    return Tampered(
        expected=f"{receipt} with {field} {_shown(actual)}",
        found=_shown(claimed),
        remedy="take the thing from its source again, or delete its receipt and ask the chain",
    )


def _shown(value: object) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _in_words(origin: Origin | None) -> str:
    if origin is None:
        return "nothing at all"
    kind, parents = origin
    return f"{kind} from parents [{', '.join(sorted(parents))}]"
