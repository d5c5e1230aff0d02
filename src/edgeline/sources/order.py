"""Columns that merely order the rows: row numbers, time stamps, ids. A network would learn where a row stands.

What they hold decides; of a name, only words that say nothing else are taken.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FEW_ROWS = 20
"""Below it, numbers may rise from row to row by chance."""
EXACT = 2**24
"""Every whole number up to it is a number of 32 bits."""

ID_WORDS = {"id", "ids", "uid", "uuid", "guid", "nr", "idx"}
TIME_WORDS = {"time", "timestamp", "datetime", "date", "epoch", "ts", "zeit", "datum", "uhrzeit"}
CLOCK_WORDS = TIME_WORDS | {"t", "s", "ms", "us", "ns", "unix", "utc"}
CLOCKS = tuple((10.0**digits, 4 * 10.0**digits) for digits in (9, 12, 15, 18))
"""Seconds, milliseconds, microseconds and nanoseconds since 1970, of the years 2001 to 2096."""

ROW_NUMBERS = "row numbers"
TIME_STAMPS = "time stamps"
IDS = "ids"
RISING = "numbers that only rise, or only fall, from row to row"
TOO_EXACT = "numbers of more digits than a network tells apart"


@dataclass(frozen=True)
class Course:
    """How the numbers of a column go from row to row, in one file or recording; unknown ones are passed over."""

    rows: int
    low: float
    high: float
    direction: int
    """1 where they only rise, -1 where they only fall, else 0."""
    never_falls: bool
    is_distinct: bool
    """Whether they are whole numbers of which no two are the same."""
    is_merged: bool
    """Whether most that differ would be the same in 32 bits."""


def follow(numbers: NDArray[np.float64]) -> Course:
    """The course of a column's numbers (N,)."""
    known = numbers[np.isfinite(numbers)]
    if not len(known):
        return Course(0, np.inf, -np.inf, 0, True, False, False)
    low, high, steps = float(known.min()), float(known.max()), np.diff(known)
    is_spread = high - low + 1 >= len(known) and bool((known == np.rint(known)).all())
    return Course(
        rows=len(known),
        low=low,
        high=high,
        direction=int((steps > 0).all()) - int((steps < 0).all()) if len(steps) else 0,
        never_falls=bool((steps >= 0).all()),
        is_distinct=is_spread and len(np.unique(known)) == len(known),
        is_merged=max(abs(low), abs(high)) >= EXACT and _is_merged(known),
    )


def find_order(name: str, parts: Sequence[Course]) -> str:
    """What is against a column of this name with these courses; empty where it is a measurement like others."""
    courses = [one for one in parts if one.rows]
    rows = sum(one.rows for one in courses)
    if rows < 2:
        return ""
    low, high = min(one.low for one in courses), max(one.high for one in courses)
    is_distinct = all(one.is_distinct for one in courses)
    # A part of one row goes nowhere; the others speak for it.
    directions = {one.direction for one in courses if one.rows > 1}
    words = _words(name)
    if words & CLOCK_WORDS and any(start <= low and high < end for start, end in CLOCKS):
        return TIME_STAMPS
    if words & TIME_WORDS and rows >= FEW_ROWS and all(one.never_falls for one in courses):
        return TIME_STAMPS
    if words & ID_WORDS and is_distinct:
        return IDS
    if rows >= FEW_ROWS and is_distinct and _is_count(courses, rows, high - low + 1):
        return ROW_NUMBERS
    if rows >= FEW_ROWS and directions in ({1}, {-1}):
        return RISING
    return TOO_EXACT if any(one.is_merged for one in courses) else ""


def _is_count(courses: Sequence[Course], rows: int, span: float) -> bool:
    """Whether distinct whole numbers leave none out, in any order: within each part, or in all together."""
    return span == rows or all(one.high - one.low + 1 == one.rows for one in courses)


def _is_merged(known: NDArray[np.float64]) -> bool:
    with np.errstate(over="ignore"):
        return 2 * len(np.unique(known.astype(np.float32))) <= len(np.unique(known))


def _words(name: str) -> set[str]:
    """The words of a column's name, in lower case: `MessungNr`, `t_ms` and `Unnamed: 0` have two each."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return set(re.findall(r"[^\W\d_]+", apart.lower()))
