"""What labels add to a network, and that the seed alone decides how."""

from dataclasses import asdict
from json import dumps

import numpy as np
import pytest
import torch

from edgeline.finetuning.evaluate import logits, score
from edgeline.finetuning.finetune import finetune, train_from_scratch
from edgeline.models.checkpoint import ModelSpec, save
from edgeline.preprocess import Preprocessing
from edgeline.recipe.finetune import Finetune

SPEC = ModelSpec("cnn", channels=1, image_size=12, classes=2, widths=(4, 8, 8))
GREY = Preprocessing(channels=1, image_size=12, mean=(0.1,), std=(0.3,))
SETTINGS = Finetune(epochs=6, batch_size=16, learning_rate=0.01, augment=0.5)


def bars(count: int, seed: int, brightness: int = 255) -> tuple[np.ndarray, np.ndarray]:
    """Class 0 has a bright row, class 1 a bright column."""
    draw = np.random.default_rng(seed)
    images, labels = np.zeros((count, 12, 12), np.uint8), np.arange(count, dtype=np.int64) % 2
    for image, label, at in zip(images, labels, draw.integers(3, 9, count), strict=True):
        image[:] = brightness * (np.arange(12) == at)[:, None]
        image[:] = image.T if label else image
    return images, labels


@pytest.fixture(scope="module")
def pretrained():
    checkpoint, _ = train_from_scratch(SPEC, GREY, *bars(80, 0), bars(40, 1), SETTINGS, seed=0)
    return checkpoint


def test_report_tells_before_and_after(pretrained):
    validation = bars(40, 3, brightness=90)
    chosen, report = finetune(pretrained, *bars(20, 2, brightness=90), validation, SETTINGS)

    assert report.before == score(pretrained, *validation)
    assert report.after == score(chosen, *validation) == report.interpolation.accuracy
    assert report.tuned == report.training.accuracy
    assert report.after >= max(report.before, report.tuned)


def test_finetuning_leaves_the_pretrained_network_alone(pretrained):
    before = {name: tensor.clone() for name, tensor in pretrained.state.items()}
    finetune(pretrained, *bars(20, 2), bars(20, 3), SETTINGS)

    assert all(torch.equal(before[name], pretrained.state[name]) for name in before)


def test_same_seed_saves_the_same_bytes(pretrained, tmp_path):
    paths = [
        save(finetune(pretrained, *bars(20, 2), bars(20, 3), settings)[0], tmp_path)
        for settings in (SETTINGS, SETTINGS, SETTINGS.model_copy(update={"seed": 1}))
    ]

    assert paths[0] == paths[1] != paths[2]


def test_report_can_be_written_as_json(pretrained):
    _, report = finetune(pretrained, *bars(20, 2), bars(20, 3), SETTINGS)

    assert dumps(asdict(report), allow_nan=False)


def test_logits_come_one_row_per_image(pretrained):
    images, _ = bars(501, 4)
    all_at_once = logits(pretrained, images)

    assert all_at_once.shape == (501, 2)
    assert all_at_once.dtype == np.float32
    np.testing.assert_allclose(all_at_once[500:], logits(pretrained, images[500:]), atol=1e-5)
