"""The receipt's file: written whole, read with suspicion."""

import errno
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edgeline.errors import EnvironmentUnfit, Tampered
from edgeline.provenance.receipt import (
    MAX_BYTES,
    Receipt,
    encode_receipt,
    parse_receipt,
    read_receipt,
    receipt_path,
    write_receipt,
)
from edgeline.provenance.statement import Statement

GOLDEN = Path(__file__).parents[1] / "golden" / "receipts" / "leaf.receipt.json"


@pytest.fixture
def receipt() -> Receipt:
    return parse_receipt(GOLDEN.read_bytes())


def test_a_receipt_is_written_again_as_it_was(receipt: Receipt) -> None:
    assert encode_receipt(receipt) == GOLDEN.read_bytes()


def test_a_receipt_lies_in_a_folder_or_beside_a_file(tmp_path: Path) -> None:
    (tmp_path / "photo.png").touch()
    assert receipt_path(tmp_path) == tmp_path / "receipt.json"
    assert receipt_path(tmp_path / "photo.png") == tmp_path / "photo.png.receipt.json"


@pytest.mark.parametrize("name", ["receipt.json", "model.onnx.receipt.json"])
def test_writing_leaves_no_other_file(receipt: Receipt, tmp_path: Path, name: str) -> None:
    for _ in range(2):
        write_receipt(receipt, tmp_path / "artifact" / name)
    assert [path.name for path in tmp_path.rglob("*")] == ["artifact", name]


def test_a_receipt_is_written_beside_a_file_in_the_present_folder(
    receipt: Receipt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_receipt(receipt, Path("a.receipt.json"))
    write_receipt(receipt, Path("receipt.json"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.receipt.json", "receipt.json"]


def test_where_nothing_was_written_there_is_no_receipt(tmp_path: Path) -> None:
    assert read_receipt(tmp_path / "receipt.json") is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"7",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" * 500 + b"]" * 500,
        b'{"time":1e3}',
        b'{"time":NaN}',
        b'{"time":-0}',
        b'{"time":"\\ud800"}',
        b'{"time":' + 5000 * b"9" + b"}",
        b'{"time":' + 100_000 * b"9" + b"}",
        b'{"\xc3\xa9":1}',
        b'{"schema":"edgeline.receipt/2"}',
        b'"' + 2**20 * b"a" + b'"',
    ],
)
def test_anything_else_is_tampering(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "receipt.json").write_bytes(data)
    with pytest.raises(Tampered, match=r"receipt\.json as it was written"):
        read_receipt(tmp_path / "receipt.json")


@pytest.mark.parametrize(
    "spell",
    [
        lambda data: data + b"\n",
        lambda data: b" " + data,
        lambda data: data.replace(b'"flags":0', b'"flags":0,"flags":0'),
        lambda data: data.replace(b'"flags":0', b'"flags":-0'),
        lambda data: data.replace(b'"flags":0', b'"flags":0.0'),
        lambda data: data.replace(b"edgeline", b"\\u0065dgeline"),
        lambda data: data.decode().encode("utf-16"),
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: json.dumps(json.loads(data), indent=1).encode(),
        lambda data: json.dumps(dict(reversed(json.loads(data).items()))).encode(),
    ],
)
def test_another_spelling_is_tampering(receipt: Receipt, tmp_path: Path, spell: Any) -> None:
    path = write_receipt(receipt, tmp_path / "receipt.json")
    path.write_bytes(spell(path.read_bytes()))
    with pytest.raises(Tampered, match="not canonical JSON"):
        read_receipt(path)


def test_what_is_no_file_is_tampering(tmp_path: Path) -> None:
    (tmp_path / "receipt.json").mkdir()
    with pytest.raises(Tampered, match=r"no plain file|no readable file"):
        read_receipt(tmp_path / "receipt.json")


def test_a_pipe_is_tampering_and_nobody_waits_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "receipt.json")
    with pytest.raises(Tampered, match="no plain file"):
        read_receipt(tmp_path / "receipt.json")


def test_a_dangling_link_is_tampering(tmp_path: Path) -> None:
    (tmp_path / "receipt.json").symlink_to(tmp_path / "nowhere")
    with pytest.raises(Tampered, match="no readable file"):
        read_receipt(tmp_path / "receipt.json")


def test_a_file_without_end_is_not_read_to_its_end(tmp_path: Path) -> None:
    with (tmp_path / "receipt.json").open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(Tampered, match=f"more than {MAX_BYTES} bytes"):
        read_receipt(tmp_path / "receipt.json")


def receipt_of_length(receipt: Receipt, length: int) -> Receipt:
    """The receipt with remarks that make it so many bytes long."""
    remarks: dict[str, str | int] = {f"k{number}": 4000 * "a" for number in range(1040)}
    while True:
        statement = Statement(receipt.statement.subjects, "data", about={**remarks, "last": ""})
        longer = replace(receipt, statement=statement, lineage=())
        missing = length - len(encode_receipt(longer))
        if missing <= 4096:
            statement = replace(statement, about={**remarks, "last": missing * "a"})
            return replace(longer, statement=statement)
        remarks[f"k{len(remarks)}"] = 3000 * "a"


def test_a_receipt_has_a_length_that_is_read(receipt: Receipt, tmp_path: Path) -> None:
    longest = receipt_of_length(receipt, MAX_BYTES)
    path = write_receipt(longest, tmp_path / "receipt.json")
    assert path.stat().st_size == MAX_BYTES
    assert read_receipt(path) == longest


def test_no_receipt_is_written_that_could_not_be_read(receipt: Receipt, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"{MAX_BYTES + 1} bytes; the most is {MAX_BYTES}"):
        write_receipt(receipt_of_length(receipt, MAX_BYTES + 1), tmp_path / "receipt.json")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "receipt.json").write_bytes(b'"' + (MAX_BYTES - 1) * b"a" + b'"')
    with pytest.raises(Tampered, match=f"more than {MAX_BYTES} bytes"):
        read_receipt(tmp_path / "receipt.json")


def test_a_receipt_that_was_cut_off_lies_beside_the_folder(
    receipt: Receipt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(EnvironmentUnfit, match="found a full disk"):
        write_receipt(receipt, tmp_path / "artifact" / "receipt.json")
    assert list((tmp_path / "artifact").iterdir()) == []
