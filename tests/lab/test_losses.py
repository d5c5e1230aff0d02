"""How wrong answers are, by hand."""

import numpy as np
import pytest
import torch

from edgeline.finetuning.losses import objective
from edgeline.recipe.training import Loss

EVEN = torch.zeros(2, 2)
SURE = torch.tensor([[0.0, np.log(9.0)], [0.0, np.log(9.0)]], dtype=torch.float32)
LABELS = torch.tensor([0, 1])
INPUTS = torch.zeros(2, 1)


def loss(logits: torch.Tensor, labels: list[int], **settings: object) -> float:
    return objective(Loss(**settings), np.array(labels))(logits, INPUTS, LABELS).item()


def test_even_odds_cost_the_logarithm_of_two():
    assert loss(EVEN, [0, 1]) == pytest.approx(np.log(2))


def test_focal_counts_sure_answers_less():
    # Even odds: (1 - 1/2)^2. Sure of class 1: 0.9^2 of a great error, 0.1^2 of a small one.
    assert loss(EVEN, [0, 1], loss="focal") == pytest.approx(np.log(2) / 4)
    assert loss(SURE, [0, 1], loss="focal") == pytest.approx(
        (0.81 * np.log(10) + 0.01 * np.log(10 / 9)) / 2
    )


@pytest.mark.parametrize("name", ["cross-entropy", "focal"])
def test_even_classes_need_no_weights(name):
    assert loss(SURE, [0, 1], loss=name, class_weights=True) == pytest.approx(
        loss(SURE, [0, 1], loss=name)
    )


def test_rare_class_weighs_as_much_as_the_common_one():
    # Three of class 1 for one of class 0: 4 / (2 * 1) and 4 / (2 * 3).
    expected = (2 * np.log(10) + 2 / 3 * np.log(10 / 9)) / (2 + 2 / 3)

    assert loss(SURE, [0, 1, 1, 1], class_weights=True) == pytest.approx(expected)


def test_class_that_nobody_has_weighs_nothing():
    logits = torch.zeros(2, 3)

    assert objective(Loss(class_weights=True), np.array([0, 1]))(
        logits, INPUTS, LABELS
    ).item() == pytest.approx(np.log(3))


def test_smoothing_spreads_certainty():
    # A tenth goes evenly to both classes: 0.95 and 0.05.
    right, wrong = np.log(10 / 9), np.log(10)
    expected = (0.95 * wrong + 0.05 * right + 0.95 * right + 0.05 * wrong) / 2

    assert loss(SURE, [0, 1], label_smoothing=0.1) == pytest.approx(expected)
