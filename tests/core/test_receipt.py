"""What a receipt holds: one spelling, every byte of which counts."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from edgeline.digest import canonical_json
from edgeline.provenance.receipt import (
    EARLIER_SCHEMA,
    Inclusion,
    Receipt,
    StorageProof,
    encode_receipt,
    parse_receipt,
    read_receipt,
    write_receipt,
)
from edgeline.provenance.record import Deployment, Record, reason_name
from edgeline.provenance.statement import Statement, Subject

DATA = Statement((Subject("card.json", 64 * "1"),), "data")
STATEMENT = Statement((Subject("manifest.json", 64 * "2"),), "artifact", (DATA.digest,))
DEPLOYMENT = Deployment(
    chain_id=1337,
    genesis="0x" + 64 * "a",
    contract="0x" + 40 * "b",
    code_hash="0x" + 64 * "c",
)
RECEIPT = Receipt(
    statement=STATEMENT,
    lineage=(DATA,),
    deployment=DEPLOYMENT,
    record=Record(64 * "5", "0x" + 40 * "d", 1_700_000_000, 7, 255, 0),
    block_hash="0x" + 64 * "e",
    transaction="0x" + 64 * "f",
    inclusion=Inclusion(64 * "6", 3, 1, (64 * "7", 64 * "8")),
    storage=StorageProof("0xc0", ("0x01", "0x0203"), ("0x04",), ("0x05",)),
)

EARLIER = StorageProof("0xc0", ("0x01",), ("0x04",))
"""Without the anchorer's key."""


def altered(*keys: str | int, value: object) -> bytes:
    """Canonical bytes of the receipt with another value at this place."""
    content = json.loads(encode_receipt(RECEIPT))
    inner = content
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = value
    return canonical_json(content)


@pytest.mark.parametrize(
    "receipt",
    [
        RECEIPT,
        replace(RECEIPT, inclusion=None),
        replace(RECEIPT, storage=None),
        replace(RECEIPT, storage=EARLIER, schema=EARLIER_SCHEMA),
        replace(RECEIPT, storage=None, schema=EARLIER_SCHEMA),
    ],
    ids=["all", "no inclusion", "no storage", "earlier schema", "earlier, no storage"],
)
def test_a_receipt_reads_back_as_written(tmp_path: Path, receipt: Receipt) -> None:
    assert read_receipt(write_receipt(receipt, tmp_path / "receipt.json")) == receipt


def test_the_file_has_exactly_these_bytes(tmp_path: Path) -> None:
    card, manifest = json.dumps(DATA.to_json()), json.dumps(STATEMENT.to_json())
    expected = (
        f'{{"block_hash":"0x{64 * "e"}",'
        f'"deployment":{{"chain_id":1337,"code_hash":"0x{64 * "c"}","contract":"0x{40 * "b"}",'
        f'"genesis":"0x{64 * "a"}"}},'
        f'"inclusion":{{"index":1,"path":["{64 * "7"}","{64 * "8"}"],"root":"{64 * "6"}","size":3}},'
        f'"lineage":[{canonical_json(json.loads(card)).decode()}],'
        f'"record":{{"anchorer":"0x{40 * "d"}","block":7,"flags":0,"key":"{64 * "5"}","kind":255,'
        '"time":1700000000},"schema":"edgeline.receipt/3",'
        f'"statement":{canonical_json(json.loads(manifest)).decode()},'
        '"storage":{"account":["0x01","0x0203"],"header":"0xc0","key":["0x05"],"slot":["0x04"]},'
        f'"transaction":"0x{64 * "f"}"}}'
    )
    assert write_receipt(RECEIPT, tmp_path / "receipt.json").read_text() == expected


def test_a_record_is_one_word_of_storage() -> None:
    record = Record(64 * "5", "0x" + 40 * "d", 0x11, 0x22, 6, flags=0x0201)
    word = "0201" "06" "00000022" "0000000011" + 40 * "d"  # fmt: skip
    assert record.pack().hex() == word
    assert Record.unpack(64 * "5", record.pack()) == record
    assert Record(64 * "5", "0x" + 40 * "d", 0x11, 0x22, 6) == replace(record, flags=0)


def test_the_largest_record_fits_its_word() -> None:
    word = bytes(32 * [255])
    assert Record.unpack(64 * "5", word).pack() == word


def test_flags_say_whether_and_why_it_was_revoked() -> None:
    def flagged(flags: int) -> Record:
        return replace(RECEIPT.record, flags=flags)

    assert not flagged(0).revoked
    assert flagged(0x0301).revoked
    assert flagged(0x0301).reason == 3
    assert reason_name(flagged(0x0301).reason) == "data withdrawn"
    assert reason_name(flagged(0x0501).reason) == "not allowed"
    assert reason_name(flagged(0x0601).reason) == "reason 6"


def test_every_flipped_bit_is_refused_or_another_receipt() -> None:
    original = encode_receipt(RECEIPT)
    for bit in range(8 * len(original)):
        flipped = bytearray(original)
        flipped[bit // 8] ^= 1 << bit % 8
        try:
            assert parse_receipt(bytes(flipped)) != RECEIPT
        except ValueError:
            continue


def test_the_schema_says_whether_the_key_is_proven() -> None:
    for changes in ({"storage": EARLIER}, {"schema": EARLIER_SCHEMA}):
        with pytest.raises(ValueError, match="no valid key"):
            replace(RECEIPT, **changes)


def test_a_history_with_gaps_is_refused() -> None:
    with pytest.raises(ValueError, match=f"lineage: {DATA.digest} is not there"):
        parse_receipt(altered("lineage", value=[]))
    with pytest.raises(ValueError, match="lineage: "):
        replace(RECEIPT, lineage=())


def test_the_longest_proofs_are_read() -> None:
    longest = replace(
        RECEIPT,
        inclusion=Inclusion(64 * "6", 2**53 - 1, 2**53 - 2, 64 * (64 * "7",)),
        storage=StorageProof(
            "0x" + 2**16 * "ab",
            65 * ("0x" + 2**10 * "ab",),
            ("0x" + 2**10 * "ab",),
            ("0x01",),
        ),
    )
    assert parse_receipt(encode_receipt(longest)) == longest


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (("schema",), "edgeline.receipt/1"),
        (("schema",), "edgeline.receipt/2"),
        (("schema",), 3),
        (("schema",), ["edgeline.receipt/3"]),
        (("extra",), 1),
        (("statement",), {}),
        (("statement",), None),
        (("statement", "extra"), 1),
        (("lineage",), None),
        (("lineage",), "x"),
        (("lineage",), {}),
        (("lineage", 0), None),
        (("lineage", 0, "predicate", "kind"), "model"),
        (("deployment",), None),
        (("deployment",), []),
        (("deployment", "extra"), 1),
        (("deployment", "chain_id"), True),
        (("deployment", "chain_id"), "1337"),
        (("deployment", "chain_id"), -1),
        (("deployment", "contract"), 40 * "b"),
        (("deployment", "contract"), "0x" + 40 * "B"),
        (("deployment", "genesis"), "0x" + 63 * "a"),
        (("deployment", "code_hash"), None),
        (("record",), None),
        (("record",), 7),
        (("record", "key"), 64 * "0"),
        (("record", "key"), "0x" + 64 * "5"),
        (("record", "key"), 5),
        (("record", "anchorer"), "0x" + 39 * "d"),
        (("record", "time"), None),
        (("record", "time"), 2**40),
        (("record", "block"), -1),
        (("record", "block"), 2**32),
        (("record", "kind"), 256),
        (("record", "kind"), "artifact"),
        (("record", "flags"), 2**16),
        (("record", "flags"), False),
        (("block_hash",), None),
        (("block_hash",), "0x" + 64 * "e" + "\n"),
        (("transaction",), "0x" + 64 * "F"),
        (("inclusion",), {}),
        (("inclusion",), []),
        (("inclusion",), 0),
        (("inclusion",), False),
        (("inclusion",), "x"),
        (("inclusion", "extra"), 1),
        (("inclusion", "root"), 63 * "6"),
        (("inclusion", "size"), 1),
        (("inclusion", "size"), True),
        (("inclusion", "size"), "3"),
        (("inclusion", "index"), 3),
        (("inclusion", "index"), -1),
        (("inclusion", "path"), None),
        (("inclusion", "path"), 64 * "7"),
        (("inclusion", "path"), {64 * "7": 1}),
        (("inclusion", "path"), [7]),
        (("inclusion", "path"), [32 * "7"]),
        (("inclusion", "path"), 65 * [64 * "7"]),
        (("storage",), {}),
        (("storage",), 0),
        (("storage",), [1]),
        (("storage", "extra"), 1),
        (("storage", "header"), None),
        (("storage", "header"), ""),
        (("storage", "header"), "0x"),
        (("storage", "header"), "0xc"),
        (("storage", "header"), "0x" + (2**16 + 1) * "ab"),
        (("storage", "account"), None),
        (("storage", "account"), "0x01"),
        (("storage", "account"), [1]),
        (("storage", "account"), ["01"]),
        (("storage", "account"), 66 * ["0x01"]),
        (("storage", "slot"), ["0x" + (2**10 + 1) * "ab"]),
        (("storage", "slot"), [None]),
        (("storage", "slot"), {"0x04": 1}),
    ],
)
def test_a_value_of_the_wrong_form_is_refused(keys: tuple[str | int, ...], value: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_receipt(altered(*keys, value=value))


@pytest.mark.parametrize("field", sorted(json.loads(encode_receipt(RECEIPT))))
def test_no_field_may_be_missing(field: str) -> None:
    content = json.loads(encode_receipt(RECEIPT))
    del content[field]
    with pytest.raises(ValueError, match="not the fields"):
        parse_receipt(canonical_json(content))
