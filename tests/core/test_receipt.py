"""The receipt's file: one spelling, every byte of which counts."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from edgeline.digest import canonical_json
from edgeline.errors import EnvironmentUnfit, Tampered
from edgeline.receipt import (
    KINDS,
    Deployment,
    Receipt,
    Statement,
    covers,
    differences,
    parse_receipt,
    read_deployment,
    read_receipt,
    write_deployment,
    write_receipt,
)

DEPLOYMENT = Deployment(
    chain_id=1337,
    genesis="0x" + 64 * "a",
    contract="0x" + 40 * "b",
    code_hash="0x" + 64 * "c",
)
RECEIPT = Receipt(
    statement=Statement(64 * "1", "artifact", (64 * "2", 64 * "3")),
    deployment=DEPLOYMENT,
    anchorer="0x" + 40 * "d",
    time=1_700_000_000,
    block=7,
    block_hash="0x" + 64 * "e",
    transaction="0x" + 64 * "f",
)


def altered(tmp_path: Path, *keys: str, value: object) -> Path:
    """A folder whose receipt has another value at this place, in canonical bytes."""
    path = write_receipt(RECEIPT, tmp_path)
    content = json.loads(path.read_bytes())
    inner = content
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = value
    path.write_bytes(canonical_json(content))
    return tmp_path


def test_a_receipt_reads_back_as_written(tmp_path: Path) -> None:
    write_receipt(RECEIPT, tmp_path)
    assert read_receipt(tmp_path) == RECEIPT


def test_the_file_has_exactly_these_bytes(tmp_path: Path) -> None:
    expected = (
        f'{{"anchorer":"0x{40 * "d"}","block":7,"block_hash":"0x{64 * "e"}",'
        f'"deployment":{{"chain_id":1337,"code_hash":"0x{64 * "c"}","contract":"0x{40 * "b"}",'
        f'"genesis":"0x{64 * "a"}"}},"schema":"edgeline.receipt/1",'
        f'"statement":{{"digest":"{64 * "1"}","kind":"artifact",'
        f'"parents":["{64 * "2"}","{64 * "3"}"]}},'
        f'"time":1700000000,"transaction":"0x{64 * "f"}"}}'
    )
    assert write_receipt(RECEIPT, tmp_path).read_text() == expected


def test_writing_leaves_no_other_file(tmp_path: Path) -> None:
    folder = tmp_path / "artifact"
    write_receipt(RECEIPT, folder)
    write_receipt(RECEIPT, folder)
    assert [path.name for path in tmp_path.rglob("*")] == ["artifact", "receipt.json"]


def test_a_folder_without_receipt_has_none(tmp_path: Path) -> None:
    assert read_receipt(tmp_path) is None


def test_a_receipt_covers_its_own_digest_only() -> None:
    assert covers(RECEIPT, 64 * "1")
    assert not covers(RECEIPT, 64 * "2")


def test_parents_are_a_set() -> None:
    twice = Statement(64 * "1", "small", (64 * "3", 64 * "2", 64 * "3"))
    assert twice.parents == (64 * "2", 64 * "3")
    assert twice == Statement(64 * "1", "small", (64 * "2", 64 * "3"))


def test_numbers_of_kinds_never_change() -> None:
    known = {"data": 1, "pretrained": 2, "tuned": 3, "small": 4, "round": 5, "artifact": 6}
    assert known == KINDS


def test_differences_name_fields_and_values() -> None:
    other = replace(RECEIPT, block=8, deployment=replace(DEPLOYMENT, chain_id=5))
    assert differences(RECEIPT, RECEIPT) == []
    assert sorted(differences(other, RECEIPT)) == [("block", 8, 7), ("chain_id", 5, 1337)]


def test_every_flipped_bit_is_refused_or_differs(tmp_path: Path) -> None:
    original = write_receipt(RECEIPT, tmp_path).read_bytes()
    for bit in range(8 * len(original)):
        flipped = bytearray(original)
        flipped[bit // 8] ^= 1 << bit % 8
        try:
            assert differences(parse_receipt(bytes(flipped)), RECEIPT)
        except ValueError:
            continue


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (("schema",), "edgeline.receipt/2"),
        (("extra",), 1),
        (("statement",), {}),
        (("statement",), None),
        (("statement", "digest"), 64 * "A"),
        (("statement", "digest"), 64 * "0"),
        (("statement", "digest"), 63 * "1"),
        (("statement", "digest"), 64 * "1" + "\n"),
        (("statement", "kind"), "model"),
        (("statement", "kind"), ["artifact"]),
        (("statement", "parents"), [64 * "3", 64 * "2"]),
        (("statement", "parents"), [64 * "2", 64 * "2"]),
        (("statement", "parents"), [2]),
        (("statement", "parents"), "22"),
        (("statement", "extra"), 1),
        (("deployment", "chain_id"), True),
        (("deployment", "chain_id"), "1337"),
        (("deployment", "contract"), 40 * "b"),
        (("block",), -1),
        (("time",), None),
        (("transaction",), "0x" + 64 * "F"),
    ],
)
def test_a_value_of_the_wrong_form_is_tampering(
    tmp_path: Path, keys: tuple[str, ...], value: object
) -> None:
    with pytest.raises(Tampered, match=r"receipt\.json as it was written"):
        read_receipt(altered(tmp_path, *keys, value=value))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"time":1e3}',
        b'{"time":NaN}',
        b'{"time":"\\ud800"}',
        b'{"time":' + 5000 * b"9" + b"}",
        b'{"schema":"edgeline.receipt/1"}',
    ],
)
def test_anything_else_is_tampering(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "receipt.json").write_bytes(data)
    with pytest.raises(Tampered, match=r"receipt\.json"):
        read_receipt(tmp_path)


@pytest.mark.parametrize(
    "spell",
    [
        lambda data: data + b"\n",
        lambda data: b" " + data,
        lambda data: data.replace(b'"block":7', b'"block":7,"block":7'),
        lambda data: data.replace(b"edgeline", b"\\u0065dgeline"),
        lambda data: data.decode().encode("utf-16"),
        lambda data: json.dumps(json.loads(data), indent=1).encode(),
        lambda data: json.dumps(dict(reversed(json.loads(data).items()))).encode(),
    ],
)
def test_another_spelling_is_tampering(tmp_path: Path, spell: object) -> None:
    path = write_receipt(RECEIPT, tmp_path)
    assert callable(spell)
    path.write_bytes(spell(path.read_bytes()))
    with pytest.raises(Tampered, match="not canonical JSON"):
        read_receipt(tmp_path)


def test_what_is_no_file_is_tampering(tmp_path: Path) -> None:
    (tmp_path / "receipt.json").mkdir()
    with pytest.raises(Tampered, match="no readable file"):
        read_receipt(tmp_path)


def test_a_dangling_link_is_tampering(tmp_path: Path) -> None:
    (tmp_path / "receipt.json").symlink_to(tmp_path / "nowhere")
    with pytest.raises(Tampered, match="no readable file"):
        read_receipt(tmp_path)


def test_a_deployment_reads_back_as_written(tmp_path: Path) -> None:
    path = write_deployment(DEPLOYMENT, tmp_path / "chain" / "deployment.json")
    assert read_deployment(path) == DEPLOYMENT


def test_a_missing_deployment_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentUnfit, match=r"deployment\.json; found no such file; .*edgeline"):
        read_deployment(tmp_path / "deployment.json")


def test_a_broken_deployment_says_what_is_wrong(tmp_path: Path) -> None:
    path = write_deployment(replace(DEPLOYMENT, contract="0xB"), tmp_path / "deployment.json")
    with pytest.raises(EnvironmentUnfit, match="no valid contract"):
        read_deployment(path)
