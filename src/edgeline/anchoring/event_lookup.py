"""Where on the chain a statement or a tree was written down: found by its event."""

from collections.abc import Sequence
from typing import Any

from edgeline.anchoring.contract import AnchorContract
from edgeline.anchoring.events import Anchored, Event, TreeAnchored
from edgeline.anchoring.logs import decode, topic
from edgeline.anchoring.node import Question, Refused, batches

TOPICS = [topic(Anchored), topic(TreeAnchored)]
MANY = 50
"""Keys in one search: topics that a node still takes."""


def locate(contract: AnchorContract, wanted: Sequence[tuple[str, int]]) -> dict[str, Event[Any]]:
    """The events that wrote these keys; a record's block says where to look. What is not found is left out.

    On some chains a contract is told another number than its block's own (Arbitrum tells that of the chain
    below); what is not in the record's block is then searched for everywhere.
    """
    near = [_search(contract, [key], hex(block), hex(block)) for key, block in wanted]
    events = _events(contract, near)
    far = [key for key, _ in wanted if key not in events]
    searches = [_search(contract, keys, "0x0", "latest") for keys in batches(far, MANY)]
    return events | _events(contract, searches)


def _search(contract: AnchorContract, keys: Sequence[str], first: str, last: str) -> Question:
    topics = [TOPICS, [f"0x{key}" for key in keys]]
    where = {"address": contract.deployment.contract, "fromBlock": first, "toBlock": last}
    return "eth_getLogs", ({**where, "topics": topics},)


def _events(contract: AnchorContract, searches: Sequence[Question]) -> dict[str, Event[Any]]:
    events = {}
    for logs in contract.node.batch(searches):
        # A node that lists no events that far back, or so many, leaves the place unknown.
        for log in [] if isinstance(logs, Refused) else contract.node.read(list, logs, "events"):
            match decode(log, contract.deployment.contract):
                case Event(body=Anchored(statement=key) | TreeAnchored(id=key)) as event:
                    events[key] = event
    return events
