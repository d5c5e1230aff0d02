"""A sealed artifact small enough to read: no network, only files and what is said of them."""

from pathlib import Path

import numpy as np
import pytest

from edgeline.artifact import Artifact, Description, seal
from edgeline.manifest import Ancestor, Net, TensorSpec
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
        preprocessing=Preprocessing("image", (2, 2, 1), (0.5,), (0.25,)),
        model=Net("model.onnx", (IMAGE,), (LOGITS,)),
        parts=(Net("parts/0.onnx", (IMAGE,), (MIDDLE,)), Net("parts/1.onnx", (MIDDLE,), (LOGITS,))),
        checkpoint=B,
        parents={"data": A, "checkpoint": B},
        lineage=(Ancestor(A, "data", ()), Ancestor(B, "tuned", (A,))),
    )


@pytest.fixture
def sealed(staging: Path, description: Description, tmp_path: Path) -> Artifact:
    return seal(staging, description, tmp_path / "store")
