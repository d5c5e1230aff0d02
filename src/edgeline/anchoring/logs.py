"""Events as a node lists them: read strictly, since whatever a node says may be wrong.

web3's own decoding takes eight times as long (docs/benchmarks.md), which an audit of a long chain would wait for.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from edgeline.anchoring.events import EVENTS, Event
from edgeline.anchoring.interface import COMPILED, input_types
from edgeline.errors import Tampered
from edgeline.provenance.trie import keccak256

B = TypeVar("B")
Fields = tuple[Any, ...]
Word = Callable[[str], Any]


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
    block, position, transaction, block_hash, *fields = values
    typed = [as_read(field) for as_read, field in zip(_TYPES[body], fields, strict=True)]
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
    """One pattern for all words, and one cut: this is done for every event that a contract has."""
    topics = log["topics"]
    text = f"{''.join(topics)}|{log['data']}|{log['transactionHash']}{log['blockHash']}".lower()
    if not _WORDS.fullmatch(text):
        raise ValueError("no words of 32 bytes")
    if log["address"].lower() != contract or log.get("removed"):
        raise ValueError("an event of another contract, or of another branch")
    layout = _LAYOUTS.get(text[:66])
    if layout is None:
        return None
    if len(topics) != layout.num_topics or len(text) != layout.length:
        raise ValueError("another number of words")
    fields = [read(text[cut]) for cut, read in layout.fields]
    place = _place(log["blockNumber"]), _place(log["logIndex"]), text[-132:-66], text[-66:]
    return layout.body, (*place, *fields)


@lru_cache(maxsize=4096)
def _place(text: str) -> int:
    if not _PLACE.fullmatch(text):
        raise ValueError("a place that no chain has")
    return int(text, 16)


_WORDS = re.compile(r"(0x[0-9a-f]{64}){1,4}\|0x([0-9a-f]{64})*\|(0x[0-9a-f]{64}){2}")
_PLACE = re.compile(r"0x(0|[1-9a-f][0-9a-f]{0,7})")
_PADDING = 24 * "0"


def _account(word: str) -> str:
    if word[:24] != _PADDING:
        raise ValueError("not an address")
    return "0x" + word[24:]


def _uint(bits: int) -> Word:
    def read(word: str) -> int | str:
        value = int(word, 16)
        if value >> bits:
            raise ValueError(f"not a number of {bits} bits")
        # SQLite's integers end at 2^63 - 1
        return value if value < 2**63 else str(value)

    return read


_READERS: dict[str, Word] = {"bytes32": str, "address": _account}
_READERS |= {f"uint{bits}": _uint(bits) for bits in (8, 40, 64)}


@dataclass(frozen=True)
class _Layout:
    """Where in the joined words of an event each field is, and how it is read."""

    body: type[Any]
    num_topics: int
    length: int
    fields: tuple[tuple[slice, Word], ...]


def _layout(body: type[object]) -> _Layout:
    """Solidity lists no indexed field of ours behind one that is not, so words come in the order of fields."""
    (item,) = (one for one in COMPILED["abi"] if one.get("name") == body.__name__)
    kinds = [field["type"] for field in item["inputs"]]
    num_topics = 1 + sum(field["indexed"] for field in item["inputs"])
    num_data = len(kinds) + 1 - num_topics
    starts = [66 * n + 2 for n in range(1, num_topics)]
    starts += [66 * num_topics + 3 + 64 * n for n in range(num_data)]
    fields = tuple(
        (slice(start, start + 64), _READERS[kind])
        for start, kind in zip(starts, kinds, strict=True)
    )
    return _Layout(body, num_topics, 66 * num_topics + 64 * num_data + 136, fields)


_LAYOUTS = {topic(body): _layout(body) for body in EVENTS}
_TYPES: dict[type, list[Callable[[Any], Any]]] = {
    body: [int if kind.startswith("uint") else str for kind in input_types("event")[body.__name__]]
    for body in EVENTS
}
