"""A statement, everything it came from, and the proof that a chain wrote it down: one file.

A receipt can be checked without a network (proof.py says what that shows) and by asking the chain
again. This module reads and writes the file; whatever it hands out has the right form.

Chain values have one spelling: lower-case hexadecimal with 0x in front. SHA-256 digests go without.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from edgeline.digest import MAX_SAFE_INTEGER, canonical_json, parse_canonical
from edgeline.errors import Tampered
from edgeline.files import write_atomically
from edgeline.merkle import MAX_PATH
from edgeline.provenance.record import HASH, Deployment, Record, check_field, fits, is_count
from edgeline.provenance.statement import Statement, check_lineage, parse_statement

RECEIPT_NAME = "receipt.json"
RECEIPT_SCHEMA, EARLIER_SCHEMA = "edgeline.receipt/3", "edgeline.receipt/2"
"""The earlier one, of contracts whose keys took over from one another, proves nothing of the anchorer's key."""

MAX_BYTES = 4 * 2**20
# A branch of a trie has 532 bytes, a path 64 steps. Chains of known validators keep signatures in a header.
MAX_HEADER_BYTES, MAX_NODE_BYTES, MAX_NODES = 2**16, 2**10, 65

_HEX = re.compile(r"0x(?:[0-9a-f]{2})+")
_NODE = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Inclusion:
    """Where in a tree of statements this one is, and the hashes beside its way to the root."""

    root: str
    size: int
    index: int
    path: tuple[str, ...]

    def __post_init__(self) -> None:
        check_field("root", fits(_NODE, self.root))
        check_field("size", is_count(self.size, MAX_SAFE_INTEGER))
        check_field("index", is_count(self.index, self.size - 1))
        check_field(
            "path", len(self.path) <= MAX_PATH and all(fits(_NODE, one) for one in self.path)
        )


@dataclass(frozen=True)
class StorageProof:
    """What the contract's storage held as of one block, provable from the block's hash alone."""

    header: str
    """The block's header in RLP."""
    account: tuple[str, ...]
    """Nodes of the state trie from its root to the contract's account."""
    slot: tuple[str, ...]
    """Nodes of the storage trie from its root to the record."""
    key: tuple[str, ...] = ()
    """Likewise to what the contract knows of the anchorer's key; none in receipts of the earlier schema."""

    def __post_init__(self) -> None:
        check_field(
            "header", fits(_HEX, self.header) and len(self.header) <= 2 * MAX_HEADER_BYTES + 2
        )
        check_field("account", _are_nodes(self.account))
        check_field("slot", _are_nodes(self.slot))
        check_field("key", _are_nodes(self.key))


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
    schema: str = RECEIPT_SCHEMA
    path: Path | None = field(default=None, compare=False)
    """The file that it was read from, for what is wrong with it; no part of what it says."""

    def __str__(self) -> str:
        return f"receipt {self.path}" if self.path else "receipt"

    def is_about(self, digest: str) -> bool:
        """Whether a thing with this digest is among its statement's subjects."""
        return digest in {subject.sha256 for subject in self.statement.subjects}

    def __post_init__(self) -> None:
        check_lineage(self.statement, self.lineage)
        check_field("schema", self.schema in (RECEIPT_SCHEMA, EARLIER_SCHEMA))
        proves_key = self.schema == RECEIPT_SCHEMA
        check_field("key", self.storage is None or bool(self.storage.key) == proves_key)
        check_field("block_hash", fits(HASH, self.block_hash))
        check_field("transaction", fits(HASH, self.transaction))


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
        return parse_receipt(_read(path), path)
    except (ValueError, OSError) as error:
        raise Tampered(
            expected=f"{path} as it was written",
            found=str(error) if isinstance(error, ValueError) else "no readable file",
            remedy="take it from its source again, or delete this file and ask the chain",
        ) from error


def _read(path: Path) -> bytes:
    if path.exists() and not path.is_file():
        # To open a pipe would be to wait for its other end.
        raise ValueError("no plain file")
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValueError(f"more than {MAX_BYTES} bytes")
    return data


def encode_receipt(receipt: Receipt) -> bytes:
    """The canonical bytes of a receipt."""
    values = asdict(receipt)
    del values["path"]
    if receipt.storage and receipt.schema == EARLIER_SCHEMA:
        del values["storage"]["key"]
    values["statement"] = receipt.statement.to_json()
    values["lineage"] = [ancestor.to_json() for ancestor in receipt.lineage]
    return canonical_json(values)


def parse_receipt(data: bytes, path: Path | None = None) -> Receipt:
    """The receipt with exactly these bytes, read from the file at `path`.

    Raises:
        ValueError: not canonical JSON, other fields, a value of the wrong form, a history with gaps.
    """
    value: Any = parse_canonical(data)
    # Built without looking: every class checks its own values, and what was left out gives other bytes.
    with suppress(TypeError, KeyError, AttributeError):
        parts = {
            "statement": parse_statement(value["statement"]),
            "lineage": tuple(map(parse_statement, value["lineage"])),
            "deployment": Deployment(**value["deployment"]),
            "record": Record(**value["record"]),
            "inclusion": _proof(Inclusion, value["inclusion"]),
            "storage": _proof(StorageProof, value["storage"]),
        }
        receipt = Receipt(**{**value, **parts, "path": path})
        if encode_receipt(receipt) == data:
            return receipt
    raise ValueError(f"not the fields of {RECEIPT_SCHEMA} or {EARLIER_SCHEMA}")


def _proof(kind: Callable[..., object], values: dict[str, Any] | None) -> Any:
    if values is None:
        return None
    return kind(
        **{key: one if isinstance(one, str | int) else tuple(one) for key, one in values.items()}
    )


def _are_nodes(nodes: tuple[object, ...]) -> bool:
    return len(nodes) <= MAX_NODES and all(
        isinstance(node, str) and len(node) <= 2 * MAX_NODE_BYTES + 2 and fits(_HEX, node)
        for node in nodes
    )
