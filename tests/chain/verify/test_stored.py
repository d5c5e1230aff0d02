"""What a model registry keeps, against the artifact that it was registered from."""

import shutil
from pathlib import Path

import pytest

from edgeline.artifact import Artifact
from edgeline.auditing.stored import verify_stored
from edgeline.auditing.verdict import Verdict
from edgeline.digest import sha256_file
from edgeline.errors import (
    EdgelineError,
    Revoked,
    Tampered,
)
from edgeline.provenance.receipt import Receipt
from edgeline.provenance.statement import Statement
from tests.chain.company import Company
from tests.chain.verify.conftest import NO_DETAIL, no_chain


@pytest.fixture
def stored(artifact: Artifact, receipt: Receipt, tmp_path: Path) -> tuple[Path, Path]:
    """What a registry keeps of a version: the model, and beside it manifest and receipt."""
    beside = tmp_path / "version" / "extra_files"
    beside.mkdir(parents=True)
    for kept in ("manifest.json", "receipt.json"):
        shutil.copy(artifact.folder / kept, beside)
    model = shutil.copy(artifact.model_path, tmp_path / "version" / "model.onnx")
    return Path(model), beside


def kept(company: Company, stored: tuple[Path, Path], artifact: Artifact, **claims: str) -> Verdict:
    with company.session() as session:
        claimed = {"recipe": "tiny", **claims}
        return verify_stored(*stored, artifact.digest, claimed, lambda: session)


def test_a_stored_version_is_its_artifact(
    stored: tuple[Path, Path], artifact: Artifact, company: Company
) -> None:
    assert kept(company, stored, artifact).thing.what == "version"
    (stored[1] / "receipt.json").unlink()
    assert not kept(company, stored, artifact).has_receipt


@pytest.mark.parametrize("name", ["model.onnx", "manifest.json"])
def test_exchanged_bytes_in_the_registry_are_found_without_chain(
    stored: tuple[Path, Path], artifact: Artifact, name: str
) -> None:
    path = stored[0] if name == "model.onnx" else stored[1] / name
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(Tampered, match=name):
        verify_stored(*stored, artifact.digest, {"recipe": "tiny"}, no_chain)
    path.unlink()
    with pytest.raises(EdgelineError, match=name):
        verify_stored(*stored, artifact.digest, {"recipe": "tiny"}, no_chain)


def test_a_manifest_that_is_none_is_found(stored: tuple[Path, Path]) -> None:
    (stored[1] / "manifest.json").write_bytes(b"[" * 10**5)
    digest = sha256_file(stored[1] / "manifest.json")
    with pytest.raises(Tampered, match="a manifest of schema"):
        verify_stored(*stored, digest, {"recipe": "tiny"}, no_chain)


def test_a_version_of_another_recipe_is_found(
    stored: tuple[Path, Path], artifact: Artifact
) -> None:
    with pytest.raises(Tampered, match="an artifact of other"):
        verify_stored(*stored, artifact.digest, {"recipe": "other"}, no_chain)


def test_a_version_exchanged_for_an_older_one_is_found_by_its_tags(
    stored: tuple[Path, Path], artifact: Artifact, receipt: Receipt, company: Company
) -> None:
    about = {"recipe": "tiny", "validation": "0.9100"}
    subject = receipt.statement.subjects[:1]
    release = Statement(subject, "release", (receipt.statement.digest,), about)
    company.anchor(release)
    assert kept(company, stored, artifact, validation="0.9100").level == 3
    with pytest.raises(Tampered, match=r"0\.9100"):
        kept(company, stored, artifact, validation="0.9700")
    company.tell("revoke", release.digest, 1, NO_DETAIL)
    with pytest.raises(Revoked, match="its release was revoked"):
        kept(company, stored, artifact, validation="0.9100")
