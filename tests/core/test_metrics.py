"""How good answers are, on numbers that can be checked by hand."""

import numpy as np
import pytest

from edgeline.metrics import (
    Interval,
    accuracy,
    auc,
    balanced_accuracy,
    binary_auc,
    confusion,
    expected_calibration_error,
    paired_bootstrap,
    reliability,
    scores,
    softmax,
    t_interval,
    top1,
)

LOGITS = np.array([[2.0, 1.0, 0.0], [0.0, 5.0, 5.0], [-1.0, -2.0, -0.5]])


def certain(classes: list[int], confidence: float = 0.9) -> np.ndarray:
    """Logits that answer one of two classes, each with this probability."""
    gap = np.log(confidence / (1 - confidence))
    return np.array([[0, gap] if chosen else [gap, 0] for chosen in classes])


def test_the_lowest_class_wins_a_tie() -> None:
    assert top1(LOGITS).tolist() == [0, 1, 2]


def test_accuracy_counts_the_right_answers() -> None:
    assert accuracy(LOGITS, np.array([0, 2, 2])) == 2 / 3


def test_confusion_has_true_classes_in_rows() -> None:
    assert confusion(LOGITS, np.array([0, 2, 2])).tolist() == [[1, 0, 0], [0, 0, 0], [0, 1, 1]]


def test_probabilities_sum_to_one() -> None:
    rows = softmax(np.array([[0.0, np.log(3.0)], [1000.0, 1000.0]], np.float64))
    assert np.allclose(rows, [[0.25, 0.75], [0.5, 0.5]])


def test_rare_class_counts_as_much_as_the_common_one() -> None:
    # Nine of ten are class 0, and everything is answered 0.
    labels = np.array([0] * 9 + [1])

    assert accuracy(certain([0] * 10), labels) == 0.9
    assert balanced_accuracy(certain([0] * 10), labels) == 0.5


def test_auc_counts_pairs_in_the_right_order() -> None:
    # Positives 0.8 and 0.3 against negatives 0.5 and 0.1: three pairs of four.
    assert binary_auc(np.array([0.8, 0.5, 0.3, 0.1]), np.array([1, 0, 1, 0], bool)) == 0.75


def test_tied_scores_count_half() -> None:
    assert binary_auc(np.zeros(5), np.array([1, 0, 1, 0, 0], bool)) == 0.5


def test_confident_answers_keep_their_order() -> None:
    # Both probabilities round to 1.
    assert auc(np.array([[0.0, 50.0], [0.0, 60.0]]), np.array([0, 1])) == 1.0


def test_labels_of_one_class_have_no_area() -> None:
    assert scores(certain([0, 1]), np.array([1, 1])).auc is None
    with pytest.raises(ValueError, match="one class"):
        auc(certain([0, 1]), np.array([1, 1]))


def test_confidence_is_held_against_accuracy() -> None:
    # Four answers at 0.9, three of them right, and one at 0.6 that is wrong.
    logits = np.concatenate([certain([1, 1, 1, 0]), certain([0], 0.6)])
    found = reliability(logits, np.array([1, 1, 1, 1, 1]), bins=2)

    assert [bin.count for bin in found] == [0, 5]
    assert found[1].confidence == pytest.approx((4 * 0.9 + 0.6) / 5)
    assert found[1].accuracy == pytest.approx(3 / 5)
    assert expected_calibration_error(logits, np.array([1, 1, 1, 1, 1]), bins=10) == pytest.approx(
        (4 * abs(0.9 - 0.75) + abs(0.6 - 0)) / 5
    )


def test_equal_answers_gain_nothing() -> None:
    answers, labels = certain([0, 1, 1, 0]), np.array([0, 1, 0, 1])

    assert paired_bootstrap(accuracy, answers, answers, labels, seed=0) == Interval(0, 0, 0)


def test_gain_everywhere_has_no_uncertainty() -> None:
    labels = np.array([0, 1] * 10)
    right, wrong = certain(labels.tolist()), certain((1 - labels).tolist())

    assert paired_bootstrap(accuracy, right, wrong, labels, seed=0) == Interval(1, 1, 1)


def test_interval_of_a_gain_is_as_wide_as_its_draws() -> None:
    # Of 100 examples of one class, 20 are gained: the spread of a share of 0.2 is 0.04.
    labels = np.zeros(100, int)
    found = paired_bootstrap(accuracy, certain([0] * 100), certain([1] * 20 + [0] * 80), labels, 0)

    assert found.estimate == pytest.approx(0.2)
    assert found.low == pytest.approx(0.2 - 1.96 * 0.04, abs=0.02)
    assert found.high == pytest.approx(0.2 + 1.96 * 0.04, abs=0.02)


def test_interval_over_seeds_is_students() -> None:
    found = t_interval([1.0, 2.0, 3.0])

    # The spread is 1, so half the width is 4.303 / sqrt(3).
    assert found.estimate == 2
    assert found.high - 2 == pytest.approx(4.303 / 3**0.5)
    assert t_interval([0.7]) == Interval(0.7, 0.7, 0.7)
