"""Puts what the lab made into a folder of its own, named by its content."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from edgeline.artifact.artifact import Artifact, open_artifact, open_as
from edgeline.artifact.folder import list_files
from edgeline.digest import canonical_json, sha256_bytes, sha256_file
from edgeline.errors import EdgelineError
from edgeline.manifest import (
    MANIFEST,
    PREPROCESSING,
    PROFILE,
    Ancestor,
    FileEntry,
    InputProfile,
    Manifest,
    Net,
)
from edgeline.preprocess import Preprocessing


@dataclass(frozen=True)
class Description:
    """What the lab says about an artifact; the rest of the manifest is read from the files."""

    recipe: str
    classes: tuple[str, ...]
    """In the order of the answers; empty where these are no classes."""
    preprocessing: Preprocessing | None
    """How an item becomes the one input of the model; None where the model is fed tensors."""
    model: Net
    parts: tuple[Net, ...]
    """In order; empty where the model is not split."""
    checkpoint: str
    """Digest of the trained weights that were exported."""
    parents: Mapping[str, str]
    """What it was made from, role to digest: its data and its checkpoint."""
    lineage: tuple[Ancestor, ...] = ()
    """All that it came from, each after its own parents: data, tuned, small, every round."""
    profile: InputProfile | None = None
    """What the training items looked like, where that was measured."""


def seal(staging: Path, description: Description, store: Path) -> Artifact:
    """Copies the staged files to `store/<digest>` with their manifest, all or nothing.

    `staging` holds the networks and the golden arrays. An artifact that is there already is opened,
    hence verified, and returned.
    """
    store.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".sealing-", dir=store) as scratch:
        folder = Path(scratch) / "artifact"
        shutil.copytree(staging, folder, symlinks=True)
        for name, document in (
            (PREPROCESSING, description.preprocessing),
            (PROFILE, description.profile),
        ):
            if document is not None:
                (folder / name).write_bytes(canonical_json(document.to_json()))
        manifest = _describe(folder, description)
        content = canonical_json(manifest.to_json())
        digest = sha256_bytes(content)
        (folder / MANIFEST).write_bytes(content)
        open_as(folder, digest)
        _sync(folder)
        try:
            folder.rename(store / digest)
        except OSError:
            if not (store / digest).is_dir():
                raise
    return open_artifact(store / digest)


def _describe(folder: Path, description: Description) -> Manifest:
    manifest = Manifest(
        recipe=description.recipe,
        classes=description.classes,
        model=description.model,
        parts=description.parts,
        preprocessing=description.preprocessing is not None,
        profile=description.profile is not None,
        checkpoint=description.checkpoint,
        parents=description.parents,
        lineage=description.lineage,
        files={
            name: FileEntry(sha256_file(folder / name), (folder / name).stat().st_size)
            for name in sorted(list_files(folder))
        },
    )
    try:
        return Manifest.from_json(manifest.to_json())
    except ValueError as error:
        raise EdgelineError(
            expected="a description that agrees with itself and with the staged files",
            found=str(error),
            remedy="stage every file, and describe the model, its parts and its classes as they are",
        ) from error


def _sync(folder: Path) -> None:
    """On disk before it gets its name, so that a power cut cannot leave half an artifact."""
    for path in [*folder.rglob("*"), folder]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
