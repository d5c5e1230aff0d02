"""The content of manifest.json, all of it, and what must hold of it."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from edgeline.digest import JsonValue
from edgeline.manifest.network import Net, TensorSpec
from edgeline.manifest.parts import check_parts, travelling
from edgeline.manifest.schema_1 import upgrade

SCHEMA = "edgeline.artifact/2"
MANIFEST, RECEIPT = "manifest.json", "receipt.json"
PREPROCESSING, PROFILE = "preprocessing.json", "profile.json"

MAX_FILE_BYTES, MAX_FILES = 2**31, 1000

DIGEST = re.compile(r"[0-9a-f]{64}")
ROLE = re.compile(r"[a-z0-9][a-z0-9_./-]{0,63}")
# Every segment starts with a letter, a digit or _, so neither "..", nor an absolute path, nor a
# hidden file fits.
FILE_NAME = re.compile(r"\w[\w.-]{0,99}(/\w[\w.-]{0,99}){0,7}", re.ASCII)


@dataclass(frozen=True)
class FileEntry:
    """What a listed file must be."""

    sha256: str
    bytes: int


@dataclass(frozen=True)
class Ancestor:
    """Something that an artifact came from, and what that was made from in turn."""

    digest: str
    kind: str
    """data, pretrained, tuned, small or round."""
    parents: tuple[str, ...]
    """Digests, none of which comes later in the lineage."""


@dataclass(frozen=True)
class Manifest:
    """What an artifact says of itself."""

    recipe: str
    classes: tuple[str, ...]
    """Empty where the answers stand for no classes."""
    model: Net
    parts: tuple[Net, ...]
    """In order; a part may read the inputs of the model and whatever an earlier part gives."""
    preprocessing: bool
    """Whether the artifact says how an item becomes the one input of the model."""
    profile: bool
    """Whether it says what the training items looked like."""
    checkpoint: str
    parents: Mapping[str, str]
    lineage: tuple[Ancestor, ...]
    files: Mapping[str, FileEntry]

    def travelling(self, index: int) -> tuple[TensorSpec, ...]:
        """What goes from part `index` to the next one; with -1, what the first part is sent."""
        return travelling(self.model, self.parts, index)

    def to_json(self) -> dict[str, JsonValue]:
        return {
            "schema": SCHEMA,
            "recipe": self.recipe,
            "classes": list(self.classes),
            "model": self.model.to_json(),
            "parts": [part.to_json() for part in self.parts],
            "preprocessing": PREPROCESSING if self.preprocessing else None,
            "profile": PROFILE if self.profile else None,
            "golden": {kind: list(files) for kind, files in golden_files(self.model).items()},
            "checkpoint": self.checkpoint,
            "parents": dict(self.parents),
            "lineage": [
                {"digest": one.digest, "kind": one.kind, "parents": list(one.parents)}
                for one in self.lineage
            ],
            "files": {name: asdict(entry) for name, entry in self.files.items()},
        }

    @classmethod
    def from_json(cls, value: JsonValue) -> "Manifest":
        """Reads this schema and the one before it.

        Raises:
            ValueError: anything is missing, unknown or contradicts the rest.
        """
        match upgrade(value):
            case {
                "schema": "edgeline.artifact/2",
                "recipe": str(recipe),
                "classes": list(classes),
                "model": model,
                "parts": list(parts),
                "preprocessing": None | "preprocessing.json" as preprocessing,
                "profile": None | "profile.json" as profile,
                "golden": golden,
                "checkpoint": str(checkpoint),
                "parents": dict(parents),
                "lineage": list(lineage),
                "files": dict(files),
                **more,
            } if not more:
                manifest = cls(
                    recipe,
                    _strings(classes),
                    Net.from_json(model),
                    tuple(map(Net.from_json, parts)),
                    preprocessing is not None,
                    profile is not None,
                    _matching(DIGEST, checkpoint),
                    {
                        _matching(ROLE, role): _matching(DIGEST, str(digest))
                        for role, digest in parents.items()
                    },
                    tuple(map(_ancestor, lineage)),
                    {_matching(FILE_NAME, name): _entry(entry) for name, entry in files.items()},
                )
                if golden != golden_files(manifest.model):
                    raise ValueError("the golden files are not those of the model's tensors")
                _check(manifest)
                return manifest
        raise ValueError(f"not the fields of {SCHEMA}")


def golden_files(model: Net) -> dict[str, list[str]]:
    """Names of the files of golden arrays, in the order of the model's inputs and outputs."""
    return {
        kind: [f"golden/{kind}.npy"]
        if len(tensors) == 1
        else [f"golden/{kind}/{index}.npy" for index in range(len(tensors))]
        for kind, tensors in (("inputs", model.inputs), ("outputs", model.outputs))
    }


def _needed_files(manifest: Manifest) -> list[str]:
    """What the artifact must hold, whatever else it may hold."""
    return [
        *(file for net in (manifest.model, *manifest.parts) for file in net.files),
        *([PREPROCESSING] if manifest.preprocessing else []),
        *([PROFILE] if manifest.profile else []),
        *(file for files in golden_files(manifest.model).values() for file in files),
    ]


def _check(manifest: Manifest) -> None:
    for name in _needed_files(manifest):
        if name not in manifest.files:
            raise ValueError(f"{name} is not among the files")
    if reserved := manifest.files.keys() & {MANIFEST, RECEIPT}:
        raise ValueError(f"{min(reserved)} cannot be listed")
    if len(manifest.files) > MAX_FILES:
        raise ValueError(f"more than {MAX_FILES} files")
    _check_items(manifest)
    check_parts(manifest.model, manifest.parts)
    _check_order(manifest.lineage)


def _check_items(manifest: Manifest) -> None:
    """What is said of items and classes must fit the tensors of the model."""
    model = manifest.model
    if manifest.preprocessing and len(model.inputs) != 1:
        raise ValueError("items are preprocessed for a model of several inputs")
    if manifest.profile and not manifest.preprocessing:
        raise ValueError("a profile of items where there is no preprocessing of items")
    answers = [spec.shape[1:] for spec in model.outputs]
    if manifest.classes and len(answers) == 1 and answers[0] != (len(manifest.classes),):
        raise ValueError("the model does not answer with one number per class")


def _check_order(lineage: tuple[Ancestor, ...]) -> None:
    digests = [ancestor.digest for ancestor in lineage]
    for index, ancestor in enumerate(lineage):
        if {ancestor.digest, *ancestor.parents}.intersection(digests[index + 1 :]):
            raise ValueError(f"{ancestor.digest} is twice in the lineage, or before a parent")


def _ancestor(value: JsonValue) -> Ancestor:
    match value:
        case {"digest": str(digest), "kind": str(kind), "parents": list(parents), **more} if (
            not more
        ):
            above = tuple(_matching(DIGEST, parent) for parent in _strings(parents))
            return Ancestor(_matching(DIGEST, digest), _matching(ROLE, kind), above)
    raise ValueError("an ancestor has digest, kind and parents")


def _entry(value: JsonValue) -> FileEntry:
    match value:
        case {"sha256": str(digest), "bytes": int(size), **more} if not more and type(size) is int:
            if 0 <= size <= MAX_FILE_BYTES:
                return FileEntry(_matching(DIGEST, digest), size)
    raise ValueError("a file has sha256 and bytes")


def _strings(values: list[JsonValue]) -> tuple[str, ...]:
    strings = tuple(value for value in values if isinstance(value, str))
    if len(strings) != len(values):
        raise ValueError("expected a list of strings")
    return strings


def _matching(pattern: re.Pattern[str], text: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError(f"{text!r} is no {pattern.pattern}")
    return text
