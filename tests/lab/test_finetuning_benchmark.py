"""The figures of the documents can be measured again."""

import json

import numpy as np
import pytest
from safetensors.torch import save_file

from benchmarks.finetuning import METHODS, measure
from edgeline.errors import RecipeError
from edgeline.models import zoo


def test_every_figure_is_measured_in_short(tmp_path):
    draw = np.random.default_rng(0)
    arrays = {}
    for name, count in (("train", 60), ("val", 40), ("test", 40)):
        arrays[f"{name}_images"] = draw.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        arrays[f"{name}_labels"] = (np.arange(count) % 2)[:, None].astype(np.uint8)
    np.savez(tmp_path / "pneumoniamnist.npz", **arrays)
    taught = zoo.build(zoo.spec("resnet20", (3, 32, 32), 10), 0)
    save_file(taught.state_dict(), tmp_path / "cifar.safetensors")
    result = measure(
        {
            "data.path": str(tmp_path / "pneumoniamnist.npz"),
            "pretrained.weights": str(tmp_path / "cifar.safetensors"),
        },
        short=True,
    )

    assert json.dumps(result, allow_nan=False)
    assert set(result["methods"]) == set(METHODS)
    assert (
        result["methods"]["probe"]["trained_share"] < result["methods"]["lora"]["trained_share"] < 1
    )
    assert result["labels"]["100 %"]["gain"].keys() == {"auc", "accuracy"}


def test_both_files_must_be_named():
    with pytest.raises(RecipeError, match=r"-p data\.path=FILE -p pretrained\.weights=FILE"):
        measure({"data.path": "x.npz"})
