"""What was sealed once must open, answer and decide for ever."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgeline.artifact import Artifact, open_part
from edgeline.edge.agreement import agreement
from edgeline.edge.decide import predict
from edgeline.edge.golden import check_golden, record_golden
from edgeline.edge.session import load
from edgeline.errors import EnvironmentUnfit
from edgeline.preprocess import Preprocessing

DIGITS = ["4", "2", "0", "9"]


def test_the_old_artifact_still_answers_as_it_did(golden_artifact: Artifact) -> None:
    found = check_golden(golden_artifact, load(golden_artifact.model_path))
    assert found.top1 == 1
    assert found.examples == len(DIGITS)


def test_its_parts_together_are_the_whole(golden_artifact: Artifact) -> None:
    images, _ = golden_artifact.golden()
    tensor = golden_artifact.preprocessing(images)
    whole = load(golden_artifact.model_path).logits(tensor)
    for index in range(len(golden_artifact.manifest.parts)):
        tensor = load(open_part(golden_artifact.folder, index)).logits(tensor)
    assert agreement(whole, tensor).bit_equal


def test_only_a_quarter_of_the_bytes_travels(golden_artifact: Artifact) -> None:
    (wire,) = golden_artifact.manifest.parts[0].outputs
    assert (wire.name, wire.dtype) == (golden_artifact.manifest.cut[0], "uint8")


def test_digits_are_recognised_at_any_size(golden_artifact: Artifact) -> None:
    images, _ = golden_artifact.golden()
    large = [np.kron(image, np.ones((2, 2), np.uint8)) for image in images]
    for pictures in (list(images), large):
        decisions = predict(golden_artifact, pictures, names=["a", "b", "c", "d"])
        assert [decision.answer for decision in decisions] == DIGITS
        assert [decision.input for decision in decisions] == ["a", "b", "c", "d"]
        assert all(0.5 < decision.confidence <= 1 for decision in decisions)
        assert {decision.digest for decision in decisions} == {golden_artifact.digest}


def test_without_names_inputs_are_numbered(golden_artifact: Artifact) -> None:
    images, _ = golden_artifact.golden()
    assert [one.input for one in predict(golden_artifact, images[:2])] == ["0", "1"]
    assert predict(golden_artifact, []) == []


def test_a_machine_that_computes_otherwise_is_unfit(golden_artifact: Artifact) -> None:
    # Another mean stands for a kernel that is wrong: the files are right, the numbers are not.
    other = replace(
        golden_artifact, preprocessing=Preprocessing("image", (28, 28, 1), (0.9,), (0.3081,))
    )
    with pytest.raises(EnvironmentUnfit, match="golden answers"):
        check_golden(other, load(golden_artifact.model_path))


def test_recorded_answers_are_those_of_the_session(
    golden_artifact: Artifact, tmp_path: Path
) -> None:
    images, logits = golden_artifact.golden()
    record_golden(tmp_path, load(golden_artifact.model_path), golden_artifact.preprocessing, images)
    shutil.copy(golden_artifact.folder / "preprocessing.json", tmp_path)
    again = replace(golden_artifact, folder=tmp_path).golden()
    assert np.array_equal(again[0], images)
    assert agreement(logits, again[1]).difference < 0.02
