"""Golden artifacts that somebody tampered with: their files, their manifest, their folder."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.chain.forgery import TAMPERED, Forgery, flipped, golden_artifact

ONE_DOT_LEADER, ZERO_WIDTH, COMBINING = "\u2024", "\u200b", "e\u0301"


def files_of(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


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


ARTIFACTS = [*of_files(golden_artifact()), *of_manifest(), *of_folders()]
