"""Columns that merely order the rows are told from measurements."""

import numpy as np
import pytest

from edgeline.sources.order import (
    IDS,
    RISING,
    ROW_NUMBERS,
    TIME_STAMPS,
    TOO_EXACT,
    find_order,
    follow,
)

DRAW = np.random.default_rng(0)
ROWS = np.arange(60.0)
SOME = np.sort(DRAW.choice(400, 60, replace=False)).astype(float)

ORDER = {
    "row numbers": ("a", ROWS, ROW_NUMBERS),
    "row numbers from 1, backwards": ("a", 60 - ROWS, ROW_NUMBERS),
    "row numbers, shuffled": ("a", DRAW.permutation(60).astype(float), ROW_NUMBERS),
    "row numbers of the rows that a filter left": ("a", SOME, RISING),
    "a time in seconds": ("a", ROWS / 100, RISING),
    "a time that falls": ("a", 5 - ROWS / 100, RISING),
    "seconds since 1970, shuffled": ("time", 1.7e9 + DRAW.permutation(60) * 7.0, TIME_STAMPS),
    "nanoseconds since 1970, two of them": ("t_ns", np.array([1.7e18, 1.7e18 + 512]), TIME_STAMPS),
    "a time with equal ones": ("Zeit", np.repeat(ROWS[:30], 2), TIME_STAMPS),
    "ids, in any order": ("Messung Nr", np.array([17.0, 4, 901]), IDS),
    "ids in one word": ("patientId", np.array([17.0, 4, 901]), IDS),
    "more digits than float32 has": ("a", 5e8 + DRAW.permutation(60) / 7, TOO_EXACT),
}


@pytest.mark.parametrize(("name", "numbers", "reason"), ORDER.values(), ids=ORDER)
def test_a_column_that_orders_the_rows_is_noticed(name, numbers, reason):
    assert find_order(name, [follow(numbers)]) == reason


MEASURED = {
    "noise": ("time", DRAW.normal(size=60)),
    "counts": ("a", DRAW.integers(0, 9, 60).astype(float)),
    "counts of which no two are the same": ("a", DRAW.choice(4000, 60, replace=False) * 1.0),
    "few rows that rise": ("a", np.arange(19.0)),
    "a rise with equal ones": ("age", np.repeat(ROWS[:30], 2)),
    "always the same": ("a", np.ones(60)),
    "nothing": ("id", np.full(60, np.nan)),
    "one row": ("id", np.ones(1)),
    "ids that come again": ("id", np.repeat(ROWS[:30], 2)[::-1]),
    "pressure in pascal": ("a", 101325 + DRAW.normal(size=60)),
    "a word within a word": ("width", np.array([3.0, 1, 2])),
}


@pytest.mark.parametrize(("name", "numbers"), MEASURED.values(), ids=MEASURED)
def test_a_measurement_is_none(name, numbers):
    assert find_order(name, [follow(numbers)]) == ""


def test_parts_are_looked_at_one_by_one():
    """Each file of a set, and each recording, may begin anew."""
    assert find_order("a", [follow(ROWS[:30]), follow(ROWS[:30])]) == ROW_NUMBERS
    assert find_order("a", [follow(SOME[:30]), follow(SOME[:30]), follow(SOME[:1])]) == RISING
    assert find_order("a", [follow(SOME[:30]), follow(SOME[30:][::-1])]) == ""
    shuffled = DRAW.permutation(ROWS)
    assert find_order("a", [follow(shuffled[:40]), follow(shuffled[40:])]) == ROW_NUMBERS
