"""Manifests that are well named but not ours."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgeline.artifact import Artifact, open_artifact
from edgeline.digest import canonical_json, sha256_bytes
from edgeline.errors import Tampered
from edgeline.manifest import Manifest

A, B = "a" * 64, "b" * 64


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
        put("schema", "edgeline.artifact/2"),
        put("surprise", 1),
        put("recipe", 1),
        put("classes", ["no", 2]),
        put("classes", ["one"]),
        put("cut", []),
        put("cut", ["t2"]),
        put("checkpoint", "not a digest"),
        put("parents", {"Data!": A}),
        put("parents", {"data": A.upper()}),
        put("golden", {"inputs": "golden/inputs.npy"}),
        put("preprocessing", "other.json"),
        put("model", {"file": "model.onnx"}),
        put("model/file", "absent.onnx"),
        put("parts/0/inputs", [{"name": "image", "dtype": "float32", "shape": ["M", 1]}]),
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
        lambda manifest: canonical_json(manifest).replace(b'"cut":', b'"cut":[],"cut":'),
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
