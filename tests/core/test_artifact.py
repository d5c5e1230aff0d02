"""Sealing a folder, and noticing whatever is done to it afterwards."""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edgeline.artifact import Artifact, Description, open_artifact, open_part, seal
from edgeline.digest import canonical_json, sha256_bytes
from edgeline.errors import EdgelineError, RecipeError, Tampered
from edgeline.preprocess import Preprocessing

A, B = "a" * 64, "b" * 64


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


def test_golden_answers_come_back(sealed: Artifact) -> None:
    inputs, outputs = sealed.golden()
    assert inputs["image"].shape == (1, 2, 2)
    assert outputs["logits"].tolist() == [[0.5, 1.5]]


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
        {"preprocessing": Preprocessing("image", (2, 2, 1), (0.5,), (0.26,))},
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


def test_golden_files_that_are_no_arrays_are_refused(sealed: Artifact) -> None:
    (sealed.folder / "golden" / "inputs.npy").write_bytes(b"no array")
    with pytest.raises(Tampered, match=r"inputs\.npy"):
        sealed.golden()
