"""What a page shows: all that an audit knows, with the documents and the places in trees that are at hand."""

from edgeline.anchoring.events import TreeAnchored
from edgeline.auditing.audit import Audit
from edgeline.auditing.page import Exhibit
from edgeline.merkle import build
from edgeline.provenance.receipt import Inclusion


def gather_exhibits(audit: Audit) -> list[Exhibit]:
    """All that the index knows, with the documents and the statements of trees that are at hand."""
    trees = {event.body.id: event.body for event in audit.index.find(TreeAnchored)}
    proofs: dict[str, Inclusion] = {}
    entries = {entry.statement: entry for entry in audit.log()}
    for tree in trees.values():
        inclusions = _inclusions(audit, tree)
        members = audit.of(inclusions.keys() - entries.keys())
        for key, entry in members.items():
            if entry.tree == tree.id:
                entries[key], proofs[key] = entry, inclusions[key]
    # A leaf is known by its revocation alone where its tree is not at hand.
    entries = {entry.statement: entry for entry in audit.withdrawn().entries} | entries
    exhibits = []
    for entry in audit.judge_ancestry(entries.values()):
        document, own = audit.archive.statement(entry.statement), trees.get(entry.statement)
        exhibits.append(
            Exhibit(
                entry,
                document.to_json() if document else None,
                proofs.get(entry.statement),
                own.size if own else 0,
            )
        )
    return exhibits


def _inclusions(audit: Audit, tree: TreeAnchored) -> dict[str, Inclusion]:
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
