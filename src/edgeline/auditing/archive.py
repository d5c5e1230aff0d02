"""Statements at hand: what adds names, files and members of trees to what the chain holds."""

from edgeline.anchoring.outbox import Outbox
from edgeline.provenance.receipt import Receipt
from edgeline.provenance.statement import Statement


class StatementArchive:
    """The statements of a project's outbox, where it has one, and those that came with receipts."""

    def __init__(self, outbox: Outbox | None = None) -> None:
        self._outbox = outbox
        self._received: dict[str, Statement] = {}
        self._trees: dict[str, str] = {}

    def add_receipt(self, receipt: Receipt) -> None:
        """From here on, the statements in this receipt are at hand too."""
        own = receipt.statement
        self._received |= {one.digest: one for one in (*receipt.lineage, own)}
        if receipt.inclusion:
            self._trees[own.digest] = receipt.record.key

    def statement(self, digest: str) -> Statement | None:
        """The statement with this digest."""
        kept = self._outbox.statements.statement(digest) if self._outbox else None
        return self._received.get(digest) or kept

    def about(self, sha256: str) -> list[Statement]:
        """The statements of which one subject has this SHA-256."""
        return self._outbox.statements.about(sha256) if self._outbox else []

    def children(self, digest: str) -> list[str]:
        """Digests of the statements that name this one as a parent."""
        return self._outbox.statements.children(digest) if self._outbox else []

    def tree_of(self, digest: str) -> str | None:
        """Id of a tree that holds this statement."""
        return self._trees.get(digest) or (self._outbox.tree_of(digest) if self._outbox else None)

    def members(self, tree: str) -> list[str]:
        """Digests of the statements in a tree: a receipt names none besides its own."""
        return self._outbox.members(tree) if self._outbox else []
