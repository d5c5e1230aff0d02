"""A chain that can be asked now: its contract, the statements at hand, and on demand its events."""

from contextlib import ExitStack
from functools import cached_property
from pathlib import Path

from edgeline.anchoring.contract import AnchorContract, open_contract
from edgeline.anchoring.deployment import known_chain
from edgeline.anchoring.outbox import OUTBOX, Outbox
from edgeline.anchoring.session import node_url
from edgeline.auditing.audit import Audit
from edgeline.auditing.index import Index, Progress
from edgeline.provenance.receipt import Receipt
from edgeline.provenance.statement import Statement
from edgeline.workspace import Workspace

INDEX = "index.db"


class StatementArchive(Outbox):
    """The statements at hand: those of an outbox, and those that came with receipts."""

    def __init__(self, path: Path | None) -> None:
        super().__init__(path)
        self._received: dict[str, Statement] = {}
        self._trees: dict[str, str] = {}

    def add_receipt(self, receipt: Receipt) -> None:
        """From here on, the statements in this receipt are at hand by their digests."""
        own = receipt.statement
        self._received |= {one.digest: one for one in (*receipt.lineage, own)}
        if receipt.inclusion:
            self._trees[own.digest] = receipt.record.key

    def statement(self, digest: str) -> Statement | None:
        return self._received.get(digest) or super().statement(digest)

    def tree_of(self, digest: str) -> str | None:
        return self._trees.get(digest) or super().tree_of(digest)


class ChainSession(ExitStack):
    """To be closed after use. Made by `open_session`, or around a contract alone.

    `folder` holds the outbox and the index of a project's chain. Without one, or from a node that is not
    the project's own (`keep` false), the events are read anew, into memory. `trusted` are sentences: what
    has to be believed besides the node.
    """

    def __init__(
        self,
        contract: AnchorContract,
        folder: Path | None = None,
        *,
        first_block: int = 0,
        keep: bool = True,
        progress: Progress | None = None,
        trusted: tuple[str, ...] = (),
    ) -> None:
        super().__init__()
        self.contract, self._first_block, self._progress = contract, first_block, progress
        self.trusted = (f"the node at {contract.node.place}", *trusted)
        self._path = folder / INDEX if folder and keep else None
        outbox = folder / OUTBOX if folder else None
        # where there is no file, none is made
        path = outbox if outbox and outbox.is_file() else None
        self.archive = self.enter_context(StatementArchive(path))

    def audit(self) -> Audit:
        """The questions, after the newest events were read."""
        self._index.refresh(self._progress)
        return Audit(self._index, self.archive)

    @cached_property
    def _index(self) -> Index:
        deployment = self.contract.deployment
        index = Index(self._path, self.contract.node, deployment, self._first_block)
        return self.enter_context(index)


def open_session(
    workspace: Workspace,
    chain: str,
    local_url: str,
    *,
    url: str | None = None,
    progress: Progress | None = None,
) -> ChainSession:
    """A chain of this workspace, by its name.

    `local_url` is where the node of the project's own chain answers, `url` another node that is asked
    in place of the chain's own; what that one answers stays out of the workspace's index.

    Raises:
        NotAnchored: the project has anchored nothing.
        EnvironmentUnfit: there is no such chain, or no node of it answers.
    """
    known = known_chain(workspace, chain)
    return ChainSession(
        open_contract(url or node_url(known, local_url), known.deployment),
        workspace.anchoring(known.name),
        first_block=known.block,
        keep=url is None,
        progress=progress,
    )
