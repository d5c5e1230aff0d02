"""What a receipt proves without a network, and how anything else ends."""

from dataclasses import replace
from pathlib import Path

import pytest

from edgeline.digest import sha256_file
from edgeline.errors import EdgelineError, NotAnchored, RecipeError, Revoked, Tampered
from edgeline.provenance.proof import Proof, check, record_slot
from edgeline.provenance.receipt import Receipt, parse_receipt, read_receipt
from edgeline.provenance.statement import LEAF, TREE

GOLDEN = Path(__file__).parents[1] / "golden" / "receipts"
VALID = ("single", "leaf", "artifact", "3/single", "3/leaf", "3/artifact")
REVOKED = ("revoked", "3/revoked")
"""Receipts of schema 3 lie in a folder of their own; the others are of schema 2."""
ALL = (*VALID, *REVOKED)
# What to ask a node about, beyond what a storage proof shows.
POINTERS = {"block_hash": "0x" + 64 * "0", "transaction": "0x" + 64 * "0"}


def golden(name: str) -> tuple[Receipt, str]:
    """A receipt made on a real chain, and the hash of the block that it was proven against."""
    receipt = read_receipt(GOLDEN / f"{name}.receipt.json")
    assert receipt
    return receipt, (GOLDEN / f"{name}.block").read_text().strip()


def proven(receipt: Receipt, pinned: str | None = None) -> Proof:
    return check(receipt, receipt.statement.subject, pinned)


@pytest.mark.parametrize("name", VALID)
def test_a_receipt_of_once_verifies_for_ever(name: str) -> None:
    receipt, block = golden(name)
    proof = check(receipt, receipt.statement.subject, block, receipt.deployment)
    assert (proof.level, proof.block_hash) == (2, block)
    assert proof.trusted[0] == f"it was not revoked after block {proof.block}"
    sound = "its anchorer's key was not compromised"
    assert proof.trusted[1] == sound + (
        f" after block {proof.block}" if name.startswith("3/") else ""
    )


@pytest.mark.parametrize("name", REVOKED)
def test_a_revoked_statement_says_why(name: str) -> None:
    receipt, block = golden(name)
    with pytest.raises(Revoked, match=f"{receipt.statement.digest} revoked: defective"):
        proven(receipt, block)


def test_without_a_pinned_block_it_must_be_trusted() -> None:
    receipt, block = golden("single")
    proof = proven(receipt)
    assert proof.trusted == (
        f"block {proof.block} is {block}",
        f"it was not revoked after block {proof.block}",
        "its anchorer's key was not compromised",
    )


def test_without_a_storage_proof_the_record_must_be_trusted() -> None:
    receipt, _ = golden("single")
    proof = proven(replace(receipt, storage=None))
    assert (proof.level, proof.block) == (1, None)
    assert proof.trusted == (
        "the contract holds this record",
        "it was not revoked",
        "its anchorer's key is not compromised",
    )


def test_of_a_leaf_the_tree_does_not_tell_whether_it_was_revoked_alone() -> None:
    receipt, block = golden("leaf")
    assert proven(receipt, block).trusted[2:] == ("it was not revoked apart from its tree",)


def test_the_files_of_the_golden_artifact_are_what_was_anchored() -> None:
    receipt, block = golden("artifact")
    folder = GOLDEN.parent / "artifacts" / receipt.statement.subject
    assert [ancestor.kind for ancestor in receipt.lineage] == ["data", "tuned"]
    for subject in receipt.statement.subjects:
        assert check(receipt, sha256_file(folder / subject.name), block).level == 2


def test_a_claimed_revocation_needs_no_proof() -> None:
    receipt, _ = golden("revoked")
    with pytest.raises(Revoked):
        proven(replace(receipt, storage=None))


def outcome(data: bytes, block: str, original: Receipt) -> tuple[object, Receipt | None]:
    """What the check of these bytes says, and what they claim where they are accepted."""
    try:
        receipt = parse_receipt(data)
    except ValueError:
        return "refused", None
    try:
        return check(receipt, original.statement.subject, block, original.deployment), receipt
    except Revoked as error:
        return str(error), receipt
    except Tampered:
        return "refused", None


def another(byte: int) -> set[int]:
    """A flipped bit, and another letter or digit where there was one: hexadecimal stays so."""
    return {byte ^ 1, ord(chr(byte).translate(str.maketrans("0a1f", "1b0e")))} - {byte}


@pytest.mark.parametrize("name", ALL)
def test_every_changed_byte_is_refused_or_changes_nothing_that_is_proven(name: str) -> None:
    receipt, block = golden(name)
    data = (GOLDEN / f"{name}.receipt.json").read_bytes()
    expected, _ = outcome(data, block, receipt)
    assert expected != "refused"
    for at, byte in enumerate(data):
        for other in another(byte):
            found, claimed = outcome(data[:at] + bytes([other]) + data[at + 1 :], block, receipt)
            if claimed is not None:
                assert found == expected
                assert replace(claimed, **POINTERS) == replace(receipt, **POINTERS)


def refused(receipt: Receipt, pinned: str | None = None) -> str:
    """What the check found, which is to say that the receipt was tampered with."""
    with pytest.raises(Tampered) as caught:
        proven(receipt, pinned)
    assert caught.value.exit_code == 4
    return caught.value.found


def test_a_receipt_of_something_else_is_refused() -> None:
    receipt, block = golden("single")
    with pytest.raises(Tampered, match=f"found statement: nothing about {64 * '9'}"):
        check(receipt, 64 * "9", block)


def test_a_receipt_of_another_deployment_is_refused() -> None:
    receipt, block = golden("single")
    for field, value in (("chain_id", 5), ("genesis", "0x" + 64 * "9"), ("code_hash", block)):
        other = replace(receipt.deployment, **{field: value})
        with pytest.raises(Tampered, match="found deployment: "):
            check(receipt, receipt.statement.subject, block, other)


@pytest.mark.parametrize("pinned", ["", "1", 64 * "a", "0x" + 64 * "A", "0x" + 63 * "a", "latest"])
def test_what_is_pinned_is_the_hash_of_a_block(pinned: str) -> None:
    receipt, _ = golden("single")
    with pytest.raises(RecipeError, match="the hash of a block"):
        proven(receipt, pinned)


def test_a_pinned_block_asks_for_a_storage_proof() -> None:
    receipt, block = golden("single")
    with pytest.raises(NotAnchored, match="a receipt without one"):
        proven(replace(receipt, storage=None), block)


def with_record(receipt: Receipt, **changes: str | int) -> Receipt:
    return replace(receipt, record=replace(receipt.record, **changes))


def test_a_record_of_another_key_is_refused() -> None:
    receipt, _ = golden("single")
    assert refused(with_record(receipt, key=64 * "9")).startswith("record: another key")


def test_a_record_of_another_kind_is_refused() -> None:
    single, leaf = golden("single")[0], golden("leaf")[0]
    assert refused(with_record(single, kind=2)) == "record: kind 2 for a statement of kind data"
    assert refused(with_record(single, kind=LEAF)).startswith("record: kind 254")
    assert refused(with_record(single, kind=TREE)).startswith("record: kind 255")
    assert refused(with_record(leaf, kind=5)) == "record: kind 5 where a tree was anchored"


def test_a_leaf_that_was_revoked_alone_has_a_record_of_its_own() -> None:
    receipt, _ = golden("single")
    alone = with_record(receipt, kind=LEAF, flags=3 << 8 | 1)
    with pytest.raises(Revoked, match="data withdrawn"):
        proven(replace(alone, storage=None))


def with_inclusion(receipt: Receipt, **changes: object) -> Receipt:
    assert receipt.inclusion
    return replace(receipt, inclusion=replace(receipt.inclusion, **changes))


def test_a_leaf_of_another_tree_is_refused() -> None:
    receipt, _ = golden("leaf")
    assert receipt.inclusion
    size, index, path = receipt.inclusion.size, receipt.inclusion.index, receipt.inclusion.path
    for other in (
        with_inclusion(receipt, size=size + 1),
        with_inclusion(receipt, root=64 * "9"),
    ):
        assert refused(other).startswith("inclusion: a tree that")
    for other in (
        with_inclusion(receipt, index=index + 1),
        with_inclusion(receipt, path=path[:-1]),
        with_inclusion(receipt, path=(*path, path[0])),
        with_inclusion(receipt, path=path[::-1]),
        replace(receipt, statement=replace(receipt.statement, salt=32 * "1")),
    ):
        assert refused(other).startswith("inclusion: no path")


def test_another_block_than_the_pinned_one_is_refused() -> None:
    receipt, block = golden("single")
    assert refused(receipt, "0x" + 64 * "9") == (
        f"header: that of block {block}, not of the pinned 0x{64 * '9'}"
    )


def test_nodes_that_are_missing_or_too_many_are_refused() -> None:
    receipt, block = golden("3/single")
    assert receipt.storage
    for part in ("account", "slot", "key"):
        nodes = getattr(receipt.storage, part)
        for other in (nodes[:-1], (*nodes, nodes[-1]), nodes[::-1]):
            changed = replace(receipt, storage=replace(receipt.storage, **{part: other}))
            assert refused(changed, block).startswith(f"{part}: ")


def test_a_record_lies_where_solidity_puts_it() -> None:
    """keccak256 of the key and of the number of the mapping, each in 32 bytes."""
    assert record_slot(64 * "0").hex() == (
        "ad3228b676f7d3cd4284a5443f17f1962b36e491b30a40b2405849e597ba5fb5"
    )


def test_every_refusal_is_one_line_that_says_what_to_do() -> None:
    receipt, _ = golden("single")
    with pytest.raises(EdgelineError) as caught:
        proven(receipt, "0x" + 64 * "9")
    assert str(caught.value).count("\n") == 0
    assert caught.value.remedy.startswith("take ")
