"""Receipts prove themselves; what the node cannot prove or contradicts is not in them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from edgeline.anchoring.contract import AnchorContract, open_contract, transact
from edgeline.anchoring.flush import flush
from edgeline.anchoring.keys import Signer, load_signer
from edgeline.anchoring.node import Node
from edgeline.anchoring.outbox import Outbox
from edgeline.anchoring.receipts import header_of, receipt_of, storage_proof
from edgeline.errors import NotAnchored, Revoked, Tampered
from edgeline.provenance.proof import check
from edgeline.provenance.receipt import read_receipt, receipt_path, write_receipt
from tests.chain.conftest import Make, StartChain, deployed


def test_a_receipt_proves_itself_without_a_network(
    contract: AnchorContract, ours: Signer, outbox: Outbox, make: Make, tmp_path: Path
) -> None:
    data, model = make("data", kind="data"), make("model", make("data", kind="data"))
    for statement in (data, model):
        outbox.add(statement)
    flush(outbox, contract, ours)
    receipt = receipt_of(outbox, contract, model.digest)

    assert (receipt.statement, receipt.lineage) == (model, (data,))
    assert receipt.record == contract.record(model.digest)
    [mined] = contract.node.mined([receipt.transaction])
    assert mined is not None
    assert (mined.ok, mined.block_hash) == (True, receipt.block_hash)
    assert check(receipt, model.subject, receipt.block_hash, contract.deployment).level == 2
    path = write_receipt(receipt, receipt_path(tmp_path / "model.onnx"))
    assert read_receipt(path) == receipt
    assert receipt_of(outbox, contract, model.digest) == receipt


def test_every_statement_of_a_tree_has_a_receipt_of_its_own(
    contract: AnchorContract, ours: Signer, outbox: Outbox, make: Make
) -> None:
    leaves = [make(str(number), kind="part") for number in range(7)]
    key = outbox.add_tree(leaves)
    flush(outbox, contract, ours)
    for index, leaf in enumerate(leaves):
        receipt = receipt_of(outbox, contract, leaf.digest)
        assert receipt.record.key == key
        assert receipt.inclusion is not None
        assert (receipt.inclusion.index, receipt.inclusion.size) == (index, 7)
        assert check(receipt, leaf.subject, receipt.block_hash).level == 2


def test_a_receipt_of_something_revoked_proves_the_revocation(
    contract: AnchorContract, ours: Signer, outbox: Outbox, make: Make
) -> None:
    outbox.add(make("model"))
    flush(outbox, contract, ours)
    before = receipt_of(outbox, contract, make("model").digest)
    transact(contract, ours, "revoke", make("model").digest, 2, "0" * 64)
    after = receipt_of(outbox, contract, make("model").digest)
    assert (after.transaction, after.block_hash) == (before.transaction, before.block_hash)
    assert after.storage is not None
    assert (before.record.revoked, after.record.revoked) == (False, True)
    with pytest.raises(Revoked, match="defective"):
        check(after, make("model").subject)
    # A statement that was taken out of its tree afterwards is not hidden by its own record.
    leaves = [make("leaf"), make("other leaf")]
    key = outbox.add_tree(leaves)
    flush(outbox, contract, ours)
    proof = outbox.inclusion(key, leaves[0].digest)
    taken = (proof.root, 2, 0, leaves[0].digest, proof.path, 2, "0" * 64)
    transact(contract, ours, "revokeLeaf", *taken)
    assert receipt_of(outbox, contract, leaves[0].digest).record.key == key


def test_what_is_not_on_the_chain_has_no_receipt(
    contract: AnchorContract, ours: Signer, outbox: Outbox, make: Make
) -> None:
    outbox.add(make("model"))
    outbox.add_tree([make("leaf")])
    for name in ("model", "leaf"):
        with pytest.raises(NotAnchored, match="found none; .*`edgeline chain flush`"):
            receipt_of(outbox, contract, make(name).digest)
    with pytest.raises(NotAnchored, match="a record of|statement .* in"):
        receipt_of(outbox, contract, make("never queued").digest)


def test_a_record_without_its_event_is_not_believed(
    contract: AnchorContract,
    ours: Signer,
    outbox: Outbox,
    make: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    outbox.add(make("model"))
    flush(outbox, contract, ours)
    batch = contract.node.batch
    monkeypatch.setattr(
        contract.node,
        "batch",
        lambda asked: [[]] if asked and asked[0][0] == "eth_getLogs" else batch(asked),
    )
    with pytest.raises(Tampered, match="do not trust this node"):
        receipt_of(outbox, contract, make("model").digest)


def test_an_event_is_found_where_records_count_other_blocks(
    contract: AnchorContract, ours: Signer, outbox: Outbox, make: Make
) -> None:
    """As on Arbitrum, where contracts are told the number of the chain below."""
    outbox.add(make("model"))
    flush(outbox, contract, ours)
    entry = outbox.entry(make("model").digest)
    assert entry is not None
    for block in (entry.block, 1, 10**9):
        place = contract.locate([(entry.key, block)])[entry.key]
        assert (place.transaction, place.block) == (entry.transaction, entry.block)
    assert contract.locate([(make("other").digest, 1)]) == {}


def test_a_node_without_old_states_proves_the_newest(
    contract: AnchorContract, ours: Signer, outbox: Outbox, make: Make
) -> None:
    outbox.add(make("model"))
    flush(outbox, contract, ours)
    record = contract.record(make("model").digest)
    assert record is not None
    contract.node.ask("evm_mine")
    assert storage_proof(contract, record, 10**9) is not None
    assert storage_proof(contract, replace(record, time=1), record.block) is None


def test_headers_are_those_that_hash_to_the_blocks_name(
    contract: AnchorContract, start_anvil: Callable[..., str]
) -> None:
    block = contract.node.block("latest")
    assert block is not None
    assert header_of(block) is not None
    assert header_of(replace(block, hash="0x" + 64 * "1")) is None
    assert header_of(replace(block, fields={**block.fields, "gasUsed": "0x01"})) is None
    assert header_of(replace(block, fields={})) is None
    newest = Node(start_anvil(hardfork="prague")).block("latest")
    assert newest is not None
    assert header_of(newest) is not None


def test_a_killed_chain_still_knows_its_records(
    start_chain: StartChain, outbox: Outbox, make: Make, tmp_path: Path
) -> None:
    process, before = start_chain(tmp_path / "database")
    made = deployed(before, tmp_path)
    contract = open_contract(before, made.deployment)
    outbox.add(make("model"))
    flush(outbox, contract, load_signer("node", contract.node, tmp_path))
    receipt = receipt_of(outbox, contract, make("model").digest)
    process.kill()
    process.wait()

    _, after = start_chain(tmp_path / "database")
    again = open_contract(after, made.deployment)
    assert receipt_of(outbox, again, make("model").digest) == receipt
    report = flush(outbox, again, load_signer("node", again.node, tmp_path))
    assert (report.reopened, report.sent, report.pending) == (0, 0, 0)
