"""What was sealed once must open, answer and decide for ever."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgeline.artifact import Artifact, open_part
from edgeline.edge.agreement import agreement
from edgeline.edge.decide import predict
from edgeline.edge.golden import check_golden, record_golden
from edgeline.edge.readings import read
from edgeline.edge.session import load, load_model, run_parts
from edgeline.errors import EnvironmentUnfit, RecipeError
from edgeline.manifest import SCHEMA, InputProfile, Manifest, SessionOptions, Spread
from edgeline.preprocess import Preprocessing, Values

DIGITS = ["4", "2", "0", "9"]


def items(artifact: Artifact) -> Values:
    (values,) = artifact.golden()[0].values()
    return values


def test_an_old_artifact_still_answers_as_it_did(any_golden_artifact: Artifact) -> None:
    measured = check_golden(any_golden_artifact, load_model(any_golden_artifact))
    assert measured.top1 == 1
    assert measured.examples == len(DIGITS)


def test_its_parts_together_are_the_whole(any_golden_artifact: Artifact) -> None:
    artifact = any_golden_artifact
    inputs = artifact.prepare(items(artifact))
    parts = [load(open_part(artifact.folder, index)) for index in (0, 1)]
    whole = load_model(artifact).run(inputs)
    values = run_parts(parts, inputs)
    assert agreement(whole, {"logits": values["logits"]}).bit_equal


def test_only_a_quarter_of_the_bytes_travels(any_golden_artifact: Artifact) -> None:
    (sent,) = any_golden_artifact.manifest.travelling(0)
    assert (sent.dtype, sent.shape) == ("uint8", ("N", 4, 14, 14))


def test_a_manifest_of_any_schema_is_written_as_the_present_one(
    any_golden_artifact: Artifact,
) -> None:
    manifest = any_golden_artifact.manifest
    assert manifest.to_json()["schema"] == SCHEMA
    assert Manifest.from_json(manifest.to_json()) == manifest


def test_the_first_schema_had_no_profile_and_no_options(golden_artifact: Artifact) -> None:
    assert golden_artifact.profile is None
    assert golden_artifact.manifest.model.options == SessionOptions()
    assert '"edgeline.artifact/1"' in (golden_artifact.folder / "manifest.json").read_text()


def test_the_second_schema_tells_what_it_was_trained_on_and_how_it_opens(
    second_schema: Artifact,
) -> None:
    assert second_schema.profile == InputProfile(
        (Spread(0.0, 33.48264989542655, 255.0),),
        Spread(7.559948979591836, 33.48264989542655, 78.51020408163265),
        "light on dark",
    )
    options = SessionOptions(disabled_optimisers=("ConstantFolding",), prepacking=False)
    assert second_schema.manifest.model.options == options
    session = load_model(second_schema)
    assert session.options == options
    assert session.net("model.onnx") == second_schema.manifest.model


def test_a_table_of_old_is_filled_and_read_as_it_was(
    golden_table: Artifact, tmp_path: Path
) -> None:
    measured = check_golden(golden_table, load_model(golden_table))
    assert (measured.top1, measured.examples) == (1, 10)
    assert np.isnan(items(golden_table)[[0, 4], 0]).all()
    (tmp_path / "a.csv").write_text("Last;Drehzahl;Temperatur\n0,5;1.250;k.A.\n0,5;950;74,5\n")
    names, rows = zip(*read(tmp_path / "a.csv", golden_table.preprocessing), strict=True)

    assert np.array_equal(rows[0], np.float32([np.nan, 1250, 0.5]), equal_nan=True)
    decisions = predict(golden_table, rows, names=names)
    assert [one.answer for one in decisions] == ["gut", "verschlissen"]
    assert [one.filled for one in decisions] == [("Temperatur",), ()]


def test_digits_are_recognised_at_any_size(any_golden_artifact: Artifact) -> None:
    images = items(any_golden_artifact)
    large = [np.kron(image, np.ones((2, 2), np.uint8)) for image in images]
    for pictures in (list(images), large):
        decisions = predict(any_golden_artifact, pictures, names=["a", "b", "c", "d"])
        assert [decision.answer for decision in decisions] == DIGITS
        assert [decision.input for decision in decisions] == ["a", "b", "c", "d"]
        assert all(0.5 < decision.confidence <= 1 for decision in decisions)
        assert {decision.digest for decision in decisions} == {any_golden_artifact.digest}


def test_without_names_inputs_are_numbered(golden_artifact: Artifact) -> None:
    images = items(golden_artifact)
    assert [one.input for one in predict(golden_artifact, images[:2])] == ["0", "1"]
    assert predict(golden_artifact, []) == []


def test_a_machine_that_computes_otherwise_is_unfit(golden_artifact: Artifact) -> None:
    # Another mean stands for a kernel that is wrong: the files are right, the numbers are not.
    wrong = Preprocessing("image", (28, 28, 1), (0.9,), (0.3081,))
    other = replace(golden_artifact, item_preprocessing=wrong)
    with pytest.raises(EnvironmentUnfit, match="golden answers"):
        check_golden(other, load_model(golden_artifact))


def test_recorded_answers_are_those_of_the_session(
    golden_artifact: Artifact, tmp_path: Path
) -> None:
    inputs, outputs = golden_artifact.golden()
    session = load_model(golden_artifact)
    record_golden(tmp_path, session, inputs, golden_artifact.preprocessing)
    again = replace(golden_artifact, folder=tmp_path).golden()
    assert np.array_equal(again[0]["image"], inputs["image"])
    assert agreement(outputs, again[1]).difference < 0.02


def test_answers_without_classes_decide_nothing(golden_artifact: Artifact) -> None:
    nameless = replace(golden_artifact, manifest=replace(golden_artifact.manifest, classes=()))
    with pytest.raises(RecipeError, match="names the classes of its answers"):
        predict(nameless, items(golden_artifact))
