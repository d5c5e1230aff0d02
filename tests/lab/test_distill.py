"""A student learns what its teacher says."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from edgeline.compression.distill import UNLABELLED, distill, imitate, untaught_examples
from edgeline.finetuning.evaluate import score
from edgeline.models.checkpoint import Checkpoint, ModelSpec, save
from edgeline.models.zoo import build, count_weights
from edgeline.preprocess import Preprocessing
from edgeline.recipe.shrink import Shrink

BIG = ModelSpec("cnn", (1, 8, 8), 2, (4, 4, 8))
SMALL = replace(BIG, widths=(2, 2, 4))
GREY = Preprocessing("image", (8, 8, 1), (0.5,), (0.5,))
SETTINGS = Shrink(epochs=3, lessons=2, batch_size=8, augment=0.5)


def teacher(first: float, second: float) -> Checkpoint:
    """It answers these two logits whatever it sees."""
    zeros = {name: torch.zeros_like(tensor) for name, tensor in build(BIG, 0).state_dict().items()}
    return Checkpoint(
        BIG, GREY, {**zeros, "output.bias": torch.tensor([first, second], dtype=torch.float32)}
    )


def noise(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 8, 8), dtype=np.uint8)


def test_loss_is_nothing_where_answers_agree():
    loss = imitate(teacher(1.0, 2.0), temperature=4.0, label_weight=0.0)
    labels = torch.tensor([0, 1, UNLABELLED])

    # The same number added to all logits leaves the answer as it is.
    assert loss(torch.tensor([[4.0, 5.0]] * 3), torch.zeros(3, 1, 8, 8), labels).item() == 0


def test_loss_is_the_mix_computed_by_hand():
    # Teacher: 3/4 and 1/4 at temperature 2; student: 1/2 and 1/2, so its error on any label is log 2.
    loss = imitate(teacher(2 * np.log(3.0), 0.0), temperature=2.0, label_weight=0.25)
    soft = 2**2 * (0.75 * np.log(0.75 / 0.5) + 0.25 * np.log(0.25 / 0.5))
    given = loss(torch.zeros(2, 2), torch.zeros(2, 1, 8, 8), torch.tensor([0, UNLABELLED]))

    # One image of two has a label, and the mean is over both.
    assert given.item() == pytest.approx(0.75 * soft + 0.25 * np.log(2) / 2, rel=1e-6)


def test_student_answers_as_its_teacher_does():
    images, wrong = noise(20, 0), np.zeros(20, np.int64)
    settings = SETTINGS.model_copy(
        update={"label_weight": 0.0, "epochs": 20, "learning_rate": 0.02}
    )
    student, report = distill(
        teacher(0.0, 3.0), SMALL, images, wrong, (images, wrong), settings, augmentation="pen"
    )

    # The teacher calls everything class 1, and no label is listened to.
    assert score(student, noise(50, 1), np.ones(50, np.int64)) > 0.9
    assert report.before == 0
    assert (report.weights_before, report.weights_after) == (
        count_weights(BIG),
        count_weights(SMALL),
    )


def test_unlabelled_images_join_each_pass():
    images, labels = noise(20, 0), np.zeros(20, np.int64)
    _, report = distill(
        teacher(1.0, 0.0),
        SMALL,
        images,
        labels,
        (images, labels),
        SETTINGS,
        augmentation="pen",
        unlabelled=noise(7, 1),
    )

    # 20 images shown twice and 7 once are 47: six batches of eight, three times.
    assert (report.training.examples, report.training.batches) == (47, 18)


def test_the_control_sees_as_many_items_as_the_student():
    settings = Shrink(lessons=2, unlabelled="printed", unlabelled_items=9)
    values, labels = untaught_examples(noise(3, 0), np.array([0, 1, 0]), settings)

    assert len(values) == 3 * 2 + 9
    assert labels.tolist() == [0] * 5 + [1] * 5 + [0] * 5


def test_same_seed_saves_the_same_student(tmp_path):
    images, labels = noise(20, 0), np.arange(20) % 2
    paths = {
        save(
            distill(
                teacher(0.0, 1.0),
                SMALL,
                images,
                labels,
                (images, labels),
                SETTINGS,
                augmentation="pen",
            )[0],
            tmp_path,
        )
        for _ in range(2)
    }

    assert len(paths) == 1
