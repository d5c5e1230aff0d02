"""Where on the chain a statement, a tree or a task was written down: found by its event."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from edgeline.anchoring.contract import AnchorContract
from edgeline.anchoring.events import Anchored, TaskOpened, TreeAnchored
from edgeline.anchoring.logs import decode, topic
from edgeline.anchoring.node import Mined, Question, Refused

TOPICS = [topic(body) for body in (Anchored, TreeAnchored, TaskOpened)]
MANY = 50
"""Keys in one search: topics that a node still takes."""


@dataclass(frozen=True)
class Place:
    transaction: str
    block: int
    block_hash: str
    subject: str | None
    """What the statement is about, as it was written down; None for trees and tasks."""


def locate(registry: AnchorContract, wanted: Sequence[tuple[str, int | None]]) -> dict[str, Place]:
    """The places of these keys; a record's block says where to look. What is not found is left out.

    On some chains a contract is told another number than its block's own (Arbitrum tells that of the chain
    below); what is not in the record's block is then searched for everywhere.
    """
    near = [_search(registry, [key], block, block) for key, block in wanted if block is not None]
    found = _found(registry, near)
    far = [key for key, _ in wanted if key not in found]
    parts = [far[start : start + MANY] for start in range(0, len(far), MANY)]
    return found | _found(registry, [_search(registry, keys, 0, None) for keys in parts])


def written(registry: AnchorContract, mined: Mined) -> set[str]:
    """The keys that a transaction wrote down, by the contract's own events."""
    return {key for log in mined.logs if (key := _key(registry, log))}


def _search(registry: AnchorContract, keys: list[str], first: int, last: int | None) -> Question:
    where = {
        "address": registry.deployment.contract,
        "fromBlock": hex(first),
        "toBlock": "latest" if last is None else hex(last),
        "topics": [TOPICS, [f"0x{key}" for key in keys]],
    }
    return "eth_getLogs", (where,)


def _found(registry: AnchorContract, searches: Sequence[Question]) -> dict[str, Place]:
    places = {}
    for logs in registry.node.batch(searches):
        # A node that lists no events that far back, or so many, leaves the place unknown.
        for log in [] if isinstance(logs, Refused) else registry.node.read(list, logs, "events"):
            event = decode(log, registry.deployment.contract)
            if event is not None and (key := _key_of(event.body)):
                subject = event.body.subject if isinstance(event.body, Anchored) else None
                places[key] = Place(event.transaction, event.block, event.block_hash, subject)
    return places


def _key(registry: AnchorContract, log: Any) -> str | None:
    event = decode(log, registry.deployment.contract)
    return None if event is None else _key_of(event.body)


def _key_of(body: object) -> str | None:
    match body:
        case Anchored(statement=key) | TreeAnchored(id=key) | TaskOpened(task=key):
            return key
    return None
