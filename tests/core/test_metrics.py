"""How good answers are, on numbers that can be checked by hand."""

import numpy as np

from edgeline.metrics import accuracy, confusion, softmax, top1

LOGITS = np.array([[2.0, 1.0, 0.0], [0.0, 5.0, 5.0], [-1.0, -2.0, -0.5]])


def test_the_lowest_class_wins_a_tie() -> None:
    assert top1(LOGITS).tolist() == [0, 1, 2]


def test_accuracy_counts_the_right_answers() -> None:
    assert accuracy(LOGITS, np.array([0, 2, 2])) == 2 / 3


def test_confusion_has_true_classes_in_rows() -> None:
    assert confusion(LOGITS, np.array([0, 2, 2])).tolist() == [[1, 0, 0], [0, 0, 0], [0, 1, 1]]


def test_probabilities_sum_to_one() -> None:
    rows = softmax(np.array([[0.0, np.log(3.0)], [1000.0, 1000.0]], np.float64))
    assert np.allclose(rows, [[0.25, 0.75], [0.5, 0.5]])
