"""`edgeline predict`, as a person calls it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from edgeline.artifact import Artifact
from edgeline.cli.predict import predict
from edgeline.errors import RecipeError, Tampered

app = typer.Typer()
app.command()(predict)


def run(*arguments: str | Path) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception:
        raise result.exception
    return result.stdout


@pytest.fixture
def nine(golden_artifact: Artifact, write_png: Callable[..., Path]) -> Path:
    images = golden_artifact.golden()[0]["image"]
    return write_png(np.pad(images[3], ((0, 0), (1, 0))), (28, 28), 0)


def test_json_has_one_decision_per_picture(
    golden_artifact: Artifact, nine: Path, tmp_path: Path
) -> None:
    np.save(tmp_path / "two.npy", golden_artifact.golden()[0]["image"][1])
    said = json.loads(run(golden_artifact.folder, nine, tmp_path / "two.npy", "--json"))
    assert [decision["answer"] for decision in said["decisions"]] == ["9", "2"]
    first = said["decisions"][0]
    assert first.keys() == {"input", "answer", "confidence", "digest", "filled", "outside"}
    assert first["digest"] == golden_artifact.digest
    # this one was sealed before artifacts said what their training items looked like
    assert first["outside"] is None


def test_the_table_names_class_and_model(golden_artifact: Artifact, nine: Path) -> None:
    *_, row = run(golden_artifact.folder, nine).splitlines()
    assert row.split()[-1].startswith(golden_artifact.digest[:8])
    assert " 9 " in row


def test_a_digit_in_ink_on_paper_is_said_to_be_unlike_the_training_pictures(
    second_schema: Artifact, nine: Path, tmp_path: Path
) -> None:
    paper = tmp_path / "paper.npy"
    np.save(paper, 255 - second_schema.golden()[0]["input"][3])
    said = json.loads(run(second_schema.folder, nine, paper, "--json"))
    advice = (
        "dark on light, unlike the training pictures: invert it, each pixel to 255 less its value"
    )
    outside = {"measure": "polarity", "column": "", "message": advice}
    assert [one["outside"] for one in said["decisions"]] == [[], [outside]]

    *_, row, told = run(second_schema.folder, nine, paper).splitlines()
    assert row.split()[0] == str(paper)
    assert told == f"outside: {paper}: {advice}"


def test_a_changed_model_predicts_nothing(
    golden_artifact: Artifact, nine: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(golden_artifact.folder, tmp_path / golden_artifact.digest)
    model = copy / "model.onnx"
    model.write_bytes(model.read_bytes().replace(b"image", b"IMAGE", 1))
    with pytest.raises(Tampered, match=r"model\.onnx"):
        run(copy, nine)


def test_a_folder_that_is_not_there_is_a_wrong_argument(nine: Path, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="absent"):
        run(tmp_path / "absent", nine)
