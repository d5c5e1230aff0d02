"""Where on the chain a statement or a tree was written down: found by its event."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from edgeline.anchoring.contract import AnchorContract
from edgeline.anchoring.events import Anchored, TreeAnchored
from edgeline.anchoring.logs import decode, topic
from edgeline.anchoring.node import Mined
from edgeline.anchoring.provider import Question, Refused, batches

TOPICS = [topic(Anchored), topic(TreeAnchored)]
MANY = 50
"""Keys in one search: topics that a node still takes."""


@dataclass(frozen=True)
class Place:
    transaction: str
    block: int
    block_hash: str
    subject: str | None
    """What the statement is about, as it was written down; None for trees."""


def locate(contract: AnchorContract, wanted: Sequence[tuple[str, int]]) -> dict[str, Place]:
    """The places of these keys; a record's block says where to look. What is not found is left out.

    On some chains a contract is told another number than its block's own (Arbitrum tells that of the chain
    below); what is not in the record's block is then searched for everywhere.
    """
    near = [_search(contract, [key], block, block) for key, block in wanted]
    places = _places(contract, near)
    far = [key for key, _ in wanted if key not in places]
    searches = [_search(contract, keys, 0, None) for keys in batches(far, MANY)]
    return places | _places(contract, searches)


def written_keys(contract: AnchorContract, mined: Mined) -> set[str]:
    """The keys that a transaction wrote down, by the contract's own events."""
    events = [decode(log, contract.deployment.contract) for log in mined.logs]
    return {key for event in events if event and (key := _key(event.body))}


def _search(
    contract: AnchorContract, keys: Sequence[str], first: int, last: int | None
) -> Question:
    where = {
        "address": contract.deployment.contract,
        "fromBlock": hex(first),
        "toBlock": "latest" if last is None else hex(last),
        "topics": [TOPICS, [f"0x{key}" for key in keys]],
    }
    return "eth_getLogs", (where,)


def _places(contract: AnchorContract, searches: Sequence[Question]) -> dict[str, Place]:
    places = {}
    for logs in contract.node.batch(searches):
        # A node that lists no events that far back, or so many, leaves the place unknown.
        for log in [] if isinstance(logs, Refused) else contract.node.read(list, logs, "events"):
            event = decode(log, contract.deployment.contract)
            if event is not None and (key := _key(event.body)):
                subject = event.body.subject if isinstance(event.body, Anchored) else None
                places[key] = Place(event.transaction, event.block, event.block_hash, subject)
    return places


def _key(body: Any) -> str | None:
    match body:
        case Anchored(statement=key) | TreeAnchored(id=key):
            return str(key)
    return None
