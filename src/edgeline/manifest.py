"""What an artifact says of itself: manifest.json, read strictly and written canonically.

The manifest holds no clock, latency or run id, so the same work done again has the same digest; it
lists neither itself nor receipt.json. It knows nothing of folders: artifact.py compares it with
the files.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from edgeline.digest import JsonValue

SCHEMA = "edgeline.artifact/1"
MANIFEST, RECEIPT = "manifest.json", "receipt.json"
PREPROCESSING = "preprocessing.json"
GOLDEN_INPUTS, GOLDEN_OUTPUTS = "golden/inputs.npy", "golden/outputs.npy"

MAX_FILE_BYTES, MAX_FILES = 2**31, 1000

DIGEST = re.compile(r"[0-9a-f]{64}")
ROLE = re.compile(r"[a-z0-9][a-z0-9_./-]{0,63}")
# Every segment starts with a letter, a digit or _, so neither "..", nor an absolute path, nor a
# hidden file fits.
FILE_NAME = re.compile(r"\w[\w.-]{0,99}(/\w[\w.-]{0,99}){0,7}", re.ASCII)


@dataclass(frozen=True)
class TensorSpec:
    """An input or output of a network."""

    name: str
    dtype: str
    """As numpy spells it: float32, uint8."""
    shape: tuple[int | str, ...]
    """"N" stands for the number of examples."""


@dataclass(frozen=True)
class Net:
    """One ONNX file and what goes in and out of it."""

    file: str
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]


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
    """The content of manifest.json, all of it."""

    recipe: str
    classes: tuple[str, ...]
    model: Net
    parts: tuple[Net, ...]
    cut: tuple[str, ...]
    checkpoint: str
    parents: Mapping[str, str]
    lineage: tuple[Ancestor, ...]
    files: Mapping[str, FileEntry]

    def to_json(self) -> dict[str, JsonValue]:
        return {
            "schema": SCHEMA,
            "recipe": self.recipe,
            "classes": list(self.classes),
            "model": _net_json(self.model),
            "parts": [_net_json(part) for part in self.parts],
            "cut": list(self.cut),
            "preprocessing": PREPROCESSING,
            "golden": {"inputs": GOLDEN_INPUTS, "outputs": GOLDEN_OUTPUTS},
            "checkpoint": self.checkpoint,
            "parents": dict(self.parents),
            "lineage": [
                {"digest": one.digest, "kind": one.kind, "parents": list(one.parents)}
                for one in self.lineage
            ],
            "files": {
                name: {"sha256": entry.sha256, "bytes": entry.bytes}
                for name, entry in self.files.items()
            },
        }

    @classmethod
    def from_json(cls, value: JsonValue) -> "Manifest":
        """Raises ValueError where anything is missing, unknown or contradicts the rest."""
        match value:
            case {
                "schema": "edgeline.artifact/1",
                "recipe": str(recipe),
                "classes": list(classes),
                "model": dict(model),
                "parts": list(parts),
                "cut": list(cut),
                "preprocessing": "preprocessing.json",
                "golden": {
                    "inputs": "golden/inputs.npy",
                    "outputs": "golden/outputs.npy",
                    **more_golden,
                },
                "checkpoint": str(checkpoint),
                "parents": dict(parents),
                "lineage": list(lineage),
                "files": dict(files),
                **more,
            } if not more and not more_golden:
                manifest = cls(
                    recipe,
                    _strings(classes),
                    _net(model),
                    tuple(_net(part) for part in parts),
                    _strings(cut),
                    _matching(DIGEST, checkpoint),
                    {
                        _matching(ROLE, role): _matching(DIGEST, str(digest))
                        for role, digest in parents.items()
                    },
                    tuple(map(_ancestor, lineage)),
                    {_matching(FILE_NAME, name): _entry(entry) for name, entry in files.items()},
                )
                return _consistent(manifest)
        raise ValueError(f"not the fields of {SCHEMA}")


def needed_files(model: Net, parts: tuple[Net, ...]) -> list[str]:
    """What every artifact holds, whatever else it may hold."""
    return [
        model.file,
        *(part.file for part in parts),
        PREPROCESSING,
        GOLDEN_INPUTS,
        GOLDEN_OUTPUTS,
    ]


def _consistent(manifest: Manifest) -> Manifest:
    for name in needed_files(manifest.model, manifest.parts):
        if name not in manifest.files:
            raise ValueError(f"{name} is not among the files")
    if reserved := manifest.files.keys() & {MANIFEST, RECEIPT}:
        raise ValueError(f"{min(reserved)} cannot be listed")
    if len(manifest.files) > MAX_FILES or len(manifest.cut) != max(len(manifest.parts) - 1, 0):
        raise ValueError("the number of files, or of cuts between parts, is wrong")
    for name, before, after in zip(manifest.cut, manifest.parts, manifest.parts[1:], strict=False):
        if [spec.name for spec in (*before.outputs, *after.inputs)] != [name, name]:
            raise ValueError(f"{name} is not what passes from {before.file} to {after.file}")
    if [spec.shape[1:] for spec in manifest.model.outputs[:1]] != [(len(manifest.classes),)]:
        raise ValueError("the model does not answer with one number per class")
    _ordered(manifest.lineage)
    return manifest


def _ordered(lineage: tuple[Ancestor, ...]) -> None:
    digests = [ancestor.digest for ancestor in lineage]
    for index, ancestor in enumerate(lineage):
        if {ancestor.digest, *ancestor.parents}.intersection(digests[index + 1 :]):
            raise ValueError(f"{ancestor.digest} is twice in the lineage, or before a parent")


def _net_json(net: Net) -> dict[str, JsonValue]:
    return {
        "file": net.file,
        "inputs": [_spec_json(spec) for spec in net.inputs],
        "outputs": [_spec_json(spec) for spec in net.outputs],
    }


def _spec_json(spec: TensorSpec) -> JsonValue:
    return {"name": spec.name, "dtype": spec.dtype, "shape": list(spec.shape)}


def _net(value: JsonValue) -> Net:
    match value:
        case {"file": str(file), "inputs": list(inputs), "outputs": list(outputs), **more} if (
            not more
        ):
            return Net(file, tuple(map(_spec, inputs)), tuple(map(_spec, outputs)))
    raise ValueError("a network has file, inputs and outputs")


def _spec(value: JsonValue) -> TensorSpec:
    match value:
        case {"name": str(name), "dtype": str(dtype), "shape": list(shape), **more} if not more:
            if all(side == "N" or (type(side) is int and side > 0) for side in shape):
                return TensorSpec(
                    name, dtype, tuple(side for side in shape if isinstance(side, int | str))
                )
    raise ValueError("a tensor has name, dtype and a shape of counts and N")


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
