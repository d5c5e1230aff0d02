"""The contract's events, as a node lists them, and the receipts that follow from them."""

from collections.abc import Sequence
from typing import Any

from edgeline.receipt import KINDS, Deployment, Receipt, Statement

# Keccak-256 of Anchored(bytes32,address,uint8,uint40) and Derived(bytes32,bytes32).
ANCHORED = "0x00674a2bc32cc4c08bc6224406c5de8d172a1610d386b340031f7347d7b9609b"
DERIVED = "0x5457bffd238527e759eefb33771ac74a2b366b47ef9a51a8ea8f28ace61a3d4d"


def receipts_from(events: Sequence[dict[str, Any]], deployment: Deployment) -> list[Receipt]:
    """One receipt for each digest anchored in these events, in their order.

    A child's parents are told in its own transaction, so whole blocks of events hold all of them.
    """
    parents: dict[str, list[str]] = {}
    for event in events:
        if event["topics"][0] == DERIVED:
            _, parent, child = event["topics"]
            parents.setdefault(child, []).append(parent[2:])
    return [
        _receipt(event, parents.get(event["topics"][1], []), deployment)
        for event in events
        if event["topics"][0] == ANCHORED
    ]


def kind_name(number: int) -> str:
    """The kind with this number; others may write numbers that this version has no name for."""
    return next((name for name, known in KINDS.items() if known == number), f"kind {number}")


def _receipt(event: dict[str, Any], parents: list[str], deployment: Deployment) -> Receipt:
    _, digest, anchorer, kind = event["topics"]
    return Receipt(
        statement=Statement(digest[2:], kind_name(int(kind, 16)), tuple(parents)),
        deployment=deployment,
        anchorer="0x" + anchorer[26:],
        time=int(event["data"], 16),
        block=int(event["blockNumber"], 16),
        block_hash=event["blockHash"],
        transaction=event["transactionHash"],
    )
