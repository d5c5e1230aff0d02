"""Receipts: what the chain holds about a statement, with every proof that the node can give."""

from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from edgeline.anchoring.contract import AnchorContract
from edgeline.anchoring.deployment import chain_of
from edgeline.anchoring.hexadecimal import octets, quantity
from edgeline.anchoring.node import Block, Refused
from edgeline.anchoring.outbox import Outbox
from edgeline.errors import NotAnchored, Revoked, Tampered
from edgeline.provenance.proof import check, key_slot, record_slot
from edgeline.provenance.receipt import Receipt, StorageProof, read_receipt, receipt_path
from edgeline.provenance.record import Record
from edgeline.provenance.statement import LEAF
from edgeline.provenance.trie import encode, encode_number, keccak256
from edgeline.workspace import Workspace

# A header's fields in the order of their RLP; those behind the nonce came with later forks, in this order.
HEADER = (
    "parentHash sha3Uncles miner stateRoot transactionsRoot receiptsRoot logsBloom difficulty number "
    "gasLimit gasUsed timestamp extraData mixHash nonce"
)
LATER = "baseFeePerGas withdrawalsRoot blobGasUsed excessBlobGas parentBeaconBlockRoot requestsHash"
NUMBERS = "difficulty number gasLimit gasUsed timestamp baseFeePerGas blobGasUsed excessBlobGas"


def missing_receipts(outbox: Outbox, contract: AnchorContract, artifacts: Path) -> list[Receipt]:
    """Receipts of the sealed artifacts in a folder that have none yet, and are on the chain by now."""
    statements = [
        statement
        for folder in artifacts.glob("[0-9a-f]*")
        if not receipt_path(folder).is_file()
        for statement in outbox.about(folder.name, "artifact")
    ]
    statuses = contract.statuses([statement.digest for statement in statements])
    return [
        receipt_of(outbox, contract, statement.digest)
        for statement, status in zip(statements, statuses, strict=True)
        if status
    ]


def renewed_receipts(
    workspace: Workspace, outbox: Outbox, contract: AnchorContract
) -> dict[Path, Receipt]:
    """Receipts of the present chain, by their files, for sealed artifacts with one of a chain that was reset."""
    renewed = {}
    for folder in workspace.artifacts.glob("[0-9a-f]*"):
        with suppress(Tampered, NotAnchored):
            former = read_receipt(receipt_path(folder))
            if former and _is_of_former_chain(workspace, outbox, contract, former):
                path, digest = receipt_path(folder), former.statement.digest
                renewed[path] = receipt_of(outbox, contract, digest)
    return renewed


def _is_of_former_chain(
    workspace: Workspace, outbox: Outbox, contract: AnchorContract, receipt: Receipt
) -> bool:
    """Whether what is anchored from here has a receipt of a chain that this workspace no longer knows."""
    ours = outbox.entry(receipt.record.key) is not None
    is_other = receipt.deployment.genesis != contract.deployment.genesis
    return ours and is_other and chain_of(workspace, receipt) is None


def receipt_of(outbox: Outbox, contract: AnchorContract, digest: str) -> Receipt:
    """The receipt of a statement in this outbox, which holds its whole lineage.

    A storage proof is in it where the node gives one and its headers have the known form.

    Raises:
        NotAnchored: neither the statement nor a tree with it is on the chain, or its documents are not here.
        Tampered: the node contradicts itself.
    """
    *lineage, statement = outbox.history(digest)
    record, tree = contract.record(digest), None
    if record is None or record.kind == LEAF:
        tree = outbox.tree_of(digest)
        record = contract.record(tree) if tree else None
    if record is None:
        raise NotAnchored(
            expected=f"a record of {digest} on chain {contract.deployment.chain_id}",
            found="none",
            remedy="send what waits in the outbox: `edgeline chain flush`",
        )
    place = contract.locate([(record.key, record.block)]).get(record.key)
    if place is None:
        raise contract.node.contradiction(f"the event of {record.key}", "its record alone")
    receipt = Receipt(
        statement=statement,
        lineage=tuple(lineage),
        deployment=contract.deployment,
        record=record,
        block_hash=place.block_hash,
        transaction=place.transaction,
        inclusion=outbox.inclusion(tree, digest) if tree else None,
        storage=storage_proof(contract, record, place.block),
    )
    # What is wrong with it is the node's fault, but for what was said against the statement itself.
    with suppress(Revoked):
        check(receipt, statement.subject)
    return receipt


def storage_proof(contract: AnchorContract, record: Record, block: int) -> StorageProof | None:
    """The proof that the record is in the contract's storage, as of this block if it was the same then.

    A record that was revoked since is proven as of the newest block. None where the node does not prove.
    """
    node, slots = contract.node, (record_slot(record.key), key_slot(record.anchorer))
    for number in (block, node.head()):
        # Most nodes forget old states; the newest is there as long as anyone.
        with suppress(Refused):
            if contract.records([record.key], number) == [record]:
                asked = contract.deployment.contract, ["0x" + slot.hex() for slot in slots]
                answer = node.ask("eth_getProof", *asked, hex(number))
                found = node.block(number)
                header = header_of(found) if found else None
                return node.read(partial(_proof, header), answer, "a proof") if header else None
    return None


def _proof(header: bytes, value: Any) -> StorageProof:
    slot, key = value["storageProof"]
    paths = value["accountProof"], slot["proof"], key["proof"]
    nodes = (tuple("0x" + octets(node).hex() for node in path) for path in paths)
    return StorageProof("0x" + header.hex(), *nodes)


def header_of(block: Block) -> bytes | None:
    """The header whose hash the block's is; None on a chain that has others."""
    try:
        later = [name for name in LATER.split() if block.fields.get(name) is not None]
        header = encode([_field(block.fields, name) for name in (*HEADER.split(), *later)])
    except (ValueError, KeyError):
        return None
    return header if "0x" + keccak256(header).hex() == block.hash else None


def _field(fields: dict[str, Any], name: str) -> bytes:
    if name not in NUMBERS.split():
        return octets(fields[name])
    return encode_number(quantity(fields[name]))
