"""How commands that only ask come to a chain: they start nothing and deploy nothing."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Annotated

import typer

from edgeline.cli.chain import OnChain as OnChain

if TYPE_CHECKING:
    from edgeline.anchoring.deployment import Chain
    from edgeline.auditing.audit import Audit
    from edgeline.auditing.chain_session import Live
    from edgeline.provenance.receipt import Receipt
    from edgeline.provenance.statement import Statement
    from edgeline.workspace import Workspace

Url = Annotated[
    str | None,
    typer.Option("--url", help="Address of a node of that chain; by default its own file says."),
]


@contextmanager
def open_audit(chain: str, url: str | None) -> "Iterator[Audit]":
    """The questions to a chain of this project, its newest events read.

    Raises:
        NotAnchored: the project has anchored nothing.
        EnvironmentUnfit: no project, no such chain, or no node of it answers.
    """
    from edgeline.anchoring.connect import connect
    from edgeline.anchoring.deployment import known_chain
    from edgeline.auditing.audit import Audit
    from edgeline.auditing.chain_session import INDEX, archive_in
    from edgeline.auditing.index import Index
    from edgeline.workspace import Workspace

    workspace = Workspace.find()
    known, folder = known_chain(workspace, chain), workspace.anchoring(chain)
    node = connect(url or _address(workspace, known), known.deployment)
    with (
        # what another node tells stays out of the project's own index
        Index(None if url else folder / INDEX, node, known.deployment, known.block) as index,
        archive_in(folder) as archive,
    ):
        index.refresh(shown_progress)
        yield Audit(index, archive)


@contextmanager
def live_for(
    chain: str | None, url: str | None, receipt: "Receipt | None"
) -> "Iterator[Callable[[], Live]]":
    """Opens the chain when it is called: the one that is named, or the project's that the receipt is of.

    Outside of a project, with a `url`, it is the contract that the receipt names: whoever checks so
    compares the printed contract with the one that they trust.
    """
    with ExitStack() as stack:
        yield lambda: stack.enter_context(_opened(chain, url, receipt))


def _opened(chain: str | None, url: str | None, receipt: "Receipt | None") -> "Live":
    from edgeline.anchoring.contract import open_contract
    from edgeline.anchoring.deployment import known_chain
    from edgeline.auditing.chain_session import Live
    from edgeline.errors import EnvironmentUnfit
    from edgeline.workspace import LOCAL, Workspace

    try:
        workspace = Workspace.find()
    except EnvironmentUnfit:
        if url is None or receipt is None:
            raise
        contract = f"contract {receipt.deployment.contract} is the right one"
        return Live(open_contract(url, receipt.deployment), None, trusted=(contract,))
    fitting = (one for one in known_chains() if receipt and one.deployment == receipt.deployment)
    known = next(fitting, None) if chain is None else None
    name = LOCAL if chain is None else chain
    return open_live(workspace, known or known_chain(workspace, name), url)


def known_chains() -> "list[Chain]":
    """The chains of this project, its own first; none outside of one. Files that say nothing are left out."""
    from edgeline.errors import EnvironmentUnfit
    from edgeline.workspace import Workspace

    try:
        workspace = Workspace.find()
    except EnvironmentUnfit:
        return []
    from edgeline.anchoring.deployment import read_chain

    found = []
    for name in workspace.chains():
        with suppress(EnvironmentUnfit):
            found.append(read_chain(workspace.deployment(name)))
    return found


def of_revision(chain: str, revision: str) -> "list[Statement]":
    """The statements at hand about a revision of data; asks nobody."""
    from edgeline.anchoring.outbox import Outbox
    from edgeline.workspace import Workspace

    path = Workspace.find().anchoring(chain) / "outbox.db"
    if not path.is_file():
        return []
    with Outbox(path) as outbox:
        return outbox.revision(revision)


def open_live(workspace: "Workspace", known: "Chain", url: str | None) -> "Live":
    from edgeline.anchoring.contract import open_contract
    from edgeline.auditing.chain_session import Live

    return Live(
        open_contract(url or _address(workspace, known), known.deployment),
        workspace.anchoring(known.name),
        first_block=known.block,
        keep=url is None,
        progress=shown_progress,
    )


def shown_progress(block: int, last: int) -> None:
    """One line on a terminal, written over again and again, and gone in the end."""
    if sys.stderr.isatty():
        line = f"reading events: block {block} of {last}" if block < last else ""
        print(f"\r{line:60}\r", end="", file=sys.stderr, flush=True)


def _address(workspace: "Workspace", known: "Chain") -> str:
    from edgeline.stack import services
    from edgeline.workspace import LOCAL

    own = known.name == LOCAL
    return services.address("ganache", workspace.root) if own else known.url
