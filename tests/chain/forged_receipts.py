"""Golden receipts that somebody tampered with: their bytes, their fields, and what was revoked."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from edgeline.digest import canonical_json
from edgeline.provenance.receipt import Receipt, parse_receipt
from tests.chain.forgery import RECEIPTS, REVOKED, TAMPERED, Forgery, flipped

NAMES = ("single", "leaf", "artifact")
CYRILLIC_O = "\u043e"
Json = dict[str, Any]


def edited(change: Callable[[Json], object]) -> Callable[[Path], object]:
    """Canonical bytes of the receipt with something changed in them."""

    def apply(path: Path) -> object:
        content = json.loads(path.read_bytes())
        before = json.dumps(content, sort_keys=True)
        change(content)
        assert json.dumps(content, sort_keys=True) != before
        return path.write_bytes(canonical_json(content))

    return apply


def put(*keys: str | int, value: object) -> Callable[[Json], object]:
    def change(content: Json) -> object:
        inner: Any = content
        for key in keys[:-1]:
            inner = inner[key]
        inner[keys[-1]] = value
        return content

    return change


def other_digit(text: str, at: int) -> str:
    return text[:at] + ("1" if text[at] == "0" else "0") + text[at + 1 :]


def of_receipt_bytes(data: bytes) -> Iterator[tuple[str, Callable[[Path], object]]]:
    yield "cut by a byte", lambda path: path.write_bytes(data[:-1])
    yield "a byte more", lambda path: path.write_bytes(data + b"\n")
    yield "emptied", lambda path: path.write_bytes(b"")
    yield (
        "a key twice",
        lambda path: path.write_bytes(
            data.replace(b'{"block_hash"', b'{"block_hash":"0x00","block_hash"', 1)
        ),
    )
    yield "a byte order mark", lambda path: path.write_bytes(b"\xef\xbb\xbf" + data)
    yield (
        "an escaped letter",
        lambda path: path.write_bytes(data.replace(b'"schema"', b'"\\u0073chema"')),
    )
    yield (
        "a unicode twin of a key",
        lambda path: path.write_bytes(data.replace(b'"kind"', '"\u043aind"'.encode())),
    )
    for place in ("header", "statement", "sha256", "root", "chain_id"):
        at = data.find(place.encode())
        if at >= 0:
            yield f"a bit of {place}", flipped(8 * (at + len(place) + 5))


def of_receipt_fields(receipt: Receipt) -> Iterator[tuple[str, Callable[[Json], object]]]:
    storage, record = receipt.storage, receipt.record
    assert storage
    yield "another anchorer", put("record", "anchorer", value="0x" + 40 * "9")
    yield "an earlier time", put("record", "time", value=record.time - 1)
    yield "another block", put("record", "block", value=record.block + 1)
    yield "another kind", put("record", "kind", value=record.kind - 1)
    yield "another key", put("record", "key", value=64 * "9")
    yield "a salt", put("statement", "predicate", "salt", value=32 * "1")
    yield "another subject", put("statement", "subject", 0, "digest", "sha256", value=64 * "9")
    yield "a twin of a name", put("statement", "subject", 0, "name", value=CYRILLIC_O)
    yield "a stranger's parent", put("statement", "predicate", "parents", value=[64 * "9"])
    yield "a stranger in the lineage", put("lineage", value=[receipt.statement.to_json()])
    yield "another chain", put("deployment", "chain_id", value=1)
    yield "another genesis", put("deployment", "genesis", value="0x" + 64 * "9")
    yield "another contract", put("deployment", "contract", value="0x" + 40 * "9")
    yield "another code", put("deployment", "code_hash", value="0x" + 64 * "9")
    yield "another block's hash", put("block_hash", value="0x" + 64 * "9")
    yield "another header", put("storage", "header", value=other_digit(storage.header, 90))
    for part in ("account", "slot", *(["key"] if storage.key else [])):
        nodes = list(getattr(storage, part))
        yield f"{part}: a node less", put("storage", part, value=nodes[:-1])
        yield f"{part}: a node twice", put("storage", part, value=[*nodes, nodes[-1]])
        yield f"{part}: nodes swapped", put("storage", part, value=nodes[::-1])
        changed = [other_digit(nodes[0], 20), *nodes[1:]]
        yield f"{part}: a digit", put("storage", part, value=changed)
    yield "a field more", put("more", value=1)
    yield "an earlier or later schema", put("schema", value="edgeline.receipt/9")
    if receipt.inclusion:
        yield "another index", put("inclusion", "index", value=receipt.inclusion.index + 1)
        yield "another size", put("inclusion", "size", value=receipt.inclusion.size + 1)
        yield "another root", put("inclusion", "root", value=64 * "9")
        yield "a shorter path", put("inclusion", "path", value=list(receipt.inclusion.path[:-1]))
        yield "no inclusion", put("inclusion", value=None)


def of_receipts() -> Iterator[Forgery]:
    for schema, folder in RECEIPTS.items():
        for name in NAMES:
            at = f"{schema}/{name}"
            data = (folder / f"{name}.receipt.json").read_bytes()
            for what, apply in of_receipt_bytes(data):
                yield Forgery(what, TAMPERED, apply, at)
            for what, change in of_receipt_fields(parse_receipt(data)):
                yield Forgery(what, TAMPERED, edited(change), at)
            revoked = edited(put("record", "flags", value=2 << 8 | 1))
            yield Forgery("a revocation that is not proven", TAMPERED, revoked, at)
            yield Forgery("a receipt of another thing", TAMPERED, replaced_by(folder, name), at)
        yield Forgery("nothing, but it was revoked", REVOKED, lambda _: None, f"{schema}/revoked")


def replaced_by(folder: Path, name: str) -> Callable[[Path], object]:
    other = NAMES[(NAMES.index(name) + 1) % len(NAMES)]
    return lambda path: shutil.copyfile(folder / f"{other}.receipt.json", path)


FORGED_RECEIPTS = list(of_receipts())
