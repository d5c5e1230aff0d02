"""The sealed thing that devices run: a folder, named by the digest of the list of its files.

    <sha256 of manifest.json>/
      model.onnx  parts/0.onnx ...  preprocessing.json  golden/inputs.npy  golden/outputs.npy
      manifest.json    written last, canonical JSON: every file with its SHA-256 and its size
      receipt.json     where it was anchored; comes later, and is therefore not listed

Opening re-hashes everything, so whoever holds the digest holds the model. It is the digest that
must be trusted (by the chain, see receipt.py); nothing here knows who sealed a folder, or when.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeline.digest import canonical_json, sha256_bytes, sha256_file
from edgeline.errors import EdgelineError, RecipeError, Tampered
from edgeline.manifest import (
    DIGEST,
    GOLDEN_INPUTS,
    GOLDEN_OUTPUTS,
    MANIFEST,
    MAX_FILES,
    PREPROCESSING,
    RECEIPT,
    SCHEMA,
    Ancestor,
    FileEntry,
    Manifest,
    Net,
    needed_files,
)
from edgeline.preprocess import Preprocessing, Values

MAX_MANIFEST_BYTES = 2**20


@dataclass(frozen=True)
class Description:
    """What the lab says about an artifact; the rest of the manifest is read from the files."""

    recipe: str
    classes: tuple[str, ...]
    preprocessing: Preprocessing
    model: Net
    parts: tuple[Net, ...]
    """In order; empty where the model is not split."""
    cut: tuple[str, ...]
    """Names of the tensors between the parts: one fewer than parts."""
    checkpoint: str
    """Digest of the trained weights that were exported."""
    parents: Mapping[str, str]
    """What it was made from, role to digest: its data and its checkpoint."""
    lineage: tuple[Ancestor, ...] = ()
    """All that it came from, each after its own parents: data, tuned, small, every round."""


@dataclass(frozen=True)
class Artifact:
    """A folder whose every byte was compared with its name."""

    folder: Path
    digest: str
    manifest: Manifest
    preprocessing: Preprocessing

    @property
    def model_path(self) -> Path:
        return self.folder / self.manifest.model.file

    def part_path(self, index: int) -> Path:
        return self.folder / self.manifest.parts[index].file

    def golden(self) -> tuple[Values, NDArray[np.float32]]:
        """Items, and the logits that the lab's machine answered."""
        values, logits = (_array(self.folder / name) for name in (GOLDEN_INPUTS, GOLDEN_OUTPUTS))
        return values, logits


def seal(staging: Path, description: Description, store: Path) -> Artifact:
    """Copies the staged files to `store/<digest>` with their manifest, all or nothing.

    `staging` holds model.onnx, the parts, golden/inputs.npy and golden/outputs.npy. An artifact
    that is there already is opened, hence verified, and returned.
    """
    store.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".sealing-", dir=store) as scratch:
        folder = Path(scratch) / "artifact"
        shutil.copytree(staging, folder, symlinks=True)
        (folder / PREPROCESSING).write_bytes(canonical_json(description.preprocessing.to_json()))
        manifest = _describe(folder, description)
        content = canonical_json(manifest.to_json())
        digest = sha256_bytes(content)
        (folder / MANIFEST).write_bytes(content)
        _open(folder, digest)
        _sync(folder)
        try:
            folder.rename(store / digest)
        except OSError:
            if not (store / digest).is_dir():
                raise
    return open_artifact(store / digest)


def open_artifact(folder: Path) -> Artifact:
    """The artifact in `folder`, verified to the last byte.

    Raises:
        Tampered: name, manifest and files do not agree; the message names the file.
    """
    return _open(folder, folder.name)


def open_part(folder: Path, index: int) -> Path:
    """The ONNX file of one part, verified; the rest may be missing, as on a device that runs one.

    Raises:
        Tampered: name, manifest and that file do not agree.
        RecipeError: there is no such part.
    """
    manifest = read_manifest(folder)
    if not 0 <= index < len(manifest.parts):
        raise RecipeError(
            expected=f"a part between 0 and {len(manifest.parts) - 1}"
            if manifest.parts
            else "a split model",
            found=f"part {index}",
            remedy="name a part that the manifest lists",
        )
    name = manifest.parts[index].file
    _check_file(folder, name, manifest.files[name])
    return folder / name


def read_manifest(folder: Path) -> Manifest:
    """What the folder's name stands for; says nothing yet about the other files.

    Raises:
        Tampered: the manifest is not the one that gave the folder its name.
    """
    return _read_manifest(folder, folder.name)


def _open(folder: Path, digest: str) -> Artifact:
    manifest = _read_manifest(folder, digest)
    present = _listing(folder) - {MANIFEST, RECEIPT}
    for name in sorted(manifest.files.keys() - present):
        raise _tampered(folder / name, "a file that the manifest lists", "none")
    for name in sorted(present - manifest.files.keys()):
        raise _tampered(folder / name, "only files that the manifest lists", "one more")
    for name, entry in sorted(manifest.files.items()):
        _check_file(folder, name, entry)
    return Artifact(folder, digest, manifest, _preprocessing(folder / PREPROCESSING))


def _read_manifest(folder: Path, digest: str) -> Manifest:
    path = folder / MANIFEST
    if not DIGEST.fullmatch(digest) and not path.exists():
        raise RecipeError(
            expected="the folder of an artifact, named by its digest, with its manifest",
            found=str(folder),
            remedy="see .edgeline/artifacts",
        )
    if folder.is_symlink() or not DIGEST.fullmatch(digest):
        raise _tampered(folder, "a folder named by 64 hexadecimal digits", digest)
    if not _is_plain(path) or path.stat().st_size > MAX_MANIFEST_BYTES:
        raise _tampered(
            path, f"a file of at most {MAX_MANIFEST_BYTES} bytes", "none, or another thing"
        )
    content = path.read_bytes()
    if sha256_bytes(content) != digest:
        raise _tampered(path, f"SHA-256 {digest}, which names the folder", sha256_bytes(content))
    try:
        value = json.loads(content)
        if canonical_json(value) != content:
            raise ValueError("not canonical JSON")
        return Manifest.from_json(value)
    except (ValueError, TypeError, RecursionError) as error:
        raise _tampered(path, f"a manifest of schema {SCHEMA}", str(error) or "another") from error


def _listing(folder: Path) -> set[str]:
    """POSIX paths of the files below; a link, a device or a folder without files is refused."""
    names: set[str] = set()
    for parent, folders, files in os.walk(folder):
        if not folders and not files:
            raise _tampered(Path(parent), "only folders that hold files", "an empty one")
        for name in folders + files:
            path = Path(parent, name)
            if path.is_symlink() or not (path.is_dir() or path.is_file()):
                raise _tampered(path, "plain files", "a link or a special file")
        names.update(Path(parent, name).relative_to(folder).as_posix() for name in files)
        if len(names) > MAX_FILES:
            raise _tampered(folder, f"at most {MAX_FILES} files", "more")
    return names


def _check_file(folder: Path, name: str, entry: FileEntry) -> None:
    path = folder / name
    steps = [
        folder.joinpath(*path.relative_to(folder).parts[: depth + 1])
        for depth in range(name.count("/"))
    ]
    if any(step.is_symlink() for step in steps) or not _is_plain(path):
        raise _tampered(path, "a file that the manifest lists", "none, or a link")
    if (size := path.stat().st_size) != entry.bytes:
        raise _tampered(path, f"{entry.bytes} bytes", f"{size}")
    if (found := sha256_file(path)) != entry.sha256:
        raise _tampered(path, f"SHA-256 {entry.sha256}", found)


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _tampered(path: Path, expected: str, found: str) -> Tampered:
    where = str(path).encode(errors="backslashreplace").decode()
    return Tampered(
        expected=f"{where}: {expected}",
        found=found,
        remedy="remove that folder, and fetch the artifact or run the line again",
    )


def _describe(folder: Path, said: Description) -> Manifest:
    entries = {
        name: FileEntry(sha256_file(folder / name), (folder / name).stat().st_size)
        for name in sorted(_listing(folder))
    }
    missing = [name for name in needed_files(said.model, said.parts) if name not in entries]
    if missing:
        raise EdgelineError(
            expected=f"{', '.join(missing)} among the staged files",
            found=f"only {', '.join(entries)}",
            remedy="stage every file of the artifact before it is sealed",
        )
    manifest = Manifest(
        said.recipe,
        said.classes,
        said.model,
        said.parts,
        said.cut,
        said.checkpoint,
        said.parents,
        said.lineage,
        entries,
    )
    return Manifest.from_json(manifest.to_json())


def _sync(folder: Path) -> None:
    """On disk before it gets its name, so that a power cut cannot leave half an artifact."""
    for path in [*folder.rglob("*"), folder]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _preprocessing(path: Path) -> Preprocessing:
    try:
        return Preprocessing.from_json(json.loads(path.read_bytes()))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise _tampered(path, "a description of preprocessing", str(error)) from error


def _array(path: Path) -> NDArray[Any]:
    try:
        array: NDArray[Any] = np.load(path, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise _tampered(path, "an array", str(error)) from error
    return array
