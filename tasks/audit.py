"""What is stored against what was anchored: registered versions, released artifacts, revisions of data."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path

from prefect import task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE

from edgeline import revisions
from edgeline.anchoring.subject import Named
from edgeline.auditing import holdings
from edgeline.auditing.chain_session import ChainSession, open_session
from edgeline.auditing.findings import Finding, judge, require_harmless
from edgeline.auditing.holdings import OpenSession
from edgeline.auditing.stored import verify_stored
from edgeline.auditing.verdict import verify
from edgeline.datasets.card import check as check_dataset
from edgeline.datasets.card import load as load_card
from edgeline.stack import services
from edgeline.tracking import registry
from edgeline.workspace import LOCAL, Workspace


@task(name="audit-versions", cache_policy=NO_CACHE)
def audit_versions() -> list[Finding]:
    """Compare the bytes that MLflow stores for each version with its manifest, and the manifest with its chain."""
    workspace = Workspace.find()
    findings = []
    with _sessions(workspace) as sessions:
        for version in registry.versions():
            finding = judge(
                f"{version.name} version {version.number}",
                version.artifact,
                partial(_verify_version, version, sessions),
                is_pending=holdings.is_pending(workspace, _chain_of(version), version.artifact),
                unreadable=registry.Unreadable,
            )
            now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
            registry.tag_version(version, {"audit": finding.verdict, "audit.time": now})
            findings.append(finding)
    return findings


@task(name="audit-artifacts", cache_policy=NO_CACHE)
def audit_artifacts() -> list[Finding]:
    """Hash every file of each released artifact again and ask its chain for it."""
    workspace = Workspace.find()
    registered = {version.artifact: _chain_of(version) for version in registry.versions()}
    with _sessions(workspace) as sessions:
        return [
            judge(
                f"artifact {digest[:16]}",
                digest,
                partial(holdings.verify_artifact, workspace, digest, name, sessions),
                is_pending=holdings.is_pending(workspace, name, digest),
            )
            for digest, name in holdings.released_artifacts(workspace, registered, sessions)
        ]


@task(name="audit-data", cache_policy=NO_CACHE)
def audit_data() -> list[Finding]:
    """Hash the data in the project again, and ask the chains for every revision that was ever anchored."""
    workspace = Workspace.find()
    with _sessions(workspace) as sessions:
        present = [
            # whoever only prepared data has released nothing
            judge(
                f"data {folder.name}",
                load_card(folder).digest,
                partial(_verify_data, workspace, folder, sessions),
                is_pending=True,
            )
            for folder in workspace.datasets()
        ]
        anchored = [
            judge(
                f"data {entry.name} on {name}",
                entry.subject,
                partial(verify, Named("digest", entry.subject), None, partial(sessions, name)),
            )
            for name in holdings.anchored_chains(workspace)
            for entry in holdings.own_entries(sessions(name), "data")
        ]
    return present + anchored


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
    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    create_table_artifact(rows, key="audit", description=f"{len(rows)} audited at {now}")
    require_harmless(findings)


@contextmanager
def _sessions(workspace: Workspace) -> Iterator[OpenSession]:
    """The chains of a project, each opened when it is first asked."""
    with ExitStack() as stack:

        @cache
        def open_by_name(name: str) -> ChainSession:
            url = services.chain_url(name, workspace.root)
            return stack.enter_context(open_session(workspace, name, url))

        yield open_by_name


def _verify_version(version: registry.Version, sessions: OpenSession) -> None:
    model, beside = registry.stored_model(version)
    session = partial(sessions, _chain_of(version))
    verify_stored(model, beside, version.artifact, version.claims, session)


def _verify_data(workspace: Workspace, folder: Path, sessions: OpenSession) -> None:
    """The data as DVC's lock names them, every file as the card says, and the card as anchored."""
    revisions.check(workspace.root, folder.name)
    card = check_dataset(folder)
    verify(Named("dataset", card.digest, folder), None, partial(sessions, LOCAL))


def _chain_of(version: registry.Version) -> str:
    return version.tags.get("chain", LOCAL)
