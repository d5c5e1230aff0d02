"""What a project holds that was released or anchored: on which chains, and which artifacts."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import cache

from edgeline.anchoring.deployment import chain_of
from edgeline.anchoring.outbox import OUTBOX
from edgeline.anchoring.session import open_outbox
from edgeline.auditing.answers import Entry
from edgeline.auditing.chain_session import ChainSession, open_session
from edgeline.auditing.verdict import verify_folder
from edgeline.errors import EdgelineError
from edgeline.provenance.receipt import RECEIPT_NAME, read_receipt
from edgeline.provenance.statement import is_digest
from edgeline.workspace import LOCAL, Workspace

OpenSession = Callable[[str], ChainSession]
"""The chain of this name."""


@contextmanager
def open_sessions(workspace: Workspace, local_url: Callable[[str], str]) -> Iterator[OpenSession]:
    """The chains of a project, each opened when it is first asked for and closed at the end.

    One that does not answer is not asked again: whoever asks for it gets the same error. `local_url` gives
    the address of the project's own chain, by its name, and an empty one for others.
    """
    with ExitStack() as stack:

        @cache
        def try_by_name(name: str) -> ChainSession | EdgelineError:
            try:
                return stack.enter_context(open_session(workspace, name, local_url(name)))
            except EdgelineError as error:
                return error

        def open_by_name(name: str) -> ChainSession:
            found = try_by_name(name)
            if isinstance(found, EdgelineError):
                raise found
            return found

        yield open_by_name


def anchored_chains(workspace: Workspace) -> list[str]:
    """Names of the chains on which something of this project was anchored, or is to be; also of one that was reset."""
    names = dict.fromkeys((LOCAL, *workspace.chains()))
    return [name for name in names if (workspace.anchoring(name) / OUTBOX).is_file()]


def reachable_chains(workspace: Workspace, open_session: OpenSession) -> list[str]:
    """Those of them that answer; of the others, `ask_chain` says why not."""
    names = []
    for name in anchored_chains(workspace):
        with suppress(EdgelineError):
            ask_chain(name, open_session)
            names.append(name)
    return names


def ask_chain(name: str, open_session: OpenSession) -> None:
    """Read the newest events of a chain.

    Raises:
        EnvironmentUnfit: it does not answer, or holds another contract.
        Tampered: its node says what the contract cannot have said.
    """
    open_session(name).audit()


def released_artifacts(
    workspace: Workspace, registered: Mapping[str, str], open_session: OpenSession
) -> list[tuple[str, str]]:
    """Digest and chain of each artifact that was released: a registry, a chain or a receipt names it.

    `registered` holds the chain of each artifact that a registry names; where a chain that answers knows better,
    that one counts. A tag that is no digest names no artifact; the version is found out for it.
    """
    folders = [*workspace.artifacts.glob("[0-9a-f]*")]
    received = [folder.name for folder in folders if (folder / RECEIPT_NAME).is_file()]
    tagged = {digest: name for digest, name in registered.items() if is_digest(digest)}
    released = {**dict.fromkeys(received, LOCAL), **tagged}
    for name in reachable_chains(workspace, open_session)[::-1]:
        session = open_session(name)
        own = [entry.subject for entry in own_entries(session, "artifact")]
        audit = session.audit()
        digests = [folder.name for folder in folders if is_digest(folder.name)]
        known = [digest for digest in digests if audit.about(digest)]
        released |= dict.fromkeys((*own, *known), name)
    return sorted(released.items())


def own_entries(session: ChainSession, kind: str) -> list[Entry]:
    """Entries of a kind that this project stated: others may use the same contract."""
    entries = session.audit().log()
    return [one for one in entries if one.kind == kind and session.archive.statement(one.statement)]


def is_pending(workspace: Workspace, chain: str, digest: str) -> bool:
    """Whether a statement about this digest is still to be anchored; never, where there is no such chain."""
    known = chain in (LOCAL, *workspace.chains())
    if not (known and (workspace.anchoring(chain) / OUTBOX).is_file()):
        return False
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
