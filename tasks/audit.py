"""What is stored against what was anchored: registered versions, released artifacts, revisions of data."""

from contextlib import AbstractContextManager
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
from edgeline.auditing.findings import MISSING, Finding, judge, require_harmless
from edgeline.auditing.holdings import OpenSession
from edgeline.auditing.releases import find_releases, lost, newest_by_version, require_candidate
from edgeline.auditing.stored import verify_stored
from edgeline.auditing.verdict import verify
from edgeline.datasets import card
from edgeline.digest import sha256_file
from edgeline.stack import services
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

    What was released must be there, and each candidate what was released last.
    """
    workspace = Workspace.find()
    versions = registry.versions()
    findings = []
    with _open(workspace) as sessions:
        for version in versions:
            finding = judge(
                str(version),
                version.artifact,
                partial(_verify_version, version, sessions),
                is_pending=holdings.is_pending(workspace, version.chain, version.artifact),
                unreadable=(registry.Unreadable,),
            )
            now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
            registry.tag_version(version, {"audit": finding.verdict, "audit.time": now})
            findings.append(finding)
        return findings + _audit_registry(workspace, versions, sessions)


def _audit_registry(
    workspace: Workspace, versions: list[registry.Version], sessions: OpenSession
) -> list[Finding]:
    """Released versions that were deleted, and candidates that were moved by hand."""
    chains = holdings.reachable_chains(workspace, sessions)
    released = [one for name in chains for one in find_releases(sessions(name))]
    released.sort(key=lambda one: one.entry.time, reverse=True)
    complete = chains == holdings.anchored_chains(workspace)
    registered = {(one.name, one.number) for one in versions}
    missing = [
        Finding(str(one), one.artifact, MISSING, str(lost(one)))
        for key, one in sorted(newest_by_version(released).items())
        if one.is_valid and key not in registered
    ]
    candidates = []
    for name in sorted({name for name, _ in registered} | {one.name for one in released}):
        version = registry.candidate(name)
        number, digest = (version.number, version.artifact) if version else ("", "")
        if version is None or not holdings.is_pending(workspace, version.chain, digest):
            check = partial(require_candidate, name, number, released, complete)
            candidates.append(judge(f"candidate of {name}", digest, check))
    return missing + candidates


@task(name="audit-artifacts", cache_policy=NO_CACHE)
def audit_artifacts() -> list[Finding]:
    """Hash every file of each released artifact again and ask its chain for it."""
    workspace = Workspace.find()
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
