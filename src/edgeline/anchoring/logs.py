"""Events as a node lists them: read strictly, since whatever a node says may be wrong. Imports no web3."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from edgeline.anchoring.events import DECLARED, Event, TaskOpened
from edgeline.errors import Tampered
from edgeline.provenance.trie import keccak256

B = TypeVar("B")
Fields = tuple[Any, ...]


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
    block, position, transaction, block_hash, *told = values
    fields = [read(value) for read, value in zip(_TYPED[body], told, strict=True)]
    return Event(body(*fields), block, position, transaction, block_hash)


def malformed(contract: str) -> Tampered:
    """What a node's answer is called that the contract cannot have said."""
    return Tampered(
        expected=f"events of contract {contract}",
        found="a malformed one in the node's answer",
        remedy="do not trust this node; ask another one of the same chain",
    )


Word = Callable[[str], Any]


def _row(log: Any, contract: str) -> tuple[type[Any], Fields] | None:
    """One pattern for all words, and one cut: this is done for every event that a contract has."""
    topics = log["topics"]
    said = f"{''.join(topics)}|{log['data']}|{log['transactionHash']}{log['blockHash']}".lower()
    if not _SAID.fullmatch(said):
        raise ValueError("no words of 32 bytes")
    if log["address"].lower() != contract or log.get("removed"):
        raise ValueError("an event of another contract, or of another branch")
    layout = _LAYOUTS.get(said[:66])
    if layout is None:
        return None
    if layout.body is TaskOpened:
        told = _task_opened(said)
    elif len(topics) == layout.num_topics and len(said) == layout.length:
        told = [read(said[cut]) for cut, read in layout.fields]
    else:
        raise ValueError("another number of words")
    place = _place(log["blockNumber"]), _place(log["logIndex"]), said[-132:-66], said[-66:]
    return layout.body, (*place, *told)


def _task_opened(said: str) -> list[object]:
    """The list of coordinators stands behind all else: an offset, the quorum, its length, itself."""
    topics, data, _ = said.split("|")
    _, task, base, by = (topics[at + 2 : at + 66] for at in range(0, len(topics), 66))
    offset, quorum, length, *some = (data[at : at + 64] for at in range(2, len(data), 64))
    if int(offset, 16) != 64 or int(length, 16) != len(some):
        raise ValueError("another layout of the coordinators")
    return [task, base, _account(by), " ".join(map(_account, some)), _uint(8)(quorum)]


@lru_cache(maxsize=4096)
def _place(text: str) -> int:
    if not _PLACE.fullmatch(text):
        raise ValueError("a place that no chain has")
    return int(text, 16)


_SAID = re.compile(r"(0x[0-9a-f]{64}){1,4}\|0x([0-9a-f]{64})*\|(0x[0-9a-f]{64}){2}")
_PLACE = re.compile(r"0x(0|[1-9a-f][0-9a-f]{0,7})")


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


_PADDING = 24 * "0"
_READERS: dict[str, Word] = {"bytes32": str, "address": _account}
_READERS |= {f"uint{bits}": _uint(bits) for bits in (8, 32, 40, 64)}


def topic(body: type[object]) -> str:
    """What a node is asked for to get these events alone."""
    kinds = ",".join(kind for kind, _, _ in _declared(body))
    return "0x" + keccak256(f"{body.__name__}({kinds})".encode()).hex()


def _declared(body: type[object]) -> list[tuple[str, bool, str]]:
    """Type, whether indexed, and name of each field."""
    split = [field.split() for field in DECLARED[body].split(", ")]
    return [(words[0], "indexed" in words, words[-1]) for words in split]


@dataclass(frozen=True)
class _Layout:
    """Where in the joined words of an event each field is, and how it is read."""

    body: type[Any]
    num_topics: int
    length: int
    fields: tuple[tuple[slice, Word], ...]


def _layout(body: type[object]) -> _Layout:
    declared = _declared(body)
    num_topics = 1 + sum(indexed for _, indexed, _ in declared)
    num_data = len(declared) + 1 - num_topics
    starts = [66 * n + 2 for n in range(1, num_topics)]
    starts += [66 * num_topics + 3 + 64 * n for n in range(num_data)]
    fields = tuple(
        (slice(start, start + 64), _READERS.get(kind, str))
        for start, (kind, _, _) in zip(starts, declared, strict=True)
    )
    return _Layout(body, num_topics, 66 * num_topics + 64 * num_data + 136, fields)


_LAYOUTS = {topic(body): _layout(body) for body in DECLARED}
_TYPES: dict[str, Callable[[Any], Any]] = {
    "bytes32": str,
    "address": str,
    "address[]": lambda text: tuple(text.split()),
}
_TYPED = {body: [_TYPES.get(kind, int) for kind, _, _ in _declared(body)] for body in DECLARED}
