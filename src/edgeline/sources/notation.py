"""How a column of text writes its numbers: with decimal points or commas, with or without thousands set apart.

A column is read in the one notation in which most of its cells are numbers. Where 1,234 could be two
numbers, the other columns of the file decide.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

SPACES = r" '\x{2019}\x{00A0}\x{2009}\x{202F}"
"""Between thousands, beside the comma or the point: blanks of some widths, and Switzerland's apostrophes."""

POWER, LEAD = r"([eE][+-]?\d{1,4})?", r"[1-9]\d{0,2}"
"""At the end of a number, and before its first thousands."""

SAMPLE = 1000
"""Cells that are looked at before all of a column are."""


class Notation(NamedTuple):
    """How a cell is written, and what makes it a number as computers write it."""

    words: str
    """What is said of a column that had to be turned; empty for computers' own notation."""
    pattern: str
    replacements: tuple[tuple[str, str], ...] = ()


PLAIN = Notation("", rf"^[+-]?((\d+\.?\d*|\.\d+){POWER}|(?i:inf(inity)?))$")
COMMAS = Notation("decimal commas", rf"^[+-]?(\d+,?\d*|,\d+){POWER}$", ((",", "."),))
THOUSANDS = Notation(
    "thousands set apart",
    rf"^[+-]?(0|{LEAD}(,\d{{3}})*|{LEAD}([{SPACES}]\d{{3}})*)(\.\d+)?$",
    ((f"[,{SPACES}]", ""),),
)
COMMAS_AND_THOUSANDS = Notation(
    "decimal commas, and thousands set apart",
    rf"^[+-]?(0|{LEAD}(\.\d{{3}})*|{LEAD}([{SPACES}]\d{{3}})*)(,\d+)?$",
    ((rf"[.{SPACES}]", ""), (",", ".")),
)
TRUTH = Notation(
    "true as 1, false as 0", r"^(?i:true|false)$", (("(?i)true", "1"), ("(?i)false", "0"))
)
NOTATIONS = (PLAIN, COMMAS, THOUSANDS, COMMAS_AND_THOUSANDS, TRUTH)

DATE = r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})"
TIME = r"\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?"
DATES = rf"^({DATE}([T ]+{TIME} ?([AaPp][Mm]|Z|[+-]\d{{2}}:?\d{{2}})?)?|{TIME})$"

AMBIGUOUS = "numbers such as 1,234 that can be read in two ways"
DATES_OR_TIMES = "dates or times"
NO_CELLS = "empty cells alone"
TEXT = "text"


def find_notations(
    columns: dict[str, "pa.ChunkedArray"], delimiter: str
) -> tuple[dict[str, Notation], dict[str, str]]:
    """The notation of every column of text that holds numbers, and what is against each of the others."""
    from pyarrow import compute

    columns = {name: compute.utf8_trim_whitespace(column) for name, column in columns.items()}
    possible = {name: _candidates(column) for name, column in columns.items()}
    commas = _writes_commas(possible, columns)
    notations, problems = {}, {}
    for name, column in columns.items():
        candidates = possible[name]
        if not candidates:
            problems[name] = _describe(column)
        elif notation := _decide(candidates, column, commas, delimiter):
            notations[name] = notation
        else:
            problems[name] = AMBIGUOUS
    return notations, problems


def parse(
    column: "pa.ChunkedArray", notation: Notation
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """(N,) numbers, NaN where a cell holds none, and whether it holds something else; of N cells of text."""
    import pyarrow as pa
    from pyarrow import compute

    trimmed = compute.utf8_trim_whitespace(column)
    if notation is PLAIN:
        try:
            return trimmed.cast(pa.float64()).to_numpy(), np.zeros(len(column), dtype=bool)
        except pa.ArrowInvalid:
            pass  # some cells are no numbers: they are told from the others below
    is_number = compute.match_substring_regex(trimmed, notation.pattern)
    text = compute.if_else(is_number, trimmed, None)
    for old, new in notation.replacements:
        text = compute.replace_substring_regex(text, old, new)
    is_text = compute.invert(is_number).fill_null(fill_value=False)
    return text.cast(pa.float64()).to_numpy(), is_text.to_numpy().astype(bool)


def _candidates(column: "pa.ChunkedArray") -> tuple[Notation, ...]:
    """Those in which most cells are numbers, which must be more than half of those that are filled."""
    filled = len(column) - column.null_count
    if filled and _is_plain(column):
        is_grouped = _is_all(column.slice(0, SAMPLE), COMMAS_AND_THOUSANDS) and _is_all(
            column, COMMAS_AND_THOUSANDS
        )
        return (PLAIN, COMMAS_AND_THOUSANDS) if is_grouped else (PLAIN,)
    counts = [_count(column, notation.pattern) for notation in NOTATIONS]
    most = max(counts)
    if 2 * most <= filled:
        return ()
    return tuple(one for one, count in zip(NOTATIONS, counts, strict=True) if count == most)


def _writes_commas(
    possible: dict[str, tuple[Notation, ...]], columns: dict[str, "pa.ChunkedArray"]
) -> bool | None:
    """Whether columns that can be read in one way alone say that commas are decimal; None where they do not agree."""
    said = set()
    for name, candidates in possible.items():
        if PLAIN in candidates:
            if _count(columns[name], r"\.") and COMMAS_AND_THOUSANDS not in candidates:
                said.add(False)
        elif candidates and TRUTH not in candidates and not {COMMAS, THOUSANDS} <= set(candidates):
            said.add(not {COMMAS, COMMAS_AND_THOUSANDS}.isdisjoint(candidates))
    return said.pop() if len(said) == 1 else None


def _decide(
    candidates: Collection[Notation],
    column: "pa.ChunkedArray",
    commas: bool | None,
    delimiter: str,
) -> Notation | None:
    """One of several notations that fit equally well; None where nothing decides."""
    if PLAIN in candidates:
        is_grouped = commas and COMMAS_AND_THOUSANDS in candidates and _count(column, r"\.")
        return COMMAS_AND_THOUSANDS if is_grouped else PLAIN
    if {COMMAS, THOUSANDS} <= set(candidates):
        # Where semicolons part the cells, commas are decimal; a cell without one would say otherwise.
        filled = len(column) - column.null_count
        if commas or (commas is None and delimiter == ";" and _count(column, ",") == filled):
            return COMMAS
        return None if commas is None else THOUSANDS
    return next(iter(candidates))


def _describe(column: "pa.ChunkedArray") -> str:
    filled = len(column) - column.null_count
    if not filled:
        return NO_CELLS
    return DATES_OR_TIMES if 2 * _count(column, DATES) > filled else TEXT


def _is_plain(column: "pa.ChunkedArray") -> bool:
    """Whether every cell is a number as computers write it, which is quicker to try than to count."""
    import pyarrow as pa

    try:
        column.cast(pa.float64())
    except pa.ArrowInvalid:
        return False
    return True


def _is_all(column: "pa.ChunkedArray", notation: Notation) -> bool:
    return _count(column, notation.pattern) == len(column) - column.null_count


def _count(column: "pa.ChunkedArray", pattern: str) -> int:
    from pyarrow import compute

    return int(compute.sum(compute.match_substring_regex(column, pattern)).as_py() or 0)
