"""What is stored against what was anchored: registered versions, released artifacts, revisions of data."""

from contextlib import AbstractContextManager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from prefect import task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE

from edgeline import revisions
from edgeline.anchoring.subject import Named
from edgeline.auditing import holdings
from edgeline.auditing.findings import Finding, judge, require_harmless
from edgeline.auditing.holdings import OpenSession
from edgeline.auditing.registered import audit_releases
from edgeline.auditing.stored import verify_stored
from edgeline.auditing.verdict import verify
from edgeline.datasets import card
from edgeline.digest import sha256_file
from edgeline.errors import ServiceUnavailable
from edgeline.stack import services
from edgeline.stack.outside import require_given
from edgeline.tracking import registry
from edgeline.workspace import LOCAL, Workspace


@task(name="audit-chains", cache_policy=NO_CACHE)
def audit_chains() -> list[Finding]:
    """Ask every chain on which something was anchored for its newest events."""
    workspace = Workspace.find()
    with _open(workspace) as sessions:
        return [
            # what waits for a chain that nobody could reach yet is pending
            judge(f"chain {name}", "", partial(holdings.ask_chain, name, sessions), is_pending=True)
            for name in holdings.anchored_chains(workspace)
        ]


@task(name="audit-versions", cache_policy=NO_CACHE)
def audit_versions() -> list[Finding]:
    """Compare what MLflow stores for each version with its manifest, and the manifest with its chain.

    What was released must be there, and each candidate what was released last. Where MLflow is away, that is a
    finding, beside what was found until then.
    """
    findings: list[Finding] = []
    return [judge("MLflow", "", partial(_audit_versions, Workspace.find(), findings)), *findings]


def _audit_versions(workspace: Workspace, findings: list[Finding]) -> None:
    with registry.answering(), _open(workspace) as sessions:
        require_given(["mlflow"])
        versions = registry.versions()
        for version in versions:
            finding = judge(
                str(version),
                version.artifact,
                partial(_verify_version, version, sessions),
                is_pending=holdings.is_pending(workspace, version.chain, version.artifact),
                unreadable=(registry.Unreadable,),
            )
            require_given(["mlflow"])
            now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
            registry.tag_version(version, {"audit": finding.verdict, "audit.time": now})
            findings.append(finding)
        findings += audit_releases(workspace, versions, registry.candidate, sessions)


@task(name="audit-artifacts", cache_policy=NO_CACHE)
def audit_artifacts() -> list[Finding]:
    """Hash every file of each released artifact again and ask its chain for it."""
    workspace, registered = Workspace.find(), {}
    # where it is away, `audit_versions` has said so
    with suppress(ServiceUnavailable), registry.answering():
        require_given(["mlflow"])
        registered = {version.artifact: version.chain for version in registry.versions()}
    with _open(workspace) as sessions:
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
    with _open(workspace) as sessions:
        present = [
            # whoever only prepared data has released nothing
            judge(
                f"data {folder.name}",
                sha256_file(folder / card.CARD),
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
            for name in holdings.reachable_chains(workspace, sessions)
            for entry in holdings.own_entries(sessions(name), "data")
        ]
    return present + anchored


@task(name="audit-report", cache_policy=NO_CACHE)
def publish(findings: list[Finding]) -> None:
    """Show the findings as a table in Prefect, and fail when anything is not what was anchored, or is not valid.

    Raises:
        Tampered, Revoked, EnvironmentUnfit: as `require_harmless`.
    """
    rows = [asdict(one) for one in findings]
    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    create_table_artifact(rows, key="audit", description=f"{len(rows)} audited at {now}")
    require_harmless(findings)


def _open(workspace: Workspace) -> AbstractContextManager[OpenSession]:
    return holdings.open_sessions(workspace, partial(services.chain_url, root=workspace.root))


def _verify_version(version: registry.Version, sessions: OpenSession) -> None:
    verify_stored(*registry.stored_model(version), version, partial(sessions, version.chain))


def _verify_data(workspace: Workspace, folder: Path, sessions: OpenSession) -> None:
    """The data as DVC's lock names them, every file as the card says, and the card as anchored."""
    revisions.check(workspace.root, folder.name)
    digest = card.check(folder).digest
    verify(Named("dataset", digest, folder), None, partial(sessions, LOCAL))
