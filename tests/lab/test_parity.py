"""The checkpoint against its ONNX file, and what happens when they differ."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from edgeline.errors import EdgelineError
from edgeline.export.onnx import export
from edgeline.export.parity import check_parity
from edgeline.models.checkpoint import Checkpoint, ModelSpec
from edgeline.models.zoo import build
from edgeline.preprocess import Preprocessing

SPEC = ModelSpec("cnn", (1, 28, 28), 10, (4, 6, 12))
IMAGES = np.random.default_rng(0).integers(0, 256, (40, 28, 28), dtype=np.uint8)


@pytest.fixture(scope="module")
def checkpoint() -> Checkpoint:
    state = build(SPEC, seed=2).state_dict()
    return Checkpoint(SPEC, Preprocessing("image", (28, 28, 1), (0.1307,), (0.3081,)), state)


@pytest.fixture(scope="module")
def exported(checkpoint: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(checkpoint, tmp_path_factory.mktemp("exported") / "model.onnx")[0]


def test_both_compute_the_same(checkpoint: Checkpoint, exported: Path) -> None:
    report = check_parity(checkpoint, exported, IMAGES)
    assert report.comparisons == 16
    assert 0 <= report.difference < 1e-5
    assert report.tolerance == 1e-4


def test_a_small_change_of_one_weight_is_found(checkpoint: Checkpoint, exported: Path) -> None:
    state = {name: tensor.clone() for name, tensor in checkpoint.state.items()}
    state["output.bias"][3] += 0.01 * state["output.weight"].abs().max()
    changed = replace(checkpoint, state=state)
    with pytest.raises(EdgelineError, match=r"within 0\.0001 of torch's"):
        check_parity(changed, exported, IMAGES)


def test_a_net_that_is_not_a_number_is_refused(checkpoint: Checkpoint, exported: Path) -> None:
    state = {name: torch.full_like(tensor, torch.nan) for name, tensor in checkpoint.state.items()}
    with pytest.raises(EdgelineError, match="found"):
        check_parity(replace(checkpoint, state=state), exported, IMAGES)


def test_few_images_are_repeated_to_fill_a_batch(checkpoint: Checkpoint, exported: Path) -> None:
    assert check_parity(checkpoint, exported, IMAGES[:2]).comparisons == 16
