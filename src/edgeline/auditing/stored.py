"""What a model registry keeps of a version, compared with the artifact that it was registered from.

The registry keeps `model.onnx`, and beside it the artifact's manifest and, if it was there, its receipt.
Whoever can write to its store can exchange any of them, and the tags too; but not what was anchored.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from edgeline.anchoring.interface import VALID
from edgeline.anchoring.subject import Named
from edgeline.artifact import read_manifest
from edgeline.auditing.chain_session import ChainSession
from edgeline.auditing.verdict import Verdict, verify
from edgeline.auditing.withdrawal import WITHDRAWN, revoked
from edgeline.digest import sha256_file
from edgeline.errors import RecipeError, Tampered
from edgeline.manifest import MANIFEST
from edgeline.provenance.receipt import read_receipt, receipt_path


def verify_stored(
    model: Path,
    beside: Path,
    artifact: str,
    claims: Mapping[str, str],
    open_session: Callable[[], ChainSession],
) -> Verdict:
    """The stored model is the one in the stored manifest, whose digest is anchored and valid.

    `artifact` and `claims` are what the version says of itself: the digest of its artifact, the `recipe`
    by whose name it is registered, and what else the statement of its release says, if one is at hand.
    So a version whose files and digest were exchanged for those of another is noticed by its other tags.

    Raises:
        Tampered: stored bytes, manifest, claims or chain disagree.
        NotAnchored: the chain does not know the manifest.
        Revoked: it must not be used any more.
    """
    try:
        manifest = read_manifest(beside, artifact)
    except (Tampered, RecipeError) as error:
        raise _disagreement(MANIFEST, error.expected, error.found) from None
    if manifest.recipe != claims.get("recipe"):
        raise _disagreement(MANIFEST, f"an artifact of {claims.get('recipe')}", manifest.recipe)
    sealed = manifest.files[manifest.model.file].sha256
    stored = sha256_file(model) if model.is_file() else "none"
    if stored != sealed:
        raise _disagreement(model.name, f"SHA-256 {sealed}", stored)
    session = open_session()
    thing = Named("version", artifact, beside, manifest)
    verdict = verify(thing, read_receipt(receipt_path(beside)), lambda: session)
    _require_release(session, verdict, claims)
    return verdict


def _require_release(session: ChainSession, verdict: Verdict, claims: Mapping[str, str]) -> None:
    """A release of this very artifact says what the version claims, and still holds."""
    archive, statement = session.archive, verdict.history[-1].statement
    children = map(archive.statement, archive.children(statement))
    releases = [one for one in children if one and one.kind == "release"]
    if not releases:
        return
    fitting = [one for one in releases if all(one.about.get(k) == v for k, v in claims.items())]
    if not fitting:
        stated = {key: releases[-1].about.get(key) for key in claims}
        raise _disagreement(
            "its tags", f"those of the artifact's release, {stated}", str({**claims})
        )
    statuses = session.contract.statuses([one.digest for one in fitting])
    if WITHDRAWN.keys() & {*statuses} and VALID not in statuses:
        digest = fitting[-1].digest
        raise revoked(verdict.thing, session.audit().of([digest])[digest], "its release")


def _disagreement(what: str, expected: str, found: str) -> Tampered:
    return Tampered(
        expected=f"{what} in the model registry: {expected}",
        found=found,
        remedy="register the model again from an intact artifact",
    )
