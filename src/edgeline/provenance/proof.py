"""What a receipt shows without a network, and what remains to be believed.

    level 0   the thing's digest is in the statement, whose history is linked by digests
    level 1   the statement is what the record was written for: by its digest, or by its place in a tree
    level 2   the contract's storage held the record as of a block, given that block's hash, and the key that
              anchored it was not compromised then
    level 3   the chain says so now, revocations included: that takes a network, and is not asked here

A receipt that falls short of level 1 is broken. The storage proof is Ethereum's: the header hashes to
the block's hash and names the state's root, under which the account names its code and the root of its
storage, under which the record and the anchorer's key lie (EIP-1186). Receipts of the earlier schema
say nothing of the key.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields

from edgeline.errors import NotAnchored, RecipeError, Revoked, Tampered
from edgeline.merkle import tree_id, verify
from edgeline.provenance.receipt import RECEIPT_SCHEMA, Inclusion, Receipt, StorageProof
from edgeline.provenance.record import HASH, Deployment, Record, reason_name
from edgeline.provenance.statement import KINDS, LEAF, TREE, Statement
from edgeline.provenance.trie import Item, decode, get, keccak256

# Places in a block's header and in an account (Yellow Paper, 4.1 and 4.4).
STATE_ROOT, NUMBER, LEAST_FIELDS = 3, 8, 15
STORAGE_ROOT, CODE_HASH, ACCOUNT_FIELDS = 2, 3, 4


@dataclass(frozen=True)
class Proof:
    """A level that was reached. Whatever else the receipt says is a pointer for asking a node."""

    level: int
    trusted: tuple[str, ...]
    """What must still be believed, a sentence each."""
    block: int | None = None
    """Number of the block that the storage proof is about, and its hash."""
    block_hash: str | None = None


def check(
    receipt: Receipt,
    digest: str,
    pinned: str | None = None,
    deployment: Deployment | None = None,
) -> Proof:
    """What this receipt proves about the thing with this digest.

    `pinned` is the hash of a block that is known to be of the chain, `deployment` the one expected.

    Raises:
        Tampered: what was found begins with the part that is broken: statement, deployment, record,
            inclusion, header, account, slot or key.
        Revoked: the record is marked so, or its anchorer's key was compromised when it was written.
        NotAnchored: a block is pinned, and the receipt holds no storage proof.
        RecipeError: what is pinned is no hash of a block.
    """
    if pinned is not None and not HASH.fullmatch(pinned):
        raise RecipeError(
            expected="the hash of a block, 0x and 64 lower-case hexadecimal characters",
            found=repr(pinned),
            remedy="take it from where you trust the chain",
        )
    with _part(receipt, "statement"):
        if not receipt.is_about(digest):
            raise ValueError(f"nothing about {digest}")
    with _part(receipt, "deployment"):
        if deployment not in (None, receipt.deployment):
            raise ValueError(f"{receipt.deployment.contract}, or another chain or code")
    with _part(receipt, "record"):
        _check_record(receipt.statement, receipt.record, receipt.inclusion)
    if receipt.inclusion:
        with _part(receipt, "inclusion"):
            _check_inclusion(receipt.statement.digest, receipt.record, receipt.inclusion)
    proof = _against_block(receipt, pinned)
    if receipt.record.revoked:
        raise Revoked(
            expected="a statement that holds",
            found=f"{receipt.statement.digest} revoked: {reason_name(receipt.record.reason)}",
            remedy="use what replaced it; whoever anchored it knows more",
        )
    return proof


def record_slot(key: str) -> bytes:
    """Where the contract's storage holds the record of a key: in `records`, its first variable."""
    return keccak256(bytes.fromhex(key) + bytes(32))


def key_slot(account: str) -> bytes:
    """Where it holds what is known of an account's key: in `keys`, its second variable."""
    return keccak256(_octets(account).rjust(32, b"\0") + (1).to_bytes(32))


def _check_record(statement: Statement, record: Record, inclusion: Inclusion | None) -> None:
    """Level 1: the record is this statement's, or that of a tree which the statement is in."""
    if inclusion is None:
        if record.key != statement.digest:
            raise ValueError(f"another key than the statement's {statement.digest}")
        if record.kind != KINDS[statement.kind] and not (record.kind == LEAF and record.revoked):
            raise ValueError(f"kind {record.kind} for a statement of kind {statement.kind}")
    elif record.kind != TREE:
        raise ValueError(f"kind {record.kind} where a tree was anchored")


def _check_inclusion(digest: str, record: Record, inclusion: Inclusion) -> None:
    leaf, *path, root = map(bytes.fromhex, (digest, *inclusion.path, inclusion.root))
    if record.key != tree_id(root, inclusion.size).hex():
        raise ValueError(f"a tree that {record.key} does not name")
    if not verify(leaf, inclusion.index, inclusion.size, path, root):
        raise ValueError(f"no path from {digest} to root {inclusion.root}")


def _against_block(receipt: Receipt, pinned: str | None) -> Proof:
    alone = ("it was not revoked apart from its tree",) if receipt.record.kind == TREE else ()
    if receipt.storage is not None:
        number, block_hash = _check_storage(receipt, receipt.storage, pinned)
        block = () if pinned else (f"block {number} is {block_hash}",)
        after = f" after block {number}"
        proven = after if receipt.schema == RECEIPT_SCHEMA else ""
        key = f"its anchorer's key was not compromised{proven}"
        return Proof(2, (*block, f"it was not revoked{after}", key, *alone), number, block_hash)
    if pinned is None:
        held = ("the contract holds this record", "it was not revoked")
        return Proof(1, (*held, "its anchorer's key is not compromised", *alone))
    raise NotAnchored(
        expected=f"a storage proof to compare with block {pinned}",
        found="a receipt without one",
        remedy="take the receipt from a node that serves eth_getProof, or verify with a network",
    )


def _check_storage(receipt: Receipt, storage: StorageProof, pinned: str | None) -> tuple[int, str]:
    """Level 2: number and hash of the block as of which the contract held the record."""
    header = _octets(storage.header)
    block_hash = f"0x{keccak256(header).hex()}"
    with _part(receipt, "header"):
        if pinned not in (None, block_hash):
            raise ValueError(f"that of block {block_hash}, not of the pinned {pinned}")
        state_root, number = _read_header(header)
        if number == receipt.record.block and receipt.block_hash != block_hash:
            raise ValueError(f"that of {block_hash}, not of {receipt.block_hash}")
    with _part(receipt, "account"):
        storage_root = _read_account(state_root, receipt.deployment, storage.account)
    with _part(receipt, "slot"):
        _check_slot(storage_root, receipt.record, storage.slot)
    if receipt.schema == RECEIPT_SCHEMA:
        with _part(receipt, "key"):
            # the lowest 8 bits are the account's roles, and what follows is the time, 0 for never
            word = _word(storage_root, key_slot(receipt.record.anchorer), storage.key)
        _require_sound_key(receipt.record, int.from_bytes(word) >> 8)
    return number, block_hash


def _read_header(header: bytes) -> tuple[bytes, int]:
    values = _values(decode(header))
    if len(values) < LEAST_FIELDS or values[NUMBER][:1] == b"\0" or len(values[NUMBER]) > 8:
        raise ValueError("not the fields of a block's header")
    return values[STATE_ROOT], int.from_bytes(values[NUMBER])


def _read_account(state_root: bytes, deployment: Deployment, nodes: tuple[str, ...]) -> bytes:
    found = get(state_root, keccak256(_octets(deployment.contract)), [*map(_octets, nodes)])
    if found is None:
        raise ValueError(f"none at {deployment.contract}")
    account = _values(decode(found))
    if len(account) != ACCOUNT_FIELDS or account[CODE_HASH] != _octets(deployment.code_hash):
        raise ValueError(f"other code than {deployment.code_hash}")
    return account[STORAGE_ROOT]


def _check_slot(storage_root: bytes, record: Record, nodes: tuple[str, ...]) -> None:
    word = _word(storage_root, record_slot(record.key), nodes)
    if not any(word):
        raise ValueError(f"no record of {record.key}")
    if word != record.pack():
        held = Record.unpack(record.key, word)
        differences = [
            f"{field.name} {getattr(held, field.name)} and not {getattr(record, field.name)}"
            for field in fields(Record)
            if getattr(held, field.name) != getattr(record, field.name)
        ]
        raise ValueError(f"another record: {', '.join(differences)}")


def _word(storage_root: bytes, slot: bytes, nodes: tuple[str, ...]) -> bytes:
    """What a slot holds: 32 bytes, zeros where there is nothing."""
    found = get(storage_root, keccak256(slot), [*map(_octets, nodes)])
    word = b"" if found is None else _values([decode(found)])[0]
    if word[:1] == b"\0":
        raise ValueError("a number with zeros in front")
    return word.rjust(32, b"\0")


def _require_sound_key(record: Record, since: int) -> None:
    if since and record.time >= since:
        raise Revoked(
            expected="a statement anchored with a sound key",
            found=f"the key of {record.anchorer} compromised since second {since} of 1970",
            remedy="ask whoever anchored it to state it anew with another key",
        )


def _values(item: Item) -> list[bytes]:
    values = [value for value in item if isinstance(value, bytes)]
    if len(values) != len(item):
        raise ValueError("a list where bytes belong")
    return values


def _octets(text: str) -> bytes:
    return bytes.fromhex(text[2:])


@contextmanager
def _part(receipt: Receipt, name: str) -> Iterator[None]:
    """Whatever does not fit in here breaks this part of the receipt."""
    try:
        yield
    except ValueError as error:
        raise Tampered(
            expected=f"{receipt} to prove what it says",
            found=f"{name}: {error}",
            remedy="take the thing and its receipt from their source again",
        ) from error
