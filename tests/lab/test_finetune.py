"""What labels add to a network, and that the seed alone decides how."""

from dataclasses import asdict
from json import dumps

import numpy as np
import pytest
import torch

from edgeline.finetuning.evaluate import logits, score, scores
from edgeline.finetuning.finetune import finetune, train_from_scratch
from edgeline.metrics import t_interval
from edgeline.models import zoo
from edgeline.models.checkpoint import ModelSpec, load, save
from edgeline.preprocess import Preprocessing
from edgeline.recipe.finetune import Finetune

SPEC = ModelSpec("cnn", (1, 12, 12), 2, (4, 8, 8))
GREY = Preprocessing("image", (12, 12, 1), (0.1,), (0.3,))
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
    checkpoint, _ = train_from_scratch(
        SPEC, GREY, *bars(80, 0), bars(40, 1), SETTINGS, augmentation="pen"
    )
    return checkpoint


def test_report_tells_before_and_after(pretrained):
    validation = bars(40, 3, brightness=90)
    chosen, report = finetune(
        pretrained, *bars(20, 2, brightness=90), validation, SETTINGS, augmentation="pen"
    )

    assert report.before == score(pretrained, *validation)
    assert report.after == score(chosen, *validation) == report.interpolation.accuracy
    assert report.tuned == report.training.accuracy
    assert report.after >= max(report.before, report.tuned)


def test_finetuning_leaves_the_pretrained_network_alone(pretrained):
    before = {name: tensor.clone() for name, tensor in pretrained.state.items()}
    finetune(pretrained, *bars(20, 2), bars(20, 3), SETTINGS, augmentation="pen")

    assert all(torch.equal(before[name], pretrained.state[name]) for name in before)


def test_same_seed_saves_the_same_bytes(pretrained, tmp_path):
    paths = [
        save(
            finetune(pretrained, *bars(20, 2), bars(20, 3), settings, augmentation="pen")[0],
            tmp_path,
        )
        for settings in (SETTINGS, SETTINGS, SETTINGS.model_copy(update={"seed": 1}))
    ]

    assert paths[0] == paths[1] != paths[2]


def test_report_can_be_written_as_json(pretrained):
    _, report = finetune(pretrained, *bars(20, 2), bars(20, 3), SETTINGS, augmentation="pen")

    assert dumps(asdict(report), allow_nan=False)


def test_logits_come_one_row_per_image(pretrained):
    images, _ = bars(501, 4)
    all_at_once = logits(pretrained, images)

    assert all_at_once.shape == (501, 2)
    assert all_at_once.dtype == np.float32
    np.testing.assert_allclose(all_at_once[500:], logits(pretrained, images[500:]), atol=1e-5)


def test_seeds_are_tried_and_the_best_is_kept(pretrained):
    validation = bars(40, 3, brightness=60)
    settings = SETTINGS.model_copy(update={"seeds": 3, "epochs": 2})
    chosen, report = finetune(
        pretrained, *bars(20, 2, brightness=60), validation, settings, augmentation="pen"
    )
    alone = [
        finetune(
            pretrained,
            *bars(20, 2, brightness=60),
            validation,
            settings.model_copy(update={"seeds": 1, "seed": seed}),
            augmentation="pen",
        )[1].after
        for seed in range(3)
    ]

    assert report.seeds == tuple(alone)
    assert report.after == max(alone) == score(chosen, *validation)
    assert report.seed == alone.index(max(alone))
    assert report.spread == t_interval(alone)


@pytest.mark.parametrize("method", ["probe", "bias", "lora"])
def test_every_method_gives_a_checkpoint_of_the_same_network(method, pretrained, tmp_path):
    settings = SETTINGS.model_copy(update={"method": method, "rank": 2})
    chosen, report = finetune(pretrained, *bars(20, 2), bars(20, 3), settings, augmentation="pen")

    assert load(save(chosen, tmp_path)).spec == SPEC
    assert list(chosen.state) == list(pretrained.state)
    assert report.learned.method == method
    assert 0 < report.learned.share < 1


@pytest.mark.parametrize(
    ("kind", "shape", "architecture"), [("series", (6, 2), "gru"), ("table", (3,), "mlp")]
)
def test_other_kinds_learn_by_the_same_loop(kind, shape, architecture):
    draw = np.random.default_rng(0)
    labels = np.arange(60, dtype=np.int64) % 2
    values = draw.standard_normal((60, *shape)).astype(np.float32)
    values[..., 0] += 2 * labels.reshape(-1, *[1] * (len(shape) - 1))
    if kind == "series":
        values[::3, :2] = np.nan
    preprocessing = Preprocessing(kind, shape, (1.0,) * shape[-1], (1.0,) * shape[-1])
    settings = Finetune(epochs=20, batch_size=16, learning_rate=0.02, patience=5)
    checkpoint, report = train_from_scratch(
        zoo.spec(architecture, shape, 2),
        preprocessing,
        values,
        labels,
        (values, labels),
        settings,
        augmentation="sensor",
    )

    assert score(checkpoint, values, labels) > 0.8
    assert report.accuracy == score(checkpoint, values, labels)
    results = scores(checkpoint, values, labels)
    assert results.accuracy == report.accuracy
    assert results.auc is not None
    assert results.auc > 0.8
