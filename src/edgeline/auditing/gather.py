"""What a page shows: all that an audit knows, with the documents and the places in trees that are at hand."""

from edgeline.anchoring.events import Event, Revoked, TreeAnchored
from edgeline.auditing.answers import Entry as Known
from edgeline.auditing.audit import Audit
from edgeline.auditing.entries import revocation_of
from edgeline.auditing.page import Entry, Record, Whole
from edgeline.merkle import build
from edgeline.provenance.receipt import Inclusion


def gathered(audit: Audit) -> list[Entry]:
    """All that the index knows, with the documents and the statements of trees that are at hand."""
    trees = {event.body.id: event.body for event in audit.index.find(TreeAnchored)}
    log = {known.statement: known for known in audit.log()}
    entries = [
        _tree(known, trees[key]) if key in trees else _statement(audit, known)
        for key, known in log.items()
    ]
    for tree in trees.values():
        proofs = _proofs(audit, tree)
        members = [known for key, known in audit.of(proofs).items() if key not in log]
        members = [known for known in members if known.tree == tree.id]
        entries += [_statement(audit, known, proofs[known.statement]) for known in members]
        log |= {known.statement: known for known in members}
    return entries + [
        _leaf(audit, event)
        for event in audit.index.find(Revoked)
        if event.body.statement not in log
    ]


def _proofs(audit: Audit, tree: TreeAnchored) -> dict[str, Inclusion]:
    """The place of each statement in a tree; none where not all of them are at hand."""
    digests = audit.archive.members(tree.id)
    if not digests:
        return {}
    built = build([bytes.fromhex(digest) for digest in digests])
    if (built.root.hex(), built.size) != (tree.root, tree.size):
        return {}
    return {
        digest: Inclusion(tree.root, tree.size, index, tuple(node.hex() for node in path))
        for index, (digest, path) in enumerate(zip(digests, built.paths(), strict=True))
    }


def _statement(audit: Audit, known: Known, inclusion: Inclusion | None = None) -> Entry:
    document = audit.archive.statement(known.statement)
    return Entry(
        digest=known.statement,
        kind=known.kind,
        subject=known.subject,
        record=_record(known),
        parents=known.parents,
        document=document.to_json() if document else None,
        inclusion=inclusion,
        status=known.status,
    )


def _tree(known: Known, tree: TreeAnchored) -> Entry:
    whole = Whole(tree.root, tree.size)
    return Entry(known.statement, "tree", "", _record(known), tree=whole, status=known.status)


def _leaf(audit: Audit, event: Event[Revoked]) -> Entry:
    """Of a revoked statement whose tree is not at hand, the revocation is all that is known."""
    body = event.body
    record = Record(body.by, body.time, event.block, event.block_hash, event.transaction)
    document = audit.archive.statement(body.statement)
    return Entry(
        digest=body.statement,
        kind=document.kind if document else "leaf",
        subject=document.subject if document else "",
        record=record,
        parents=document.parents if document else (),
        document=document.to_json() if document else None,
        status=revocation_of(body),
    )


def _record(known: Known) -> Record:
    return Record(known.anchorer, known.time, known.block, known.block_hash, known.transaction)
