"""Receipts: what the chain holds about a statement, with every proof that the node can give."""

from typing import Any

from edgeline.anchoring.contract import AnchorContract
from edgeline.anchoring.event_lookup import locate
from edgeline.anchoring.node import Block, Refused, octets, quantity
from edgeline.anchoring.outbox import Outbox
from edgeline.errors import NotAnchored
from edgeline.provenance.proof import check, record_slot
from edgeline.provenance.receipt import Receipt, Record, StorageProof
from edgeline.provenance.statement import LEAF
from edgeline.provenance.trie import encode, keccak256

# A header's fields in the order of their RLP; those behind the nonce came with later forks, in this order.
FIELDS = [
    *("parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot"),
    *(
        "logsBloom",
        "difficulty",
        "number",
        "gasLimit",
        "gasUsed",
        "timestamp",
        "extraData",
        "mixHash",
        "nonce",
    ),
]
LATER_FIELDS = [
    *("baseFeePerGas", "withdrawalsRoot", "blobGasUsed", "excessBlobGas"),
    *("parentBeaconBlockRoot", "requestsHash"),
]
NUMBERS = {
    *("difficulty", "number", "gasLimit", "gasUsed", "timestamp"),
    *("baseFeePerGas", "blobGasUsed", "excessBlobGas"),
}


def receipt_of(outbox: Outbox, registry: AnchorContract, digest: str) -> Receipt:
    """The receipt of a statement in this outbox, which holds its whole lineage.

    A storage proof is in it where the node gives one and its headers have the known form.

    Raises:
        NotAnchored: neither the statement nor a tree with it is on the chain, or its documents are not here.
        Tampered: the node contradicts itself.
    """
    lineage, statement = outbox.lineage(digest), outbox.statement(digest)
    assert statement is not None
    record, tree = registry.record(digest), None
    if record is None or record.kind == LEAF:
        tree = outbox.tree_of(digest)
        record = registry.record(tree) if tree else None
    if record is None:
        raise NotAnchored(
            expected=f"a record of {digest} on chain {registry.deployment.chain_id}",
            found="none",
            remedy="send what waits in the outbox: `edgeline chain flush`",
        )
    place = locate(registry, [(record.key, record.block)]).get(record.key)
    if place is None:
        raise registry.node.contradiction(f"the event of {record.key}", "its record alone")
    receipt = Receipt(
        statement=statement,
        lineage=lineage,
        deployment=registry.deployment,
        record=record,
        block_hash=place.block_hash,
        transaction=place.transaction,
        inclusion=outbox.inclusion(tree, digest) if tree else None,
        storage=storage_proof(registry, record, place.block),
    )
    if not record.revoked:
        check(receipt, statement.subject)
    return receipt


def storage_proof(registry: AnchorContract, record: Record, block: int) -> StorageProof | None:
    """The proof that the record is in the contract's storage, as of this block if it was the same then.

    A record that was revoked since is proven as of the newest block. None where the node does not prove.
    """
    for at in (block, None):
        number = registry.node.head() if at is None else at
        try:
            if registry.records([record.key], number) == [record]:
                return _proof(registry, record.key, number)
        except Refused:
            # Most nodes forget old states; the newest is there as long as anyone.
            continue
    return None


def _proof(registry: AnchorContract, key: str, number: int) -> StorageProof | None:
    slot = "0x" + record_slot(key).hex()
    answer = registry.node.ask("eth_getProof", registry.deployment.contract, [slot], hex(number))
    block = registry.node.block(number)
    header = None if block is None else header_of(block)
    if header is None:
        return None
    return registry.node.read(
        lambda value: StorageProof(
            "0x" + header.hex(),
            _nodes(value["accountProof"]),
            _nodes(value["storageProof"][0]["proof"]),
        ),
        answer,
        "a proof",
    )


def header_of(block: Block) -> bytes | None:
    """The header whose hash the block's is; None on a chain that has others."""
    try:
        items = [_field(block.fields, name) for name in FIELDS]
        later = [name for name in LATER_FIELDS if block.fields.get(name) is not None]
        header = encode([*items, *(_field(block.fields, name) for name in later)])
    except (ValueError, KeyError):
        return None
    return header if "0x" + keccak256(header).hex() == block.hash else None


def _field(fields: dict[str, Any], name: str) -> bytes:
    if name not in NUMBERS:
        return octets(fields[name])
    number = quantity(fields[name])
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _nodes(values: Any) -> tuple[str, ...]:
    return tuple("0x" + octets(node).hex() for node in values)
