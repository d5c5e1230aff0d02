"""An artifact that was opened: a folder whose every byte was compared with its name."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeline.artifact.folder import check_file, is_plain, list_files, tampered
from edgeline.digest import parse_canonical, sha256_bytes
from edgeline.errors import RecipeError
from edgeline.manifest import (
    DIGEST,
    MANIFEST,
    PREPROCESSING,
    PROFILE,
    RECEIPT,
    SCHEMA,
    InputProfile,
    Manifest,
    golden_files,
)
from edgeline.preprocess import Preprocessing, Values

MAX_MANIFEST_BYTES = 2**20


@dataclass(frozen=True)
class Artifact:
    """A folder whose every byte was compared with its name."""

    folder: Path
    digest: str
    manifest: Manifest
    item_preprocessing: Preprocessing | None
    profile: InputProfile | None

    @property
    def preprocessing(self) -> Preprocessing:
        """How an item becomes the one input of the model.

        Raises:
            RecipeError: the model is fed tensors, and knows no items.
        """
        if self.item_preprocessing is None:
            raise RecipeError(
                expected="an artifact whose model takes pictures, series or rows",
                found=f"one that takes {', '.join(one.name for one in self.manifest.model.inputs)}",
                remedy="feed its tensors by name, through edgeline.edge.session",
            )
        return self.item_preprocessing

    def prepare(self, items: Values) -> dict[str, NDArray[np.float32]]:
        """What the model is fed for these items."""
        return {self.manifest.model.inputs[0].name: self.preprocessing(items)}

    @property
    def model_path(self) -> Path:
        return self.folder / self.manifest.model.file

    def part_path(self, index: int) -> Path:
        return self.folder / self.manifest.parts[index].file

    def golden(self) -> tuple[dict[str, Values], dict[str, Values]]:
        """By the names of the model's tensors: items, or inputs where the model knows no items;
        and the outputs that the lab's machine gave."""
        model = self.manifest.model
        files = golden_files(model)
        return tuple(
            {
                spec.name: _array(self.folder / file)
                for spec, file in zip(specs, files[kind], strict=True)
            }
            for kind, specs in (("inputs", model.inputs), ("outputs", model.outputs))
        )  # type: ignore[return-value]  # of exactly two

    def find_differences(self, other: "Artifact") -> list[str]:
        """In words, what of their classes and the form of their inputs keeps two models from being compared."""
        form, other_form = self.preprocessing, other.preprocessing
        shared = {
            "classes": self.manifest.classes == other.manifest.classes,
            "columns": form.columns == other_form.columns,
            "ways with missing cells": (form.missing == "refuse")
            == (other_form.missing == "refuse"),
            "inputs": (form.kind, form.shape) == (other_form.kind, other_form.shape),
        }
        return [name for name, is_shared in shared.items() if not is_shared]


def open_artifact(folder: Path) -> Artifact:
    """The artifact in `folder`, verified to the last byte.

    Raises:
        Tampered: name, manifest and files do not agree; the message names the file.
    """
    return open_as(folder, folder.name)


def open_part(folder: Path, index: int) -> Path:
    """The ONNX file of one part, verified; the rest may be missing, as on a device that runs one.

    Raises:
        Tampered: name, manifest and that file do not agree.
        RecipeError: there is no such part.
    """
    manifest = read_manifest(folder, folder.name)
    if not 0 <= index < len(manifest.parts):
        raise RecipeError(
            expected=f"a part between 0 and {len(manifest.parts) - 1}"
            if manifest.parts
            else "a split model",
            found=f"part {index}",
            remedy="name a part that the manifest lists",
        )
    name = manifest.parts[index].file
    check_file(folder, name, manifest.files[name])
    return folder / name


def open_as(folder: Path, digest: str) -> Artifact:
    """As `open_artifact`, while the folder has not got its name yet."""
    manifest = read_manifest(folder, digest)
    present = list_files(folder) - {MANIFEST, RECEIPT}
    for name in sorted(manifest.files.keys() - present):
        raise tampered(folder / name, "a file that the manifest lists", "none")
    for name in sorted(present - manifest.files.keys()):
        raise tampered(folder / name, "only files that the manifest lists", "one more")
    for name, entry in sorted(manifest.files.items()):
        check_file(folder, name, entry)
    preprocessing = _preprocessing(folder) if manifest.preprocessing else None
    profile = _profile(folder, preprocessing) if manifest.profile and preprocessing else None
    return Artifact(folder, digest, manifest, preprocessing, profile)


def read_manifest(folder: Path, digest: str) -> Manifest:
    """What the digest stands for, from the manifest in the folder; says nothing yet about the other files.

    Raises:
        Tampered: the manifest is not the one with this digest.
        RecipeError: there is none, and what should be its digest is no digest.
    """
    path = folder / MANIFEST
    if not DIGEST.fullmatch(digest) and not path.exists():
        raise RecipeError(
            expected="the folder of an artifact, named by its digest, with its manifest",
            found=str(folder),
            remedy="see .edgeline/artifacts",
        )
    if folder.is_symlink() or not DIGEST.fullmatch(digest):
        raise tampered(folder, "a folder named by 64 hexadecimal digits", digest)
    if not is_plain(path) or path.stat().st_size > MAX_MANIFEST_BYTES:
        raise tampered(
            path, f"a file of at most {MAX_MANIFEST_BYTES} bytes", "none, or another thing"
        )
    content = path.read_bytes()
    if sha256_bytes(content) != digest:
        raise tampered(path, f"SHA-256 {digest}, which names the artifact", sha256_bytes(content))
    try:
        return Manifest.from_json(parse_canonical(content))
    except ValueError as error:
        raise tampered(path, f"a manifest of schema {SCHEMA}", str(error)) from error


def _preprocessing(folder: Path) -> Preprocessing:
    path = folder / PREPROCESSING
    try:
        return Preprocessing.from_json(parse_canonical(path.read_bytes()))
    except (ValueError, TypeError) as error:
        raise tampered(path, "a description of preprocessing", str(error)) from error


def _profile(folder: Path, preprocessing: Preprocessing) -> InputProfile:
    path = folder / PROFILE
    try:
        profile = InputProfile.from_json(parse_canonical(path.read_bytes()))
        profile.check(preprocessing)
    except ValueError as error:
        raise tampered(path, "a profile of the training items", str(error)) from error
    return profile


def _array(path: Path) -> NDArray[Any]:
    try:
        array: NDArray[Any] = np.load(path, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise tampered(path, "an array", str(error)) from error
    return array
