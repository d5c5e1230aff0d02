"""A sealed folder against its receipt and a real chain: who is wrong is found, and said in one line."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from edgeline.anchoring.receipts import receipt_of
from edgeline.artifact import Artifact, open_artifact
from edgeline.auditing.chain_session import ChainSession
from edgeline.auditing.verdict import verify_folder
from edgeline.errors import (
    EdgelineError,
    NotAnchored,
    Tampered,
)
from edgeline.provenance.receipt import Receipt, receipt_path, write_receipt
from edgeline.provenance.statement import Statement, Subject
from tests.chain.company import Company
from tests.chain.conftest import deployed
from tests.chain.servers import lying
from tests.chain.test_hostile import GARBAGE
from tests.chain.verify.conftest import DATA, TUNED, checked, no_chain, stated, statement_of

GOLDEN = Path(__file__).parents[2] / "golden" / "artifacts"


def test_a_sound_folder_agrees_with_the_chain(
    artifact: Artifact, receipt: Receipt, company: Company
) -> None:
    verdict = checked(company, artifact.folder)
    assert (verdict.level, verdict.has_receipt) == (3, True)
    entry, record = verdict.history[-1], receipt.record
    assert (entry.anchorer, entry.time, entry.block) == (record.anchorer, record.time, record.block)
    assert record == company.contract.record(receipt.statement.digest)
    assert [one.subject for one in verdict.history[:-1]] == [DATA.subject, TUNED.subject]


def test_the_chain_alone_is_enough(artifact: Artifact, receipt: Receipt, company: Company) -> None:
    receipt_path(artifact.folder).unlink()
    verdict = checked(company, artifact.folder)
    assert (verdict.level, verdict.has_receipt) == (3, False)
    assert verdict.history[-1].transaction == receipt.transaction
    assert verdict.to_json()["receipt"] == "missing"


def test_whoever_has_no_statement_at_hand_asks_the_chain_alone(
    artifact: Artifact, receipt: Receipt, company: Company
) -> None:
    receipt_path(artifact.folder).unlink()
    with ChainSession(company.contract) as bare:
        verdict = verify_folder(artifact.folder, lambda: bare)
    assert verdict.history[-1].block == receipt.record.block
    assert verdict.history[-1].name == ""


@pytest.mark.usefixtures("receipt")
def test_a_changed_model_is_found_without_chain(artifact: Artifact) -> None:
    (artifact.folder / "model.onnx").write_bytes(b"another")
    with pytest.raises(Tampered, match=r"model\.onnx"):
        verify_folder(artifact.folder, no_chain)


def test_a_receipt_of_something_else_is_found_without_chain(
    artifact: Artifact, receipt: Receipt, company: Company
) -> None:
    other = receipt_of(company.outbox, company.contract, TUNED.digest)
    write_receipt(other, receipt_path(artifact.folder))
    with pytest.raises(Tampered):
        verify_folder(artifact.folder, no_chain)


def test_a_statement_about_other_files_is_found_without_chain(
    artifact: Artifact, company: Company
) -> None:
    files = statement_of(artifact, DATA, TUNED)
    fewer = replace(files, subjects=files.subjects[:-1])
    company.anchor(DATA, TUNED, fewer)
    made = receipt_of(company.outbox, company.contract, fewer.digest)
    write_receipt(made, receipt_path(artifact.folder))
    with pytest.raises(Tampered, match="SHA-256 of"):
        verify_folder(artifact.folder, no_chain)


@pytest.mark.parametrize("field", ["anchorer", "time", "block"])
def test_a_record_that_the_chain_does_not_hold_is_found(
    artifact: Artifact, receipt: Receipt, company: Company, field: str
) -> None:
    other = "0x" + 40 * "1" if field == "anchorer" else 7
    record = replace(receipt.record, **{field: other})
    write_receipt(replace(receipt, record=record, storage=None), receipt_path(artifact.folder))
    with pytest.raises(Tampered, match=field):
        checked(company, artifact.folder)


@pytest.mark.parametrize("field", ["transaction", "block_hash"])
def test_a_place_that_the_chain_does_not_know_is_found(
    artifact: Artifact, receipt: Receipt, company: Company, field: str
) -> None:
    wrong = replace(receipt, **{field: "0x" + 64 * "7"}, storage=None)
    write_receipt(wrong, receipt_path(artifact.folder))
    with pytest.raises(Tampered, match=field):
        checked(company, artifact.folder)


def test_a_transaction_that_wrote_something_else_is_found(
    artifact: Artifact, receipt: Receipt, company: Company
) -> None:
    other = receipt_of(company.outbox, company.contract, TUNED.digest)
    place = {"transaction": other.transaction, "block_hash": other.block_hash}
    write_receipt(replace(receipt, **place, storage=None), receipt_path(artifact.folder))
    with pytest.raises(Tampered, match="transaction"):
        checked(company, artifact.folder)


def test_parents_that_were_not_anchored_as_stated_are_found(
    artifact: Artifact, company: Company
) -> None:
    itself = statement_of(artifact, DATA, TUNED)
    company.anchor(DATA, TUNED)
    company.tell("anchor", itself.digest, itself.subject, 6, [DATA.digest])
    company.outbox.add(itself)
    made = receipt_of(company.outbox, company.contract, itself.digest)
    write_receipt(made, receipt_path(artifact.folder))
    with pytest.raises(Tampered, match="parents"):
        checked(company, artifact.folder)
    receipt_path(artifact.folder).unlink()
    with pytest.raises(Tampered):
        checked(company, artifact.folder)


def test_an_invented_record_is_tampering(
    artifact: Artifact, receipt: Receipt, company: Company
) -> None:
    statement = replace(receipt.statement, salt=32 * "a")
    record = replace(receipt.record, key=statement.digest)
    claim = replace(receipt, statement=statement, record=record, storage=None)
    write_receipt(claim, receipt_path(artifact.folder))
    with pytest.raises(Tampered, match="with a record that contract"):
        checked(company, artifact.folder)


def test_an_unanchored_folder_is_intact_only(artifact: Artifact, company: Company) -> None:
    with pytest.raises(NotAnchored, match=artifact.digest):
        checked(company, artifact.folder)


def test_another_history_than_the_manifests_is_tampering(
    artifact: Artifact, company: Company
) -> None:
    company.anchor(DATA, TUNED, statement_of(artifact, DATA))
    with pytest.raises(Tampered, match="anchored by"):
        checked(company, artifact.folder)


def test_an_ancestor_with_another_history_is_tampering(
    artifact: Artifact, company: Company
) -> None:
    tuned = replace(TUNED, kind="small")
    itself = statement_of(artifact, DATA, tuned)
    company.anchor(DATA, tuned, itself)
    made = receipt_of(company.outbox, company.contract, itself.digest)
    write_receipt(made, receipt_path(artifact.folder))
    with pytest.raises(Tampered, match=f"{TUNED.subject} on the chain as tuned"):
        checked(company, artifact.folder)


def test_a_false_statement_beside_the_true_one_changes_nothing(
    artifact: Artifact, receipt: Receipt, company: Company
) -> None:
    company.anchor(statement_of(artifact, DATA))
    receipt_path(artifact.folder).unlink()
    verdict = checked(company, artifact.folder)
    assert verdict.history[-1].statement == receipt.statement.digest


def test_a_receipt_of_a_contract_that_was_replaced_says_where_it_lies_and_what_to_do(
    artifact: Artifact, receipt: Receipt, company: Company, tmp_path: Path
) -> None:
    other = Company(deployed(company.chain.url, tmp_path), tmp_path / "other")
    with other.outbox, pytest.raises(NotAnchored, match="on the same chain") as refusal:
        checked(other, artifact.folder)
    message = str(refusal.value)
    assert receipt.deployment.contract in message
    assert str(receipt_path(artifact.folder)) in message
    assert "chain anchor" in message


def test_the_golden_artifact_still_verifies(company: Company, tmp_path: Path) -> None:
    for folder in GOLDEN.iterdir():
        copy = tmp_path / folder.name
        shutil.copytree(folder, copy)
        sealed = open_artifact(copy)
        known: dict[str, Statement] = {}
        for one in sealed.manifest.lineage:
            above = tuple(known[parent].digest for parent in one.parents)
            known[one.digest] = Statement((Subject("file", one.digest),), one.kind, above)
        parents = (known[parent] for parent in sealed.manifest.parents.values())
        itself = statement_of(sealed, *parents)
        company.anchor(*known.values(), itself)
        assert checked(company, copy).history[-1].statement == itself.digest


def test_a_history_that_the_manifest_does_not_tell_is_tampering(
    artifact: Artifact, company: Company
) -> None:
    more = stated("more", "data")
    tuned = replace(TUNED, parents=(DATA.digest, more.digest))
    company.anchor(DATA, more, tuned, statement_of(artifact, DATA, tuned))
    with pytest.raises(Tampered, match="nothing at all|from parents"):
        checked(company, artifact.folder)


@pytest.mark.parametrize(
    "method",
    ["eth_getStorageAt", "eth_call", "eth_getLogs", "eth_getTransactionReceipt", "eth_blockNumber"],
)
@pytest.mark.parametrize("with_receipt", [True, False])
def test_a_lying_node_ends_in_one_line(
    artifact: Artifact, receipt: Receipt, company: Company, method: str, with_receipt: bool
) -> None:
    if not with_receipt:
        receipt_path(artifact.folder).unlink()
    for garbage in GARBAGE:
        with lying(company.chain.url, {method: garbage}) as address:
            told = None
            try:
                liar = Company(replace(company.chain, url=address), artifact.folder.parent)
                with liar.outbox:
                    checked(liar, artifact.folder)
            except EdgelineError as error:
                told = error
        if told is not None:
            assert told.exit_code in (4, 5, 6), (garbage, told)
            assert "\n" not in str(told)
