"""What a model registry keeps, against the artifact that it was registered from."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from edgeline.artifact import Artifact
from edgeline.auditing.releases import find_releases, require_candidate
from edgeline.auditing.stored import verify_stored
from edgeline.auditing.verdict import Verdict
from edgeline.digest import sha256_file
from edgeline.errors import EdgelineError, EnvironmentUnfit, NotAnchored, Revoked, Tampered
from edgeline.provenance.lineage import release_statement, stated_last
from edgeline.provenance.receipt import Receipt, read_receipt
from edgeline.provenance.statement import Statement
from tests.chain.company import Company, digest_of
from tests.chain.conftest import deployed
from tests.chain.verify.conftest import NO_DETAIL, no_chain, stated

FILES = digest_of("all files of the version")


@dataclass(frozen=True)
class Version:
    """What a version of a registry says of itself."""

    artifact: str
    number: str = "2"
    name: str = "tiny"
    claims: Mapping[str, str] = field(default_factory=lambda: {"validation": "0.9100"})


@pytest.fixture
def stored(artifact: Artifact, receipt: Receipt, tmp_path: Path) -> tuple[Path, Path]:
    """What a registry keeps of a version: the model, and beside it manifest and receipt."""
    beside = tmp_path / "version" / "extra_files"
    beside.mkdir(parents=True)
    for kept in ("manifest.json", "receipt.json"):
        shutil.copy(artifact.folder / kept, beside)
    model = shutil.copy(artifact.model_path, tmp_path / "version" / "model.onnx")
    return Path(model), beside


def release(receipt: Receipt, number: str = "2", files: str = FILES) -> Statement:
    return release_statement(receipt.statement, 0.91, number, files)


def kept(
    company: Company, stored: tuple[Path, Path], version: Version, files: str = FILES
) -> Verdict:
    with company.session() as session:
        return verify_stored(*stored, files, version, lambda: session)


def test_a_stored_version_is_its_artifact_as_it_was_released(
    stored: tuple[Path, Path], artifact: Artifact, receipt: Receipt, company: Company
) -> None:
    version = Version(artifact.digest)
    with pytest.raises(NotAnchored, match="names tiny version 2"):
        kept(company, stored, version)
    company.anchor(release(receipt))
    assert kept(company, stored, version).thing.what == "version"
    (stored[1] / "receipt.json").unlink()
    assert not kept(company, stored, version).has_receipt


@pytest.mark.parametrize("name", ["model.onnx", "manifest.json"])
def test_exchanged_bytes_in_the_registry_are_found_without_chain(
    stored: tuple[Path, Path], artifact: Artifact, name: str
) -> None:
    path = stored[0] if name == "model.onnx" else stored[1] / name
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(Tampered, match=name):
        verify_stored(*stored, FILES, Version(artifact.digest), no_chain)
    path.unlink()
    with pytest.raises(EdgelineError, match=name):
        verify_stored(*stored, FILES, Version(artifact.digest), no_chain)


def test_a_manifest_that_is_none_is_found(stored: tuple[Path, Path]) -> None:
    (stored[1] / "manifest.json").write_bytes(b"[" * 10**5)
    digest = sha256_file(stored[1] / "manifest.json")
    with pytest.raises(Tampered, match="a manifest of schema"):
        verify_stored(*stored, FILES, Version(digest), no_chain)


def test_a_version_of_another_recipe_is_found(
    stored: tuple[Path, Path], artifact: Artifact
) -> None:
    with pytest.raises(Tampered, match="an artifact of other"):
        verify_stored(*stored, FILES, Version(artifact.digest, name="other"), no_chain)


def test_a_version_exchanged_wholly_for_another_one_is_found_by_its_number(
    stored: tuple[Path, Path], artifact: Artifact, receipt: Receipt, company: Company
) -> None:
    """Version 2 has all files and tags of version 1, which is as accurate."""
    better = stated("better", "artifact")
    company.anchor(release(receipt, "1"), better, release_statement(better, 0.91, "2", FILES))
    assert kept(company, stored, Version(artifact.digest, "1")).level == 3
    with pytest.raises(Tampered, match=rf"tiny version 2 .* artifact {better.subject}"):
        kept(company, stored, Version(artifact.digest))
    with pytest.raises(NotAnchored, match="tiny version 3"):
        kept(company, stored, Version(artifact.digest, "3"))


def test_what_else_is_stored_and_said_is_compared_with_the_release(
    stored: tuple[Path, Path], artifact: Artifact, receipt: Receipt, company: Company
) -> None:
    company.anchor(release(receipt))
    boasting = Version(artifact.digest, claims={"validation": "0.9700"})
    with pytest.raises(Tampered, match=r"validation 0\.9100, as released; found 0\.9700"):
        kept(company, stored, boasting)
    with pytest.raises(Tampered, match=r"requirements\.txt"):
        kept(company, stored, Version(artifact.digest), digest_of("other requirements"))
    company.tell("revoke", release(receipt).digest, 1, NO_DETAIL)
    with pytest.raises(Revoked, match="its release was revoked"):
        kept(company, stored, Version(artifact.digest))


def test_the_last_release_by_a_number_counts(
    stored: tuple[Path, Path], artifact: Artifact, receipt: Receipt, company: Company
) -> None:
    """A registry that was made anew gives its numbers again; what was released before may be so once more."""
    first, other = release(receipt), stated("other", "artifact")
    second = release_statement(other, 0.91, "2", FILES)
    company.anchor(first, other, second)
    with pytest.raises(Tampered, match=other.subject):
        kept(company, stored, Version(artifact.digest))
    third = stated_last(first, company.outbox.stated("release"))
    assert third.salt == second.digest[:32]
    company.anchor(third)
    assert kept(company, stored, Version(artifact.digest)).level == 3
    assert stated_last(first, company.outbox.stated("release")) == third


def test_a_candidate_that_was_moved_by_hand_is_found(receipt: Receipt, company: Company) -> None:
    newer = release(receipt, "2")
    company.anchor(release(receipt, "1"), newer)
    with company.session() as session:
        releases = find_releases(session)
        require_candidate("tiny", "2", releases, complete=True)
        for found in ("1", ""):
            with pytest.raises(Tampered, match=r"candidate of tiny at tiny version 2"):
                require_candidate("tiny", found, releases, complete=True)
            with pytest.raises(EnvironmentUnfit):
                require_candidate("tiny", found, releases, complete=False)
        require_candidate("never released", "1", releases, complete=True)
    company.tell("revoke", newer.digest, 1, NO_DETAIL)
    with company.session() as session:
        for allowed in ("1", "2"):
            require_candidate("tiny", allowed, find_releases(session), complete=True)


def test_a_stored_receipt_of_a_chain_that_was_reset_is_set_aside(
    stored: tuple[Path, Path],
    artifact: Artifact,
    receipt: Receipt,
    company: Company,
    other_url: str,
    tmp_path: Path,
) -> None:
    """The registry keeps it for ever; all was anchored again on the new chain, which is asked."""
    company.anchor(release(receipt))
    anew = deployed(other_url, tmp_path / "anew")
    reset = Company(anew, company.folder)
    with reset.outbox:
        reset.flush()
        assert read_receipt(stored[1] / "receipt.json") == receipt
        verdict = kept(reset, stored, Version(artifact.digest))
    assert (verdict.level, verdict.has_receipt) == (3, False)
    assert verdict.deployment == anew.deployment
