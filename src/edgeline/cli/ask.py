"""How commands that only ask come to a thing and to a chain: they start nothing and deploy nothing.

Checking offline needs the default installation alone: what loads web3 or psutil is imported where a chain is asked.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from edgeline.anchoring import subject
from edgeline.anchoring.deployment import chain_of
from edgeline.anchoring.outbox import OUTBOX, Outbox
from edgeline.anchoring.subject import Named
from edgeline.datasets import card
from edgeline.errors import EnvironmentUnfit
from edgeline.provenance.receipt import Receipt
from edgeline.provenance.statement import Statement
from edgeline.workspace import LOCAL, Workspace

if TYPE_CHECKING:
    from edgeline.auditing.audit import Audit
    from edgeline.auditing.chain_session import ChainSession


@contextmanager
def open_audit(chain: str, url: str | None) -> "Iterator[Audit]":
    """The questions to a chain of this project, its newest events read."""
    with open_session(Workspace.find(), chain, url) as session:
        yield session.audit()


def open_session(workspace: Workspace, chain: str, url: str | None) -> "ChainSession":
    """A chain of this project; see `chain_session.open_session`."""
    from edgeline.auditing import chain_session
    from edgeline.stack import services

    own = "" if url else services.chain_url(chain, workspace.root)
    return chain_session.open_session(workspace, chain, own, url=url, progress=show_progress)


@contextmanager
def deferred_session(
    chain: str | None, url: str | None, receipt: Receipt | None
) -> "Iterator[Callable[[], ChainSession]]":
    """Opens the chain when it is called: the one that is named, or the project's that the receipt is of.

    Outside of a project, with a `url`, it is the contract that the receipt names: whoever checks so
    compares the printed contract with the one that they trust.
    """
    with ExitStack() as stack:
        yield lambda: stack.enter_context(_session_for(chain, url, receipt))


def _session_for(chain: str | None, url: str | None, receipt: Receipt | None) -> "ChainSession":
    try:
        workspace = Workspace.find()
    except EnvironmentUnfit:
        if url is None or receipt is None:
            raise
        from edgeline.anchoring.contract import open_contract
        from edgeline.auditing.chain_session import ChainSession

        trusted = f"contract {receipt.deployment.contract} is the right one"
        return ChainSession(open_contract(url, receipt.deployment), trusted=(trusted,))
    return open_session(workspace, chain or chain_of(workspace, receipt) or LOCAL, url)


def find_thing(text: str, chain: str) -> Named:
    """What a person names; whatever is on disk is hashed and checked. Asks nobody."""

    def of_revision(revision: str) -> list[Statement]:
        path = Workspace.find().anchoring(chain) / OUTBOX
        if not path.is_file():
            return []
        with Outbox(path) as outbox:
            return outbox.revision(revision)

    return subject.name(text, of_revision, card.check)


def show_progress(block: int, last: int) -> None:
    """One line on a terminal, written over again and again, and gone in the end."""
    if sys.stderr.isatty():
        line = f"reading events: block {block} of {last}" if block < last else ""
        print(f"\r{line:60}\r", end="", file=sys.stderr, flush=True)
