"""What a page shows: all that an audit knows, with the documents and the members of trees that are at hand."""

from edgeline.anchoring.events import TreeAnchored
from edgeline.auditing.audit import Audit
from edgeline.auditing.page import Exhibit
from edgeline.merkle import build, tree_id


def gather_exhibits(audit: Audit) -> list[Exhibit]:
    """All that the index knows, with the documents and the statements of trees that are at hand."""
    sizes = {event.body.id: event.body.size for event in audit.index.find(TreeAnchored)}
    members = {tree: _members(audit, tree) for tree in sizes}
    inside = audit.of(digest for digests in members.values() for digest in digests)
    # A leaf is known by its revocation alone where its tree is not at hand.
    entries = (*audit.withdrawn().entries, *inside.values(), *audit.log())
    anchored = {entry.statement: entry for entry in entries if entry.is_anchored}
    exhibits = []
    for entry in audit.judge_ancestry(anchored.values()):
        key = entry.statement
        document = audit.archive.statement(key)
        shown = document.to_json() if document else None
        exhibits.append(Exhibit(entry, shown, sizes.get(key, 0), members.get(key, ())))
    return exhibits


def _members(audit: Audit, tree: str) -> tuple[str, ...]:
    """The statements in a tree, in the order of its leaves; none where not all of them are at hand."""
    digests = audit.archive.members(tree)
    if not digests:
        return ()
    built = build([bytes.fromhex(digest) for digest in digests])
    return tuple(digests) if tree_id(built.root, built.size).hex() == tree else ()
