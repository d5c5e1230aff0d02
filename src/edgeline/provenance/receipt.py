"""A statement, everything it came from, and the proof that a chain wrote it down: one file.

A receipt can be checked without a network (proof.py says what that shows) and by asking the chain
again. This module reads and writes the file; whatever it hands out has the right form.

Chain values have one spelling: lower-case hexadecimal with 0x in front. SHA-256 digests go without.
"""

import os
import re
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from stat import S_ISREG
from typing import Any

from edgeline.digest import MAX_SAFE_INTEGER, JsonValue, canonical_json, parse_canonical
from edgeline.errors import Tampered
from edgeline.files import write_atomically
from edgeline.merkle import MAX_PATH
from edgeline.provenance.statement import Statement, check_lineage, is_digest, parse_statement

RECEIPT_NAME = "receipt.json"
RECEIPT_SCHEMA = "edgeline.receipt/2"

MAX_BYTES = 4 * 2**20
# A branch of a trie has 532 bytes, a path 64 steps. Chains of known validators keep signatures in a header.
MAX_HEADER_BYTES, MAX_NODE_BYTES, MAX_NODES = 2**16, 2**10, 65

REVOKED = 1
"""The flag of a record that was revoked; the reason is in the upper eight bits of the flags."""

REASONS = (
    "unspecified",
    "superseded",
    "defective",
    "data withdrawn",
    "key compromised",
    "not allowed",
)
"""By their numbers, which are never given to another reason."""

_HEX = re.compile(r"0x(?:[0-9a-f]{2})+")
_HASH = re.compile(r"0x[0-9a-f]{64}")
_ACCOUNT = re.compile(r"0x[0-9a-f]{40}")
_NODE = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Deployment:
    """One contract on one chain; the genesis hash tells chains apart that share a number."""

    chain_id: int
    genesis: str
    contract: str
    code_hash: str
    """Keccak-256 of the contract's runtime code."""

    def __post_init__(self) -> None:
        _check("chain_id", _is_count(self.chain_id, MAX_SAFE_INTEGER))
        _check("genesis", _fits(_HASH, self.genesis))
        _check("contract", _fits(_ACCOUNT, self.contract))
        _check("code_hash", _fits(_HASH, self.code_hash))


@dataclass(frozen=True)
class Record:
    """What the contract's storage holds under a key, in one word of 32 bytes."""

    key: str
    """Digest of a statement, or id of a tree."""
    anchorer: str
    time: int
    """The block's, in seconds since 1970 UTC."""
    block: int
    kind: int
    flags: int = 0

    def __post_init__(self) -> None:
        _check("key", isinstance(self.key, str) and is_digest(self.key))
        _check("anchorer", _fits(_ACCOUNT, self.anchorer))
        _check("time", _is_count(self.time, 2**40 - 1))
        _check("block", _is_count(self.block, 2**32 - 1))
        _check("kind", _is_count(self.kind, 2**8 - 1))
        _check("flags", _is_count(self.flags, 2**16 - 1))

    @property
    def revoked(self) -> bool:
        return bool(self.flags & REVOKED)

    @property
    def reason(self) -> int:
        return self.flags >> 8

    @property
    def reason_name(self) -> str:
        """In words; others may write numbers that this version has no name for."""
        return REASONS[self.reason] if self.reason < len(REASONS) else f"reason {self.reason}"

    def pack(self) -> bytes:
        """The word of storage, highest byte first."""
        bits = self.flags << 240 | self.kind << 232 | self.block << 200 | self.time << 160
        return (bits | int(self.anchorer, 16)).to_bytes(32, "big")

    @classmethod
    def unpack(cls, key: str, word: bytes) -> "Record":
        """The record in this word of storage."""
        bits = int.from_bytes(word, "big")
        anchorer, time, block = bits % 2**160, bits >> 160 & 2**40 - 1, bits >> 200 & 2**32 - 1
        return cls(key, f"0x{anchorer:040x}", time, block, bits >> 232 & 0xFF, bits >> 240)


@dataclass(frozen=True)
class Inclusion:
    """Where in a tree of statements this one is, and the hashes beside its way to the root."""

    root: str
    size: int
    index: int
    path: tuple[str, ...]

    def __post_init__(self) -> None:
        _check("root", _fits(_NODE, self.root))
        _check("size", _is_count(self.size, MAX_SAFE_INTEGER))
        _check("index", _is_count(self.index, self.size - 1))
        _check("path", len(self.path) <= MAX_PATH and all(_fits(_NODE, one) for one in self.path))


@dataclass(frozen=True)
class StorageProof:
    """What the contract's storage held as of one block, provable from the block's hash alone."""

    header: str
    """The block's header in RLP."""
    account: tuple[str, ...]
    """Nodes of the state trie from its root to the contract's account."""
    slot: tuple[str, ...]
    """Nodes of the storage trie from its root to the record."""

    def __post_init__(self) -> None:
        _check("header", _fits(_HEX, self.header) and len(self.header) <= 2 * MAX_HEADER_BYTES + 2)
        _check("account", _are_nodes(self.account))
        _check("slot", _are_nodes(self.slot))


@dataclass(frozen=True)
class Receipt:
    """A statement with its whole history, and its place on a chain."""

    statement: Statement
    lineage: tuple[Statement, ...]
    """Every ancestor once, each after its own parents."""
    deployment: Deployment
    record: Record
    block_hash: str
    """Of the block in which the record was written, as `transaction` of the transaction."""
    transaction: str
    inclusion: Inclusion | None = None
    """None where the record's key is the statement's own digest."""
    storage: StorageProof | None = None

    def __post_init__(self) -> None:
        check_lineage(self.statement, self.lineage)
        _check("block_hash", _fits(_HASH, self.block_hash))
        _check("transaction", _fits(_HASH, self.transaction))


def receipt_path(thing: Path) -> Path:
    """Where the receipt of this file or folder lies."""
    return (
        thing / RECEIPT_NAME if thing.is_dir() else thing.with_name(f"{thing.name}.{RECEIPT_NAME}")
    )


def write_receipt(receipt: Receipt, path: Path) -> Path:
    """Puts the receipt into this file, whole or not at all.

    Raises:
        ValueError: its history is too long for a file that `read_receipt` would read.
    """
    data = encode_receipt(receipt)
    if len(data) > MAX_BYTES:
        raise ValueError(f"a receipt of {len(data)} bytes; the most is {MAX_BYTES}")
    path = path.absolute()
    # Beside an artifact's folder, not in it: if this is cut off, one file more would look like tampering.
    write_atomically(path, data, beside=path.parent if path.name == RECEIPT_NAME else None)
    return path


def read_receipt(path: Path) -> Receipt | None:
    """The receipt in this file, or None if there is no such file.

    Raises:
        Tampered: the bytes are not exactly those that `write_receipt` would have written.
    """
    if not (path.exists() or path.is_symlink()):
        return None
    try:
        return parse_receipt(_read(path))
    except (ValueError, OSError) as error:
        raise Tampered(
            expected=f"{path} as it was written",
            found=str(error) if isinstance(error, ValueError) else "no readable file",
            remedy="take it from its source again, or delete this file and ask the chain",
        ) from error


def _read(path: Path) -> bytes:
    # A pipe is opened without waiting for its other end, and then seen to be none of ours.
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        if not S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError("no plain file")
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValueError(f"more than {MAX_BYTES} bytes")
    return data


def encode_receipt(receipt: Receipt) -> bytes:
    """The canonical bytes of a receipt."""
    return canonical_json(_to_json(receipt))


def parse_receipt(data: bytes) -> Receipt:
    """The receipt with exactly these bytes.

    Raises:
        ValueError: not canonical JSON, other fields, a value of the wrong form, a history with gaps.
    """
    value = parse_canonical(data)
    with suppress(TypeError, KeyError):
        receipt = _from_json(value)
        if _to_json(receipt) == value:
            return receipt
    raise ValueError(f"not the fields of {RECEIPT_SCHEMA}")


def _to_json(receipt: Receipt) -> dict[str, JsonValue]:
    return {
        "schema": RECEIPT_SCHEMA,
        "statement": receipt.statement.to_json(),
        "lineage": [ancestor.to_json() for ancestor in receipt.lineage],
        "deployment": _plain(receipt.deployment),
        "record": _plain(receipt.record),
        "block_hash": receipt.block_hash,
        "transaction": receipt.transaction,
        "inclusion": _plain(receipt.inclusion),
        "storage": _plain(receipt.storage),
    }


def _plain(part: Deployment | Record | Inclusion | StorageProof | None) -> JsonValue:
    values = asdict(part) if part else {}
    return {
        key: list(value) if isinstance(value, tuple) else value for key, value in values.items()
    } or None


def _from_json(value: Any) -> Receipt:
    """Built without looking; every class checks its own values, and the caller what was left out."""
    inclusion, storage = value["inclusion"], value["storage"]
    return Receipt(
        parse_statement(value["statement"]),
        tuple(map(parse_statement, value["lineage"])),
        Deployment(**value["deployment"]),
        Record(**value["record"]),
        value["block_hash"],
        value["transaction"],
        inclusion and Inclusion(**inclusion | {"path": tuple(inclusion["path"])}),
        storage
        and StorageProof(storage["header"], tuple(storage["account"]), tuple(storage["slot"])),
    )


def _check(name: str, holds: bool) -> None:
    if not holds:
        raise ValueError(f"no valid {name}")


def _fits(form: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and form.fullmatch(value) is not None


def _is_count(value: object, most: int) -> bool:
    # True is an integer to Python, and something else in JSON.
    return type(value) is int and 0 <= value <= most


def _are_nodes(nodes: tuple[object, ...]) -> bool:
    return len(nodes) <= MAX_NODES and all(
        isinstance(node, str) and len(node) <= 2 * MAX_NODE_BYTES + 2 and _fits(_HEX, node)
        for node in nodes
    )
