"""Storage proofs of a chain that is made up: its tries have one leaf, or two below one branch."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from edgeline.errors import Revoked, Tampered
from edgeline.provenance.proof import Proof, check, key_slot, record_slot
from edgeline.provenance.receipt import Receipt, StorageProof
from edgeline.provenance.record import Deployment, Record
from edgeline.provenance.statement import Statement, Subject
from edgeline.provenance.trie import Item, encode, keccak256

STATEMENT = Statement((Subject("photo.txt", 64 * "1"),), "data")
RECORD = Record(STATEMENT.digest, "0x" + 40 * "1", 1_700_000_000, 7, 1)


def proven(receipt: Receipt, pinned: str | None = None) -> Proof:
    return check(receipt, receipt.statement.subject, pinned)


def refused(receipt: Receipt, pinned: str | None = None) -> str:
    """What the check found, which is to say that the receipt was tampered with."""
    with pytest.raises(Tampered) as caught:
        proven(receipt, pinned)
    return caught.value.found


# From here on the chain is made up: a trie of one leaf for the state, one of two leaves for the storage.

DEPLOYMENT = Deployment(1, "0x" + 64 * "a", "0x" + 40 * "b", "0x" + 64 * "c")
CODE = bytes.fromhex(64 * "c")


def leaf(key: bytes, value: bytes) -> bytes:
    return encode([b"\x20" + keccak256(key), value])


def trie_of(key: bytes, value: bytes, other_key: bytes, other: bytes) -> tuple[bytes, bytes, bytes]:
    """A branch, and below it the two leaves, whose keys differ in their first digit."""
    first, second = keccak256(key), keccak256(other_key)
    leaves = [
        encode([bytes([0x30 | k[0] & 15]) + k[1:], v]) for k, v in ((first, value), (second, other))
    ]
    places: list[Item] = [b""] * 17
    for k, one in zip((first, second), leaves, strict=True):
        assert places[k[0] >> 4] == b""
        places[k[0] >> 4] = keccak256(one)
    return encode(places), leaves[0], leaves[1]


def header_of(root: bytes, number: bytes = b"\x63") -> Item:
    """A block's header that names the state's root and its own number, and nothing else."""
    return [*(3 * [b""]), root, *(4 * [b""]), number, *(6 * [b""])]


def made_up(
    *,
    slot: Callable[[Record], bytes] = lambda record: encode(record.pack().lstrip(b"\0")),
    slot_key: bytes | None = None,
    key: bytes = b"\x02",
    contract: bytes = bytes.fromhex(40 * "b"),
    account: Callable[[bytes], Item] = lambda root: [b"\x01", b"", root, CODE],
    header: Callable[[bytes], Item] = header_of,
) -> Receipt:
    """A receipt of a record in block 7, proven as of block 99 of this chain."""
    place = slot_key or record_slot(RECORD.key)
    storage = trie_of(place, slot(RECORD), key_slot(RECORD.anchorer), encode(key))
    state = leaf(contract, encode(account(keccak256(storage[0]))))
    nodes = [f"0x{rlp.hex()}" for rlp in (encode(header(keccak256(state))), state, *storage)]
    return Receipt(
        statement=STATEMENT,
        lineage=(),
        deployment=DEPLOYMENT,
        record=RECORD,
        block_hash="0x" + 64 * "e",
        transaction="0x" + 64 * "f",
        storage=StorageProof(nodes[0], (nodes[1],), (nodes[2], nodes[3]), (nodes[2], nodes[4])),
    )


def hash_of_header(receipt: Receipt) -> str:
    assert receipt.storage
    return f"0x{keccak256(bytes.fromhex(receipt.storage.header[2:])).hex()}"


def test_a_chain_verifies_against_its_own_block_only() -> None:
    receipt, other = made_up(), "0x" + 64 * "9"
    assert proven(receipt, hash_of_header(receipt)).block == 99
    assert refused(receipt, other) == (
        f"header: that of block {hash_of_header(receipt)}, not of the pinned {other}"
    )


def test_the_block_of_the_record_has_one_hash() -> None:
    receipt = made_up(header=lambda root: header_of(root, b"\x07"))
    assert refused(receipt).startswith("header: that of 0x")
    assert proven(replace(receipt, block_hash=hash_of_header(receipt))).block == 7


@pytest.mark.parametrize(
    "header",
    [
        lambda root: b"text",
        lambda root: [],
        lambda root: [*(3 * [b""]), root, *(4 * [b""]), b"\x63"],
        lambda root: header_of(root, b"\0\x63"),
        lambda root: header_of(root, 9 * b"\x63"),
        lambda root: [*(3 * [b""]), root, *(4 * [b""]), [b"\x63"], *(6 * [b""])],
        lambda root: [[b"\x63"], *header_of(root)],
    ],
)
def test_what_is_no_header_is_refused(header: Callable[[bytes], Item]) -> None:
    assert refused(made_up(header=header)).startswith("header: ")


def test_a_block_has_a_number_of_eight_bytes() -> None:
    assert proven(made_up(header=lambda root: header_of(root, 8 * b"\xff"))).block == 2**64 - 1


def test_bytes_that_are_no_rlp_are_no_header() -> None:
    receipt = made_up()
    assert receipt.storage
    broken = replace(receipt, storage=replace(receipt.storage, header="0xff"))
    assert refused(broken) == "header: RLP that is not canonical"


def test_a_block_without_the_contract_is_refused() -> None:
    assert refused(made_up(contract=bytes(20))) == f"account: none at 0x{40 * 'b'}"


@pytest.mark.parametrize(
    "account",
    [
        lambda root: [b"\x01", b"", root, bytes(32)],
        lambda root: [b"\x01", b"", root],
        lambda root: [b"\x01", b"", root, CODE, b""],
        lambda root: [b"\x01", b"", root, [CODE]],
        lambda root: b"text",
    ],
)
def test_an_account_with_other_code_is_refused(account: Callable[[bytes], Item]) -> None:
    assert refused(made_up(account=account)).startswith("account: ")


def test_an_account_without_storage_holds_no_record() -> None:
    found = refused(made_up(account=lambda root: [b"\x01", b"", b"", CODE]))
    assert found.startswith("slot: ")


def test_a_contract_without_the_record_is_refused() -> None:
    receipt = made_up(slot_key=bytes(32))
    assert receipt.storage
    branch = replace(receipt.storage, slot=receipt.storage.slot[:1])
    found = refused(replace(receipt, storage=branch))
    assert found == f"slot: no record of {RECORD.key}"


def compromised(since: int) -> Receipt:
    """The anchorer has the role ANCHORER, and its key is compromised since then."""
    return made_up(key=(since << 8 | 2).to_bytes(6).lstrip(b"\0"))


def test_what_a_compromised_key_anchored_does_not_count() -> None:
    for since in (1, RECORD.time):
        with pytest.raises(Revoked, match=f"compromised since second {since} of 1970"):
            proven(compromised(since))
    assert proven(compromised(RECORD.time + 1)).trusted[-1].endswith("after block 99")


def test_the_proof_of_the_key_is_its_own() -> None:
    receipt = made_up()
    assert receipt.storage
    for nodes in (receipt.storage.slot, receipt.storage.key[:1], (*receipt.storage.key, "0x01")):
        changed = replace(receipt, storage=replace(receipt.storage, key=nodes))
        assert refused(changed).startswith("key: ")


def test_another_record_is_told_field_by_field() -> None:
    later = made_up(slot=lambda record: encode(replace(record, time=9, flags=257).pack()))
    time = later.record.time
    assert refused(later) == f"slot: another record: time 9 and not {time}, flags 257 and not 0"


@pytest.mark.parametrize(
    "slot",
    [
        lambda record: encode(record.pack()),  # a leading zero
        lambda record: encode([record.pack()]),
        lambda record: encode(b"\x01" + record.pack()),
        lambda record: b"\x81\x01",
        lambda record: b"\x80",
    ],
)
def test_what_is_no_record_is_refused(slot: Callable[[Record], bytes]) -> None:
    assert refused(made_up(slot=slot)).startswith("slot: ")
