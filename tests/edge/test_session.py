"""The door to onnxruntime, on a model that was sealed long ago."""

from pathlib import Path

import numpy as np
import pytest
from onnxruntime.capi import onnxruntime_pybind11_state

from edgeline.artifact import Artifact
from edgeline.edge.agreement import agreement
from edgeline.edge.session import load
from edgeline.errors import EdgelineError, RecipeError
from edgeline.manifest import Net, SessionOptions, TensorSpec
from edgeline.manifest.network import OPTIMISERS


def test_a_session_describes_itself_as_the_manifest_does(golden_artifact: Artifact) -> None:
    session = load(golden_artifact.model_path)
    assert session.net("model.onnx") == golden_artifact.manifest.model
    assert session.inputs == (TensorSpec("image", "float32", ("N", 1, 28, 28)),)
    part = load(golden_artifact.part_path(0)).net("parts/0.onnx")
    assert part == golden_artifact.manifest.parts[0]
    assert isinstance(part, Net)


def test_bytes_and_file_give_the_same_answers(golden_artifact: Artifact) -> None:
    inputs = np.random.default_rng(0).normal(size=(3, 1, 28, 28)).astype(np.float32)
    from_file = load(golden_artifact.model_path).logits(inputs)
    from_bytes = load(golden_artifact.model_path.read_bytes()).run({"image": inputs})["logits"]
    assert from_file.shape == (3, 10)
    assert from_file.tobytes() == from_bytes.tobytes()


def test_each_example_is_answered_alone(golden_artifact: Artifact) -> None:
    session = load(golden_artifact.model_path)
    inputs = np.random.default_rng(1).normal(size=(7, 1, 28, 28)).astype(np.float32)
    alone = np.concatenate([session.logits(one[None]) for one in inputs])
    assert np.array_equal(alone, session.logits(inputs))


@pytest.mark.parametrize(
    "tensors",
    [
        {},
        {"picture": np.zeros((1, 1, 28, 28), np.float32)},
        {"image": np.zeros((1, 1, 28, 28), np.float64)},
        {"image": np.zeros((1, 1, 27, 28), np.float32)},
        {"image": np.zeros((1, 28, 28), np.float32)},
    ],
)
def test_wrong_tensors_are_answered_with_the_right_ones(
    golden_artifact: Artifact, tensors: dict[str, np.ndarray]
) -> None:
    with pytest.raises(RecipeError, match=r"image float32\[N, 1, 28, 28\]"):
        load(golden_artifact.model_path).run(tensors)


def test_what_is_no_model_does_not_load(tmp_path: Path) -> None:
    with pytest.raises(EdgelineError, match="an ONNX model"):
        load(b"no model")
    with pytest.raises(EdgelineError, match=r"absent\.onnx"):
        load(tmp_path / "absent.onnx")


def test_a_runtime_is_opened_as_the_options_say(second_schema: Artifact) -> None:
    model = second_schema.model_path
    options = SessionOptions("basic", ("ConstantFolding", "TransposeOptimizer"), prepacking=False)
    session = load(model, options=options)
    runtime = session.runtime.get_session_options()
    assert runtime.graph_optimization_level.name == "ORT_ENABLE_BASIC"
    entries = [
        runtime.get_session_config_entry(key)
        for key in ("session.disable_prepacking", "optimization.disable_specified_optimizers")
    ]
    assert entries == ["1", "ConstantFolding;TransposeOptimizer"]
    assert session.net("model.onnx").options == options
    inputs = second_schema.prepare(second_schema.golden()[0]["input"])
    assert agreement(load(model).run(inputs), session.run(inputs)).difference < 0.02


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_onnxruntime_knows_each_optimiser_by_its_name(optimiser: str) -> None:
    # It ignores a name that it does not know, so the name is looked for in its library.
    library = Path(onnxruntime_pybind11_state.__file__).read_bytes()
    assert optimiser.encode() in library
