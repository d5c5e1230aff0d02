"""Parts that pass any number of tensors on, and models without classes, items or a single answer."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgeline.artifact import Artifact, Description, open_artifact, seal
from edgeline.errors import EdgelineError, RecipeError, Tampered
from edgeline.manifest import InputProfile, Net, Spread, TensorSpec
from edgeline.preprocess import Preprocessing

X, Z, A, B, EARLY, LATE = (
    TensorSpec(name, "float32", ("N", size))
    for name, size in (("x", 1), ("z", 2), ("a", 3), ("b", 4), ("early", 5), ("late", 6))
)
MODEL = Net("model.onnx", (X, Z), (EARLY, LATE))
PARTS = (
    Net("parts/0.onnx", (X,), (A, EARLY)),
    Net("parts/1.onnx", (A, Z), (B,)),
    # The last part reads what the first one gave, and an input of the model.
    Net("parts/2.onnx", (A, B, X), (LATE,)),
)

CROWD = tuple(TensorSpec(f"t{index}", "int8", ("N",)) for index in range(255))


@pytest.fixture
def tensors(description: Description) -> Description:
    """Of a model of two inputs and two outputs, which knows neither items nor classes."""
    return replace(description, classes=(), preprocessing=None, model=MODEL, parts=PARTS)


@pytest.fixture
def staged(tmp_path: Path) -> Path:
    folder = tmp_path / "staged"
    for net in (MODEL, *PARTS):
        (folder / net.file).parent.mkdir(parents=True, exist_ok=True)
        (folder / net.file).write_bytes(net.file.encode())
    for kind, specs in (("inputs", MODEL.inputs), ("outputs", MODEL.outputs)):
        (folder / "golden" / kind).mkdir(parents=True)
        for index, spec in enumerate(specs):
            np.save(folder / "golden" / kind / f"{index}.npy", np.zeros((1, spec.shape[1])))
    return folder


def test_a_model_of_several_tensors_is_sealed(
    staged: Path, tensors: Description, tmp_path: Path
) -> None:
    artifact = seal(staged, tensors, tmp_path / "store")
    assert artifact.manifest.parts == PARTS
    inputs, outputs = artifact.golden()
    assert {name: array.shape for name, array in inputs.items()} == {"x": (1, 1), "z": (1, 2)}
    assert list(outputs) == ["early", "late"]
    with pytest.raises(RecipeError, match="takes x, z"):
        artifact.prepare(np.zeros((1, 2, 2), np.uint8))


def test_what_travels_is_what_is_still_needed(
    staged: Path, tensors: Description, tmp_path: Path
) -> None:
    manifest = seal(staged, tensors, tmp_path / "store").manifest
    assert manifest.travelling(-1) == (X, Z)
    assert manifest.travelling(0) == (X, Z, A, EARLY)
    assert manifest.travelling(1) == (X, A, EARLY, B)
    assert manifest.travelling(2) == (EARLY, LATE)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ((PARTS[1], PARTS[0], PARTS[2]), "reads a, which nothing before it gives"),
        (PARTS[:2], "no part gives late"),
        (
            (PARTS[0], replace(PARTS[1], outputs=(B, EARLY)), PARTS[2]),
            "gives early, which exists before",
        ),
        ((*PARTS[:2], replace(PARTS[2], inputs=(A, X))), "gives b, which is neither read nor"),
        (
            (
                replace(PARTS[0], outputs=(A, EARLY, *CROWD)),
                PARTS[1],
                replace(PARTS[2], inputs=(A, B, X, *CROWD)),
            ),
            "more than 255 tensors",
        ),
        ((replace(PARTS[0], inputs=(replace(X, dtype="int8"),)), *PARTS[1:]), "reads x"),
    ],
)
def test_parts_that_are_not_the_model_are_not_sealed(
    parts: tuple[Net, ...], message: str, staged: Path, tensors: Description, tmp_path: Path
) -> None:
    with pytest.raises(EdgelineError, match=message):
        seal(staged, replace(tensors, parts=parts), tmp_path / "store")


def test_items_are_preprocessed_for_one_input_only(
    staged: Path, tensors: Description, description: Description, tmp_path: Path
) -> None:
    wrong = replace(tensors, preprocessing=description.preprocessing)
    with pytest.raises(EdgelineError, match="a model of several inputs"):
        seal(staged, wrong, tmp_path / "store")


def test_several_answers_may_have_classes_of_any_number(
    staged: Path, tensors: Description, tmp_path: Path
) -> None:
    assert seal(staged, replace(tensors, classes=("a",)), tmp_path / "store").manifest.classes


PROFILE = InputProfile((Spread(0.0, 0.1 + 0.2, 1.0),), Spread(1.5, 2.0, 3e300), "dark on light")
FULL = replace(
    PROFILE, items=7, picture=((0, 255), (3, 4)), measures={"contrast": (Spread(1.0, 2.0, 3.0),)}
)


@pytest.mark.parametrize("profile", [PROFILE, FULL])
def test_a_profile_of_the_training_items_comes_back(
    profile: InputProfile,
    staging: Path,
    description: Description,
    sealed: Artifact,
    tmp_path: Path,
) -> None:
    artifact = seal(staging, replace(description, profile=profile), tmp_path / "store")
    assert open_artifact(artifact.folder).profile == profile
    assert artifact.digest != sealed.digest
    (artifact.folder / "profile.json").write_bytes(b"{}")
    with pytest.raises(Tampered, match=r"profile\.json"):
        open_artifact(artifact.folder)


@pytest.mark.parametrize(
    "profile",
    [
        replace(PROFILE, channels=PROFILE.channels * 2),
        replace(PROFILE, channels=()),
    ],
)
def test_a_profile_of_other_channels_is_refused(
    profile: InputProfile, staging: Path, description: Description, tmp_path: Path
) -> None:
    with pytest.raises(Tampered, match="expected 1 channels"):
        seal(staging, replace(description, profile=profile), tmp_path / "store")


def test_only_images_have_brightness_and_polarity() -> None:
    table = Preprocessing("table", (1,), (0.0,), (1.0,))
    InputProfile(PROFILE.channels).check(table)
    for more in ({"brightness": PROFILE.channels[0]}, {"polarity": "light on dark"}):
        with pytest.raises(ValueError, match="neither brightness nor polarity"):
            InputProfile(PROFILE.channels, **more).check(table)


@pytest.mark.parametrize(
    ("measures", "found"),
    [
        ({"length": FULL.measures["contrast"]}, "image has no length"),
        ({"contrast": FULL.measures["contrast"] * 2}, "2 spreads of contrast"),
        ({"contrast": ()}, "0 spreads of contrast"),
    ],
)
def test_a_profile_has_the_measures_of_its_kind(
    measures: dict[str, tuple[Spread, ...]], found: str
) -> None:
    image = Preprocessing("image", (2, 2, 1), (0.5,), (0.25,))
    FULL.check(image)
    with pytest.raises(ValueError, match=found):
        replace(FULL, measures=measures).check(image)


@pytest.mark.parametrize(
    "numbers", [(1.0, 0.0, 2.0), (0.0, float("nan"), 1.0), (0, 1, float("inf"))]
)
def test_a_spread_that_makes_no_sense_is_refused(numbers: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match=r"finite|low <= mean"):
        Spread(*numbers)


@pytest.mark.parametrize(
    "change",
    [
        {"polarity": "upside down"},
        {"polarity": 1},
        {"surprise": None},
        {"brightness": []},
        {"channels": [{"low": "0", "mean": "0.5", "high": "1.0"}]},
        {"channels": [{"low": 0, "mean": 0, "high": 1}]},
        {"channels": [{"low": "0.0", "high": "1.0"}]},
        {"channels": [{"low": "0.0", "mean": "0.5", "high": "x"}]},
        {"items": "7"},
        {"items": 0},
        {"items": True},
        {"items": -1},
        {"picture": [[0, 256]]},
        {"picture": [[True]]},
        {"picture": [7]},
        {"picture": []},
        {"measures": {}},
        {"measures": {"contrast": "1.0"}},
    ],
)
def test_a_profile_that_is_not_ours_is_refused(change: dict[str, object]) -> None:
    assert InputProfile.from_json(FULL.to_json()) == FULL
    with pytest.raises(ValueError):  # noqa: PT011  each has its own message
        InputProfile.from_json({**FULL.to_json(), **change})
