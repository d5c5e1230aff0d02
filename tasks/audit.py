"""What is stored against what was anchored: registered versions, released artifacts, revisions of data."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from prefect import task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE

from edgeline import revisions
from edgeline.anchoring.deployment import known_chain
from edgeline.anchoring.session import open_outbox
from edgeline.anchoring.subject import Named
from edgeline.auditing.answers import Entry
from edgeline.auditing.chain_session import ChainSession, open_session
from edgeline.auditing.stored import verify_stored
from edgeline.auditing.verdict import verify, verify_folder
from edgeline.datasets.card import check as check_dataset
from edgeline.datasets.card import load as card_of
from edgeline.errors import EdgelineError, NotAnchored, Revoked, Tampered
from edgeline.provenance.receipt import RECEIPT_NAME, read_receipt
from edgeline.tracking import registry
from edgeline.tracking.registry import Unreadable
from edgeline.workspace import LOCAL, Workspace
from tasks.run import local_chain_url

OK, TAMPERED, REVOKED, PENDING, UNREADABLE = "ok", "tampered", "revoked", "pending", "unreadable"
HARMLESS = {OK, PENDING}


@dataclass(frozen=True)
class Finding:
    """One thing that was audited."""

    what: str
    digest: str
    verdict: str
    """ok; tampered (what was released and is not on the chain included); revoked (or its key compromised); pending
    (waits to be anchored); unreadable."""
    detail: str


class Chains:
    """The chains that a project's models are anchored on, each opened when it is first asked."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace, self._stack = workspace, ExitStack()
        self._open: dict[str, ChainSession] = {}

    def __enter__(self) -> "Chains":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def __call__(self, name: str) -> ChainSession:
        if name not in self._open:
            url = local_chain_url(self._workspace, name)
            session = open_session(self._workspace, name, url)
            self._open[name] = self._stack.enter_context(session)
        return self._open[name]


@task(name="audit-versions", cache_policy=NO_CACHE)
def audit_versions() -> list[Finding]:
    """Compare the bytes that MLflow stores for each version with its manifest, and the manifest with its chain."""
    workspace = Workspace.find()
    findings = []
    with Chains(workspace) as chains:
        for version in registry.versions():
            what = f"{version.name} version {version.number}"
            check = partial(_check_version, version, chains)
            waits = _waits(workspace, _chain_of(version), version.artifact)
            finding = _judged(what, version.artifact, check, waits)
            now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
            registry.tag_version(version, {"audit": finding.verdict, "audit.time": now})
            findings.append(finding)
    return findings


@task(name="audit-artifacts", cache_policy=NO_CACHE)
def audit_artifacts() -> list[Finding]:
    """Hash every file of each released artifact again and ask its chain for it."""
    workspace = Workspace.find()
    with Chains(workspace) as chains:
        return [
            _judged(
                f"artifact {digest[:16]}",
                digest,
                partial(_check_artifact, workspace, chains, digest, name),
                _waits(workspace, name, digest),
            )
            for digest, name in _released(workspace, chains)
        ]


@task(name="audit-data", cache_policy=NO_CACHE)
def audit_data() -> list[Finding]:
    """Hash the data that lie here again, and ask the chains for every revision that was ever anchored."""
    workspace = Workspace.find()
    with Chains(workspace) as chains:
        here = [
            _judged(
                f"data {folder.name}",
                card_of(folder).digest,
                partial(_check_here, workspace, folder, partial(chains, LOCAL)),
                # whoever only prepared data has released nothing
                waits=True,
            )
            for folder in workspace.datasets()
        ]
        before = [
            _judged(
                f"data {entry.name} on {name}",
                entry.subject,
                partial(verify, Named("digest", entry.subject), None, partial(chains, name)),
            )
            for name in _chains(workspace)
            for entry in _ours(chains(name), "data")
        ]
    return here + before


@task(name="audit-report", cache_policy=NO_CACHE)
def publish(findings: list[Finding]) -> None:
    """Show the findings as a table in Prefect, and fail when anything is not what was anchored, or is not valid.

    Raises:
        Tampered: something is not what was anchored; the message names the first.
        Revoked: everything is, and something was revoked.
    """
    rows = [
        {"what": one.what, "verdict": one.verdict, "detail": one.detail, "digest": one.digest}
        for one in findings
    ]
    create_table_artifact(
        rows,
        key="audit",
        description=f"{len(rows)} audited at {datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
    )
    bad = [one for one in findings if one.verdict not in HARMLESS]
    if not bad:
        return
    bad.sort(key=lambda one: one.verdict == REVOKED)
    error: type[EdgelineError] = Revoked if bad[0].verdict == REVOKED else Tampered
    raise error(
        expected="everything that is stored as it was anchored, and nothing revoked",
        found=f"{len(bad)} of {len(findings)} otherwise: {bad[0].what} is {bad[0].verdict} ({bad[0].detail})",
        remedy="do not use it; restore stored bytes from an intact copy, replace what was revoked",
    )


def _judged(what: str, digest: str, check: Callable[[], object], waits: bool = False) -> Finding:
    """What a check finds; only what concerns the thing itself is a finding, a chain that is down is an error."""
    try:
        check()
    except Revoked as error:
        return Finding(what, digest, REVOKED, str(error))
    except NotAnchored as error:
        # only what was anchored, or waits for it, is ever released: anything else was put in its place
        return Finding(what, digest, PENDING if waits else TAMPERED, str(error))
    except Tampered as error:
        return Finding(what, digest, TAMPERED, str(error))
    except Unreadable as error:
        return Finding(what, digest, UNREADABLE, str(error))
    return Finding(what, digest, OK, "as anchored")


def _check_version(version: registry.Version, chains: Chains) -> None:
    model, beside = registry.stored_model(version)
    open_session = partial(chains, _chain_of(version))
    verify_stored(model, beside, version.artifact, version.claims, open_session)


def _check_artifact(workspace: Workspace, chains: Chains, digest: str, name: str) -> None:
    """Anchored on several chains, an artifact is held against the one that its receipt is of."""
    folder = workspace.artifacts / digest
    claimed = read_receipt(folder / RECEIPT_NAME)
    places = {one: known_chain(workspace, one).deployment for one in workspace.chains()}
    named = [one for one, place in places.items() if claimed and place == claimed.deployment]
    verify_folder(folder, partial(chains, next(iter(named), name)))


def _check_here(
    workspace: Workspace, folder: Path, open_session: Callable[[], ChainSession]
) -> None:
    """The data as DVC's lock names them, every file as the card says, and the card as anchored."""
    revisions.check(workspace.root, folder.name)
    card = check_dataset(folder)
    verify(Named("dataset", card.digest, folder), None, open_session)


def _waits(workspace: Workspace, name: str, digest: str) -> bool:
    """Whether a statement about this digest is in the outbox and was not sent yet."""
    with open_outbox(workspace, name) as outbox:
        rows = [outbox.entry(statement.digest) for statement in outbox.about(digest)]
    return any(row is not None and row.state in ("pending", "sent") for row in rows)


def _chain_of(version: registry.Version) -> str:
    return version.tags.get("chain", LOCAL)


def _chains(workspace: Workspace) -> list[str]:
    """Names of the chains on which something of this project was anchored."""
    known = workspace.chains()
    return [name for name in known if (workspace.anchoring(name) / "outbox.db").is_file()]


def _released(workspace: Workspace, chains: Chains) -> list[tuple[str, str]]:
    """Artifacts that were released, and their chains: those that the registry, a chain or a receipt speaks of."""
    released = {version.artifact: _chain_of(version) for version in registry.versions()}
    for name in _chains(workspace):
        session = chains(name)
        for entry in _ours(session, "artifact"):
            released.setdefault(entry.subject, name)
        for folder in workspace.artifacts.glob("[0-9a-f]*"):
            if (folder / RECEIPT_NAME).is_file() or session.audit().about(folder.name):
                released.setdefault(folder.name, name)
    return sorted((digest, name) for digest, name in released.items() if digest)


def _ours(session: ChainSession, kind: str) -> list[Entry]:
    """What the chain knows of a kind, as far as this project stated it: others may use the same contract."""
    entries = session.audit().log()
    return [one for one in entries if one.kind == kind and session.archive.statement(one.statement)]
