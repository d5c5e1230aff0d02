"""Files, folders, datasets and digests: each has one identity, and is known by it."""

import os
from pathlib import Path

import pytest

from edgeline.anchoring.receipts import receipt_of
from edgeline.anchoring.subject import Named, name, of_path
from edgeline.artifact import Artifact
from edgeline.auditing.chain_session import ChainSession
from edgeline.auditing.verdict import verify
from edgeline.datasets import card
from edgeline.datasets.card import Form
from edgeline.datasets.profile import Profile
from edgeline.digest import folder_root
from edgeline.errors import (
    NotAnchored,
    RecipeError,
    Tampered,
)
from edgeline.preprocess import Preprocessing
from edgeline.provenance.receipt import Receipt, read_receipt, receipt_path, write_receipt
from edgeline.provenance.statement import Statement, Subject
from tests.chain.company import Company
from tests.chain.verify.conftest import checked


def test_a_file_in_a_tree_verifies_by_its_receipt(files: list[Path], company: Company) -> None:
    receipt = read_receipt(receipt_path(files[1]))
    assert receipt is not None
    assert checked(company, files[1]).history[-1].tree == receipt.record.key
    files[1].write_text("another")
    with pytest.raises(Tampered, match="statement"):
        checked(company, files[1])


def test_a_file_in_a_tree_verifies_by_the_outbox(files: list[Path], company: Company) -> None:
    receipt = read_receipt(receipt_path(files[1]))
    assert receipt is not None
    receipt_path(files[1]).unlink()
    assert checked(company, files[1]).history[-1].tree == receipt.record.key
    with ChainSession(company.contract) as bare, pytest.raises(NotAnchored):
        verify(of_path(files[1], card.check), None, lambda: bare)


def test_a_tree_that_holds_something_else_is_found(files: list[Path], company: Company) -> None:
    """The outbox is a file, too: what it says of a tree must give the tree's own id."""
    receipt = read_receipt(receipt_path(files[0]))
    assert receipt is not None

    with company.outbox.change() as db:
        db.execute("DELETE FROM members WHERE place > 0")
    named = Named("digest", receipt.statement.digest)
    with company.session() as session, pytest.raises(Tampered, match="tree"):
        verify(named, None, lambda: session)


def test_any_folder_is_named_by_all_its_files(company: Company, tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "a.txt").write_text("a")
    statement = Statement((Subject("notes", folder_root(folder)),), "data")
    company.anchor(statement)
    made = receipt_of(company.outbox, company.contract, statement.digest)
    write_receipt(made, receipt_path(folder))
    assert checked(company, folder).thing.what == "folder"
    (folder / "inner" / "b.txt").write_text("b")
    with pytest.raises(Tampered):
        checked(company, folder)


def test_in_a_folder_only_receipts_of_its_files_do_not_count(
    files: list[Path], company: Company
) -> None:
    """Three files with a receipt beside each have the digest of the three files alone."""
    folder = files[0].parent
    receipts = [path.name for path in map(receipt_path, files)]
    plain = folder_root(folder, without=receipts)
    assert of_path(folder, card.check).digest == plain
    for name_ in (
        "evil.receipt.json",
        "0.txt.receipt.json",
    ):  # no receipt, none of what lies beside
        path = folder / name_
        before = path.read_bytes() if path.exists() else None
        path.write_bytes(b"import os" if before is None else receipt_path(files[1]).read_bytes())
        assert of_path(folder, card.check).digest != plain
        path.unlink() if before is None else path.write_bytes(before)
    assert of_path(folder, card.check).digest == plain
    (folder / "receipt.json").write_bytes(b"import os")
    with pytest.raises(Tampered, match=r"receipt\.json as it was written"):
        of_path(folder, card.check)


def test_a_dataset_is_compared_with_its_card(company: Company, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "raw.npz").write_bytes(b"images")
    made = card.write(
        folder,
        source={"name": "n", "title": "t", "licence": "MIT", "origin": "o"},
        raw=1,
        form=Form(Preprocessing("table", (1,), (0.0,), (1.0,)), ("a", "b"), "none").to_json(),
        profile=Profile(1, (1, 0), {}).to_json(),
        sets={"train": [1, 0]},
        groups={"train": 0},
        left_out={},
        damaged=0,
        duplicates={},
        suspects=0,
        deal={},
        owners=[],
        central=[1, 0],
        devices=[[1, 0]],
        distances=["0.0"],
        skew="0.0",
    )
    company.anchor(Statement((Subject("card.json", made.digest),), "data"))
    verdict = checked(company, folder)
    assert (verdict.thing.what, verdict.thing.digest) == ("dataset", made.digest)
    (folder / "raw.npz").write_bytes(b"others")
    with pytest.raises(Tampered, match=r"raw\.npz"):
        of_path(folder, card.check)


def test_a_digest_is_looked_up_without_any_file(receipt: Receipt, company: Company) -> None:
    with company.session() as session:
        for digest in (receipt.statement.subject, receipt.statement.digest):
            verdict = verify(Named("digest", digest), None, lambda: session)
            assert verdict.history[-1].statement == receipt.record.key


def test_what_is_neither_file_nor_folder_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for thing in (str(tmp_path / "pipe"), "/dev/zero", "nothing", "", "a" * 5000):
        with pytest.raises(RecipeError):
            name(thing, lambda _: [], card.check)


def test_a_folder_with_a_foreign_manifest_is_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "extension"
    folder.mkdir()
    (folder / "manifest.json").write_text('{"manifest_version": 3}')
    assert of_path(folder, card.check).what == "folder"


def test_a_renamed_artifact_is_tampering(artifact: Artifact, tmp_path: Path) -> None:
    renamed = artifact.folder.rename(tmp_path / "my model")
    with pytest.raises(Tampered, match="64 hexadecimal"):
        of_path(renamed, card.check)
