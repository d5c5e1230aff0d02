"""One measure of how near two runs are, on numbers that can be checked by hand."""

import numpy as np
import pytest

from edgeline.edge.agreement import Agreement, agreement, check_agreement
from edgeline.errors import EdgelineError, EnvironmentUnfit

EXPECTED = np.array([[0.0, 10.0], [4.0, 2.0]], np.float32)
WORDS = {"what": "answers", "whose": "the whole model's", "remedy": "try again"}


def compare(expected: np.ndarray, actual: np.ndarray) -> Agreement:
    return agreement({"y": expected}, {"y": actual})


def test_the_same_bits_agree_in_all() -> None:
    assert compare(EXPECTED, EXPECTED.copy()) == Agreement(0.0, 1.0, True, 2)


def test_the_difference_is_a_share_of_the_range() -> None:
    actual = EXPECTED + np.array([[0.5, 0.0], [0.0, -1.0]], np.float32)
    assert compare(EXPECTED, actual) == Agreement(0.1, 1.0, False, 2)


def test_another_class_is_counted() -> None:
    assert compare(EXPECTED, np.array([[0.0, 10.0], [4.0, 5.0]], np.float32)).top1 == 0.5


def test_constant_answers_are_compared_by_their_size() -> None:
    constant = np.full((1, 2), 4.0, np.float32)
    assert compare(constant, constant + 1).difference == 0.25
    assert compare(constant * 0, constant * 0 + 1).difference == 1.0


def test_another_shape_or_name_or_no_number_agrees_in_nothing() -> None:
    nothing = Agreement(float("inf"), 0.0, False, 2)
    assert compare(EXPECTED, EXPECTED[:, :1]) == nothing
    broken = np.where(EXPECTED > 5, np.nan, EXPECTED)
    assert compare(EXPECTED, broken) == compare(broken, EXPECTED) == nothing
    assert compare(broken, broken) == nothing
    assert agreement({"y": EXPECTED}, {"z": EXPECTED}) == nothing
    assert agreement({"y": EXPECTED}, {"y": EXPECTED, "z": EXPECTED}) == nothing


def test_of_several_outputs_the_worst_counts_and_none_is_a_class() -> None:
    actual = {"y": EXPECTED, "z": EXPECTED + 1}
    assert agreement({"y": EXPECTED, "z": EXPECTED}, actual) == Agreement(0.1, None, False, 2)


def test_outputs_of_any_type_and_shape_are_compared() -> None:
    counts = {"n": np.array([3, 5], np.int64), "total": np.float32(8), "none": np.zeros((0, 2))}
    assert agreement(counts, counts) == Agreement(0.0, None, True, 2)
    assert agreement(counts, {**counts, "n": np.array([3, 4], np.int64)}).difference == 0.5


def test_what_is_near_enough_passes_with_its_measure() -> None:
    near = {"y": EXPECTED + np.float32(0.25)}
    assert check_agreement({"y": EXPECTED}, near, tolerance=0.05, **WORDS).difference == 0.025


@pytest.mark.parametrize("error", [EdgelineError, EnvironmentUnfit])
def test_what_is_too_far_is_one_clear_error(error: type[EdgelineError]) -> None:
    message = (
        "expected answers within 0.05 of the whole model's, relative to their range; "
        "found a difference of 0.1, and 100.0% of the same classes; try again"
    )
    with pytest.raises(error) as caught:
        check_agreement({"y": EXPECTED}, {"y": EXPECTED + 1}, tolerance=0.05, error=error, **WORDS)
    assert str(caught.value) == message


def test_another_class_is_refused_where_the_numbers_stand_for_classes() -> None:
    expected, actual = ({"y": np.array([[1.0, second]])} for second in (0.99, 1.01))
    with pytest.raises(EdgelineError, match=r"0\.0% of the same classes"):
        check_agreement(expected, actual, tolerance=5, **WORDS)
    assert check_agreement(expected, actual, tolerance=5, classes=False, **WORDS).top1 == 0.0
