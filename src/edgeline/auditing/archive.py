"""Statements at hand: what adds names, files and members of trees to what the chain holds."""

from edgeline.anchoring.outbox import Outbox
from edgeline.provenance.receipt import Receipt
from edgeline.provenance.statement import Statement


class StatementArchive:
    """The statements of an outbox, and those that came with receipts."""

    def __init__(self, outbox: Outbox) -> None:
        self.outbox = outbox
        self._received: dict[str, Statement] = {}
        self._trees: dict[str, str] = {}

    def add_receipt(self, receipt: Receipt) -> None:
        """From here on, the statements in this receipt are at hand by their digests."""
        own = receipt.statement
        self._received |= {one.digest: one for one in (*receipt.lineage, own)}
        if receipt.inclusion:
            self._trees[own.digest] = receipt.record.key

    def statement(self, digest: str) -> Statement | None:
        """The statement with this digest."""
        return self._received.get(digest) or self.outbox.statement(digest)

    def tree_of(self, digest: str) -> str | None:
        """Id of a tree that holds this statement."""
        return self._trees.get(digest) or self.outbox.tree_of(digest)
