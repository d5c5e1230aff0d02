"""What is stored against what was anchored: every registered version and every released artifact."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from prefect import task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE

from edgeline.anchoring.registry import Registry
from edgeline.anchoring.verdict import verify_folder
from edgeline.digest import sha256_bytes, sha256_file
from edgeline.errors import NotAnchored, Tampered
from edgeline.manifest import MANIFEST, Manifest
from edgeline.receipt import RECEIPT_NAME
from edgeline.workspace import Workspace
from tasks.anchor import contract
from tasks.tracking import registry
from tasks.tracking.registry import Unreadable

OK, TAMPERED, UNREADABLE = "ok", "tampered", "unreadable"


@dataclass(frozen=True)
class Finding:
    """One thing that was audited."""

    what: str
    digest: str
    verdict: str
    """ok, tampered (what was released and is not on the chain included), or unreadable."""
    detail: str


@task(name="audit-versions", cache_policy=NO_CACHE)
def audit_versions() -> list[Finding]:
    """Compare the bytes that MLflow stores for each version with its manifest, and the manifest with the chain."""
    chain = contract(Workspace.find())
    findings = []
    for version in registry.versions():
        finding = _judged(
            f"{version.name} version {version.number}",
            version.artifact,
            partial(_check, version, chain),
        )
        registry.tag_version(
            version,
            {"audit": finding.verdict, "audit.time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"},
        )
        findings.append(finding)
    return findings


@task(name="audit-artifacts", cache_policy=NO_CACHE)
def audit_artifacts() -> list[Finding]:
    """Hash every file of each released artifact again and ask the chain for it."""
    workspace = Workspace.find()
    chain = contract(workspace)
    return [
        _judged(
            f"artifact {folder.name[:16]}",
            folder.name,
            partial(verify_folder, folder, lambda: chain),
        )
        for folder in _released(workspace, chain)
    ]


@task(name="audit-report", cache_policy=NO_CACHE)
def publish(findings: list[Finding]) -> None:
    """Show the findings as a table in Prefect, and fail when anything is not what was anchored.

    Raises:
        Tampered: something is; the message names the first.
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
    bad = [one for one in findings if one.verdict != OK]
    if bad:
        raise Tampered(
            expected="everything that is stored as it was anchored",
            found=f"{len(bad)} of {len(findings)} otherwise: {bad[0].what} is {bad[0].verdict} ({bad[0].detail})",
            remedy="do not use it; restore the stored bytes from an intact copy of the artifact",
        )


def _judged(what: str, digest: str, check: Callable[[], object]) -> Finding:
    """What a check finds; only what concerns the thing itself is a finding, a chain that is down is an error."""
    try:
        check()
    # only what was anchored is ever released: what the chain does not know was put in its place
    except (Tampered, NotAnchored) as error:
        return Finding(what, digest, TAMPERED, str(error))
    except Unreadable as error:
        return Finding(what, digest, UNREADABLE, str(error))
    return Finding(what, digest, OK, "as anchored")


def _check(version: registry.Version, chain: Registry) -> None:
    """The stored model must be the one in the stored manifest, whose digest must be on the chain.

    Raises:
        Tampered: stored bytes, manifest, tag or chain disagree.
        NotAnchored: the chain does not know the manifest.
    """
    model, beside = registry.stored_model(version)
    path = beside / MANIFEST
    content = path.read_bytes() if path.is_file() else b""
    if sha256_bytes(content) != version.artifact:
        raise _disagreement(path, f"SHA-256 {version.artifact}", sha256_bytes(content))
    try:
        manifest = Manifest.from_json(json.loads(content))
        listed = manifest.files["model.onnx"].sha256
    except (ValueError, KeyError, RecursionError):
        raise _disagreement(path, "a manifest that lists model.onnx", "something else") from None
    if manifest.recipe != version.name:
        raise _disagreement(path, f"an artifact of {version.name}", manifest.recipe)
    if (found := sha256_file(model)) != listed:
        raise _disagreement(model, f"SHA-256 {listed}", found)
    chain.verify(version.artifact, None)


def _disagreement(path: Path, expected: str, found: str) -> Tampered:
    return Tampered(
        expected=f"{path.name} in MLflow: {expected}",
        found=found,
        remedy="register the model again from an intact artifact",
    )


def _released(workspace: Workspace, chain: Registry) -> Iterator[Path]:
    """Artifacts that were released: those that the registry, the chain or a receipt speaks of, there or not."""
    registered = {version.artifact for version in registry.versions()}
    known = {
        folder.name
        for folder in workspace.artifacts.glob("[0-9a-f]*")
        if (folder / RECEIPT_NAME).is_file() or chain.receipt_of(folder.name)
    }
    yield from (workspace.artifacts / digest for digest in sorted(registered | known) if digest)
