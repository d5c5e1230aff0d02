"""One measure of how near two runs are, on numbers that can be checked by hand."""

import numpy as np

from edgeline.edge.agreement import Agreement, agreement

EXPECTED = np.array([[0.0, 10.0], [4.0, 2.0]], np.float32)


def test_the_same_bits_agree_in_all() -> None:
    assert agreement(EXPECTED, EXPECTED.copy()) == Agreement(0.0, 1.0, True, 2)


def test_the_difference_is_a_share_of_the_range() -> None:
    found = EXPECTED + np.array([[0.5, 0.0], [0.0, -1.0]], np.float32)
    assert agreement(EXPECTED, found) == Agreement(0.1, 1.0, False, 2)


def test_another_class_is_counted() -> None:
    assert agreement(EXPECTED, np.array([[0.0, 10.0], [4.0, 5.0]], np.float32)).top1 == 0.5


def test_constant_answers_are_compared_by_their_size() -> None:
    constant = np.full((1, 2), 4.0, np.float32)
    assert agreement(constant, constant + 1).difference == 0.25
    assert agreement(constant * 0, constant * 0 + 1).difference == 1.0


def test_another_shape_or_no_number_agrees_in_nothing() -> None:
    nothing = Agreement(float("inf"), 0.0, False, 2)
    assert agreement(EXPECTED, EXPECTED[:, :1]) == nothing
    broken = np.where(EXPECTED > 5, np.nan, EXPECTED)
    assert agreement(EXPECTED, broken) == agreement(broken, EXPECTED) == nothing
    assert agreement(broken, broken) == nothing
