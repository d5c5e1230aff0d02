"""What a project holds that was released or anchored: on which chains, and which artifacts."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache

from edgeline.anchoring.deployment import chain_of
from edgeline.anchoring.outbox import OUTBOX
from edgeline.anchoring.session import open_outbox
from edgeline.auditing.answers import Entry
from edgeline.auditing.chain_session import ChainSession, open_session
from edgeline.auditing.verdict import verify_folder
from edgeline.provenance.receipt import RECEIPT_NAME, read_receipt
from edgeline.workspace import Workspace

OpenSession = Callable[[str], ChainSession]
"""The chain of this name."""


@contextmanager
def open_sessions(workspace: Workspace, local_url: Callable[[str], str]) -> Iterator[OpenSession]:
    """The chains of a project, each opened when it is first asked for and closed at the end.

    `local_url` gives the address of the project's own chain, by its name, and an empty one for others.
    """
    with ExitStack() as stack:

        @cache
        def open_by_name(name: str) -> ChainSession:
            return stack.enter_context(open_session(workspace, name, local_url(name)))

        yield open_by_name


def anchored_chains(workspace: Workspace) -> list[str]:
    """Names of the chains on which something of this project was anchored."""
    names = workspace.chains()
    return [name for name in names if (workspace.anchoring(name) / OUTBOX).is_file()]


def released_artifacts(
    workspace: Workspace, registered: Mapping[str, str], open_session: OpenSession
) -> list[tuple[str, str]]:
    """Digest and chain of each artifact that was released: a registry, a chain or a receipt names it.

    `registered` holds the chain of each artifact that a registry names.
    """
    released = dict(registered)
    for name in anchored_chains(workspace):
        session = open_session(name)
        for entry in own_entries(session, "artifact"):
            released.setdefault(entry.subject, name)
        audit = session.audit()
        for folder in workspace.artifacts.glob("[0-9a-f]*"):
            if (folder / RECEIPT_NAME).is_file() or audit.about(folder.name):
                released.setdefault(folder.name, name)
    return sorted((digest, name) for digest, name in released.items() if digest)


def own_entries(session: ChainSession, kind: str) -> list[Entry]:
    """Entries of a kind that this project stated: others may use the same contract."""
    entries = session.audit().log()
    return [one for one in entries if one.kind == kind and session.archive.statement(one.statement)]


def is_pending(workspace: Workspace, chain: str, digest: str) -> bool:
    """Whether a statement about this digest is still to be anchored."""
    with open_outbox(workspace, chain) as outbox:
        entries = [outbox.entry(statement.digest) for statement in outbox.about(digest)]
    return any(entry is not None and entry.state in ("pending", "sent") for entry in entries)


def verify_artifact(
    workspace: Workspace, digest: str, chain: str, open_session: OpenSession
) -> None:
    """Verify a released artifact on the chain that its receipt is of, else on `chain`.

    Raises:
        Tampered, NotAnchored, Revoked: as `verify_folder`.
    """
    folder = workspace.artifacts / digest
    receipt = read_receipt(folder / RECEIPT_NAME)
    name = chain_of(workspace, receipt) or chain
    verify_folder(folder, lambda: open_session(name))
