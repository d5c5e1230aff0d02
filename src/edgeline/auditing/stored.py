"""What a model registry keeps of a version, compared with the artifact that it was registered from.

The registry keeps `model.onnx`, and beside it the artifact's manifest and, if it was there, its receipt.
Whoever can write to its store can exchange any of them, and the tags too; but not what was anchored.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from edgeline.anchoring.subject import Named
from edgeline.artifact import read_manifest
from edgeline.auditing.chain_session import ChainSession
from edgeline.auditing.releases import AGAIN, STORED, require_release
from edgeline.auditing.verdict import Verdict, verify
from edgeline.digest import sha256_file
from edgeline.errors import RecipeError, Tampered
from edgeline.manifest import MANIFEST
from edgeline.provenance.receipt import Receipt, read_receipt, receipt_path


class StoredVersion(Protocol):
    """A version of a registry, and what it says of itself; none of it is believed."""

    @property
    def name(self) -> str: ...
    @property
    def number(self) -> str: ...
    @property
    def artifact(self) -> str:
        """Digest of the artifact that it was registered from."""

    @property
    def claims(self) -> Mapping[str, str]:
        """What the statement of its release must say too."""


def verify_stored(
    model: Path,
    beside: Path,
    files: str,
    version: StoredVersion,
    open_session: Callable[[], ChainSession],
) -> Verdict:
    """The stored model is the one in the stored manifest, which was released by this name and number, and holds.

    `files` is the digest of all that is stored. That and what the version says of itself is compared with the
    last release by its name and number: so a version that was exchanged for another one is found out, with
    all its files and tags.

    Raises:
        Tampered: stored bytes, manifest, claims or chain disagree.
        NotAnchored: the chain does not know the manifest, or no release of that version.
        Revoked: it must not be used any more.
    """
    artifact = version.artifact
    try:
        manifest = read_manifest(beside, artifact)
    except (Tampered, RecipeError) as error:
        raise _disagreement(MANIFEST, error.expected, error.found) from None
    if manifest.recipe != version.name:
        raise _disagreement(MANIFEST, f"an artifact of {version.name}", manifest.recipe)
    sealed = manifest.files[manifest.model.file].sha256
    stored = sha256_file(model) if model.is_file() else "none"
    if stored != sealed:
        raise _disagreement(model.name, f"SHA-256 {sealed}", stored)
    session = open_session()
    thing = Named("version", artifact, beside, manifest)
    verdict = verify(thing, _present_receipt(beside, session), lambda: session)
    claims = {**version.claims, STORED: files}
    require_release(session, thing, version.name, version.number, claims)
    return verdict


def _present_receipt(beside: Path, session: ChainSession) -> Receipt | None:
    """The receipt that was kept, if it is of the contract that is asked now.

    What the registry keeps is never changed. So a receipt of a chain that was reset since stays there: it is set
    aside, and the chain is asked without it.
    """
    receipt = read_receipt(receipt_path(beside))
    return receipt if receipt and receipt.deployment == session.contract.deployment else None


def _disagreement(what: str, expected: str, found: str) -> Tampered:
    return Tampered(
        expected=f"{what} in the model registry: {expected}",
        found=found,
        remedy=AGAIN,
    )
