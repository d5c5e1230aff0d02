"""Sealing a folder, and noticing whatever is done to it afterwards."""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeline.artifact import Artifact, Description, open_artifact, open_part, seal
from edgeline.digest import canonical_json, sha256_bytes
from edgeline.errors import EdgelineError, RecipeError, Tampered
from edgeline.manifest import Ancestor, Manifest, Net, TensorSpec
from edgeline.preprocess import Preprocessing

IMAGE = TensorSpec("image", "float32", ("N", 1, 2, 2))
MIDDLE = TensorSpec("t1", "uint8", ("N", 3))
LOGITS = TensorSpec("logits", "float32", ("N", 2))
A, B = "a" * 64, "b" * 64


@pytest.fixture
def staging(tmp_path: Path) -> Path:
    folder = tmp_path / "staging"
    for name in ("model.onnx", "parts/0.onnx", "parts/1.onnx"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    (folder / "golden").mkdir()
    np.save(folder / "golden" / "inputs.npy", np.zeros((1, 2, 2), np.uint8))
    np.save(folder / "golden" / "outputs.npy", np.array([[0.5, 1.5]], np.float32))
    return folder


@pytest.fixture
def description() -> Description:
    return Description(
        recipe="tiny",
        classes=("no", "déjà vu"),
        preprocessing=Preprocessing(1, 2, (0.5,), (0.25,)),
        model=Net("model.onnx", (IMAGE,), (LOGITS,)),
        parts=(Net("parts/0.onnx", (IMAGE,), (MIDDLE,)), Net("parts/1.onnx", (MIDDLE,), (LOGITS,))),
        cut=("t1",),
        checkpoint=B,
        parents={"data": A, "checkpoint": B},
        lineage=(Ancestor(A, "data", ()), Ancestor(B, "tuned", (A,))),
    )


@pytest.fixture
def sealed(staging: Path, description: Description, tmp_path: Path) -> Artifact:
    return seal(staging, description, tmp_path / "store")


def rewrite(folder: Path, change: Callable[[Any], Any]) -> Path:
    """The folder under a new name, with a changed manifest whose digest is that name."""
    manifest = change(json.loads((folder / "manifest.json").read_bytes()))
    content = manifest if isinstance(manifest, bytes) else canonical_json(manifest)
    (folder / "manifest.json").write_bytes(content)
    return folder.rename(folder.with_name(sha256_bytes(content)))


def test_a_sealed_folder_opens_again(sealed: Artifact, description: Description) -> None:
    opened = open_artifact(sealed.folder)
    assert opened == sealed
    assert opened.folder.name == opened.digest
    assert opened.manifest.classes == ("no", "déjà vu")
    assert opened.manifest.lineage == description.lineage
    assert opened.preprocessing == description.preprocessing
    assert opened.part_path(1).read_bytes() == b"parts/1.onnx"
    assert opened.model_path.read_bytes() == b"model.onnx"


def test_the_name_is_the_manifests_digest(sealed: Artifact) -> None:
    content = (sealed.folder / "manifest.json").read_bytes()
    assert sha256_bytes(content) == sealed.digest
    assert canonical_json(json.loads(content)) == content


def test_a_manifest_survives_its_json(sealed: Artifact) -> None:
    assert Manifest.from_json(sealed.manifest.to_json()) == sealed.manifest


def test_golden_answers_come_back(sealed: Artifact) -> None:
    images, logits = sealed.golden()
    assert images.shape == (1, 2, 2)
    assert logits.tolist() == [[0.5, 1.5]]


def test_sealing_twice_gives_the_same_folder(
    staging: Path, description: Description, sealed: Artifact, tmp_path: Path
) -> None:
    again = seal(staging, description, tmp_path / "store")
    assert again == sealed
    assert [path.name for path in (tmp_path / "store").iterdir()] == [sealed.digest]


def test_sealing_over_a_damaged_artifact_is_refused(
    staging: Path, description: Description, sealed: Artifact, tmp_path: Path
) -> None:
    sealed.model_path.write_bytes(b"MODEL.ONNX")
    with pytest.raises(Tampered, match=r"model\.onnx"):
        seal(staging, description, tmp_path / "store")


def test_a_failed_seal_leaves_nothing_behind(
    staging: Path, description: Description, tmp_path: Path
) -> None:
    (staging / "parts" / "1.onnx").unlink()
    with pytest.raises(EdgelineError, match=r"parts/1\.onnx"):
        seal(staging, description, tmp_path / "store")
    assert list((tmp_path / "store").iterdir()) == []


def test_where_it_was_sealed_does_not_matter(
    staging: Path, description: Description, sealed: Artifact, tmp_path: Path
) -> None:
    moved = shutil.copytree(staging, tmp_path / "elsewhere" / "staging")
    assert seal(moved, description, tmp_path / "other store").digest == sealed.digest


@pytest.mark.parametrize(
    "change",
    [
        {"recipe": "other"},
        {"classes": ("yes", "no")},
        {"preprocessing": Preprocessing(1, 2, (0.5,), (0.26,))},
        {"checkpoint": A},
        {"parents": {"data": B, "checkpoint": B}},
    ],
)
def test_whatever_is_said_changes_the_digest(
    change: dict[str, Any],
    staging: Path,
    description: Description,
    sealed: Artifact,
    tmp_path: Path,
) -> None:
    assert seal(staging, replace(description, **change), tmp_path / "s").digest != sealed.digest


def test_a_receipt_may_stand_beside_the_manifest(sealed: Artifact) -> None:
    (sealed.folder / "receipt.json").write_text("{}")
    assert open_artifact(sealed.folder) == sealed


@pytest.mark.parametrize(
    "name",
    ["model.onnx", "parts/0.onnx", "preprocessing.json", "golden/outputs.npy", "manifest.json"],
)
def test_one_flipped_bit_is_named(sealed: Artifact, name: str) -> None:
    content = bytearray((sealed.folder / name).read_bytes())
    content[-1] ^= 1
    (sealed.folder / name).write_bytes(content)
    with pytest.raises(Tampered, match=name):
        open_artifact(sealed.folder)


def test_a_missing_file_is_named(sealed: Artifact) -> None:
    sealed.part_path(0).unlink()
    with pytest.raises(Tampered, match=r"parts/0\.onnx"):
        open_artifact(sealed.folder)


@pytest.mark.parametrize("name", ["extra.txt", "golden/extra.npy", "parts/receipt.json", ".hidden"])
def test_an_extra_file_is_named(sealed: Artifact, name: str) -> None:
    (sealed.folder / name).write_bytes(b"")
    with pytest.raises(Tampered, match=name):
        open_artifact(sealed.folder)


def test_an_empty_folder_inside_is_refused(sealed: Artifact) -> None:
    (sealed.folder / "parts" / "more").mkdir()
    with pytest.raises(Tampered, match="parts/more"):
        open_artifact(sealed.folder)


def test_a_truncated_file_is_named(sealed: Artifact) -> None:
    sealed.model_path.write_bytes(b"model")
    with pytest.raises(Tampered, match="10 bytes; found 5"):
        open_artifact(sealed.folder)


def test_another_name_is_refused(sealed: Artifact) -> None:
    for name in (A, "model", sealed.digest.upper(), sealed.digest + "0"):
        moved = sealed.folder.rename(sealed.folder.with_name(name))
        with pytest.raises(Tampered):
            open_artifact(moved)
        moved.rename(sealed.folder)


def test_a_link_to_the_same_bytes_is_refused(sealed: Artifact, tmp_path: Path) -> None:
    sealed.model_path.rename(tmp_path / "model.onnx")
    sealed.model_path.symlink_to(tmp_path / "model.onnx")
    with pytest.raises(Tampered, match=r"model\.onnx"):
        open_artifact(sealed.folder)


def test_a_linked_folder_is_refused(sealed: Artifact, tmp_path: Path) -> None:
    (sealed.folder / "parts").rename(tmp_path / "parts")
    (sealed.folder / "parts").symlink_to(tmp_path / "parts")
    with pytest.raises(Tampered, match="parts"):
        open_artifact(sealed.folder)
    with pytest.raises(Tampered, match="parts"):
        open_part(sealed.folder, 0)


def test_a_pipe_among_the_files_is_refused(sealed: Artifact) -> None:
    os.mkfifo(sealed.folder / "parts" / "2.onnx")
    with pytest.raises(Tampered, match=r"2\.onnx"):
        open_artifact(sealed.folder)


def test_a_link_among_the_staged_files_is_refused(
    staging: Path, description: Description, tmp_path: Path
) -> None:
    (staging / "secret").symlink_to("/etc/hostname")
    with pytest.raises(Tampered, match="secret"):
        seal(staging, description, tmp_path / "store")


def test_one_part_opens_without_the_others(sealed: Artifact) -> None:
    for name in ("model.onnx", "parts/0.onnx", "golden/inputs.npy"):
        (sealed.folder / name).unlink()
    assert open_part(sealed.folder, 1) == sealed.folder / "parts" / "1.onnx"
    with pytest.raises(Tampered, match=r"parts/0\.onnx"):
        open_part(sealed.folder, 0)


def test_a_changed_part_does_not_open(sealed: Artifact) -> None:
    sealed.part_path(1).write_bytes(b"parts/1.ONNX")
    with pytest.raises(Tampered, match=r"parts/1\.onnx"):
        open_part(sealed.folder, 1)


def test_a_part_that_is_not_there_is_a_wrong_argument(sealed: Artifact) -> None:
    for index in (-1, 2):
        with pytest.raises(RecipeError, match="between 0 and 1"):
            open_part(sealed.folder, index)


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
    staging: Path, description: Description, sealed: Artifact
) -> None:
    content = b'{"channels":1}'
    (sealed.folder / "preprocessing.json").write_bytes(content)
    entry = {"sha256": sha256_bytes(content), "bytes": len(content)}
    with pytest.raises(Tampered, match=r"preprocessing\.json"):
        open_artifact(rewrite(sealed.folder, put("files/preprocessing.json", entry)))


def test_golden_files_that_are_no_arrays_are_refused(sealed: Artifact) -> None:
    (sealed.folder / "golden" / "inputs.npy").write_bytes(b"no array")
    with pytest.raises(Tampered, match=r"inputs\.npy"):
        sealed.golden()
