"""Every way that we know to tamper with an artifact or a receipt is refused, with the exit code that says so.

A generator makes them of the golden files: flips, cuts, swaps, duplicate keys, links, unicode twins, other chains,
other schemas, revocations. None needs a network.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from edgeline.anchoring.subject import Named, of_path
from edgeline.auditing.verdict import verify_offline
from edgeline.datasets.card import check as check_dataset
from edgeline.digest import canonical_json
from edgeline.errors import EdgelineError
from edgeline.provenance.receipt import Receipt, parse_receipt, read_receipt, receipt_path

GOLDEN = Path(__file__).parents[1] / "golden"
RECEIPTS = {"2": GOLDEN / "receipts", "3": GOLDEN / "receipts" / "3"}
NAMES = ("single", "leaf", "artifact")
TAMPERED, REVOKED = 4, 7
LEAST = 232

CYRILLIC_O, ONE_DOT_LEADER, ZERO_WIDTH, COMBINING = "\u043e", "\u2024", "\u200b", "e\u0301"
Json = dict[str, Any]


@dataclass(frozen=True)
class Forgery:
    """What is done to a golden thing, and the exit code with which it must end."""

    name: str
    exit_code: int
    apply: Callable[[Path], object]
    """On the folder of the artifact, or the file of the receipt."""
    receipt: str = ""
    """Of a receipt: schema and name, such as 3/leaf."""

    def __str__(self) -> str:
        return f"{self.receipt} {self.name}".strip()


def golden_artifact() -> Path:
    receipt = read_receipt(RECEIPTS["2"] / "artifact.receipt.json")
    assert receipt
    return GOLDEN / "artifacts" / receipt.statement.subject


def files_of(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


# Artifacts


def flipped(bit: int) -> Callable[[Path], object]:
    def apply(path: Path) -> object:
        data = bytearray(path.read_bytes())
        data[bit // 8 % len(data)] ^= 1 << bit % 8
        return path.write_bytes(data)

    return apply


def linked(path: Path) -> object:
    """The same bytes, behind a link to a place outside."""
    outside = path.parents[3] / f"outside {path.name}"
    shutil.move(path, outside)
    return path.symlink_to(outside)


def renamed(twin: str) -> Callable[[Path], object]:
    return lambda path: path.rename(path.with_name(path.name.replace(".", twin, 1)))


FILE_CHANGES: dict[str, Callable[[Path], object]] = {
    "first bit": flipped(0),
    "last bit": flipped(-1),
    "a bit in the middle": flipped(8 * 60 + 3),
    "cut by a byte": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "a byte more": lambda path: path.write_bytes(path.read_bytes() + b"\n"),
    "emptied": lambda path: path.write_bytes(b""),
    "removed": lambda path: path.unlink(),
    "a link": linked,
    "a unicode twin": renamed(ONE_DOT_LEADER),
    "a zero width space": renamed(ZERO_WIDTH + "."),
    "another case": lambda path: path.rename(path.with_name(path.name.upper())),
    "a copy beside it": lambda path: shutil.copy(path, path.with_name(f"{path.name}.bak")),
    "a folder in its place": lambda path: (path.unlink(), path.mkdir()),
}


def of_files(folder: Path) -> Iterator[Forgery]:
    for file in files_of(folder):
        for name, change in FILE_CHANGES.items():
            yield Forgery(f"{file}: {name}", TAMPERED, lambda at, f=file, c=change: c(at / f))
    others = [file for file in files_of(folder) if file != "manifest.json"]
    for one, other in zip(others, [*others[1:], others[0]], strict=True):
        yield Forgery(f"{one} and {other} swapped", TAMPERED, swap(one, other))


def swap(one: str, other: str) -> Callable[[Path], object]:
    def apply(folder: Path) -> object:
        shutil.move(folder / one, folder / "kept")
        shutil.move(folder / other, folder / one)
        return shutil.move(folder / "kept", folder / other)

    return apply


def manifest(change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    def apply(folder: Path) -> object:
        path = folder / "manifest.json"
        data = path.read_bytes()
        assert change(data) != data
        return path.write_bytes(change(data))

    return apply


def of_manifest() -> Iterator[Forgery]:
    changes: dict[str, Callable[[bytes], bytes]] = {
        "a key twice": lambda data: data.replace(
            b'{"checkpoint"', b'{"recipe":"x","checkpoint"', 1
        ),
        "a file twice": lambda data: data.replace(
            b'"files":{', b'"files":{"model.onnx":{"bytes":1,"sha256":"%s"},' % (64 * b"1")
        ),
        "a key more": lambda data: data.replace(b'{"checkpoint"', b'{"a":1,"checkpoint"', 1),
        "a space more": lambda data: data.replace(b":", b": ", 1),
        "a byte order mark": lambda data: b"\xef\xbb\xbf" + data,
        "UTF-16": lambda data: data.decode().encode("utf-16"),
        "a unicode twin of a key": lambda data: data.replace(b"recipe", "re\u0441ipe".encode()),
        "an accent of two letters": lambda data: data.replace(
            b'"recipe":"golden"', f'"recipe":"gold{COMBINING}n"'.encode()
        ),
        "an escaped letter": lambda data: data.replace(b'"recipe"', b'"\\u0072ecipe"'),
        "another recipe": lambda data: data.replace(b'"recipe":"golden"', b'"recipe":"other"'),
        "classes in another order": lambda data: data.replace(b'"0","1"', b'"1","0"'),
        "another schema": lambda data: data.replace(b"artifact/1", b"artifact/9"),
        "a number as text": lambda data: data.replace(b'"bytes":65', b'"bytes":"65"'),
        "another ancestor": lambda data: data.replace(b'"kind":"tuned"', b'"kind":"small"'),
    }
    for name, change in changes.items():
        yield Forgery(f"manifest.json: {name}", TAMPERED, manifest(change))


def of_folders() -> Iterator[Forgery]:
    def under_another_name(folder: Path) -> object:
        return folder.rename(folder.with_name(64 * "a"))

    yield Forgery("a file more", TAMPERED, lambda at: (at / "more.txt").write_text("more"))
    yield Forgery("a hidden file more", TAMPERED, lambda at: (at / ".more").write_text("more"))
    yield Forgery("an empty folder more", TAMPERED, lambda at: (at / "more").mkdir())
    yield Forgery("a link more", TAMPERED, lambda at: (at / "more").symlink_to("model.onnx"))
    yield Forgery("a link to itself", TAMPERED, lambda at: (at / "more").symlink_to(at))
    yield Forgery("another name", TAMPERED, under_another_name)


# Receipts


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


ARTIFACTS = [*of_files(golden_artifact()), *of_manifest(), *of_folders()]
FORGED_RECEIPTS = list(of_receipts())


def exit_code_of(check: Callable[[], object]) -> int:
    try:
        check()
    except EdgelineError as error:
        return error.exit_code
    return 0


def test_there_are_enough_of_them_and_no_two_are_the_same() -> None:
    names = [str(one) for one in (*ARTIFACTS, *FORGED_RECEIPTS)]
    assert len(names) >= LEAST
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("schema", RECEIPTS)
def test_what_nobody_touched_is_accepted(tmp_path: Path, schema: str) -> None:
    folder = shutil.copytree(golden_artifact(), tmp_path / golden_artifact().name)
    shutil.copy(RECEIPTS[schema] / "artifact.receipt.json", receipt_path(folder))
    named = of_path(folder, check_dataset)
    receipt = read_receipt(receipt_path(folder))
    assert receipt
    assert verify_offline(named, receipt, deployment=receipt.deployment).level == 2


@pytest.mark.parametrize("forgery", ARTIFACTS, ids=str)
def test_a_tampered_artifact_is_refused(tmp_path: Path, forgery: Forgery) -> None:
    folder = shutil.copytree(golden_artifact(), tmp_path / golden_artifact().name)
    forgery.apply(folder)
    (left,) = (path for path in tmp_path.iterdir() if path.is_dir())
    assert exit_code_of(lambda: of_path(left, check_dataset)) == forgery.exit_code


@pytest.mark.parametrize("forgery", FORGED_RECEIPTS, ids=str)
def test_a_tampered_receipt_is_refused(tmp_path: Path, forgery: Forgery) -> None:
    schema, _, name = forgery.receipt.partition("/")
    golden = RECEIPTS[schema] / f"{name}.receipt.json"
    original = read_receipt(golden)
    assert original
    path = Path(shutil.copy(golden, tmp_path))
    forgery.apply(path)
    pinned = golden.with_name(f"{name}.block").read_text().strip()
    named = Named("file", original.statement.subject, path)

    def check() -> None:
        verify_offline(named, read_receipt(path), pinned, original.deployment)

    assert exit_code_of(check) == forgery.exit_code
