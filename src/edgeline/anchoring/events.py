"""The contract's events: each a frozen dataclass with the contract's own names, and how they are read.

A node lists them, and whatever a node says may be wrong: they are read strictly. web3's own decoding takes eight times
as long (docs/benchmarks.md), which an audit of a long chain would wait for. Digests are 64 hexadecimal characters;
accounts and transactions have 0x in front.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any, Generic, TypeVar

from edgeline.anchoring.hexadecimal import octets
from edgeline.anchoring.interface import COMPILED, input_types
from edgeline.errors import Tampered
from edgeline.provenance.trie import keccak256

B = TypeVar("B")
Fields = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Anchored:
    """A statement was written, for the first and only time."""

    statement: str
    subject: str
    anchorer: str
    kind: int
    time: int


@dataclass(frozen=True, slots=True)
class Derived:
    """The child was made from the parent; in the child's own transaction."""

    parent: str
    child: str


@dataclass(frozen=True, slots=True)
class TreeAnchored:
    """The root of many statements was written."""

    id: str
    root: str
    anchorer: str
    size: int
    time: int


@dataclass(frozen=True, slots=True)
class Revoked:
    """A statement is no longer to be used."""

    statement: str
    by: str
    reason: int
    detail: str
    time: int


@dataclass(frozen=True, slots=True)
class RolesChanged:
    """From now on, `account` has exactly these roles."""

    account: str
    by: str
    roles: int
    """Sum of ROLES."""


@dataclass(frozen=True, slots=True)
class KeyCompromised:
    """What `account` anchored at or after `since` is not to be believed."""

    account: str
    by: str
    since: int


EVENTS: tuple[type, ...] = (Anchored, Derived, TreeAnchored, Revoked, RolesChanged, KeyCompromised)
"""All that the contract has; their fields are the compiled interface's, in its order."""


@dataclass(frozen=True, slots=True)
class Event(Generic[B]):
    """What happened, and where on the chain it is written down."""

    body: B
    block: int
    position: int
    """Within its block."""
    transaction: str
    block_hash: str


def decode(log: object, contract: str) -> Event[Any] | None:
    """The event in one item of a node's answer; None for one that this version has no name for.

    Raises:
        Tampered: it is not an event of this contract, or not an event at all.
    """
    read = row(log, contract)
    return read and event(*read)


def row(log: object, contract: str) -> tuple[type[Any], Fields] | None:
    """The same as plain values: block, position, transaction, block hash, then the body's fields."""
    try:
        return _row(log, contract)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError):
        raise malformed(contract) from None


def event(body: type[B], values: Fields) -> Event[B]:
    """The event that was read as these plain values."""
    block, position, transaction, block_hash, *read = values
    typed = [field.type(value) for field, value in zip(_FIELDS[body], read, strict=True)]
    return Event(body(*typed), block, position, transaction, block_hash)


def malformed(contract: str) -> Tampered:
    """What to raise for an answer of a node that the contract cannot have given."""
    return Tampered(
        expected=f"events of contract {contract}",
        found="a malformed one in the node's answer",
        remedy="do not trust this node; ask another one of the same chain",
    )


def topic(body: type[object]) -> str:
    """What a node is asked for to get these events alone."""
    types = input_types("event")[body.__name__]
    return "0x" + keccak256(f"{body.__name__}({','.join(types)})".encode()).hex()


def _row(log: Any, contract: str) -> tuple[type[Any], Fields] | None:
    """One pattern for all words: this is done for every event that a contract has."""
    words = f"{','.join(log['topics'])}|{log['data']}|{log['transactionHash']}{log['blockHash']}".lower()
    if log["address"].lower() != contract or log.get("removed"):
        raise ValueError("an event of another contract, or of another branch")
    first = words[:66]
    if first not in _FORMS:
        octets(first, 32)
        return None
    body, pattern, readers = _FORMS[first]
    if (match := pattern.fullmatch(words)) is None:
        raise ValueError("not the words of this event")
    *texts, transaction, block_hash = match.groups()
    values = [read(text) for read, text in zip(readers, texts, strict=True)]
    place = _place(log["blockNumber"]), _place(log["logIndex"]), transaction, block_hash
    return body, (*place, *values)


@lru_cache(maxsize=4096)
def _place(text: str) -> int:
    if not _PLACE.fullmatch(text):
        raise ValueError("a place that no chain has")
    return int(text, 16)


def _number(digits: str) -> int | str:
    value = int(digits, 16)
    # SQLite's integers end at 2^63 - 1
    return value if value < 2**63 else str(value)


_PLACE = re.compile(r"0x(0|[1-9a-f][0-9a-f]{0,7})")
_WORDS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "bytes32": ("([0-9a-f]{64})", str),
    "address": ("0{24}([0-9a-f]{40})", "0x{}".format),
    "uint8": ("0{62}([0-9a-f]{2})", _number),
    "uint40": ("0{54}([0-9a-f]{10})", _number),
    "uint64": ("0{48}([0-9a-f]{16})", _number),
}
"""How a field of each type stands in its word of 32 bytes, and how it is read from there."""


def _form(body: type[object]) -> tuple[type[Any], re.Pattern[str], list[Callable[[str], Any]]]:
    """Solidity lists no indexed field of ours behind one that is not, so words come in the order of fields."""
    (item,) = (one for one in COMPILED["abi"] if one.get("name") == body.__name__)
    inputs = [(*_WORDS[field["type"]], field["indexed"]) for field in item["inputs"]]
    topics = "".join(f",0x{word}" for word, _, indexed in inputs if indexed)
    data = "".join(word for word, _, indexed in inputs if not indexed)
    hashes = 2 * "(0x[0-9a-f]{64})"
    pattern = re.compile(rf"{topic(body)}{topics}\|0x{data}\|{hashes}")
    return body, pattern, [read for _, read, _ in inputs]


_FORMS = {topic(body): _form(body) for body in EVENTS}
_FIELDS: dict[type, tuple[Any, ...]] = {body: fields(body) for body in EVENTS}
