"""Manifests that are well named but not ours."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgeline.artifact import Artifact, open_artifact
from edgeline.digest import canonical_json, sha256_bytes
from edgeline.errors import Tampered
from edgeline.manifest import Format, Manifest

A, B = "a" * 64, "b" * 64
PART = {
    "file": "model.onnx",
    "inputs": [{"name": "image", "dtype": "float32", "shape": ["N", 1, 2, 2]}],
    "outputs": [{"name": "t1", "dtype": "uint8", "shape": ["N", 3]}],
    "options": {},
    "formats": [],
}


def rewrite(folder: Path, change: Callable[[Any], Any]) -> Path:
    """The folder under a new name, with a changed manifest whose digest is that name."""
    manifest = change(json.loads((folder / "manifest.json").read_bytes()))
    content = manifest if isinstance(manifest, bytes) else canonical_json(manifest)
    (folder / "manifest.json").write_bytes(content)
    return folder.rename(folder.with_name(sha256_bytes(content)))


def test_a_manifest_survives_its_json(sealed: Artifact) -> None:
    assert Manifest.from_json(sealed.manifest.to_json()) == sealed.manifest


def put(path: str, value: Any) -> Callable[[Any], Any]:
    """A change of one field of a manifest: a/b/0 names the way to it."""

    def change(manifest: Any) -> Any:
        *way, last = path.split("/")
        inner = manifest
        for step in way:
            inner = inner[int(step)] if isinstance(inner, list) else inner[step]
        inner[int(last) if isinstance(inner, list) else last] = value
        return manifest

    return change


def listed_as(name: str) -> Callable[[Any], Any]:
    def change(manifest: Any) -> Any:
        manifest["files"][name] = manifest["files"]["model.onnx"]
        return manifest

    return change


@pytest.mark.parametrize(
    "change",
    [
        put("schema", "edgeline.artifact/1"),
        put("schema", "edgeline.artifact/3"),
        put("surprise", 1),
        put("recipe", 1),
        put("classes", ["no", 2]),
        put("classes", ["one"]),
        put("cut", ["t1"]),
        put("parts/0/inputs/0/name", "photo"),
        put("parts/0/inputs/0/dtype", "float64"),
        put("parts/0/outputs/0/name", "image"),
        put("parts/1/inputs/0/name", "t2"),
        put("parts/1/inputs/0/shape", ["N", 4]),
        put("parts/1/inputs", []),
        put("parts/1/outputs/0/name", "answers"),
        put("parts/1/outputs", []),
        put("parts", [PART]),
        put("checkpoint", "not a digest"),
        put("parents", {"Data!": A}),
        put("parents", {"data": A.upper()}),
        put("golden", {"inputs": ["golden/inputs.npy"]}),
        put("golden/outputs", ["golden/inputs.npy"]),
        put("golden", {"inputs": "golden/inputs.npy", "outputs": "golden/outputs.npy"}),
        put("preprocessing", "other.json"),
        put("profile", "profile.json"),
        put("profile", "other.json"),
        put("model/options", []),
        put("model/options", {"surprise": 1}),
        put("model/options", {"prepacking": True}),
        put("model/options", {"prepacking": 0}),
        put("model/options", {"optimisation": "most"}),
        put("model/options", {"optimisation": ["all"]}),
        put("model/options", {"optimisation": "all"}),
        put("model/options", {"disabled_optimisers": []}),
        put("model/options", {"disabled_optimisers": ["Surprise"]}),
        put("model/options", {"disabled_optimisers": ["ConstantFolding", "ConstantFolding"]}),
        put("model/options", {"disabled_optimisers": ["TransposeOptimizer", "ConstantFolding"]}),
        put("model/formats", [{"format": "tflite", "file": "absent.tflite"}]),
        put("model/formats", [{"format": "onnx", "file": "model.onnx"}]),
        put("model/formats", [{"format": "TFLite", "file": "model.onnx"}]),
        put("model/formats", [{"format": "tflite"}]),
        put("model/formats", 2 * [{"format": "tflite", "file": "model.onnx"}]),
        put("model/inputs/0/dtype", "complex64"),
        put("model/inputs/0/name", ""),
        put("model/inputs/0/name", "é" * 128),
        put("model/inputs/0/shape", ["N", 1, 1, 1, 1, 1, 1, 1, 1]),
        put("model/outputs/0/name", "image"),
        put("model/outputs", []),
        put("model", {"file": "model.onnx"}),
        put("model/file", "absent.onnx"),
        put("parts/0/inputs", [{"name": "image", "dtype": "float32", "shape": ["2", 1]}]),
        put("parts/0/inputs", [{"name": "image", "dtype": "float32", "shape": [-1]}]),
        put("lineage", [{"digest": A, "kind": "data"}]),
        put("lineage/0/parents", [B]),
        put("lineage/1/digest", A),
        put("files", {}),
        put("files", {"model.onnx": "text"}),
        listed_as("../outside"),
        listed_as("/etc/passwd"),
        listed_as("parts/../model.onnx"),
        listed_as("parts\\2.onnx"),
        listed_as(".hidden"),
        listed_as("manifest.json"),
        listed_as("receipt.json"),
        lambda manifest: json.dumps(manifest, indent=1).encode(),
        lambda manifest: canonical_json(manifest) + b"\n",
        lambda manifest: canonical_json(manifest).replace(b'"golden":', b'"golden":[],"golden":'),
        lambda manifest: canonical_json(manifest).replace(b"tiny", b"\\ud800"),
        lambda manifest: b"[" * 100_000,
        lambda manifest: b"1" * 5_000,
        lambda manifest: b'{"schema":1.5}',
        lambda manifest: b"\xff\xfe",
        lambda manifest: b"",
    ],
)
def test_a_manifest_that_is_not_ours_is_refused(
    sealed: Artifact, change: Callable[[Any], Any]
) -> None:
    with pytest.raises(Tampered, match=r"manifest\.json"):
        open_artifact(rewrite(sealed.folder, change))


def test_absurd_sizes_are_refused_before_reading(sealed: Artifact) -> None:
    folder = rewrite(sealed.folder, put("files/model.onnx/bytes", 2**40))
    with pytest.raises(Tampered, match="sha256 and bytes"):
        open_artifact(folder)
    with (folder / "manifest.json").open("ab") as manifest:
        manifest.truncate(2**21)
    with pytest.raises(Tampered, match="at most"):
        open_artifact(folder)


def test_preprocessing_that_makes_no_sense_is_refused(
    sealed: Artifact,
) -> None:
    content = b'{"channels":1}'
    (sealed.folder / "preprocessing.json").write_bytes(content)
    entry = {"sha256": sha256_bytes(content), "bytes": len(content)}
    with pytest.raises(Tampered, match=r"preprocessing\.json"):
        open_artifact(rewrite(sealed.folder, put("files/preprocessing.json", entry)))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"prepacking": False},
        {"optimisation": "none"},
        {"disabled_optimisers": ["ConstantFolding", "TransposeOptimizer"]},
    ],
)
def test_options_come_back_as_they_were(sealed: Artifact, options: dict[str, Any]) -> None:
    opened = open_artifact(rewrite(sealed.folder, put("model/options", options)))
    assert opened.manifest.model.options.to_json() == options


def test_a_format_that_nobody_here_knows_is_carried_and_verified(sealed: Artifact) -> None:
    content = b"the same network for another runtime"
    (sealed.folder / "model.tflite").write_bytes(content)

    def add(manifest: Any) -> Any:
        entry = {"sha256": sha256_bytes(content), "bytes": len(content)}
        manifest["files"]["model.tflite"] = entry
        manifest["model"]["formats"] = [{"format": "tflite", "file": "model.tflite"}]
        return manifest

    opened = open_artifact(rewrite(sealed.folder, add))
    assert opened.manifest.model.formats == (Format("tflite", "model.tflite"),)
    (opened.folder / "model.tflite").write_bytes(content[::-1])
    with pytest.raises(Tampered, match=r"model\.tflite"):
        open_artifact(opened.folder)


@pytest.fixture
def first_schema(sealed: Artifact) -> Path:
    """The same artifact as the first schema described it."""

    def downgrade(manifest: Any) -> Any:
        del manifest["profile"]
        for net in (manifest["model"], *manifest["parts"]):
            del net["options"], net["formats"]
        golden = {"inputs": "golden/inputs.npy", "outputs": "golden/outputs.npy"}
        return {**manifest, "schema": "edgeline.artifact/1", "cut": ["t1"], "golden": golden}

    return rewrite(sealed.folder, downgrade)


def test_the_first_schema_is_read_as_the_second(first_schema: Path, sealed: Artifact) -> None:
    opened = open_artifact(first_schema)
    assert opened.manifest == sealed.manifest
    assert opened.digest != sealed.digest
    assert opened.profile is None


@pytest.mark.parametrize(
    "change",
    [
        put("cut", []),
        put("cut", ["t2"]),
        put("classes", ["one"]),
        put("classes", []),
        put("golden", {"inputs": ["golden/inputs.npy"], "outputs": ["golden/outputs.npy"]}),
        put("golden", {"inputs": "golden/inputs.npy"}),
        put("golden/more", 1),
        put("profile", None),
        put("surprise", 1),
        put("preprocessing", None),
        put("model/options", {}),
        put("model", {"file": "model.onnx"}),
        put("model/outputs", []),
        put("model/outputs/0", 1),
        put("model/outputs/0/shape", 1),
        put("parts/0", 1),
        put("parts/1/inputs", []),
    ],
)
def test_the_first_schema_is_read_as_strictly(
    first_schema: Path, change: Callable[[Any], Any]
) -> None:
    with pytest.raises(Tampered, match=r"manifest\.json"):
        open_artifact(rewrite(first_schema, change))
